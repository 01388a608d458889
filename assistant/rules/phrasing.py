"""An outcome in sentences: the leaf's own word first, then the article's sentences that hold it up."""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.answer import Evidence
from assistant.rules.decision import Outcome, cited, decide
from corpus import flowcharts
from corpus.article import Language
from corpus.flowcharts import Leaf, Option, Question

MAX_QUOTED = 3


@dataclass(frozen=True)
class Said:
    """One sentence to show and what supports it. `quoted`: the text is the article's own sentence."""

    text: str
    evidence: tuple[Evidence, ...]
    quoted: bool


@dataclass(frozen=True)
class Flip:
    """One answer that would change the advice, the advice it would lead to, and the sentence that says so."""

    fact: str
    value: flowcharts.Value
    text: str
    frameworks: tuple[str, ...]
    rule: str
    evidence: tuple[Evidence, ...]


def compose(outcome: Outcome, language: Language) -> list[Said]:
    """The answer for an outcome: its advice in one sentence, then up to three sentences of the article."""
    return _compose(outcome.leaf, language)


def overview(language: Language) -> list[Said]:
    """The answer when the reader is not known: no clear winner, and why."""
    return _compose(flowcharts.load().general, language)


def flips(audience: str, facts: Mapping[str, object], language: Language) -> list[Flip]:
    """What would change the advice: every single other answer that leads to other frameworks.

    Raises InputError as `decide` does.
    """
    now = decide(audience, facts)
    chart = flowcharts.load().charts[audience]
    changes = []
    for question in chart.questions:
        for option in question.options:
            if now.facts.get(question.fact) == option.value:
                continue
            then = decide(audience, {**now.facts, question.fact: option.value})
            if then.frameworks != now.frameworks:
                changes.append(_flip(question, option, then, language))
    return changes


def _compose(leaf: Leaf, language: Language) -> list[Said]:
    main = next(s.quote for s in leaf.evidence if s.role == "recommends")
    shown = [s.quote for s in leaf.evidence if s.role != "context"][:MAX_QUOTED]
    advice = Said(leaf.text[language], (cited(main, language),), quoted=False)
    return [advice, *(Said(q.text(language), (cited(q, language),), quoted=True) for q in shown)]


def _flip(question: Question, option: Option, then: Outcome, language: Language) -> Flip:
    main = next(s.quote for s in then.leaf.evidence if s.role == "recommends")
    text = f"{question.text[language]} {option.label[language]} → {then.leaf.text[language]}"
    evidence = (cited(main, language),)
    return Flip(question.fact, option.value, text, then.frameworks, then.rule, evidence)
