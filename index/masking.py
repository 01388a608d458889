"""A question with its names masked: "Who made TorchX?" asks what "Who made X?" asks, of TorchX.

Names are the things of things.yaml, however they are written, and other words written like names, which the
article does not have.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from corpus.files import parse_yaml
from index import lexical
from index.query import glossary, language_of

_WORD = re.compile(r"[A-Za-z0-9]+(?:[._+#&'/-][A-Za-z0-9]+)*[+#]*(?:\(\))?")
_CODED = re.compile(r"[a-z][A-Z]|[_()/]|[A-Za-z]\.[a-z]|[A-Za-z]\d|\d[A-Za-z]|^[A-Z]{2}")
"""What ordinary words do not have: a capital inside, a digit beside a letter, signs, capitals only."""
_WITHIN = re.compile(r"[A-Za-z0-9,'\"]\s*['\"]?$")
"""What stands before a word that does not begin a sentence."""
_ALSO_WORDS = {"agents", "baseline", "baselines", "beam", "datasets", "live", "serving"}
"""Names that are English words: in English text names only with a capital or as part of a longer name."""
_CJK = "\u3400-\u9fff"
_BESIDE_CHINESE = re.compile(rf"(?<=[{_CJK}])(?=[XY](?![A-Za-z]))|(?<=\b[XY])(?=[{_CJK}])", re.ASCII)


@dataclass(frozen=True)
class Masked:
    """A question in which the first thing named is X and all others are Y, and what was named.

    `names` are in lower case: those of the article as things.yaml has them, others as they are written.
    """

    text: str
    names: frozenset[str]


@dataclass(frozen=True)
class _Name:
    start: int
    end: int
    value: str


def load() -> list[list[str]]:
    """The things that the article names, each with its other names."""
    things: list[list[str]] = parse_yaml(resources.files("index").joinpath("things.yaml").read_text("utf-8"))
    return things


def words(text: str) -> set[str]:
    """The Latin words of a text in lower case."""
    return {word.lower() for word in _WORD.findall(text)}


def ordinary(texts: Iterable[str]) -> set[str]:
    """The Latin words that stand in lower case in English texts, and so are no names."""
    return {word for text in texts for word in _WORD.findall(text) if word.islower()}


class Masker:
    """Masks the names of questions."""

    def __init__(self, things: Sequence[Sequence[str]], ordinary: Iterable[str] = ()) -> None:
        """`ordinary` are words in lower case that are never taken for unknown names."""
        self._ordinary = frozenset(ordinary)
        written = {alias.lower(): thing[0].lower() for thing in things for alias in thing}
        for group in glossary():
            aliases = [alias for _, alias, _ in group.aliases]
            thing = next((written[alias] for alias in aliases if alias in written), None)
            if thing:
                written = dict.fromkeys(aliases, thing) | written
        longest = sorted(written, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_pattern, longest)), re.I)
        self._things = {_key(alias): thing for alias, thing in written.items()}

    def mask(self, text: str) -> Masked:
        """Mask a question as read for search. Names side by side are one thing: "Coral Dev Board"."""
        letters: dict[str, str] = {}
        masked, at = "", 0
        for name in sorted([*self._known(text), *self._unknown(text)], key=lambda name: name.start):
            between = text[at : name.start]
            if masked and between in ("", " "):
                letters.setdefault(name.value, masked[-1])
            else:
                masked += between + letters.setdefault(name.value, "Y" if letters else "X")
            at = name.end
        return Masked(_BESIDE_CHINESE.sub(" ", masked + text[at:]), frozenset(letters))

    def _known(self, text: str) -> Iterator[_Name]:
        english = language_of(text) == "en"
        for match in self._pattern.finditer(text):
            word = match[0]
            if not (english and word in _ALSO_WORDS):
                yield _Name(match.start(), match.end(), self._things[_key(word)])

    def _unknown(self, text: str) -> Iterator[_Name]:
        """Words written like names; in Chinese text, all that are not ordinary English."""
        taken = [range(match.start(), match.end()) for match in self._pattern.finditer(text)]
        english = language_of(text) == "en"
        for match in _WORD.finditer(text):
            word = match[0]
            if word.lower() in self._ordinary or not lexical.terms(word) or re.fullmatch(r"[\d.]+x?", word):
                continue
            if any(match.start() in span for span in taken):
                continue
            begins = not _WITHIN.search(text[: match.start()])
            titled = word[0].isupper() and not begins if english else len(word) > 2 or not word.islower()
            if titled or _CODED.search(word):
                yield _Name(match.start(), match.end(), word.lower())


def _key(alias: str) -> str:
    return alias.lower().replace(" ", "")


def _pattern(alias: str) -> str:
    escaped = re.escape(alias).replace(r"\ ", " ?")
    return rf"(?<![A-Za-z0-9.]){escaped}(?![A-Za-z0-9]|[._][A-Za-z0-9])" if alias.isascii() else escaped
