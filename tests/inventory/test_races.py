"""Two people at one row. Only row locks show it, so these run on PostgreSQL (TEST_DATABASE_URL)."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from queue import Queue
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from catalog.models import Product
from inventory.errors import EmptyOrderError
from inventory.models import (
    DemandForecast,
    GoodsReceipt,
    PurchaseOrder,
    PurchaseOrderLine,
    Reservation,
    StockLevel,
)
from inventory.services import purchasing, stock
from inventory.services.availability import show_availability
from inventory.services.drafting import draft_purchase_orders
from inventory.services.purchasing import Arrival
from inventory.services.stock import StockRequest
from learning.errors import AlreadyReviewedError
from learning.models import Decision
from tests.factories import make_offer, make_staff, make_stock_level
from tests.inventory.factories import LAST_DAY, make_purchase_order, make_replenished_sku

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time"),
]


@contextmanager
def somebody(act: Callable[[], object], *, before: str) -> Iterator[list[Future[Any]]]:
    """Begin `act` on a connection of its own when this one is about to send `before`.

    The statement goes out once the act is over or waits for a lock.
    """
    begun: list[Future[Any]] = []
    process: Queue[int] = Queue()

    def on_own_connection() -> object:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                process.put(cursor.fetchone()[0])
            return act()
        finally:
            connections.close_all()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not begun and sql.startswith(before):
            begun.append(pool.submit(on_own_connection))
            number, waits = process.get(), False
            with connection.cursor() as cursor:
                while not (waits or begun[0].done()):
                    cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [number])
                    waits = cursor.fetchone()[0]
        return execute(sql, params, many, context)

    with ThreadPoolExecutor(1) as pool, connection.execute_wrapper(watch):
        yield begun
    assert begun, f"nothing began with {before}"


def test_a_hold_that_ends_while_it_is_renewed_is_taken_anew() -> None:
    level = make_stock_level(on_hand=9)
    request, until = [StockRequest(level.sku_id, 3)], timezone.now() + timedelta(hours=1)
    stock.reserve_stock(request, owner="cart:1")
    with somebody(
        lambda: stock.release_stock(owner="cart:1"), before='UPDATE "inventory_reservation"'
    ) as other:
        stock.reserve_stock(request, owner="cart:1", expires_at=until)
    assert other[0].result() == 3
    hold = Reservation.objects.held().get()
    assert (hold.quantity, hold.expires_at) == (3, until)
    level.refresh_from_db()
    assert level.reserved == 3


def test_a_hold_that_is_enlarged_while_it_is_enlarged_counts_once() -> None:
    level = make_stock_level(on_hand=9)
    stock.reserve_stock([StockRequest(level.sku_id, 1)], owner="cart:1")
    with somebody(
        lambda: stock.reserve_stock([StockRequest(level.sku_id, 4)], owner="cart:1"),
        before='UPDATE "inventory_',
    ):
        stock.reserve_stock([StockRequest(level.sku_id, 5)], owner="cart:1")
    level.refresh_from_db()
    assert level.reserved == Reservation.objects.held().get().quantity == 5


def test_two_first_holds_of_one_owner_are_one() -> None:
    level = make_stock_level(on_hand=9)
    request = [StockRequest(level.sku_id, 3)]
    with somebody(
        lambda: stock.reserve_stock(request, owner="cart:1"),
        before='INSERT INTO "inventory_reservation"',
    ) as other:
        stock.reserve_stock(request, owner="cart:1")
    other[0].result()
    level.refresh_from_db()
    assert level.reserved == Reservation.objects.held().get().quantity == 3


def test_a_line_that_a_buyer_corrects_during_the_run_is_his() -> None:
    make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    line, buyer = PurchaseOrderLine.objects.get(), make_staff()
    DemandForecast.objects.update(lead_time_quantiles={"0.5": 10.0, "0.95": 30.0})
    with somebody(
        lambda: purchasing.correct_line(line, quantity=60, user=buyer),
        before='INSERT INTO "inventory_purchaseorderline"',
    ) as other:
        draft_purchase_orders(as_of=LAST_DAY)
    other[0].result()
    line = PurchaseOrderLine.objects.get()
    assert (line.quantity, line.status) == (60, "corrected")


def test_a_line_that_a_buyer_accepts_during_the_run_is_not_lost_without_a_word() -> None:
    offer = make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    line, buyer = PurchaseOrderLine.objects.get(), make_staff()
    make_stock_level(sku=offer.sku, on_hand=100)
    with somebody(
        lambda: purchasing.accept_line(line, user=buyer),
        before='DELETE FROM "inventory_purchaseorderline"',
    ) as other:
        draft_purchase_orders(as_of=LAST_DAY)
    with pytest.raises(AlreadyReviewedError):
        other[0].result()
    assert not Decision.objects.filter(action=Decision.Action.ACCEPT).exists()


def test_a_line_is_not_rejected_and_accepted_at_once() -> None:
    first = make_offer()
    order = make_purchase_order(lines={first: 5, make_offer(supplier=first.supplier): 5})
    line, buyer = PurchaseOrderLine.objects.select_related("order").get(sku=first.sku), make_staff()
    with somebody(
        lambda: purchasing.reject_line(line, user=buyer),
        before='UPDATE "inventory_purchaseorderline"',
    ) as other:
        purchasing.approve_purchase_order(order, user=make_staff())
    with pytest.raises(AlreadyReviewedError):
        other[0].result()
    line.refresh_from_db()
    assert line.status == "accepted"
    assert Decision.objects.filter(subject_id=line.pk, action__in=["accept", "reject"]).count() == 1


def test_a_last_line_rejected_meanwhile_leaves_nothing_to_approve() -> None:
    order = make_purchase_order(lines={make_offer(): 5})
    line, buyer = PurchaseOrderLine.objects.select_related("order").get(), make_staff()
    with (
        somebody(
            lambda: purchasing.reject_line(line, user=buyer),
            before='SELECT "inventory_purchaseorderline"',
        ),
        pytest.raises(EmptyOrderError),
    ):
        purchasing.approve_purchase_order(order, user=make_staff())
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.DRAFT


def test_a_delivery_booked_by_two_at_the_same_time_comes_in_once() -> None:
    order = make_purchase_order(lines={make_offer(): 24}, status="sent")
    arrivals = [Arrival(order.lines.get().pk, 24)]
    copy = PurchaseOrder.objects.get(pk=order.pk)
    with somebody(
        lambda: purchasing.receive_goods(copy, arrivals=arrivals, key="note-7"),
        before='UPDATE "inventory_purchaseorder" ',
    ) as other:
        receipt = purchasing.receive_goods(order, arrivals=arrivals, key="note-7")
    assert other[0].result() == receipt == GoodsReceipt.objects.get()
    assert StockLevel.objects.get().on_hand == 24


def test_of_two_that_show_what_can_be_bought_the_later_has_the_last_word() -> None:
    level = make_stock_level(on_hand=1)
    products = [level.sku.product_id]
    with somebody(
        lambda: stock.reserve_stock([StockRequest(level.sku_id, 1)], owner="cart:1"),
        before='UPDATE "catalog_product"',
    ) as other:
        show_availability(product_ids=products)
    other[0].result()
    assert not Product.objects.get(pk=products[0]).has_stock
