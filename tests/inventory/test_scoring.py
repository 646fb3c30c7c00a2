"""What a line was worth once its goods came, and once their time was over."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import (
    DemandDay,
    PurchaseLineScore,
    PurchaseOrderLine,
    StockLevel,
    StockMovement,
)
from inventory.services import purchasing, stock
from inventory.services.purchasing import Arrival
from inventory.services.scoring import ScoringReport, score_lines
from inventory.services.stock import default_warehouse
from tests.factories import make_offer, make_sku
from tests.inventory.factories import LAST_DAY, make_forecast, make_purchase_order

pytestmark = pytest.mark.django_db


def noon(day: int) -> datetime:
    """The middle of a day after the draft."""
    moment = datetime.combine(LAST_DAY + timedelta(days=day), datetime.min.time())
    return timezone.make_aware(moment + timedelta(hours=12))


def make_sold_line(
    *, ordered: int, daily: int = 2, last_day: int = 20, arrived_on: int = 4, **offer: Any
) -> PurchaseOrderLine:
    """8 units on hand when drafted, 2 a day sold before and after; the forecast says 2.

    A unit costs 5.00 and sells at 15.00. The lead time that counted was 4 days, and 6 days have
    to be covered: the habit keeps up to 1.5 x 4 x 2 = 12 units.
    """
    made = make_offer(
        sku=offer.pop("sku", None) or make_sku(price_minor=1500), unit_cost_minor=500, **offer
    )
    forecast = make_forecast(sku=made.sku, units=56.0, daily_units=[2.0] * 28, cover_days=6)
    order = make_purchase_order(
        lines={made: ordered},
        status="sent",
        drafted_as_of=LAST_DAY,
        sent_at=noon(0),
        expected_on=LAST_DAY + timedelta(days=3),
    )
    order.lines.update(
        forecast=forecast,
        explanation={
            "facts": {"daily_units": 2.0, "lead_time_mean_days": 4.0, "review_period_days": 2}
        },
    )
    stock.receive_stock(
        sku_id=made.sku_id,
        quantity=8,
        key=f"opening:{made.pk}",
        kind=StockMovement.Kind.ADJUSTMENT,
        occurred_at=noon(-1),
    )
    DemandDay.objects.bulk_create(
        DemandDay(
            sku=made.sku,
            warehouse=default_warehouse(),
            day=LAST_DAY + timedelta(days=day),
            units_requested=daily,
            units_filled=daily,
        )
        for day in range(-40, last_day + 1)
    )
    line = order.lines.get()
    purchasing.receive_goods(
        order,
        arrivals=[Arrival(line.pk, ordered, unit_cost_minor=550)],
        key=f"delivery-{line.pk}",
        received_at=noon(arrived_on),
    )
    return line


def on(day: int) -> date:
    return LAST_DAY + timedelta(days=day)


def test_on_receipt_the_forecast_of_the_wait_is_held_against_what_was_asked_for() -> None:
    line = make_sold_line(ordered=20)
    assert score_lines(as_of=on(3)) == ScoringReport(0, 0, 0)
    assert score_lines(as_of=on(4)) == ScoringReport(received=1, covered=0, saved_minor=0)
    score = PurchaseLineScore.objects.get()
    assert (score.line, score.stage, score.from_day, score.until_day) == (
        line,
        "received",
        on(1),
        on(4),
    )
    assert (score.units_expected, score.units_requested, score.units_filled) == (8.0, 8, 8)
    assert (score.days_late, score.saved_minor) == (1, 0)
    assert score.detail == {
        "units_ordered": 20,
        "units_accepted": 20,
        "units_damaged": 0,
        "units_missing": 0,
        "cost_difference_minor": 1000,
    }


def test_a_quantity_as_the_habit_would_order_saves_and_costs_nothing() -> None:
    # 8 on hand, a level of 12: the habit orders 4 that evening, and 2 each evening after.
    make_sold_line(ordered=12)
    score_lines(as_of=on(9))
    score = PurchaseLineScore.objects.get(stage="covered")
    assert (score.from_day, score.until_day) == (on(4), on(9))
    assert score.detail["monthly_mean_units"] == 2.0
    assert score.detail["habit_level_units"] == 12.0
    assert score.detail["habit_first_order_units"] == 4
    assert (score.lost_margin_minor, score.detail["habit_lost_margin_minor"]) == (0, 0)
    # Both lose nothing; the line lies a little longer: a few cents of holding.
    assert -10 < score.saved_minor <= 0


def test_a_line_that_filled_what_the_habit_would_have_missed_saved_its_margin() -> None:
    """Demand doubled: the habit still keeps what the mean of the last month says."""
    make_sold_line(ordered=40, daily=2)
    DemandDay.objects.filter(day__gt=LAST_DAY).update(units_requested=5, units_filled=5)
    score_lines(as_of=on(9))
    score = PurchaseLineScore.objects.get(stage="covered")
    lost = score.detail["habit_lost_units"]
    assert score.detail["lost_units"] == 0.0
    assert lost > 0
    assert score.detail["habit_lost_margin_minor"] == round(lost * 1000)
    assert score.saved_minor == (
        score.detail["habit_lost_margin_minor"]
        + score.detail["habit_holding_minor"]
        - score.holding_minor
    )


def test_far_too_much_costs_what_it_takes_to_keep_it() -> None:
    make_sold_line(ordered=2_000)
    score_lines(as_of=on(9))
    score = PurchaseLineScore.objects.get(stage="covered")
    assert score.units_left == 2_000 + 8 - 9 * 2
    assert score.saved_minor < -20_000


def test_scoring_again_changes_nothing() -> None:
    make_sold_line(ordered=12)
    assert score_lines(as_of=on(12)).received == 1
    before = list(PurchaseLineScore.objects.order_by("pk").values())
    assert score_lines(as_of=on(12)) == ScoringReport(0, 0, 0)
    assert score_lines(as_of=on(15)) == ScoringReport(0, 0, 0)
    assert list(PurchaseLineScore.objects.order_by("pk").values()) == before


def test_no_day_of_a_sku_counts_for_two_lines() -> None:
    first = make_sold_line(ordered=12)
    offer = first.offer
    assert offer is not None
    order = make_purchase_order(
        lines={offer: 12}, status="sent", drafted_as_of=LAST_DAY, sent_at=noon(2)
    )
    line = order.lines.get()
    purchasing.receive_goods(
        order, arrivals=[Arrival(line.pk, 12)], key="next", received_at=noon(7)
    )
    score_lines(as_of=on(20))
    spans = PurchaseLineScore.objects.filter(stage="covered").order_by("from_day")
    assert list(spans.values_list("from_day", "until_day")) == [(on(4), on(6)), (on(7), on(14))]


def test_what_a_line_bought_ahead_is_worth_what_the_next_one_need_not_buy() -> None:
    """Of two lines the first has all the units; the habit buys what it needs in both times."""
    first = make_sold_line(ordered=40, last_day=40)
    StockMovement.objects.bulk_create(
        StockMovement(
            sku=first.sku,
            warehouse=default_warehouse(),
            kind=StockMovement.Kind.ISSUE,
            quantity=-2,
            key=f"sold:{day}",
            occurred_at=noon(day),
        )
        for day in range(1, 21)
    )
    stock_left = 8 + 40 - 20 * 2
    StockLevel.objects.filter(sku=first.sku).update(on_hand=stock_left + 2)
    offer = first.offer
    assert offer is not None
    order = make_purchase_order(
        lines={offer: 2}, status="sent", drafted_as_of=LAST_DAY, sent_at=noon(6)
    )
    order.lines.update(forecast=first.forecast)
    line = order.lines.get()
    purchasing.receive_goods(
        order, arrivals=[Arrival(line.pk, 2)], key="next", received_at=noon(12)
    )
    StockLevel.objects.filter(sku=first.sku).update(on_hand=stock_left + 2)
    assert score_lines(as_of=on(9)).covered == 1
    score_lines(as_of=on(20))
    before, after = PurchaseLineScore.objects.filter(stage="covered").order_by("from_day")
    assert (before.until_day, after.from_day) == (on(9), on(12))
    # The habit goes on with what it had, and both are counted from where the first one ended.
    assert after.detail["money_counted_from"] == on(10).isoformat()
    carried = before.detail["carried"]
    assert carried["habit_left"] == before.detail["habit_units_left"]
    # What was charged for keeping the rest of the first is not charged again.
    assert 0 < after.holding_minor < carried["rest_minor"]


def test_on_days_that_were_sold_out_more_was_wanted_than_was_asked_for() -> None:
    line = make_sold_line(ordered=1, daily=2)
    DemandDay.objects.filter(sku=line.sku, day__gte=on(5)).update(
        units_requested=0, units_filled=0, was_out_of_stock=True
    )
    score_lines(as_of=on(9))
    score = PurchaseLineScore.objects.get(stage="covered")
    assert score.days_out_of_stock == 5
    # 9 units for 8 days at two a day before and the forecast's two a day after.
    assert score.detail["lost_units"] == 9.0
    assert score.lost_margin_minor == 9 * 1000


def test_only_what_the_shop_proposed_and_what_is_over_is_scored() -> None:
    by_hand = make_sold_line(ordered=5)
    PurchaseOrderLine.objects.filter(pk=by_hand.pk).update(quantity_proposed=None)
    waiting = make_sold_line(ordered=5)
    PurchaseOrderLine.objects.filter(pk=waiting.pk).update(quantity=50)
    type(waiting.order).objects.filter(pk=waiting.order_id).update(status="part_received")
    assert score_lines(as_of=on(20)) == ScoringReport(0, 0, 0)


def test_prices_in_another_currency_say_nothing_about_margin() -> None:
    sku = make_sku(price_minor=1500, currency="EUR")
    make_sold_line(ordered=1, sku=sku)
    score_lines(as_of=on(9))
    score = PurchaseLineScore.objects.get(stage="covered")
    assert score.lost_margin_minor == score.detail["habit_lost_margin_minor"] == 0


def test_many_lines_need_no_more_statements(django_assert_max_num_queries: Any) -> None:
    for _line in range(6):
        make_sold_line(ordered=12)
    with django_assert_max_num_queries(20):
        score_lines(as_of=on(9))
    assert PurchaseLineScore.objects.count() == 12
