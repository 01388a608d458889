"""Does the article answer the question at all? Decided before a word is shown, from calibrated signals.

No single score can tell: an off-topic question reaches a higher cosine than a genuine one. A logistic model
over these signals can; `python -m evaluation.calibrate` fits its weights, abstention.yaml holds them.
"""

import logging
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from typing import Any

import yaml

from assistant.grounding import Vocabulary
from assistant.grounding.names import canonical
from assistant.text import normalise
from corpus.article import Language
from index.retriever import Hit, Needs, SentenceHit

log = logging.getLogger(__name__)


def log_odds(probability: float) -> float:
    """A probability on the scale on which evidence adds up; bounded, so that none is certain."""
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))


@dataclass(frozen=True)
class Signals:
    """What is known before an answer. None is a signal that nobody could read; `scale` makes it a number.

    `dense` is the best sentence's cosine, `coverage` the share of the question's terms in one passage (0-1),
    `margin` the fused score of the best sentence over the second, `fused` the best passage's fused score.
    `unmet` counts the kinds of things asked for (a price, a licence) of which no passage found speaks.
    `alike` is the likeness of the likest known question that the article answers, `lead` how much more the
    question is like it than like any that the article does not answer. `strangers` counts the names that the
    article does not have. Cosines run lower for `english` questions. `doubt` is how probable the model finds
    it that nothing answers (0-1), None where it was not asked.
    """

    dense: float
    coverage: float
    margin: float
    fused: float
    unmet: int
    alike: float
    lead: float
    strangers: int
    english: bool
    doubt: float | None = field(metadata={"scale": log_odds})

    @property
    def language(self) -> Language:
        """The language of the question."""
        return "en" if self.english else "zh"

    def known(self) -> dict[str, float]:
        """The signals that could be read, by name, as the weights take them."""
        return {
            signal.name: float(signal.metadata.get("scale", float)(value))
            for signal in fields(self)
            if (value := getattr(self, signal.name)) is not None
        }


@dataclass(frozen=True)
class Weights:
    """A logistic model over some of the signals.

    `silent_below` is, by language, the probability of an answer below which the article counts as silent.
    """

    bias: float
    signals: dict[str, float]
    silent_below: dict[Language, float]

    def probability(self, known: dict[str, float]) -> float:
        """How probable an answer is (0-1)."""
        total = self.bias + sum(weight * known[name] for name, weight in self.signals.items())
        return (1 + math.tanh(total / 2)) / 2


def signals(
    question: str,
    hits: Sequence[Hit],
    sentences: Sequence[SentenceHit],
    needs: Needs,
    vocabulary: Vocabulary,
    doubt: float | None,
) -> Signals:
    """Read the signals off a search and the model's first word."""
    alike = max((need.likeness for need in needs.answered), default=0.0)
    return Signals(
        dense=sentences[0].dense,
        coverage=max(hit.coverage for hit in hits),
        margin=sentences[0].score - sentences[1].score,
        fused=hits[0].score,
        unmet=unmet(question, [hit.passage.text for hit in hits]),
        alike=alike,
        lead=alike - needs.silent,
        strangers=sum(not name.known for name in vocabulary.find(canonical(question))),
        english=hits[0].passage.language == "en",
        doubt=doubt,
    )


def answerable(seen: Signals) -> float:
    """Probability (0-1) that the article answers the question."""
    return _weights_for(seen).probability(seen.known())


def is_silent(seen: Signals) -> bool:
    """Is the article silent on the question? Logs what it was decided from."""
    probability = answerable(seen)
    log.info("An answer is probable with %.2f: %s", probability, seen, extra={"signals": seen})
    return probability < _weights_for(seen).silent_below[seen.language]


def unmet(question: str, passages: Sequence[str]) -> int:
    """How many kinds of things the question asks for of which none of the passages speaks."""
    asked, told = normalise(question), normalise(" ".join(passages))
    return sum(bool(asks.search(asked)) and not tells.search(told) for asks, tells in _kinds())


def _weights_for(seen: Signals) -> Weights:
    """The weights that use most of what is known."""
    fitting = [weights for weights in _weights() if weights.signals.keys() <= seen.known().keys()]
    return max(fitting, key=lambda weights: len(weights.signals))


@cache
def _weights() -> tuple[Weights, ...]:
    return tuple(Weights(**row) for row in _data("abstention.yaml"))


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    rows = _data("attributes.yaml")
    return tuple((re.compile(row["asks"]), re.compile(row.get("tells", row["asks"]))) for row in rows)


def _data(name: str) -> list[dict[str, Any]]:
    text = resources.files("assistant").joinpath(name).read_text("utf-8")
    rows: list[dict[str, Any]] = yaml.safe_load(text)
    return rows
