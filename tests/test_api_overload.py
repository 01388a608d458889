"""More clients than the server can answer, clients who leave, a model that is slow: nobody waits in vain."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx
import pytest
from doors import api_over, serving
from doubles import CannedEngine

from assistant.answer import Event, Final, Turn
from assistant.engine import Engine
from assistant.generation.base import Generation, Message, Request, Usage
from assistant.generation.pump import Emit, Pump
from assistant.settings import load_settings
from index.retriever import Retriever

QUESTION = {"question": "What is there?"}
WHY = {"question": "Why do most papers use PyTorch?"}
STREAM = {"accept": "text/event-stream"}


class SlowEngine(CannedEngine):
    """Works `seconds` on every answer; `most` is how many it ever worked on at once."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.most = 0

    def stream(self, question: str, history: Sequence[Turn] = (), language: str = "auto") -> Iterator[Event]:
        for event in super().stream(question, history, language):
            self.most = max(self.most, self.streams)
            if isinstance(event, Final):
                time.sleep(self.seconds)
            yield event


class ReadingModel:
    """A model that reads its prompt for ever, or says one thing for ever; it looks up every 5 ms.

    `working` counts the threads that decode, so that a test can see that they ended.
    """

    def __init__(self, says: str = "") -> None:
        self.name = "reading"
        self.working = 0
        self.began = threading.Event()
        self._says = says

    def stream(self, request: Request) -> Generation:
        """Until it is told to stop."""
        return Generation(Pump(self._produce, deadline_seconds=30), Usage())

    def _produce(self, emit: Emit) -> None:
        self.working += 1
        self.began.set()
        while not emit(self._says):
            time.sleep(0.005)
        self.working -= 1

    def warm(self, messages: Sequence[Message]) -> None:
        """Nothing to compute ahead."""

    def close(self) -> None:
        """Nothing to free."""


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> float:
    """How long it took until the condition held."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it never came true"
        time.sleep(0.005)
    return time.monotonic() - began


async def flood(
    url: str, clients: int, headers: Callable[[int], dict[str, str]] = lambda _: {}, body: dict = QUESTION
) -> list[httpx.Response]:
    """All at once; a request that is lost or reset raises."""
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        posts = [client.post("/v1/ask", json=body, headers=headers(n)) for n in range(clients)]
        return await asyncio.gather(*posts)


def waited(replies: list[httpx.Response], share: float) -> float:
    times = sorted(reply.elapsed.total_seconds() for reply in replies)
    return times[int(share * (len(times) - 1))]


class TestOverload:
    KEYS = tuple(f"client-{number:02}-with-a-long-key" for number in range(50))

    def test_of_fifty_clients_all_are_answered_or_told_when_to_come_back(self) -> None:
        engine = SlowEngine(0.1)
        keys = ",".join(f"c{number} {key}" for number, key in enumerate(self.KEYS))
        app = api_over(engine, api_keys=keys, answers_at_once=4, answers_waiting=16)
        with serving(app) as url:
            headers = [{"authorization": f"Bearer {key}"} for key in self.KEYS]
            replies = asyncio.run(flood(url, 50, headers.__getitem__))
            after = httpx.post(f"{url}/v1/ask", json=QUESTION, headers=headers[0])
        assert {reply.status_code for reply in replies} == {200, 503}
        answered = [reply for reply in replies if reply.status_code == 200]
        refused = [reply for reply in replies if reply.status_code == 503]
        assert (len(answered), len(refused)) == (20, 30)
        assert all(reply.json()["answer"].endswith("[1]") for reply in answered)
        assert all(1 <= int(reply.headers["retry-after"]) <= 60 for reply in refused)
        assert all("try again later" in reply.json()["detail"] for reply in refused)
        assert engine.most <= 4
        assert after.json()["answer"].endswith("[1]")
        assert engine.streams == 0

    def test_one_client_is_told_that_it_has_enough(self) -> None:
        app = api_over(SlowEngine(0.1), answers_at_once=2, answers_waiting=40, answers_per_client=6)
        with serving(app) as url:
            replies = asyncio.run(flood(url, 50))
            figures = httpx.get(f"{url}/metrics").text
        assert sorted({reply.status_code for reply in replies}) == [200, 429]
        refused = [reply for reply in replies if reply.status_code == 429]
        assert len(refused) == 44
        assert all(int(reply.headers["retry-after"]) >= 1 for reply in refused)
        assert 'assistant_requests_refused_total{reason="client"} 44.0' in figures
        assert "assistant_num_requests_waiting 0.0" in figures

    def test_a_refusal_is_fast(self) -> None:
        app = api_over(CannedEngine(), answers_at_once=1, answers_waiting=0)
        with serving(app) as url, answering(url), httpx.Client(base_url=url) as client:
            refused = [client.post("/v1/ask", json=QUESTION) for _ in range(100)]
        assert {reply.status_code for reply in refused} == {503}
        assert waited(refused, 0.95) < 0.05

    def test_a_greedy_client_does_not_hold_up_a_modest_one(self) -> None:
        greedy, modest = self.KEYS[:2]
        app = api_over(
            SlowEngine(0.05),
            api_keys=f"greedy {greedy}, modest {modest}",
            answers_at_once=1,
            answers_per_client=20,
        )
        with serving(app) as url:
            order: list[str] = []

            def ask(name: str, key: str) -> None:
                httpx.post(
                    f"{url}/v1/ask", json=QUESTION, headers={"authorization": f"Bearer {key}"}, timeout=30
                ).raise_for_status()
                order.append(name)

            threads = [threading.Thread(target=ask, args=("greedy", greedy)) for _ in range(16)]
            for thread in threads:
                thread.start()
            eventually(lambda: app.state.service.answers.waiting >= 10)
            late = threading.Thread(target=ask, args=("modest", modest))
            late.start()
            late.join()
            served_before = len(order) - 1
            for thread in threads:
                thread.join()
        assert served_before <= 9  # of 16: it did not wait for all who had come before

    def test_searches_are_bounded_too(self) -> None:
        app = api_over(CannedEngine())
        room = app.state.service.lookups
        with serving(app) as url:
            held = [room.join(f"client {number % 3}") for number in range(66)]
            refused = httpx.post(f"{url}/v1/search", json={"query": "lite"})
            for ticket in held:
                ticket.leave()
            found = httpx.post(f"{url}/v1/search", json={"query": "lite"})
        assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (503, True)
        assert len(found.json()["results"]) == 1

    def test_who_waits_at_the_end_is_sent_away(self) -> None:
        engine = CannedEngine()
        app = api_over(engine, answers_at_once=1)
        replies: list[httpx.Response] = []

        def wait(url: str) -> None:
            replies.append(httpx.post(f"{url}/v1/ask", json=QUESTION, timeout=20))

        with contextlib.ExitStack() as stack:
            with serving(app) as url:
                stack.enter_context(answering(url))
                waiter = threading.Thread(target=wait, args=(url,))
                waiter.start()
                eventually(lambda: app.state.service.answers.waiting == 1)
            waiter.join(10)
        (reply,) = replies
        assert (reply.status_code, int(reply.headers["retry-after"]) > 0) == (503, True)
        assert "shutting down" in reply.json()["detail"]
        assert engine.streams == 0
        assert engine.closed.is_set()


@contextmanager
def answering(url: str) -> Iterator[None]:
    """An answer is under way in the block."""
    with httpx.stream("POST", f"{url}/v1/ask", json={"question": "wait"}, headers=STREAM) as reply:
        blocks = reply.iter_raw()
        next(blocks)
        yield


@contextmanager
def post_and_hold(url: str, path: str, body: dict, headers: dict[str, str]) -> Iterator[None]:
    """A request whose connection is cut at the end of the block, whatever has come back by then."""
    address = httpx.URL(url)
    request = httpx.Request("POST", f"{url}{path}", json=body, headers=headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection((address.host, address.port)) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + request.content)
        yield


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return Retriever.open()


class TestStopping:
    """A true engine over a model in a thread of its own, as llama.cpp's is."""

    @pytest.mark.parametrize("says", ["", "PyTorch "], ids=["reading", "writing"])
    @pytest.mark.parametrize("headers", [STREAM, {}], ids=["streamed", "whole"])
    @pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
    def test_hanging_up_stops_the_model(
        self, retriever: Retriever, says: str, headers: dict, path: str
    ) -> None:
        model = ReadingModel(says)
        app = api_over(Engine(retriever, model, load_settings()), answers_at_once=1)
        body = WHY if path == "/v1/ask" else chat(WHY["question"], stream=bool(headers))
        with serving(app) as url:
            with post_and_hold(url, path, body, headers):
                assert model.began.wait(10)
            assert eventually(lambda: model.working == 0) < 0.5
            assert eventually(lambda: app.state.service.answers.working == 0) < 0.5

    def test_the_time_limit_answers_at_once_and_stops_the_model(self, retriever: Retriever) -> None:
        model = ReadingModel()
        app = api_over(Engine(retriever, model, load_settings()), answer_seconds=0.5)
        with serving(app) as url:
            reply = httpx.post(f"{url}/v1/ask", json=WHY, timeout=10)
            eventually(lambda: model.working == 0)
            late = httpx.post(f"{url}/v1/ask", json=WHY, timeout=10, headers=STREAM)
        assert reply.status_code == 503
        assert "was not ready within 0.5 seconds" in reply.json()["detail"]
        assert reply.headers["retry-after"]
        assert 0.4 < reply.elapsed.total_seconds() < 2
        assert "event: error" in late.text and "was not ready within 0.5 seconds" in late.text

    def test_the_time_limit_counts_waiting(self, retriever: Retriever) -> None:
        model = ReadingModel()
        settings = {"answers_at_once": 1, "answer_seconds": 1.0}
        app = api_over(Engine(retriever, model, load_settings()), **settings)
        with serving(app) as url:
            replies = asyncio.run(flood(url, 3, body=WHY))
        assert [reply.status_code for reply in replies] == [503] * 3
        assert waited(replies, 1.0) < 3

    def test_a_body_that_does_not_come_is_not_waited_for(self, monkeypatch) -> None:
        monkeypatch.setattr("assistant.serving.gate.BODY_S", 0.3)
        head = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        with serving(api_over(CannedEngine())) as url:
            address = httpx.URL(url)
            with socket.create_connection((address.host, address.port), timeout=5) as line:
                line.sendall(head + b'Content-Length: 30\r\n\r\n{"question": ')
                reply = b"".join(iter(lambda: line.recv(65536), b""))  # until it is closed
            assert reply.startswith(b"HTTP/1.1 408 ")
            assert b"took too long to arrive" in reply
            with answering(url):  # a stream may take longer than a body
                time.sleep(0.5)
                assert httpx.get(f"{url}/healthz").status_code == 200

    def test_leaving_the_line_gives_the_place_up(self) -> None:
        engine = CannedEngine()
        app = api_over(engine, answers_at_once=1)
        with serving(app) as url:
            with answering(url):
                with pytest.raises(httpx.ReadTimeout):
                    httpx.post(f"{url}/v1/ask", json=QUESTION, timeout=0.3)
                eventually(lambda: app.state.service.answers.waiting == 0)
            eventually(lambda: app.state.service.answers.working == 0)
            assert [question for question, _, _ in engine.questions] == ["wait"]
            assert httpx.post(f"{url}/v1/ask", json=QUESTION).status_code == 200

    def test_a_silent_stream_gives_signs_of_life(self, retriever: Retriever, monkeypatch) -> None:
        monkeypatch.setattr("assistant.api.answering.SIGN_OF_LIFE_S", 0.1)
        app = api_over(Engine(retriever, ReadingModel(), load_settings()), answer_seconds=1)
        with serving(app) as url:
            events = httpx.post(f"{url}/v1/ask", json=WHY, headers=STREAM, timeout=10).text
            chunks = httpx.post(
                f"{url}/v1/chat/completions", json=chat(WHY["question"], stream=True), timeout=10
            ).text
        assert events.count(": ping\n\n") >= 3
        assert chunks.count(": ping\n\n") >= 1
        assert chunks.endswith("data: [DONE]\n\n")


def chat(question: str, stream: bool) -> dict:
    return {"messages": [{"role": "user", "content": question}], "stream": stream}
