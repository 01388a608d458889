"""Passages: exact spans, stable ids, one counterpart each."""

import re
from dataclasses import replace

from corpus.article import Article, Edition, Paragraph, load
from corpus.chunking import LIMIT, Passage, passages

ARTICLE = load()
PASSAGES = passages(ARTICLE)
BY_ID = {passage.id: passage for passage in PASSAGES}


def without(article: Article, section: str) -> Article:
    """The article with the first paragraph of a section taken out of both editions."""

    def shorter(edition: Edition) -> Edition:
        gone = next(p for p in edition.paragraphs if p.section.id == section)
        return replace(edition, paragraphs=tuple(p for p in edition.paragraphs if p is not gone))

    return Article(zh=shorter(article.zh), en=shorter(article.en))


def test_spans_are_exact() -> None:
    paragraphs = {(e.language, p.id): p for e in (ARTICLE.zh, ARTICLE.en) for p in e.paragraphs}
    for passage in PASSAGES:
        paragraph = paragraphs[passage.language, passage.paragraph_id]
        assert passage.text == paragraph.text[passage.start : passage.end]
        assert passage.path == paragraph.section.path
        for start, end in passage.sentences:
            assert passage.text[start:end] in paragraph.sentences


def test_every_sentence_stands_in_one_passage() -> None:
    for edition in (ARTICLE.zh, ARTICLE.en):
        written = [sentence for paragraph in edition.paragraphs for sentence in paragraph.sentences]
        cut = [p.text[a:b] for p in PASSAGES if p.language == edition.language for a, b in p.sentences]
        assert cut == written


def test_counterparts_pair_off() -> None:
    for passage in PASSAGES:
        other = BY_ID[passage.counterpart_id]
        assert other.counterpart_id == passage.id
        assert other.language != passage.language
        assert (other.section, other.paragraph_id) == (passage.section, passage.paragraph_id)
        assert len(other.sentences) == len(passage.sentences)
    assert len({passage.counterpart_id for passage in PASSAGES}) == len(PASSAGES)


def test_ids_are_unique_and_speak_of_their_section() -> None:
    assert len(BY_ID) == len(PASSAGES)
    for passage in PASSAGES:
        assert re.fullmatch(rf"{passage.language}-{passage.section}-\d\d", passage.id)


def test_ids_survive_a_change_elsewhere() -> None:
    def elsewhere(all_passages: tuple[Passage, ...]) -> list[Passage]:
        return [passage for passage in all_passages if passage.section != "industry"]

    changed = passages(without(ARTICLE, "industry"))
    assert len(changed) < len(PASSAGES)
    assert elsewhere(changed) == elsewhere(PASSAGES)


def test_passages_are_short_and_many() -> None:
    chinese = [passage for passage in PASSAGES if passage.language == "zh"]
    assert 80 <= len(chinese) <= 110
    assert all(len(p.text) <= LIMIT or len(p.sentences) == 1 for p in chinese)


def test_the_closing_lines_are_passages() -> None:
    assert "https://www.assemblyai.com/blog/pytorch-vs-tensorflow-in-2022/" in BY_ID["zh-source-01"].text
    assert BY_ID["en-source-02"].text.startswith("This article is shared")


def test_a_sentence_beyond_the_limit_stands_alone() -> None:
    section = ARTICLE.zh.sections[0]

    def edition(language: str, lines: tuple[str, ...], joiner: str) -> Edition:
        paragraph = Paragraph("intro.1", section, lines, joiner.join(lines))
        return Edition(language, (section,), (paragraph,))  # type: ignore[arg-type]

    long = "长" * LIMIT + "。"
    article = Article(
        edition("zh", ("短。", long, "短。", "短。"), ""), edition("en", ("a", "b", "c", "d"), " ")
    )
    assert [p.text for p in passages(article)] == ["短。", long, "短。短。", "a", "b", "c d"]
