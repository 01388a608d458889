"""What is told beside a verdict: what says more, and no more of it than that."""

import pytest

from assistant import reasons, rules
from assistant.grounding import Vocabulary
from corpus import article, chunking
from corpus.article import Language


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    passages = chunking.passages(article.load())
    zh, en = ([p.text for p in passages if p.language == language] for language in ("zh", "en"))
    return Vocabulary.of(zh, en)


def told(
    vocabulary: Vocabulary, audience: str, facts: dict[str, object], language: Language, question: str = ""
) -> list[str]:
    """The reasons for an outcome, all that there are."""
    outcome = rules.decide(audience, facts)
    verdict, *said = rules.compose(outcome, language)
    bridges = rules.bridges(outcome, language, question)
    spare = rules.elsewhere(outcome, language)
    return [each.text for each in reasons.telling(verdict.text, said, bridges, spare, vocabulary)]


def test_what_only_says_the_verdict_again_is_left_out(vocabulary: Vocabulary) -> None:
    case: dict[str, object] = {"target": "mobile", "media_input": True}
    assert told(vocabulary, "industry", case, "en") == []
    assert told(vocabulary, "industry", case, "zh") == []
    assert told(vocabulary, "beginner", {"concern": "tensorflow_confusing"}, "en") == []


def test_of_advice_with_its_cause_the_cause_is_told(vocabulary: Vocabulary) -> None:
    embedded = told(vocabulary, "industry", {"target": "embedded"}, "en")
    assert embedded == ["Given the TFLite + Coral ecosystem, you should still use TensorFlow."]
    new = told(vocabulary, "career", {"new_to_frameworks": True}, "en")
    assert any(
        reason.endswith("because TensorFlow is the preferred framework in industry.") for reason in new
    )


def test_what_cannot_be_understood_alone_comes_late(vocabulary: Vocabulary) -> None:
    for language in ("zh", "en"):
        first = told(vocabulary, "researcher", {"reinforcement_learning": True}, language)[0]
        assert "Agents" in first or "OpenAI" in first


def test_who_wants_both_frameworks_is_told_how_first(vocabulary: Vocabulary) -> None:
    case: dict[str, object] = {"pytorch_only": True}
    both = told(vocabulary, "industry", case, "en", "How may TF Serving host a net written for torch alone?")
    assert "ONNX" in both[0] and both[0].startswith("If you want both")
    chinese = told(vocabulary, "industry", case, "zh", "线上想接着用 TensorFlow 那一套,模型却独在 PyTorch")
    assert "ONNX" in chinese[0] and chinese[0].startswith("如果你既想用")
    assert rules.bridges(rules.decide("industry", case), "en", "Only torch has it. Which one?") == []


@pytest.mark.parametrize(
    ("text", "verdict", "left"),
    [
        ("Because Keras is simple.", "Use JAX.", "Keras is simple."),
        ("因为它更直观。", "请使用 PyTorch。", "它更直观。"),
        ("Moreover, JAX is fast.", "Use JAX.", "JAX is fast."),
        ("此外,JAX 很快。", "请使用 JAX。", "JAX 很快。"),
        ("Use Keras at first because Keras is simple.", "Use Keras at first.", "Keras is simple."),
        ("请使用 JAX,因为它很快。", "请使用 JAX。", "请使用 JAX,因为它很快。"),
        ("Jobs ask for it, because firms ship.", "Use Keras.", "Jobs ask for it, because firms ship."),
        ("Because of its speed JAX spreads.", "Use JAX.", "Because of its speed JAX spreads."),
    ],
)
def test_a_reason_is_told_without_the_verdict_and_as_a_sentence(text: str, verdict: str, left: str) -> None:
    assert reasons.shortened(text, verdict) == left
