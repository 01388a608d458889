"""The HTTP door, through a real server on a free port."""

import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from doors import serving
from doubles import EN, ZH, CannedEngine

from assistant.api.limits import MAX_BODY
from assistant.api.routes import create_api
from assistant.engine import Engine
from assistant.serving.server import create_app, protect
from assistant.serving.standby import Standby
from assistant.settings import load_settings
from corpus.errors import WeightsError
from corpus.flowcharts import AUDIENCES

QUESTION = {"question": "What is there?"}
STREAM = {"accept": "text/event-stream"}


def app_over(standby: Standby):
    return protect(create_api(standby), "127.0.0.1", load_settings())


@pytest.fixture(scope="module")
def engine() -> CannedEngine:
    return CannedEngine()


@pytest.fixture(scope="module")
def client(engine: CannedEngine) -> Iterator[httpx.Client]:
    with serving(app_over(Standby(lambda: engine))) as url, httpx.Client(base_url=url, timeout=10) as client:
        yield client
    assert engine.closed.is_set()


def events_of(text: str) -> list[tuple[str, dict]]:
    blocks = [block.split("\n", 1) for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def assert_problem(reply: httpx.Response, status: int, *words: str) -> None:
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert problem["title"]
    assert all(word in problem["detail"] for word in words), problem["detail"]


def eventually(condition, seconds: float = 3.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


class TestReadiness:
    def test_healthy_at_once_ready_when_open(self) -> None:
        opened = threading.Event()

        def slow() -> CannedEngine:
            opened.wait(10)
            return CannedEngine()

        with serving(app_over(Standby(slow))) as url:
            assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
            for reply in (httpx.get(f"{url}/readyz"), httpx.post(f"{url}/v1/ask", json=QUESTION)):
                assert_problem(reply, 503, "still being loaded", "try again")
                assert reply.headers["retry-after"] == "5"
            opened.set()
            assert eventually(lambda: httpx.get(f"{url}/readyz").json() == {"status": "ready"})

    def test_says_why_it_cannot_open(self) -> None:
        def broken() -> CannedEngine:
            raise WeightsError("model.gguf was changed. Run `assistant models fetch`.")

        with serving(app_over(Standby(broken))) as url:
            assert eventually(lambda: "changed" in httpx.get(f"{url}/readyz").text)
            reply = httpx.post(f"{url}/v1/search", json={"query": "x"})
            assert_problem(reply, 503, "Run `assistant models fetch`.")
            assert httpx.get(f"{url}/healthz").status_code == 200

    def test_an_unexpected_failure_names_the_doctor(self) -> None:
        with serving(app_over(Standby(lambda: 1 / 0))) as url:
            assert eventually(lambda: "assistant doctor" in httpx.get(f"{url}/readyz").text)


class TestAsk:
    def test_gives_the_engines_answer(self, client: httpx.Client, engine: CannedEngine) -> None:
        reply = client.post("/v1/ask", json=QUESTION)
        assert reply.json() == engine.ask(QUESTION["question"]).model_dump(mode="json")

    def test_passes_history_and_language_on(self, client: httpx.Client, engine: CannedEngine) -> None:
        history = [{"role": "user", "content": "JAX?"}, {"role": "assistant", "content": "Yes."}]
        client.post("/v1/ask", json={"question": "And?", "history": history, "language": "zh"})
        question, turns, language = engine.questions[-1]
        assert (question, [turn.model_dump() for turn in turns], language) == ("And?", history, "zh")

    def test_streams_events_and_ends_with_the_same_answer(self, client: httpx.Client) -> None:
        reply = client.post("/v1/ask", json={"question": "有什么？"}, headers=STREAM)
        assert reply.headers["content-type"].startswith("text/event-stream")
        (first, found), (second, token), (third, final) = events_of(reply.text)
        assert (first, second, third) == ("retrieved", "token", "final")
        assert found["passages"][0]["text"] == ZH
        assert token["text"] == f"{ZH} [1]"
        assert token["citations"] == final["citations"]
        assert final == client.post("/v1/ask", json={"question": "有什么？"}).json()

    def test_a_failure_half_way_is_an_event(self, client: httpx.Client) -> None:
        *_, (name, problem) = events_of(client.post("/v1/ask", json={"question": "why"}, headers=STREAM).text)
        assert (name, problem["status"]) == ("error", 503)
        assert problem["detail"] == "The model stopped half-way; ask again."
        assert_problem(client.post("/v1/ask", json={"question": "why"}), 503, "ask again")

    @pytest.mark.parametrize("headers", [STREAM, {}], ids=["streamed", "whole"])
    def test_going_away_stops_the_engine(self, client: httpx.Client, engine: CannedEngine, headers) -> None:
        with (
            pytest.raises(httpx.ReadTimeout),
            client.stream(
                "POST", "/v1/ask", json={"question": "wait"}, headers=headers, timeout=0.5
            ) as reply,
        ):
            for _ in reply.iter_raw():
                if headers:
                    raise httpx.ReadTimeout("seen enough")
        assert eventually(lambda: engine.streams == 0)

    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            ({}, 422, ["question", "required"]),
            ({"question": ""}, 422, ["question", "at least 1 character"]),
            ({"question": "   "}, 422, ["The question is empty"]),
            ({"question": "x" * 2001}, 422, ["question", "at most 2000 characters"]),
            ({"question": 7}, 422, ["question", "string"]),
            ({"question": "x", "history": [{"role": "user", "content": "y"}] * 41}, 422, ["history", "40"]),
            ({"question": "x", "history": [{"role": "system", "content": "y"}]}, 422, ["history.0.role"]),
            ({"question": "x", "language": "fr"}, 422, ["language", "'auto', 'zh' or 'en'"]),
            ({"question": "x", "temperature": 2}, 422, ["temperature", "not permitted"]),
        ],
    )
    @pytest.mark.parametrize("headers", [STREAM, {}], ids=["streamed", "whole"])
    def test_names_what_cannot_be_used(self, client: httpx.Client, headers, body, status, words) -> None:
        assert_problem(client.post("/v1/ask", json=body, headers=headers), status, *words)

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"\xff\xfe", b'{"question": "\\ud800"}', b"[" * 50_000], ids=str
    )
    def test_refuses_what_is_not_json(self, client: httpx.Client, body: bytes) -> None:
        reply = client.post("/v1/ask", content=body, headers={"content-type": "application/json"})
        assert reply.status_code in (400, 422)
        assert_problem(reply, reply.status_code)


class TestSearchAndArticle:
    def test_search_shows_both_editions(self, client: httpx.Client) -> None:
        (result,) = client.post("/v1/search", json={"query": "lite", "k": 1}).json()["results"]
        assert (result["text"], result["counterpart"]["text"]) == (EN, ZH)

    @pytest.mark.parametrize("k", [0, 11, "many"])
    def test_k_is_limited(self, client: httpx.Client, k: object) -> None:
        assert_problem(client.post("/v1/search", json={"query": "lite", "k": k}), 422, "k: ")

    def test_a_passage_stands_beside_its_translation(self, client: httpx.Client) -> None:
        passage = client.get("/v1/passages/en-industry-01").json()
        other = passage["counterpart"]
        assert (passage["language"], other["language"]) == ("en", "zh")
        assert len(passage["sentences"]) == len(other["sentences"])
        assert (
            client.get(f"/v1/passages/{other['passage_id']}").json()["counterpart"]["text"] == passage["text"]
        )

    def test_an_unknown_passage_is_not_found(self, client: httpx.Client) -> None:
        assert_problem(client.get("/v1/passages/en-nothing-01"), 404, "no passage of that id")


class TestAdvice:
    def test_the_same_fact_advises_readers_differently(self, client: httpx.Client) -> None:
        body = {"facts": {"target": "mobile"}}
        industry = client.post("/v1/recommend", json={"audience": "industry", **body}).json()
        hobbyist = client.post("/v1/recommend", json={"audience": "hobbyist", **body}).json()
        assert (industry["audience"], hobbyist["audience"]) == ("industry", "hobbyist")
        assert industry["rule"] != hobbyist["rule"]
        assert all(quote["quote"] for quote in industry["evidence"] + hobbyist["evidence"])

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"audience": "pilot"}, ["audience", "'industry'"]),
            ({"audience": "industry", "facts": {"planet": "mars"}}, ["planet", "target=production"]),
            ({"audience": "industry", "facts": {"target": "moon"}}, ["target", "mobile"]),
        ],
    )
    def test_lists_what_exists(self, client: httpx.Client, body, words) -> None:
        assert_problem(client.post("/v1/recommend", json=body), 422, *words)

    def test_flowcharts_as_data(self, client: httpx.Client) -> None:
        charts = client.get("/v1/flowcharts").json()["flowcharts"]
        assert [chart["audience"] for chart in charts] == list(AUDIENCES)
        one = client.get("/v1/flowcharts/industry").json()
        assert one == charts[0]
        assert one["leaves"][-1]["when"] == {}

    @pytest.mark.parametrize(
        ("kind", "media_type", "start"),
        [("svg", "image/svg+xml", "<svg"), ("mermaid", "text/vnd.mermaid", "flowchart")],
    )
    def test_flowcharts_drawn(self, client: httpx.Client, kind: str, media_type: str, start: str) -> None:
        by_format = client.get("/v1/flowcharts/industry", params={"format": kind})
        by_accept = client.get("/v1/flowcharts/industry", headers={"accept": media_type})
        assert by_format.headers["content-type"].split(";")[0] == media_type
        assert by_format.text == by_accept.text
        assert start in by_format.text
        walked = client.get("/v1/flowcharts/industry", params={"format": kind, "fact": "target=mobile"})
        assert walked.text != by_format.text

    def test_an_unknown_flowchart_is_not_found(self, client: httpx.Client) -> None:
        assert_problem(client.get("/v1/flowcharts/pilot"), 404, "industry", "beginner")

    def test_a_fact_without_a_value_is_refused(self, client: httpx.Client) -> None:
        params = {"format": "svg", "fact": "target"}
        assert_problem(client.get("/v1/flowcharts/industry", params=params), 422, "name=value")


class TestGate:
    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[", "", "10.0.0.1"])
    def test_a_foreign_host_is_refused(self, client: httpx.Client, host: str) -> None:
        assert_problem(client.get("/healthz", headers={"host": host}), 400, "Host")

    @pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:1"])
    def test_its_own_names_pass(self, client: httpx.Client, name: str) -> None:
        assert client.get("/healthz", headers={"host": name}).status_code == 200

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
    def test_a_foreign_page_may_not_write(self, client: httpx.Client, origin: str) -> None:
        reply = client.post("/v1/ask", json=QUESTION, headers={"origin": origin})
        assert_problem(reply, 403, "another site")
        assert "access-control-allow-origin" not in reply.headers
        assert "access-control-allow-origin" not in client.get("/healthz", headers={"origin": origin}).headers

    def test_our_own_page_may(self, client: httpx.Client) -> None:
        origin = str(client.base_url).rstrip("/")
        assert client.post("/v1/ask", json=QUESTION, headers={"origin": origin}).status_code == 200

    def test_a_large_body_is_refused(self, client: httpx.Client) -> None:
        large = b" " * (MAX_BODY + 1)
        headers = {"content-type": "application/json"}
        assert_problem(client.post("/v1/ask", content=large, headers=headers), 413, "64 KiB")
        chunked = client.post("/v1/ask", content=iter([large]), headers=headers)
        assert_problem(chunked, 413)

    def test_every_reply_carries_the_headers(self, client: httpx.Client) -> None:
        for reply in (client.get("/healthz"), client.get("/nothing"), client.get("/", headers={"host": "x"})):
            assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert "server" not in reply.headers


class TestAddresses:
    @pytest.mark.parametrize("path", ["/v1/nothing", "/v1/ask/", "/v1", "/v1/models/x/y", "//v1/ask"])
    def test_an_unknown_one_is_a_problem(self, client: httpx.Client, path: str) -> None:
        reply = client.post(path, json=QUESTION)
        assert reply.status_code == 404
        assert "/docs" in reply.text

    def test_a_wrong_method_names_the_right_one(self, client: httpx.Client) -> None:
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"):
            reply = client.request(method, "/v1/ask")
            assert_problem(reply, 405, "does not take that method")
            assert reply.headers["allow"] == "POST"

    def test_so_it_is_beside_the_page(self) -> None:
        engine = CannedEngine()
        with serving(create_app(Standby(lambda: engine))) as url:
            wrong = httpx.delete(f"{url}/v1/ask")
            assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
            assert_problem(httpx.get(f"{url}/v1/nothing"), 404, "/docs")
            assert_problem(httpx.get(f"{url}/gradio_api/info"), 404)
            page = httpx.get(url)
            assert (page.status_code, "<html" in page.text) == (200, True)
            assert httpx.post(f"{url}/v1/ask", json=QUESTION).json()["answer"].endswith("[1]")


@pytest.fixture(scope="module")
def article() -> Iterator[httpx.Client]:
    standby = Standby(lambda: Engine.open(load_settings(llm="none")))
    with serving(app_over(standby)) as url, httpx.Client(base_url=url, timeout=20) as client:
        standby.wait(20)
        yield client


class TestTheTrueEngine:
    """The same doors over the article itself, without a model."""

    @pytest.mark.parametrize(
        "question",
        ["What is TensorFlow Lite for?", "TensorFlow Lite 是做什么的？", "I work on mobile apps. Which one?"],
    )
    def test_streamed_and_whole_answers_are_the_same(self, article: httpx.Client, question: str) -> None:
        whole = article.post("/v1/ask", json={"question": question}).json()
        events = events_of(article.post("/v1/ask", json={"question": question}, headers=STREAM).text)
        assert events[0][0] == "retrieved"
        final = events[-1][1]
        changing = ("id", "timings")
        assert {k: v for k, v in final.items() if k not in changing} == {
            k: v for k, v in whole.items() if k not in changing
        }
        tokens = [data for name, data in events if name == "token"]
        assert "".join(token["text"] for token in tokens) == final["answer"]
        assert [c for token in tokens for c in token["citations"]] == final["citations"]

    def test_every_citation_leads_to_its_passage(self, article: httpx.Client) -> None:
        citations = article.post("/v1/ask", json={"question": "What is TensorFlow Lite for?"}).json()[
            "citations"
        ]
        assert citations
        for citation in citations:
            passage = article.get(f"/v1/passages/{citation['passage_id']}").json()
            assert passage["text"] == citation["text"]
            assert passage["section"] == citation["section"]
            assert passage["text"][citation["start"] : citation["end"]] == citation["quote"]
            assert citation["counterpart"]["quote"] in passage["counterpart"]["text"]

    def test_what_the_article_does_not_say_is_not_answered(self, article: httpx.Client) -> None:
        answer = article.post("/v1/ask", json={"question": "What is the capital of France?"}).json()
        assert (answer["abstained"], answer["citations"]) == (True, [])
        assert answer["also_read"]

    def test_search_finds_across_languages(self, article: httpx.Client) -> None:
        for query, language in (("TensorFlow Lite", "en"), ("物联网设备上的模型压缩", "zh")):
            results = article.post("/v1/search", json={"query": query, "k": 3}).json()["results"]
            assert [result["language"] for result in results] == [language] * 3
            assert results[0]["passage_id"].endswith("deployment-tensorflow-lite-01")

    @pytest.mark.parametrize("question", ["\ud83d", "\x00\x01", "<|im_end|>", "?", "\u202e", "x " * 900])
    def test_strange_questions_get_an_answer_or_a_sentence(
        self, article: httpx.Client, question: str
    ) -> None:
        body = json.dumps({"question": question}).encode()
        reply = article.post("/v1/ask", content=body, headers={"content-type": "application/json"})
        if reply.status_code != 200:
            assert_problem(reply, 422)
        else:
            assert reply.json()["question"] == question
