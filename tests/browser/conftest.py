"""A real Chromium on a real server. Left out, with one line, where no Chromium is found."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.chromium import DESK, PHONE, close, mark_as_browser_test

__all__ = ["DESK", "PHONE", "fits"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            mark_as_browser_test(item)


@pytest.fixture(params=["en-GB", "zh-CN"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(
    request: pytest.FixtureRequest,
    chromium: Browser,
    live_server: LiveServer,
    language: str,
) -> Iterator[Page]:
    """A page in either language and either width; it fails the test on a script error."""
    size: Any = request.param
    context = chromium.new_context(
        viewport=size, locale=language, base_url=live_server.url, reduced_motion="reduce"
    )
    context.set_default_timeout(30_000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    close(context)
    assert errors == []


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways, once the page is all there."""
    page.wait_for_load_state()
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )
