"""Questions known in advance, each with the sentences that answer it.

A question is more like another question than like the sentence that answers it, so matching a reader's
question with these finds the evidence where words differ, and all of it where an answer takes several
sentences (the idea of doc2query, Nogueira et al. 2019, with questions written by hand). Entries without
sentences are questions that the article does not answer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from corpus.errors import CorpusError
from index import lexical
from index.embedder import Embedder, Vectors
from index.store import Store

PACKAGED = Path(__file__).parent / "questions"
LEXICAL = 0.18
"""What words in common count against the cosine: BM25 over the question's own weight, times this."""

Scores = NDArray[np.float32]
Ref = tuple[str, int]
"""A sentence of both editions: its passage's id without the language, and its number from 0."""


@dataclass(frozen=True)
class Need:
    """One thing a reader may want to know; `sentences` is empty where the article does not tell it."""

    kind: str
    sentences: tuple[Ref, ...]
    wordings: tuple[str, ...]


def load(folder: Path = PACKAGED) -> list[Need]:
    """The questions of a folder, file by file. Raises CorpusError for an entry that is not one."""
    needs = []
    for file in sorted(folder.glob("*.yaml")):
        for entry in yaml.load(file.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            needs.append(_need(entry, file.name))
    return needs


class Bank:
    """Finds the needs that a question is like. Thread-safe once made."""

    def __init__(self, needs: Sequence[Need], embedder: Embedder, store: Store | None = None) -> None:
        """Raises IndexDamagedError when `store` does not hold these wordings; without one, it is opened."""
        self.needs = tuple(needs)
        wordings = [wording for need in needs for wording in need.wordings]
        self._begin = np.cumsum([0, *(len(need.wordings) for need in needs[:-1])])
        self._bm25 = lexical.BM25([lexical.terms(wording) for wording in wordings])
        self.wordings = wordings
        self.store = store or Store.open(wordings, AsQuestions(embedder), "questions")
        self._silent = np.array([not need.sentences for need in needs], bool)

    def likeness(self, text: str, vector: Vectors) -> tuple[Scores, NDArray[np.int64]]:
        """((needs,) float32: how like each need the question is, (needs,): which of all wordings is likest).

        About 1 for the same words, above about 0.6 for the same need. `text` is the question as read for
        search, `vector` its (1, dimension) embedding as a query. Cosines are taken around the mean of all
        wordings, for those of small encoders crowd together near 1.
        """
        words = Counter(lexical.terms(text))
        weight = np.sqrt(sum(self._bm25.rarity(term) ** 2 for term in words))
        scores = self._cosines(vector) + LEXICAL * self._bm25.scores(dict.fromkeys(words, 1.0)) / max(
            weight, 1
        )
        likest = self._begin + np.array(
            [part.argmax() for part in np.split(scores, self._begin[1:])], np.int64
        )
        return scores[likest], likest

    @property
    def silent(self) -> NDArray[np.bool_]:
        """(needs,): does the article leave the need open?"""
        return self._silent

    def _cosines(self, vector: Vectors) -> Scores:
        mean, along, lengths = self._centre
        raw = self.store.scores(vector)[0]
        own = vector[0] - mean
        centred = raw - along - float(vector[0] @ mean) + float(mean @ mean)
        return np.asarray(centred / (lengths * max(float(np.linalg.norm(own)), 1e-6)), np.float32)

    @cached_property
    def _centre(self) -> tuple[Scores, Scores, Scores]:
        """(the mean of the rows, each row's product with it, each row's distance from it)."""
        rows = self.store.rows()
        mean = rows.mean(axis=0)
        along = rows @ mean
        distance = np.linalg.norm(rows - mean, axis=1)
        return mean, along, np.maximum(distance, 1e-6)


class AsQuestions:
    """An encoder whose texts are all questions: a bank's rows lie where questions lie, not passages."""

    def __init__(self, embedder: Embedder) -> None:
        self.id, self.digest, self.dimension = embedder.id, f"{embedder.digest}-questions", embedder.dimension
        self.embed_queries = self.embed_passages = embedder.embed_queries


def _need(entry: Mapping[str, object], file: str) -> Need:
    match entry:
        case {"kind": str(kind), "zh": list(zh), "en": list(en)}:
            named = entry.get("sentences", [])
            if isinstance(named, list) and all(isinstance(text, str) for text in (*zh, *en, *named)):
                return Need(kind, tuple(_ref(name) for name in named), (*zh, *en))
    raise CorpusError(
        f"index/questions/{file} holds {entry!r}; expected kind, sentences, zh and en as texts."
    )


def _ref(name: str) -> Ref:
    passage, _, number = name.rpartition(".")
    return passage, int(number) - 1
