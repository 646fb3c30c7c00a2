"""A visitor with a phone, in either language, in a small shop with a mail server and no hurry."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from pytest_django.live_server_helper import LiveServer

from tests.browser.chromium import PHONE, close, mark_as_browser_test
from tests.journeys.shop import WORDS, Shop, forget_jobs, open_shop
from tests.outbox.postbox import Postbox, open_postbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/journeys" in str(item.path) and "shop" in getattr(item, "fixturenames", ()):
            mark_as_browser_test(item)


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> Shop:
    settings.PAYMENT_TEST = True
    forget_jobs()
    return open_shop()


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    with open_postbox() as opened:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = opened.port
        yield opened


@pytest.fixture(params=list(WORDS))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def words(language: str) -> dict[str, str]:
    return WORDS[language]


@pytest.fixture
def screen() -> ViewportSize:
    return PHONE


@pytest.fixture
def runs_scripts() -> bool:
    return True


@pytest.fixture
def context(
    chromium: Browser,
    live_server: LiveServer,
    language: str,
    screen: ViewportSize,
    runs_scripts: bool,
    shop: Shop,
) -> Iterator[BrowserContext]:
    """A browser that was never here."""
    opened = chromium.new_context(
        viewport=screen,
        locale=language,
        base_url=live_server.url,
        reduced_motion="reduce",
        java_script_enabled=runs_scripts,
    )
    opened.set_default_timeout(30_000)
    problems: list[str] = []
    opened.on("weberror", lambda error: problems.append(str(error.error)))
    opened.on(
        "response",
        lambda answer: (
            problems.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
        ),
    )
    yield opened
    close(opened)
    assert problems == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """It fails the test on a script error and on a server error."""
    return context.new_page()
