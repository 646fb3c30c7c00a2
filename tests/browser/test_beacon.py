"""What a visitor sees and clicks on a page arrives as rows, once, and only with consent."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from insights import buffer
from insights.models import Interaction, Visit
from insights.services.page_log import page_log
from insights.services.recording import flush_interactions
from tests.browser.chromium import close
from tests.recommendations.factories import make_product_to_sell, make_similar

pytestmark = pytest.mark.django_db(transaction=True)
# One that does not call itself headless, as robots do.
A_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140"
LEAVE = "window.dispatchEvent(new Event('pagehide'))"


@pytest.fixture(autouse=True)
def _empty_buffer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page_log.hand_over()
    buffer._client().flushdb()
    yield
    page_log.hand_over()


@pytest.fixture
def context(chromium: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        base_url=live_server.url, locale="en-GB", user_agent=A_BROWSER, reduced_motion="reduce"
    )
    yield context
    close(context)


@pytest.fixture
def visitor(context: BrowserContext, live_server: LiveServer) -> Page:
    """Who allowed statistics before."""
    context.add_cookies([{"name": "consent", "value": "-a", "url": live_server.url}])
    context.add_cookies(
        [{"name": "visitor", "value": "0123456789abcdef" * 2, "url": live_server.url}]
    )
    return context.new_page()


def stored() -> set[tuple[object, ...]]:
    page_log.hand_over()
    flush_interactions()
    rows = Interaction.objects.values_list("kind", "product", "placement", "position", "language")
    assert len(rows) == len(set(rows))
    return set(rows)


def test_a_view_an_impression_and_a_click_are_recorded_once(visitor: Page) -> None:
    product, neighbour = make_product_to_sell(), make_product_to_sell()
    make_similar(product, neighbour)
    visitor.goto(f"/en/products/{product.slug}/")
    card = visitor.locator("[data-placement='product.similar']")
    card.scroll_into_view_if_needed()
    # The page stays, so that the browser's name given above goes with the message.
    card.evaluate("card => card.addEventListener('click', event => event.preventDefault())")
    card.get_by_role("link").first.click()
    with visitor.expect_response("**/api/interactions/") as answer:
        visitor.evaluate(LEAVE)
    assert answer.value.json() == {"accepted": 3}
    # The shop noted the view of the page as well: it is the same one.
    assert stored() == {
        ("view", product.pk, "", None, "en"),
        ("impression", neighbour.pk, "product.similar", 1, "en"),
        ("click", neighbour.pk, "product.similar", 1, "en"),
    }
    assert Visit.objects.get().n_views == 1


def test_the_bar_is_answered_by_keyboard_moves_nothing_and_the_page_reports_from_then_on(
    context: BrowserContext,
) -> None:
    product = make_product_to_sell()
    page = context.new_page()
    page.goto(f"/en/products/{product.slug}/")
    bar = page.locator("#consent-bar")
    heading = page.locator("main h1")
    before = heading.bounding_box()
    # The link over the bar, its link, its two answers.
    for _stop in range(4):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "all"
    page.keyboard.press("Enter")
    bar.wait_for(state="detached")
    assert heading.bounding_box() == before
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
    with page.expect_response("**/api/interactions/") as answer:
        page.evaluate(LEAVE)
    assert answer.value.json() == {"accepted": 1}
    assert stored() == {("view", product.pk, "", None, "en")}
    page.reload()
    assert bar.count() == 0


def test_without_an_answer_or_after_a_no_nothing_is_reported(context: BrowserContext) -> None:
    product = make_product_to_sell()
    page = context.new_page()
    reports: list[str] = []
    page.on("request", lambda sent: reports.append(sent.url))
    page.goto(f"/en/products/{product.slug}/")
    page.evaluate(LEAVE)
    page.get_by_role("button", name="No, only what is necessary").click()
    page.locator("#consent-bar").wait_for(state="detached")
    page.evaluate(LEAVE)
    page.goto("/en/search/")
    page.evaluate(LEAVE)
    assert [url for url in reports if "/api/interactions/" in url] == []
    assert stored() == set()


def test_without_javascript_the_bar_works_and_views_are_counted(
    chromium: Browser, live_server: LiveServer
) -> None:
    product = make_product_to_sell()
    context = chromium.new_context(
        base_url=live_server.url, java_script_enabled=False, user_agent=A_BROWSER
    )
    page = context.new_page()
    page.goto(f"/en/products/{product.slug}/")
    page.get_by_role("button", name="Yes, that is fine").click()
    page.wait_for_url(f"**/en/products/{product.slug}/")
    assert page.locator("#consent-bar").count() == 0
    close(context)
    assert stored() == {("view", product.pk, "", None, "en")}
