"""Which sentences are offered as evidence, best first, and which of them an answer has to tell.

Where the question is like one that is known, the known sentences come first, and an answer tells them all.
A sentence that ranks clearly below the best one is hardly ever the right one, and a small model shown it
often picks it; so few others are offered. A question of several parts, or about several named things, gets
more.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from assistant.asking import kinds, parts, wants_several
from assistant.citing import Evidence
from assistant.following import FRAMEWORKS, MAKERS
from assistant.grounding import Vocabulary
from assistant.matching import Matcher
from assistant.text import normalise, simplified
from corpus.chunking import Passage
from index.retriever import NeedHit, Needs, SentenceHit

MOST = 4
"""Sentences offered."""
NEAR = 2.6
"""How far a sentence's score may lie below the best one's."""
WIDE = 4.0
"""The same for a question of several parts."""
COMMON = 0.1
"""A name in a larger share of the sentences than this tells nothing about a question's subject."""
FEW = 2
"""Sentences in which words that a question quotes may stand to tell which sentence is meant."""
SURE = 0.9
"""Likeness from which a question is so surely a known one that takes several sentences that it gets all."""
FAMILIES = (FRAMEWORKS, MAKERS)
"""Names of which a thing mostly has one: the framework it belongs to, who made it."""

_QUOTED = re.compile(r"[「『“\"]([^「」『』“”\"]{3,})[」』”\"]")
_CONTRASTS = re.compile(r"相比之下|相反|^(?:by|in) (?:comparison|contrast)", re.I)
"""Begins a sentence on the other side of what the one before it tells."""
_SIDE_BY_SIDE = re.compile(
    r"([A-Za-z][\w.+ ]*?[\w+])\s*"
    r"(?:和|与|與|跟|及|、|/|,|\band\b|\bor\b|\bvs\.?|\bversus\b|对比|比)\s*"
    r"([A-Za-z][\w.+]*(?: [A-Z][\w.+]*)*)"
)


@dataclass(frozen=True)
class Choice:
    """Evidence offered to the model, best first, and the part of it that an answer has to tell.

    `rival` is as probably asked for as the rest: the model may choose it; where none chooses, it is told.
    `corrects`: it says of the thing asked about that it is another's than the question supposes.
    """

    offered: tuple[Evidence, ...]
    required: frozenset[Evidence]
    rival: Evidence | None = None
    corrects: bool = False


class Chooser:
    """Chooses evidence; knows how common each name is in the corpus."""

    def __init__(self, passages: Sequence[Passage], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.matcher = Matcher(vocabulary)
        self._by_id = {passage.id: passage for passage in passages}
        self._order = [(p.id, n) for p in passages for n in range(len(p.sentences))]
        texts = [p.text[start:end] for p in passages for start, end in p.sentences]
        counts = Counter(name for text in texts for name in vocabulary.names_in(text))
        self._telling = {name for name, count in counts.items() if count <= COMMON * len(texts)}

    def choose(
        self, question: str, ranked: Sequence[SentenceHit], needs: Needs, of_clauses: Sequence[Needs] = ()
    ) -> Choice:
        """Evidence for a question, best first; few pieces."""
        known = self.matcher.asked(question, needs, of_clauses)
        told = evidence_of(known)
        rival = self.matcher.rival(question, needs, known[0]) if len(known) == 1 else None
        besides = self._corrections(question, told, ranked) + self._other_sides(question, told, ranked)
        besides += _quoting(question, told, ranked) + self._contrasted(question, told)
        told += [e for e in besides if e not in told]
        others = [] if known else [evidence(s) for s in self._near(question, ranked)]
        also = [evidence(rival)] if rival else []
        offered = list(dict.fromkeys([*told, *also])) or list(dict.fromkeys(others))[:MOST]
        whole = wants_several(question) or (bool(known) and _takes_all(question, known[0]))
        required = frozenset(e for e in told if whole or e.passage == told[0].passage or e in besides)
        return Choice(tuple(offered), required, also[0] if also else None, self._corrects(question, told))

    def _names(self, question: str, told: Sequence[Evidence]) -> tuple[set[str], set[str], set[str]]:
        """(the names asked about, those told about, the things that are both)."""
        asked = set(self._vocabulary.names_in(question))
        given = self._named(f"{e.quote.text} {e.quote.other}" for e in told)
        return asked, given, (asked & given).difference(*FAMILIES)

    def _corrects(self, question: str, told: Sequence[Evidence]) -> bool:
        """Does what is told name another maker or framework of a thing than the question does?"""
        asked, given, things = self._names(question, told)
        return bool(things) and any((asked & family) - given and given & family for family in FAMILIES)

    def _corrections(
        self, question: str, told: Sequence[Evidence], ranked: Sequence[SentenceHit]
    ) -> list[Evidence]:
        """What puts a premise right: whose a thing told about is, where the question calls it another's."""
        asked, given, things = self._names(question, told)
        found = []
        for family in FAMILIES:
            wrong = (asked & family) - given
            for sentence in ranked if wrong and things else ():
                names = self._named((sentence.text, sentence.counterpart_text))
                if names & things and names & family and not names & wrong:
                    found.append(evidence(sentence))
                    break
        return found

    def _other_sides(
        self, question: str, told: Sequence[Evidence], ranked: Sequence[SentenceHit]
    ) -> list[Evidence]:
        """The best sentence on each thing set side by side in the question of which nothing is told."""
        missing = self._subjects(question) - self._named(f"{e.quote.text} {e.quote.other}" for e in told)
        found = []
        for name in sorted(missing) if told else ():
            found += [evidence(s) for s in ranked if name in self._named((s.text, s.counterpart_text))][:1]
        return found

    def _contrasted(self, question: str, told: Sequence[Evidence]) -> list[Evidence]:
        """What a sentence told sets itself against, where several things are asked for."""
        found = []
        for e in told if wants_several(question) else ():
            at = self._order.index((e.passage.id, e.first))
            if at and any(_CONTRASTS.match(text) for text in (e.text, e.quote.other)):
                passage_id, sentence = self._order[at - 1]
                passage = self._by_id[passage_id]
                found.append(Evidence.of(passage, self._by_id[passage.counterpart_id], sentence))
        return found

    def left_open(self, question: str, choice: Choice, cited: Collection[Evidence]) -> list[Evidence]:
        """Evidence for what an answer citing `cited` leaves open: what it has to tell, a part, a name."""
        offered = choice.offered
        if choice.required:
            rival = None if cited else choice.rival
            return [e for e in offered if (e in choice.required or e == rival) and e not in cited]
        added = [] if cited else list(offered[:1])
        if parts(question) > 1 and len(cited) + len(added) == 1:
            told = {e.passage for e in (*cited, *added)}
            added += [e for e in offered if e.passage in told and e not in cited and e not in added][:1]
        others = [e for e in offered if e not in cited]
        for name in sorted(self._subjects(question) - self._named(e.text for e in (*cited, *added))):
            added += [e for e in others if e not in added and name in self._vocabulary.names_in(e.text)][:1]
        return added

    def _near(self, question: str, ranked: Sequence[SentenceHit]) -> list[SentenceHit]:
        """The sentences that rank near the best one; more where several parts or things are asked for."""
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
        return chosen

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


def _quoting(question: str, told: Sequence[Evidence], ranked: Sequence[SentenceHit]) -> list[Evidence]:
    """The sentence with each phrase that the question quotes from the article and nothing told has."""
    found = []
    for phrase in map(normalise, _QUOTED.findall(simplified(question)) if told else ()):
        have = [s for s in ranked if phrase in normalise(s.text) or phrase in normalise(s.counterpart_text)]
        known = any(phrase in normalise(e.quote.text) or phrase in normalise(e.quote.other) for e in told)
        if 0 < len(have) <= FEW and not known:
            found.append(evidence(have[0]))
    return found


def _takes_all(question: str, known: NeedHit) -> bool:
    """Is no part of the known question's sentences an answer?"""
    if known.kind in ("comparison", "list", "multihop"):
        return known.likeness >= SURE
    return known.kind == "definition" in kinds(question)


def evidence(sentence: SentenceHit) -> Evidence:
    """A sentence found, as evidence."""
    return Evidence.of(sentence.passage, sentence.counterpart, sentence.sentence)


def evidence_of(needs: Iterable[NeedHit]) -> list[Evidence]:
    """The sentences of known questions as evidence, each once."""
    return list(dict.fromkeys(evidence(sentence) for need in needs for sentence in need.sentences))
