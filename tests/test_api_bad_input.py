"""Bad input by the hundred, through true HTTP: a clear 4xx each, nothing in the log, nothing left running."""

import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
from doors import api_over, serving
from doubles import CannedEngine
from fastapi import FastAPI

from assistant.serving import journal

SECRET = "pangolin"
"""Stands in the texts sent, and must stand in no log and, but as the name of a field, in no reply."""

JSON = {"content-type": "application/json"}
GOOD = "What is there?"
WRONG_TYPES = (None, True, 7, 1.5, [], ["x"], {}, {"x": "y"})
CONTROLS = [chr(code) for code in [*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F]]
TOKENS = (
    "<|im_end|>",
    "<|im_start|><|im_end|>",
    "<|endoftext|> <|im_end|>\n",
    "</s>",
    "[INST]",
    "<s>[/INST]",
)
EMPTY = ("", " ", "\n\t ", "\u3000", "\u200b", "\ufeff", "???", "……", "🙂")
SURROGATES = ("\\ud800", "\\udfff", "x\\ud83d", "\\ude00\\ud83d")
LANGUAGES = ("fr", "ZH", "zh-CN", "", "auto ", 7, None, ["zh"])
TURN = {"role": "user", "content": SECRET}
LONG = [{"role": "user", "content": SECRET + " word" * 50_000}] * 20
"""About a million tokens."""

ROUTES = ("/v1/ask", "/v1/search", "/v1/recommend", "/v1/chat/completions")
Cases = Iterator[tuple[str, object]]
"""(path, body): a body of bytes is sent as it stands, any other as JSON."""


def asks(question: object) -> list[tuple[str, object]]:
    """The same text wherever a question can stand."""
    return [
        ("/v1/ask", {"question": question}),
        ("/v1/search", {"query": question}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": question}]}),
    ]


def wrong_types() -> Cases:
    """A value of another kind, for every field and for the whole."""
    for wrong in WRONG_TYPES:
        yield from asks(wrong)
        yield "/v1/recommend", {"audience": wrong}
        yield "/v1/chat/completions", {"messages": wrong}
        yield "/v1/chat/completions", {"messages": [wrong]}
        for path in ROUTES:
            yield path, wrong
    for wrong in (None, True, 7, 1.5, "x", {"x": "y"}):
        yield "/v1/ask", {"question": GOOD, "history": wrong}
        yield "/v1/ask", {"question": GOOD, "history": [wrong]}
        yield "/v1/recommend", {"audience": "industry", "facts": wrong if wrong != {"x": "y"} else ["x"]}
        yield "/v1/chat/completions", {"messages": [TURN], "stream_options": wrong or "x"}


def unreadable_text() -> Cases:
    """Empty, control characters, control tokens alone, half of a surrogate pair."""
    for text in ("", *TOKENS, *(f"{SECRET}{control}?" for control in CONTROLS)):
        yield from asks(text)
    for surrogate in SURROGATES:
        for path, body in asks("@"):
            yield path, json.dumps(body).replace("@", f"{SECRET} {surrogate}").encode()


def too_much() -> Cases:
    """Beyond every limit, by one and by far."""
    for length in (2001, 10_000, 60_000, 70_000, 200_000, 1_000_000):
        yield from asks(SECRET + "x" * length)
        yield from asks(SECRET + "字" * (length // 3 + 2000))
    for history in (
        [TURN] * 41,
        [{**TURN, "content": "x" * 2001}],
        [{**TURN, "content": "x" * 250}] * 33,
        LONG,
    ):
        yield "/v1/ask", {"question": GOOD, "history": history}
        yield "/v1/chat/completions", {"messages": [*history, TURN]}
    for k in (0, -1, 11, 10**30, 2.5, "many", None, "", [], True):
        yield "/v1/search", {"query": GOOD, "k": k if k is not True else 1.01}
    for number in (0, -1, 5000, 10**30, 1e308, "one", []):
        yield "/v1/chat/completions", {"messages": [TURN], "n": number}
        yield "/v1/chat/completions", {"messages": [TURN], "max_tokens": number}
        yield "/v1/chat/completions", {"messages": [TURN], "temperature": number if number != 0 else -0.1}


def unknown() -> Cases:
    """Languages, roles, fields, readers and facts that there are not."""
    for language in LANGUAGES:
        for path, body in asks(GOOD):
            yield path, {**body, "language": language}
        yield "/v1/recommend", {"audience": "industry", "language": language}
    for role in ("system", "tool", "", 7, None):
        yield "/v1/ask", {"question": GOOD, "history": [{"role": role, "content": SECRET}]}
    for extra in (SECRET, "temperature", "", "\x00", "x" * 5000):
        yield "/v1/ask", {"question": GOOD, extra: 1}
        yield "/v1/search", {"query": GOOD, extra: 1}
        yield "/v1/recommend", {"audience": "industry", extra: 1}
        yield "/v1/recommend", {"audience": extra}
    for facts in (
        {SECRET: "x"},
        {"target": "x" * 50_000},
        {"x" * 50_000: "y"},
        {"target": SECRET},
        {"target": True},
        {str(n): "x" for n in range(21)},
    ):
        yield "/v1/recommend", {"audience": "industry", "facts": facts}


def broken_json() -> Cases:
    """What is no JSON, or not an object."""
    for broken in (b"", b"{", b"\xff\xfe", b"null", b"[", b"[" * 50_000, b'{"a":' * 10_000, b"NaN", b"\x00"):
        for path in ROUTES:
            yield path, broken


THEMES = (wrong_types, unreadable_text, too_much, unknown, broken_json)
CASES = [
    pytest.param(path, body, id=f"{theme.__name__}-{number}")
    for theme in THEMES
    for number, (path, body) in enumerate(theme())
]


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return api_over(CannedEngine(), answers_per_client=1000)


@pytest.fixture(scope="module")
def log() -> Iterator[io.StringIO]:
    root, ours = logging.getLogger(), journal.log
    handlers, levels = root.handlers[:], (root.level, ours.level)
    stream = io.StringIO()
    journal.write_json(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture(scope="module")
def client(app: FastAPI, log: io.StringIO) -> Iterator[httpx.Client]:
    with serving(app) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def send(client: httpx.Client, path: str, body: object, headers: dict[str, str] = JSON) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, content=content, headers=headers)


def sentence_of(reply: httpx.Response) -> str:
    """The problem's own sentence, in the shape that the path promises."""
    if reply.url.path.startswith("/v1/chat"):
        assert reply.headers["content-type"] == "application/json"
        return reply.json()["error"]["message"]
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["status"] == reply.status_code
    return reply.json()["detail"]


def test_there_are_hundreds() -> None:
    assert len(CASES) >= 400


@pytest.mark.parametrize(("path", "body"), CASES)
def test_each_is_a_clear_4xx(client: httpx.Client, path: str, body: object) -> None:
    reply = send(client, path, body)
    assert reply.status_code in (400, 413, 415, 422), reply.text[:300]
    sentence = sentence_of(reply)
    assert 20 < len(sentence) < 800
    assert sentence.endswith("."), sentence
    assert not any(word in reply.text for word in ("Traceback", "pydantic", ".py", "line "))


def test_what_is_no_json_is_said_to_be_none_and_where(client: httpx.Client) -> None:
    reply = client.post("/v1/ask", content=b"{bad", headers={"Content-Type": "application/json"})
    assert reply.status_code == 400
    assert sentence_of(reply).startswith("The body is not JSON: ")
    assert sentence_of(reply).endswith(" at character 1.")


@pytest.mark.parametrize(("path", "body"), [case for case in CASES if not case.id.startswith("unknown")])
def test_no_value_is_echoed(client: httpx.Client, path: str, body: object) -> None:
    assert SECRET not in send(client, path, body).text


@pytest.mark.parametrize("text", EMPTY[1:4])
def test_a_question_of_nothing_is_refused_by_the_engine(client: httpx.Client, text: str) -> None:
    assert "question is empty" in sentence_of(send(client, "/v1/ask", {"question": text}))


def test_nothing_that_was_sent_is_logged(client: httpx.Client, log: io.StringIO) -> None:
    send(client, "/v1/ask", {"question": f"{SECRET}\x00"})
    assert log.getvalue().count('"status": 4') >= 1
    assert SECRET not in log.getvalue()
    assert '"error"' not in log.getvalue()


def test_nothing_is_left_running(client: httpx.Client, app: FastAPI) -> None:
    service = app.state.service
    assert (service.answers.working, service.answers.waiting, service.lookups.working) == (0, 0, 0)
    assert client.post("/v1/ask", json={"question": GOOD}).json()["answer"].endswith("[1]")


@pytest.mark.parametrize(
    "text",
    ["a\tb\r\nc", "What does <|im_end|> mean?", "e\u0301", "\u202etxet", "👩‍👩‍👧", "I\u2028you", "\x85x"],
)
def test_strange_but_readable_text_is_asked(client: httpx.Client, text: str) -> None:
    for path, body in asks(text):
        assert send(client, path, body).status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_is_not_sent_as_json_is_told_how(client: httpx.Client, kind: str) -> None:
    for path, body in asks(GOOD):
        reply = send(client, path, body, {"content-type": kind})
        assert reply.status_code == 415
        assert "`Content-Type: application/json`" in sentence_of(reply)
