"""Chromium on the chat page: a visitor's window, and what is true of every window."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from assistant.web.strings import STRINGS, Words

AXE = Path(__file__).parent / "data" / "axe" / "axe.min.js"
SETTLED = "() => !document.querySelector('.turn:is([data-state=working], [data-state=waiting])')"
ON_SCREEN = """e => {
    const box = e.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight && box.height > 0;
}"""

PATIENCE_MS = 90_000
"""How long anything may take to come about; a shared machine may be slow."""

expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's browser, without a window and without services of its own."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


class Visitor:
    """Somebody at the page: `page`, the words of its language, and all that went wrong or elsewhere."""

    def __init__(
        self, browser: Browser, url: str, locale: str = "en-US", width: int = 1440, **more: object
    ) -> None:
        height = 740 if width < 900 else 900
        self.context = browser.new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            has_touch=width < 900,
            accept_downloads=True,
            **more,  # type: ignore[arg-type]
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.url, self.width, self.faults = url, width, list[str]()
        self.words: Words = STRINGS["zh" if locale.startswith("zh") else "en"]
        self.page = self.context.new_page()
        self.page.on(
            "request", lambda sent: sent.url.startswith((url, "data:")) or self.faults.append(sent.url)
        )
        self.page.on("console", lambda line: self._heard(line.type, line.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.open()

    def _heard(self, kind: str, text: str) -> None:
        """Keep an error; Gradio's client reports the streams it closes itself when a page is left."""
        if kind == "error" and not text.startswith(("AbortError", "Unexpected error Connection errored out")):
            self.faults.append(text)

    def open(self) -> None:
        """Load the page and wait until the server has drawn it."""
        self.page.goto(self.url)
        self.page.wait_for_selector("body[data-ready]")

    def close(self) -> None:
        """Close the window; nothing may have gone wrong in it, and nothing may have gone elsewhere."""
        self.context.close()
        if self.faults:
            raise AssertionError("\n".join(self.faults))

    @property
    def narrow(self) -> bool:
        """Is it a phone?"""
        return self.width < 900

    def type(self, question: str) -> None:
        """Ask, and go on at once."""
        self.page.locator("#question textarea").fill(question)
        self.page.keyboard.press("Enter")

    def ask(self, question: str) -> None:
        """Ask and wait for the answer."""
        before = self.page.locator(".turn").count()
        self.type(question)
        expect(self.page.locator(".turn")).to_have_count(before + 1)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is being answered."""
        self.page.wait_for_function(SETTLED)
        expect(self.page.get_by_test_id("submit-button")).to_be_visible()

    def new(self) -> None:
        """Begin a new conversation."""
        self.drawer()
        self.page.locator("[data-do=new]").click()
        expect(self.page.locator(".welcome")).to_be_visible()

    def drawer(self) -> None:
        """Show the list of conversations."""
        opener = self.page.locator("#open-history")
        if opener.is_visible() and opener.get_attribute("aria-expanded") == "false":
            opener.click()

    def view(self, name: str) -> None:
        """Go to chat, article or charts."""
        if self.page.locator("body.drawer").count():
            self.page.keyboard.press("Escape")
        button = self.page.locator(f".views [data-value={name}]")
        if button.is_visible():
            button.click()

    def in_view(self, selector: str) -> bool:
        """Is the element on the screen, not only in the page?"""
        return bool(self.page.locator(selector).first.evaluate(ON_SCREEN))

    def axe(self, *rules: str) -> list[str]:
        """What axe-core finds, of every severity; by all its rules unless some are named."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8"))
        options = {"resultTypes": ["violations"], **({"runOnly": [*rules]} if rules else {})}
        found = self.page.evaluate("options => axe.run(options)", options)["violations"]
        return [f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]
