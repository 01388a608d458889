"""Does the reader want advice on their own choice, or to know what the article says?

Both speak of readers, tools and frameworks ("Which framework do most papers use?"), so no word alone can
tell. A logistic model over what the words show, what the question is like and what it names can;
`python -m evaluation.intent` fits its weights, intent.yaml holds them.
"""

import math
from collections.abc import Sequence, Set
from functools import cache
from importlib import resources

import yaml

from assistant.asking import kinds
from assistant.following import FRAMEWORKS
from assistant.grounding import Vocabulary
from assistant.grounding.names import canonical
from assistant.rules.likely import Judgement
from assistant.text import simplified
from index.retriever import NeedHit, Needs

LONG = 40
"""Characters above which a question tells of more than what it asks."""
NAMED = "strong reader"
"""The cue that words for a reader are there, which is the least from which a wish for advice is presumed."""
WANTED = 0.5
"""Probability from which the reader gets advice."""
SURELY_WANTED = 0.8
"""The same where no word tells who is asking."""
CLEARLY_TOLD, CLEARLY = 0.9, 0.3
"""Likeness to a known question of fact, and its lead over those about advice, from which a fact is asked."""
ADVISING = ("choosing", "industry", "researcher", "professor", "career", "hobbyist", "beginner")
"""Sections in which the article advises its readers."""


def signs(
    question: str,
    cues: Set[str],
    judgement: Judgement,
    needs: Needs,
    vocabulary: Vocabulary,
    of_clauses: Sequence[Needs] = (),
) -> dict[str, float]:
    """What tells the two apart, by name; a cue counts 1 where it is shown.

    `told` and `advised` are the likeness of the likest known question outside and inside the sections that
    advise, to the question or to one of its clauses, `at large` to the question alone; `open` is that of the
    likest one that the article does not answer.
    """
    text = simplified(question)
    named = {name.value for name in vocabulary.find(canonical(question)) if name.known} - FRAMEWORKS
    least = min((n.likeness for n in needs.answered), default=0.0)
    return {
        "advice": judgement.advice,
        "told at large": _likest(needs, False, least),
        "advised at large": _likest(needs, True, least),
        "no advice": judgement.no_advice,
        "told": max(_likest(part, False, least) for part in (needs, *of_clauses)),
        "advised": max(_likest(part, True, least) for part in (needs, *of_clauses)),
        "open": needs.silent,
        "named": float(bool(named)),
        "number": float("number" in kinds(text)),
        "long": float(len(text) > LONG),
        **dict.fromkeys(cues, 1.0),
    }


def wants_advice(seen: dict[str, float], least: float = WANTED) -> bool:
    """Is advice wanted with at least that probability, and no fact plainly asked for that is known?"""
    told, over = seen["told at large"], seen["told at large"] - seen["advised at large"]
    return advice(seen) >= least and not (told >= CLEARLY_TOLD and over >= CLEARLY)


def advice(seen: dict[str, float]) -> float:
    """How probable it is (0-1) that advice is wanted."""
    bias, weights = _weights()
    total = bias + sum(weights.get(name, 0.0) * value for name, value in seen.items())
    return (1 + math.tanh(total / 2)) / 2


def _likest(needs: Needs, advising: bool, least: float) -> float:
    """Likeness of the likest known question inside or outside the sections that advise."""
    return max((n.likeness for n in needs.answered if _advises(n) == advising), default=least)


def _advises(need: NeedHit) -> bool:
    return need.sentences[0].passage.id[3:].startswith(ADVISING)


@cache
def _weights() -> tuple[float, dict[str, float]]:
    data = yaml.safe_load(resources.files("assistant").joinpath("intent.yaml").read_text("utf-8"))
    return float(data["bias"]), dict(data["weights"])
