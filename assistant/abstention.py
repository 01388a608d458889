"""Does the article answer the question at all? Decided before a word is shown, from calibrated signals.

No single score can tell: an off-topic question reaches a higher cosine than a genuine one. A logistic model
over these signals can; its weights come from the calibration questions (docs/log.md has the figures).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from assistant.text import normalise
from index.retriever import Hit, SentenceHit

SILENT_BELOW = 0.35
"""Probability of an answer below which the article counts as silent."""


@dataclass(frozen=True)
class Signals:
    """What is known before an answer.

    `dense` is the best sentence's cosine, `coverage` the share of the question's terms in one passage (0-1),
    `margin` the fused score of the best sentence over the second, `fused` the best passage's fused score.
    `unmet` counts the kinds of things asked for (a price, a licence) of which no passage found speaks.
    Cosines run lower for `english` questions. `doubt` is how probable the model finds it that nothing answers
    (0-1), None where it was not asked.
    """

    dense: float
    coverage: float
    margin: float
    fused: float
    unmet: int
    english: bool
    doubt: float | None


@dataclass(frozen=True)
class _Weights:
    bias: float
    dense: float
    coverage: float
    margin: float
    fused: float
    unmet: float
    english: float
    doubt: float = 0.0


_WITH_MODEL = _Weights(
    bias=-35.803,
    dense=35.71,
    coverage=4.669,
    margin=0.044,
    fused=0.293,
    unmet=-6.636,
    english=1.022,
    doubt=-0.202,
)
_WITHOUT = _Weights(
    bias=-37.409, dense=38.875, coverage=4.115, margin=-0.004, fused=0.303, unmet=-6.857, english=1.095
)


def signals(
    question: str, hits: Sequence[Hit], sentences: Sequence[SentenceHit], doubt: float | None
) -> Signals:
    """Read the signals off a search and the model's first word."""
    return Signals(
        dense=sentences[0].dense,
        coverage=max(hit.coverage for hit in hits),
        margin=sentences[0].score - sentences[1].score,
        fused=hits[0].score,
        unmet=unmet(question, [hit.passage.text for hit in hits]),
        english=hits[0].passage.language == "en",
        doubt=doubt,
    )


def answerable(seen: Signals) -> float:
    """Probability (0-1) that the article answers the question."""
    weights = _WITHOUT if seen.doubt is None else _WITH_MODEL
    total = weights.bias + weights.english * seen.english + weights.unmet * seen.unmet
    total += weights.dense * seen.dense + weights.coverage * seen.coverage
    total += weights.margin * seen.margin + weights.fused * seen.fused
    if seen.doubt is not None:
        total += weights.doubt * _logit(seen.doubt)
    return 1 / (1 + math.exp(-total))


def is_silent(seen: Signals) -> bool:
    """Is the article silent on the question?"""
    return answerable(seen) < SILENT_BELOW


def unmet(question: str, passages: Sequence[str]) -> int:
    """How many kinds of things the question asks for of which none of the passages speaks."""
    asked, told = normalise(question), normalise(" ".join(passages))
    return sum(bool(asks.search(asked)) and not tells.search(told) for asks, tells in _kinds())


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    rows = yaml.safe_load(resources.files("assistant").joinpath("attributes.yaml").read_text("utf-8"))
    return tuple((re.compile(row["asks"]), re.compile(row.get("tells", row["asks"]))) for row in rows)


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))
