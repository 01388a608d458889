"""The article's six decision flowcharts as data: one chart per reader, every leaf held up by quotes.

`flowcharts.yaml` is read into frozen dataclasses and checked for form: every name that is used exists,
every text stands in both languages. Whether the charts say what the article says is proven elsewhere.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast, get_args

import yaml

from corpus.article import Article, Language
from corpus.chunking import passages
from corpus.errors import CorpusError
from corpus.files import parse_yaml, stored

Value = str | bool
Facts = Mapping[str, Value]
Text = Mapping[Language, str]
Words = Mapping[Language, tuple[str, ...]]
Strength = Literal["choose", "stick", "consider", "either"]
Role = Literal["recommends", "allows", "context", "against", "supports"]

Audience = Literal["industry", "researcher", "professor", "career", "hobbyist", "beginner"]

AUDIENCES = get_args(Audience)
FRAMEWORKS = ("TensorFlow", "PyTorch", "JAX", "Keras", "PyTorch Lightning")


@dataclass(frozen=True)
class Quote:
    """One sentence of the article in both editions; `passage_id` names the Chinese passage that holds it.

    `denials` is how many words of denial the sentence has, in each edition.
    """

    id: str
    passage_id: str
    zh: str
    en: str
    denials: int = 0

    def text(self, language: Language) -> str:
        """The sentence in one edition."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Option:
    """An answer to a question; `says` are the words by which the article itself names this condition."""

    value: Value
    label: Text
    says: Words


@dataclass(frozen=True)
class Question:
    """A decision of a flowchart: which value does `fact` have?"""

    fact: str
    text: Text
    options: tuple[Option, ...]

    def option(self, value: Value) -> Option | None:
        """The option with this value, or None."""
        return next((o for o in self.options if o.value == value and type(o.value) is type(value)), None)


@dataclass(frozen=True)
class Support:
    """A quote and what it does for its leaf.

    recommends: reads as the leaf's outcome. allows: recommends the leaf's alternatives. context: states a
    condition; its own advice is overruled by the leaf. against: speaks against a framework that the leaf does
    not name. supports: gives a reason; it speaks of what `about` lists and recommends nothing else.
    `alternative_conditions`: the conditions that the sentence names are alternatives or examples, so one of
    them is enough.
    """

    quote: Quote
    role: Role
    about: tuple[str, ...] = ()
    alternative_conditions: bool = False


@dataclass(frozen=True)
class Leaf:
    """An outcome. It holds where every fact of `when` holds, unless an exception to it holds too.

    Of several values of a fact, one is enough. `cases` are ids of the leaves to tell along with one that
    leaves the choice open.
    """

    id: str
    when: Mapping[str, Value | tuple[Value, ...]]
    exception_to: tuple[str, ...]
    frameworks: tuple[str, ...]
    alternatives: tuple[str, ...]
    strength: Strength
    text: Text
    evidence: tuple[Support, ...]
    cases: tuple[str, ...] = ()

    @property
    def conditions(self) -> list[tuple[str, Value]]:
        """Every fact of `when` with each of its values."""
        several = ((fact, v if isinstance(v, tuple) else (v,)) for fact, v in self.when.items())
        return [(fact, value) for fact, values in several for value in values]

    def claims(self, facts: Facts) -> bool:
        """True where the facts meet every condition of this leaf."""
        return all((fact, facts.get(fact)) in self.conditions for fact in self.when)


@dataclass(frozen=True)
class Flowchart:
    """One reader's chart. `leaves` are ordered most specific first, the default last."""

    audience: Audience
    label: Text
    says: Words
    questions: tuple[Question, ...]
    leaves: tuple[Leaf, ...]

    def question(self, fact: str) -> Question | None:
        """The question about a fact, or None."""
        return next((q for q in self.questions if q.fact == fact), None)

    def leaf(self, leaf_id: str) -> Leaf | None:
        """The leaf with this id, or None."""
        return next((leaf for leaf in self.leaves if leaf.id == leaf_id), None)


@dataclass(frozen=True)
class Descriptive:
    """A sentence that uses recommending words without advising any of the readers, and why it does not."""

    zh: str
    en: str
    reason: str


@dataclass(frozen=True)
class Flowcharts:
    """The whole file: six charts, the article's word to everybody, and its descriptive sentences."""

    charts: Mapping[str, Flowchart]
    general: Leaf
    audience_question: Text
    descriptive: tuple[Descriptive, ...]
    sha256: str

    def leaves(self) -> Iterator[Leaf]:
        """Every leaf of every chart, then the general one."""
        for chart in self.charts.values():
            yield from chart.leaves
        yield self.general

    def leaf(self, leaf_id: str) -> Leaf:
        """The leaf with this id, which exists."""
        return next(leaf for leaf in self.leaves() if leaf.id == leaf_id)

    def quotes(self) -> dict[str, Quote]:
        """Every quote in use, by id."""
        return {s.quote.id: s.quote for leaf in self.leaves() for s in leaf.evidence}


@cache
def load() -> Flowcharts:
    """Read the shipped flowcharts. Raises CorpusError when the file is damaged."""
    return parse(source())


def source() -> str:
    """The text of the shipped flowcharts.yaml."""
    return stored("flowcharts.yaml").read_text(encoding="utf-8")


def parse(text: str) -> Flowcharts:
    """Read flowcharts from YAML. Raises CorpusError that names the entry at fault."""
    try:
        data = parse_yaml(text)
    except yaml.YAMLError as exc:
        raise CorpusError(f"flowcharts.yaml is not valid YAML ({exc}); restore the file") from exc
    if not isinstance(data, dict):
        raise CorpusError("flowcharts.yaml holds no mapping; restore the file")
    return build(data, hashlib.sha256(text.encode()).hexdigest())


def build(data: Mapping[str, Any], sha256: str = "") -> Flowcharts:
    """Turn parsed YAML into charts. Raises CorpusError that names the entry at fault."""
    try:
        quotes = {key: _quote(key, q) for key, q in data["quotes"].items()}
        charts = {name: _chart(name, chart, quotes) for name, chart in data["charts"].items()}
        general = _leaf("general", data["general"], quotes)
        flowcharts = Flowcharts(
            charts=charts,
            general=general,
            audience_question=_text(data["audience_question"], "audience_question"),
            descriptive=tuple(Descriptive(d["zh"], d["en"], d["reason"]) for d in data["descriptive"]),
            sha256=sha256,
        )
    except (KeyError, TypeError, AttributeError) as exc:
        raise CorpusError(f"flowcharts.yaml: a required entry is missing or malformed ({exc!r})") from exc
    if tuple(charts) != AUDIENCES:
        raise CorpusError(f"flowcharts.yaml: found charts {list(charts)}, expected {list(AUDIENCES)}")
    known = {leaf.id for leaf in flowcharts.leaves()}
    unknown = [case for leaf in flowcharts.leaves() for case in leaf.cases if case not in known]
    if unknown:
        raise CorpusError(f"flowcharts.yaml: cases that are no leaves: {unknown}; name leaves as chart.leaf")
    unused = set(quotes) - set(flowcharts.quotes())
    if unused:
        raise CorpusError(f"flowcharts.yaml: quotes that no leaf uses: {sorted(unused)}; use or remove them")
    return flowcharts


def bind(text: str, article: Article) -> str:
    """Return the YAML text with every quote bound to the article as it now stands.

    The Chinese text is the anchor: `passage:` becomes the passage that holds it, and `en:` becomes the
    translation where the quote is a whole sentence. Run after passages were cut anew or the English edition
    was edited; the proof then reads the sentences again. Raises CorpusError when a Chinese quote stands in no
    passage or in several.
    """
    paragraphs = zip(article.zh.paragraphs, article.en.paragraphs, strict=True)
    translations = {
        zh: en for one, other in paragraphs for zh, en in zip(one.sentences, other.sentences, strict=True)
    }
    chinese = [p for p in passages(article) if p.language == "zh"]
    for quote in parse(text).quotes().values():
        holders = [p.id for p in chinese if quote.zh in p.text]
        if len(holders) != 1:
            raise CorpusError(
                f"quote {quote.id!r} stands in {len(holders)} Chinese passages, expected one: {quote.zh}"
            )
        entry = rf"(?m)^(  {re.escape(quote.id)}:\n    passage: ).*(\n    zh: .*\n    en: ).*$"
        found = re.search(entry, text)
        if found is None:
            raise CorpusError(f"quote {quote.id!r} is not written as passage, zh, en, a line each; mend it")
        english = json.dumps(translations.get(quote.zh, quote.en), ensure_ascii=False)
        bound = f"{found[1]}{holders[0]}{found[2]}{english}"
        text = text[: found.start()] + bound + text[found.end() :]
    return text


def _quote(key: str, data: Mapping[str, Any]) -> Quote:
    return Quote(key, data["passage"], data["zh"], data["en"], data.get("denials", 0))


def _chart(name: str, data: Mapping[str, Any], quotes: Mapping[str, Quote]) -> Flowchart:
    questions = tuple(_question(name, fact, q) for fact, q in data["questions"].items())
    leaves = tuple(_leaf(f"{name}.{key}", leaf, quotes) for key, leaf in data["leaves"].items())
    chart = Flowchart(
        audience=cast(Audience, name),
        label=_text(data["label"], name),
        says=_words(data["says"]),
        questions=questions,
        leaves=leaves,
    )
    for leaf in leaves:
        for fact, value in leaf.conditions:
            question = chart.question(fact)
            if question is None or question.option(value) is None:
                raise CorpusError(
                    f"leaf {leaf.id} rests on {fact}={value!r}, which no question of its chart offers"
                )
        for other in leaf.exception_to:
            if chart.leaf(other) is None:
                raise CorpusError(f"leaf {leaf.id} is declared an exception to {other}, which does not exist")
    return chart


def _question(chart: str, fact: str, data: Mapping[str, Any]) -> Question:
    where = f"{chart}.{fact}"
    options = tuple(
        Option(value, _text(o["label"], where), _words(o.get("says", {"zh": [], "en": []})))
        for value, o in data["options"].items()
    )
    return Question(fact, _text(data["ask"], where), options)


def _leaf(leaf_id: str, data: Mapping[str, Any], quotes: Mapping[str, Quote]) -> Leaf:
    unknown = [f for f in (*data["frameworks"], *data.get("alternatives", [])) if f not in FRAMEWORKS]
    if unknown:
        raise CorpusError(f"leaf {leaf_id} names {unknown}, expected some of {list(FRAMEWORKS)}")
    if data["strength"] not in get_args(Strength):
        raise CorpusError(
            f"leaf {leaf_id} has the strength {data['strength']!r}, expected one of {get_args(Strength)}"
        )
    chart = leaf_id.split(".")[0]
    return Leaf(
        id=leaf_id,
        when={f: tuple(v) if isinstance(v, list) else v for f, v in data.get("when", {}).items()},
        exception_to=tuple(f"{chart}.{key}" for key in data.get("exception_to", [])),
        frameworks=tuple(data["frameworks"]),
        alternatives=tuple(data.get("alternatives", [])),
        strength=cast(Strength, data["strength"]),
        text=_text(data["text"], leaf_id),
        cases=tuple(data.get("cases", [])),
        evidence=tuple(_support(leaf_id, role, entry, quotes) for role, entry in _evidence(data["evidence"])),
    )


def _evidence(data: Mapping[str, list[Any]]) -> Iterator[tuple[str, Any]]:
    for role, entries in data.items():
        for entry in entries:
            yield role, entry


def _support(leaf_id: str, role: str, entry: Any, quotes: Mapping[str, Quote]) -> Support:
    options = {"quote": entry} if isinstance(entry, str) else entry
    if role not in get_args(Role):
        raise CorpusError(f"leaf {leaf_id} uses the evidence role {role!r}, expected one of {get_args(Role)}")
    if options["quote"] not in quotes:
        raise CorpusError(f"leaf {leaf_id} rests on the quote {options['quote']!r}, which does not exist")
    return Support(
        quote=quotes[options["quote"]],
        role=cast(Role, role),
        about=tuple(options.get("about", [])),
        alternative_conditions=options.get("conditions") == "alternative",
    )


def _text(data: Any, where: str) -> Text:
    if not (isinstance(data, dict) and data.get("zh") and data.get("en")):
        raise CorpusError(f"flowcharts.yaml: {where} needs its text in zh and en, found {data!r}")
    return {"zh": data["zh"], "en": data["en"]}


def _words(data: Mapping[str, list[str]]) -> Words:
    return {"zh": tuple(data["zh"]), "en": tuple(data["en"])}


if __name__ == "__main__":
    from corpus import article
    from corpus.files import write_whole

    write_whole(stored("flowcharts.yaml"), bind(source(), article.load()).encode())
