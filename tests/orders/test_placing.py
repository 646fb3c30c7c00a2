from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from inventory.errors import InsufficientStockError
from inventory.models import Reservation, StockLevel
from inventory.services.stock import StockRequest, reserve_stock
from orders.algorithms.totals import add_up
from orders.errors import (
    EmptyBasketError,
    IdempotencyConflictError,
    NotForSaleError,
    PriceChangedError,
    WrongUnitsError,
)
from orders.models import Order, OrderLine
from orders.services.placing import RiskVerdict
from tests.factories import make_product, make_sku, make_stock_level, make_user
from tests.orders.factories import place

pytestmark = pytest.mark.django_db


def test_an_order_keeps_what_was_sold_and_sets_it_aside() -> None:
    sku = make_sku(price_minor=1250, product=make_product(name_en="Blue mug"))
    level = make_stock_level(sku=sku, on_hand=5)
    order = place({sku: 2})
    sku.price_minor = 9900
    sku.save()
    line = OrderLine.objects.get(order=order)
    assert (line.name, line.unit_price_minor, line.quantity) == ("Blue mug", 1250, 2)
    assert (order.status, order.total_minor, order.currency) == ("placed", 2500, "CNY")
    level.refresh_from_db()
    assert (level.on_hand, level.reserved) == (5, 2)
    assert [change.to_status for change in order.status_changes.all()] == ["placed"]


def test_an_order_beyond_the_stock_leaves_nothing_behind() -> None:
    plenty, scarce = make_sku(), make_sku()
    make_stock_level(sku=plenty, on_hand=9)
    make_stock_level(sku=scarce, on_hand=3)
    with pytest.raises(InsufficientStockError):
        place({plenty: 1, scarce: 4})
    assert Order.objects.count() == 0
    assert not StockLevel.objects.filter(reserved__gt=0).exists()
    assert not Reservation.objects.exists()


def test_the_same_checkout_sent_twice_is_one_order() -> None:
    sku, customer = make_sku(), make_user()
    make_stock_level(sku=sku, on_hand=5)
    first = place({sku: 2}, customer=customer, key="k1")
    assert place({sku: 2}, customer=customer, key="k1") == first
    assert StockLevel.objects.get().reserved == 2
    with pytest.raises(IdempotencyConflictError):
        place({sku: 3}, customer=customer, key="k1")
    assert Order.objects.count() == 1


def test_what_a_cart_holds_becomes_the_orders() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=2)
    reserve_stock([StockRequest(sku.pk, 2)], owner="cart:7")
    order = place({sku: 2}, held_by="cart:7")
    assert Reservation.objects.get(state="held").owner == f"order:{order.pk}"
    assert StockLevel.objects.get().reserved == 2


def test_what_a_cart_holds_beyond_the_order_is_free_again() -> None:
    wanted, left_out, other = make_sku(), make_sku(), make_sku()
    for sku in (wanted, left_out, other):
        make_stock_level(sku=sku, on_hand=5)
    reserve_stock([StockRequest(wanted.pk, 3), StockRequest(left_out.pk, 4)], owner="cart:7")
    reserve_stock([StockRequest(other.pk, 1)], owner="cart:8")
    order = place({wanted: 2}, held_by="cart:7")
    held = Reservation.objects.held().values_list("owner", "sku", "quantity")
    assert set(held) == {(f"order:{order.pk}", wanted.pk, 2), ("cart:8", other.pk, 1)}
    levels = StockLevel.objects.order_by("sku_id").values_list("reserved", flat=True)
    assert list(levels) == [2, 0, 1]


def test_a_risky_order_is_held_with_its_reasons() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=1)
    verdict = RiskVerdict(0.9, is_held=True, reasons=("new address",), version="insights.risk v3")
    order = place({sku: 1}, risk=verdict)
    order.refresh_from_db()
    assert order.status == Order.Status.HELD
    assert order.risk["reasons"] == ["new address"]


def test_a_total_that_the_customer_did_not_see_is_not_taken() -> None:
    sku = make_sku(price_minor=1000)
    make_stock_level(sku=sku, on_hand=5)
    with pytest.raises(PriceChangedError):
        place({sku: 1}, seen_total_minor=900)
    assert not Order.objects.exists()
    assert place({sku: 1}, seen_total_minor=1000).total_minor == 1000


def test_only_what_is_for_sale_can_be_ordered() -> None:
    hidden = make_sku(product=make_product(status="draft"))
    stopped = make_sku(is_active=False)
    for sku in (hidden, stopped):
        make_stock_level(sku=sku, on_hand=5)
        with pytest.raises(NotForSaleError):
            place({sku: 1})
    dollars, yuan = make_sku(currency="USD"), make_sku(currency="CNY")
    make_stock_level(sku=dollars, on_hand=5)
    make_stock_level(sku=yuan, on_hand=5)
    with pytest.raises(NotForSaleError):
        place({dollars: 1, yuan: 1})
    assert not Order.objects.exists()


@pytest.mark.parametrize("units", [0, -1, 100_001])
def test_senseless_units_are_refused(units: int) -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=5)
    with pytest.raises(WrongUnitsError):
        place({sku: units})
    with pytest.raises(EmptyBasketError):
        place({})


@pytest.mark.django_db(transaction=True)
def test_twelve_buyers_of_the_last_five_units_get_five() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=5)
    customers = [make_user() for _ in range(12)]

    def buy(place_in_line: int) -> bool:
        try:
            place({sku: 1}, customer=customers[place_in_line], key=f"race-{place_in_line}")
        except InsufficientStockError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        bought = list(pool.map(buy, range(12)))
    assert sum(bought) == 5
    assert Order.objects.count() == 5
    assert StockLevel.objects.get().reserved == 5


@pytest.mark.django_db(transaction=True)
def test_one_checkout_sent_by_four_at_once_is_one_order() -> None:
    sku, customer = make_sku(), make_user()
    make_stock_level(sku=sku, on_hand=50)

    def send(_turn: int) -> int:
        try:
            return place({sku: 2}, customer=customer, key="impatient").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        orders = set(pool.map(send, range(8)))
    assert len(orders) == Order.objects.count() == 1
    assert StockLevel.objects.get().reserved == 2


def test_totals_are_exact_and_a_discount_takes_off_at_most_everything() -> None:
    totals = add_up([(3, 333), (1, 1)], shipping=500, discount=100, tax=42)
    assert (totals.goods, totals.total) == (1000, 1442)
    assert add_up([(1, 100)], discount=900).total == 0
    with pytest.raises(ValueError, match="below zero"):
        add_up([(1, 100)], shipping=-1)
