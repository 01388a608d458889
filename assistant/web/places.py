"""Where things stand in the article: its text as the page shows it, and the way from a citation to it.

A place is written `section-01:2-3`: sentences 2 to 3 of passage 01 of a section, the same in both editions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from assistant.citing import heading
from corpus import article, chunking
from corpus.article import Language
from corpus.chunking import Passage

LANGUAGES: tuple[Language, Language] = ("zh", "en")


@dataclass(frozen=True)
class Row:
    """A paragraph in both editions: (place, sentence) for each sentence."""

    zh: tuple[tuple[str, str], ...]
    en: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """A section: its heading in both editions and its paragraphs. `level` is 2 or 3."""

    id: str
    level: int
    zh: str
    en: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Excerpt:
    """A passage to point at: its section, its text in one edition and its place."""

    section: str
    text: str
    at: str
    language: Language


@cache
def parts() -> tuple[Part, ...]:
    """The article in reading order."""
    text = article.load()
    rows = {paragraph: _row(paragraph) for paragraph in {p.paragraph_id for p in _passages().values()}}
    return tuple(
        Part(
            zh.id,
            zh.level,
            zh.title,
            en.title,
            tuple(rows[p.id] for p in text.zh.paragraphs if p.section.id == zh.id),
        )
        for zh, en in zip(text.zh.sections, text.en.sections, strict=True)
    )


def titles() -> dict[Language, str]:
    """The article's title in both editions."""
    text = article.load()
    return {"zh": text.zh.title, "en": text.en.title}


def place(passage_id: str, start: int = 0, end: int | None = None) -> str:
    """The place of the characters start to end of a passage; empty where the article has no such passage."""
    found = _passages().get(passage_id)
    if found is None:
        return ""
    until = len(found.text) if end is None else end
    touched = [i for i, (first, last) in enumerate(found.sentences) if first < until and start < last]
    return f"{passage_id[3:]}:{touched[0]}-{touched[-1]}" if touched else ""


def place_of(passage_id: str, quote: str) -> str:
    """The place of a quote in a passage."""
    found = _passages().get(passage_id)
    start = found.text.find(quote) if found else -1
    return place(passage_id, start, start + len(quote)) if start >= 0 else place(passage_id)


def excerpts(passage_ids: Sequence[str]) -> list[Excerpt]:
    """The passages of these ids, as far as the article has them."""
    found = [_passages()[name] for name in passage_ids if name in _passages()]
    return [Excerpt(heading(p), p.text, place(p.id), p.language) for p in found]


def passage(passage_id: str) -> Passage:
    """A passage that exists."""
    return _passages()[passage_id]


def counterpart(passage_id: str) -> Passage:
    """The same passage in the other edition."""
    return _passages()[_passages()[passage_id].counterpart_id]


def _row(paragraph_id: str) -> Row:
    mine = [p for p in _passages().values() if p.paragraph_id == paragraph_id]
    sides = {
        language: tuple(
            (f"{one.id[3:]}-{number}", one.text[start:end])
            for one in group
            for number, (start, end) in enumerate(one.sentences)
        )
        for language, group in groupby(mine, key=lambda one: one.language)
    }
    return Row(sides["zh"], sides["en"])


@cache
def _passages() -> dict[str, Passage]:
    return {one.id: one for one in chunking.passages(article.load())}
