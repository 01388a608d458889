"""The chat page: what it shows, what it lets through, and (marked browser) how it works in Chromium."""

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import httpx
import pytest
from doors import serving
from doubles import EN, ZH, CannedEngine
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant.answer import Turn
from assistant.serving.server import create_app
from assistant.serving.standby import Standby
from assistant.web import rendering
from assistant.web.conversation import Conversation, converse
from assistant.web.page import ROUTES
from assistant.web.strings import STRINGS, strings
from corpus.errors import WeightsError

expect.set_options(timeout=30_000)  # milliseconds; a shared machine may be slow

PAYLOADS = (
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "![](http://evil.example/leak)",
    "[click](javascript:window.hacked=1)",
    "<form action=http://evil.example><input name=q></form>",
    "<svg onload='window.hacked = 1'>",
    "<style>body { display: none }</style>",
)


def opened(engine: CannedEngine) -> Standby:
    standby = Standby(lambda: engine)
    standby.start()
    standby.wait(5)
    return standby


@pytest.fixture(scope="module")
def engine() -> CannedEngine:
    return CannedEngine()


@pytest.fixture(scope="module")
def app(engine: CannedEngine):
    return create_app(Standby(lambda: engine))


@pytest.fixture(scope="module")
def url(app) -> Iterator[str]:
    with serving(app) as url:
        yield url


class TestStrings:
    def test_every_string_stands_in_both_languages(self) -> None:
        for field in fields(strings("en")):
            zh, en = (getattr(STRINGS[language], field.name) for language in ("zh", "en"))
            assert zh and en and zh != en, field.name
            assert re.findall(r"{\w+}", str(zh)) == re.findall(r"{\w+}", str(en))

    def test_each_side_says_the_date(self) -> None:
        assert all("2022" in words.as_of for words in STRINGS.values())


class TestRendering:
    def test_an_answer_has_numbers_and_both_editions(self) -> None:
        answer = CannedEngine().ask("What is there?")
        html = rendering.whole(answer, strings("en"))
        assert f'{EN}<sup class="marker">1</sup>' in html
        assert "Sources (1)" in html
        assert html.index(f"<mark>{EN}</mark>") < html.index(f"<mark>{ZH}</mark>")

    @given(st.text() | st.sampled_from(PAYLOADS))
    def test_no_text_becomes_markup(self, text: str) -> None:
        for html in (
            rendering.question(text),
            rendering.note(text),
            rendering.partial(text, [], strings("zh")),
        ):
            tags = set(re.findall(r"<(/?\w*)", html))
            assert tags <= {"div", "/div", "br", "sup", "/sup"}
            assert "\n" not in html


class TestConversation:
    def start(self, engine: CannedEngine, question: str, talk: Conversation | None = None):
        talk = talk or Conversation()
        talk.ask(question)
        return converse(opened(engine), talk, "en")

    def test_goes_through_every_event(self, engine: CannedEngine) -> None:
        talk = Conversation()
        assert 'class="question"' in talk.ask("What is there?")[-1]["content"]
        shown = [messages[-1]["content"] for messages in converse(opened(engine), talk, "en")]
        kinds = [re.search(r'class="(\w+)', content)[1] for content in shown]
        assert kinds == ["note", "answer", "answer"]
        assert "Deployment" in shown[0]
        assert [message["role"] for message in talk.messages] == ["user", "assistant"]
        assert [turn.role for turn in talk.turns] == ["user", "assistant"]

    def test_what_was_said_goes_with_the_next_question(self, engine: CannedEngine) -> None:
        talk = Conversation()
        talk.turns = [Turn(role="user", content=str(number)) for number in range(50)]
        list(self.start(engine, "And?", talk))
        assert [turn.content for turn in engine.questions[-1][1]] == [str(number) for number in range(10, 50)]

    def test_an_empty_question_is_no_question(self, engine: CannedEngine) -> None:
        assert list(self.start(engine, " \n")) == [[]]

    def test_stopping_stops_the_engine_and_keeps_what_was_said(self, engine: CannedEngine) -> None:
        talk = Conversation()
        steps = self.start(engine, "wait", talk)
        for _ in range(3):
            next(steps)
        assert engine.streams == 1
        steps.close()
        assert engine.streams == 0
        assert talk.turns[-1].content.startswith(EN)

    def test_a_failure_is_a_sentence(self, engine: CannedEngine) -> None:
        *_, last = self.start(engine, "why")
        assert "The model stopped half-way; ask again." in last[-1]["content"]

    def test_missing_weights_are_a_sentence(self) -> None:
        def missing() -> CannedEngine:
            raise WeightsError("Run `assistant models fetch`.")

        standby, talk = Standby(missing), Conversation()
        standby.start()
        talk.ask("What is there?")
        *_, last = converse(standby, talk, "en")
        assert "Run `assistant models fetch`." in last[-1]["content"]

    def test_a_question_may_come_before_the_models(self, engine: CannedEngine) -> None:
        ready = threading.Event()

        def slow() -> CannedEngine:
            ready.wait(5)
            return engine

        standby, talk = Standby(slow), Conversation()
        standby.start()
        talk.ask("What is there?")
        steps = converse(standby, talk, "zh")
        assert strings("zh").loading in next(steps)[-1]["content"]
        ready.set()
        *_, last = steps
        assert EN in last[-1]["content"]


class TestRoutes:
    def test_only_listed_routes_of_the_page_answer(self, app, url: str) -> None:
        gradio = app.routes[-1].app.app
        closed = 0
        for path, methods in {(r.path, frozenset(r.methods)) for r in flat(gradio.routes)}:
            for method in methods - {"HEAD", "OPTIONS"}:
                if any(method == m and re.fullmatch(p.replace("*", ".+"), path) for m, p in ROUTES):
                    continue
                reply = httpx.request(method, url + re.sub(r"{[^}]+}", "x", path))
                if path not in ("/openapi.json", "/docs", "/docs/oauth2-redirect"):  # the API's own
                    assert (reply.status_code, path) == (404, path)
                    closed += 1
        assert closed > 40

    @pytest.mark.parametrize(
        "path",
        [
            "/gradio_api/info",
            "/gradio_api/file=/etc/passwd",
            "/gradio_api/upload",
            "/monitoring",
            "/static/../x",
        ],
    )
    def test_what_has_been_misused_elsewhere_is_closed(self, url: str, path: str) -> None:
        assert httpx.get(url + path).status_code == 404

    def test_one_process_serves_page_and_api(self, url: str) -> None:
        assert "<gradio-app" in httpx.get(url).text
        assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}
        assert httpx.get(f"{url}/favicon.ico").headers["content-type"] == "image/svg+xml"


def flat(routes) -> Iterator:
    for route in routes:
        if hasattr(route, "methods"):
            yield route
        else:
            yield from flat(getattr(getattr(route, "original_router", route), "routes", None) or [])


def test_nothing_reaches_out_at_start_and_page_load() -> None:
    code = """
import sys
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname") and arguments[0] != "127.0.0.1":
        print("look-up", arguments[0])
    if event == "socket.connect" and str(arguments[1][0]) != "127.0.0.1":
        print("connection", arguments[1])
sys.addaudithook(watch)
import httpx
from doors import serving
from doubles import CannedEngine
from assistant.serving.server import create_app
from assistant.serving.standby import Standby
with serving(create_app(Standby(CannedEngine))) as url:
    for path in ("/", "/config", "/theme.css", "/docs"):
        httpx.get(url + path).raise_for_status()
    httpx.post(url + "/v1/ask", json={"question": "What is there?"}).raise_for_status()
print("done")
"""
    path = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{code}"], capture_output=True, text=True
    )
    assert (found.stdout, found.returncode) == ("done\n", 0), found.stderr


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "the browser tests need Chromium: apt-get install chromium"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(params=["en-US", "zh-CN"])
def page(request, browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(locale=request.param, viewport={"width": 375, "height": 740})
    page = context.new_page()
    page.outside = []
    page.on("request", lambda sent: sent.url.startswith((url, "data:")) or page.outside.append(sent.url))
    page.on("console", lambda line: line.type == "error" and page.outside.append(line.text))
    page.goto(url)
    expect(page.get_by_role("radio", checked=True)).to_have_count(1)  # the browser's language is known
    yield page
    assert page.outside == []
    context.close()


@pytest.mark.browser
class TestInTheBrowser:
    def words(self, page: Page):
        return STRINGS["zh" if page.evaluate("navigator.language") == "zh-CN" else "en"]

    def test_asks_streams_and_shows_sources(self, page: Page) -> None:
        words = self.words(page)
        expect(page.get_by_role("heading", level=1)).to_contain_text(words.as_of)
        page.get_by_placeholder(words.placeholder).fill("有什么？")
        page.keyboard.press("Enter")
        expect(page.locator(".question")).to_have_text("有什么？")
        expect(page.locator(".answer .marker").first).to_have_text("1")
        page.get_by_text(words.sources.format(count=1)).click()
        expect(page.locator(".sources mark")).to_have_text([ZH, EN])
        assert page.evaluate("document.documentElement.scrollWidth") == 375

    def test_examples_ask_and_a_new_chat_is_empty(self, page: Page) -> None:
        words = self.words(page)
        page.get_by_text(words.examples[1]).click()
        expect(page.locator(".question")).to_have_text(words.examples[1])
        expect(page.locator(".answer")).to_be_visible()
        page.get_by_role("button", name=words.new_chat).click()
        expect(page.locator(".question")).to_have_count(0)
        expect(page.get_by_text(words.subtitle)).to_be_visible()

    def test_the_switch_changes_every_string(self, page: Page) -> None:
        here = self.words(page)
        there = next(words for words in STRINGS.values() if words != here)
        expect(page.get_by_text(here.subtitle)).to_be_visible()
        page.get_by_role("radio", name="English" if there == STRINGS["en"] else "中文").check()
        for text in (there.title, there.subtitle, there.footer, *there.examples):
            expect(page.get_by_text(text).first).to_be_visible()
        expect(page.get_by_placeholder(there.placeholder)).to_be_visible()
        expect(page.get_by_text(here.footer)).to_have_count(0)

    def test_a_question_back_is_answered_with_a_click(self, page: Page) -> None:
        words = self.words(page)
        page.get_by_placeholder(words.placeholder).fill("which one?")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="A mobile app").click()
        expect(page.locator(".question")).to_have_text(["which one?", "A mobile app"])
        expect(page.locator(".answer")).to_have_count(2)

    def test_stop_stops(self, page: Page, engine: CannedEngine) -> None:
        page.get_by_placeholder(self.words(page).placeholder).fill("wait")
        page.keyboard.press("Enter")
        expect(page.locator(".answer")).to_contain_text("…")
        page.get_by_test_id("stop-button").click()
        expect(page.get_by_test_id("submit-button")).to_be_visible()
        for _ in range(100):
            if engine.streams == 0:
                break
            page.wait_for_timeout(30)
        assert engine.streams == 0

    def test_markup_in_a_question_stays_text(self, page: Page) -> None:
        box = page.get_by_placeholder(self.words(page).placeholder)
        for asked, payload in enumerate(PAYLOADS):
            expect(page.get_by_test_id("submit-button")).to_be_visible()
            box.fill(payload)
            page.keyboard.press("Enter")
            expect(page.locator(".question")).to_have_text(list(PAYLOADS[: asked + 1]))
            expect(page.locator(".answer")).to_have_count(asked + 1)
        assert page.evaluate("window.hacked") is None
        assert page.locator(".message-row").locator("script, img, form, style, svg, a").count() == 0
