"""An outcome in sentences: the leaf's own word first, then the article's sentences that hold it up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.answer import Evidence
from assistant.rules import names
from assistant.rules.decision import Outcome, cited, decide
from corpus import flowcharts
from corpus.article import Language
from corpus.flowcharts import Leaf, Option, Question, Support

MAX_QUOTED = 3


@dataclass(frozen=True)
class Said:
    """One sentence to show and what supports it. `quoted`: the text is the article's own sentence.

    `role` is the part that a quote has in its outcome, "" for a sentence of ours.
    """

    text: str
    evidence: tuple[Evidence, ...]
    quoted: bool
    role: str = ""


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
    """The answer for an outcome: its advice in one sentence, then the article's own sentences.

    Where the choice is open, the cases that decide it follow.
    """
    return _compose(outcome.leaf, language)


def overview(language: Language, possible: Sequence[Outcome] = ()) -> list[Said]:
    """The answer when the reader is not known.

    With `possible` outcomes, one for each reader it may be, each is told with its reader's name; without,
    the article's word to everybody.
    """
    charts = flowcharts.load()
    if not possible:
        return _compose(charts.general, language)
    return [_case(outcome.leaf, language) for outcome in possible]


def elsewhere(outcome: Outcome, language: Language) -> list[Said]:
    """The supporting sentences of other sections, which `compose` leaves out."""
    leaf = outcome.leaf
    return [_quote(s, language) for s in leaf.evidence if s.role == "supports" and not _is_shown(s, leaf)]


def bridges(outcome: Outcome, language: Language, question: str) -> list[Said]:
    """What leads to another framework that the question names as well, so that its reader may have both.

    Such a sentence is about the advised framework, the other one, and a tool between the two.
    """
    advised = {*outcome.frameworks}
    others = ({*names.subjects(question)} & {*flowcharts.FRAMEWORKS}) - advised
    supports = [s for s in outcome.leaf.evidence if s.role == "supports" and advised <= {*s.about}]
    return [
        _quote(s, language) for s in supports if others & {*s.about} and {*s.about} - {*flowcharts.FRAMEWORKS}
    ]


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
    advice = Said(leaf.text[language], (_main(leaf, language),), quoted=False)
    quotes = [_quote(s, language) for s in leaf.evidence if _is_shown(s, leaf)][:MAX_QUOTED]
    charts = flowcharts.load()
    cases = [_case(charts.leaf(case), language) for case in leaf.cases]
    return [advice, *quotes, *cases]


def _quote(support: Support, language: Language) -> Said:
    quote = support.quote
    return Said(quote.text(language), (cited(quote, language),), quoted=True, role=support.role)


def _case(leaf: Leaf, language: Language) -> Said:
    """A leaf in one sentence that begins with its reader's name."""
    label = flowcharts.load().charts[leaf.id.split(".")[0]].label[language]
    colon = "：" if language == "zh" else ": "
    return Said(f"{label}{colon}{leaf.text[language]}", (_main(leaf, language),), quoted=False)


def _main(leaf: Leaf, language: Language) -> Evidence:
    return cited(next(s.quote for s in leaf.evidence if s.role == "recommends"), language)


def _is_shown(support: Support, leaf: Leaf) -> bool:
    """The reader's own section speaks; from elsewhere only what is said against a framework."""
    own_section = support.quote.passage_id.startswith(f"zh-{leaf.id.split('.')[0]}-")
    general = leaf.id == "general"
    return support.role == "against" or (
        support.role in ("recommends", "supports") and (own_section or general)
    )


def _flip(question: Question, option: Option, then: Outcome, language: Language) -> Flip:
    text = f"{question.text[language]} {option.label[language]} → {then.leaf.text[language]}"
    return Flip(question.fact, option.value, text, then.frameworks, then.rule, (_main(then.leaf, language),))
