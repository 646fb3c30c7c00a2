"""The one Chromium of a run. Imported by the tests' conftest, so that it is started once."""

import shutil
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}


def mark_as_browser_test(item: pytest.Item) -> None:
    """Left out, with one line, where no Chromium is found."""
    item.add_marker(pytest.mark.browser)
    if CHROMIUM is None:
        item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


def close(context: BrowserContext) -> None:
    """Also waits for what the server still works on, such as the first half of a double click.

    Tables cannot be emptied for the next test under a request that still reads them.
    """
    context.close()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
            ],
        )
        yield browser
        browser.close()
