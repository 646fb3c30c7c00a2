from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Sku
from inventory.models import DemandDay
from inventory.services import demand, stock
from inventory.services.demand import Demand
from inventory.services.stock import StockRequest
from tests.factories import make_demand_day, make_sku

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
