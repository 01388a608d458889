"""Sentences of the article as evidence, and the ledger that numbers those an answer cites.

Quotes are sliced from the corpus and markers are counted here, so no citation can be misspelt, invented or
numbered wrongly, whatever a model writes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answer import Citation, Counterpart
from assistant.grounding import Quote
from corpus.chunking import Passage


@dataclass(frozen=True)
class Evidence:
    """Sentence `index` of a passage, and of its counterpart in the other edition."""

    passage: Passage
    counterpart: Passage
    index: int

    @property
    def text(self) -> str:
        """The sentence in the answer's language, verbatim."""
        return _slice(self.passage, self.index)

    @property
    def quote(self) -> Quote:
        """The sentence in both editions, as the support check takes it."""
        return Quote(self.text, _slice(self.counterpart, self.index))


class Ledger:
    """Numbers the sentences an answer cites, in the order in which they are first cited."""

    def __init__(self) -> None:
        self._markers: dict[tuple[str, int], int] = {}
        self.citations: list[Citation] = []

    def cite(self, evidence: Sequence[Evidence]) -> tuple[list[int], list[Citation]]:
        """(the markers of the evidence, the citations that are new)."""
        markers, new = [], []
        for sentence in evidence:
            key = (sentence.passage.id, sentence.index)
            if key not in self._markers:
                self._markers[key] = len(self._markers) + 1
                new.append(_citation(self._markers[key], sentence))
            markers.append(self._markers[key])
        self.citations += new
        return markers, new

    def uncited(self, passages: Iterable[Passage]) -> list[str]:
        """Ids of the passages that no citation names, in order."""
        cited = {passage_id for passage_id, _ in self._markers}
        return [passage.id for passage in passages if passage.id not in cited]


def _citation(marker: int, sentence: Evidence) -> Citation:
    passage, counterpart = sentence.passage, sentence.counterpart
    start, end = passage.sentences[sentence.index]
    return Citation(
        marker=marker,
        passage_id=passage.id,
        language=passage.language,
        section=heading(passage),
        text=passage.text,
        quote=passage.text[start:end],
        start=start,
        end=end,
        counterpart=Counterpart(
            passage_id=counterpart.id,
            language=counterpart.language,
            text=counterpart.text,
            quote=_slice(counterpart, sentence.index),
        ),
    )


def heading(passage: Passage) -> str:
    """The heading path of a passage as readers see it."""
    return " › ".join(passage.path)


def _slice(passage: Passage, index: int) -> str:
    start, end = passage.sentences[index]
    return passage.text[start:end].strip()
