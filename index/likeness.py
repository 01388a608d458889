"""How like a question is to questions written down: cosine around their mean, and words in common."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index import lexical
from index.embedder import Embedder, Vectors
from index.store import Store

LEXICAL = 0.18
"""What words in common count against the cosine: BM25 over the question's own weight, times this."""

Scores = NDArray[np.float32]


class AsQuestions:
    """An encoder whose texts are all questions: the rows lie where questions lie, not passages."""

    def __init__(self, embedder: Embedder) -> None:
        self.id, self.digest, self.dimension = embedder.id, f"{embedder.digest}-questions", embedder.dimension
        self.embed_queries = self.embed_passages = embedder.embed_queries


class Wordings:
    """Groups of questions, each group one thing asked in one or more wordings. Thread-safe once made."""

    def __init__(
        self, groups: Sequence[Sequence[str]], embedder: Embedder, name: str, store: Store | None = None
    ) -> None:
        """Raises IndexDamagedError when `store` does not hold them; without one, store `name` is opened."""
        self.texts = [wording for group in groups for wording in group]
        sizes = [len(group) for group in groups]
        self._begin = np.cumsum([0, *sizes[:-1]])
        self._owner = np.repeat(np.arange(len(groups)), sizes)
        self._bm25 = lexical.BM25([lexical.terms(wording) for wording in self.texts])
        self.store = store or Store.open(self.texts, AsQuestions(embedder), name)

    def likeness(self, text: str, vector: Vectors) -> tuple[Scores, NDArray[np.int64]]:
        """((groups,) float32: how like each group the question is, (groups,): which of all texts is likest).

        About 1 for the same words, above about 0.6 for the same thing asked. `vector` is the (1, dimension)
        embedding of `text` as a query. Cosines are taken around the mean of all wordings, for those of small
        encoders crowd together near 1.
        """
        words = Counter(lexical.terms(text))
        weight = np.sqrt(sum(self._bm25.rarity(term) ** 2 for term in words))
        scores = self._cosines(vector) + LEXICAL * self._bm25.scores(dict.fromkeys(words, 1.0)) / max(
            weight, 1
        )
        best = np.maximum.reduceat(scores, self._begin)
        equal = np.flatnonzero(scores == best[self._owner])
        likest = equal[np.searchsorted(self._owner[equal], np.arange(len(best)))]
        return best, likest

    def _cosines(self, vector: Vectors) -> Scores:
        mean, around = self._centred
        own = vector[0] - mean
        return np.asarray(around @ (own / max(float(np.linalg.norm(own)), 1e-6)), np.float32)

    @cached_property
    def _centred(self) -> tuple[Scores, Vectors]:
        """(the mean of the rows, each row's direction from it)."""
        rows = self.store.rows()
        mean = rows.mean(axis=0)
        around = rows - mean
        return mean, around / np.maximum(np.linalg.norm(around, axis=1, keepdims=True), 1e-6)
