"""Whatever happens to stock, in whatever order: the books agree with themselves."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.db.models import F, Sum
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.models import Sku
from inventory.errors import InsufficientStockError, InventoryError
from inventory.models import (
    Reservation,
    StockBatch,
    StockCount,
    StockLevel,
    StockMovement,
    StockTransfer,
    Warehouse,
)
from inventory.services import counting, expiry, stock, transfers
from inventory.services.stock import BatchLabel, StockRequest
from tests.factories import make_sku, make_staff, make_warehouse

BUYERS = 8


class Shop:
    """One SKU in two warehouses; what is asked and cannot be done is refused, as in the shop."""

    def __init__(self) -> None:
        self.sku = make_sku()
        self.places = [stock.default_warehouse(), make_warehouse()]
        self.staff = [make_staff(), make_staff()]
        self.step = 0

    def do(self, name: str, units: int, choice: int) -> None:
        self.step += 1
        self.key = f"{self.sku.pk}:{self.step}"
        act: Callable[[int, int, Warehouse], Any] = getattr(self, name)
        with contextlib.suppress(InventoryError):
            act(units, choice, self.places[choice % 2])

    def receive(self, units: int, choice: int, place: Warehouse) -> None:
        days = {1: -3, 2: 0, 3: 5, 4: 40}.get(choice % 6)
        label = None
        if choice % 6 < 5:
            day = None if days is None else timezone.localdate() + timedelta(days=days)
            label = BatchLabel(f"batch {choice % 6}", day)
        stock.receive_stock(
            sku_id=self.sku.pk, quantity=units, key=self.key, warehouse=place, batch=label
        )

    def reserve(self, units: int, choice: int, place: Warehouse) -> None:
        request = [StockRequest(self.sku.pk, units)]
        stock.reserve_stock(request, owner=f"order:{self.key}", warehouse=place)

    def ship(self, units: int, choice: int, place: Warehouse) -> None:
        hold = Reservation.objects.held().filter(sku=self.sku, owner__startswith="order").first()
        if hold is not None:
            part = [StockRequest(self.sku.pk, min(units, hold.quantity))]
            stock.issue_reserved(owner=hold.owner, reference=self.key, requests=part)

    def release(self, units: int, choice: int, place: Warehouse) -> None:
        hold = Reservation.objects.held().filter(sku=self.sku, owner__startswith="order").first()
        if hold is not None:
            stock.release_stock(owner=hold.owner)

    def take_back(self, units: int, choice: int, place: Warehouse) -> None:
        kind = StockMovement.Kind.RETURN
        stock.receive_stock(
            sku_id=self.sku.pk, quantity=units, key=self.key, kind=kind, warehouse=place
        )

    def throw_away(self, units: int, choice: int, place: Warehouse) -> None:
        stock.adjust_stock(
            sku_id=self.sku.pk, quantity=-units, key=self.key, note="broken", warehouse=place
        )

    def set_to(self, units: int, choice: int, place: Warehouse) -> None:
        stock.count_stock(sku_id=self.sku.pk, counted=units, key=self.key, warehouse=place)

    def count(self, units: int, choice: int, place: Warehouse) -> None:
        counter, manager = self.staff
        sheet = counting.start_count(kind=StockCount.Kind.FULL, warehouse=place, user=counter)
        for _time in range(2):
            for line in sheet.lines.to_be_counted().select_related("count"):
                counting.record_line(line, units=units, user=counter)
        counting.close_count(sheet, user=counter)
        counting.approve_count(sheet, user=manager)

    def send(self, units: int, choice: int, place: Warehouse) -> None:
        other = self.places[1 - choice % 2]
        transfer = transfers.draft_transfer(source=place, target=other, user=self.staff[0])
        transfers.set_line(transfer, sku=self.sku, quantity=units)
        transfers.send_transfer(transfer, user=self.staff[0])

    def arrive(self, units: int, choice: int, place: Warehouse) -> None:
        transfer = StockTransfer.objects.filter(status="sent", lines__sku=self.sku).first()
        if transfer is not None and choice % 3:
            short = {line.pk: max(0, line.quantity - choice % 2) for line in transfer.lines.all()}
            transfers.receive_transfer(transfer, arrived=short, user=self.staff[0], reason="wet")
        elif transfer is not None:
            transfers.cancel_transfer(transfer, user=self.staff[0])

    def expire(self, units: int, choice: int, place: Warehouse) -> None:
        expiry.hold_back_expired()

    def write_off(self, units: int, choice: int, place: Warehouse) -> None:
        for batch in StockBatch.objects.expired(today=timezone.localdate()).filter(sku=self.sku):
            expiry.write_off_batch(batch, user=self.staff[0])

    def check(self) -> None:
        moved = StockMovement.objects.filter(sku=self.sku)
        levels = StockLevel.objects.filter(sku=self.sku)
        for level in levels:
            here = moved.filter(warehouse=level.warehouse)
            held = Reservation.objects.held().filter(sku=self.sku, warehouse=level.warehouse)
            batches = StockBatch.objects.filter(sku=self.sku, warehouse=level.warehouse)
            assert level.on_hand == total(here, "quantity")
            assert level.reserved == total(held, "quantity")
            assert 0 <= level.reserved <= level.on_hand
            assert total(batches, "on_hand") <= level.on_hand
        for batch in StockBatch.objects.filter(sku=self.sku):
            assert batch.on_hand == total(moved.filter(batch=batch), "quantity") >= 0
        way = transfers.units_on_the_way(warehouse=self.places[0])
        back = transfers.units_on_the_way(warehouse=self.places[1])
        on_the_way = way.get(self.sku.pk, 0) + back.get(self.sku.pk, 0)
        assert on_the_way == -total(moved.filter(kind="transfer"), "quantity")
        assert not moved.filter(kind="issue", batch__expires_on__lt=timezone.localdate()).exists()


def total(rows: Any, field: str) -> int:
    return int(rows.aggregate(n=Sum(field))["n"] or 0)


STEPS = [
    "receive", "receive", "receive", "reserve", "ship", "release", "take_back", "throw_away",
    "set_to", "count", "send", "send", "arrive", "expire", "write_off",
]  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=40, derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(1, 9), st.integers(0, 11)),
        min_size=4,
        max_size=18,
    )
)
@example([("receive", 5, 1), ("reserve", 3, 0), ("expire", 1, 0), ("ship", 3, 0), ("count", 1, 1)])
@example([("receive", 4, 4), ("receive", 3, 2), ("send", 6, 0), ("arrive", 1, 1), ("count", 2, 1)])
def test_whatever_happens_the_books_agree(steps: list[tuple[str, int, int]]) -> None:
    shop = Shop()
    for name, units, choice in steps:
        shop.do(name, units, choice)
    shop.check()
    # The sheets of this example are no work for the next one.
    StockCount.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_the_last_units_of_two_batches_are_shipped_once_each() -> None:
    sku: Sku = make_sku()
    today = timezone.localdate()
    for number, days in enumerate((3, 30)):
        stock.receive_stock(
            sku_id=sku.pk,
            quantity=7,
            key=f"in:{number}",
            batch=BatchLabel(f"batch {number}", today + timedelta(days=days)),
        )
    together = Barrier(BUYERS)

    def buy(buyer: int) -> int:
        together.wait()
        shipped = 0
        try:
            for number in range(3):
                owner = f"order:{buyer}-{number}"
                try:
                    stock.reserve_stock([StockRequest(sku.pk, 1)], owner=owner)
                    stock.issue_reserved(owner=owner, reference=owner)
                except InsufficientStockError:
                    continue
                shipped += 1
        finally:
            connections.close_all()
        return shipped

    with ThreadPoolExecutor(BUYERS) as pool:
        assert sum(pool.map(buy, range(BUYERS))) == 14
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (0, 0)
    assert list(StockBatch.objects.order_by("code").values_list("on_hand", flat=True)) == [0, 0]
    issued = StockMovement.objects.filter(kind="issue").values("batch__code")
    assert {row["batch__code"]: row["n"] for row in issued.annotate(n=Sum("quantity"))} == {
        "batch 0": -7,
        "batch 1": -7,
    }
    assert not StockLevel.objects.filter(reserved__gt=F("on_hand")).exists()
