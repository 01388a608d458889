"""The labelled questions are well formed, and every quote in them stands in the Chinese edition."""

import json
import re
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SETS = sorted(
    path for room in ("evaluation", "tests") for path in (ROOT / room / "questions").glob("*.jsonl")
)
OURS = [path for path in SETS if path.stem != "dev"]
FIELDS = {
    "id",
    "lang",
    "type",
    "history",
    "question",
    "answerable",
    "must",
    "must_not",
    "evidence",
    "recommend",
}
AUDIENCES = {"industry", "researcher", "professor", "career", "hobbyist", "beginner"}


def fold(text: str) -> str:
    """`text` without spaces, quotation marks or case: the form in which quotes are looked for."""
    text = unicodedata.normalize("NFKC", text).translate(str.maketrans("‘’“”", "''\"\"")).casefold()
    return re.sub(r"[\s\"'「」『』]+", "", text)


def read(path: Path) -> list[dict]:
    """The questions of one set."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def article() -> str:
    """The folded Chinese edition."""
    return fold((ROOT / "corpus" / "article" / "zh.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_every_item_has_the_format_of_the_scorer(path: Path) -> None:
    items = read(path)
    letter = path.stem[0]
    assert [item["id"] for item in items] == [f"{letter}-{n:03d}" for n in range(1, len(items) + 1)]
    for item in items:
        assert set(item) == FIELDS, item["id"]
        assert item["lang"] in {"zh", "zh-Hant", "en", "mixed"}, item["id"]
        assert [turn["role"] for turn in item["history"]] == ["user", "assistant"] * (
            len(item["history"]) // 2
        )
        for pattern in [p for group in item["must"] for p in group] + item["must_not"]:
            re.compile(pattern)
        if item["recommend"]:
            assert item["recommend"]["audience"] in AUDIENCES, item["id"]


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_answerable_items_carry_evidence_and_the_others_none(path: Path) -> None:
    for item in read(path):
        assert bool(item["evidence"]) == item["answerable"], item["id"]
        assert not item["answerable"] or (item["must"] and all(item["must"])), item["id"]


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_every_quote_stands_in_the_chinese_edition(path: Path, article: str) -> None:
    missing = [
        (item["id"], quote)
        for item in read(path)
        for group in item["evidence"]
        for quote in group
        if fold(quote) not in article
    ]
    assert missing == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_tenth_or_more_is_not_answered_by_the_article(path: Path) -> None:
    items = read(path)
    assert sum(not item["answerable"] for item in items) >= len(items) / 10


def test_no_question_is_asked_twice() -> None:
    asked = [
        (item["question"], tuple(turn["content"] for turn in item["history"]))
        for path in SETS
        for item in read(path)
    ]
    assert len(asked) == len(set(asked))
