"""Paragraphs become passages of one to a few sentences, cut alike in both editions."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from corpus.article import JOINER, LANGUAGES, Article, Language, Paragraph

LIMIT = 150
"""Chinese characters a passage may have; a longer sentence stands alone. The English cut follows."""


@dataclass(frozen=True)
class Passage:
    """What is retrieved and cited.

    `text` is `paragraph.text[start:end]`. `sentences` holds (start, end) character spans into `text`;
    sentence i is the translation of sentence i of the counterpart.
    """

    id: str
    language: Language
    section: str
    paragraph_id: str
    start: int
    end: int
    text: str
    sentences: tuple[tuple[int, int], ...]
    counterpart_id: str
    path: tuple[str, ...] = ()


@cache
def passages(article: Article) -> tuple[Passage, ...]:
    """Every passage of both editions, in reading order, the Chinese ones first.

    Ids are `language-section-NN`, counted within the section, so that one section's edit leaves the ids of
    the others alone. The counterpart of a passage has the same id in the other language.
    """
    cuts = {paragraph.id: tuple(cut(paragraph)) for paragraph in article.zh.paragraphs}
    return tuple(
        passage
        for language in LANGUAGES
        for passage in _edition_passages(article.edition(language).paragraphs, cuts, language)
    )


def cut(paragraph: Paragraph) -> Iterator[range]:
    """Group a Chinese paragraph's sentences into ranges of numbers, each as long as LIMIT allows."""
    first, length = 0, 0
    for number, sentence in enumerate(paragraph.sentences):
        if length and length + len(sentence) > LIMIT:
            yield range(first, number)
            first, length = number, 0
        length += len(sentence)
    yield range(first, len(paragraph.sentences))


def _edition_passages(
    paragraphs: tuple[Paragraph, ...], cuts: dict[str, tuple[range, ...]], language: Language
) -> Iterator[Passage]:
    other = "en" if language == "zh" else "zh"
    counts: dict[str, int] = {}
    for paragraph in paragraphs:
        section = paragraph.section
        spans = _sentence_spans(paragraph, language)
        for group in cuts[paragraph.id]:
            number = counts[section.id] = counts.get(section.id, 0) + 1
            start, end = spans[group[0]][0], spans[group[-1]][1]
            yield Passage(
                id=f"{language}-{section.id}-{number:02d}",
                language=language,
                section=section.id,
                paragraph_id=paragraph.id,
                start=start,
                end=end,
                text=paragraph.text[start:end],
                sentences=tuple((spans[i][0] - start, spans[i][1] - start) for i in group),
                counterpart_id=f"{other}-{section.id}-{number:02d}",
                path=section.path,
            )


def _sentence_spans(paragraph: Paragraph, language: Language) -> list[tuple[int, int]]:
    spans, position = [], 0
    for sentence in paragraph.sentences:
        spans.append((position, position + len(sentence)))
        position += len(sentence) + len(JOINER[language])
    return spans
