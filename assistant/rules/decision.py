"""From a reader and facts to one outcome: the first leaf that holds, and the way there through the chart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from assistant.answer import AskNext, Counterpart, Evidence, Recommendation
from corpus import article, chunking, flowcharts
from corpus.article import Language
from corpus.chunking import Passage
from corpus.errors import InputError
from corpus.flowcharts import Audience, Facts, Flowchart, Leaf, Question, Quote, Value

TRUE = ("true", "yes", "y", "1", "是", "要", "有")
FALSE = ("false", "no", "n", "0", "否", "不")
NEUTRAL: tuple[Value, ...] = ("other", False)
"""Answers that add no condition: an unanswered question is passed by one of them."""


@dataclass(frozen=True)
class Outcome:
    """What a reader's flowchart says. `ask_next` is its first question without an answer, if one is left."""

    audience: Audience
    facts: Mapping[str, Value]
    leaf: Leaf
    path: tuple[str, ...]
    ask_next: Question | None

    @property
    def rule(self) -> str:
        """Id of the leaf, such as `industry.embedded`."""
        return self.leaf.id

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Recommended frameworks, in the article's order of preference."""
        return self.leaf.frameworks

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Frameworks that the article allows as well."""
        return self.leaf.alternatives

    @property
    def strength(self) -> flowcharts.Strength:
        """How firmly the article speaks."""
        return self.leaf.strength

    def evidence(self, language: Language) -> list[Evidence]:
        """The leaf's quotes with their passages, those in `language` first, their counterparts beside."""
        return [cited(support.quote, language) for support in self.leaf.evidence if support.role != "context"]

    def recommendation(self, language: Language) -> Recommendation:
        """This outcome as the contract's object, its question in `language`."""
        return Recommendation(
            audience=self.audience,
            facts=dict(self.facts),
            frameworks=list(self.frameworks),
            alternatives=list(self.alternatives),
            strength=self.strength,
            rule=self.rule,
            path=list(self.path),
            evidence=self.evidence(language),
            ask_next=asked(self.ask_next, language) if self.ask_next else None,
        )


def load_flowcharts() -> dict[str, Flowchart]:
    """The six flowcharts by reader. Raises CorpusError when the shipped file is damaged."""
    return dict(flowcharts.load().charts)


def decide(audience: str, facts: Mapping[str, object] | None = None) -> Outcome:
    """The one outcome for a reader and what is known about the case.

    Facts may be given as text ("true", "mobile"). Raises InputError, listing what exists, for a reader, a
    fact or a value that no flowchart has.
    """
    chart = load_flowcharts().get(audience)
    if chart is None:
        raise InputError(f"There is no reader {audience!r}; choose one of {', '.join(flowcharts.AUDIENCES)}.")
    known = {fact: _value(chart, fact, value) for fact, value in (facts or {}).items()}
    leaf = outcome(chart, known)
    path, unanswered = walk(chart, known)
    return Outcome(chart.audience, known, leaf, path, unanswered)


def outcome(chart: Flowchart, facts: Facts) -> Leaf:
    """The first leaf whose conditions hold; the default, which has none, comes last."""
    return next(leaf for leaf in chart.leaves if leaf.claims(facts))


def states(chart: Flowchart) -> Iterator[dict[str, Value]]:
    """Every state of a chart's facts: each question unanswered or answered in each of its ways."""
    facts = [question.fact for question in chart.questions]
    answers = [(None, *(option.value for option in question.options)) for question in chart.questions]
    for values in product(*answers):
        yield {fact: value for fact, value in zip(facts, values, strict=True) if value is not None}


def next_question(chart: Flowchart, facts: Facts) -> Question | None:
    """The first unanswered question, in the chart's order, whose answer can still change the outcome."""
    unanswered = [question for question in chart.questions if question.fact not in facts]
    return next((question for question in unanswered if _matters(chart, facts, question)), None)


def walk(chart: Flowchart, facts: Facts) -> tuple[tuple[str, ...], Question | None]:
    """(ids of the nodes from the start to the leaf, the first question on the way without an answer).

    A question's node is `audience.fact`, the answer's `audience.fact=value`, the leaf's its own id. A
    question without an answer is passed by the answer that changes nothing, which is no node of the way.
    """
    leaf, answered, nodes = outcome(chart, facts), dict[str, Value](), [str(chart.audience)]
    missing: Question | None = None
    while question := next_question(chart, answered):
        nodes.append(f"{chart.audience}.{question.fact}")
        if question.fact in facts:
            answered[question.fact] = facts[question.fact]
            nodes.append(f"{chart.audience}.{question.fact}={spoken(facts[question.fact])}")
        else:
            missing = missing or question
            answered[question.fact] = _neutral(chart, {**answered, **facts}, question, leaf)
    return (*nodes, leaf.id), missing


def asked(question: Question, language: Language) -> AskNext:
    """A question of a flowchart as the contract's object."""
    options = [
        {"value": spoken(option.value), "label": option.label[language]} for option in question.options
    ]
    return AskNext(fact=question.fact, question=question.text[language], options=options)


def ask_audience(language: Language) -> AskNext:
    """The question that comes before every flowchart: which reader is asking?"""
    charts = flowcharts.load()
    options = [{"value": name, "label": chart.label[language]} for name, chart in charts.charts.items()]
    return AskNext(fact="audience", question=charts.audience_question[language], options=options)


def spoken(value: Value) -> str:
    """A fact's value as text, as `decide` takes it."""
    return str(value).lower() if isinstance(value, bool) else value


def passage_id(quote: Quote, language: Language) -> str:
    """Id of the passage that holds the quote in one edition; counterparts differ in the language alone."""
    return language + quote.passage_id.removeprefix("zh")


def cited(quote: Quote, language: Language) -> Evidence:
    """A quote as evidence in `language`, with its counterpart in the other edition."""
    other: Language = "en" if language == "zh" else "zh"
    return Evidence(
        passage_id=passage_id(quote, language),
        quote=quote.text(language),
        counterpart=Counterpart(
            passage_id=passage_id(quote, other),
            language=other,
            text=_passages()[passage_id(quote, other)].text,
            quote=quote.text(other),
        ),
    )


def completions(chart: Flowchart, facts: Facts, besides: Sequence[str] = ()) -> Iterator[dict[str, Value]]:
    """Every way to answer all questions that `facts` leaves open, those in `besides` left out."""
    open_questions = [q for q in chart.questions if q.fact not in facts and q.fact not in besides]
    for values in product(*([option.value for option in q.options] for q in open_questions)):
        yield {**facts, **{q.fact: value for q, value in zip(open_questions, values, strict=True)}}


def _matters(chart: Flowchart, facts: Facts, question: Question) -> bool:
    return any(
        len({outcome(chart, {**rest, question.fact: option.value}).id for option in question.options}) > 1
        for rest in completions(chart, facts, besides=(question.fact,))
    )


def _neutral(chart: Flowchart, facts: Facts, question: Question, leaf: Leaf) -> Value:
    options = sorted(question.options, key=lambda option: option.value not in NEUTRAL)
    return next(
        (o.value for o in options if outcome(chart, {**facts, question.fact: o.value}) is leaf),
        options[0].value,
    )


def _value(chart: Flowchart, fact: str, given: object) -> Value:
    question = chart.question(fact)
    if question is None:
        raise InputError(
            f"The flowchart for {chart.audience} has no fact {fact!r}; it knows {_catalogue(chart)}."
        )
    value: object = given
    if any(isinstance(option.value, bool) for option in question.options) and isinstance(given, str):
        word = given.strip().lower()
        value = True if word in TRUE else False if word in FALSE else given
    option = question.option(value) if isinstance(value, str | bool) else None
    if option is None:
        raise InputError(
            f"{fact} cannot be {given!r} for {chart.audience}; the flowchart knows {_catalogue(chart)}."
        )
    return option.value


def _catalogue(chart: Flowchart) -> str:
    return ", ".join(
        f"{question.fact}={'|'.join(spoken(option.value) for option in question.options)}"
        for question in chart.questions
    )


@lru_cache(maxsize=1)
def _passages() -> dict[str, Passage]:
    return {passage.id: passage for passage in chunking.passages(article.load())}
