"""The flowcharts as the page shows them: to be walked, drawn with a way marked, and as facts to correct."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from assistant import rules
from assistant.answer import Language, Recommendation
from assistant.rules.decision import passage_id, spoken
from assistant.rules.tree import Ask, tree
from assistant.web import places
from corpus import flowcharts
from corpus.flowcharts import Facts, Leaf, Question, Value

AUDIENCE = "audience"
"""The fact that every chart begins with."""


@dataclass(frozen=True)
class Node:
    """A question with its branches, or a leaf with its quotes.

    `branches`: ((fact, value, label) of each answer that leads there, the node). `quotes`: (Chinese sentence,
    English sentence, place).
    """

    question: str = ""
    branches: tuple[tuple[tuple[tuple[str, str, str], ...], "Node"], ...] = ()
    id: str = ""
    text: str = ""
    strength: str = ""
    frameworks: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Option:
    """A value a fact may have."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Chip:
    """A fact that was understood, with what it could be instead."""

    fact: str
    question: str
    label: str
    options: tuple[Option, ...] = field(default=())


def start(language: Language) -> Node:
    """All six flowcharts as one tree, whose first question asks for the reader."""
    charts = flowcharts.load()
    return Node(
        charts.audience_question[language],
        tuple(
            (((AUDIENCE, name, chart.label[language]),), _node(tree(chart), language))
            for name, chart in charts.charts.items()
        ),
    )


def chips(advice: Recommendation, language: Language, unsaid: str, reader: str) -> list[Chip]:
    """What an advice rests on; a fact may be corrected to `unsaid`, the reader may not."""
    charts = flowcharts.load().charts
    chart = charts[advice.audience]
    readers = tuple(
        Option(name, one.label[language], name == advice.audience) for name, one in charts.items()
    )
    found = [Chip(AUDIENCE, reader, chart.label[language], readers)]
    for fact, value in advice.facts.items():
        question = chart.question(fact)
        if question is not None:
            found.append(_chip(question, value, language, unsaid))
    return found


def corrected(advice: Recommendation, fact: str, value: str) -> tuple[str, Facts]:
    """(reader, facts) once one of them is corrected; an empty value takes a fact back.

    Another reader keeps the facts that the other flowchart asks for too. Raises InputError for a fact or
    value that the flowchart does not know.
    """
    audience = value if fact == AUDIENCE else advice.audience
    known: dict[str, Value] = dict(advice.facts)
    if fact != AUDIENCE:
        known.pop(fact, None)
        if value:
            known |= rules.decide(audience, {fact: value}).facts
    chart = flowcharts.load().charts.get(audience)
    kept = {
        name: one for name, one in known.items() if chart and (q := chart.question(name)) and q.option(one)
    }
    return audience, rules.decide(audience, kept).facts


def in_words(audience: str, facts: Facts, language: Language) -> str:
    """Reader and facts as one line."""
    chart = flowcharts.load().charts[audience]
    questions = ((chart.question(fact), value) for fact, value in facts.items())
    said = [f"{q.text[language]} {_label(q, value, language)}" for q, value in questions if q]
    return ("；" if language == "zh" else "; ").join([chart.label[language], *said])


def drawing(advice: Recommendation, language: Language) -> Markup:
    """The reader's flowchart with the way to the advice, as one line of SVG."""
    svg = rules.draw(advice.audience, language, advice.path)
    return Markup(" ".join(svg.partition("?>")[2].split()))


def given(facts: Mapping[str, Value]) -> str:
    """Facts as `name=value`, separated by spaces, as the page's script reads them."""
    return " ".join(f"{fact}={spoken(value)}" for fact, value in facts.items())


def _node(one: Ask | Leaf, language: Language) -> Node:
    if isinstance(one, Leaf):
        return _leaf(one, language)
    fact = one.question.fact
    return Node(
        one.question.text[language],
        tuple(
            (
                tuple((fact, spoken(option.value), option.label[language]) for option in branch.options),
                _node(branch.node, language),
            )
            for branch in one.branches
        ),
    )


def _leaf(leaf: Leaf, language: Language) -> Node:
    quotes = dict.fromkeys(support.quote for support in leaf.evidence if support.role != "context")
    return Node(
        id=leaf.id,
        text=leaf.text[language],
        strength=leaf.strength,
        frameworks=(*leaf.frameworks, *leaf.alternatives),
        quotes=tuple((q.zh, q.en, places.place_of(passage_id(q, "zh"), q.zh)) for q in quotes),
    )


def _chip(question: Question, value: Value, language: Language, unsaid: str) -> Chip:
    options = tuple(Option(spoken(o.value), o.label[language], o.value == value) for o in question.options)
    label = _label(question, value, language)
    return Chip(question.fact, question.text[language], label, (*options, Option("", unsaid, False)))


def _label(question: Question, value: Value, language: Language) -> str:
    option = question.option(value)
    return option.label[language] if option else spoken(value)
