"""The two editions as data: sections, paragraphs and sentences, aligned one to one.

An edition is Markdown: `## title {#id}` opens a section, a blank line ends a paragraph, and a line is a
sentence (or two in English where Chinese needs one): line i of a paragraph translates line i of the other
edition. Lines that start with `>` are notes about the file and no part of the text.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from corpus.errors import CorpusError
from corpus.files import RECORDED, read_verified, stored

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, Language] = ("zh", "en")
JOINER: dict[Language, str] = {"zh": "", "en": " "}

HEADING = re.compile(r"(#{1,3}) (.+) \{#([a-z0-9-]+)\}")


@dataclass(frozen=True)
class Section:
    """A heading and its place in the outline; `path` holds the titles from the top down to this one."""

    id: str
    level: int
    title: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of one edition. Sentence i is the translation of sentence i in the other edition.

    `id` is the section's id and the paragraph's number in it, `deployment.2`, the same in both editions.
    `text` is the sentences joined: with nothing in Chinese, with a space in English.
    """

    id: str
    section: Section
    sentences: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Edition:
    """One language's text, whole. `title` is the article's; it is no section."""

    language: Language
    sections: tuple[Section, ...]
    paragraphs: tuple[Paragraph, ...]
    title: str = ""


@dataclass(frozen=True)
class Article:
    """Both editions, held aligned: the same section, paragraph and sentence structure."""

    zh: Edition
    en: Edition

    def edition(self, language: Language) -> Edition:
        """The edition in `language`."""
        return self.zh if language == "zh" else self.en


@cache
def load() -> Article:
    """Both editions from the installed package.

    Raises CorpusError, naming the file and the command that mends it, when a file of corpus/article is not
    the one its manifest records.
    """
    texts = {name: read_verified(name) for name in RECORDED}
    return Article(zh=parse(texts["zh.md"], "zh"), en=parse(texts["en.md"], "en"))


def corpus_hash() -> str:
    """SHA-256 over the editions and the flowcharts: what an index or a cache of this corpus depends on."""
    digest = hashlib.sha256()
    for name in ("zh.md", "en.md", "flowcharts.yaml"):
        path = stored(name)
        digest.update(hashlib.sha256(path.read_bytes()).digest() if path.exists() else b"absent")
    return digest.hexdigest()


def parse(markdown: str, language: Language) -> Edition:
    """Read an edition. Raises CorpusError for a heading without an id, an id used twice or stray text."""
    title = ""
    outline: list[Section] = []
    paragraphs: list[Paragraph] = []
    for block in _blocks(markdown):
        if not block[0].startswith("#"):
            paragraphs.append(_paragraph(block, outline, paragraphs, language))
            continue
        heading = HEADING.fullmatch(block[0])
        if heading is None or len(block) > 1:
            raise CorpusError(
                f"{language}.md: {block[0]!r} is not a heading on a line of its own like `## Title {{#id}}`; "
                "mend it."
            )
        level, text, section_id = len(heading[1]), heading[2], heading[3]
        if level == 1:
            title = text
        else:
            outline.append(_section(section_id, level, text, outline, language))
    return Edition(language, tuple(outline), tuple(paragraphs), title)


def _blocks(markdown: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in (*markdown.split("\n"), ""):
        if line and not line.startswith(">"):
            block.append(line)
        elif block and not line:
            yield block
            block = []


def _section(section_id: str, level: int, title: str, outline: list[Section], language: Language) -> Section:
    if any(section.id == section_id for section in outline):
        raise CorpusError(f"{language}.md: two headings have the id {section_id!r}; every id stands once.")
    above = next((section.path for section in reversed(outline) if section.level < level), ())
    return Section(section_id, level, title, (*above, title))


def _paragraph(
    lines: list[str], outline: list[Section], earlier: list[Paragraph], language: Language
) -> Paragraph:
    if not outline:
        raise CorpusError(f"{language}.md: {lines[0]!r} stands before the first `## ` heading; give it one.")
    section = outline[-1]
    number = 1 + sum(paragraph.section is section for paragraph in earlier)
    return Paragraph(f"{section.id}.{number}", section, tuple(lines), JOINER[language].join(lines))
