"""The proof's certificate, the reader of recommending sentences, and what may pass at answer time."""

import json
import subprocess
import sys

import pytest

from assistant.rules import agrees, compose, decide, holds, load_flowcharts, prove, read_recommendations
from assistant.rules.decision import states
from corpus import article, flowcharts

T, P, J, K, L = ("TensorFlow",), ("PyTorch",), ("JAX",), ("Keras",), ("PyTorch Lightning",)
BOTH = ("TensorFlow", "PyTorch")

READ = [
    ("zh", "你应该使用 TensorFlow。", [(T, "for", "choose")]),
    ("zh", "你不应该使用 TensorFlow。", [(T, "against", "choose")]),
    ("zh", "請堅持使用 PyTorch。", [(P, "for", "stick")]),
    ("zh", "可以考虑使用 PyTorch。", [(P, "for", "consider")]),
    ("zh", "TensorFlow 可能是你想要使用的。", [(T, "for", "consider")]),
    ("zh", "迁移到 JAX 并不是一个好选择。", [(J, "against", "choose")]),
    ("zh", "TensorFlow 和 PyTorch 都可以。", [(BOTH, "for", "either")]),
    ("zh", "选哪个取决于你的目标。", [((), "for", "either")]),
    ("zh", "如果 TensorFlow 令你困惑,请尝试转向 PyTorch。", [(P, "for", "consider")]),
    ("zh", "建议用 TensorFlow 而不是 PyTorch。", [(T, "for", "choose"), (P, "against", "choose")]),
    ("zh", "你很可能会使用 TensorFlow,并且应该坚持使用它。", [(T, "for", "stick")]),
    ("zh", "TensorFlow 有静态图,可以优化推理性能。", []),
    ("en", "You should use TensorFlow.", [(T, "for", "choose")]),
    ("en", "You should not use TensorFlow.", [(T, "against", "choose")]),
    ("en", "Stick with PyTorch.", [(P, "for", "stick")]),
    ("en", "You can consider using PyTorch.", [(P, "for", "consider")]),
    ("en", "Keras is recommended.", [(K, "for", "choose")]),
    ("en", "PyTorch Lightning is the better choice.", [(L, "for", "choose")]),
    ("en", "Migrating to JAX may not be a good choice.", [(J, "against", "choose")]),
    ("en", "TensorFlow or PyTorch is a good choice.", [(BOTH, "for", "either")]),
    ("en", "It depends on your goals.", [((), "for", "either")]),
    ("en", "If TensorFlow confuses you, try turning to PyTorch.", [(P, "for", "consider")]),
    ("en", "Use TensorFlow instead of PyTorch.", [(T, "for", "choose"), (P, "against", "choose")]),
    ("en", "TorchServe was released in 2020.", []),
]

OPPOSITE = {"TensorFlow": "PyTorch", "PyTorch": "TensorFlow", "JAX": "TensorFlow", "Keras": "TensorFlow"}
OPPOSITE["PyTorch Lightning"] = "TensorFlow"

LIES = {
    "zh": [
        "建议使用 {rival}。",
        "{rival} 才是更好的选择。",
        "毫无疑问是 {rival}。",
        "{rival} 生态完善,上手简单,大家都在用。",
        "应该使用 {rival},而不是 {own}。",
        "不建议使用 {own}。",
        "{own} 已经过时了。",
        "选 {rival} 准没错。",
        "虽然 {own} 不错,但 {rival} 更适合你。",
        "可以先用 {own},之后还是换成 {rival}。",
        "文章推荐 {own},不过我认为 {rival} 更好。",
        "應該選擇 {rival}。",
        "{own} 就别考虑了。",
        "没有人再用 {own} 了。",
        "用另一个框架会更好。",
    ],
    "en": [
        "Use {rival}.",
        "You should go with {rival}.",
        "{rival} is clearly the better choice.",
        "The answer is {rival}.",
        "{rival} has the richer ecosystem and everybody uses it.",
        "Choose {rival} instead of {own}.",
        "{own} is not recommended.",
        "You should avoid {own}.",
        "Although {own} is fine, {rival} will serve you better.",
        "Start with {own}, then move to {rival}.",
        "The article recommends {own}, but I would pick {rival}.",
        "Forget {own}.",
        "Nobody uses {own} any more.",
        "{own} is a poor fit here.",
        "You would be happier with the other framework.",
    ],
}
HEDGES = {
    "zh": [
        "两个都可以。",
        "看个人喜好。",
        "TensorFlow 和 PyTorch 都行。",
        "随便选一个就好。",
        "没有太大区别。",
    ],
    "en": [
        "Either is fine.",
        "It depends on your needs.",
        "Both are good.",
        "It does not matter.",
        "Up to you.",
    ],
}
TRUTHS = {
    "zh": [
        "建议使用 {own}。",
        "{own} 是更好的选择。",
        "应该选择 {own}。",
        "文章推荐使用 {own}。",
        "可以考虑使用 {own}。",
    ],
    "en": [
        "Use {own}.",
        "You should use {own}.",
        "{own} is the best choice.",
        "The article recommends {own}.",
    ],
}


def outcomes():
    """One outcome for every leaf that can be reached, from the whole enumerated space."""
    found = {}
    for chart in load_flowcharts().values():
        for facts in states(chart):
            outcome = decide(chart.audience, facts)
            found.setdefault(outcome.rule, outcome)
    return list(found.values())


OUTCOMES = outcomes()
DECIDED = [outcome for outcome in OUTCOMES if outcome.strength != "either"]
OPEN = [outcome for outcome in OUTCOMES if outcome.strength == "either"]


@pytest.mark.parametrize(("language", "sentence", "claims"), READ)
def test_the_reader_reads_framework_polarity_and_strength(language, sentence, claims):
    read = read_recommendations(sentence, language)
    assert [(c.frameworks, c.polarity, c.strength) for c in read] == claims


def test_the_reader_keeps_the_condition_and_the_tool():
    claim = read_recommendations("如果你正在考虑 JAX,那么 Haiku 值得你去探索。", "zh")[0]
    assert (claim.frameworks, claim.tool) == (J, "Haiku")
    assert "如果你正在考虑" in claim.condition


@pytest.mark.parametrize("outcome", DECIDED, ids=lambda outcome: outcome.rule)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_lie_passes(outcome, language):
    own = outcome.frameworks[0]
    lies = [lie.format(own=own, rival=OPPOSITE[own]) for lie in LIES[language]] + HEDGES[language]
    assert [lie for lie in lies if agrees(lie, language, outcome)] == []


@pytest.mark.parametrize("outcome", OPEN, ids=lambda outcome: outcome.rule)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_open_is_decided(outcome, language):
    lies = [lie.format(own=own, rival=OPPOSITE[own]) for lie in LIES[language][:4] for own in BOTH]
    assert [lie for lie in lies if agrees(lie, language, outcome)] == []
    assert agrees(HEDGES[language][0], language, outcome).endorses


@pytest.mark.parametrize("outcome", DECIDED, ids=lambda outcome: outcome.rule)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_fluent_truth_passes(outcome, language):
    for truth in TRUTHS[language]:
        assert agrees(truth.format(own=outcome.frameworks[0]), language, outcome).endorses


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.rule)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_rules_own_sentences_hold(outcome, language):
    assert holds([sentence.text for sentence in compose(outcome, language)], language, outcome)


def test_a_lie_in_the_other_language_does_not_pass():
    outcome = decide("industry", {"target": "embedded"})
    assert not agrees("You should use PyTorch.", "zh", outcome)
    assert not agrees("应该使用 PyTorch。", "en", outcome)
    assert not agrees("对嵌入式来说 you should go with PyTorch。", "zh", outcome)


@pytest.mark.parametrize("answer", [[], [""], ["好的。"], ["Sure!"], ["TFLite runs on microcontrollers."]])
def test_an_answer_that_recommends_nothing_does_not_hold(answer):
    verdict = holds(answer, "en", decide("industry", {"target": "embedded"}))
    assert not verdict
    assert verdict.reason == "no sentence recommends TensorFlow"


def test_one_false_sentence_spoils_an_answer():
    outcome = decide("industry", {"target": "embedded"})
    verdict = holds(["Use TensorFlow.", "PyTorch would also be a good choice."], "en", outcome)
    assert not verdict
    assert verdict.reason == "recommends PyTorch, not TensorFlow"


def test_the_certificate_holds_and_can_be_written():
    certificate = prove()
    assert certificate.holds
    assert certificate.disagreements == []
    counts = certificate.counts
    assert counts["recommending sentences"] == (
        counts["of them covered by a leaf"] + counts["of them listed as descriptive"]
    )
    assert (
        json.loads(json.dumps(certificate.as_json()))["sha256"]["flowcharts.yaml"] == flowcharts.load().sha256
    )


def test_a_disagreement_names_leaf_quote_text_and_rule():
    changed = flowcharts.parse(flowcharts.source().replace("frameworks: [Keras]", "frameworks: [PyTorch]", 1))
    certificate = prove(article.load(), changed)
    assert not certificate.holds
    found = certificate.disagreements[0]
    assert found.leaf == "beginner.default"
    assert "建议使用 Keras" in found.quote
    assert "Keras" in found.text
    assert "PyTorch" in found.rule
    assert "beginner.default" in certificate.report()


def test_the_module_prints_the_certificate():
    done = subprocess.run(
        [sys.executable, "-m", "assistant.rules"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("flowcharts and article agree")
