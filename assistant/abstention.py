"""Does the article answer the question at all? Decided before a word is shown, from calibrated signals.

No single score can tell: an off-topic question reaches a higher cosine than a genuine one. A logistic model
over these signals can; `python -m evaluation.calibrate` fits its weights, abstention.yaml holds them.
"""

import logging
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from assistant.grounding import Vocabulary
from assistant.grounding.names import canonical
from assistant.text import normalise
from corpus.article import Language
from index.attributes import AttributeHit
from index.retriever import Hit, Needs, SentenceHit

DOUBTFUL_BELOW = 0.88
"""Probability of an answer below which the model's own judgement counts."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Signals:
    """What is known before an answer.

    `dense` is the best sentence's cosine, `coverage` the share of the question's terms in one passage (0-1),
    `margin` the fused score of the best sentence over the second, `fused` the best passage's fused score.
    `unmet` counts the kinds of things asked for (a price, a licence) of which no passage found speaks.
    `alike` is the likeness of the likest known question that the article answers, `lead` how much more the
    question is like it than like any that the article does not answer. `ungiven` is how like it is to asking
    for an attribute that the article does not give of what is named. `strangers` counts the names that the
    article does not have. Cosines run lower for `english` questions.
    """

    dense: float
    coverage: float
    margin: float
    fused: float
    unmet: int
    alike: float
    lead: float
    ungiven: float
    strangers: int
    english: bool

    @property
    def language(self) -> Language:
        """The language of the question."""
        return "en" if self.english else "zh"

    def known(self) -> dict[str, float]:
        """The signals by name, as the weights take them."""
        return {name: float(value) for name, value in asdict(self).items()}


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
    attribute: AttributeHit,
    vocabulary: Vocabulary,
) -> Signals:
    """Read the signals off a search."""
    return Signals(
        dense=sentences[0].dense,
        coverage=max(hit.coverage for hit in hits),
        margin=sentences[0].score - sentences[1].score,
        fused=hits[0].score,
        unmet=unmet(question, [hit.passage.text for hit in hits]),
        alike=needs.likeness,
        lead=needs.likeness - needs.silent,
        ungiven=attribute.ungiven,
        strangers=sum(not name.known for name in vocabulary.find(canonical(question))),
        english=hits[0].passage.language == "en",
    )


def answerable(seen: Signals) -> float:
    """Probability (0-1) that the article answers the question."""
    return _weights().probability(seen.known())


def is_silent(seen: Signals) -> bool:
    """Is the article silent on the question? Logs what it was decided from."""
    probability = answerable(seen)
    log.info("An answer is probable with %.2f: %s", probability, seen, extra={"signals": seen})
    return probability < _weights().silent_below[seen.language]


def is_doubtful(seen: Signals) -> bool:
    """Would the model's word that nothing answers settle the matter? It says so of false premises, too."""
    return answerable(seen) < DOUBTFUL_BELOW


def unmet(question: str, passages: Sequence[str]) -> int:
    """How many kinds of things the question asks for of which none of the passages speaks."""
    asked, told = normalise(question), normalise(" ".join(passages))
    return sum(bool(asks.search(asked)) and not tells.search(told) for asks, tells in _kinds())


@cache
def _weights() -> Weights:
    return Weights(**_data("abstention.yaml"))


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    rows = _data("attributes.yaml")
    return tuple((re.compile(row["asks"]), re.compile(row.get("tells", row["asks"]))) for row in rows)


def _data(name: str) -> Any:
    return yaml.safe_load(resources.files("assistant").joinpath(name).read_text("utf-8"))
