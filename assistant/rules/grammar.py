"""The grammars of `grammar.yaml`, compiled: how each language recommends. The file says what each part is."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assistant.rules.lexicon import compiled
from assistant.rules.names import ANY
from corpus.article import Language
from corpus.files import parse_yaml

Pattern = re.Pattern[str]


@dataclass(frozen=True)
class Grammar:
    """One language's way to recommend; a chain is the run of `words` directly before a name."""

    breaks: Pattern
    hypothesis: Pattern
    goes_on: Pattern
    joins: Pattern
    chain: Pattern
    urges: Pattern
    commands: Pattern
    denies: Pattern
    discards: Pattern
    modifies: Pattern
    verdict: Pattern
    rejection: Pattern
    firm: Pattern
    soft: Pattern
    open: Pattern
    permits: Pattern
    blames: Pattern
    denials: Pattern
    lists: Pattern
    elsewhere: Pattern
    markers: Pattern


@cache
def grammar(language: Language) -> Grammar:
    """The shipped grammar of a language."""
    text = (files("assistant.rules") / "grammar.yaml").read_text(encoding="utf-8")
    parts: dict[str, list[str]] = parse_yaml(text)[language]
    good, words = "|".join(parts.pop("good")), "|".join(parts.pop("words"))
    parts["chain"] = [f"(?:{words})+$"]
    names = {"NAME": f"[{ANY}]", "GAP": f"[^{ANY},;:。!?]", "GOOD": good}
    return Grammar(
        **{part: compiled([_filled(p, names) for p in patterns]) for part, patterns in parts.items()}
    )


def _filled(pattern: str, names: dict[str, str]) -> str:
    for placeholder, meaning in names.items():
        pattern = pattern.replace(placeholder, meaning)
    return pattern
