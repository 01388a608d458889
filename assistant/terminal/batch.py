"""Many questions in one process: JSON lines in, JSON lines out, one line for one line, in order.

The output is written beside its target as `OUT.partial`, each line as soon as it is there, and takes its name
when the last line is done. What was interrupted keeps its finished lines under that name.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, Field, ValidationError
from rich.console import Console
from rich.progress import track

from assistant.answer import Turn
from assistant.engine import Engine
from assistant.terminal.show import dump
from corpus.errors import AssistantError, InputError

log = logging.getLogger(__name__)


class Line(BaseModel):
    """A line of the input; other fields are ignored."""

    id: str | int
    question: str
    history: list[Turn] = Field(default_factory=list)
    language: Literal["auto", "zh", "en"] = "auto"


def run(engine: Engine, source: BinaryIO, target: Path, language: str) -> tuple[int, list[str]]:
    """Answer every line of `source` into `target`; returns (lines, what was wrong with those that failed).

    `language` other than auto overrules the lines. Raises InputError when the output cannot be written.
    """
    lines = [line for line in source if line.strip()]
    faults: list[str] = []
    try:
        with partial_of(target).open("w", encoding="utf-8") as out:
            answers = answer_lines(engine, lines, language)
            for answer in track(answers, "Answering", len(lines), console=Console(stderr=True)):
                if "error" in answer:
                    faults.append("line {line}: {detail}".format_map(answer["error"]))
                out.write(dump(answer, indent=None) + "\n")
                out.flush()
            os.fsync(out.fileno())
        partial_of(target).replace(target)
    except OSError as error:
        raise InputError(f"Cannot write {target}: {error.strerror}; choose another --out.") from error
    return len(lines), faults


def partial_of(target: Path) -> Path:
    """Where the finished lines stand until all are."""
    return target.with_name(target.name + ".partial")


def answer_lines(engine: Engine, lines: Iterable[bytes], language: str = "auto") -> Iterator[dict[str, Any]]:
    """An answer object with the line's id for each line, or `{"id", "error"}` for one that cannot be used."""
    for number, text in enumerate(lines, 1):
        try:
            line = Line.model_validate_json(text)
            wanted = line.language if language == "auto" else language
            answer = engine.ask(line.question, line.history, wanted)
            yield answer.model_dump(mode="json") | {"id": line.id}
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"])) or "line"
            yield _failure(number, _id_of(text), f"{where}: {fault['msg']}")
        except AssistantError as error:
            yield _failure(number, line.id, str(error))
        except Exception as error:
            log.exception("line %d broke off", number)
            yield _failure(number, line.id, f"This line broke off: {type(error).__name__}: {error}")


def _failure(number: int, name: str | int | None, detail: str) -> dict[str, Any]:
    return {"id": name, "error": {"line": number, "detail": detail}}


def _id_of(text: bytes) -> str | int | None:
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        name = json.loads(text)["id"]
        if isinstance(name, str | int):
            return name
    return None
