"""Which sentences are offered as evidence, best first, and which of them an answer has to tell.

Where the question is like one that is known, the known sentences come first, and an answer tells them all.
A sentence that ranks clearly below the best one is hardly ever the right one, and a small model shown it
often picks it; so few others are offered. A question of several parts, or about several named things, gets
more.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass

from assistant.asking import kinds, parts, wants_reason
from assistant.citing import Evidence
from assistant.following import FRAMEWORKS
from assistant.grounding import Vocabulary
from assistant.text import simplified
from corpus.chunking import Passage
from index.retriever import SUPPORT, NeedHit, Needs, SentenceHit

MOST = 4
"""Sentences offered."""
NEAR = 2.6
"""How far a sentence's score may lie below the best one's."""
WIDE = 4.0
"""The same for a question of several parts."""
ALIKE = 0.6
"""Likeness from which a known question counts as the one asked; nothing but its sentences is offered then."""
ENOUGH = 0.75
"""Likeness from which a known question for reasons goes before one that asks for none."""
SURE = 0.9
"""Likeness from which a known question is surely asked, beside another."""
KIND = 0.1
"""What it counts that a known question is of the kind that the words ask for."""
BEYOND_DOUBT = 1.0
"""Likeness from which a known question is asked beside advice, which says much already."""
ABOUT = 0.12
"""Difference of likeness within which two known questions are about as like."""
OTHER_FRAMEWORK = 0.2
"""What it costs a known question to be about another framework than the one asked about."""
SEVERAL = 0.05
"""What it counts that it takes several sentences where several things are asked for."""
COMMON = 0.1
"""A name in a larger share of the sentences than this tells nothing about a question's subject."""


FAMILIES = (FRAMEWORKS, frozenset({"google", "facebook", "aws", "microsoft", "deepmind", "openai"}))
"""Names of which a thing mostly has one: the framework it belongs to, who made it."""

_SIDE_BY_SIDE = re.compile(
    r"([A-Za-z][\w.+ ]*?[\w+])\s*"
    r"(?:和|与|與|跟|及|、|/|,|\band\b|\bor\b|\bvs\.?|\bversus\b|对比|比)\s*"
    r"([A-Za-z][\w.+]*(?: [A-Z][\w.+]*)*)"
)


@dataclass(frozen=True)
class Choice:
    """Evidence offered to the model, best first, and the part of it that an answer has to tell."""

    offered: tuple[Evidence, ...]
    required: frozenset[Evidence]


class Chooser:
    """Chooses evidence; knows how common each name is in the corpus."""

    def __init__(self, passages: Sequence[Passage], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        texts = [p.text[start:end] for p in passages for start, end in p.sentences]
        counts = Counter(name for text in texts for name in vocabulary.names_in(text))
        self._telling = {name for name, count in counts.items() if count <= COMMON * len(texts)}

    def choose(
        self, question: str, ranked: Sequence[SentenceHit], needs: Needs, of_clauses: Sequence[Needs] = ()
    ) -> Choice:
        """Evidence for a question, best first; few pieces."""
        known = self._known(question, needs, of_clauses)
        told = list(dict.fromkeys(_evidence(s) for need in known for s in need.sentences))
        corrections = self._corrections(question, told, ranked)
        told += [e for e in corrections if e not in told]
        others = [] if known else [_evidence(s) for s in self._ranked(question, ranked)]
        offered = told or list(dict.fromkeys(others))[:MOST]
        whole = wants_several(question) or (bool(known) and known[0].kind == "definition" in kinds(question))
        required = frozenset(e for e in told if whole or e.passage == told[0].passage or e in corrections)
        return Choice(tuple(offered), required)

    def _corrections(
        self, question: str, told: Sequence[Evidence], ranked: Sequence[SentenceHit]
    ) -> list[Evidence]:
        """What puts a premise right: the framework or maker of a thing told about, where the question has another."""
        asked = self._vocabulary.names_in(question)
        given = self._named(f"{e.quote.text} {e.quote.other}" for e in told)
        things = (asked & given).difference(*FAMILIES)
        found = []
        for family in FAMILIES:
            wrong = (asked & family) - given
            for sentence in ranked if wrong and things else ():
                names = self._named((sentence.text, sentence.counterpart_text))
                if names & things and names & family and not names & wrong:
                    found.append(_evidence(sentence))
                    break
        return found

    def left_open(self, question: str, choice: Choice, cited: Collection[Evidence]) -> list[Evidence]:
        """Evidence for what an answer citing `cited` leaves open: what it has to tell, a part, a name."""
        evidence = choice.offered
        if choice.required:
            return [e for e in evidence if e in choice.required and e not in cited]
        added = [] if cited else list(evidence[:1])
        if parts(question) > 1 and len(cited) + len(added) == 1:
            told = {e.passage for e in (*cited, *added)}
            added += [e for e in evidence if e.passage in told and e not in cited and e not in added][:1]
        others = [e for e in evidence if e not in cited]
        for name in sorted(self._subjects(question) - self._named(e.text for e in (*cited, *added))):
            added += [e for e in others if e not in added and name in self._vocabulary.names_in(e.text)][:1]
        return added

    def wanted(self, question: str, needs: Sequence[Needs]) -> list[Evidence]:
        """The sentences of the known questions that are surely asked, by the whole and by its clauses."""
        found = [self.likest(question, each) for each in needs]
        sure = [need for need in found if need is not None and need.likeness >= BEYOND_DOUBT]
        return list(dict.fromkeys(_evidence(s) for need in sure for s in need.sentences))

    def likest(self, question: str, needs: Needs) -> NeedHit | None:
        """The known question that fits best, if any is alike; of a question for reasons, one for reasons."""
        alike = [need for need in needs.answered if need.likeness >= ALIKE]
        if wants_reason(simplified(question)):
            names = self._vocabulary.names_in(question)
            reasons = [n for n in alike if n.likeness >= ENOUGH and wants_reason(simplified(n.wording))]
            alike = [n for n in reasons if names <= self._vocabulary.names_in(n.wording)] or alike
        best = max(alike, key=lambda need: self._fitness(question, need), default=None)
        if best is not None and best.kind != "list" and "list" in kinds(simplified(question)):
            lists = [n for n in alike if n.kind == "list" and n.likeness >= best.likeness - ABOUT]
            best = max(lists, key=lambda need: self._fitness(question, need), default=best)
        return best

    def _fitness(self, question: str, need: NeedHit) -> float:
        """How well a known question fits, with the kind of answer that the words ask for.

        Of several sentences the best one counts where several are asked for, else their mean: what is asked
        for in one sentence is not told in three.
        """
        support = [sentence.score for sentence in need.sentences]
        several = wants_several(question)
        held = max(support) if several else sum(support) / len(support)
        of_kind = need.kind in kinds(simplified(question))
        fitness = need.likeness + SUPPORT * held + KIND * of_kind + SEVERAL * (several and len(support) > 1)
        return fitness - OTHER_FRAMEWORK * self._speaks_of_another(question, need)

    def _speaks_of_another(self, question: str, need: NeedHit) -> bool:
        """Are its sentences about a framework that the question does not name, and not about its own?"""
        asked = self._vocabulary.names_in(question) & FRAMEWORKS
        told = self._named(s.text for s in need.sentences) & FRAMEWORKS
        return bool(asked and told) and asked.isdisjoint(told)

    def _known(self, question: str, needs: Needs, of_clauses: Sequence[Needs]) -> list[NeedHit]:
        """The known question that this one is, and those of its clauses that it leaves open."""
        whole = self.likest(question, needs)
        known = [whole] if whole is not None else []
        for clause in of_clauses if whole is None or _asks_more(question, whole) else ():
            own = self.likest("", clause)
            told = {sentence for need in known for sentence in need.sentences}
            if own is None or own.likeness < SURE or _covers(told, clause, own):
                continue
            known.append(own)
        return known

    def _ranked(self, question: str, ranked: Sequence[SentenceHit]) -> list[SentenceHit]:
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


def wants_several(question: str) -> bool:
    """Does the question ask for more than one thing?"""
    text = simplified(question)
    return parts(text) > 1 or not kinds(text).isdisjoint({"list", "comparison"})


def _covers(told: Set[SentenceHit], clause: Needs, likest: NeedHit) -> bool:
    """Do sentences answer a clause already, as its likest known question or one about as like would?"""
    near = [need for need in clause.answered if need.likeness >= likest.likeness - ABOUT]
    return any(told >= set(need.sentences) for need in near)


def _asks_more(question: str, need: NeedHit) -> bool:
    """Has the question more parts than the known question that it is like?"""
    return parts(simplified(question)) > parts(need.wording)


def _evidence(sentence: SentenceHit) -> Evidence:
    return Evidence.of(sentence.passage, sentence.counterpart, sentence.sentence)
