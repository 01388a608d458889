"""The lexicon: compiled patterns of `lexicon.yaml` and what they find in a question."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from assistant.text import normalise
from corpus.files import parse_yaml
from corpus.flowcharts import Value
from index.lexical import slips

Pattern = re.Pattern[str]

_WORD = re.compile(r"[a-z]{5,}")
_GAP = re.compile(r"(?<!\\)\.\{0,")
_GAP_IN_CLAUSE = "[^,;:。?!]{0,"


@dataclass(frozen=True)
class Hit:
    """A value of a fact (or a reader) found in a question. `negated`: the words before it deny it."""

    name: str
    value: Value
    words: str
    strong: bool
    negated: bool


@dataclass(frozen=True)
class Lexicon:
    """Everything `lexicon.yaml` holds, ready to match folded text."""

    spellings: frozenset[str]
    slang: Mapping[str, str]
    audiences: Mapping[str, Mapping[str, Pattern]]
    facts: Mapping[str, Mapping[Value, Pattern]]
    intent: Mapping[str, Pattern]
    outside: Mapping[str, Pattern]
    replies: Mapping[str, Pattern]
    negation: Pattern
    asks_either_way: Pattern
    joins: Pattern
    decisive: Mapping[str, frozenset[tuple[str, Value]]]
    absorbs: Mapping[str, tuple[str, ...]]
    yields: Mapping[str, tuple[str, ...]]

    def fold(self, text: str) -> str:
        """Text as the patterns expect it: width, case and script folded, slang and misspellings mended."""
        folded = normalise(text)
        for wrong, right in self.slang.items():
            folded = folded.replace(wrong, right)
        return _WORD.sub(lambda word: self._mend(word.group()), folded)

    def readers(self, folded: str) -> Iterator[Hit]:
        """Every reader whose words the text uses, once each, strong words before weak ones."""
        for audience, patterns in self.audiences.items():
            for kind in ("strong", "weak"):
                hit = self._find(patterns[kind], folded, audience, audience, kind == "strong")
                if hit:
                    yield hit
                    break

    def values(self, folded: str) -> Iterator[Hit]:
        """Every value of every fact whose words the text uses."""
        for fact, patterns in self.facts.items():
            for value, pattern in patterns.items():
                hit = self._find(pattern, folded, fact, value, True)
                if hit:
                    yield hit

    def _find(self, pattern: Pattern, folded: str, name: str, value: Value, strong: bool) -> Hit | None:
        hits: list[Hit] = []
        end = 0
        for match in filter(re.Match.group, pattern.finditer(folded)):
            joined = bool(hits) and bool(self.joins.search(folded[end : match.start()]))
            denied = hits[-1].negated if joined else self._denies(folded[: match.start()])
            hits.append(Hit(name, value, match.group(), strong, denied))
            end = match.end()
        return next((hit for hit in hits if not hit.negated), hits[0] if hits else None)

    def _denies(self, before: str) -> bool:
        return bool(self.negation.search(self.asks_either_way.sub("", before)))

    def _mend(self, word: str) -> str:
        if word in self.spellings or word.removesuffix("s") in self.spellings:
            return word
        near = [right for right in self.spellings if _one_slip(word, right)]
        return near[0] if len(near) == 1 else word


@cache
def load() -> Lexicon:
    """The shipped lexicon."""
    text = (files("assistant.rules") / "lexicon.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text)
    return Lexicon(
        spellings=frozenset(data["spellings"]),
        slang=data["slang"],
        audiences={a: {k: compiled(p) for k, p in kinds.items()} for a, kinds in data["audiences"].items()},
        facts={f: {v: _in_clause(p) for v, p in values.items()} for f, values in data["facts"].items()},
        intent={name: compiled(patterns) for name, patterns in data["intent"].items()},
        outside={name: compiled(patterns) for name, patterns in data["outside"].items()},
        replies={name: compiled([pattern]) for name, pattern in data["replies"].items()},
        negation=compiled(data["negation"]),
        asks_either_way=compiled([data["asks_either_way"]]),
        joins=compiled([data["joins"]]),
        decisive={a: frozenset(map(_pair, pairs)) for a, pairs in data["decisive"].items()},
        absorbs={a: tuple(others) for a, others in data["absorbs"].items()},
        yields={f: tuple(values) for f, values in data["yields"].items()},
    )


def compiled(patterns: list[str]) -> Pattern:
    """One pattern of several; `<words>` becomes a group with the edges of a Latin word at both ends."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    opened = re.sub(r"(?<!\(\?)<", "(?<![a-z0-9])(?:", joined)
    return re.compile(opened.replace(">", ")(?![a-z0-9])"))


def _in_clause(patterns: list[str]) -> Pattern:
    """One pattern of several, whose gaps leave no clause."""
    return compiled([_GAP.sub(_GAP_IN_CLAUSE, pattern) for pattern in patterns])


def _pair(text: str) -> tuple[str, Value]:
    fact, value = text.split("=")
    return fact, value == "true" if value in ("true", "false") else value


def _one_slip(word: str, right: str) -> bool:
    """One letter wrong, missing, doubled or swapped with its neighbour; two from ten letters on."""
    if abs(len(word) - len(right)) > 1 or word[0] != right[0]:
        return False
    return slips(word, right) <= (2 if len(right) >= 10 else 1)
