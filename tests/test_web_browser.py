"""The chat page in Chromium: an English visitor at a desk, a Chinese one with a phone."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from assistant.answer import Answer
from assistant.conversations import OFF, Conversations
from assistant.verification import verify_file
from assistant.web import failures
from assistant.web.strings import EXAMPLES, STRINGS
from tests.doors import serving
from tests.test_web_rendering import PAYLOADS
from tests.webbrowser import Visitor, chromium
from tests.webworld import (
    APIS,
    APIS_ANSWER,
    APIS_ZH,
    BREAK,
    BROKEN,
    OUTSIDE,
    SENSOR,
    SENSOR_ZH,
    HeldEngine,
    until,
    web_app,
)

pytestmark = pytest.mark.browser

QUOTE = "TorchServe supports both REST and gRPC APIs."
QUOTE_ZH = "TorchServe 同时支持 REST 和 gRPC API。"


@pytest.fixture(scope="module")
def engine() -> HeldEngine:
    return HeldEngine.scripted()


@pytest.fixture(scope="module")
def url(engine: HeldEngine) -> Iterator[str]:
    with serving(web_app(engine)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@contextmanager
def visiting(
    browser: Browser, url: str, locale: str = "en-US", width: int = 1440, **more: object
) -> Iterator[Visitor]:
    visitor = Visitor(browser, url, locale, width, **more)
    yield visitor
    visitor.close()


@pytest.fixture(scope="module", params=[("en-US", 1440), ("zh-CN", 375)], ids=["en-desk", "zh-phone"])
def visitor(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Visitor]:
    locale, width = request.param
    with visiting(browser, url, locale, width, permissions=["clipboard-read", "clipboard-write"]) as visitor:
        yield visitor


@pytest.fixture
def somebody(visitor: Visitor) -> Visitor:
    """The visitor on the first screen."""
    visitor.view("chat")
    visitor.new()
    return visitor


def chinese(visitor: Visitor) -> bool:
    return visitor.words is STRINGS["zh"]


class TestVisit:
    def test_the_first_screen_says_what_this_is(self, somebody: Visitor) -> None:
        page, words = somebody.page, somebody.words
        expect(page.get_by_role("heading", level=1)).to_have_text(f"{words['title']} {words['as_of']}")
        expect(page.get_by_text(words["subtitle"])).to_be_visible()
        examples = EXAMPLES["zh" if chinese(somebody) else "en"]
        expect(page.locator(".examples button")).to_have_text([kind + text for kind, text in examples])
        assert page.title() == f"{STRINGS['en']['title']} · {STRINGS['zh']['title']}"
        assert page.locator("html").get_attribute("lang") == ("zh" if chinese(somebody) else "en")
        assert page.evaluate("document.documentElement.scrollWidth") == somebody.width
        assert page.locator("h1").evaluate("e => e.scrollWidth <= e.clientWidth")
        assert somebody.axe() == []

    def test_found_evidence_comes_first_and_sentences_follow(
        self, somebody: Visitor, engine: HeldEngine
    ) -> None:
        page, words = somebody.page, somebody.words
        engine.hold = frozenset({"Token", "Final"})
        somebody.type(APIS_ZH if chinese(somebody) else APIS)
        expect(page.locator(".turn .evidence .excerpt")).to_have_count(3)
        expect(page.locator(".turn .status")).to_have_text(words["reading"])
        engine.hold = frozenset({"Final"})
        expect(page.locator(".turn .said .cite")).to_have_text("1")
        expect(page.locator(".turn .status")).to_have_text(words["writing"])
        expect(page.get_by_test_id("stop-button")).to_be_visible()
        engine.hold = frozenset()
        somebody.settle()
        expect(page.locator(".turn .status")).to_have_count(0)
        expect(page.locator("#announcer")).to_contain_text("REST")

    def test_a_citation_shows_its_sentence_and_leads_to_it(self, somebody: Visitor) -> None:
        page, words = somebody.page, somebody.words
        somebody.ask(APIS_ZH if chinese(somebody) else APIS)
        quotes = [words["zh"] + QUOTE_ZH, words["en"] + QUOTE]
        cite = page.locator(".cite").first
        if somebody.narrow:
            cite.tap()
            expect(page.locator("#card blockquote")).to_have_text(quotes)
            page.locator("#card .link").tap()
        else:
            cite.hover()
            expect(page.locator("#card blockquote")).to_have_text(quotes[::-1])
            cite.click()
            page.mouse.move(5, 5)
        expect(page.locator("#card")).to_be_hidden()
        expect(page.locator(".marked")).to_have_text([QUOTE_ZH, QUOTE])
        expect(page.locator(".marked").first).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
        until(lambda: somebody.in_view(".marked"))
        page.locator("[data-do=edition][data-value=zh]").click()
        expect(page.locator(".marked:visible")).to_have_text([QUOTE_ZH])
        page.locator("[data-do=edition][data-value=both]").click()

    def test_sources_checks_and_copy(self, somebody: Visitor) -> None:
        page, words = somebody.page, somebody.words
        somebody.ask(APIS)
        page.get_by_role("button", name=f"{words['sources']} 1", exact=True).click()
        expect(page.locator(".sources:visible blockquote")).to_have_text(
            [words["en"] + QUOTE, words["zh"] + QUOTE_ZH]
        )
        page.get_by_text(words["also_read"].split("（")[0].split(" (")[0]).click()
        expect(page.locator(".also .excerpt").first).to_be_visible()
        page.get_by_role("button", name=words["checks"]).click()
        expect(page.locator(".sources:visible")).to_have_count(0)
        expect(page.locator(".checks")).to_contain_text(f"{words['supported']}{words['supported_why']}")
        page.get_by_role("button", name=words["copy_it"], exact=True).click()
        expect(page.locator(".flash")).to_have_text(words["copied"])
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(f"{APIS_ANSWER} [1]\n\n[1] ") and QUOTE in copied and QUOTE_ZH in copied

    def test_stop_keeps_what_was_said(self, somebody: Visitor, engine: HeldEngine) -> None:
        page = somebody.page
        with engine.held("Final"):
            somebody.type(APIS)
            expect(page.locator(".said")).to_contain_text(APIS_ANSWER)
            page.get_by_test_id("stop-button").click()
            somebody.settle()
            until(lambda: engine.streams == 0)
        expect(page.locator(".note")).to_have_text(somebody.words["stopped"])
        expect(page.locator(".said")).to_contain_text(APIS_ANSWER)

    def test_the_end_of_the_newest_answer_is_on_the_screen(self, somebody: Visitor) -> None:
        for question in (APIS, APIS, OUTSIDE):
            somebody.ask(question)
        expect(somebody.page.locator(".turn").last.locator(".evidence")).to_be_visible()
        assert somebody.in_view(".turn:last-of-type .tools")

    def test_the_answer_to_a_very_long_question_is_on_the_screen(self, somebody: Visitor) -> None:
        somebody.ask(f"{APIS} " * 40)
        assert somebody.in_view(".turn .said")

    def test_a_question_too_long_stays_in_its_box(self, somebody: Visitor) -> None:
        page, long = somebody.page, "How? " * 500
        somebody.type(long)
        expect(page.locator(".notice")).to_contain_text("2,000" if not chinese(somebody) else "2000")
        expect(page.locator("#question textarea")).to_have_value(long)
        expect(page.locator(".turn")).to_have_count(0)
        page.locator("#question textarea").fill("")

    def test_a_second_question_waits_and_says_so(self, somebody: Visitor, engine: HeldEngine) -> None:
        page = somebody.page
        with engine.held("Final"):
            somebody.type(APIS)
            expect(page.locator(".said")).to_be_visible()
            somebody.type(OUTSIDE)
            expect(page.locator(".turn").last.locator(".status")).to_have_text(somebody.words["waiting"])
        somebody.settle()
        expect(page.locator("[data-state=answered]")).to_have_count(2)

    def test_a_failure_is_a_sentence_with_a_way_on(self, somebody: Visitor) -> None:
        page = somebody.page
        somebody.ask(BROKEN)
        failure = failures.sentence(BREAK, "zh" if chinese(somebody) else "en")
        expect(page.locator(".status")).to_have_text(failure)
        expect(page.get_by_role("button", name=somebody.words["again"])).to_be_visible()

    def test_what_was_understood_can_be_put_right(self, somebody: Visitor) -> None:
        page, words = somebody.page, somebody.words
        somebody.ask(SENSOR_ZH if chinese(somebody) else SENSOR)
        page.locator(".chip summary").nth(1).click()
        page.locator(".chip [data-value=mobile]").click()
        expect(page.locator(".turn")).to_have_count(2)
        last = page.locator(".turn").last
        expect(last.locator(".question")).to_contain_text(words["corrected"].partition("{")[0])
        expect(last.locator(".said")).to_contain_text("PyTorch")
        last.locator(".options button").first.click()
        expect(page.locator(".turn")).to_have_count(3)
        expect(page.locator(".turn").last.locator(".said")).to_contain_text("TensorFlow")

    def test_advice_shows_its_way_through_the_flowchart(self, somebody: Visitor) -> None:
        page, words = somebody.page, somebody.words
        somebody.ask(SENSOR)
        page.locator(".turn").get_by_role("button", name=words["path"]).click()
        expect(page.locator(".chart svg")).to_contain_text("TensorFlow ✓")
        page.get_by_role("button", name=words["walk"]).click()
        expect(page.locator(".leaf:visible")).to_have_attribute("data-leaf", "industry.embedded")

    def test_a_flowchart_is_walked_by_keyboard(self, somebody: Visitor) -> None:
        page, words = somebody.page, somebody.words
        somebody.view("charts")
        page.get_by_role("button", name=words["restart"]).press("Enter")
        expect(page.locator(".leaf:visible")).to_have_count(0)
        page.locator(".walker input").first.focus()
        for _ in range(2):
            page.keyboard.press("ArrowDown")  # industry, researcher, professor
        page.keyboard.press("Tab")
        page.keyboard.press("Space")  # the first goal of a course
        leaf = page.locator(".leaf:visible")
        expect(leaf).to_have_attribute("data-leaf", "professor.industry_skills")
        expect(leaf.locator("blockquote")).to_have_count(4)
        expect(page.locator("#announcer")).to_contain_text("TensorFlow")
        assert somebody.axe() == []
        leaf.locator("[data-do=cite]").first.press("Enter")
        until(lambda: somebody.in_view(".marked"))

    def test_an_answer_is_rated_with_a_reason(self, somebody: Visitor) -> None:
        page, words = somebody.page, somebody.words
        somebody.ask(OUTSIDE)
        page.get_by_role("button", name=words["dislike"]).click()
        page.get_by_placeholder(words["reason"]).fill("It costs nothing.")
        page.keyboard.press("Enter")
        expect(page.locator(".flash")).to_have_text(words["thanks"])
        page.reload()
        expect(page.get_by_role("button", name=words["dislike"])).to_have_attribute("aria-pressed", "true")
        assert page.locator(".reason input").input_value() == "It costs nothing."

    def test_conversations_are_found_renamed_exported_and_deleted(
        self, somebody: Visitor, tmp_path: Path
    ) -> None:
        page, words = somebody.page, somebody.words
        somebody.ask(APIS)
        somebody.ask(SENSOR)
        somebody.drawer()
        page.get_by_placeholder(words["find"]).fill("no such thing")
        expect(page.get_by_text(words["none_found"])).to_be_visible()
        page.get_by_placeholder(words["find"]).fill("")
        mine = page.locator(".conversations li", has=page.locator("[aria-current]"))
        mine.hover()
        mine.locator("summary").click()
        with page.expect_download() as saved:
            page.get_by_role("link", name=words["export_json"]).click()
        saved.value.save_as(tmp_path / "talk.json")
        assert verify_file(tmp_path / "talk.json") == []
        assert [
            turn["question"] for turn in json.loads((tmp_path / "talk.json").read_text("utf-8"))["turns"]
        ] == [APIS, SENSOR]
        with page.expect_download() as saved:
            page.get_by_role("link", name=words["export_markdown"]).click()
        saved.value.save_as(tmp_path / "talk.md")
        assert "[^1-1]" in (tmp_path / "talk.md").read_text("utf-8")
        mine.get_by_label(words["name"]).fill("Serving at work")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Serving at work", exact=True)).to_be_visible()
        assert somebody.axe() == []
        mine.hover()
        if not mine.locator("[data-do=delete]").is_visible():
            mine.locator("summary").click()
        mine.locator("[data-do=delete]").click()
        mine.locator("[data-do=delete]").click()
        expect(page.get_by_role("button", name="Serving at work", exact=True)).to_have_count(0)
        expect(page.locator(".welcome")).to_be_attached()

    def test_the_switch_changes_every_string(self, somebody: Visitor) -> None:
        page, here = somebody.page, somebody.words
        there = STRINGS["en" if chinese(somebody) else "zh"]
        page.locator(f"[data-do=language][data-value={'en' if chinese(somebody) else 'zh'}]").click()
        expect(page.get_by_text(there["subtitle"])).to_be_visible()
        expect(page.get_by_placeholder(there["placeholder"])).to_be_visible()
        assert page.locator("html").get_attribute("lang") == ("en" if chinese(somebody) else "zh")
        shown = page.evaluate(
            """() => [...document.querySelectorAll('body *:not(script, style)')].flatMap(e => [
                ...[...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data),
                e.title, e.ariaLabel, e.placeholder].filter(Boolean)).map(t => String(t).trim())"""
        )
        languages = {"zh", "en", "both", "title"}
        left = {name for name, text in here.items() if text in shown and text != there[name]} - languages
        assert left == set()
        page.reload()
        expect(page.get_by_text(there["subtitle"])).to_be_visible()
        page.locator(f"[data-do=language][data-value={'zh' if chinese(somebody) else 'en'}]").click()
        expect(page.get_by_text(here["subtitle"])).to_be_visible()

    def test_a_reload_brings_everything_back_even_while_an_answer_is_written(
        self, somebody: Visitor, engine: HeldEngine
    ) -> None:
        page = somebody.page
        with engine.held("Final"):
            somebody.type(APIS)
            expect(page.locator(".said")).to_contain_text(APIS_ANSWER)
            assert re.fullmatch(r"[0-9a-f]{32}", page.url.partition("#")[2])
            page.reload()
            expect(page.locator(".turn .said")).to_contain_text(APIS_ANSWER)
            expect(page.get_by_test_id("stop-button")).to_be_visible()
        somebody.settle()
        expect(page.locator(".cite")).to_have_count(1)

    def test_every_state_is_accessible_light_and_dark(self, somebody: Visitor) -> None:
        page = somebody.page
        for rules in ((), ("color-contrast",)):  # in the dark the colours alone are others
            somebody.ask(SENSOR)
            for fold in page.locator(".turn").last.locator("[data-do=unfold]").all():
                fold.click()
                assert somebody.axe(*rules) == []
            page.locator(".turn").last.locator(".chip summary").first.click()
            assert somebody.axe(*rules) == []
            page.keyboard.press("Escape")
            page.locator(".turn").last.locator(".sources [data-do=cite]").first.evaluate("e => e.click()")
            expect(page.locator(".marked").first).to_be_visible()
            for view in ("article", "charts", "chat"):
                somebody.view(view)
                assert somebody.axe(*rules) == []
            page.locator("[data-do=theme]").click()
        assert page.evaluate("document.documentElement.scrollWidth") == somebody.width


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 1440), ("en-US", 375)], ids=["zh-desk", "en-phone"])
def test_either_language_fits_either_screen(browser: Browser, url: str, locale: str, width: int) -> None:
    with visiting(browser, url, locale, width) as somebody:
        page = somebody.page
        assert somebody.axe() == []
        somebody.ask(SENSOR_ZH if chinese(somebody) else SENSOR)
        page.locator("[data-do=unfold]").last.click()
        for view in ("article", "charts", "chat"):
            somebody.view(view)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            cut = page.evaluate(
                """() => [...document.querySelectorAll('h1, button, summary, .said')].filter(e =>
                    e.offsetParent && !e.closest('#list, .excerpt') && e.scrollWidth > e.clientWidth + 1
                ).map(e => e.outerHTML.slice(0, 120))"""
            )
            assert cut == []
        assert somebody.axe() == []


def test_everything_can_be_done_without_a_mouse(browser: Browser, url: str) -> None:
    with visiting(browser, url) as somebody:
        page = somebody.page

        def tab_to(selector: str) -> None:
            for _ in range(60):
                if page.evaluate(f"document.activeElement.matches({selector!r})"):
                    return
                page.keyboard.press("Tab")
            raise AssertionError(f"{selector} cannot be reached")

        page.keyboard.press("/")
        page.keyboard.type(SENSOR)
        page.keyboard.press("Enter")
        expect(page.locator(".tools")).to_be_visible()
        somebody.settle()
        page.evaluate("document.querySelector('#thread').focus(), document.activeElement.blur()")
        tab_to(".cite")
        expect(page.locator("#card")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#card")).to_be_hidden()
        page.keyboard.press("Enter")
        until(lambda: somebody.in_view(".marked"))
        tab_to(".chip summary")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".turn")).to_have_count(2)
        tab_to(".contents summary")
        page.keyboard.press("Enter")
        tab_to(".contents a[href='#part-conclusion']")
        page.keyboard.press("Enter")
        until(lambda: somebody.in_view("#part-conclusion h3"))


def test_two_browsers_do_not_see_each_other(browser: Browser, url: str) -> None:
    with visiting(browser, url) as one, visiting(browser, url) as other:
        one.ask(APIS)
        other.page.goto(f"{url}/{one.page.url.removeprefix(url).lstrip('/')}")
        other.page.reload()
        expect(other.page.locator(".welcome")).to_be_visible()
        expect(other.page.locator(".conversations li")).to_have_count(0)
        address = f"{url}/conversations/{one.page.url.partition('#')[2]}.md"
        assert one.context.request.get(address).status == 200
        assert other.context.request.get(address).status == 404
        (cookie,) = one.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert cookie["value"] not in one.page.content()


def test_a_restart_loses_nothing_and_the_page_goes_on(
    browser: Browser, tmp_path: Path, engine: HeldEngine
) -> None:
    file = tmp_path / "talk.db"
    with serving(web_app(engine, Conversations.open(file))) as url:
        somebody = Visitor(browser, url)
        somebody.ask(APIS)
        port = int(url.rpartition(":")[2])
    expect(somebody.page.locator("#offline")).to_have_text(somebody.words["offline"])
    somebody.page.locator("#question textarea").fill("not sent yet")
    with serving(web_app(engine, Conversations.open(file)), port=port):
        expect(somebody.page.locator("#offline")).to_be_hidden()
        expect(somebody.page.locator("#question textarea")).to_have_value("not sent yet")
        somebody.page.locator(".cite").click()
        expect(somebody.page.locator(".marked")).to_have_text([QUOTE_ZH, QUOTE])
        somebody.ask("And TensorFlow Serving?")
        expect(somebody.page.locator("[data-state=answered]")).to_have_count(2)
        somebody.context.close()


class Hostile(HeldEngine):
    """Answers with markup wherever an answer holds text."""

    def stream(self, question, history=(), language="auto"):  # type: ignore[no-untyped-def]
        for event in super().stream(question, history, language):
            answer = getattr(event, "answer", None)
            if isinstance(answer, Answer):
                said = "\n".join(PAYLOADS)
                answer.answer, answer.note, answer.rewritten, answer.model = f"{said} [1]", said, said, said
                for citation in answer.citations:
                    citation.quote = citation.section = citation.counterpart.quote = said
                for sentence in answer.sentences:
                    sentence.text = said
            yield event


def test_no_payload_runs_or_reaches_out(browser: Browser) -> None:
    """In questions, titles, names, reasons and whatever an answer holds."""
    store = Conversations.open(OFF)
    with serving(web_app(Hostile.scripted(), store)) as url, visiting(browser, url) as somebody:
        page = somebody.page
        for payload in PAYLOADS:
            somebody.new()
            somebody.ask(payload)
            shown = page.locator(".question p").inner_text()
            assert "".join(shown.split()) == "".join(payload.split())
        somebody.ask(APIS)
        page.locator(".cite").last.hover()
        for fold in page.locator(".turn").last.locator("[data-do=unfold]").all():
            fold.click()
        expect(page.locator(".conversations li")).to_have_count(len(PAYLOADS))
        assert page.evaluate("window.hacked") is None
        ours = page.evaluate(
            """() => [...document.querySelectorAll('#thread *, #list *, #card *')].filter(
                e => e.matches('script, img, iframe, style, object')
                    || [...e.attributes].some(a => a.name.startsWith('on') || /^javascript:/i.test(a.value))
            ).map(e => e.outerHTML)"""
        )
        assert ours == []
        assert page.locator("#thread form").count() == page.locator("#thread form.reason").count()


def test_an_injected_script_stays_dead(browser: Browser, url: str) -> None:
    """Even if something were drawn unescaped, the policy lets it neither run nor send."""
    with visiting(browser, url) as somebody:
        somebody.page.evaluate(
            """() => { const box = document.createElement('div'); document.body.append(box);
            box.innerHTML = `<img src="data:image/png,x" onerror="window.hacked = 1">
                             <img src="http://evil.example/leak">
                             <form action="http://evil.example"><button id="go"></button></form>`;
            const script = document.createElement('script');
            script.textContent = 'window.hacked = 2';
            box.append(script);
            document.querySelector('#go').click(); }"""
        )

        def refused() -> int:
            assert somebody.page.evaluate("window.hacked") is None
            return sum("Content Security Policy" in fault for fault in somebody.faults)

        until(lambda: refused() >= 3)
        assert not any(fault.startswith("http://evil.example/?") for fault in somebody.faults)
        somebody.faults.clear()
