"""Several buyers at once, on a database file that they really share."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from inventory.errors import InsufficientStockError
from inventory.models import PurchaseOrder, Reservation, StockLevel
from inventory.services import stock
from inventory.services.drafting import draft_purchase_orders
from inventory.services.stock import StockRequest
from learning.models import Decision
from tests.factories import make_stock_level, make_supplier
from tests.inventory.factories import LAST_DAY, make_replenished_sku

BUYERS = 8
ROUNDS = 6


@pytest.mark.django_db(transaction=True)
def test_the_last_units_are_promised_once() -> None:
    assert "memory" not in str(connection.settings_dict["NAME"])
    first, second = make_stock_level(on_hand=20), make_stock_level(on_hand=20)
    together = Barrier(BUYERS)

    def buy(buyer: int) -> int:
        # Half of them ask in the other order: sorted locking must not deadlock.
        skus = [first.sku_id, second.sku_id][:: 1 if buyer % 2 else -1]
        bought = 0
        together.wait()
        try:
            for number in range(ROUNDS):
                try:
                    stock.reserve_stock(
                        [StockRequest(sku_id, 1) for sku_id in skus],
                        owner=f"order:{buyer}-{number}",
                    )
                except InsufficientStockError:
                    continue
                bought += 1
        finally:
            connections.close_all()
        return bought

    with ThreadPoolExecutor(BUYERS) as pool:
        bought = sum(pool.map(buy, range(BUYERS)))
    assert bought == 20
    assert list(StockLevel.objects.values_list("on_hand", "reserved")) == [(20, 20), (20, 20)]
    assert Reservation.objects.held().count() == 40


@pytest.mark.django_db(transaction=True)
def test_a_hold_is_released_once_by_many_sweeps() -> None:
    level = make_stock_level(on_hand=9)
    for number in range(3):
        stock.reserve_stock([StockRequest(level.sku_id, 3)], owner=f"cart:{number}")
    together = Barrier(BUYERS)

    def sweep(number: int) -> int:
        together.wait()
        try:
            return stock.release_stock(owner=f"cart:{number % 3}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(BUYERS) as pool:
        assert sum(pool.map(sweep, range(BUYERS))) == 9
    level.refresh_from_db()
    assert (level.on_hand, level.reserved) == (9, 0)


@pytest.mark.django_db(transaction=True)
def test_runs_at_the_same_time_leave_one_draft() -> None:
    supplier = make_supplier()
    for _ in range(3):
        make_replenished_sku(offer={"supplier": supplier})
    together = Barrier(4)

    def draft(_number: int) -> None:
        together.wait()
        try:
            draft_purchase_orders(as_of=LAST_DAY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(draft, range(4)))
    assert PurchaseOrder.objects.get().lines.count() == 3
    assert Decision.objects.filter(action=Decision.Action.PROPOSE).count() == 3
