"""Words in common: text -> terms, terms -> BM25 scores.

Both sides are folded alike (full-width to half-width, case, Traditional to Simplified). A Latin run is one
term, with a plural s taken off; Chinese becomes character bigrams, which equal a segmenter here.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from itertools import accumulate, pairwise

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
    """BM25 over a fixed list of documents: for each term, the documents that hold it and its weight there."""

    def __init__(self, documents: Sequence[Iterable[str]]) -> None:
        counts = [Counter(document) for document in documents]
        self._count = len(counts)
        lengths = np.array([count.total() for count in counts], np.float32)
        norms = K1 * (1 - B + B * lengths / max(float(lengths.mean()) if counts else 0.0, 1.0))

        places: dict[str, int] = {}
        terms = np.array([places.setdefault(term, len(places)) for count in counts for term in count], int)
        times = np.array([times for count in counts for times in count.values()], np.float32)
        documents_of = np.repeat(np.arange(len(counts)), [len(count) for count in counts])
        holders = np.bincount(terms, minlength=len(places)).tolist()
        rarities = np.array([self._idf(count) for count in holders], np.float32)
        weights = rarities[terms] * times * (K1 + 1) / (times + norms[documents_of])

        by_term = np.argsort(terms, kind="stable")
        self._documents, self._weights = documents_of[by_term], weights[by_term]
        spans = pairwise(accumulate(holders, initial=0))
        self._postings = {term: slice(*span) for term, span in zip(places, spans, strict=True)}

    @property
    def vocabulary(self) -> Set[str]:
        """Every term of the documents."""
        return self._postings.keys()

    def scores(self, query: Mapping[str, float]) -> NDArray[np.float32]:
        """(documents,) float32: the sum over the query's terms of their weight here and their own."""
        total = np.zeros(self._count, np.float32)
        for term, weight in query.items():
            if term in self._postings:
                held = self._postings[term]
                total[self._documents[held]] += np.float32(weight) * self._weights[held]
        return total

    def rarity(self, term: str) -> float:
        """Inverse document frequency; a term that no document holds is the rarest."""
        held = self._postings.get(term, slice(0, 0))
        return self._idf(held.stop - held.start)

    def _idf(self, holders: int) -> float:
        return float(np.log1p((self._count - holders + 0.5) / (holders + 0.5)))


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
