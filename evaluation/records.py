"""Runs that were kept, one for each set of questions and model, and what a later run changes about them."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from corpus.errors import InputError
from corpus.files import write_whole
from evaluation.catalogue import catalogue
from evaluation.figures import Table

RECORDED = Path(__file__).parent / "recorded.json"


class Run(BaseModel):
    """A run over a set of questions.

    `questions` is the set's name and `digest` the SHA-256 of its file; `machine` says in general words where
    it ran. `failed` holds, for each question that failed, why. `timed` is false for remembered replies.
    """

    questions: str
    digest: str
    model: str
    date: str
    version: str
    machine: str
    timed: bool
    table: Table
    failed: dict[str, list[str]]


class Change(BaseModel):
    """A share of a group that is not what it was, from 0 to 1."""

    group: str
    figure: str
    before: float
    now: float


_Runs = TypeAdapter(dict[str, dict[str, Run]])


def digest(path: Path) -> str:
    """The SHA-256 of a file of questions."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def recorded(run: Run, path: Path = RECORDED) -> Run | None:
    """The kept run of the same questions and model; None where there is none. Raises InputError."""
    found = _load(path).get(run.questions, {}).get(run.model)
    return found if found and found.digest == run.digest else None


def record(run: Run, path: Path = RECORDED) -> None:
    """Keep a run in place of the one before."""
    runs = _load(path)
    runs.setdefault(run.questions, {})[run.model] = run
    data = {name: {m: r.model_dump() for m, r in sorted(kept.items())} for name, kept in sorted(runs.items())}
    text = json.dumps(data, ensure_ascii=False, indent=1)
    text = re.sub(r"\[\s+(\d+),\s+(\d+)\s+\]", r"[\1, \2]", text)  # a share is one line
    write_whole(path, (text + "\n").encode())


def changes(now: Table, before: Table) -> Iterator[Change]:
    """Every share of every group that differs, in the order of the table."""
    for name, group in now.items():
        for figure in catalogue().shares:
            value = group.value(figure)
            old = before[name].value(figure) if name in before else None
            if value is not None and old is not None and value != old:
                yield Change(group=name, figure=figure, before=old, now=value)


def _load(path: Path) -> dict[str, dict[str, Run]]:
    try:
        return _Runs.validate_json(path.read_bytes()) if path.exists() else {}
    except (OSError, ValidationError) as error:
        raise InputError(f"{path} holds no recorded runs ({error}); delete it or bring it back.") from error
