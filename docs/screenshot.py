"""`python docs/screenshot.py`: ask the running assistant in Chromium, point at a source, save docs/chat.png.

Start `assistant serve` first; needs Chromium and the test tools.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import expect, sync_playwright


def main() -> None:
    """Ask, follow the citation into the article, take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:7860")
    parser.add_argument("--question", default="We are building an IoT sensor at my company. Which framework?")
    parser.add_argument("--locale", default="en-US", help="the language of the page: en-US or zh-CN")
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--height", type=int, default=860)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("chat.png"))
    options = parser.parse_args()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(
            locale=options.locale,
            viewport={"width": options.width, "height": options.height},
            color_scheme="dark" if options.dark else "light",
            reduced_motion="reduce",
            device_scale_factor=1.5,
        )
        page.goto(options.url)
        page.wait_for_selector("body[data-ready]")
        page.locator("#question textarea").fill(options.question)
        page.keyboard.press("Enter")
        page.wait_for_selector(".turn[data-state=answered]", timeout=300_000)
        expect(page.get_by_test_id("submit-button")).to_be_visible()
        page.locator(".cite").first.click()
        expect(page.locator(".marked").first).to_be_visible()
        page.locator("[data-do=unfold]").first.click()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        page.wait_for_timeout(500)
        page.screenshot(path=options.out)
        browser.close()


if __name__ == "__main__":
    main()
