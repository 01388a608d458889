"""Does the support check tell a sentence from its likeness that says it of another subject, or praises more?

The twins are of four kinds: one of several told alone, "it" for another thing, an owner put to what has none,
and praise that is not in the evidence.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.citing import Evidence
from assistant.grounding import Support, Vocabulary, check
from assistant.supporting import Claim, Refused, attribute, fit
from corpus.article import LANGUAGES, Language, load
from corpus.chunking import Passage, passages

TWINS: dict[Language, list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "data" / "twins.yaml").read_text(encoding="utf-8")
)
HELD = [(lang, e["from"], text) for lang in LANGUAGES for e in TWINS[lang] for text in e["held"]]
REFUSED = [
    (lang, e["from"], text, e["kind"]) for lang in LANGUAGES for e in TWINS[lang] for text in e["refused"]
]


@cache
def corpus() -> dict[str, Passage]:
    return {passage.id: passage for passage in passages(load())}


@cache
def vocabulary() -> Vocabulary:
    zh, en = ([p.text for p in corpus().values() if p.language == language] for language in ("zh", "en"))
    return Vocabulary.of(zh, en)


def evidence(language: Language, piece: str) -> Evidence:
    """The one sentence of an edition that holds `piece`."""
    (found,) = [
        Evidence(passage, corpus()[passage.counterpart_id], index, index)
        for passage in corpus().values()
        if passage.language == language
        for index, (start, end) in enumerate(passage.sentences)
        if piece in passage.text[start:end]
    ]
    return found


def checked(language: Language, piece: str, text: str) -> Support:
    return check(text, [evidence(language, piece).quote], vocabulary())


@pytest.mark.parametrize(("language", "piece", "text"), HELD)
def test_what_is_said_of_its_subject_holds(language, piece, text):
    support = checked(language, piece, text)
    assert support, support.reason


@pytest.mark.parametrize(("language", "piece", "text", "kind"), REFUSED)
def test_what_is_taken_from_its_subject_is_refused(language, piece, text, kind):
    support = checked(language, piece, text)
    assert not support
    assert support.kind == kind, support.reason


@pytest.mark.parametrize(("language", "piece", "text", "kind"), REFUSED)
def test_instead_of_it_the_article_is_quoted(language, piece, text, kind):
    given = evidence(language, piece)
    attempt = attribute(text, [1], [given], vocabulary(), "")
    assert isinstance(attempt, Refused)
    shown = fit(attempt, "")
    assert shown == Claim(given.text, (given,), "quoted", "stands in the article word for word")


@pytest.mark.parametrize(
    ("language", "pieces", "text", "held"),
    [
        ("en", ("In short, in academia", "early graduate course that prepares"),
         "In academia, choose PyTorch, because it prepares students for deep learning research.", False),
        ("en", ("In short, in academia", "you will very probably use PyTorch"),
         "In academia, please choose PyTorch, because most SOTA models work in it.", True),
        ("zh", ("总之,在工业界", "如果课程的重点是培养"),
         "在工业界请选择 TensorFlow,因为它的重点是培养具备行业技能的深度学习工程师。", False),
        ("zh", ("总之,在工业界", "因为它是首选的行业框架"),
         "在工业界请选择 TensorFlow,因为它是首选的行业框架。", True),
    ],
)  # fmt: skip
def test_a_clause_that_holds_alone_may_not_in_its_sentence(language, pieces, text, held):
    """What "it" is shows only in the whole sentence, though each clause has a sentence that supports it."""
    given = [evidence(language, piece) for piece in pieces]
    assert isinstance(attribute(text, [1, 2], given, vocabulary(), ""), Claim if held else Refused)
