"""Counting what lies on the shelves."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Sku
from inventory.errors import (
    CountBelowReservedError,
    NotCountedError,
    NothingToCountError,
    OwnCountError,
    StepNotAllowedError,
)
from inventory.models import (
    StockBatch,
    StockClass,
    StockCount,
    StockCountLine,
    StockLevel,
    StockMovement,
    Warehouse,
)
from inventory.services import counting, stock
from inventory.services.counting import is_large
from inventory.services.due_counts import due_sku_ids
from inventory.services.stock import BatchLabel, StockRequest
from tests.factories import A_DAY, make_sku, make_staff, make_stock_level

pytestmark = pytest.mark.django_db
Kind = StockCount.Kind


def make_count(*, kind: Any = Kind.FULL, on_hand: int = 10) -> StockCount:
    """An open sheet with one line."""
    level = make_stock_level(on_hand=on_hand)
    return counting.start_count(kind=kind, warehouse=level.warehouse, user=make_staff())


def count_line(count: StockCount, units: int, **fields: Any) -> StockCountLine:
    line = count.lines.select_related("count").get()
    return counting.record_line(line, units=units, user=fields.pop("user", None) or make_staff())


def level_of(count: StockCount) -> tuple[int, int]:
    level = StockLevel.objects.get(sku=count.lines.get().sku)
    return level.on_hand, level.reserved


def test_a_variance_is_booked_with_its_value_once_somebody_else_agreed() -> None:
    sku = make_sku()
    for number, cost in enumerate((100, 200)):
        stock.receive_stock(sku_id=sku.pk, quantity=5, key=f"in:{number}", unit_cost_minor=cost)
    counter, manager = make_staff(), make_staff()
    count = counting.start_count(kind=Kind.FULL, warehouse=Warehouse.objects.get(), user=counter)
    line = count_line(count, 9, user=counter)
    assert (line.quantity_expected, line.quantity_counted) == (10, 9)
    counting.close_count(count, user=counter)
    assert level_of(count) == (10, 0)
    with pytest.raises(OwnCountError):
        counting.approve_count(count, user=counter)
    assert level_of(count) == (10, 0)
    counting.approve_count(count, user=manager)
    assert level_of(count) == (9, 0)
    moved = StockMovement.objects.get(kind="count")
    assert (moved.quantity, moved.unit_cost_minor, moved.recorded_by) == (-1, 150, manager)
    with pytest.raises(StepNotAllowedError):
        counting.approve_count(count, user=manager)
    assert level_of(count) == (9, 0)


def test_what_is_sold_while_others_count_is_no_variance() -> None:
    count = make_count()
    sku_id = count.lines.get().sku_id
    stock.adjust_stock(sku_id=sku_id, quantity=-2, key="before", note="sold")
    line = count_line(count, 8)
    assert line.quantity_expected == 8
    stock.adjust_stock(sku_id=sku_id, quantity=-3, key="after", note="sold")
    counting.close_count(count, user=make_staff())
    counting.approve_count(count, user=make_staff())
    assert level_of(count) == (5, 0)
    assert not StockMovement.objects.filter(kind="count").exists()


@pytest.mark.parametrize(
    ("expected", "counted", "large"),
    [
        (10, 9, False),
        (10, 8, True),
        (100, 98, False),
        (100, 94, True),
        (40, 38, False),
        (1000, 990, True),
        (0, 1, False),
        (0, 2, True),
        (5, 5, False),
    ],
)
def test_when_a_second_look_is_worth_it(expected: int, counted: int, large: bool) -> None:
    assert is_large(expected=expected, counted=counted) is large
    assert is_large(expected=counted, counted=counted) is False


def test_a_large_variance_is_counted_again_by_hand() -> None:
    count, first, second = make_count(on_hand=40), make_staff(), make_staff()
    line = count_line(count, 20, user=first)
    assert (line.quantity_first, line.quantity_counted) == (20, None)
    with pytest.raises(NotCountedError):
        counting.close_count(count, user=first)
    line = count_line(count, 21, user=second)
    assert (line.quantity_first, line.quantity_counted) == (20, 21)
    counting.close_count(count, user=second)
    for counter in (first, second):
        with pytest.raises(OwnCountError):
            counting.approve_count(count, user=counter)
    counting.approve_count(count, user=make_staff())
    assert level_of(count) == (21, 0)


def test_reserved_units_are_never_counted_away_and_the_refusal_says_whose_they_are() -> None:
    count = make_count(on_hand=20)
    line = count.lines.get()
    stock.reserve_stock([StockRequest(line.sku_id, 12)], owner="order:1042")
    stock.reserve_stock([StockRequest(line.sku_id, 7)], owner="cart:77")
    count_line(count, 17)
    count_line(count, 17)
    counting.close_count(count, user=make_staff())
    with pytest.raises(CountBelowReservedError) as caught:
        counting.approve_count(count, user=make_staff())
    assert caught.value.owners == ("order:1042", "cart:77")
    assert "order:1042, cart:77" in str(caught.value)
    count.refresh_from_db()
    assert (count.status, level_of(count)) == ("counted", (20, 19))
    stock.release_stock(owner="cart:77")
    counting.approve_count(count, user=make_staff())
    assert level_of(count) == (17, 12)


def test_who_is_to_approve_may_have_lines_counted_again() -> None:
    count = make_count(on_hand=100)
    line = count_line(count, 99)
    counting.close_count(count, user=make_staff())
    counting.count_again(count, line_ids=[line.pk], user=make_staff())
    line.refresh_from_db()
    assert (count.status, line.quantity_counted, line.quantity_first) == ("open", None, 99)
    with pytest.raises(StepNotAllowedError):
        counting.approve_count(count, user=make_staff())
    count_line(count, 100)
    counting.close_count(count, user=make_staff())
    counting.approve_count(count, user=make_staff())
    assert level_of(count) == (100, 0)


def test_a_closed_or_cancelled_count_takes_no_more_figures() -> None:
    closed, cancelled = make_count(), make_count(kind=Kind.CYCLE)
    count_line(closed, 10)
    counting.close_count(closed, user=make_staff())
    counting.cancel_count(cancelled, user=make_staff())
    for count in (closed, cancelled):
        with pytest.raises(StepNotAllowedError):
            counting.record_line(
                count.lines.select_related("count").all()[0], units=1, user=make_staff()
            )


def test_a_stock_take_is_whole_and_a_cycle_count_may_stop_early() -> None:
    first = make_stock_level(on_hand=3)
    make_stock_level(on_hand=4, warehouse=first.warehouse)
    for kind, may_close in ((Kind.CYCLE, True), (Kind.FULL, False)):
        count = counting.start_count(kind=kind, warehouse=first.warehouse, user=make_staff())
        with pytest.raises(NotCountedError):
            counting.close_count(count, user=make_staff())
        line = count.lines.select_related("count").get(sku=first.sku)
        counting.record_line(line, units=3, user=make_staff())
        if may_close:
            counting.close_count(count, user=make_staff())
        else:
            with pytest.raises(NotCountedError):
                counting.close_count(count, user=make_staff())


def test_batches_are_counted_one_by_one_and_the_rest_beside_them() -> None:
    sku, day = make_sku(), timezone.localdate() + timedelta(days=30)
    stock.receive_stock(sku_id=sku.pk, quantity=5, key="a", batch=BatchLabel("B1", day))
    stock.receive_stock(sku_id=sku.pk, quantity=4, key="b")
    count = counting.start_count(
        kind=Kind.FULL, warehouse=Warehouse.objects.get(), user=make_staff()
    )
    for line in count.lines.select_related("count", "batch"):
        expected, found = (5, 4) if line.batch else (4, 5)
        counting.record_line(line, units=found, user=make_staff())
        line.refresh_from_db()
        assert line.quantity_expected == expected
    counting.close_count(count, user=make_staff())
    counting.approve_count(count, user=make_staff())
    assert StockLevel.objects.get().on_hand == 9
    assert StockBatch.objects.get().on_hand == 4


def test_what_is_not_on_the_sheet_can_be_counted_too() -> None:
    count, found = make_count(), make_sku()
    line = counting.add_line(count, sku=found)
    assert counting.add_line(count, sku=found) == line
    line = counting.record_line(line, units=1, user=make_staff())
    assert (line.quantity_expected, line.quantity_counted) == (0, 1)


def counted_on(sku: Sku, day: date, **fields: Any) -> None:
    level = StockLevel.objects.get(sku=sku)
    count = StockCount.objects.create(
        number=f"OLD-{StockCount.objects.count()}",
        kind=Kind.CYCLE,
        warehouse=level.warehouse,
        status=fields.get("status", "approved"),
    )
    moment = timezone.make_aware(datetime(day.year, day.month, day.day, 15))  # noqa: DTZ001
    count.lines.create(sku=sku, counted_at=moment, quantity_counted=1, quantity_expected=1)


def test_what_is_worth_more_is_counted_more_often_and_the_longest_unseen_first() -> None:
    skus = {}
    for name, worth in (("A", "A"), ("B", "B"), ("C", "C"), ("none", "")):
        skus[name] = make_stock_level(on_hand=5, sku=make_sku(code=name)).sku
        if worth:
            StockClass.objects.create(
                sku=skus[name], worth=worth, steadiness="X", as_of=A_DAY, revenue_minor=1
            )
    make_stock_level(on_hand=0, sku=make_sku(code="gone"))
    warehouse = Warehouse.objects.get()

    def due(days: int, most: int = 9) -> list[str]:
        ids = due_sku_ids(warehouse=warehouse, today=A_DAY + timedelta(days=days), most=most)
        return [Sku.objects.get(pk=pk).code for pk in ids]

    assert due(0) == ["A", "B", "C", "none"]
    assert due(0, most=2) == ["A", "B"]
    for name, days in (("none", 0), ("C", 0), ("B", 1), ("A", 2)):
        counted_on(skus[name], A_DAY + timedelta(days=days))
    assert due(8) == []
    assert due(9) == ["A"]
    assert due(31) == ["B", "A"]
    assert due(91) == ["C", "none", "B", "A"]
    counted_on(skus["C"], A_DAY, status="open")
    assert due(91) == ["none", "B", "A"]


def test_one_sheet_a_day_and_none_while_one_is_under_way() -> None:
    for _ in range(3):
        make_stock_level(on_hand=5)
    today = timezone.localdate()
    assert counting.start_daily_counts(today=today, most=2) == 1
    assert counting.start_daily_counts(today=today, most=2) == 0
    count = StockCount.objects.get()
    assert (count.kind, count.lines.count()) == ("cycle", 2)
    assert counting.start_daily_counts(today=today + timedelta(days=1), most=2) == 0
    counting.cancel_count(count, user=make_staff())
    assert counting.start_daily_counts(today=today, most=2) == 0
    assert counting.start_daily_counts(today=today + timedelta(days=1), most=2) == 1


def test_an_empty_warehouse_has_nothing_to_count() -> None:
    with pytest.raises(NothingToCountError):
        counting.start_count(kind=Kind.FULL, warehouse=stock.default_warehouse(), user=make_staff())
    assert not StockCount.objects.exists()
