"""Which sentences of the passages found are offered as evidence, best first.

A sentence that ranks clearly below the best one is hardly ever the right one, and a small model shown it
often picks it; so few are offered. A question of several parts, or about several named things, gets more.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from assistant.asking import parts
from assistant.citing import Evidence
from assistant.grounding import Vocabulary
from corpus.chunking import Passage
from index.retriever import SentenceHit

MOST = 4
"""Sentences offered."""
NEAR = 2.6
"""How far a sentence's score may lie below the best one's."""
WIDE = 4.0
"""The same for a question of several parts."""
COMMON = 0.1
"""A name in a larger share of the sentences than this tells nothing about a question's subject."""


_SIDE_BY_SIDE = re.compile(
    r"([A-Za-z][\w.+ ]*?[\w+])\s*"
    r"(?:和|与|與|跟|及|、|/|,|\band\b|\bor\b|\bvs\.?|\bversus\b|对比|比)\s*"
    r"([A-Za-z][\w.+]*(?: [A-Z][\w.+]*)*)"
)


class Chooser:
    """Chooses evidence; knows how common each name is in the corpus."""

    def __init__(self, passages: Sequence[Passage], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        texts = [p.text[start:end] for p in passages for start, end in p.sentences]
        counts = Counter(name for text in texts for name in vocabulary.names_in(text))
        self._telling = {name for name, count in counts.items() if count <= COMMON * len(texts)}

    def choose(self, question: str, ranked: Sequence[SentenceHit]) -> list[Evidence]:
        """At most MOST pieces of evidence for a question, best first."""
        telling = [s for s in ranked if not s.text.rstrip().endswith(("?", "？"))]
        if not telling:
            return []
        several = parts(question) > 1
        floor = telling[0].score - (WIDE if several else NEAR)
        chosen = [s for s in telling if s.score >= floor][:MOST]
        if several:
            chosen = self._with_neighbours(chosen, telling)
        for name in sorted(self._subjects(question) - self._named(s.text for s in chosen)):
            chosen += [s for s in telling if name in self._vocabulary.names_in(s.text)][:1]
        found = [Evidence.of(s.passage, s.counterpart, s.sentence) for s in chosen]
        return list(dict.fromkeys(found))[:MOST]

    def left_open(
        self, question: str, evidence: Sequence[Evidence], cited: Collection[Evidence]
    ) -> list[Evidence]:
        """Evidence for what an answer citing `cited` leaves open: a part of the question, a thing named."""
        added = [] if cited else list(evidence[:1])
        if parts(question) > 1 and len(cited) + len(added) == 1:
            told = {e.passage for e in (*cited, *added)}
            added += [e for e in evidence if e.passage in told and e not in cited and e not in added][:1]
        others = [e for e in evidence if e not in cited]
        for name in sorted(self._subjects(question) - self._named(e.text for e in (*cited, *added))):
            added += [e for e in others if e not in added and name in self._vocabulary.names_in(e.text)][:1]
        return added

    def _subjects(self, question: str) -> set[str]:
        """The things a question sets side by side ("A and B"), each of which an answer has to speak of."""
        pairs = [[self._telling_in(side) for side in pair] for pair in _SIDE_BY_SIDE.findall(question)]
        return {name for one, other in pairs if one and other for name in one | other}

    def _telling_in(self, text: str) -> set[str]:
        return self._vocabulary.names_in(text) & self._telling

    def _named(self, texts: Iterable[str]) -> set[str]:
        return {name for text in texts for name in self._vocabulary.names_in(text)}

    def _with_neighbours(self, chosen: list[SentenceHit], ranked: Sequence[SentenceHit]) -> list[SentenceHit]:
        """The best sentence's neighbours come next: a reason stands beside what it is a reason for."""
        best = chosen[0]
        beside = [s for s in ranked if s.passage == best.passage and abs(s.sentence - best.sentence) == 1]
        return list(dict.fromkeys([best, *beside, *chosen[1:]]))[:MOST]
