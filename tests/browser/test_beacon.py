"""What a visitor sees and clicks on a page arrives as rows."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from insights import buffer
from insights.models import Interaction
from insights.services import flush_interactions
from tests.recommendations.factories import make_product_to_sell, make_similar

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor(
    chromium: Browser, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    """A browser that does not call itself headless, as robots do."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    buffer._client().delete(buffer.WAITING, buffer.BATCHES)
    context = chromium.new_context(
        base_url=live_server.url,
        locale="en-GB",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/140",
    )
    yield context.new_page()
    context.close()


def test_a_view_an_impression_and_a_click_are_recorded(visitor: Page) -> None:
    product, neighbour = make_product_to_sell(), make_product_to_sell()
    make_similar(product, neighbour)
    visitor.goto(f"/en/products/{product.slug}/")
    card = visitor.locator("[data-placement='product.similar']")
    card.scroll_into_view_if_needed()
    # The page stays, so that the browser's name given above goes with the message.
    card.evaluate("card => card.addEventListener('click', event => event.preventDefault())")
    card.get_by_role("link").first.click()
    with visitor.expect_response("**/api/interactions/") as answer:
        visitor.evaluate("window.dispatchEvent(new Event('pagehide'))")
    assert answer.value.json() == {"accepted": 3}
    flush_interactions()
    recorded = Interaction.objects.order_by("pk").values_list(
        "kind", "product", "placement", "position", "language"
    )
    assert set(recorded) == {
        ("view", product.pk, "", None, "en"),
        ("impression", neighbour.pk, "product.similar", 1, "en"),
        ("click", neighbour.pk, "product.similar", 1, "en"),
    }
