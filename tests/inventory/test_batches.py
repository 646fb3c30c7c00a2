"""Goods that expire: what leaves first, what nobody can buy any more, what is thrown away."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from catalog.models import Sku
from inventory.errors import BatchMismatchError, InsufficientStockError, NotExpiredError
from inventory.models import Reservation, StockBatch, StockLevel, StockMovement
from inventory.services import expiry, stock
from inventory.services.availability import free_units
from inventory.services.stock import BatchLabel, Movement, StockRequest
from tests.factories import make_sku, make_staff

pytestmark = pytest.mark.django_db


def in_days(days: int) -> Any:
    return timezone.localdate() + timedelta(days=days)


def receive(sku: Sku, units: int, code: str = "", days: int | None = None, **fields: Any) -> Any:
    """Units of a batch that expires in so many days; without a code, of none."""
    label = BatchLabel(code, None if days is None else in_days(days)) if code else None
    key = f"in:{StockMovement.objects.count()}"
    return stock.receive_stock(sku_id=sku.pk, quantity=units, key=key, batch=label, **fields)


def sell(sku: Sku, units: int, number: int = 1) -> list[StockMovement]:
    stock.reserve_stock([StockRequest(sku.pk, units)], owner=f"order:{number}")
    return stock.issue_reserved(owner=f"order:{number}", reference=f"shipment:{number}")


def lying(sku: Sku) -> dict[str, int]:
    return dict(StockBatch.objects.filter(sku=sku).values_list("code", "on_hand"))


def test_what_expires_first_leaves_first_and_what_keeps_leaves_last() -> None:
    sku = make_sku()
    receive(sku, 4)
    receive(sku, 5, "keeps")
    receive(sku, 3, "late", 90)
    receive(sku, 2, "soon", 9)
    moved = sell(sku, 7)
    assert [(row.batch and row.batch.code, row.quantity) for row in moved] == [
        ("soon", -2),
        ("late", -3),
        ("keeps", -2),
    ]
    assert lying(sku) == {"soon": 0, "late": 0, "keeps": 3}
    assert StockLevel.objects.get().on_hand == 7
    assert {row.reference for row in moved} == {"shipment:1"}


def test_a_shipment_of_two_batches_repeated_moves_nothing() -> None:
    sku = make_sku()
    receive(sku, 2, "a", 5)
    receive(sku, 2, "b", 6)
    first = sell(sku, 3)
    again = stock.issue_reserved(owner="order:1", reference="shipment:1")
    assert {row.pk for row in again} == {row.pk for row in first}
    assert lying(sku) == {"a": 0, "b": 1}
    movement = Movement(sku.pk, -1, StockMovement.Kind.ADJUSTMENT, key="broken")
    assert stock.record_movement(movement).pk == stock.record_movement(movement).pk
    assert lying(sku) == {"a": 0, "b": 0}


def test_the_same_batch_twice_is_one_and_another_expiry_is_a_mistake() -> None:
    sku = make_sku()
    receive(sku, 2, "a")
    receive(sku, 3, "a", 40)
    receive(sku, 1, "a")
    assert lying(sku) == {"a": 6}
    assert StockBatch.objects.get().expires_on == in_days(40)
    with pytest.raises(BatchMismatchError):
        receive(sku, 5, "a", 41)
    assert lying(sku) == {"a": 6}
    assert StockLevel.objects.get().on_hand == 6
    assert StockMovement.objects.count() == 3


def test_what_has_expired_is_not_sold_and_what_is_good_today_is() -> None:
    sku = make_sku()
    receive(sku, 3, "yesterday", -1)
    receive(sku, 2, "today", 0)
    assert expiry.hold_back_expired() == 1
    assert free_units(sku_ids=[sku.pk]) == {sku.pk: 2}
    with pytest.raises(InsufficientStockError):
        sell(sku, 3)
    assert [row.batch and row.batch.code for row in sell(sku, 2, number=2)] == ["today"]
    assert expiry.hold_back_expired() == 0
    assert free_units(sku_ids=[sku.pk]) == {sku.pk: 0}


@pytest.mark.django_db(transaction=True)
def test_goods_that_arrive_expired_are_never_for_sale() -> None:
    sku = make_sku()
    receive(sku, 3, "old", -2)
    assert free_units(sku_ids=[sku.pk]) == {sku.pk: 0}


def test_a_customer_keeps_what_was_promised_but_gets_nothing_expired() -> None:
    sku = make_sku()
    receive(sku, 3, "old", -2)
    stock.reserve_stock([StockRequest(sku.pk, 2)], owner="order:1")
    assert expiry.hold_back_expired() == 1
    assert Reservation.objects.get(owner__startswith="expired:").quantity == 1
    with pytest.raises(InsufficientStockError):
        stock.issue_reserved(owner="order:1", reference="shipment:1")
    assert lying(sku) == {"old": 3}
    assert Reservation.objects.held().count() == 2
    receive(sku, 2, "fresh", 30)
    assert [
        row.batch and row.batch.code
        for row in stock.issue_reserved(owner="order:1", reference="shipment:1")
    ] == ["fresh"]
    expiry.hold_back_expired()
    assert Reservation.objects.held().get().quantity == 3


def test_a_person_writes_off_what_expired_with_its_cost() -> None:
    sku, staff = make_sku(), make_staff()
    receive(sku, 4, "old", -2, unit_cost_minor=250)
    receive(sku, 6, "fresh", 30, unit_cost_minor=500)
    expiry.hold_back_expired()
    old = StockBatch.objects.get(code="old")
    row = expiry.write_off_batch(old, user=staff, note="mould")
    assert (row.kind, row.quantity, row.unit_cost_minor, row.recorded_by) == (
        "write_off",
        -4,
        400,
        staff,
    )
    assert lying(sku) == {"old": 0, "fresh": 6}
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (6, 0)
    for batch in (old, StockBatch.objects.get(code="fresh")):
        with pytest.raises(NotExpiredError):
            expiry.write_off_batch(batch, user=staff)
    assert StockLevel.objects.get().on_hand == 6


def test_a_batch_filled_again_is_written_off_again() -> None:
    sku, staff = make_sku(), make_staff()
    for units in (3, 2):
        receive(sku, units, "old", -2)
        expiry.write_off_batch(StockBatch.objects.get(), user=staff)
    assert StockLevel.objects.get().on_hand == 0
    assert StockMovement.objects.filter(kind="write_off").aggregate(n=Sum("quantity")) == {"n": -5}


def test_a_history_cannot_take_what_lies_in_batches() -> None:
    sku = make_sku()
    receive(sku, 5, "a", 9)
    receive(sku, 2)
    with pytest.raises(InsufficientStockError):
        stock.record_movements([Movement(sku.pk, -3, StockMovement.Kind.ISSUE, key="x")])
    assert StockLevel.objects.get().on_hand == 7
    assert stock.record_movements([Movement(sku.pk, -2, StockMovement.Kind.ISSUE, key="y")]) == 1
    assert lying(sku) == {"a": 5}
