from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Sku
from inventory.models import DemandDay
from inventory.services import demand, stock
from inventory.services.demand import Demand
from inventory.services.stock import StockRequest
from tests.factories import make_demand_day, make_sku, make_warehouse

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


def make_request(
    sku: Sku, *, key: str, units: int = 2, filled: int | None = None, **fields: Any
) -> Demand:
    defaults: dict[str, Any] = {
        "sku_id": sku.pk,
        "day": DAY,
        "units_requested": units,
        "units_filled": units if filled is None else filled,
        "unit_price_minor": 500,
        "key": key,
    }
    return Demand(**{**defaults, **fields})


def test_a_request_counts_once_however_often_it_is_recorded_and_rolled_up() -> None:
    sku = make_sku()
    for _ in range(2):
        demand.record_demand([make_request(sku, key="line:1", units=3)])
        demand.roll_up_demand()
    day = DemandDay.objects.get()
    assert (day.units_requested, day.units_filled, day.unit_price_minor) == (3, 3, 500)
    assert demand.roll_up_demand() == 0


def test_what_comes_late_is_added_to_its_day() -> None:
    sku = make_sku()
    demand.record_demand([make_request(sku, key="line:1", units=3)])
    demand.roll_up_demand()
    late = make_request(
        sku, key="line:2", units=1, filled=0, unit_price_minor=900, is_promoted=True
    )
    demand.record_demand([late, make_request(sku, key="line:3", units=40, is_bulk=True)])
    assert demand.roll_up_demand() == 2
    day = DemandDay.objects.get()
    assert (day.units_requested, day.units_filled, day.units_bulk) == (44, 43, 40)
    assert day.unit_price_minor == round((43 * 500 + 900) / 44)
    assert day.is_promoted


def test_days_of_an_imported_history_keep_what_they_had() -> None:
    sku = make_sku()
    make_demand_day(sku=sku, day=DAY, units=10, unit_price_minor=500)
    demand.record_demand([make_request(sku, key="line:1", units=2)])
    demand.roll_up_demand()
    assert DemandDay.objects.get().units_requested == 12


def test_returns_never_make_demand_negative() -> None:
    sku = make_sku()
    demand.record_demand(
        [make_request(sku, key="return:1", units=0, units_returned=4, unit_price_minor=0)]
    )
    demand.roll_up_demand()
    day = DemandDay.objects.get()
    assert (day.units_requested, day.units_returned) == (0, 4)


def test_an_order_of_75000_units_cancelled_the_same_day_leaves_no_demand() -> None:
    sku = make_sku()
    demand.record_demand(
        [
            make_request(sku, key="line:1", units=75_000, is_bulk=True),
            make_request(sku, key="line:2", units=3),
            make_request(sku, key="cancelled:1", units=-75_000, is_bulk=True),
        ]
    )
    demand.roll_up_demand()
    day = DemandDay.objects.get()
    assert (day.units_requested, day.units_filled, day.units_bulk) == (3, 3, 0)
    assert day.unit_price_minor == 500


def test_a_cancellation_that_comes_days_later_is_taken_off_its_own_day() -> None:
    sku = make_sku()
    demand.record_demand([make_request(sku, key="line:1", units=9)])
    demand.roll_up_demand()
    demand.record_demand([make_request(sku, key="cancelled:1", units=-9)])
    demand.roll_up_demand()
    day = DemandDay.objects.get()
    assert (day.units_requested, day.units_filled) == (0, 0)


def test_a_request_that_could_not_be_filled_is_demand_all_the_same() -> None:
    sku = make_sku()
    demand.record_demand([make_request(sku, key="line:1", units=5, filled=2)])
    demand.roll_up_demand()
    day = DemandDay.objects.get()
    assert (day.units_requested, day.units_filled) == (5, 2)


def test_every_mark_of_a_day_is_read_for_learning() -> None:
    sku = make_sku()
    make_demand_day(sku=sku, day=DAY - timedelta(days=1), units=4, is_promoted=True)
    make_demand_day(
        sku=sku, day=DAY, units=7, units_bulk=6, unit_price_minor=250, was_out_of_stock=True
    )
    read = demand.read_demand(as_of=DAY)
    assert read.is_promoted.tolist() == [True, False]
    assert read.was_out_of_stock.tolist() == [False, True]
    assert read.bulk_units.tolist() == [0.0, 6.0]
    assert str(read.unit_price_minor.tolist()) == "[nan, 250.0]"
    assert read.sku_id.tolist() == [sku.pk] * 2


def test_demand_is_read_where_statements_are_noted_too() -> None:
    make_demand_day(sku=make_sku(), day=DAY, units=3)
    with CaptureQueriesContext(connection):
        assert demand.read_demand(as_of=DAY).units.tolist() == [3]


def test_demand_is_read_across_new_year_leap_days_and_changed_clocks() -> None:
    sku = make_sku()
    days = [date(2026, 12, 31), date(2027, 1, 1), date(2027, 3, 28), date(2028, 2, 29)]
    for day in days:
        make_demand_day(sku=sku, day=day, units=1)
    read = demand.read_demand(as_of=date(2028, 3, 1))
    assert [read.first_day + timedelta(days=number) for number in read.day.tolist()] == days


def test_demand_is_read_in_order_however_its_rows_lie() -> None:
    first, second = make_sku(), make_sku()
    near, far = make_warehouse(), make_warehouse()
    rows = [
        (second, near, DAY, 1),
        (first, near, DAY, 6),
        (first, far, DAY, 5),
        (first, far, DAY - timedelta(days=2), 3),
    ]
    for sku, warehouse, day, units in rows:
        make_demand_day(sku=sku, warehouse=warehouse, day=day, units=units)
    read = demand.read_demand(as_of=DAY)
    assert read.sku_id.tolist() == [first.pk, first.pk, first.pk, second.pk]
    assert read.day.tolist() == [0, 2, 2, 2]
    assert read.units.tolist() == [3, 5, 6, 1]


def test_a_sku_that_lay_empty_all_day_is_marked_and_one_without_receipts_is_not() -> None:
    noon = datetime.combine(DAY, time(12), tzinfo=timezone.get_default_timezone())
    empty, sold_today, unknown = make_sku(), make_sku(), make_sku()
    for sku, leaves_on in ((empty, noon - timedelta(days=3)), (sold_today, noon)):
        stock.receive_stock(
            sku_id=sku.pk, quantity=2, key=f"in:{sku.pk}", occurred_at=noon - timedelta(days=9)
        )
        stock.reserve_stock([StockRequest(sku.pk, 2)], owner=f"order:{sku.pk}")
        stock.issue_reserved(
            owner=f"order:{sku.pk}", reference=f"s:{sku.pk}", occurred_at=leaves_on
        )
    stock.adjust_stock(
        sku_id=unknown.pk, quantity=1, key="x", note="", occurred_at=noon - timedelta(days=9)
    )
    stock.adjust_stock(
        sku_id=unknown.pk, quantity=-1, key="y", note="", occurred_at=noon - timedelta(days=8)
    )
    assert demand.mark_sold_out(day=DAY) == 1
    assert demand.mark_sold_out(day=DAY) == 0
    assert DemandDay.objects.get().sku == empty
    assert DemandDay.objects.get().was_out_of_stock


def test_demand_is_read_up_to_the_day_asked_for() -> None:
    sku = make_sku()
    for back, units in ((0, 5), (1, 3), (4, 2)):
        make_demand_day(sku=sku, day=DAY - timedelta(days=back), units=units)
    read = demand.read_demand(as_of=DAY - timedelta(days=1))
    assert (read.first_day, read.last_day) == (DAY - timedelta(days=4), DAY - timedelta(days=1))
    assert read.day.tolist() == [0, 3]
    assert read.units.tolist() == [2.0, 3.0]
    assert len(demand.read_demand(as_of=date(2020, 1, 1))) == 0
