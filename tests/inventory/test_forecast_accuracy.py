from datetime import timedelta

import pytest

from inventory.models import (
    CategoryForecast,
    DemandForecast,
    ForecastAccuracy,
    TotalForecast,
)
from inventory.services import accuracy, forecast_changes, forecasts, running_out
from learning.models import DriftReport
from learning.services.monitoring import monitor
from tests.factories import make_category, make_demand_day, make_sku, make_stock_level
from tests.inventory.factories import (
    LAST_DAY,
    learn_demand,
    make_demand_history,
    make_forecast,
)

pytestmark = pytest.mark.django_db
WEEK_AGO = LAST_DAY - timedelta(days=7)


def make_judged(*, n_skus: int = 40, sold: int = 7, beyond: int = 0) -> None:
    """Forecasts of a week ago of one unit a day, and what sold since; `beyond` sold 30."""
    for place in range(n_skus):
        sku = make_sku()
        make_forecast(
            sku=sku,
            as_of=WEEK_AGO,
            cover_days=7,
            lead_time_quantiles={"0.5": 7.0, "0.9": 10.0, "0.95": 12.0, "0.99": 15.0},
        )
        units = 30 if place < beyond else sold
        make_demand_day(sku=sku, day=LAST_DAY, units=units)


def test_a_kept_promise_is_written_down_as_it_is() -> None:
    make_judged(beyond=2)
    accuracy.record_accuracy(as_of=LAST_DAY)
    row = ForecastAccuracy.objects.get(days=7)
    assert (row.made_on, row.skus) == (WEEK_AGO, 40)
    assert row.units_expected == pytest.approx(280.0)
    assert row.units_sold == 38 * 7 + 2 * 30
    assert row.wape == pytest.approx(46 / 326)
    assert row.bias == pytest.approx(-46 / 326)
    assert row.covered_90 == row.covered_95 == row.covered_99 == pytest.approx(0.95)
    assert row.widened_by == 1.0
    accuracy.record_accuracy(as_of=LAST_DAY)
    assert ForecastAccuracy.objects.count() == 1


def test_bounds_that_demand_left_too_often_are_widened_with_a_warning() -> None:
    make_judged(beyond=12)
    for _ in range(2):
        (row,) = accuracy.record_accuracy(as_of=LAST_DAY)
    assert row.covered_95 == pytest.approx(0.7)
    assert row.widened_by == pytest.approx(1.1331, abs=1e-4)
    assert accuracy.widened_by(before=LAST_DAY + timedelta(days=1)) == row.widened_by
    # The night of that day itself forecasts as it did before: doing it again changes nothing.
    assert accuracy.widened_by(before=LAST_DAY) == 1.0


def test_widened_bounds_come_back_when_promises_are_kept_again() -> None:
    ForecastAccuracy.objects.create(
        measured_on=LAST_DAY - timedelta(days=1),
        made_on=WEEK_AGO,
        days=7,
        skus=40,
        units_expected=1.0,
        units_sold=1.0,
        wape=0.0,
        bias=0.0,
        widened_by=1.02,
    )
    make_judged()
    (row,) = accuracy.record_accuracy(as_of=LAST_DAY)
    assert row.covered_95 == 1.0
    assert row.widened_by == 1.0


def test_wider_bounds_reach_the_next_forecast_and_the_report() -> None:
    skus = make_demand_history()
    learn_demand(back=14)
    learn_demand()
    before = DemandForecast.objects.in_force().get(sku=skus[0]).lead_time_quantiles
    ForecastAccuracy.objects.create(
        measured_on=LAST_DAY - timedelta(days=1),
        made_on=LAST_DAY - timedelta(days=8),
        days=7,
        skus=40,
        units_expected=1.0,
        units_sold=1.0,
        wape=0.0,
        bias=0.0,
        widened_by=1.5,
    )
    forecasts.refresh_forecasts(as_of=LAST_DAY)
    after = DemandForecast.objects.in_force().get(sku=skus[0]).lead_time_quantiles
    assert after["0.5"] == before["0.5"]
    assert after["0.95"] - after["0.5"] == pytest.approx(
        1.5 * (before["0.95"] - before["0.5"]), abs=0.001
    )
    report = monitor("inventory.demand", as_of=LAST_DAY)
    assert report is not None
    assert report.status == DriftReport.Status.WATCH
    assert "50" in report.message


def test_days_without_stock_count_on_neither_side() -> None:
    sku = make_sku()
    make_forecast(sku=sku, as_of=WEEK_AGO)
    make_demand_day(sku=sku, day=LAST_DAY, units=6)
    make_demand_day(sku=sku, day=LAST_DAY - timedelta(days=1), units=0, was_out_of_stock=True)
    (row,) = accuracy.record_accuracy(as_of=LAST_DAY)
    assert (row.units_expected, row.units_sold) == (6.0, 6.0)
    assert row.covered_95 is None
    (own,) = accuracy.accuracy_of(sku_id=sku.pk, as_of=LAST_DAY)
    assert (own.made_on, own.days, own.units_sold) == (WEEK_AGO, 7, 6)
    assert own.units_expected == 6.0
    assert own.was_out_of_stock
    assert own.error == 0.0


def test_nothing_was_forecast_nothing_is_measured() -> None:
    assert accuracy.record_accuracy(as_of=LAST_DAY) == []
    assert accuracy.accuracy_of(sku_id=make_sku().pk, as_of=LAST_DAY) == []


def test_what_changed_since_yesterday_names_the_factor_that_did_it() -> None:
    def factors(level: float, promotion: float | None = None) -> dict[str, object]:
        told = [{"name": "level", "value": level}, {"name": "weekday", "value": 28.0}]
        if promotion:
            told.append({"name": "promotion", "value": promotion})
        return {"factors": told}

    promoted, steady, risen, fresh = (make_sku() for _ in range(4))
    yesterday = LAST_DAY - timedelta(days=1)
    for sku, units in ((promoted, 28.0), (steady, 28.0), (risen, 14.0)):
        make_forecast(
            sku=sku, as_of=yesterday, is_current=False, units=units, explanation=factors(1.0)
        )
    make_forecast(sku=promoted, units=56.0, explanation=factors(1.0, 2.0))
    make_forecast(sku=steady, units=28.0, explanation=factors(1.0))
    make_forecast(sku=risen, units=28.0, explanation=factors(2.0))
    make_forecast(sku=fresh, units=99.0, explanation=factors(9.0))
    changes = forecast_changes.biggest_changes(as_of=LAST_DAY)
    assert [
        (one.forecast.sku, one.units, one.factor, one.factor_before, one.factor_after)
        for one in changes
    ] == [(promoted, 28.0, "promotion", 1.0, 2.0), (risen, 14.0, "level", 1.0, 2.0)]
    assert forecast_changes.biggest_changes(as_of=LAST_DAY, limit=1) == changes[:1]
    assert forecast_changes.biggest_changes(as_of=yesterday) == []


def test_stock_is_projected_to_its_end_in_the_middle_and_the_bad_case() -> None:
    sku = make_sku()
    make_forecast(sku=sku, daily_units=[2.0] * 28, lead_time_quantiles={"0.5": 16.0, "0.9": 32.0})
    make_stock_level(sku=sku, on_hand=25, reserved=5)
    projection = running_out.project_stock(sku_id=sku.pk)
    assert projection is not None
    assert projection.available == 20
    assert projection.runs_out_on == LAST_DAY + timedelta(days=10)
    assert projection.days[-1].day == projection.runs_out_on
    assert projection.days[0].middle == pytest.approx(18.0)
    assert projection.runs_out_early_on is not None
    assert projection.runs_out_early_on < projection.runs_out_on
    assert running_out.project_stock(sku_id=make_sku().pk) is None


def test_categories_add_up_to_the_shop_and_parents_to_what_is_below() -> None:
    skus = make_demand_history()
    parent = make_category()
    below = parent.add_child(name_en="Below", name_zh_hans="下级", slug="below")
    other = make_category()
    for place, sku in enumerate(skus):
        sku.product.category = below if place % 2 else other
        sku.product.save()
    learn_demand()
    units = {
        row.category_id: row.daily_units for row in CategoryForecast.objects.filter(as_of=LAST_DAY)
    }
    assert set(units) == {parent.pk, below.pk, other.pk}
    assert units[parent.pk] == units[below.pk]
    shop = TotalForecast.objects.filter(as_of=LAST_DAY).order_by("day")
    for day, one, two in zip(shop, units[below.pk], units[other.pk], strict=True):
        assert one + two == pytest.approx(day.units, abs=0.001)
        assert day.lower_units <= day.units <= day.upper_units
