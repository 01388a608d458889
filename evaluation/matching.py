"""When does a text match a label? Width, script, quotation marks, emphasis and markers make no difference."""

import re
import unicodedata
from collections.abc import Iterable

from corpus.script import convert

_MARKS = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-"})
_NUMBERS = r"\d+(?:\s*[,、;-]\s*\d+)*"
_CITED = re.compile(rf"\[\^?{_NUMBERS}\]|【{_NUMBERS}】")
_EMPHASIS = re.compile(r"[*`#]+")
_WIDE = "\u2e80-\u9fff\uf900-\ufaff"  # Chinese characters and their punctuation
_BESIDE_WIDE = re.compile(rf"(?<=[{_WIDE}]) | (?=[{_WIDE}])")
_CHINESE = re.compile("[\u4e00-\u9fff]")
_WORD = re.compile("[A-Za-z]+")


def prose(text: str) -> str:
    """The form in which patterns are looked for: Simplified, no markers, emphasis or needless spaces."""
    text = convert(_folded(text), "t2s")
    text = _EMPHASIS.sub("", _CITED.sub("", text))
    return _BESIDE_WIDE.sub("", " ".join(text.split()))


def bare(text: str) -> str:
    """The form in which quotes are looked for: without spaces, quotation marks and case."""
    return re.sub(r"[\s\"'「」『』]+", "", _folded(text).casefold())


def met(patterns: Iterable[str], text: str) -> list[str]:
    """Those of the patterns that stand in `text`, which is `prose`; case makes no difference."""
    return [pattern for pattern in patterns if re.search(pattern, text, re.IGNORECASE | re.DOTALL)]


def in_language(text: str, lang: str) -> bool | None:
    """Is the text in the language of the question? None where that mixes two, or the text is short.

    Chinese prose about software is full of English names, English prose has next to no Chinese characters.
    """
    characters, words = len(_CHINESE.findall(text)), len(_WORD.findall(text))
    if lang == "mixed" or characters + words < 4:
        return None
    share = characters / (characters + words)
    return share < 0.2 if lang == "en" else share > 0.1


def same_name(name: str) -> str:
    """The form in which names of frameworks are compared: letters and digits alone."""
    return re.sub(r"[^a-z0-9]+", "", _folded(name).casefold())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_MARKS)
