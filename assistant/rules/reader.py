"""The deterministic reader of recommending sentences: which framework, for or against, how firmly.

The proof reads the article with it and the engine reads every answer with it, so both mean the same by
"recommends". It knows no flowchart.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from assistant.rules import names
from assistant.rules.grammar import Grammar, grammar
from assistant.rules.names import ANY, NAMES, TOOLS
from corpus.article import Language
from corpus.flowcharts import Strength

Polarity = Literal["for", "against"]

_GROUP = re.compile(f"[{NAMES}{TOOLS}{names.PRODUCTS}]")


@dataclass(frozen=True)
class Claim:
    """One recommendation read from a sentence.

    `frameworks`: the one it is about; several where they are coordinated; none where every framework is
    meant. `tool`: the tool of that framework it names, such as Sonnet. `condition`: the suppositions of the
    sentence, "" where it has none.
    """

    frameworks: tuple[str, ...]
    polarity: Polarity
    strength: Strength
    condition: str = ""
    tool: str | None = None


@dataclass(frozen=True)
class Clause:
    """A clause of a masked sentence. `supposes`: it only names a condition."""

    text: str
    supposes: bool


def read_recommendations(sentence: str, language: Language) -> list[Claim]:
    """Every recommendation of one sentence, in order."""
    return list(_recommendations(sentence, language))


@lru_cache(maxsize=4096)
def _recommendations(sentence: str, language: Language) -> tuple[Claim, ...]:
    rules = grammar(language)
    parts = list(clauses(names.mask(sentence), rules))
    condition = " ".join(part.text.strip() for part in parts if part.supposes)
    claims: list[Claim] = []
    last: tuple[str, ...] = ()
    for part in parts:
        if not part.supposes:
            found = list(_read(part.text, rules, condition, last))
            claims += [claim for claim in found if claim not in claims]
        mentioned = [m.framework for m in names.mentions(part.text) if m.framework]
        last = (mentioned[-1],) if mentioned else last
    return tuple(claims)


@lru_cache(maxsize=4096)
def is_recommending(sentence: str, language: Language) -> bool:
    """Does the sentence use a recommending word, whatever it does with it?"""
    return bool(grammar(language).markers.search(names.mask(sentence)))


@lru_cache(maxsize=4096)
def denials(sentence: str, language: Language) -> int:
    """How often a sentence denies something."""
    return len(grammar(language).denials.findall(names.mask(sentence)))


def clauses(masked: str, rules: Grammar) -> Iterator[Clause]:
    """The clauses of a masked sentence; a supposition goes on while its clauses do."""
    supposing = False
    for text in rules.breaks.split(masked):
        if not text or not text.strip():
            continue
        starts = bool(rules.hypothesis.search(text.strip()))
        supposing = starts or (supposing and bool(rules.goes_on.search(text)))
        yield Clause(text, supposing)


def _read(text: str, rules: Grammar, condition: str, last: tuple[str, ...]) -> Iterator[Claim]:
    groups = list(_groups(text, rules))
    claimed = False
    for start, end in groups:
        claim = _claim(text, start, end, rules, condition)
        if claim:
            claimed = True
            yield claim
    if not claimed:
        coordinated = next((text[start:end] for start, end in groups if end - start > 1), "")
        choice = [m.framework for m in names.mentions(coordinated) if m.framework]
        yield from _unnamed(text, rules, condition, tuple(choice), () if groups else last)


def _groups(text: str, rules: Grammar) -> Iterator[tuple[int, int]]:
    """(start, end) of every run of coordinated names."""
    run: list[int] | None = None
    for match in _GROUP.finditer(text):
        if run and rules.joins.search(text[run[1] : match.start()]):
            run[1] = match.end()
            continue
        if run:
            yield run[0], run[1]
        run = [match.start(), match.end()]
    if run:
        yield run[0], run[1]


def _claim(text: str, start: int, end: int, rules: Grammar, condition: str) -> Claim | None:
    """What the clause says about the names between start and end, or None."""
    before, after = text[:start], text[end:]
    found = names.mentions(text[start:end])
    frameworks = tuple(dict.fromkeys(m.framework for m in found if m.framework))
    tool = next((m.name for m in found if m.name != m.framework), None)
    if not frameworks and tool is None:
        return None
    if rules.rejection.search(after):
        return Claim(frameworks, "against", "choose", condition, tool)
    if rules.discards.search(before):
        return Claim(frameworks, "against", "choose", condition, tool)
    verdict = rules.verdict.search(after)
    chain = rules.chain.search(before)
    words = chain.group() if chain else ""
    urged = bool(words) and bool(
        rules.urges.search(words) or (len(words) == len(before) and rules.commands.search(words))
    )
    if verdict:
        weighed = verdict.group() + (words if urged else "")
    elif urged and not (rules.modifies.search(after) and len(frameworks) < 2):
        weighed = words
    else:
        return None
    against = bool(rules.denies.search(verdict.group(1) if verdict else words))
    either = len(frameworks) > 1 and not against
    strength: Strength = "either" if either else _strength(weighed, rules)
    return Claim(frameworks, "against" if against else "for", strength, condition, tool)


def _unnamed(
    text: str, rules: Grammar, condition: str, choice: tuple[str, ...], last: tuple[str, ...]
) -> Iterator[Claim]:
    """Recommendations of no single name: a choice left open, what is supposed, what "it" stands for."""
    if rules.permits.search(text):
        supposed = [m.framework for m in names.mentions(condition) if m.framework]
        yield Claim(tuple(supposed[:1]), "for", "consider" if supposed else "either", condition)
    elif opened := rules.open.search(text):
        against = bool(rules.denies.search(text[: opened.start()]))
        yield Claim(choice, "against" if against else "for", "either", condition)
    elif last:
        yield from _pronoun(text, rules, condition, last)


def _pronoun(text: str, rules: Grammar, condition: str, last: tuple[str, ...]) -> Iterator[Claim]:
    match = re.search(r"它|(?<![a-z])it(?![a-z])", text)
    if match is None:
        return
    chain = rules.chain.search(text[: match.start()])
    if chain and rules.urges.search(chain.group()):
        against = bool(rules.denies.search(chain.group()))
        strength = _strength(chain.group(), rules)
        yield Claim(last, "against" if against else "for", strength, condition)


def _strength(words: str, rules: Grammar) -> Strength:
    if rules.firm.search(words):
        return "stick"
    return "consider" if rules.soft.search(words) else "choose"


def languages_of(text: str) -> Iterable[Language]:
    """The grammars a text has to be read with: a mixed sentence is read with both."""
    masked = names.mask(text)
    if re.search("[\u3400-\u9fff]", masked):
        yield "zh"
    if re.search(r"[a-z]{2,}", re.sub(f"[{ANY}]", "", masked)):
        yield "en"
