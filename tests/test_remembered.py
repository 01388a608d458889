"""Kept answers through the engine with a scripted model: when they are given again, and when never."""

import json
import re
from collections.abc import Callable

import httpx
import pytest
from doors import api_over, serving
from doubles import ScriptedGenerator
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Event, Final, Turn
from assistant.engine import Engine
from assistant.remembered import basis, normal
from assistant.settings import load_settings
from index.retriever import Retriever

ZH, EN = "TorchServe 支持哪些 API?", "Which APIs does TorchServe support?"
SAID = {
    ZH: "TorchServe 同时支持 REST 和 gRPC API。[1]",
    EN: "TorchServe supports both REST and gRPC APIs. [1]",
}

Asking = tuple[Engine, ScriptedGenerator]


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    """The shipped index."""
    return Retriever.open()


@pytest.fixture
def make(retriever: Retriever) -> Callable[..., Asking]:
    """make(cache=256): an engine, and its model, which says what the evidence says."""

    def made(**chosen: int) -> Asking:
        model = ScriptedGenerator(lambda messages: SAID[ZH if "编号" in messages[0]["content"] else EN])
        return Engine(retriever, model, load_settings(**chosen)), model

    return made


def told(answer: Answer) -> dict[str, object]:
    """All of an answer that does not tell when and how often it was asked."""
    return answer.model_dump(exclude={"id", "timings", "question"})


def texts(events: list[Event]) -> list[str]:
    """The events as the doors send them, but for the answer's id and times."""
    return [
        str(told(event.answer)) if isinstance(event, Final) else event.model_dump_json() for event in events
    ]


@pytest.mark.parametrize("question", [ZH, EN])
def test_the_same_question_gets_the_same_answer_without_the_model(
    make: Callable[..., Asking], question: str
) -> None:
    engine, model = make()
    first, again, streamed = engine.ask(question), engine.ask(question), list(engine.stream(question))
    assert len(model.requests) == 1
    assert told(first) == told(again) and len({first.id, again.id}) == 2
    assert not first.timings.cached and first.timings.completion_tokens
    assert again.timings.cached and again.timings.completion_tokens == again.timings.prompt_tokens == 0
    assert again.timings.first_token_ms is not None and again.timings.total_ms < first.timings.total_ms
    assert isinstance(streamed[-1], Final) and told(streamed[-1].answer) == told(first)


def test_the_events_are_those_of_the_first_time(make: Callable[..., Asking]) -> None:
    engine, _ = make()
    assert texts(list(engine.stream(EN))) == texts(list(engine.stream(EN)))


@pytest.mark.parametrize(
    ("question", "alike"),
    [
        (ZH, "ＴorchServe支持哪些API？"),
        (ZH, "TorchServe  支持哪些　API"),
        (EN, "Which APIs  does TorchServe support"),
        (EN, " Which APIs does\tTorchServe support ?!"),
    ],
)
def test_width_spaces_and_final_punctuation_make_no_difference(
    make: Callable[..., Asking], question: str, alike: str
) -> None:
    engine, model = make()
    first, again = engine.ask(question), engine.ask(alike)
    assert again.timings.cached and len(model.requests) == 1
    assert again.question == alike and told(again) == told(first)


@pytest.mark.parametrize(
    ("question", "other"),
    [
        (ZH, "TorchServe 支援哪些 API?"),
        (ZH, "TorchServe 1 支持哪些 API?"),
        (EN, "Which APIs does torchserve support?"),
        (EN, "Which 2 APIs does TorchServe support?"),
    ],
)
def test_another_question_is_answered_afresh(make: Callable[..., Asking], question: str, other: str) -> None:
    engine, _ = make()
    engine.ask(question)
    assert not engine.ask(other).timings.cached


def test_another_history_or_language_is_another_question(make: Callable[..., Asking]) -> None:
    engine, _ = make()
    before = [Turn(role="user", content="I am a beginner."), Turn(role="assistant", content="Good.")]
    other = [Turn(role="user", content="I am a researcher."), before[1]]
    asked = [((), "auto"), ((), "zh"), (before, "auto"), (other, "auto"), (before[:1], "auto")]
    assert not any(engine.ask(EN, history, language).timings.cached for history, language in asked)
    again = [engine.ask(EN, history, language) for history, language in asked]
    assert all(answer.timings.cached for answer in again if answer.model == "scripted")
    assert again[0].timings.cached and again[1].language == "zh"


def test_facts_said_before_never_get_the_advice_for_others(make: Callable[..., Asking]) -> None:
    engine, _ = make()
    question = "Which framework should I use?"
    told_before = ["We build an app for phones.", "We train agents by reinforcement learning."]
    for fact in (*told_before, *told_before):
        answer = engine.ask(question, [Turn(role="user", content=fact)])
        fresh = make(cache=0)[0].ask(question, [Turn(role="user", content=fact)])
        assert told(answer) == told(fresh)


def test_it_can_be_switched_off_and_is_bounded(make: Callable[..., Asking]) -> None:
    off, _ = make(cache=0)
    assert not any(off.ask(EN).timings.cached for _ in range(2))
    one, _ = make(cache=1)
    assert [one.ask(question).timings.cached for question in (EN, EN, ZH, EN, EN)] == [0, 1, 0, 0, 1]


def test_an_answer_that_was_broken_off_is_not_kept(make: Callable[..., Asking]) -> None:
    engine, _ = make()
    events = engine.stream(EN)
    next(events), next(events)
    events.close()  # type: ignore[attr-defined]
    assert not engine.ask(EN).timings.cached


def test_what_the_model_had_no_part_in_is_not_kept(retriever: Retriever) -> None:
    engine = Engine(retriever, None, load_settings())
    assert not any(engine.ask(EN).timings.cached for _ in range(2))


def test_the_basis_changes_with_settings_and_model() -> None:
    settings = load_settings()
    others = [
        basis(settings, "another"),
        basis(load_settings(llm="qwen2.5-coder-0.5b"), "m"),
        basis(load_settings(max_answer_tokens=9), "m"),
    ]
    assert len({basis(settings, "m"), *others}) == 4
    assert basis(settings, "m") == basis(load_settings(), "m")


@given(st.text(alphabet="1２²½①0. ,.?！？。aＡ中文　\t", max_size=20))
def test_no_number_changes_in_the_normal_form(question: str) -> None:
    narrow = question.translate({ord("２"): "2", ord("，"): ",", 0x3000: " "})
    assert re.findall(r"[\d²½①]+", normal(question)) == re.findall(r"[\d²½①]+", narrow)
    assert normal(normal(question)) == normal(question)


def test_over_http_a_kept_answer_looks_like_the_first(make: Callable[..., Asking]) -> None:
    engine, model = make()
    with serving(api_over(engine)) as url, httpx.Client(base_url=url) as client:
        first, again = (client.post("/v1/ask", json={"question": EN}).json() for _ in range(2))
        accept = {"Accept": "text/event-stream"}
        stream = client.post("/v1/ask", json={"question": EN}, headers=accept).text
    streamed = json.loads(stream.rsplit("data: ", 1)[1])
    timings = [answer.pop("timings") for answer in (first, again, streamed)]
    assert len({answer.pop("id") for answer in (first, again, streamed)}) == 3
    assert first == again == streamed and len(model.requests) == 1
    assert [times["cached"] for times in timings] == [False, True, True]
    assert [line for line in stream.splitlines() if line.startswith("event: ")][:2] == [
        "event: retrieved",
        "event: token",
    ]
