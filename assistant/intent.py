"""Does the reader want advice on their own choice, or to know what the article says?

Both speak of readers, tools and frameworks ("Which framework do most papers use?"), so no word alone can
tell. A logistic model over what the words show, what the question is like and what it names can;
`python -m evaluation.intent` fits its weights, intent.yaml holds them.
"""

import logging
from collections.abc import Mapping, Sequence, Set
from functools import cache
from importlib import resources

from assistant import rules
from assistant.asking import kinds, parts
from assistant.clauses import Clauses
from assistant.following import FRAMEWORKS
from assistant.grounding import Vocabulary
from assistant.grounding.names import canonical
from assistant.history import Asked
from assistant.logistic import Logistic
from assistant.rules.likely import Judgement
from corpus.files import parse_yaml
from index.retriever import NeedHit, Needs, Retriever

LONG = 40
"""Characters above which a question tells of more than what it asks."""
NAMED = "strong reader"
"""The cue that words for a reader are there, which is the least from which a wish for advice is presumed."""
OF_THE_CASE = frozenset({"weighs", "skills", "attribute"})
"""Cues that tell of the reader's case, not whether advice is wanted."""
WANTED = 0.5
"""Probability from which the reader gets advice."""
SURELY_WANTED = 0.8
"""The same where no word tells who is asking."""
CLEARLY_TOLD, CLEARLY = 0.9, 0.3
"""Likeness to a known question of fact, and its lead over those about advice, from which a fact is asked."""
ADVISING = ("choosing", "industry", "researcher", "professor", "career", "hobbyist", "beginner")
"""Sections in which the article advises its readers."""

log = logging.getLogger(__name__)


class Discerner:
    """Tells who wants advice, by the words, by the known situations and by the known questions."""

    def __init__(self, retriever: Retriever, likely: rules.Likely, vocabulary: Vocabulary) -> None:
        self._retriever = retriever
        self._likely = likely
        self._vocabulary = vocabulary
        self._clauses = Clauses(retriever, vocabulary)

    def situation(self, asked: Asked) -> rules.Situation:
        """What the rules recognise, where the signs bear it out whether advice is wanted at all."""
        earlier = [turn.model_dump() for turn in asked.history]
        situation = rules.recognise(asked.question, earlier, self._likely)
        if not in_doubt(situation):
            return situation
        advises = situation.intent == "advice"
        inferred = situation.confidence <= rules.LIKENESS
        seen = self.signs(asked, situation.cues)
        wanted = wants_advice(seen, SURELY_WANTED if advises and inferred else WANTED)
        log.info("Advice is wanted: %s, from %s", wanted, seen)
        if advises:
            return situation if wanted else rules.Situation("fact", outside=situation.outside)
        if wanted and self._likely.judge(asked.own).names_a_reader:
            return rules.recognise(asked.question, earlier, self._likely, wanted=True)
        return situation

    def signs(self, asked: Asked, cues: Set[str]) -> dict[str, float]:
        """The signs of a question whose words show `cues`."""
        judgement = self._likely.judge(asked.own)
        needs = self._retriever.needs(asked.query, asked.language)
        return signs(asked.own, cues, judgement, needs, self._vocabulary, self._clauses.needs(asked))


def in_doubt(situation: rules.Situation) -> bool:
    """Do the words speak for a wish for advice, or of a reader who may have one, and no advice before it?"""
    presumed = situation.intent == "advice" or NAMED in situation.cues
    return presumed and not situation.after_advice


def signs(
    question: str,
    cues: Set[str],
    judgement: Judgement,
    needs: Needs,
    vocabulary: Vocabulary,
    of_clauses: Sequence[Needs] = (),
) -> dict[str, float]:
    """What tells the two apart, by name; a cue counts 1 where it is shown.

    `alike` is the likeness of the likest known question, `lead` how much liker the question is to one outside
    the sections that advise than to one inside, `lead of clauses` the same where each of the two is like the
    question or a clause of it; `open` is the likeness of the likest one that the article does not answer.
    "Why" tells nothing where more than a reason is asked for.
    """
    named = {name.value for name in vocabulary.find(canonical(question)) if name.known} - FRAMEWORKS
    least = min((n.likeness for n in needs.answered), default=0.0)
    told, advised = zip(*(_likest(each, least) for each in (needs, *of_clauses)), strict=True)
    telling = cues - OF_THE_CASE - ({"why"} if parts(question) > 1 else set())
    return {
        "advice": judgement.advice,
        "no advice": judgement.no_advice,
        "alike": max(told[0], advised[0]),
        "lead": told[0] - advised[0],
        "lead of clauses": max(told) - max(advised),
        "open": needs.silent,
        "named": float(bool(named)),
        "number": float("number" in kinds(question)),
        "long": float(len(question) > LONG),
        **dict.fromkeys(telling, 1.0),
    }


def wants_advice(seen: Mapping[str, float], least: float = WANTED) -> bool:
    """Is advice wanted with at least that probability, and no fact plainly asked for that is known?"""
    told = seen["alike"] >= CLEARLY_TOLD and seen["lead"] >= CLEARLY
    return _weights().probability(seen) >= least and not told


def _likest(needs: Needs, least: float) -> tuple[float, float]:
    """Likeness of the likest known question outside the sections that advise, and inside."""
    advising = {need.likeness for need in needs.answered if _advises(need)}
    others = {need.likeness for need in needs.answered if not _advises(need)}
    return max(others, default=least), max(advising, default=least)


def _advises(need: NeedHit) -> bool:
    return need.sentences[0].passage.id[3:].startswith(ADVISING)


@cache
def _weights() -> Logistic:
    return Logistic(**parse_yaml(resources.files("assistant").joinpath("intent.yaml").read_text("utf-8")))
