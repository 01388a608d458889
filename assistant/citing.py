"""Sentences of the article as evidence, and the ledger that numbers those an answer cites.

Quotes are sliced from the corpus and markers are counted here, so no citation can be misspelt, invented or
numbered wrongly, whatever a model writes.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answer import Citation, Counterpart
from assistant.grounding import Quote
from corpus.chunking import Passage

_POINTS_BACK = re.compile(r"^(?:它们?|他们|她们|该|这种|这个|这一|这些)")
"""Begins with a word for something that the sentence before names."""
_CONTINUES = re.compile(r"^(?:在这 ?\d|虽然这)|^(?:of these|although this)\b", re.I)
"""Goes on about the sentence before, which is only half the story without it."""


@dataclass(frozen=True)
class Evidence:
    """Sentences `first` to `last` of a passage, and of its counterpart in the other edition."""

    passage: Passage
    counterpart: Passage
    first: int
    last: int

    @classmethod
    def of(cls, passage: Passage, counterpart: Passage, index: int) -> "Evidence":
        """Sentence `index`, with what it points back to and what continues it."""

        def begins(i: int, how: re.Pattern[str]) -> bool:
            return any(how.match(_slice(p, i, i)) for p in (passage, counterpart))

        first = last = index
        while first > 0 and (begins(first, _POINTS_BACK) or begins(first, _CONTINUES)):
            first -= 1
        while last + 1 < len(passage.sentences) and begins(last + 1, _CONTINUES):
            last += 1
        return cls(passage, counterpart, first, last)

    @property
    def text(self) -> str:
        """The sentences in the answer's language, verbatim."""
        return _slice(self.passage, self.first, self.last)

    @property
    def quote(self) -> Quote:
        """The sentences in both editions, as the support check takes them."""
        return Quote(self.text, _slice(self.counterpart, self.first, self.last))


class Ledger:
    """Numbers the sentences an answer cites, in the order in which they are first cited."""

    def __init__(self) -> None:
        self._markers: dict[Evidence, int] = {}
        self.citations: list[Citation] = []

    def cite(self, evidence: Sequence[Evidence]) -> tuple[list[int], list[Citation]]:
        """(the markers of the evidence, the citations that are new)."""
        new = []
        for sentence in evidence:
            if sentence not in self._markers:
                self._markers[sentence] = len(self._markers) + 1
                new.append(_citation(self._markers[sentence], sentence))
        self.citations += new
        return [self._markers[sentence] for sentence in evidence], new

    def uncited(self, passages: Iterable[Passage]) -> list[str]:
        """Ids of the passages that no citation names, in order."""
        cited = {sentence.passage.id for sentence in self._markers}
        return [passage.id for passage in passages if passage.id not in cited]


def _citation(marker: int, sentence: Evidence) -> Citation:
    passage, counterpart = sentence.passage, sentence.counterpart
    start = passage.sentences[sentence.first][0]
    return Citation(
        marker=marker,
        passage_id=passage.id,
        language=passage.language,
        section=heading(passage),
        text=passage.text,
        quote=sentence.text,
        start=start,
        end=start + len(sentence.text),
        counterpart=Counterpart(
            passage_id=counterpart.id,
            language=counterpart.language,
            text=counterpart.text,
            quote=sentence.quote.other,
        ),
    )


def heading(passage: Passage) -> str:
    """The heading path of a passage as readers see it."""
    return " › ".join(passage.path)


def _slice(passage: Passage, first: int, last: int) -> str:
    return passage.text[passage.sentences[first][0] : passage.sentences[last][1]].rstrip()
