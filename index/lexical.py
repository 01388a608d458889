"""Words in common: text -> terms, terms -> BM25 scores.

Both sides are folded alike (full-width to half-width, case, Traditional to Simplified). A Latin run is one
term, with a plural s taken off; Chinese becomes character bigrams, which equal a segmenter here.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.script import convert

K1, B = 1.2, 0.75

_RUNS = re.compile(r"[a-z0-9]+(?:[.+#&'-][a-z0-9]+)*[+#]*|[\u3400-\u9fff\uf900-\ufaff]+")
_STOP_WORDS = """
a an and are as at be been being but by can could did do does for from had has have he her him his how i if in
into is it its just me my no nor not of on or our she should so some such than that the their them then there
these they this those to too us very was we were what when where which while who whom why will with would you
your
"""
_STOP = frozenset(_STOP_WORDS.split())


def fold(text: str) -> str:
    """NFKC, lower case, Simplified characters, straight apostrophes."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return convert(folded, "t2s")


def words(text: str) -> list[str]:
    """The runs of Latin letters and digits (`node.js`, `c++`) and of Chinese characters, folded, in order."""
    return [run.removesuffix("'s") for run in _RUNS.findall(fold(text))]


@lru_cache(maxsize=4096)
def terms(text: str) -> tuple[str, ...]:
    """The terms of a text in order, repeated as often as they occur; English stop words left out."""
    found: list[str] = []
    for word in words(text):
        if word.isascii():
            if word not in _STOP:
                found.append(_singular(word))
        elif len(word) == 1:
            found.append(word)
        else:
            found.extend(word[i : i + 2] for i in range(len(word) - 1))
    return tuple(found)


def stop_words(text: str) -> int:
    """How many English function words a text holds."""
    return sum(run in _STOP for run in _RUNS.findall(text.lower()))


class BM25:
    """BM25 over a fixed list of documents, as a matrix of term weights."""

    def __init__(self, documents: Sequence[Iterable[str]]) -> None:
        counts = [Counter(document) for document in documents]
        self.vocabulary = {
            term: row for row, term in enumerate(sorted({t for count in counts for t in count}))
        }
        frequency = np.zeros((len(self.vocabulary), len(counts)), np.float32)
        for column, count in enumerate(counts):
            for term, times in count.items():
                frequency[self.vocabulary[term], column] = times
        present = (frequency > 0).sum(axis=1)
        self.idf = np.log1p((len(counts) - present + 0.5) / (present + 0.5)).astype(np.float32)
        self._unseen = float(np.log1p((len(counts) + 0.5) / 0.5))
        length = frequency.sum(axis=0)
        norm = K1 * (1 - B + B * length / max(float(length.mean()), 1.0))
        self.weights: NDArray[np.float32] = self.idf[:, None] * frequency * (K1 + 1) / (frequency + norm)

    def scores(self, query: Mapping[str, float]) -> NDArray[np.float32]:
        """(documents,) float32: the sum over the query's terms of their weight here and their own."""
        known = [(self.vocabulary[term], weight) for term, weight in query.items() if term in self.vocabulary]
        if not known:
            return np.zeros(self.weights.shape[1], np.float32)
        rows, weights = zip(*known, strict=True)
        total: NDArray[np.float32] = np.asarray(weights, np.float32) @ self.weights[list(rows)]
        return total

    def rarity(self, term: str) -> float:
        """Inverse document frequency; a term that no document holds is the rarest."""
        row = self.vocabulary.get(term)
        return self._unseen if row is None else float(self.idf[row])


def _singular(word: str) -> str:
    """Harman's s-stemmer: libraries -> library, models -> model; `ss`, `us` and short words stay."""
    if len(word) < 4 or not word.isalpha():
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


def slips(a: str, b: str) -> int:
    """Edit distance in which swapping two neighbours is one slip (optimal string alignment)."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
