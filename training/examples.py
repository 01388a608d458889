"""Texts and the examples written over them, as JSON lines.

`texts/X.jsonl` belongs to `examples/X.jsonl`. The test that no adapter has seen lies apart, in `fresh/`:
`texts.jsonl` beside `examples.jsonl`.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.grounding import Quote
from assistant.grounding.names import canonical
from assistant.prompts import NO_ANSWER
from assistant.text import clean, split_markers, split_sentences, stopped
from corpus.article import Language
from corpus.errors import InputError

HERE = Path(__file__).parent

FRESH = HERE / "fresh" / "examples.jsonl"
"""The test: what an adapter is judged by and never learns from."""

HELD_OUT = 10
"""One text of so many of each language, with all its examples, is never learnt from."""

SEED = 2026

Kind = Literal[
    "fact",
    "number",
    "definition",
    "list",
    "yesno",
    "false-premise",
    "comparison",
    "multi-hop",
    "follow-up",
    "advice",
    "unanswerable",
    "injection",
]


class Text(BaseModel):
    """A small text of our own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    language: Language
    title: str
    genre: str
    sentences: tuple[str, ...]

    def holds(self, evidence: str) -> bool:
        """Is this one of its sentences, or several in a row?"""
        space = " " if self.language == "en" else ""
        whole = range(len(self.sentences))
        return any(evidence == space.join(self.sentences[i : j + 1]) for i in whole for j in whole[i:])


class Example(BaseModel):
    """What the model is shown, what it is asked, and what it should write: prose with markers, or NONE.

    `must` and `never` are patterns of what every right reply says and of what none says, for questions whose
    wrong answer has the same words as the right one ("north is steeper than south").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    text: str
    language: Language
    kind: Kind
    evidence: tuple[str, ...]
    question: str
    answer: str
    must: tuple[re.Pattern[str], ...] = ()
    never: tuple[re.Pattern[str], ...] = ()

    @property
    def is_answered(self) -> bool:
        """Does the evidence answer the question?"""
        return self.answer != NO_ANSWER

    def sentences(self) -> Iterator[tuple[str, list[int]]]:
        """The sentences of the answer as the product reads them, each with the numbers of its markers."""
        return said(self.answer)

    def tells(self, reply: str) -> bool:
        """Does a reply say all of `must` and nothing of `never`? Read in canonical form, in lower case."""
        prose = canonical(" ".join(text for text, _ in said(reply))).lower()
        return all(p.search(prose) for p in self.must) and not any(p.search(prose) for p in self.never)

    def quotes(self, markers: Sequence[int]) -> list[Quote]:
        """The evidence that markers name, as the support check takes it; unknown markers name nothing."""
        shown = [self.evidence[n - 1] for n in markers if 1 <= n <= len(self.evidence)]
        return [Quote(text, text) for text in shown]


def said(answer: str) -> Iterator[tuple[str, list[int]]]:
    """The sentences of a reply as the product reads them, each with the numbers of its markers."""
    for written in split_sentences(clean(answer)) if answer != NO_ANSWER else []:
        text, markers = split_markers(written)
        yield stopped(text), markers


def files(folder: Path = HERE) -> list[Path]:
    """The files of examples to learn from in a folder with `texts/` and `examples/`, in order."""
    return sorted((folder / "examples").glob("*.jsonl"))


def is_fresh(file: Path) -> bool:
    """Is this the test?"""
    return file.resolve() == FRESH.resolve()


def texts_of(file: Path) -> list[Text]:
    """The texts that a file of examples is about. Raises InputError."""
    apart = file.parents[1] / "texts" / file.name
    return _read(file.with_name("texts.jsonl") if is_fresh(file) else apart, Text)


def examples_of(file: Path) -> list[Example]:
    """The examples of a file, in order. Raises InputError naming the first line that is none."""
    return _read(file, Example)


def held_out(texts: Iterable[Text]) -> frozenset[str]:
    """Ids of the texts that are kept for judging; the same whenever the texts are the same."""
    chosen: set[str] = set()
    texts = sorted(texts, key=lambda text: text.id)
    for language in sorted({text.language for text in texts}):
        ids = [text.id for text in texts if text.language == language]
        chosen |= set(random.Random(SEED).sample(ids, max(1, round(len(ids) / HELD_OUT))))
    return frozenset(chosen)


_Line = TypeVar("_Line", Text, Example)


def _read(file: Path, model: type[_Line]) -> list[_Line]:
    read: list[_Line] = []
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {file} ({error}); expected JSON lines.") from error
    for number, line in enumerate(lines, 1):
        try:
            read += [model.model_validate_json(line)] if line.strip() else []
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"])) or "the line"
            raise InputError(f"{file}, line {number}, {where}: {fault['msg']}; mend the line.") from error
    return read
