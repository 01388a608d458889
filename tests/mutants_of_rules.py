"""Damages to the flowcharts alone: outcomes, conditions, exceptions, evidence."""

from collections.abc import Callable, Iterator
from functools import partial

from corpus.article import LANGUAGES
from corpus.flowcharts import FRAMEWORKS
from tests.mutants import OPPOSITE, Data, leaves, quoted, swapped

Change = tuple[str, str, Callable[[Data], None]]


def changes(data: Data) -> Iterator[Change]:
    """(kind, name, change) of every mutant."""
    for chart, key, leaf in leaves(data):
        at = ("charts", chart, "leaves", key)
        yield from _outcomes(at, leaf)
        yield from _conditions(at, leaf, data["charts"][chart]["questions"])
        yield from _exceptions(at, leaf)
        yield from _borrowed(at, leaf, data["charts"][chart]["leaves"])
    yield from _quotes(data["quotes"])


def _outcomes(at: tuple[str, ...], leaf: Data) -> Iterator[Change]:
    name = f"{at[1]}.{at[3]}"
    opposite = [OPPOSITE[framework] for framework in leaf["frameworks"]]
    yield "framework swapped in the leaf", name, partial(_set, (*at, "frameworks"), opposite)
    for strength in ("choose", "stick", "consider", "either"):
        yield "strength changed", f"{name} {strength}", partial(_set, (*at, "strength"), strength)
    other = [framework for framework in FRAMEWORKS if framework not in leaf["frameworks"]][:1]
    yield "alternative invented", name, partial(_set, (*at, "alternatives"), other)
    for language in LANGUAGES:
        text = swapped(leaf["text"][language])
        yield (
            "framework swapped in the leaf's words",
            f"{name} {language}",
            partial(_set, (*at, "text", language), text),
        )


def _conditions(at: tuple[str, ...], leaf: Data, questions: Data) -> Iterator[Change]:
    name = f"{at[1]}.{at[3]}"
    for fact in leaf.get("when", {}):
        yield "condition widened", f"{name} {fact}", partial(_remove, (*at, "when"), fact)
        for value in questions[fact]["options"]:
            yield "condition changed", f"{name} {fact}={value}", partial(_set, (*at, "when", fact), value)


def _exceptions(at: tuple[str, ...], leaf: Data) -> Iterator[Change]:
    name = f"{at[1]}.{at[3]}"
    if leaf.get("when"):
        yield "leaf dropped", name, partial(_drop, at)
    for other in leaf.get("exception_to", []):
        yield "exception not declared", f"{name} {other}", partial(_remove, (*at, "exception_to"), other)
        yield "exception and default swapped", f"{name} {other}", partial(_exchange, at, other)


def _borrowed(at: tuple[str, ...], leaf: Data, others: Data) -> Iterator[Change]:
    mine = quoted(leaf, "recommends")[0]
    for key, other in others.items():
        theirs = quoted(other, "recommends")[0]
        if other["frameworks"] != leaf["frameworks"] and theirs != mine:
            change = partial(_set, (*at, "evidence", "recommends"), [theirs])
            yield "quote of another leaf", f"{at[1]}.{at[3]} {key}", change


def _quotes(quotes: Data) -> Iterator[Change]:
    places = sorted({quote["passage"] for quote in quotes.values()})
    for n, (key, quote) in enumerate(quotes.items()):
        elsewhere = places[(places.index(quote["passage"]) + 1) % len(places)]
        yield "evidence pointed at another passage", key, partial(_set, ("quotes", key, "passage"), elsewhere)
        for language in LANGUAGES:
            text = quote[language]
            at = len(text) * (n % 7 + 1) // 9
            damaged = text[:at] + ("也" if language == "zh" else "x") + text[at + 1 :]
            yield (
                "quote changed by a character",
                f"{key} {language}",
                partial(_set, ("quotes", key, language), damaged),
            )


def _set(path: tuple[str, ...], value: object, data: Data) -> None:
    *parents, last = path
    for step in parents:
        data = data[step]
    data[last] = value


def _remove(path: tuple[str, ...], item: str, data: Data) -> None:
    for step in path:
        data = data[step]
    if isinstance(data, list):
        data.remove(item)
    else:
        del data[item]


def _drop(at: tuple[str, ...], data: Data) -> None:
    """Remove a leaf as a tidy person would: with the exceptions to it and the quotes it alone used."""
    others = data["charts"][at[1]]["leaves"]
    del others[at[3]]
    for leaf in others.values():
        leaf["exception_to"] = [key for key in leaf.get("exception_to", []) if key != at[3]]
    used = {quote for _, _, leaf in leaves(data) for quote in quoted(leaf)} | {*quoted(data["general"])}
    data["quotes"] = {key: quote for key, quote in data["quotes"].items() if key in used}


def _exchange(at: tuple[str, ...], other: str, data: Data) -> None:
    content = data["charts"][at[1]]
    places = {at[3]: other, other: at[3]}
    content["leaves"] = {
        places.get(key, key): content["leaves"][places.get(key, key)] for key in content["leaves"]
    }
