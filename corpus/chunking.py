"""Paragraphs become passages of one to a few sentences, cut alike in both editions."""

from dataclasses import dataclass

from corpus.article import Language


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
