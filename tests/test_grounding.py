"""Does the support check refuse every lie and hold every honest sentence?

The lies are made by `alterations` from the article itself and from honest paraphrases of it.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from alterations import alterations
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.grounding import (
    Quote,
    Vocabulary,
    check,
    coverage,
    evades,
    negated,
    numbers,
    settle_lead,
)
from assistant.text import traditional
from corpus.article import LANGUAGES, Language, load
from corpus.chunking import passages

PARAPHRASES = Path(__file__).parent / "data" / "paraphrases.yaml"
LIES = Path(__file__).parent / "data" / "lies.yaml"
LEAD = re.compile(r"(?:Yes|No|是的|不是|没有|可以|不會|不会)[,，] ?")


class Case(NamedTuple):
    language: Language
    text: str
    quotes: tuple[Quote, ...]

    @property
    def evidence(self) -> str:
        return " ".join(quote.text for quote in self.quotes)


@cache
def sentences() -> tuple[Case, ...]:
    """Every sentence of both editions, resting on itself."""
    by_id = {passage.id: passage for passage in passages(load())}
    return tuple(
        Case(passage.language, text, (Quote(text, twin.text[there[0] : there[1]]),))
        for passage in by_id.values()
        for twin in (by_id[passage.counterpart_id],)
        for here, there in zip(passage.sentences, twin.sentences, strict=True)
        for text in (passage.text[here[0] : here[1]],)
    )


@cache
def vocabulary() -> Vocabulary:
    texts = {language: [p.text for p in passages(load()) if p.language == language] for language in LANGUAGES}
    return Vocabulary.of(texts["zh"], texts["en"])


def quote(language: Language, piece: str) -> Quote:
    """The one sentence of an edition that holds `piece`."""
    (found,) = [c.quotes[0] for c in sentences() if c.language == language and piece in c.text]
    return found


@cache
def paraphrases() -> tuple[Case, ...]:
    written = yaml.safe_load(PARAPHRASES.read_text(encoding="utf-8"))
    return tuple(
        Case(language, entry["say"], tuple(dict.fromkeys(quote(language, piece) for piece in entry["from"])))
        for language in LANGUAGES
        for entry in written[language]
    )


def altered(cases: tuple[Case, ...]) -> Iterator[tuple[str, Case]]:
    """(kind of alteration, the altered case); a leading yes or no stays as it is."""
    for case in cases:
        lead = match.group() if (match := LEAD.match(case.text)) else ""
        for kind, text in alterations(case.text[len(lead) :], case.evidence, case.language):
            yield kind, case._replace(text=lead + text)
        yield from miscited(case)


def miscited(case: Case) -> Iterator[tuple[str, Case]]:
    """The case resting on the sentence before or after its own, or on one far away."""
    own = [c for c in sentences() if c.language == case.language]
    at = next(i for i, c in enumerate(own) if c.quotes[0] == case.quotes[0])
    for step in (1, -1, 61):
        other = own[(at + step) % len(own)].quotes
        if other[0] not in case.quotes:
            yield "citation", case._replace(quotes=other)


def rate(cases: list[tuple[str, Case]]) -> tuple[float, Counter[str], list[str]]:
    """(share refused, how many of each kind, the altered texts that passed)."""
    kinds = Counter(kind for kind, _ in cases)
    passed = [
        f"{kind}: {c.text} | {c.evidence[:80]}" for kind, c in cases if check(c.text, c.quotes, vocabulary())
    ]
    return 1 - len(passed) / len(cases), kinds, passed


def test_the_articles_own_sentences_hold():
    assert [case.text for case in sentences() if not check(case.text, case.quotes, vocabulary())] == []


def test_honest_paraphrases_hold():
    refused = [case.text for case in paraphrases() if not check(case.text, case.quotes, vocabulary())]
    assert len(paraphrases()) >= 120
    assert len(refused) <= 0.02 * len(paraphrases()), refused


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", [sentences, paraphrases])
def test_alterations_are_caught(source, language):
    cases = list(altered(tuple(case for case in source() if case.language == language)))
    caught, kinds, passed = rate(cases)
    assert len(cases) >= 500
    assert {"number", "renumbered", "name", "stranger", "swap", "negation", "denial"} <= set(kinds)
    assert {"comparison", "limit", "modality", "citation"} <= set(kinds)
    assert caught >= 0.99, passed


@pytest.mark.parametrize("language", LANGUAGES)
def test_lies_written_by_hand_are_caught(language):
    written = yaml.safe_load(LIES.read_text(encoding="utf-8"))[language]
    cases = [
        (Case(language, text, tuple(quote(language, piece) for piece in entry["from"])), text == entry["say"])
        for entry in written
        for text in (entry["say"], *entry["lies"])
    ]
    outcomes = [(case.text, true, bool(check(case.text, case.quotes, vocabulary()))) for case, true in cases]
    believed = [text for text, true, held in outcomes if held and not true]
    refused = [text for text, true, held in outcomes if true and not held]
    assert len(believed) <= 0.01 * sum(not true for _, true, _ in outcomes), believed
    assert len(refused) <= 0.12 * len(written), refused


@pytest.mark.parametrize(
    ("language", "sentence", "piece", "kind", "missing"),
    [
        ("en", "PyTorch Live came out in early November.", "released in early December", "number", {"11"}),
        ("zh", "PyTorch 的采用率从 7% 长到了近 90%。", "从原来的 7%", "number", {"90%"}),
        ("en", "DeepMind created a high-level API for PyTorch.", "created a high-level", "name", {"pytorch"}),
        ("zh", "TorchServe 是 AWS 和微软合作的开源部署框架。", "TorchServe 是 AWS", "name", {"microsoft"}),
        ("zh", "JAX 本身是神经网络框架。", "JAX 本身不是", "negation", set()),
        ("en", "TensorFlow 2 reversed this trend.", "is declining steadily", "negation", set()),
        ("en", "More than 2/3 can be used in TensorFlow.", "Of these 30 models", "limit", {"2/3"}),
        ("zh", "TFLite 只可用于 Android、iOS、微控制器和嵌入式 Linux。", "TFLite 可用于", "limit", set()),
        (
            "en",
            "All researchers who moved to PyTorch say that.",
            "Many researchers who moved",
            "limit",
            set(),
        ),
        ("zh", "JAX 的开销要大得多。", "JAX 的开销要小得多", "comparison", set()),
        ("en", "TensorFlow is far behind PyTorch.", "far ahead of PyTorch", "comparison", set()),
        ("en", "If you need audio input, you must use TensorFlow.", "If you need audio", "modality", set()),
        ("zh", "Acme 框架对于强化学习研究者必须有用。", "Acme 框架可能对于", "modality", set()),
        (
            "en",
            "Facebook is more productive than Google.",
            "Given that Google",
            "binding",
            {"facebook", "google"},
        ),
        ("zh", "只有 8% 的模型能在 TensorFlow 上用。", "只有 16% 的模型能在", "binding", {"8%"}),
        (
            "en",
            "Colab is the first choice of most universities.",
            "Google Colab is a cloud",
            "overlap",
            set(),
        ),
    ],
)
def test_a_refusal_names_its_check(language, sentence, piece, kind, missing):
    support = check(sentence, [quote(language, piece)], vocabulary())
    assert support.verdict is None
    assert (support.kind, set(support.missing)) == (kind, missing)
    assert support.reason


@pytest.mark.parametrize(
    ("language", "question", "sentence", "piece", "kind"),
    [
        ("en", "Is Gym only for PyTorch?", "Yes, Gym can be used in either TensorFlow or PyTorch.",
         "Gym from OpenAI", "lead"),
        ("en", "Is Gym only for PyTorch?", "No, Gym can be used in either TensorFlow or PyTorch.",
         "Gym from OpenAI", ""),
        ("en", "Is Gym only for PyTorch?", "Yes, Gym can be used only in PyTorch.",
         "Gym from OpenAI", "limit"),
        ("en", "Is JAX a neural network framework?", "Yes, JAX is closer to an implementation of NumPy.",
         "JAX itself", "lead"),
        ("zh", "TorchServe 只支持 REST 吗?", "是的,TorchServe 同时支持 REST 和 gRPC API。",
         "同时支持 REST", "lead"),
        ("zh", "TensorFlow 的使用率在上升吗?", "不是,TensorFlow 的使用率在稳步下降。",
         "使用率在稳步下降", ""),
        ("zh", "TensorFlow 的使用率在上升吗?", "是的,TensorFlow 的使用率在稳步下降。",
         "使用率在稳步下降", "lead"),
        ("zh", "工业界应该用 PyTorch 吗?", "是的,你应该坚持使用 TensorFlow。",
         "如果在工业界执行", "lead"),
    ],
)  # fmt: skip
def test_a_leading_yes_or_no_must_fit_the_rest(language, question, sentence, piece, kind):
    assert check(sentence, [quote(language, piece)], vocabulary(), question).kind == kind


@pytest.mark.parametrize(
    ("question", "sentence", "piece", "settled"),
    [
        ("Is JAX a neural network framework?", "Yes, JAX is closer to NumPy.", "JAX itself is not",
         "No, JAX is closer to NumPy."),
        ("What is JAX?", "Yes, JAX is closer to NumPy.", "JAX itself is not", "JAX is closer to NumPy."),
        ("Does TorchServe support gRPC?", "Yes, it supports REST and gRPC.", "TorchServe supports both",
         "Yes, it supports REST and gRPC."),
        ("Can PyTorch Live take audio input?", "Yes, PyTorch Live plans to support audio input.",
         "plans to support", "No, PyTorch Live plans to support audio input."),
    ],
)  # fmt: skip
def test_a_lead_is_settled_by_what_the_rest_says(question, sentence, piece, settled):
    found = quote("en", piece)
    assert settle_lead(sentence, question, [(found.text, found.other)], vocabulary()) == settled


@pytest.mark.parametrize(
    ("share", "holds"),
    [("85%。", True), ("55%。", False)],
)
def test_a_bare_number_is_read_with_its_question(share, holds):
    question = "2018 年就在用 PyTorch 的论文作者,有多少比例留了下来?"
    assert bool(check(share, [quote("zh", "有 55% 的人在 2019 年")], vocabulary(), question)) is holds


def test_what_only_the_question_says_is_not_support():
    question = "Why do most people migrate to JAX right away and never look back?"
    sentence = "Most people migrate to JAX right away because the overhead of JAX is much smaller."
    assert not check(sentence, [quote("en", "the overhead of JAX is much smaller")], vocabulary(), question)


def test_a_name_of_the_heading_may_be_named():
    found = quote("zh", "只有 16% 的模型能在")
    sentence = "HuggingFace 上只有 16% 的模型能在 TensorFlow 上用。"
    assert check(sentence, [found], vocabulary()).kind == "name"
    assert check(sentence, [Quote(found.text, found.other, "模型可用性对比 › HuggingFace")], vocabulary())


def test_the_other_edition_lends_its_names_and_numbers():
    found = quote("zh", "它使用 JavaScript 和 React Native")
    assert check("PyTorch Live 使用 JavaScript 和 React Native。", [found], vocabulary())
    assert not check("PyTorch Live 使用 JavaScript 和 React Native。", [Quote(found.text, "")], vocabulary())


def test_numbers_are_the_same_however_written():
    for text in ("eighty-five percent", "85 per cent", "百分之八十五", "85 %", "八成五", "８５％"):
        assert numbers(text) == {"85%"}, text
    for text in ("4,500 repositories", "forty-five hundred", "四千五百个库", "4.5k"):
        assert numbers(text) == {"4500"}, text
    for text in ("two thirds", "2/3", "三分之二"):
        assert numbers(text) == {"2/3"}, text
    assert numbers("十分好,万一不行,百度一下") == set()


def test_negations_are_counted():
    assert negated("JAX is not a framework") and negated("没有明确的胜负") and negated("cannot")
    assert not negated("不同的框架,不仅快,而且不断更新") and not negated("not only fast")


def test_quotes_verdict_is_for_the_articles_own_words_only():
    found = quote("en", "TensorFlow has static graphs")
    assert check("TensorFlow has static graphs.", [found], vocabulary()).verdict == "quoted"
    assert (
        check("TensorFlow's static graphs can optimise inference.", [found], vocabulary()).verdict
        == "supported"
    )
    # a piece cut out of a denial is no quotation
    denied = quote("en", "JAX itself is not a neural network framework")
    assert check("a neural network framework", [denied], vocabulary()).verdict != "quoted"


@given(st.text(max_size=200), st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_nothing_is_supported_by_nothing(sentence, question):
    assert check(sentence, [], vocabulary(), question).kind == "none"
    assert not check(sentence, [Quote("", "")], vocabulary(), question)


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=100))
@settings(max_examples=200, deadline=None)
def test_any_text_is_decided_without_an_error(sentence, evidence, question):
    support = check(sentence, [Quote(evidence, question)], vocabulary(), question)
    assert (support.kind == "") == bool(support)
    assert 0.0 <= coverage(sentence, evidence) <= 1.0


ODD = [
    "",
    " ",
    "。",
    "🙂" * 50,
    "\x00\x1b[31m",
    "1/0 %%% 0/0",
    "no no no not not",
    "第一二三四五千万亿",
    "\ud800",
]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_refused(text):
    assert not check(text, [sentences()[0].quotes[0]], vocabulary(), text)


FULL_WIDTH = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F) if chr(c) not in "'\"-"})


@cache
def pool() -> list[Case]:
    """True and altered sentences, about as many of each."""
    lies = [case for _, case in altered(paraphrases())]
    return [*paraphrases(), *lies[:: len(lies) // len(paraphrases())]]


@given(st.integers(0, 10_000), st.sampled_from(["traditional", "wide", "spaced", "tight"]))
@settings(max_examples=120, deadline=None)
def test_script_width_and_spaces_change_no_verdict(index, form):
    case = pool()[index % len(pool())]
    if case.language == "en" and form != "spaced":
        return
    changed = {
        "traditional": traditional,
        "wide": lambda text: text.translate(FULL_WIDTH),
        "spaced": lambda text: re.sub(r"(?<=[,。.]) |(?<=[,。])(?!\d)", "  ", text),
        "tight": lambda text: re.sub(r"(?<=[\u4e00-\u9fff]) (?=\w)|(?<=\w) (?=[\u4e00-\u9fff])", "", text),
    }[form](case.text)
    before, after = (check(text, case.quotes, vocabulary()) for text in (case.text, changed))
    assert bool(before) == bool(after), (case.text, before, changed, after)


@pytest.mark.parametrize(
    "unit", ["TensorFlow 不是 85% 的 PyTorch,", "no model can only be used in 2/3, ", "a", "((", "1,"]
)
def test_long_texts_take_time_in_proportion(unit):
    evidence = [Quote(unit * (1900 // len(unit)), unit), *(case.quotes[0] for case in sentences()[:2])]
    began = time.process_time()
    for length in (590, 10_000, 100_000):
        check((unit * length)[:length], evidence, vocabulary(), unit * 1000)
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize("piece", ["1", "一", "百", "1,", "twenty "])
def test_numbers_are_read_in_linear_time(piece):
    def spent(length: int) -> float:
        began = time.process_time()
        numbers(piece * length)
        return time.process_time() - began

    spent(100)
    assert spent(20_000) < 1.0


def test_the_month_of_may_is_no_doubt():
    evidence = Quote("Since the update of May 2023 the Halo no longer requires an account.", "x")
    assert check("The Halo no longer requires an account.", [evidence], vocabulary())


def test_an_answer_that_leaves_out_what_is_asked_about_evades() -> None:
    given = "Colab is easy to connect to Google Cloud for GPU or TPU training, and works with PyTorch."
    assert evades("Colab works with PyTorch.", "Does Colab train on a TPU?", given, vocabulary())
    assert not evades("It trains on a GPU or TPU.", "Does Colab train on a TPU?", given, vocabulary())
    assert not evades("Colab works with PyTorch.", "What does Colab work with?", given, vocabulary())
