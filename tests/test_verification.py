"""Does verification pass true answers and name what is wrong with altered ones?"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import rules
from assistant.answer import Answer, Sentence, Timings
from assistant.citing import Evidence, Ledger
from assistant.text import traditional
from assistant.verification import verify_answer, verify_file
from corpus import article, chunking
from corpus.errors import InputError

PASSAGES = {passage.id: passage for passage in chunking.passages(article.load())}
CLAIMS = {
    "zh": [
        ("TorchServe 由 AWS 与 Facebook 合作开发,2020 年发布。", "TorchServe 是 AWS 和 Facebook"),
        ("JAX 本身不是神经网络框架,而是更接近于具有自动微分能力的 GPU/TPU 的 NumPy 实现。", "JAX 本身不是"),
    ],
    "en": [
        ("PyTorch Live came out in early December.", "released in early December"),
        ("Only 16% of the models can be used in TensorFlow.", "only 16% of the models can be used"),
    ],
}  # fmt: skip


def evidence(language: str, piece: str) -> Evidence:
    return next(
        Evidence.of(passage, PASSAGES[passage.counterpart_id], index)
        for passage in PASSAGES.values()
        if passage.language == language
        for index, (start, end) in enumerate(passage.sentences)
        if piece in passage.text[start:end]
    )


def true_answer(language: Any = "zh", script: Callable[[str], str] = str) -> dict[str, Any]:
    """An answer as the engine builds it, as JSON data."""
    ledger, sentences, shown = Ledger(), [], []
    for text, piece in CLAIMS[language]:
        markers, _ = ledger.cite([evidence(language, piece)])
        verdict = "quoted" if "NumPy" in text else "supported"
        sentences.append(Sentence(text=script(text), citations=markers, verdict=verdict, reason=""))
        shown.append(script(text) + "".join(f"[{marker}]" for marker in markers))
    answer = Answer(
        id="a1",
        question="TorchServe 是谁做的?" if language == "zh" else "When did PyTorch Live come out?",
        language=language,
        answer="".join(shown) if language == "zh" else " ".join(shown),
        abstained=False,
        sentences=sentences,
        citations=ledger.citations,
        also_read=[],
        timings=Timings(),
        model="test",
    )
    return json.loads(answer.model_dump_json())


def kinds(answer: dict[str, Any]) -> set[str]:
    return {finding.kind for finding in verify_answer(answer)}


def reword(answer: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The answer with one of its own sentences reworded, in the list and in the text shown."""
    for sentence in answer["sentences"]:
        sentence["text"] = sentence["text"].replace(old, new)
    answer["answer"] = answer["answer"].replace(old, new)
    return answer


def requote(answer: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The answer with its first quote altered everywhere it stands."""
    citation = answer["citations"][0]
    for field in ("quote", "text"):
        citation[field] = citation[field].replace(old, new)
    citation["end"] = citation["start"] + len(citation["quote"])
    return answer


def twin(answer: dict[str, Any]) -> dict[str, Any]:
    return answer["citations"][0]["counterpart"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_true_answer_holds(language):
    assert verify_answer(true_answer(language)) == []


def test_a_true_answer_in_traditional_script_holds():
    assert verify_answer(true_answer("zh", traditional)) == []


@pytest.mark.parametrize("script", [str, traditional])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_advice_of_every_leaf_holds(language, script):
    for chart in rules.load_flowcharts().values():
        for leaf in chart.leaves:
            quote = next(support.quote for support in leaf.evidence if support.role == "recommends")
            cited = rules.decision.cited(quote, language)
            passage = PASSAGES[cited.passage_id]
            index = next(
                i for i, (s, e) in enumerate(passage.sentences) if s <= passage.text.index(cited.quote) < e
            )
            ledger = Ledger()
            markers, _ = ledger.cite([Evidence.of(passage, PASSAGES[passage.counterpart_id], index)])
            text = script(leaf.text[language])
            answer = true_answer(language) | {
                "sentences": [{"text": text, "citations": markers, "verdict": "rule", "reason": ""}],
                "citations": [json.loads(citation.model_dump_json()) for citation in ledger.citations],
                "answer": text + "[1]",
            }
            assert verify_answer(answer) == []


@pytest.mark.parametrize(
    ("alter", "kind"),
    [
        (lambda a: reword(a, "2020", "2021"), "altered number"),
        (lambda a: reword(a, "AWS 与", "微软与"), "altered name"),
        (lambda a: reword(a, "本身不是", "本身是"), "flipped polarity"),
        (lambda a: reword(a, "而是更接近", "而是一定接近"), "altered strength"),
        (lambda a: reword(a, "TorchServe 由 AWS", "AWS 由 TorchServe"), "said of another thing"),
        (lambda a: requote(a, "2020", "2021"), "altered number"),
        (lambda a: requote(a, "AWS", "JAX"), "altered name"),
        (lambda a: requote(a, "是 AWS", "不是 AWS"), "flipped polarity"),
        (lambda a: requote(a, "开源部署框架", "部署开源框架"), "altered quote"),
        (lambda a: requote(a, a["citations"][0]["quote"], "天气很好,适合散步。"), "fabricated"),
        (lambda a: a["citations"][0].update(passage_id="zh-nowhere-01") or a, "fabricated"),
        (lambda a: a["citations"][0].update(start=0, end=3) or a, "misplaced quote"),
        (lambda a: a["citations"][0].update(section="封面") or a, "altered source"),
        (lambda a: twin(a).update(passage_id="en-intro-01") or a, "wrong counterpart"),
        (lambda a: twin(a).update(quote="PyTorch wins.") or a, "wrong counterpart"),
        (lambda a: a["sentences"][0].update(citations=[]) or a, "not cited"),
        (lambda a: a["sentences"][0].update(citations=[7]) or a, "not cited"),
        (lambda a: a["sentences"][0].update(citations=[2]) or a, "wrong passage"),
        (lambda a: a["sentences"][0].update(verdict="quoted") or a, "altered quote"),
        (lambda a: a["sentences"][0].update(verdict="rule") or a, "altered rule"),
        (lambda a: a.update(answer=a["answer"] + "而且完全免费。") or a, "fabricated"),
        (lambda a: a.update(abstained=True) or a, "malformed"),
        (lambda a: a.pop("citations") and a, "malformed"),
    ],
)  # fmt: skip
def test_what_was_altered_is_named(alter, kind):
    assert kind in kinds(alter(true_answer("zh")))


def test_a_quote_put_together_from_two_places_is_spliced():
    answer = true_answer("zh")
    mixed = "TorchServe 是 AWS 和 Facebook 合作的开源部署框架,在第一轮(模型可用性)的对比中,PyTorch 完胜。"
    citation = answer["citations"][0]
    requote(answer, citation["quote"], mixed)
    assert "spliced quote" in kinds(answer)


def test_a_quote_of_another_passage_is_a_wrong_passage():
    answer = true_answer("zh")
    first, second = answer["citations"]
    first.update(quote=second["quote"], start=second["start"], end=second["end"])
    assert "wrong passage" in kinds(answer)


def test_advice_is_walked_again():
    outcome = rules.decide("industry", {"target": "embedded"})
    told = json.loads(outcome.recommendation("en").model_dump_json())
    assert kinds(true_answer("en") | {"recommendation": told}) == set()
    assert kinds(true_answer("en") | {"recommendation": told | {"frameworks": ["PyTorch"]}}) == {
        "altered rule"
    }
    assert kinds(true_answer("en") | {"recommendation": told | {"facts": {"target": "moon"}}}) == {
        "altered rule"
    }


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_letter_of_a_citation_can_change_unnoticed(data):
    answer = true_answer("en")
    citation = data.draw(st.sampled_from(answer["citations"]))
    holder = data.draw(st.sampled_from([citation, citation["counterpart"]]))
    field = data.draw(st.sampled_from(["text", "quote", "passage_id"]))
    letters = [at for at, letter in enumerate(holder[field]) if re.match(r"\w", letter)]
    at = data.draw(st.sampled_from(letters))
    holder[field] = holder[field][:at] + "§" + holder[field][at + 1 :]
    assert verify_answer(answer)


def test_files_of_any_shape_are_read(tmp_path):
    good, bad = true_answer("en"), reword(true_answer("zh"), "2020", "1999") | {"id": "a2"}
    shapes = {
        "object.json": json.dumps(bad),
        "list.json": json.dumps([good, bad]),
        "lines.jsonl": "\n".join(
            json.dumps(line) for line in (good, {"id": "x", "error": {"detail": "no"}}, bad)
        ),
        "chat.json": json.dumps({"messages": [{"role": "assistant", "assistant": bad}, {"role": "user"}]}),
    }
    for name, text in shapes.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (found,) = verify_file(tmp_path / name)
        assert found.kind == "altered number" and "1999" in found.sentence and "a2" in found.where
    assert "line 3" in verify_file(tmp_path / "lines.jsonl")[0].where


@pytest.mark.parametrize("text", ["", "no json", '{"id": "x"}', "[1, 2]", "{}\n{broken"])
def test_a_file_without_answers_is_an_input_error(tmp_path, text):
    (tmp_path / "file").write_text(text)
    with pytest.raises(InputError):
        verify_file(tmp_path / "file")
    with pytest.raises(InputError):
        verify_file(tmp_path / "absent")


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@settings(max_examples=60, deadline=None)
def test_any_object_is_judged_without_an_error(value):
    if isinstance(value, dict):
        assert verify_answer(value)
