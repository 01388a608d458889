"""What is computed ahead, and the requests that go first."""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence

import pytest
from doubles import ScriptedGenerator

from assistant import foreseeing, prompts
from assistant.engine import Engine
from assistant.generation.base import Message, begins
from assistant.generation.pump import Emit, Pump
from assistant.generation.quiet import Quiet
from assistant.serving.standby import Standby
from assistant.settings import load_settings
from corpus import article, chunking
from index import bank
from index.bank import Need
from index.retriever import Retriever


@pytest.fixture
def quiet() -> Iterator[Quiet]:
    quiet = Quiet(0.1)
    yield quiet
    quiet.close()


def endless(emit: Emit) -> None:
    while not emit(""):
        time.sleep(0.001)


def test_it_is_quiet_some_time_after_the_last_request(quiet: Quiet) -> None:
    ended = []

    def ask() -> None:
        with quiet.broken():
            time.sleep(0.1)
        ended.append(time.monotonic())

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.02)
    assert quiet.wait()
    assert time.monotonic() - ended[0] > 0.05
    thread.join()


def test_work_runs_to_its_end_in_quiet_and_gives_way_to_a_request(quiet: Quiet) -> None:
    assert quiet.run(Pump(lambda emit: None, 5))
    with quiet.broken():
        assert not quiet.run(Pump(endless, 5))
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(quiet.run(Pump(endless, 5))))
    thread.start()
    time.sleep(0.05)
    with quiet.broken():
        thread.join(3)
    assert results == [False]


def test_closing_ends_both_waiting_and_work(quiet: Quiet) -> None:
    results: list[bool] = []

    def work() -> None:
        results.append(quiet.run(Pump(endless, 5)))
        results.append(quiet.wait())

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.05)
    quiet.close()
    thread.join(3)
    assert results == [False, False]
    assert not quiet.run(Pump(endless, 5))


def test_known_questions_are_foreseen_in_both_languages_each_once() -> None:
    needs = bank.load()
    passages = {passage.id: passage for passage in chunking.passages(article.load())}
    foreseen = list(foreseeing.prefixes(needs, passages))
    lasts = [messages[-1]["content"] for messages in foreseen]
    assert len(set(lasts)) == len(lasts) > 800
    assert abs(sum("Question:" in last for last in lasts) - len(lasts) / 2) < 50
    (ref, index), *others = min((need.sentences for need in needs if need.sentences), key=len)
    assert not others
    passage = passages[f"en-{ref}"]
    start, end = passage.sentences[index]
    asked = prompts.messages("en", [passage.text[start:end].strip()], "What is it?")
    assert sum(begins(asked, messages) for messages in foreseen) == 1


def test_what_is_asked_in_many_ways_for_its_room_comes_first() -> None:
    passages = {passage.id: passage for passage in chunking.passages(article.load())}
    first, second, third = (("intro-02", index) for index in range(3))
    needs = [
        Need("fact", (first,), ("a",)),
        Need("list", (first, second, third), tuple("abcde")),
        Need("fact", (), tuple("abcdef")),
        Need("fact", (second,), tuple("abcd")),
        Need("reason", (second,), tuple("abcd")),
    ]
    told = [messages[-1]["content"] for messages in foreseeing.prefixes(needs, passages)]
    assert [text.count("\n[") for text in told if text.startswith("Sentences")] == [1, 3, 1]
    begin, end = passages["en-intro-02"].sentences[1]
    assert any(passages["en-intro-02"].text[begin:end].strip() in text for text in told[:2])
    assert len(told) == 6


class Foreseeing(ScriptedGenerator):
    """Remembers what it is to compute ahead."""

    def __init__(self) -> None:
        super().__init__(lambda messages: "NONE")
        self.foreseen: list[Sequence[Message]] = []
        self.warm_by_then = 0

    def foresee(self, prefixes: Iterable[Sequence[Message]]) -> None:
        """Remember it, and how many heads are warm."""
        self.warm_by_then = len(self.warmed)
        self.foreseen += prefixes


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return Retriever.open()


@pytest.mark.parametrize(
    "question",
    ["Which APIs does TorchServe support?", "TorchServe 支持哪些 API?", "TorchServe 支援哪些 API?"],
)
def test_what_a_question_begins_with_was_foreseen(retriever: Retriever, question: str) -> None:
    model = Foreseeing()
    engine = Engine(retriever, model, load_settings(cache=0))
    engine.foresee()
    engine.ask(question)
    (request,) = model.requests
    assert begins(request.messages, request.prefix)
    assert request.prefix in model.foreseen
    assert begins(request.prefix, model.warmed[0])


def test_a_server_foresees_once_the_heads_of_both_languages_are_warm(retriever: Retriever) -> None:
    model = Foreseeing()
    standby = Standby(lambda: Engine(retriever, model, load_settings()))
    standby.start()
    for _ in range(500):
        if model.foreseen:
            break
        time.sleep(0.01)
    standby.close()
    assert model.foreseen and model.warm_by_then == 2


def test_nothing_is_foreseen_where_it_is_switched_off_or_the_model_cannot(retriever: Retriever) -> None:
    model = Foreseeing()
    Engine(retriever, model, load_settings(foresee=False)).foresee()
    assert not model.foreseen
    Engine(retriever, ScriptedGenerator(str), load_settings()).foresee()
    Engine(retriever, None, load_settings()).foresee()
