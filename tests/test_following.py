"""Follow-ups, completed so that they stand alone."""

import pytest

from assistant.answer import Turn
from assistant.following import complete, joined, readings
from assistant.grounding import Vocabulary
from assistant.history import understand
from corpus import article, chunking


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    passages = chunking.passages(article.load())
    zh, en = ([p.text for p in passages if p.language == language] for language in ("zh", "en"))
    return Vocabulary.of(zh, en)


def turns(*contents: str) -> list[Turn]:
    """User and assistant in turn."""
    return [
        Turn(role="assistant" if number % 2 else "user", content=text) for number, text in enumerate(contents)
    ]


@pytest.mark.parametrize(
    ("before", "question", "understood"),
    [
        (["What is TorchX?", "An SDK."], "Who made it?", "Who made TorchX?"),
        (["TFX 是什么?", "端到端平台。"], "它能用在哪些环境?", "TensorFlow Extended 能用在哪些环境?"),
        (["Who offers Vertex AI?", ""], "What is its purpose?", "What is Vertex AI's purpose?"),
        (
            ["What is TorchX?", ""],
            "Does this library include a scheduler?",
            "Does TorchX include a scheduler?",
        ),
        (["TFLite 和 Coral 是谁做的?", ""], "后者能加速什么?", "Coral 能加速什么?"),
        (
            ["Which tool of PyTorch serves models?", "TorchServe does. [1]"],
            "When did it come out?",
            "When did TorchServe come out?",
        ),
        (["Sonnet 建在什么上面?", "TensorFlow。"], "那 Haiku 呢?", "Haiku 建在什么上面?"),
        (["How many papers use PyTorch?", "80%."], "And TensorFlow?", "How many papers use TensorFlow?"),
        (["2018 年有多少作者换框架?", "很多。"], "2019 年呢?", "2019 年有多少作者换框架?"),
        (["TensorFlow 部署方便吗?", "方便。"], "为什么?", "TensorFlow 部署方便吗? 为什么?"),
        (["Who won deployment?", "TensorFlow."], "and on phones?", "Who won deployment? and on phones?"),
        (
            ["Sonnet 建在什么上面?", "TensorFlow。", "那 Haiku 呢?", "JAX。"],
            "它是谁开发的?",
            "Haiku 是谁开发的?",
        ),
    ],
)
def test_what_leans_on_before_is_completed(
    vocabulary: Vocabulary, before: list[str], question: str, understood: str
) -> None:
    assert complete(question, turns(*before), vocabulary) == understood


@pytest.mark.parametrize(
    "question",
    [
        "Who released TorchServe?",
        "Is it true that PyTorch won the deployment round?",
        "Does TorchServe make it easy to serve a model?",
        "谷歌 Colab 提供其他加速器吗?",
        "PyTorch Live 是什么时候发布的?",
        "那 Keras 是什么?",
        "And what is Colab?",
    ],
)
def test_a_change_of_topic_carries_nothing_over(vocabulary: Vocabulary, question: str) -> None:
    assert complete(question, turns("What is TorchX?", "An SDK."), vocabulary) == question
    assert complete(question, [], vocabulary) == question


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("We make an iOS game with voices.", "It must hear what the player says."),
        ("My lab builds IoT scales. Which framework?", "What if it were a phone app?"),
        ("我想用 TFLite 给农场做个秤。", "它得认出是哪种苹果。"),
    ],
)
def test_a_thing_of_the_readers_own_is_not_taken_for_what_they_name(
    vocabulary: Vocabulary, before: str, question: str
) -> None:
    assert complete(question, turns(before, ""), vocabulary) == f"{before} {question}"


def test_a_short_answer_keeps_the_script_of_the_conversation(vocabulary: Vocabulary) -> None:
    traditional = turns("我們該選哪個框架?", "")
    assert understand("大学", traditional, "auto", vocabulary).traditional is False
    assert understand("教授", traditional, "auto", vocabulary).traditional
    assert understand("教授", turns("我们该选哪个框架?", ""), "auto", vocabulary).traditional is False


def test_the_question_as_understood_is_told_in_the_askers_script(vocabulary: Vocabulary) -> None:
    asked = understand("它支援哪些系統?", turns("PyTorch Live 是什麼?", "工具。"), "auto", vocabulary)
    assert asked.rewritten == "PyTorch Live 支援哪些系統?"
    assert understand("TorchX 是什麼?", (), "auto", vocabulary).rewritten is None


def test_a_question_that_names_nothing_may_lean_on_the_one_before(vocabulary: Vocabulary) -> None:
    before = turns("What is TorchX?", "An SDK.")
    assert joined("Which parts are there?", before, vocabulary) == "What is TorchX? Which parts are there?"
    assert joined("Which parts has TorchElastic?", before, vocabulary) is None
    assert joined("Which parts are there?", [], vocabulary) is None


def test_a_clause_that_names_nothing_may_leave_out_its_subject(vocabulary: Vocabulary) -> None:
    assert readings("who made it popular", "What is TorchX?", "", vocabulary)[-1].count("TorchX") == 1
    clause = "is the outlook for the next years clear"
    assert readings(clause, "How popular is JAX?", "", vocabulary) == [clause, f"JAX {clause}"]
