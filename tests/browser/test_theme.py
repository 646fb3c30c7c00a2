"""Light, dark, or what the system says: chosen at the foot of a page, kept by the browser."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.chromium import close
from tests.browser.conftest import PHONE, fits

pytestmark = pytest.mark.django_db(transaction=True)
DARK = "rgb(22, 22, 20)"
LIGHT = "rgb(247, 245, 240)"


def test_a_choice_of_colours_stays(page: Page) -> None:
    def ground() -> Any:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.emulate_media(color_scheme="light")
    page.goto("/")
    assert ground() == LIGHT
    expect(page.locator("[name=theme][value=system]")).to_be_checked()
    page.locator("label", has=page.locator("[name=theme][value=dark]")).click()
    assert ground() == DARK
    page.goto(page.url + "search/")
    assert ground() == DARK
    expect(page.locator("[name=theme][value=dark]")).to_be_checked()
    assert fits(page)
    page.emulate_media(color_scheme="dark")
    page.locator("label", has=page.locator("[name=theme][value=light]")).click()
    assert ground() == LIGHT
    page.locator("label", has=page.locator("[name=theme][value=system]")).click()
    assert ground() == DARK


@pytest.mark.parametrize("language", ["en-GB"], indirect=True)
def test_without_scripts_the_system_decides(
    chromium: Browser, live_server: LiveServer, language: str
) -> None:
    size: Any = PHONE
    context = chromium.new_context(
        viewport=size, base_url=live_server.url, java_script_enabled=False, color_scheme="dark"
    )
    page = context.new_page()
    page.goto("/")
    expect(page.locator("[data-themes]")).to_be_hidden()
    expect(page.locator("body")).to_have_css("background-color", DARK)
    close(context)
