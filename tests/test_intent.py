"""Advice or a fact: told apart where words alone cannot."""

import pytest

from assistant import intent, rules
from assistant.answer import Turn
from assistant.engine import Engine
from assistant.grounding import Vocabulary
from assistant.rules.likely import Judgement
from assistant.settings import load_settings
from evaluation.intent import FOLDS, Example, _part, fit
from index import situations
from index.retriever import Needs, Retriever

NO_NAMES = Vocabulary(frozenset(), frozenset())


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Retriever.open(), None, load_settings(llm="none"))


@pytest.mark.parametrize(
    "question",
    [
        "研究论文里 PyTorch 的占比是多少?",
        "企业里的工程师现在能不能把 TorchServe 装在 AWS 上?",
        "Which framework do the researchers at DeepMind work with?",
        "How well do the hobbyist boards by Google run TFLite models?",
        "帮我挑一个适合周末去的公园",
    ],
)
def test_a_fact_is_no_wish_for_advice(engine: Engine, question: str) -> None:
    assert engine.ask(question).recommendation is None


@pytest.mark.parametrize(
    ("question", "audience"),
    [
        ("我在银行带算法组,框架用哪个?", "industry"),
        ("I'm writing my dissertation on graph networks, which framework would you take?", "researcher"),
        ("My class is one of many modules in a large programme. Do I teach both frameworks?", "professor"),
        ("业余做个小玩意儿,神经网络只是其中的一部分,用什么框架?", "hobbyist"),
        ("As a hobbyist, which framework should I pick, and why?", "hobbyist"),
        ("I'm a professor; can I use TensorFlow for my course?", "professor"),
    ],
)
def test_a_wish_for_advice_gets_it(engine: Engine, question: str, audience: str) -> None:
    recommendation = engine.ask(question).recommendation
    assert recommendation is not None
    assert recommendation.audience == audience


def test_what_else_is_surely_asked_is_told_beside_the_advice(engine: Engine) -> None:
    answer = engine.ask("I'm changing jobs: is mastering the API of a framework the key?")
    assert answer.recommendation is not None
    assert any("easier" in citation.quote for citation in answer.citations)


def test_signs_are_read_off_by_name() -> None:
    judgement = Judgement("researcher", 0.5, 0.2, 0.5, -0.5, {})
    seen = intent.signs("How many?", {"factual"}, judgement, Needs(silent=0.4), NO_NAMES)
    assert seen == {
        "advice": 0.5,
        "no advice": -0.5,
        "alike": 0.0,
        "lead": 0.0,
        "lead of clauses": 0.0,
        "open": 0.4,
        "named": 0.0,
        "number": 1.0,
        "long": 0.0,
        "factual": 1.0,
    }


@pytest.mark.parametrize(("question", "tells"), [("Why PyTorch?", True), ("Which one, and why?", False)])
def test_a_reason_tells_of_a_fact_where_nothing_else_is_asked(question: str, tells: bool) -> None:
    judgement = Judgement("researcher", 0.5, 0.2, 0.5, -0.5, {})
    assert ("why" in intent.signs(question, {"why"}, judgement, Needs(), NO_NAMES)) is tells


def test_no_cue_of_the_case_alone_is_a_sign() -> None:
    words = rules.recognise("As a hobbyist, should I use TensorFlow?").cues
    judgement = Judgement("hobbyist", 0.5, 0.2, 0.5, -0.5, {})
    seen = intent.signs("", words, judgement, Needs(), NO_NAMES)
    assert words & intent.OF_THE_CASE
    assert not seen.keys() & intent.OF_THE_CASE and seen["asks"] == 1


def test_weights_are_fitted_from_examples() -> None:
    asks, tells = {"asks": 1.0}, {"factual": 1.0}
    seen = [
        Example(True, asks),
        Example(True, asks),
        Example(False, tells),
        Example(False, {}),
    ]
    fitted = fit(seen)
    assert fitted.weights["asks"] > 0 > fitted.weights["factual"]
    assert fitted.probability(asks) > 0.5 > fitted.probability(tells)


def test_every_wording_is_asked_once_and_not_known_then() -> None:
    known = situations.load()
    asked = [wording for fold in range(FOLDS) for _, wording in _part(known, fold)[1]]
    assert sorted(asked) == sorted(situations.texts(known))
    for fold in range(FOLDS):
        rest, held = _part(known, fold)
        assert not {wording for _, wording in held} & set(situations.texts(rest))


def test_advice_given_before_is_not_taken_back(engine: Engine) -> None:
    asked = Turn(role="user", content="As a hobbyist, which framework should I use?")
    first = engine.ask(asked.content)
    answer = engine.ask("And on a microcontroller?", [asked, Turn(role="assistant", content=first.answer)])
    assert answer.recommendation is not None
    assert answer.recommendation.audience == "hobbyist"


def test_who_asks_why_is_told_every_reason(engine: Engine) -> None:
    plain = engine.ask("I research reinforcement learning. Which framework should I use?")
    asked = engine.ask("I research reinforcement learning. Which framework should I use, and why?")
    assert len(asked.citations) > len(plain.citations)
