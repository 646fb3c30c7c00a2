from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest

from catalog.models import Sku
from inventory.algorithms.demand_model import DemandModel, NoDemandModel
from inventory.models import (
    DemandDay,
    DemandForecast,
    PurchaseOrder,
    Supplier,
    SupplierOffer,
    TotalForecast,
)
from inventory.services import forecasts
from inventory.services.drafting import draft_purchase_orders
from inventory.services.monitoring import measure_forecasts
from learning import serving
from learning.models import DriftReport, ModelVersion, TrainingRun
from learning.services.monitoring import monitor
from learning.services.publishing import roll_back
from tests.factories import make_demand_day, make_product, make_sku
from tests.inventory.factories import LAST_DAY, learn_demand, make_demand_history

pytestmark = pytest.mark.django_db


def test_a_history_becomes_a_gated_version_with_forecasts_that_explain_themselves() -> None:
    skus = make_demand_history()
    run = learn_demand()
    assert run.status == TrainingRun.Status.PUBLISHED
    version = ModelVersion.objects.get()
    assert version.metrics["wrmsse"] <= version.baseline_metrics["wrmsse"]
    assert version.metrics["seasonal_naive_wrmsse"] > version.metrics["wrmsse"]
    assert set(version.group_metrics) == {"sells:rarely", "sells:sometimes", "sells:often"}
    forecast = DemandForecast.objects.in_force().get(sku=skus[0])
    assert len(forecast.daily_units) == len(forecast.upper_units) == forecast.horizon_days == 28
    assert forecast.units == pytest.approx(sum(forecast.daily_units), abs=0.01)
    factors = {one["name"]: one["value"] for one in forecast.explanation["factors"]}
    assert np.prod(list(factors.values())) == pytest.approx(forecast.units, abs=1e-6)
    assert forecast.model_version == version
    assert forecast.confidence is not None
    assert 0 < forecast.confidence <= 1
    bounds = list(forecast.lead_time_quantiles.values())
    assert bounds == sorted(bounds)
    # The first day ahead is a Monday; Fridays sell twice as much.
    assert forecast.daily_units[4] > 1.5 * forecast.daily_units[0]


def test_the_fastest_sku_is_expected_to_sell_about_what_it_sold() -> None:
    skus = make_demand_history()
    learn_demand()
    expected = DemandForecast.objects.in_force().get(sku=skus[0]).units
    recent = DemandDay.objects.filter(sku=skus[0], day__gt=LAST_DAY - timedelta(days=28))
    sold = sum(recent.values_list("units_requested", flat=True))
    assert expected == pytest.approx(sold, rel=0.2)


def test_a_short_history_is_not_enough_data_and_leaves_nothing() -> None:
    make_demand_history(n_days=60)
    run = learn_demand()
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert "60" in run.message
    assert not ModelVersion.objects.exists()
    assert not DemandForecast.objects.exists()
    assert serving.load("inventory.demand").model.rows([1]).tolist() == [-1]


def test_an_empty_shop_is_not_enough_data() -> None:
    assert learn_demand().status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert isinstance(serving.load("inventory.demand").model, NoDemandModel)
    assert forecasts.refresh_forecasts(as_of=LAST_DAY) == 0


def test_a_new_sku_is_expected_to_sell_what_similar_ones_do_and_says_so() -> None:
    skus = make_demand_history()
    for sku, name in zip(skus, ["Red lantern"] * 4 + ["Steel kettle"] * 20, strict=True):
        sku.product.name_en = name  # type: ignore[attr-defined]  # by modeltranslation
        sku.product.save()
    newcomer = make_sku(product=make_product(name_en="Green lantern"))
    make_demand_day(sku=newcomer, day=LAST_DAY, units=500)
    other = make_sku(product=make_product(name_en="Copper kettle"))
    make_demand_day(sku=other, day=LAST_DAY, units=500)
    learn_demand()
    units = dict(DemandForecast.objects.in_force().values_list("sku_id", "units"))
    assert units[other.pk] < units[newcomer.pk] < 1.5 * units[skus[0].pk]
    forecast = DemandForecast.objects.in_force().get(sku=newcomer)
    assert forecast.explanation["facts"]["from_similar_share"] == pytest.approx(7 / 8)
    assert (
        "from_similar_share"
        not in (DemandForecast.objects.in_force().get(sku=skus[0]).explanation["facts"])
    )


def test_what_is_not_for_sale_or_was_forgotten_gets_no_invented_forecast() -> None:
    make_demand_history()
    gone, forgotten = make_sku(is_active=False), make_sku()
    make_demand_day(sku=gone, day=LAST_DAY, units=5)
    make_demand_day(sku=forgotten, day=LAST_DAY - timedelta(days=100), units=5)
    learn_demand()
    assert not DemandForecast.objects.filter(sku__in=[gone, forgotten]).exists()


def test_bulk_and_stocked_out_days_are_reported_and_kept() -> None:
    skus = make_demand_history()
    row = DemandDay.objects.filter(sku=skus[0]).earliest("day")
    row.units_requested = 5_000
    row.save()
    make_demand_day(sku=make_sku(), day=LAST_DAY, units=0, was_out_of_stock=True)
    run = learn_demand()
    found = {one.check_name: (one.rows, one.handling) for one in run.anomalies.all()}
    assert found["sold out"] == (1, "repaired")
    rows, handling = found["bulk day"]
    assert handling == "repaired"
    assert rows < 20
    bulk = run.anomalies.get(check_name="bulk day")
    assert {"sku_id": skus[0].pk, "day": row.day.isoformat(), "units": 5_000.0} in bulk.examples


def test_writing_the_same_day_again_changes_rows_in_place() -> None:
    make_demand_history()
    learn_demand()
    before = dict(DemandForecast.objects.values_list("sku_id", "pk"))
    units = dict(DemandForecast.objects.values_list("sku_id", "units"))
    count = forecasts.refresh_forecasts(as_of=LAST_DAY)
    assert count == len(before)
    assert dict(DemandForecast.objects.values_list("sku_id", "pk")) == before
    assert dict(DemandForecast.objects.values_list("sku_id", "units")) == units
    assert TotalForecast.objects.count() == 28


def test_the_next_night_takes_over_and_the_last_one_is_kept_to_be_judged() -> None:
    make_demand_history()
    learn_demand(back=8)
    learn_demand()
    in_force = DemandForecast.objects.in_force()
    assert set(in_force.values_list("as_of", flat=True)) == {LAST_DAY}
    live = measure_forecasts(as_of=LAST_DAY)
    assert live is not None
    assert (live.as_of, live.days) == (LAST_DAY - timedelta(days=8), 8)
    assert live.wape < 0.6
    assert live.within_90 > 0.8
    report = monitor("inventory.demand", as_of=LAST_DAY)
    assert report is not None
    assert report.status == DriftReport.Status.STEADY
    assert report.live["wape"] == pytest.approx(live.wape)


def test_a_shop_that_suddenly_sells_three_times_as_much_raises_the_alarm() -> None:
    make_demand_history()
    learn_demand(back=14)
    for row in DemandDay.objects.filter(day__gt=LAST_DAY - timedelta(days=14)):
        row.units_requested *= 4
        row.save()
    report = monitor("inventory.demand", as_of=LAST_DAY)
    assert report is not None
    assert report.status == DriftReport.Status.ALARM


def test_nothing_is_said_about_drift_before_a_forecast_is_a_week_old() -> None:
    make_demand_history()
    learn_demand()
    assert monitor("inventory.demand", as_of=LAST_DAY + timedelta(days=3)) is None


def test_rolling_back_brings_the_earlier_numbers_back() -> None:
    skus = make_demand_history()
    learn_demand(back=7)
    first = ModelVersion.objects.get()
    learn_demand()
    roll_back(name="inventory.demand", as_of=LAST_DAY)
    forecast = DemandForecast.objects.in_force().get(sku=skus[0])
    assert forecast.model_version == first
    assert forecast.as_of == LAST_DAY


def test_a_night_without_suppliers_assumes_them_and_drafts_the_same_twice() -> None:
    make_demand_history()
    learn_demand()
    assert set(Supplier.objects.values_list("is_assumed", flat=True)) == {True}
    first = draft_purchase_orders(as_of=LAST_DAY)
    assert first.lines > 0
    assert first.orders == PurchaseOrder.objects.count()
    forecasts.refresh_forecasts(as_of=LAST_DAY)
    again = draft_purchase_orders(as_of=LAST_DAY)
    assert (again.lines_added, again.lines_changed, again.lines_withdrawn) == (0, 0, 0)


def test_a_product_that_was_deleted_since_the_model_learned_is_left_out() -> None:
    skus = make_demand_history()
    learn_demand()
    gone = skus[3].pk
    DemandDay.objects.filter(sku_id=gone).delete()
    DemandForecast.objects.filter(sku_id=gone).delete()
    SupplierOffer.objects.filter(sku_id=gone).delete()
    skus[3].delete()
    assert forecasts.refresh_forecasts(as_of=LAST_DAY) == len(skus) - 1
    assert DemandForecast.objects.in_force().count() == len(skus) - 1


def test_a_promotion_that_orders_were_marked_with_is_learned_and_kept_out_of_the_level() -> None:
    skus = make_demand_history()
    promoted = DemandDay.objects.filter(
        day__gt=LAST_DAY - timedelta(days=60), day__lte=LAST_DAY - timedelta(days=50)
    )
    for row in promoted:
        row.units_requested *= 3
        row.is_promoted = True
        row.save()
    run = learn_demand()
    factor = run.version.parameters["event_factors"]["promotion"]
    assert 2.0 < factor < 3.5
    expected = DemandForecast.objects.in_force().get(sku=skus[0]).units
    assert expected == pytest.approx(6.0 * 28 * 1.03, rel=0.25)


def test_a_reduced_price_is_a_factor_until_the_level_has_learned_it() -> None:
    skus = make_demand_history()
    learn_demand()
    version = ModelVersion.objects.get()
    model = replace(serving.load("inventory.demand").model, elasticity=-2.0)
    long_ago = datetime.combine(LAST_DAY, time(12), tzinfo=UTC) - timedelta(days=200)
    history = Sku.history  # type: ignore[attr-defined]  # by simple_history
    history.filter(id=skus[0].pk).update(history_date=long_ago)
    skus[0].price_minor = round(skus[0].price_minor * 0.8)
    skus[0].save()
    newest = history.filter(id=skus[0].pk).latest("history_id")
    history.filter(history_id=newest.history_id).update(history_date=long_ago + timedelta(days=200))
    forecasts.write_forecasts(version=version, model=model, as_of=LAST_DAY)
    factors = {
        sku_id: {one["name"]: one["value"] for one in explanation["factors"]}
        for sku_id, explanation in DemandForecast.objects.in_force().values_list(
            "sku_id", "explanation"
        )
    }
    assert factors[skus[0].pk]["price"] == pytest.approx(0.8**-2, rel=0.05)
    assert "price" not in factors[skus[1].pk]
    forecasts.write_forecasts(version=version, model=model, as_of=LAST_DAY + timedelta(days=30))
    later = DemandForecast.objects.in_force().get(sku=skus[0]).explanation["factors"]
    assert next(one["value"] for one in later if one["name"] == "price") < 1.2


def test_the_chart_joins_history_and_forecast_without_a_gap() -> None:
    skus = make_demand_history()
    learn_demand()
    chart = forecasts.forecast_chart(sku_id=skus[0].pk, history_days=14)
    days = [point.day for point in chart.days]
    assert days == [LAST_DAY + timedelta(days=number) for number in range(-13, 29)]
    assert [point.sold is None for point in chart.days] == [False] * 14 + [True] * 28
    bands = [(point.lower, point.upper) for point in chart.days[14:]]
    assert all(low is not None and high is not None and low <= high for low, high in bands)
    assert forecasts.forecast_chart(sku_id=make_sku().pk).days == []


def test_the_stored_model_is_the_one_that_serves() -> None:
    make_demand_history()
    learn_demand()
    served = serving.load("inventory.demand")
    assert isinstance(served.model, DemandModel)
    assert served.model.learned_until == LAST_DAY
    assert served.version == ModelVersion.objects.get()
