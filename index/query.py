"""A question made ready for search: script and spelling brought to the corpus' own, aliases added.

General help for any question over the corpus; the glossary is data (`glossary.yaml`).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib import resources

from corpus.article import Language
from corpus.files import parse_yaml
from corpus.script import convert
from index import lexical

ALIAS_WEIGHT = 0.7
"""What a term counts that the glossary added, against 1 for a term the asker wrote."""

_KEYS: dict[str, tuple[Language, ...]] = {"name": ("zh", "en"), "zh": ("zh",), "en": ("en",)}
_LATIN = re.compile(r"[A-Za-z0-9]+(?:[.+#&'-][A-Za-z0-9]+)*[+#]*")


@dataclass(frozen=True)
class Query:
    """What is searched for: `text` is embedded, `terms[language]` are matched (term -> weight)."""

    text: str
    terms: Mapping[Language, Mapping[str, float]]


@dataclass(frozen=True)
class Group:
    """One line of the glossary: each alias as folded text and as terms, by language."""

    aliases: tuple[tuple[Language, str, tuple[str, ...]], ...]


class Reader:
    """Reads questions against the vocabulary of the corpus.

    `names` are the words of the Chinese edition, whose Latin ones are product names and technical words; only
    these attract misspellings. The terms in `known` are left alone.
    """

    def __init__(self, names: Iterable[str], known: Iterable[str] = ()) -> None:
        self._names = {name for name in names if name.isascii() and not name.isdigit()}
        aliases = {term for group in glossary() for _, _, terms in group.aliases for term in terms}
        self._known = aliases.union(known, *map(lexical.terms, self._names))

    def read(self, question: str) -> Query:
        """Never fails: a question without a known word gives one without terms."""
        text = self._mend(simplify(question))
        own = lexical.terms(text)
        terms: dict[Language, dict[str, float]] = {"zh": {}, "en": {}}
        for term in own:
            for language in terms:
                if term.isascii() or language == "zh":
                    terms[language][term] = 1.0
        for language, term in _aliases(lexical.fold(text), own):
            terms[language].setdefault(term, ALIAS_WEIGHT)
        return Query(text, terms)

    def _mend(self, text: str) -> str:
        """Put names right: `Tensor Flow` -> `tensorflow`, `pytroch` -> `pytorch`."""
        words = list(_LATIN.finditer(text))
        changes: list[tuple[int, int, str]] = []
        skip = -1
        for number, word in enumerate(words):
            if number == skip:
                continue
            follower = words[number + 1] if number + 1 < len(words) else None
            if follower and text[word.end() : follower.start()].isspace():
                joined = (word[0] + follower[0]).lower()
                if joined in self._names and word[0].lower() not in self._names:
                    changes.append((word.start(), follower.end(), joined))
                    skip = number + 1
                    continue
            nearest = self._nearest(word[0].lower())
            if nearest:
                changes.append((word.start(), word.end(), nearest))
        for start, end, name in reversed(changes):
            text = text[:start] + name + text[end:]
        return text

    def _nearest(self, word: str) -> str | None:
        """The name one slip away (two from eight letters on), when the word itself is unknown."""
        if len(word) < 5 or set(lexical.terms(word)) <= self._known:
            return None
        slips = 1 if len(word) < 8 else 2
        near = sorted(
            (distance, name)
            for name in self._names
            if len(name) >= 5
            and name[0] == word[0]
            and abs(len(name) - len(word)) <= slips
            and (distance := lexical.slips(word, name)) <= slips
        )
        return near[0][1] if near else None


def simplify(text: str) -> str:
    """NFKC, no lone surrogates; Traditional text in Simplified characters and words (軟體 -> 软件)."""
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode("utf-8"))
    return convert(text, "tw2sp") if convert(text, "t2s") != text else text


def language_of(text: str) -> Language:
    """Chinese as soon as Chinese characters stand in it, unless they are quoted in an English sentence."""
    chinese = sum("\u3400" <= character <= "\u9fff" for character in text)
    if not chinese:
        return "en"
    english = lexical.stop_words(text)
    return "en" if english >= 3 and english > chinese / 2 else "zh"


@cache
def glossary() -> tuple[Group, ...]:
    """Every line of glossary.yaml."""
    lines = parse_yaml(resources.files("index").joinpath("glossary.yaml").read_text("utf-8"))
    groups = []
    for line in lines:
        aliases: list[tuple[Language, str, tuple[str, ...]]] = []
        for key, languages in _KEYS.items():
            for alias in line.get(key, ()):
                folded = lexical.fold(alias)
                aliases += [(language, folded, lexical.terms(alias)) for language in languages]
        groups.append(Group(tuple(aliases)))
    return tuple(groups)


def _aliases(folded: str, own: Sequence[str]) -> Iterable[tuple[Language, str]]:
    """(language, term) for every alias of every group that the question names."""
    runs = {tuple(own[i : i + width]) for width in _widths() for i in range(len(own) - width + 1)}
    for group in glossary():
        if any(_names(alias, terms, folded, runs) for _, alias, terms in group.aliases):
            for language, _, terms in group.aliases:
                for term in terms:
                    yield language, term


@cache
def _widths() -> frozenset[int]:
    """How many terms the aliases have."""
    return frozenset(len(terms) for group in glossary() for _, _, terms in group.aliases if terms)


def _names(alias: str, terms: tuple[str, ...], folded: str, runs: Set[tuple[str, ...]]) -> bool:
    """Chinese aliases are found as substrings, Latin ones as whole terms in a row."""
    return terms in runs if alias.isascii() else alias in folded
