"""Questions known in advance, each with the sentences that answer it.

A question is more like another question than like the sentence that answers it, so matching a reader's
question with these finds the evidence where words differ, and all of it where an answer takes several
sentences (the idea of doc2query, Nogueira et al. 2019, with questions written by hand). Entries without
sentences are questions that the article does not answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorpusError
from corpus.files import parse_yaml
from index.embedder import Embedder, Vectors
from index.likeness import Scores, Wordings
from index.store import Store

PACKAGED = Path(__file__).parent / "questions"

Ref = tuple[str, int]
"""A sentence of both editions: its passage's id without the language, and its number from 0."""


@dataclass(frozen=True)
class Need:
    """One thing a reader may want to know; `sentences` is empty where the article does not tell it."""

    kind: str
    sentences: tuple[Ref, ...]
    wordings: tuple[str, ...]


def load(folder: Path = PACKAGED, files: str = "*.yaml") -> list[Need]:
    """The questions of a folder, file by file. Raises CorpusError for an entry that is not one."""
    return [need for file in sorted(folder.glob(files)) for need in _read(file)]


class Bank:
    """Finds the needs that a question is like. Thread-safe once made."""

    def __init__(self, needs: Sequence[Need], embedder: Embedder, store: Store | None = None) -> None:
        """Raises IndexDamagedError when `store` does not hold these wordings; without one, it is opened."""
        self.needs = tuple(needs)
        self._asked = Wordings([need.wordings for need in needs], embedder, "questions", store)
        self.wordings = self._asked.texts
        self._silent = np.array([not need.sentences for need in needs], bool)

    def likeness(self, text: str, vector: Vectors) -> tuple[Scores, NDArray[np.int64]]:
        """((needs,): how like each need the question is, (needs,): which wording is likest)."""
        return self._asked.likeness(text, vector)

    @property
    def silent(self) -> NDArray[np.bool_]:
        """(needs,): does the article leave the need open?"""
        return self._silent


@cache
def _read(file: Path) -> tuple[Need, ...]:
    """A file's questions, read once: parsing all of them takes 0.1 s, and two ask for them at start."""
    return tuple(_need(entry, file.name) for entry in parse_yaml(file.read_text("utf-8")))


def _need(entry: Mapping[str, object], file: str) -> Need:
    match entry:
        case {"kind": str(kind), "zh": list(zh), "en": list(en)}:
            named = entry.get("sentences", [])
            wordings = (*zh, *en)
            if wordings and isinstance(named, list) and all(isinstance(w, str) for w in (*wordings, *named)):
                return Need(kind, tuple(_ref(name) for name in named), wordings)
    raise CorpusError(
        f"index/questions/{file} holds {entry!r}; expected kind, sentences, zh and en as texts."
    )


def _ref(name: str) -> Ref:
    passage, _, number = name.rpartition(".")
    return passage, int(number) - 1
