"""Does the article answer the question at all? Decided before a word is shown, from calibrated signals.

No single score can tell: an off-topic question reaches a higher cosine than a genuine one. A logistic model
over four signals can; its weights come from the calibration questions (docs/log.md has the figures).
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

SILENT_BELOW = 0.2
"""Probability of an answer below which the article counts as silent: wrongly refusing is worse than quoting."""


@dataclass(frozen=True)
class Signals:
    """What is known before an answer.

    `dense` is the best sentence's cosine, `coverage` the share of the question's terms in one passage (0-1),
    `margin` the fused score of the best sentence over the second, `doubt` how probable the model finds it
    that nothing answers (0-1), None where it was not asked. `unmet` counts the kinds of things asked for
    (a price, a licence) of which no passage found speaks.
    """

    dense: float
    coverage: float
    margin: float
    unmet: int
    doubt: float | None


@dataclass(frozen=True)
class _Weights:
    bias: float
    dense: float
    coverage: float
    margin: float
    unmet: float
    doubt: float = 0.0


_WITH_MODEL = _Weights(bias=-32.583, dense=32.759, coverage=5.295, margin=0.048, unmet=-3.0, doubt=-0.401)
_WITHOUT = _Weights(bias=-38.256, dense=41.519, coverage=6.226, margin=0.014, unmet=-3.0)


def signals(
    question: str, hits: Sequence[Hit], sentences: Sequence[SentenceHit], doubt: float | None
) -> Signals:
    """Read the signals off a search and the model's first word."""
    return Signals(
        dense=sentences[0].dense,
        coverage=max(hit.coverage for hit in hits),
        margin=sentences[0].score - sentences[1].score,
        unmet=unmet(question, [hit.passage.text for hit in hits]),
        doubt=doubt,
    )


def answerable(seen: Signals) -> float:
    """Probability (0-1) that the article answers the question."""
    weights = _WITHOUT if seen.doubt is None else _WITH_MODEL
    total = weights.bias + weights.dense * seen.dense + weights.coverage * seen.coverage
    total += weights.margin * seen.margin + weights.unmet * seen.unmet
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
