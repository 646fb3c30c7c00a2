"""Somebody else is faster: the customer is told, and nothing is sold twice."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from inventory.errors import InsufficientStockError
from inventory.models import Reservation, StockLevel
from inventory.services.stock import release_expired
from orders.models import Order, Payment
from tests.browser.conftest import fits
from tests.journeys.shop import (
    Shop,
    check_out,
    come_to_the_last_step,
    give_address,
    go_on,
    order_and_pay,
    order_button,
    put_into_cart,
)
from tests.orders.factories import place

Words = dict[str, str]


@pytest.fixture(autouse=True)
def _one_is_left(shop: Shop) -> None:
    StockLevel.objects.filter(sku=shop.cup).update(on_hand=1)


def stock(shop: Shop) -> tuple[int, int]:
    level = StockLevel.objects.get(sku=shop.cup)
    return level.on_hand, level.reserved


def test_the_last_one_goes_while_the_address_is_typed(page: Page, words: Words, shop: Shop) -> None:
    put_into_cart(page, words, shop.cup)
    check_out(page, words)
    give_address(page)
    page.wait_for_url("**/checkout/delivery/")
    faster = place({shop.cup: 1})
    go_on(page)
    page.wait_for_url("**/cart/")
    assert page.get_by_role("alert").filter(has_text=words["sold_out"]).is_visible()
    assert page.get_by_text(words["gone_from_cart"]).is_visible()
    assert page.get_by_role("link", name=words["check_out"]).count() == 0
    assert fits(page)
    assert Order.objects.get() == faster
    assert stock(shop) == (1, 1)


def test_the_last_one_goes_when_it_was_set_aside_for_too_long(
    page: Page, words: Words, shop: Shop
) -> None:
    put_into_cart(page, words, shop.cup)
    come_to_the_last_step(page, words)
    now = timezone.now()
    Reservation.objects.update(expires_at=now - timedelta(seconds=1))
    release_expired(now=now)
    faster = place({shop.cup: 1})
    order_button(page, words).click()
    page.wait_for_url("**/cart/")
    assert page.get_by_role("alert").filter(has_text=words["sold_out"]).is_visible()
    assert Order.objects.get() == faster
    assert Payment.objects.count() == 0
    assert stock(shop) == (1, 1)


def test_what_is_set_aside_is_not_sold_to_anybody_else(
    page: Page, words: Words, shop: Shop
) -> None:
    put_into_cart(page, words, shop.cup)
    come_to_the_last_step(page, words)
    with pytest.raises(InsufficientStockError):
        place({shop.cup: 1})
    order_and_pay(page, words)
    assert Order.objects.get().status == "paid"
    assert stock(shop) == (1, 1)
