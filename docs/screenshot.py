"""`python docs/screenshot.py`: ask the running assistant a question in Chromium and save docs/chat.png.

Start `assistant serve` first; needs Chromium and the test tools.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import expect, sync_playwright


def main() -> None:
    """Ask, open the sources, take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:7860")
    parser.add_argument("--question", default="We are building an IoT sensor at my company. Which framework?")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("chat.png"))
    options = parser.parse_args()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 720}, device_scale_factor=2)
        page.goto(options.url)
        question = page.locator("#question textarea")
        question.fill(options.question)
        question.press("Enter")
        expect(page.get_by_test_id("submit-button")).to_be_visible(timeout=300_000)
        sources = page.locator(".sources summary").last
        expect(sources).to_be_visible(timeout=300_000)
        expect(page.get_by_test_id("submit-button")).to_be_visible(timeout=300_000)
        sources.click()
        question.blur()
        page.wait_for_timeout(500)
        page.screenshot(path=options.out)
        browser.close()


if __name__ == "__main__":
    main()
