"""The way from the damaged source to zh.md, and back."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import load, parse
from corpus.chunking import passages
from corpus.errors import CorpusError
from corpus.files import stored
from corpus.restore import Repair, main, parse_repairs, restore, restored, sentences, trace

SOURCE = stored("source.txt").read_bytes().decode("utf-8")
REPAIRS = parse_repairs(stored("repairs.yaml").read_text("utf-8"))
ZH = stored("zh.md").read_bytes().decode("utf-8")


def of_kind(kind: str) -> list[Repair]:
    return [repair for repair in REPAIRS if repair.kind == kind]


def misread(text: str, reading: str) -> str:
    """What became of `text`: its GBK bytes with a reading put in one byte late, then decoded again.

    A lead byte swallows the parenthesis and turns into a question mark, pairs that mean nothing vanish, and
    full-width signs become narrow.
    """
    data = text.encode("gbk")
    data = data[:1] + b"(" + reading.encode("gbk") + b")" + data[1:]
    result, position = "", 0
    while position < len(data):
        width = 1 if data[position] < 0x80 else 2
        unit = data[position : position + width]
        result += "?" if unit.endswith(b"(") else unit.decode("gbk", errors="ignore")
        position += width
    return unicodedata.normalize("NFKC", result)


def test_zh_is_the_source_restored_byte_for_byte() -> None:
    assert restore(SOURCE, REPAIRS).markdown.encode("utf-8") == stored("zh.md").read_bytes()
    assert main(["--check"]) == 0


def test_nothing_of_the_damage_is_left() -> None:
    text = "".join(paragraph.text for paragraph in load().zh.paragraphs)
    assert "\ufffd" not in ZH
    assert not re.search("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜɡ]", ZH)
    # Everything is Chinese, ASCII or one of these signs: no accent, no Greek letter, no symbol.
    assert not re.sub(r"[\u4e00-\u9fff\x20-\x7e\n。、「」—]", "", text)
    # A question mark ends a sentence, and each is known to be a question.
    questions = [sentence for p in load().zh.paragraphs for sentence in p.sentences if "?" in sentence]
    assert all(sentence.endswith("?") and sentence.count("?") == 1 for sentence in questions)
    assert len(questions) == 4
    assert not re.search("[樗幌盗锌梢蕴岣疃葘谏鷳蟮姆绞幚斫撛趺崔鞘鼈兌陚涞臋]", text)


def test_no_traditional_character_is_left() -> None:
    from opencc import OpenCC

    assert OpenCC("t2s").convert(ZH) == ZH


def test_every_mis_decoded_span_follows_from_its_bytes() -> None:
    spans = of_kind("mojibake")
    assert len(spans) == 6
    for repair in spans:
        reading = re.match(r"\?(\w+)\)", repair.damaged)
        assert reading
        damage = misread(repair.traditional, reading[1])
        assert repair.damaged.removesuffix("(xué)") == damage


def test_the_stray_question_mark_and_the_typing_error_are_recorded() -> None:
    assert [(SOURCE[r.start - 5 : r.end + 1], r.restored) for r in of_kind("stray")] == [("gRPC ?服", "")]
    assert [(SOURCE[r.start : r.end + 1], r.restored) for r in of_kind("typo")] == [("要戶", "用")]
    assert "在 gRPC 服务器上部署模型" in ZH
    assert "用户可以更改 Playground" in ZH


@pytest.mark.parametrize(
    "kept", ["(model tag)", "(TFX)", "(ASR)", "(模型可用性)", "(部署便捷性)", "(和 Serving 一起使用)"]
)
def test_legitimate_parentheses_survive(kept: str) -> None:
    assert kept in ZH


def test_every_character_of_the_source_is_accounted_for() -> None:
    result = restored()
    covered = {i for spans in result.spans.values() for start, end in spans for i in range(start, end)}
    covered |= {i for start, end in result.headings.values() for i in range(start, end)}
    covered |= {i for r in (*of_kind("banner"), *of_kind("stray")) for i in range(r.start, r.end)}
    assert {SOURCE[i] for i in set(range(len(SOURCE))) - covered} == {"\n"}


def test_every_character_of_zh_has_a_span_in_the_source() -> None:
    spans = restored().spans
    damaged = {(repair.start, repair.end) for repair in of_kind("mojibake")}
    for paragraph in load().zh.paragraphs:
        assert len(spans[paragraph.id]) == len(paragraph.text)
        for char, (start, end) in zip(paragraph.text, spans[paragraph.id], strict=True):
            assert start < end
            if char.isascii() and (start, end) not in damaged:
                assert SOURCE[start] == char


def test_runs_lead_from_a_passage_to_its_source() -> None:
    for passage in passages(load()):
        runs = trace(passage)
        if passage.language == "en":
            assert runs == []
            continue
        assert "".join(passage.text[start:end] for start, end, _, _ in runs) == passage.text
        for start, end, source_start, source_end in runs:
            assert source_end - source_start >= end - start or "?" in SOURCE[source_start:source_end]
            if passage.text[start:end].isascii():
                assert SOURCE[source_start:source_end] == passage.text[start:end]


def test_a_repair_that_does_not_fit_the_source_is_named() -> None:
    shifted = [Repair(r.start + 1, r.end + 1, r.kind, r.damaged, r.restored, r.why) for r in REPAIRS[:1]]
    with pytest.raises(CorpusError, match=r"the banner at 1-67 quotes .* but source.txt has"):
        restore(SOURCE, shifted)


def test_overlapping_repairs_are_refused() -> None:
    with pytest.raises(CorpusError, match="overlaps"):
        restore(SOURCE, [REPAIRS[0], REPAIRS[0]])


@pytest.mark.parametrize(
    "entry",
    [
        "- {span: [0, 1], kind: magic, why: x}",
        "- {kind: stray}",
        "- 3",
        "span: [",
        "- {span: 3, kind: stray, why: x}",
    ],
)
def test_an_entry_that_is_no_repair_is_refused(entry: str) -> None:
    with pytest.raises(CorpusError, match="not a repair"):
        parse_repairs(entry)


def test_repairs_say_why() -> None:
    assert all(len(repair.why) > 20 for repair in REPAIRS)


@given(st.text(alphabet="字A ,。!?」.1", max_size=40))
def test_sentences_join_to_their_text(text: str) -> None:
    pieces = sentences(text)
    assert "".join(pieces) == text
    assert all(pieces)


def test_sentences_end_at_their_own_signs_only() -> None:
    assert sentences("用「A。」再用 fast.ai 和 1.9+;好吗?好。") == [
        "用「A。」",
        "再用 fast.ai 和 1.9+;好吗?",
        "好。",
    ]


def test_editorial_headings_stand_in_no_passage() -> None:
    edition = parse(ZH, "zh")
    assert {repair.id for repair in REPAIRS if repair.id} == {s.id for s in edition.sections} | {"title"}
    source = restore(SOURCE, REPAIRS)
    assert all(source.headings[r.id][0] == source.headings[r.id][1] for r in of_kind("inserted-heading"))
    assert {r.id for r in of_kind("heading")} == {"deployment", "ecosystem", "choosing", "career"}
