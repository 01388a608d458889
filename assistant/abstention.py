"""Does the article answer the question at all? Decided before a word is shown, from calibrated signals.

No single score can tell: an off-topic question reaches a higher cosine than a genuine one. A logistic model
over these signals can; `python -m evaluation.calibrate` fits its weights, abstention.yaml holds them.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

from assistant.grounding import Vocabulary
from assistant.grounding.names import canonical
from assistant.logistic import Logistic
from assistant.text import normalise
from corpus.article import Language
from corpus.files import parse_yaml
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
    `unmet` counts the kinds of things asked for (a price, a licence) of which no passage found speaks;
    `numberless` is 1 where a number or a time is asked for and the likeliest sentences give none.
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
    numberless: int
    alike: float
    lead: float
    ungiven: float
    strangers: int
    english: bool

    @property
    def language(self) -> Language:
        """The language of the question."""
        return "en" if self.english else "zh"

    def by_name(self) -> dict[str, float]:
        """The signals as the weights take them."""
        return {name: float(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Weights(Logistic):
    """How probable an answer is, from signals.

    `silent_below` is, by language, the probability of an answer below which the article counts as silent.
    """

    silent_below: Mapping[Language, float]


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
        numberless=int(numberless(question, _likeliest(sentences, needs))),
        alike=needs.likeness,
        lead=needs.likeness - needs.silent,
        ungiven=attribute.ungiven,
        strangers=sum(not name.known for name in vocabulary.find(canonical(question))),
        english=hits[0].passage.language == "en",
    )


def answerable(seen: Signals) -> float:
    """Probability (0-1) that the article answers the question."""
    return _weights().probability(seen.by_name())


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


_ASKS_HOW_MANY = re.compile(
    r"多少|(?<![哪这那十好第])几(?![乎何行类种句步样点])|何时|哪一?年|(?:什么|啥)时候"
    r"|\bwhen (?:is|was|were|did|does|do|will)\b|\bwhat (?:year|percent)"
    r"|\bhow (?:many|much|long|fast|large|big|old|often)\b"
)
_TELLS_HOW_MANY = re.compile(
    r"\d|[一二两三四五六七八九十百千]+ ?[个种轮成倍项款家份年月周点]|一半|没有|今年|去年|最近|刚刚"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|half|no|none|first|second)\b"
    r"|\b(?:year|weeks?|months?|recently|just)\b"
)


def numberless(question: str, sentences: Sequence[str]) -> bool:
    """Does the question ask for a number or a time where none of the sentences gives any?"""
    asks = _ASKS_HOW_MANY.search(normalise(question)) is not None
    return asks and not any(_TELLS_HOW_MANY.search(normalise(sentence)) for sentence in sentences)


def _likeliest(sentences: Sequence[SentenceHit], needs: Needs) -> list[str]:
    """The sentences of the likeliest known question, or the best one found where none is known."""
    return [s.text for need in needs.answered[:1] for s in need.sentences] or [sentences[0].text]


@cache
def _weights() -> Weights:
    return Weights(**_data("abstention.yaml"))


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    rows = _data("attributes.yaml")
    return tuple((re.compile(row["asks"]), re.compile(row.get("tells", row["asks"]))) for row in rows)


def _data(name: str) -> Any:
    return parse_yaml(resources.files("assistant").joinpath(name).read_text("utf-8"))
