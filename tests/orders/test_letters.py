"""Letters about orders: in the customer's language, once, with what belongs to them."""

import pytest

from orders.models import Order
from orders.services import fulfilment, letters
from orders.services.placing import RiskVerdict
from outbox.models import Email
from tests.factories import make_sku, make_stock_level
from tests.orders.factories import place, place_and_capture

pytestmark = pytest.mark.django_db


def make_order_in(language: str, *, price_minor: int = 1000, units: int = 3) -> Order:
    sku = make_sku(price_minor=price_minor)
    make_stock_level(sku=sku, on_hand=units)
    order = place_and_capture({sku: units})
    Order.objects.filter(pk=order.pk).update(language=language)
    order.refresh_from_db()
    return order


def test_an_order_is_confirmed_in_the_language_of_its_customer() -> None:
    english, chinese = make_order_in("en"), make_order_in("zh-hans")
    for order in (english, english, chinese):
        letters.write_confirmation(order=order)
    letter = Email.objects.get(reference=english.number, kind="order_confirmation")
    assert letter.subject == f"Your order {english.number}"
    assert "¥30.00" in letter.text
    assert f"/orders/{english.number}/" in letter.html
    translated = Email.objects.get(reference=chinese.number, kind="order_confirmation")
    assert translated.language == "zh-hans"
    assert "订单" in translated.subject
    assert f"/zh-hans/orders/{chinese.number}/" in translated.text or "/orders/" in translated.text


def test_every_parcel_has_a_letter_of_its_own_with_its_tracking() -> None:
    order = make_order_in("en")
    line = order.lines.get()
    fulfilment.ship_order(
        order=order,
        key="s1",
        quantities={line.pk: 1},
        carrier="DHL",
        tracking_number="JD 0123",
    )
    fulfilment.ship_order(order=order, key="s2")
    fulfilment.ship_order(order=order, key="s2")
    first, second = Email.objects.filter(kind="order_shipped").order_by("pk")
    assert "https://www.dhl.com/global-en/home/tracking.html?tracking-id=JD0123" in first.text
    assert "The rest follows in another parcel." in first.text
    assert "The rest follows" not in second.text


def test_a_cancelled_order_tells_what_goes_back() -> None:
    order = make_order_in("en")
    fulfilment.cancel_order(order=order)
    letter = Email.objects.get(kind="order_cancelled")
    assert "You get ¥30.00 back" in letter.text


def test_a_held_order_says_that_it_is_looked_at() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=1)
    order = place({sku: 1}, risk=RiskVerdict(score=0.9, is_held=True))
    letters.write_confirmation(order=order)
    assert "We look at it once more" in Email.objects.get().text


def test_what_a_customer_is_called_cannot_change_a_letter() -> None:
    order = make_order_in("en")
    order.lines.update(name="<b>Cup</b> & {{ order }}")
    order.shipping_address = {"recipient": "<script>alert(1)</script>"}
    letters.write_confirmation(order=order)
    letter = Email.objects.get(kind="order_confirmation")
    assert "&lt;b&gt;Cup&lt;/b&gt; &amp; {{ order }}" in letter.html
    assert "<script>" not in letter.html


def test_an_order_without_an_address_goes_its_way_without_letters() -> None:
    order = make_order_in("en")
    Order.objects.filter(pk=order.pk).update(email="no address")
    order.refresh_from_db()
    fulfilment.ship_order(order=order, key="s1")
    assert order.status == "shipped"
    assert not Email.objects.filter(kind="order_shipped").exists()
