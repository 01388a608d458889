"""What the page's server lets through: routes, hosts, origins, sizes; and that nothing reaches out."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from assistant.web.page import ROUTES
from tests.doors import serving
from tests.doubles import EN, CannedEngine
from tests.webworld import Caller, until, web_app

ROOT = Path(__file__).parent.parent
OURS = re.compile(r"/v1/|/docs|/openapi\.json|/healthz|/readyz|/metrics|/conversations/|/static-offline-docs")
"""Addresses of the API; everything else is the page's."""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return web_app(CannedEngine())


@pytest.fixture(scope="module")
def url(app: FastAPI) -> Iterator[str]:
    with serving(app) as url:
        yield url


def flat(routes: Any) -> Iterator[Any]:
    """Every route with methods, those of included routers too."""
    for route in routes:
        if hasattr(route, "methods"):
            yield route
        else:
            yield from flat(getattr(getattr(route, "original_router", route), "routes", None) or [])


def gradio(app: FastAPI) -> Any:
    """Gradio's own application, below what we put before it."""
    inner = app.router.default
    while not hasattr(inner, "routes"):
        inner = inner.app
    return inner


def test_only_listed_routes_of_gradio_answer(app: FastAPI, url: str) -> None:
    """Every route that Gradio has, those of a later release too, is either listed or answers 404."""
    closed = 0
    for path, methods in {(route.path, frozenset(route.methods)) for route in flat(gradio(app).routes)}:
        for method in methods - {"HEAD", "OPTIONS"}:
            listed = any(method == m and re.fullmatch(p.replace("*", ".+"), path) for m, p in ROUTES)
            if not listed and not OURS.match(path):
                reply = httpx.request(method, url + re.sub(r"{[^}]+}", "x", path))
                assert (reply.status_code, method, path) == (404, method, path)
                closed += 1
    assert closed > 40


def test_every_listed_route_is_one_of_gradio(app: FastAPI) -> None:
    known = {(m, re.sub(r"{[^}]+}", "x", r.path)) for r in flat(gradio(app).routes) for m in r.methods}
    for method, path in ROUTES:
        pattern = re.escape(path).replace(r"\*", ".+")
        assert any(m == method and re.fullmatch(pattern, p) for m, p in known), (method, path)


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/info", "/gradio_api/file=/etc/passwd", "/gradio_api/upload", "/monitoring", "/static/../x",
     "/gradio_api/call/ask", "/gradio_api/run/predict", "/gradio_api/app_id", "/login", "/robots.txt"],
)  # fmt: skip
def test_what_has_been_misused_elsewhere_is_closed(url: str, path: str) -> None:
    assert httpx.get(url + path).status_code == 404
    assert httpx.post(url + path, json={}).status_code in (404, 405)


def test_one_process_serves_page_and_api(url: str) -> None:
    page = httpx.get(url)
    assert "<gradio-app" in page.text and "--paper:" in page.text
    assert "og:image" not in page.text and "raw.githubusercontent.com" not in page.text
    assert httpx.get(f"{url}/readyz").json()["status"] == "ready"
    assert httpx.get(f"{url}/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_scripts_of_the_page_carry_the_number_of_its_policy(url: str) -> None:
    first, second = httpx.get(url), httpx.get(url)
    policies = [reply.headers["content-security-policy"] for reply in (first, second)]
    (nonce,) = re.findall(r"'nonce-([\w-]{20,})'", policies[0])
    assert policies[0] != policies[1]
    assert "unsafe-eval" not in policies[0] and "script-src 'self' 'nonce-" in policies[0]
    scripts = re.findall(r"<script[^>]*>", first.text)
    assert len(scripts) > 5 and all(f"nonce={nonce}" in script for script in scripts)


def test_every_reply_has_the_headers(url: str) -> None:
    for path in ("/", "/config", "/theme.css", "/nothing", "/v1/flowcharts"):
        headers = httpx.get(url + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/queue/join", "/conversations/x.md"])
def test_a_foreign_host_is_refused(url: str, path: str) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", ""):
        reply = httpx.request("POST" if "join" in path else "GET", url + path, headers={"host": host})
        assert reply.status_code == 400


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/queue/data", "/gradio_api/queue/join"])
def test_a_foreign_origin_gets_no_leave_to_read_or_write(url: str, path: str) -> None:
    for origin in ("http://evil.example", "null", "http://localhost:1", "http://127.0.0.1:1"):
        for method in ("GET", "POST", "OPTIONS"):
            headers = {"origin": origin, "access-control-request-method": "POST"}
            reply = httpx.request(method, url + path, headers=headers)
            assert not [name for name in reply.headers if name.startswith("access-control")]
            assert method == "GET" or reply.status_code in (400, 403, 404, 405)


@pytest.mark.parametrize("chunked", [False, True])
def test_fifty_megabytes_are_not_read(url: str, chunked: bool) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(50):
            sent += 1
            yield b"x" * 2**20

    headers = {} if chunked else {"content-length": str(50 * 2**20)}
    try:
        reply = httpx.post(f"{url}/gradio_api/queue/join", content=body(), headers=headers)
    except httpx.WriteError:  # the server hung up on us
        return
    assert reply.status_code == 413 and sent <= 50


def test_a_page_whose_file_cannot_be_used_says_so_and_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ASSISTANT_HISTORY", str(tmp_path))
    with serving(web_app(CannedEngine(), kept=True)) as url:
        caller = Caller(url)
        assert "对话无法保存" in caller.act("hello", value="zh-CN")["notice"]
        drawn = caller.act("ask", text="What is there?")["thread"]
        assert EN in drawn + str(caller.watch()["thread"])


def test_a_refused_act_is_a_sentence(url: str) -> None:
    caller = Caller(url)
    caller.act("hello", value="en")
    assert "There is no conversation" in caller.act("rename", id="x", title="y")["notice"]
    assert "reload it" in caller.act("explode")["notice"]
    assert caller.act("find", value="")["notice"] == ""


def test_nothing_is_kept_of_a_page_that_was_left(url: str, app: FastAPI) -> None:
    queue = gradio(app).get_blocks()._queue
    pages = [Caller(url) for _ in range(3)]
    for page in pages:
        page.act("hello", value="en")
    kept = {page.session for page in pages}
    assert kept <= set(queue.pending_messages_per_session) & set(queue.pending_event_ids_session)
    for page in pages:
        page.close()
    until(lambda: not kept & (set(queue.pending_messages_per_session) | set(queue.pending_event_ids_session)))


def test_malformed_acts_change_nothing(url: str) -> None:
    for payload in (
        b"",
        b"{",
        b"[]",
        b'{"data": 1}',
        b'{"fn_index": 99999, "data": [], "session_hash": "x"}',
    ):
        reply = httpx.post(f"{url}/gradio_api/queue/join", content=payload)
        assert 400 <= reply.status_code < 500, payload


CHAT = """
import sys
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname") and arguments[0] not in ("127.0.0.1", None):
        print("look-up", arguments[0])
    if event == "socket.connect" and str(arguments[1][0]) != "127.0.0.1":
        print("connection", arguments[1])
sys.addaudithook(watch)
import httpx
from tests.doors import serving
from tests.doubles import EN, CannedEngine
from tests.webworld import Caller, web_app
with serving(web_app(CannedEngine())) as url:
    for path in ("/", "/config", "/theme.css", "/docs"):
        httpx.get(url + path).raise_for_status()
    caller = Caller(url)
    caller.act("hello", value="zh-CN")
    asked = caller.act("ask", text="What is there?")["thread"]
    assert EN in asked + str(caller.watch()["thread"])
print("done")
"""


APART = ["unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
"""Runs a command in a network of its own, in which there is only itself."""

WAYS = {"watched": []} | (
    {"apart": APART} if not subprocess.run([*APART, "true"], capture_output=True).returncode else {}
)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_reaches_out_at_start_page_load_and_chat(way: str) -> None:
    """Watched by an audit hook; and, where the machine allows it, with no network to reach."""
    found = subprocess.run(
        [*WAYS[way], sys.executable, "-c", CHAT],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": "."},
    )
    assert (found.stdout, found.returncode) == ("done\n", 0), found.stderr[-2000:]
