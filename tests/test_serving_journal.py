"""The log and the figures of a server: a line a request, an id for each, nothing of what was asked."""

import io
import json
import logging
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from doors import api_over, serving
from doubles import CannedEngine
from prometheus_client.parser import text_string_to_metric_families

from assistant.serving import journal
from tests.webworld import Caller, until, web_app

QUESTION = {"question": "What about the pangolin?"}
STREAM = {"accept": "text/event-stream"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the process logs during a test."""
    root, ours = logging.getLogger(), journal.log
    handlers, levels = root.handlers[:], (root.level, ours.level)
    stream = io.StringIO()
    journal.write_json(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def lines(log: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


class BrokenEngine(CannedEngine):
    """Fails with an exception that nobody foresaw, whose message is what was asked."""

    def stream(self, question, history=(), language="auto"):
        """Break."""
        raise LookupError(question)
        yield


class BreakingEngine(CannedEngine):
    """Fails so after its first event."""

    def stream(self, question, history=(), language="auto"):
        """Break half-way."""
        yield next(super().stream(question, history, language))
        raise LookupError(question)


class TestLog:
    def test_a_line_a_request_says_how_it_went(self, log: io.StringIO) -> None:
        with serving(api_over(CannedEngine())) as url:
            httpx.post(f"{url}/v1/ask", json=QUESTION, headers={"x-request-id": "mine-1"})
            httpx.get(f"{url}/v1/passages/pangolin")
        answered, missing = lines(log)
        assert {name: answered[name] for name in ("level", "method", "route", "status", "client")} == {
            "level": "INFO",
            "method": "POST",
            "route": "/v1/ask",
            "status": 200,
            "client": "127.0.0.1",
        }
        assert (answered["request_id"], answered["answer_id"], answered["abstained"]) == (
            "mine-1",
            "canned",
            False,
        )
        assert (answered["language"], answered["citations"], answered["model"]) == ("en", 1, "canned")
        assert answered["duration_ms"] > 0
        assert (missing["route"], missing["status"]) == ("/v1/passages/{passage_id}", 404)

    def test_nothing_of_what_is_asked(self, log: io.StringIO) -> None:
        secret = "pangolin"
        with serving(api_over(CannedEngine())) as url:
            httpx.post(f"{url}/v1/ask", json=QUESTION)
            httpx.post(f"{url}/v1/ask", json=QUESTION, headers=STREAM)
            httpx.post(f"{url}/v1/ask", json={"question": "why pangolin"})
            httpx.post(f"{url}/v1/ask", json={"question": secret, secret: 1, "language": secret})
            httpx.post(f"{url}/v1/search", json={"query": secret})
            httpx.post(f"{url}/v1/chat/completions", json={"messages": [{"role": "user", "content": secret}]})
            httpx.get(f"{url}/v1/{secret}", params={"q": secret}, headers={"user-agent": secret})
        for engine in (BrokenEngine(), BreakingEngine()):
            with serving(api_over(engine)) as url:
                httpx.post(f"{url}/v1/ask", json=QUESTION)
                httpx.post(f"{url}/v1/ask", json=QUESTION, headers=STREAM)
        assert len(lines(log)) >= 11
        assert secret not in log.getvalue()

    def test_what_is_asked_where_it_is_wanted(self, log: io.StringIO) -> None:
        with serving(api_over(CannedEngine(), log_questions=True)) as url:
            httpx.post(f"{url}/v1/ask", json=QUESTION)
        (line,) = lines(log)
        assert (line["question"], line["answer"][:10]) == (QUESTION["question"], "TensorFlow")

    def test_an_error_nobody_foresaw_is_a_problem_and_its_place_is_logged(self, log: io.StringIO) -> None:
        with serving(api_over(BrokenEngine())) as url:
            reply = httpx.post(f"{url}/v1/ask", json=QUESTION)
        assert (reply.status_code, reply.headers["content-type"]) == (500, "application/problem+json")
        assert "the server's log has the cause" in reply.json()["detail"]
        (line,) = lines(log)
        assert (line["level"], line["status"]) == ("ERROR", 500)
        assert re.match(r"LookupError at .*test_serving_journal\.py:\d+ < ", line["error"])
        assert line["request_id"] == reply.headers["x-request-id"]

    def test_half_way_it_is_an_event(self, log: io.StringIO) -> None:
        with serving(api_over(BreakingEngine())) as url:
            reply = httpx.post(f"{url}/v1/ask", json=QUESTION, headers=STREAM)
        assert "event: error" in reply.text and "the server's log has the cause" in reply.text
        assert any("an answer broke off: LookupError at" in line["message"] for line in lines(log))

    def test_supervisors_and_assets_do_not_fill_it(self, log: io.StringIO) -> None:
        with serving(api_over(CannedEngine())) as url:
            for path in ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"):
                assert httpx.get(f"{url}{path}").status_code == 200
        assert lines(log) == []


class TestRequestId:
    def test_comes_back(self) -> None:
        with serving(api_over(CannedEngine())) as url:
            reply = httpx.get(f"{url}/v1/models", headers={"x-request-id": "a.b-c_1:2/3=="})
            assert reply.headers["x-request-id"] == "a.b-c_1:2/3=="
            refused = httpx.get(f"{url}/healthz", headers={"host": "evil.example", "x-request-id": "r"})
            assert (refused.status_code, refused.headers["x-request-id"]) == (400, "r")

    @pytest.mark.parametrize("given", ["", "x" * 129, 'a"b', "a b", "{}", "ä"])
    def test_is_made_where_none_fit_came(self, given: str) -> None:
        with serving(api_over(CannedEngine())) as url:
            headers = [(b"x-request-id", given.encode("latin-1"))]
            made = [httpx.get(f"{url}/healthz", headers=headers).headers["x-request-id"] for _ in range(2)]
        assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in made)
        assert made[0] != made[1]


def figures(url: str) -> dict[str, float]:
    reply = httpx.get(f"{url}/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    samples = [one for family in text_string_to_metric_families(reply.text) for one in family.samples]
    return {
        one.name + "".join(f" {value}" for _, value in sorted(one.labels.items()) if value): one.value
        for one in samples
    }


class TestFigures:
    def test_have_the_fields_names(self) -> None:
        with serving(api_over(CannedEngine())) as url:
            httpx.post(f"{url}/v1/ask", json=QUESTION)
            httpx.post(f"{url}/v1/ask", json={"question": "why"})
            httpx.post(f"{url}/v1/ask", json={"question": ""})
            found = figures(url)
        chat = "chat framework-assistant"
        assert found[f"gen_ai_server_request_duration_seconds_count {chat} canned"] == 1
        assert found[f"gen_ai_server_request_duration_seconds_count GenerationError {chat}"] == 1
        assert found["assistant_answers_total en answered"] == 1
        assert found["assistant_answers_total GenerationError"] == 1
        assert found["http_server_request_duration_seconds_count POST 200 /v1/ask"] == 1
        assert found["http_server_request_duration_seconds_count POST 422 /v1/ask"] == 1
        assert found["assistant_num_requests_running"] == found["assistant_num_requests_waiting"] == 0
        assert found["assistant_request_queue_time_seconds_count"] == 2
        assert found["http_server_active_requests"] == 1  # this one
        assert found["assistant_ready"] == 1
        assert found["process_resident_memory_bytes"] > 1e7

    def test_made_up_addresses_and_methods_make_no_series(self) -> None:
        with serving(api_over(CannedEngine())) as url:
            before = len(figures(url))
            for number in range(30):
                httpx.request(f"VERB{number}", f"{url}/made/up/{number}")
                httpx.get(f"{url}/v1/passages/none-{number}")
            after = len(figures(url))
        assert after - before < 80  # three histograms, not sixty

    def test_a_client_who_left_is_counted(self) -> None:
        with serving(api_over(CannedEngine())) as url:
            with httpx.stream("POST", f"{url}/v1/ask", json={"question": "wait"}, headers=STREAM) as reply:
                next(reply.iter_raw())
            for _ in range(100):
                if "assistant_answers_total GoneError" in figures(url):
                    break
                time.sleep(0.02)
            assert figures(url)["assistant_answers_total GoneError"] == 1

    def test_count_what_the_page_asked_too(self) -> None:
        engine = CannedEngine()
        with serving(web_app(engine)) as url:
            caller = Caller(url)
            for question in ("What is there?", "why"):
                caller.act("ask", text=question)
                caller.watch()
            caller.act("ask", text="wait")
            until(lambda: engine.streams == 1)
            caller.act("stop")
            caller.watch()
            found = figures(url)
            caller.close()
        assert found["assistant_answers_total en answered"] == 1
        assert found["assistant_answers_total GenerationError"] == 1
        assert found["assistant_answers_total StoppedError"] == 1
        assert found["assistant_request_queue_time_seconds_count"] == 3
