"""The two editions as data: sections, paragraphs and sentences, aligned one to one."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Section:
    """A heading and its place in the outline; `path` holds the titles from the top down to this one."""

    id: str
    level: int
    title: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of one edition. Sentence i is the translation of sentence i in the other edition."""

    id: str
    section: Section
    sentences: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Edition:
    """One language's text, whole."""

    language: Language
    sections: tuple[Section, ...]
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Article:
    """Both editions, held aligned: the same section, paragraph and sentence structure."""

    zh: Edition
    en: Edition
