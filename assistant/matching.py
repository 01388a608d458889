"""Which known questions a reader's question is: the likest, where it also asks for the same kind of thing."""

from collections.abc import Iterable, Sequence, Set

from assistant.asking import excels, kinds, parts, wants_reason, wants_several
from assistant.following import FRAMEWORKS
from assistant.grounding import Vocabulary
from assistant.grounding.names import canonical
from index.retriever import SUPPORT, NeedHit, Needs, SentenceHit

ALIKE = 0.6
"""Likeness from which a known question counts as the one asked."""
ENOUGH = 0.75
"""Likeness from which a known question for reasons goes before one that asks for none."""
BY_CLAUSE = 0.85
"""Likeness from which a known question is asked by one of several clauses."""
MOST_OF_A_RIVAL = 2
"""Sentences that another known question may take to be told beside the likest."""
BEYOND_DOUBT = 1.0
"""Likeness from which a known question is the one asked."""
BESIDE_ADVICE, BESIDE_ADVICE_BY_CLAUSE = 0.92, BEYOND_DOUBT
"""Likeness from which a known question is asked beside advice, which says much already: by a whole question,
and by one of its clauses."""
ABOUT = 0.12
"""Difference of likeness within which two known questions are about as like."""
KIND = 0.1
"""What it counts that a known question is of the kind that the words ask for."""
SEVERAL = 0.05
"""What it counts that it takes several sentences where several things are asked for."""
RIVAL = 0.05
"""How much less another known question may fit and still be as probably the one asked."""
TIED = 0.03
"""Difference of fitness within which a known question that takes more sentences goes before the best."""
TURNED = 0.5
"""What it costs a known question to compare the same two the other way round."""
OTHER_FRAMEWORK = 0.2
"""What it costs a known question to be about another framework than the one asked about."""
PREMISES = ("premise", "yesno")
"""Kinds of known questions whose sentences say whether something supposed is so."""

Place = tuple[str, int]
"""Where a sentence stands: its passage's id, and its number there."""


class Matcher:
    """Matches questions with the known ones that a search found; knows the names of the corpus."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def likest(self, question: str, needs: Needs) -> NeedHit | None:
        """The known question that fits best, if any is alike; of a question for reasons, one for reasons."""
        alike = [need for need in needs.answered if need.likeness >= ALIKE]
        if wants_reason(question):
            names = self._vocabulary.names_in(question)
            reasons = [n for n in alike if n.likeness >= ENOUGH and wants_reason(n.wording)]
            alike = [n for n in reasons if names <= self._vocabulary.names_in(n.wording)] or alike
        best = max(alike, key=lambda need: self._fitness(question, need), default=None)
        if best is not None and best.kind != "list" and "list" in kinds(question):
            lists = [n for n in alike if n.kind == "list" and n.likeness >= best.likeness - ABOUT]
            best = max(lists, key=lambda need: self._fitness(question, need), default=best)
        return self._wider(question, best, alike) if best is not None and wants_several(question) else best

    def _wider(self, question: str, best: NeedHit, alike: Sequence[NeedHit]) -> NeedHit:
        """Of known questions that fit as well, one that tells all the best does and more."""
        told, least = places(best.sentences), self._fitness(question, best) - TIED
        wider = [n for n in alike if places(n.sentences) > told and self._fitness(question, n) >= least]
        return max(wider, key=lambda need: self._fitness(question, need), default=best)

    def _fitness(self, question: str, need: NeedHit) -> float:
        """How well a known question fits, with the kind of answer that the words ask for.

        Of several sentences the best one counts where several are asked for, else their mean: what is asked
        for in one sentence is not told in three.
        """
        support = [sentence.score for sentence in need.sentences]
        several = wants_several(question)
        held = max(support) if several else sum(support) / len(support)
        of_kind = need.kind in kinds(question)
        fitness = need.likeness + SUPPORT * held + KIND * of_kind + SEVERAL * (several and len(support) > 1)
        fitness -= OTHER_FRAMEWORK * self._speaks_of_another(question, need)
        return fitness - TURNED * self._compares_the_other_way(question, need)

    def _speaks_of_another(self, question: str, need: NeedHit) -> bool:
        """Are its sentences about a framework that the question does not name, and not about its own?"""
        asked = self._vocabulary.names_in(question) & FRAMEWORKS
        told = {name for s in need.sentences for name in self._vocabulary.names_in(s.text)} & FRAMEWORKS
        return bool(asked and told) and asked.isdisjoint(told)

    def _compares_the_other_way(self, question: str, need: NeedHit) -> bool:
        """Is "What has A over B?" held against "What has B over A?"?"""
        orders = [self._frameworks(text) for text in (question, need.wording) if excels(text)]
        return len(orders) == 2 and len(orders[0]) > 1 and orders[0] == orders[1][::-1]

    def _frameworks(self, text: str) -> list[str]:
        """The frameworks a text names, in order."""
        return [name.value for name in self._vocabulary.find(canonical(text)) if name.value in FRAMEWORKS]

    def asked(self, question: str, needs: Needs, of_clauses: Sequence[Needs] = ()) -> list[NeedHit]:
        """The known question that this one is, and those of its clauses that it leaves open."""
        whole = self.likest(question, needs)
        known = [whole] if whole is not None else []
        more = whole is None or _asks_more(question, whole)
        for clause in of_clauses:
            own = self.likest("", clause)  # by likeness alone: the words of the whole ask for other kinds
            told = places(sentence for need in known for sentence in need.sentences)
            if own is None or own.likeness < BY_CLAUSE or _covers(told, clause, own):
                continue
            if more or own.kind in PREMISES:
                known.append(own)
        return known

    def rival(self, question: str, needs: Needs, likest: NeedHit) -> SentenceHit | None:
        """What else answers where another known question fits about as well and the likest is not surely it.

        The best sentence of that other question; None where it takes many, or none that the likest has not,
        and where several things are asked for, which the likest then tells.
        """
        told, least = places(likest.sentences), self._fitness(question, likest) - RIVAL
        if likest.likeness >= BEYOND_DOUBT or wants_several(question):
            return None
        others = [n for n in needs.answered if n.likeness >= ALIKE and not places(n.sentences) <= told]
        best = max(others, key=lambda need: self._fitness(question, need), default=None)
        if best is None or self._fitness(question, best) < least or len(best.sentences) > MOST_OF_A_RIVAL:
            return None
        return max(best.sentences, key=lambda sentence: sentence.score)

    def asked_beside(self, question: str, needs: Needs, of_clauses: Sequence[Needs]) -> list[NeedHit]:
        """The known questions that are asked beside advice, by a question and by its clauses."""
        whole = [(self.likest(question, needs), BESIDE_ADVICE)]
        clauses = [(self.likest(question, clause), BESIDE_ADVICE_BY_CLAUSE) for clause in of_clauses]
        return [need for need, least in whole + clauses if need is not None and need.likeness >= least]


def places(sentences: Iterable[SentenceHit]) -> set[Place]:
    """Where sentences stand, whatever they were found by."""
    return {(sentence.passage.id, sentence.sentence) for sentence in sentences}


def _covers(told: Set[Place], clause: Needs, likest: NeedHit) -> bool:
    """Do sentences answer a clause already, as its likest known question or one about as like would?"""
    near = [need for need in clause.answered if need.likeness >= likest.likeness - ABOUT]
    return any(told >= places(need.sentences) for need in near)


def _asks_more(question: str, need: NeedHit) -> bool:
    """Has the question more parts than the known question that it is like?"""
    return parts(question) > parts(need.wording)
