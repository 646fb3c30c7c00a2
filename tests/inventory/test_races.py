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

from inventory.models import (
    Reservation,
)
from inventory.services import stock
from inventory.services.stock import StockRequest
from tests.factories import make_stock_level

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
