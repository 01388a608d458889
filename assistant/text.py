"""Languages, scripts and sentences: what the engine must know about text before it looks at meaning."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from corpus.article import Language
from corpus.script import convert

CJK = "\u3400-\u9fff\uf900-\ufaff"
_CJK_CHARACTER = re.compile(f"[{CJK}]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_MARKER = re.compile(r"\s*[\[【［(（]\s*(\d{1,2}(?:\s*[,，、;\-–]\s*\d{1,2})*)\s*[\]】］)）](?!\()")
# A sentence ends at Chinese stops anywhere, at Latin stops only before a space and a new start, so that
# "fast.ai", "TensorFlow.js" and "1.9" stay whole; and only where something follows that is no marker, for the
# markers after a stop belong to the sentence. So a stream may be split as it grows.
_BOUNDARY = re.compile(
    r"(?<=[。！？])(?=\s*[^\s\[])|(?<=[.!?])\s+(?=[\"'“(]?[A-Z\u3400-\u9fff])|(?<=\])\s*(?=[^\s\[。.,，;；])|\n+(?=[^\s\[])"
)
_JOINT = re.compile(
    r"^(?:(?:而且|此外|另外|因此|总之|当然|话虽如此|但同时|但是|但|不过)[,，]?\s*"
    r"|(?:moreover|in addition|therefore|in short|of course|that said|at the same time|however|but)\b[, ]*)+",
    re.I,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def simplified(text: str) -> str:
    """Chinese text in the Simplified script; other text unchanged."""
    return convert(text, "t2s") if _CJK_CHARACTER.search(text) else text


def traditional(text: str) -> str:
    """Chinese text in the Traditional script as Taiwan's standard writes it; other text unchanged."""
    return convert(text, "s2tw") if _CJK_CHARACTER.search(text) else text


def is_traditional(text: str) -> bool:
    """Does the text use characters that only the Traditional script has?"""
    return simplified(text) != text


def tells_script(text: str) -> bool:
    """Does the text use characters that only one of the two scripts has?"""
    return is_traditional(text) or traditional(text) != text


def detect_language(text: str) -> Language:
    """The language a reader of `text` wants to be answered in.

    Technical Chinese is full of English names, so a fifth of Chinese characters among characters plus
    Latin words makes a text Chinese.
    """
    characters = len(_CJK_CHARACTER.findall(text))
    words = len(_LATIN_WORD.findall(text))
    return "zh" if characters and characters >= 0.2 * (characters + words) else "en"


def clean(text: str) -> str:
    """Unicode in composed form without control, zero-width and direction characters, trimmed."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", text)).strip()


def normalise(text: str) -> str:
    """The form in which texts are compared: width, case and script folded, spaces single."""
    text = unicodedata.normalize("NFKC", simplified(text)).casefold()
    return re.sub(r"\s+", " ", text.translate(str.maketrans("‘’“”‐‑–—", "''\"\"----"))).strip()


def split_sentences(text: str) -> list[str]:
    """The sentences of an answer, each with the markers that follow it."""
    return [piece.strip() for piece in _BOUNDARY.split(text) if piece.strip()]


def whole_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Sentences of a stream, each as soon as the next one begins, so that its markers are with it."""
    buffer = ""
    for piece in pieces:
        *whole, buffer = _BOUNDARY.split(buffer + piece)
        yield from (sentence.strip() for sentence in whole if sentence.strip())
    yield from split_sentences(buffer)


def without_joint(text: str) -> str:
    """A sentence without the words at its beginning that join it to the one before."""
    return _JOINT.sub("", text)


def as_sentence(text: str) -> str:
    """A part of a sentence with a capital to begin with and a stop at its end."""
    return stopped(text[:1].upper() + text[1:])


def stopped(text: str) -> str:
    """A text with a stop at its end."""
    return text if ends(text) else text + ("。" if _CJK_CHARACTER.search(text) else ".")


def ends(text: str) -> bool:
    """Does a text end as a sentence does?"""
    return re.search(r"[.。!！?？][\"”」』)）]?$", text) is not None


def split_markers(sentence: str) -> tuple[str, list[int]]:
    """A sentence without its markers, and the numbers they held, in order."""
    numbers: list[int] = []
    for match in _MARKER.finditer(sentence):
        numbers += [int(n) for n in re.findall(r"\d+", match.group(1))]
    text = re.sub(r"\s+([,.;:!?，。；：！？])", r"\1", _MARKER.sub("", sentence)).strip()
    return text, list(dict.fromkeys(numbers))
