"""An encoder that remembers: banks with some questions left out are made without embedding the rest anew."""

from collections.abc import Sequence

import numpy as np

from index import bank, situations
from index.embedder import Embedder, Vectors
from index.likeness import AsQuestions
from index.store import Store


class Remembering:
    """An encoder beside what it embedded as questions. Gives the rows that its encoder gave."""

    def __init__(self, embedder: Embedder, rows: dict[str, Vectors]) -> None:
        """`rows`: question -> (dimension,) unit row."""
        self._embedder, self._rows = embedder, rows
        self.id, self.digest, self.dimension = embedder.id, embedder.digest, embedder.dimension
        self.embed_passages = embedder.embed_passages

    @classmethod
    def of_packaged(cls, embedder: Embedder) -> "Remembering":
        """With the rows of the bank and the situations that ship."""
        texts = {
            "questions": [wording for need in bank.load() for wording in need.wordings],
            "situations": situations.texts(situations.load()),
        }
        rows: dict[str, Vectors] = {}
        for name, wordings in texts.items():
            store = Store.open(wordings, AsQuestions(embedder), name)
            rows |= dict(zip(wordings, store.rows(), strict=True))
        return cls(embedder, rows)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions -> (n, dimension) unit rows."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        self._rows |= dict(zip(new, self._embedder.embed_queries(new), strict=True))
        rows = [self._rows[text] for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), self.dimension)
