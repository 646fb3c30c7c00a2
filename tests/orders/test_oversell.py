"""Nothing is sold twice: crowds at the shop's own pages, on the database that it really uses."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.urls import reverse

from catalog.models import Sku
from inventory.models import DemandRecord, Reservation, StockLevel
from orders.models import Cart, Checkout, Order, OrderLine, Payment, ShippingMethod
from orders.services import fulfilment
from tests.factories import make_product, make_sku, make_stock_level
from tests.orders.checkouts import (
    browser_of,
    ledger,
    make_checkout,
    only_shipping_method,
    send_order,
    told,
)

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = 50


@pytest.fixture(autouse=True)
def _test_payments(settings: Any) -> None:
    settings.PAYMENT_TEST = True


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Each on a thread and a connection of its own; all begin together."""
    together = Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))


def make_goods(*, units: int, name: str = "Last lamp") -> Sku:
    sku = make_sku(price_minor=1000, product=make_product(name_en=name))
    make_stock_level(sku=sku, on_hand=units)
    return sku


def buyers_of(
    baskets: Sequence[dict[Sku, int]], *, method: ShippingMethod
) -> list[Callable[[], Any]]:
    """Guests who all press the button of the last step."""
    acts: list[Callable[[], Any]] = []
    for number, basket in enumerate(baskets):
        checkout = make_checkout(basket, method=method, email=f"buyer{number}@example.org")
        total = sum(sku.price_minor * units for sku, units in basket.items()) + 800
        acts.append(partial(send_order, browser_of(checkout.cart), checkout, total_minor=total))
    return acts


def assert_sold(answers: Sequence[Any], *, sold: int) -> None:
    """So many have an order; everybody else is led to the cart and told why."""
    assert {answer.status_code for answer in answers} == {302}
    won = [answer for answer in answers if "/orders/" in answer["Location"]]
    lost = [answer for answer in answers if answer not in won]
    assert len(won) == Order.objects.count() == Payment.objects.count() == sold
    cart = reverse("storefront:cart-detail")
    assert all(answer["Location"] == cart for answer in lost)
    assert all("sold out" in " ".join(told(answer)) for answer in lost)
    assert Cart.objects.open().count() == len(lost)


def assert_books_are_right(*skus: Sku) -> None:
    """What is promised is promised once, and the ledger says what the level says."""
    for sku in skus:
        level = StockLevel.objects.get(sku=sku)
        held = Reservation.objects.held().filter(sku=sku)
        assert sum(held.values_list("quantity", flat=True)) == level.reserved
        assert set(held.values_list("owner", flat=True)) == {
            f"order:{line.order_id}" for line in OrderLine.objects.filter(sku=sku)
        }
        assert ledger(sku) == (level.on_hand, level.on_hand)
        assert 0 <= level.reserved <= level.on_hand


@pytest.mark.parametrize("units", [1, 10])
def test_fifty_buyers_get_what_there_is(units: int) -> None:
    assert "memory" not in str(connection.settings_dict["NAME"])
    lamp, method = make_goods(units=units), only_shipping_method()
    answers = at_once(buyers_of([{lamp: 1}] * BUYERS, method=method))
    assert_sold(answers, sold=units)
    assert_books_are_right(lamp)
    refused = DemandRecord.objects.filter(sku=lamp)
    assert sum(refused.values_list("units_requested", flat=True)) == BUYERS - units
    assert not any(refused.values_list("units_filled", flat=True))


def test_baskets_with_the_same_goods_in_opposite_order_do_not_wait_for_each_other() -> None:
    lamp, vase = make_goods(units=10), make_goods(units=10, name="Last vase")
    baskets = [{lamp: 1, vase: 1}, {vase: 1, lamp: 1}] * (BUYERS // 2)
    answers = at_once(buyers_of(baskets, method=only_shipping_method()))
    assert_sold(answers, sold=10)
    assert_books_are_right(lamp, vase)


def test_goods_are_set_aside_for_as_many_carts_as_there_are_units() -> None:
    lamp, method = make_goods(units=3), only_shipping_method()
    carts = [make_checkout({lamp: 1}, method=method).cart for _ in range(20)]

    def go_on(cart: Cart) -> Any:
        return browser_of(cart).post(
            reverse("storefront:checkout-delivery"), {"method": str(method.pk)}
        )

    answers = at_once([partial(go_on, cart) for cart in carts])
    reached = [answer["Location"] for answer in answers]
    assert reached.count(reverse("storefront:checkout-payment")) == 3
    assert reached.count(reverse("storefront:cart-detail")) == 17
    held = Reservation.objects.held().filter(sku=lamp)
    assert len(set(held.values_list("owner", flat=True))) == 3
    assert StockLevel.objects.get(sku=lamp).reserved == 3


def test_one_button_pressed_by_twelve_hands_is_one_order_and_one_payment() -> None:
    lamp = make_goods(units=50)
    checkout = make_checkout({lamp: 2}, method=only_shipping_method())
    client = browser_of(checkout.cart)
    cookies = client.cookies

    def press() -> Any:
        hand = type(client)()
        hand.cookies = cookies.copy()  # type: ignore[assignment]  # a jar of the same kind
        return send_order(hand, checkout, total_minor=2800)

    answers = at_once([press] * 12)
    order = Order.objects.get()
    assert {answer.status_code for answer in answers} == {302}
    assert all(f"/orders/{order.number}/" in answer["Location"] for answer in answers)
    assert Payment.objects.get().order == order
    assert Checkout.objects.get().order == order
    assert StockLevel.objects.get().reserved == 2


def test_what_was_sold_leaves_the_ledger_once() -> None:
    lamp, method = make_goods(units=10), only_shipping_method()
    at_once(buyers_of([{lamp: 3}] * 8, method=method))
    orders = list(Order.objects.all())
    assert len(orders) == 3

    def send(order: Order) -> None:
        paid = fulfilment.mark_paid(order=order)
        fulfilment.ship_order(order=paid, key=f"parcel-{order.pk}")

    at_once([partial(send, order) for order in orders])
    assert ledger(lamp) == (1, 1)
    level = StockLevel.objects.get(sku=lamp)
    assert (level.on_hand, level.reserved) == (1, 0)
