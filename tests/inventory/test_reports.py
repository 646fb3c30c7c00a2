"""What the reports of stock say, on cases worked out by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from catalog.models import Sku
from inventory.models import ReplenishmentSettings, StockClass
from inventory.services import costs, stock, transfers
from inventory.services.reports.choice import Choice
from inventory.services.reports.cover import days_of_cover
from inventory.services.reports.dead import dead_after_days, dead_stock
from inventory.services.reports.turnover import stock_turnover
from inventory.services.reports.value import stock_value
from inventory.services.stock import Movement
from tests.factories import (
    A_DAY,
    A_MOMENT,
    make_category,
    make_demand_day,
    make_offer,
    make_product,
    make_sku,
    make_staff,
    make_warehouse,
)
from tests.inventory.factories import make_forecast

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # in Shanghai, where the shop's clock hangs


def move(sku: Sku, units: int, *, days: float = 0, kind: str = "", cost: Any = None) -> None:
    """So many days before noon of the day of the reports."""
    guess: Any = kind or ("receipt" if units > 0 else "issue")
    moment = NOON - timedelta(days=days)
    stock.record_movement(
        Movement(
            sku.pk, units, guess, key=f"{sku.pk}:{days}:{units}:{guess}", occurred_at=moment,
            unit_cost_minor=cost,
        )
    )  # fmt: skip


def test_only_receipts_move_the_average_cost() -> None:
    sku = make_sku()
    move(sku, 4, days=9)
    move(sku, 10, days=8, cost=100)
    # 14 at 100; what came without a cost counts like the rest.
    move(sku, -4, days=7)
    move(sku, 10, days=6, cost=300)
    # (10 x 100 + 10 x 300) / 20
    move(sku, 2, days=5, kind="return")
    move(sku, -3, days=4, kind="count", cost=999)
    assert costs.unit_cost(sku_id=sku.pk) == 200
    move(sku, -19, days=3)
    move(sku, 5, days=2, cost=450)
    assert costs.unit_cost(sku_id=sku.pk) == 450


def test_without_a_receipt_the_suppliers_price_with_freight_is_the_cost() -> None:
    offer = make_offer(unit_cost_minor=700, freight_minor=30)
    assert costs.unit_cost(sku_id=offer.sku_id) == 730
    assert costs.unit_cost(sku_id=make_sku().pk) is None


def test_the_value_of_a_day_is_what_lay_there_that_day_at_its_cost_then() -> None:
    dear, cheap, free = make_sku(), make_sku(), make_sku()
    move(dear, 10, days=5, cost=1000)
    move(cheap, 3, days=5, cost=10)
    move(free, 4, days=5)
    move(dear, 10, days=1, cost=2000)
    move(dear, -5, days=0)
    past = stock_value(Choice(), on=A_DAY - timedelta(days=4))
    assert [(row.sku_id, row.units, row.value_minor) for row in past.rows] == [
        (dear.pk, 10, 10_000),
        (cheap.pk, 3, 30),
        (free.pk, 4, None),
    ]
    assert (past.value_minor, past.units, past.n_unknown) == (10_030, 17, 1)
    now = stock_value(Choice(), on=A_DAY)
    assert [row.value_minor for row in now.rows] == [22_500, 30, None]
    assert stock_value(Choice(), on=A_DAY - timedelta(days=6)).rows == []


def test_goods_on_the_way_belong_to_the_shop_and_to_no_shelf() -> None:
    sku, other, staff = make_sku(), make_warehouse(), make_staff()
    move(sku, 10, days=5, cost=100)
    with time_machine.travel(NOON, tick=False):
        transfer = transfers.draft_transfer(
            source=stock.default_warehouse(), target=other, user=staff
        )
        transfers.set_line(transfer, sku=sku, quantity=4)
        transfers.send_transfer(transfer, user=staff)
    (row,) = stock_value(Choice(), on=A_DAY).rows
    assert (row.units, row.on_the_way, row.value_minor) == (6, 4, 1000)
    (row,) = stock_value(Choice(warehouse=stock.default_warehouse()), on=A_DAY).rows
    assert (row.units, row.on_the_way, row.value_minor) == (6, 0, 600)
    assert stock_value(Choice(warehouse=other), on=A_DAY).rows == []
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        transfers.receive_transfer(transfer, arrived={}, user=staff)
    (row,) = stock_value(Choice(warehouse=other), on=A_DAY + timedelta(days=1)).rows
    assert (row.units, row.value_minor) == (4, 400)
    assert costs.unit_cost(sku_id=sku.pk) == 100


def test_dead_is_what_lay_long_and_was_not_sold() -> None:
    sold, dead, new, never, gone = (make_sku() for _ in range(5))
    for sku in (sold, dead, never, gone):
        move(sku, 5, days=100, cost=100)
    move(new, 5, days=10, cost=900)
    move(sold, -1, days=10)
    move(dead, -2, days=40)
    move(gone, -5, days=60)
    report = dead_stock(Choice(), today=A_DAY, days=30)
    assert [(row.sku_id, row.units, row.value_minor) for row in report.rows] == [
        (never.pk, 5, 500),
        (dead.pk, 3, 300),
    ]
    assert report.rows[0].sold_at is None
    assert report.rows[1].sold_at == NOON - timedelta(days=40)
    assert (report.units, report.value_minor) == (8, 800)
    assert dead_stock(Choice(), today=A_DAY, days=50).rows[0].sku_id == never.pk
    assert len(dead_stock(Choice(), today=A_DAY, days=50).rows) == 1


def test_the_days_until_stock_is_dead_are_the_managers_choice() -> None:
    assert dead_after_days() == 180
    ReplenishmentSettings.objects.create(pk=1, dead_after_days=90)
    assert dead_after_days() == 90


def test_turnover_weighs_stock_by_the_time_it_lay_there() -> None:
    sku, still = make_sku(), make_sku()
    # Ten units for half of the ten days, five after that: 7.5 in the mean.
    end = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    move(still, 4, days=50, cost=100)
    move(sku, 10, days=50, cost=100)
    with time_machine.travel(end, tick=False):
        stock.record_movement(
            Movement(sku.pk, -5, "issue", key="x", occurred_at=end - timedelta(days=5))  # type: ignore[arg-type]
        )
        report = stock_turnover(Choice(), today=A_DAY, days=10)
    slow, fast = report.rows
    assert (slow.sku_id, slow.sold, slow.turns) == (still.pk, 0, 0.0)
    assert (fast.sold, fast.on_hand) == (5, 5)
    assert fast.mean_units == pytest.approx(7.5)
    assert fast.turns == pytest.approx(5 / 7.5 * 36.5)
    assert report.turns == pytest.approx(5 / 11.5 * 36.5)


def test_cover_is_free_stock_over_the_forecast_or_else_the_last_four_weeks() -> None:
    soon, later, unasked = make_sku(), make_sku(), make_sku()
    for sku in (soon, later, unasked):
        move(sku, 14, days=5)
    make_forecast(sku=soon, units=56.0)
    make_demand_day(sku=later, units=28)
    make_demand_day(sku=later, units=900, day=A_DAY - timedelta(days=28))
    stock.reserve_stock([stock.StockRequest(soon.pk, 4)], owner="cart:1")
    report = days_of_cover(Choice(), today=A_DAY)
    assert [(row.sku_id, row.free, row.days, row.is_forecast) for row in report.rows] == [
        (soon.pk, 10, 5.0, True),
        (later.pk, 14, 14.0, False),
        (unasked.pk, 14, None, False),
    ]
    assert (report.n_within(7), report.n_unasked) == (1, 1)


def test_a_report_is_about_what_was_chosen() -> None:
    category, other = make_category(), make_warehouse()
    inside = make_sku(product=make_product(category=category))
    outside = make_sku()
    StockClass.objects.create(sku=outside, worth="A", steadiness="X", as_of=A_DAY)
    for sku in (inside, outside):
        move(sku, 5, days=60, cost=100)
    stock.receive_stock(
        sku_id=outside.pk, quantity=2, key="o", warehouse=other, occurred_at=A_MOMENT
    )

    def value(**fields: Any) -> list[tuple[int, int]]:
        rows = stock_value(Choice(**fields), on=A_DAY).rows
        return [(row.sku_id, row.units) for row in rows]

    assert value(category=category) == [(inside.pk, 5)]
    assert value(worth="A") == [(outside.pk, 7)]
    assert value(worth="A", warehouse=other) == [(outside.pk, 2)]
    assert value(worth="A", category=category) == []
    today = timezone.localdate()
    for choice, wanted in ((Choice(category=category), inside), (Choice(worth="A"), outside)):
        assert [row.sku_id for row in dead_stock(choice, today=A_DAY, days=30).rows] == [wanted.pk]
        assert [row.sku_id for row in days_of_cover(choice, today=A_DAY).rows] == [wanted.pk]
        rows = stock_turnover(choice, today=today, days=30).rows
        assert [row.sku_id for row in rows] == [wanted.pk]
