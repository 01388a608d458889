"""Measured parts that were kept, for each model, and what a later run says about them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from corpus.errors import InputError
from corpus.files import write_whole
from evaluation.bench.catalogue import catalogue

RECORDED = Path(__file__).parent / "recorded.json"

WORSE = "WORSE"

NOISE = 0.15
"""A figure that is worse by a smaller share than this has not got worse."""


class Run(BaseModel):
    """One part as measured: medians over `runs`, when, where and beside what; `samples` are for the plot."""

    date: str
    version: str
    machine: str
    note: str
    questions: str
    runs: int
    figures: dict[str, float]
    samples: dict[str, list[float]] = {}


Runs = dict[str, Run]
"""Runs by the name of their part."""

_Kept = TypeAdapter(dict[str, Runs])


def recorded(model: str, path: Path = RECORDED) -> Runs:
    """The kept runs of a model; none where nothing was kept. Raises InputError."""
    return _load(path).get(model, {})


def record(model: str, runs: Runs, path: Path = RECORDED) -> None:
    """Keep runs in place of those of the same parts."""
    kept = _load(path)
    kept[model] = kept.get(model, {}) | runs
    data = {name: {part: run.model_dump() for part, run in kept[name].items()} for name in sorted(kept)}
    text = json.dumps(data, ensure_ascii=False, indent=1)
    text = re.sub(r"\[[\d.,\s]+\]", lambda samples: " ".join(samples[0].split()), text)
    write_whole(path, (text + "\n").encode())


def compared(part: str, now: Run, before: Run | None) -> Iterator[str]:
    """A line for each figure that changed by more than noise; what got worse says so."""
    if before is None:
        return
    for name, figure in catalogue()[part].figures.items():
        old, new = before.figures.get(name), now.figures.get(name)
        if old is None or new is None:
            continue
        worse = figure.worsening(old, new)
        if abs(worse) > NOISE:
            told = f"{figure.label}: {figure.shown(old)} → {figure.shown(new)}"
            yield f"{WORSE if worse > 0 else 'better'} by {abs(worse):.0%}: {part}, {told}"


def _load(path: Path) -> dict[str, Runs]:
    try:
        return _Kept.validate_json(path.read_bytes()) if path.exists() else {}
    except (OSError, ValidationError) as error:
        raise InputError(f"{path} holds no recorded runs ({error}); delete it or bring it back.") from error
