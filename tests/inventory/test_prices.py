"""Price suggestions from a history to a price on sale, and how they turned out."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from catalog.models import Sku
from inventory.algorithms.price_advice import NoAdvice
from inventory.errors import PriceMovedError, PriceOutOfBoundsError
from inventory.models import DemandDay, MarkdownPlan, PriceFloor, PriceSuggestion, SupplierOffer
from inventory.services import price_scores, prices
from inventory.services.price_changes import change_price
from inventory.services.stock import default_warehouse
from learning.errors import AlreadyReviewedError
from learning.models import Decision, ModelVersion, TrainingRun
from learning.services.training import retrain
from tests.factories import make_demand_day, make_offer, make_sku, make_staff
from tests.inventory.factories import LAST_DAY, make_forecast

pytestmark = pytest.mark.django_db
PRICE, COST = 2_000, 800


def make_price_history(
    *, n_skus: int = 14, n_weeks: int = 20, elasticity: float = -3.0, seed: int = 3
) -> list[Sku]:
    """SKUs whose price moved from week to week, with cost and forecast."""
    rng = np.random.default_rng(seed)
    warehouse = default_warehouse()
    days, skus = [], []
    for place in range(n_skus):
        sku = make_sku(code=f"PRICED-{place:02}", price_minor=PRICE)
        make_offer(sku=sku, unit_cost_minor=COST)
        make_forecast(sku=sku, units=100.0)
        skus.append(sku)
        for week in range(n_weeks):
            price = round(PRICE * np.exp(0.15 * rng.standard_normal()))
            rate = 30.0 * (price / PRICE) ** elasticity
            days.append(
                DemandDay(
                    sku=sku,
                    warehouse=warehouse,
                    day=LAST_DAY - timedelta(days=7 * week + 2),
                    units_requested=(units := max(1, int(rng.poisson(rate)))),
                    units_filled=units,
                    unit_price_minor=price,
                )
            )
    # The history begins with a whole week.
    DemandDay.objects.bulk_create(days)
    make_demand_day(sku=skus[0], day=LAST_DAY - timedelta(days=7 * n_weeks - 1), units=1)
    return skus


def learn() -> TrainingRun:
    run = retrain("inventory.elasticity", as_of=LAST_DAY)
    if run.status == TrainingRun.Status.REJECTED:
        gates = run.version.gates.filter(passed=False)
        pytest.fail(str(list(gates.values_list("metric", "reference", "value", "bound"))))
    return run


def make_suggestion(**fields: object) -> PriceSuggestion:
    """A cup for 20.00 that would earn more at 18.00."""
    sku = fields.pop("sku", None) or make_sku(price_minor=PRICE)
    return PriceSuggestion.objects.create(
        **{
            "sku": sku,
            "as_of": LAST_DAY,
            "price_now_minor": PRICE,
            "price_minor": 1_800,
            "unit_cost_minor": COST,
            "elasticity": -3.0,
            "units_now": 100.0,
            "units": 137.17,
            "units_lower": 90.0,
            "units_upper": 190.0,
            "profit_now_minor": 120_000,
            "profit_minor": 137_174,
            "profit_lower_minor": 90_000,
            "profit_upper_minor": 190_000,
            "confidence": 0.9,
            "explanation": {
                "unit": "factor",
                "factors": [],
                "facts": {
                    "lowest_seen_minor": 1_500,
                    "highest_seen_minor": 2_500,
                    "low_ratio": 0.7,
                    "high_ratio": 1.4,
                },
            },
            **fields,
        }
    )


def test_a_history_of_moving_prices_becomes_suggestions_that_explain_themselves() -> None:
    skus = make_price_history()
    run = learn()
    assert run.status == TrainingRun.Status.PUBLISHED
    version = ModelVersion.objects.get()
    assert version.metrics["mae_log_moved"] < version.baseline_metrics["mae_log_moved"]
    assert version.parameters["pooled_elasticity"] == pytest.approx(-3.0, abs=0.4)
    suggestion = PriceSuggestion.objects.get(sku=skus[0])
    # At an elasticity of -3 and a cost of 8.00 the best price is 12.00: a fifth less, for now.
    assert suggestion.price_minor == 1_600
    assert suggestion.units_now == pytest.approx(100.0)
    assert suggestion.units_lower < suggestion.units < suggestion.units_upper
    assert suggestion.profit_minor > suggestion.profit_now_minor
    factors = {one["name"]: one["weight"] for one in suggestion.explanation["factors"]}
    gained = suggestion.profit_minor / suggestion.profit_now_minor
    assert factors["units_sold"] * factors["margin_of_one"] == pytest.approx(gained, rel=1e-3)
    assert suggestion.confidence is not None
    assert suggestion.confidence >= 0.7


def test_writing_the_same_day_again_changes_rows_in_place() -> None:
    make_price_history()
    learn()
    before = list(PriceSuggestion.objects.order_by("pk").values_list("pk", "price_minor"))
    learn()
    assert list(PriceSuggestion.objects.order_by("pk").values_list("pk", "price_minor")) == before
    versions = set(PriceSuggestion.objects.values_list("model_version__number", flat=True))
    assert versions == {2}


def test_nothing_is_guessed_where_too_little_is_known() -> None:
    skus = make_price_history()
    unknown = make_sku(price_minor=PRICE)
    steady = skus[1]
    DemandDay.objects.filter(sku=steady).update(unit_price_minor=PRICE)
    skus[2].product.status = "withdrawn"
    skus[2].product.save()
    SupplierOffer.objects.filter(sku=skus[3]).delete()
    learn()

    def reason(sku: Sku) -> object:
        advice = prices.advice_on(sku_id=sku.pk, as_of=LAST_DAY)
        assert advice is not None
        return advice.advised

    assert reason(unknown) == NoAdvice.UNKNOWN
    assert reason(steady) == NoAdvice.LITTLE_VARIATION
    assert reason(skus[3]) == NoAdvice.NO_COST
    advised = set(PriceSuggestion.objects.values_list("sku_id", flat=True))
    assert not advised & {unknown.pk, steady.pk, skus[2].pk, skus[3].pk}
    assert skus[0].pk in advised


def test_a_cost_in_another_currency_is_no_cost() -> None:
    skus = make_price_history()
    supplier = SupplierOffer.objects.get(sku=skus[0]).supplier
    supplier.currency = "EUR"
    supplier.save()
    learn()
    assert not PriceSuggestion.objects.filter(sku=skus[0]).exists()


def test_before_anything_is_learned_nothing_is_advised() -> None:
    assert prices.advice_on(sku_id=make_sku().pk, as_of=LAST_DAY) is None
    assert learn().status == TrainingRun.Status.NOT_ENOUGH_DATA


def test_bad_prices_are_reported_and_left_out() -> None:
    skus = make_price_history()
    rows = list(DemandDay.objects.filter(sku=skus[0]).order_by("day"))
    rows[3].unit_price_minor = None
    rows[4].unit_price_minor = 0
    rows[5].unit_price_minor = 900_000
    rows[6].units_bulk = rows[6].units_requested
    for row in rows:
        row.save()
    found = {one.check_name: one.rows for one in learn().anomalies.all()}
    # One day of the history has no price from the start.
    assert found == {"no price": 3, "odd price": 1, "bulk day": 1}


def test_accepting_puts_the_price_on_sale_with_history_and_a_decision() -> None:
    suggestion = make_suggestion()
    buyer = make_staff()
    prices.accept_suggestion(suggestion=suggestion, user=buyer, reason="summer")
    sku = Sku.objects.get()
    assert sku.price_minor == 1_800
    assert sku.product.price_from_minor == 1_800
    newest = sku.history.first()  # type: ignore[attr-defined]  # by simple_history
    assert (newest.price_minor, newest.history_user, newest.history_change_reason) == (
        1_800,
        buyer,
        "summer",
    )
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.applied_price_minor) == ("accepted", 1_800)
    assert suggestion.applied_at is not None
    decision = Decision.objects.get()
    assert (decision.action, decision.user) == ("accept", buyer)
    assert decision.proposed["price_minor"] == 1_800


def test_a_price_that_staff_type_is_put_on_sale_and_remembered() -> None:
    suggestion = make_suggestion()
    prices.correct_suggestion(suggestion=suggestion, price_minor=1_900, user=make_staff())
    assert Sku.objects.get().price_minor == 1_900
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.applied_price_minor) == ("corrected", 1_900)
    assert Decision.objects.get().done == {"applied_price_minor": 1_900}


def test_a_price_before_stays_above_the_price() -> None:
    sku = make_sku(price_minor=PRICE, compare_at_minor=2_100)
    change_price(sku_id=sku.pk, from_minor=PRICE, to_minor=2_300, reason="")
    sku.refresh_from_db()
    assert (sku.price_minor, sku.compare_at_minor) == (2_300, None)


def test_a_price_that_moved_meanwhile_is_not_changed_and_nothing_is_decided() -> None:
    suggestion = make_suggestion()
    Sku.objects.update(price_minor=2_050)
    with pytest.raises(PriceMovedError):
        prices.accept_suggestion(suggestion=suggestion, user=make_staff())
    assert Sku.objects.get().price_minor == 2_050
    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.applied_at) == ("proposed", None)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("typed", [0, -5, 700, 1_700, 10**15])
def test_no_price_below_cost_or_floor_is_put_on_sale(typed: int) -> None:
    suggestion = make_suggestion()
    PriceFloor.objects.create(sku=suggestion.sku, price_minor=1_750)
    with pytest.raises(PriceOutOfBoundsError):
        prices.correct_suggestion(suggestion=suggestion, price_minor=typed, user=make_staff())
    assert Sku.objects.get().price_minor == PRICE
    suggestion.refresh_from_db()
    assert suggestion.status == "proposed"


def test_a_cost_that_rose_since_the_night_stops_an_accepted_price() -> None:
    suggestion = make_suggestion()
    make_offer(sku=suggestion.sku, unit_cost_minor=1_850)
    with pytest.raises(PriceOutOfBoundsError):
        prices.accept_suggestion(suggestion=suggestion, user=make_staff())
    assert Sku.objects.get().price_minor == PRICE


def test_a_second_decision_is_told_and_changes_no_price() -> None:
    suggestion = make_suggestion()
    prices.reject_suggestion(suggestion=suggestion, user=make_staff())
    with pytest.raises(AlreadyReviewedError):
        prices.accept_suggestion(suggestion=suggestion, user=make_staff())
    assert Sku.objects.get().price_minor == PRICE


def test_a_decided_price_and_one_being_marked_down_rest() -> None:
    skus = make_price_history()
    learn()
    prices.reject_suggestion(suggestion=PriceSuggestion.objects.get(sku=skus[0]), user=make_staff())
    MarkdownPlan.objects.create(
        sku=skus[1],
        state="running",
        status="accepted",
        as_of=LAST_DAY,
        price_before_minor=PRICE,
        unit_cost_minor=COST,
        floor_minor=COST,
        units_at_start=5,
        units_expected=1.0,
        money_freed_minor=1,
    )
    learn()
    open_ones = PriceSuggestion.objects.awaiting_review()
    assert not open_ones.filter(sku__in=skus[:2]).exists()
    assert PriceSuggestion.objects.get(sku=skus[1]).status == "superseded"
    advice = prices.advice_on(sku_id=skus[0].pk, as_of=LAST_DAY)
    assert advice is not None
    assert advice.advised == NoAdvice.BUSY


def test_a_change_is_scored_once_its_horizon_is_over_against_trend_and_promise() -> None:
    changed_at = datetime(2026, 2, 1, 12, tzinfo=UTC)
    suggestion = make_suggestion(
        status="accepted", applied_at=changed_at, applied_price_minor=1_800
    )
    other = make_sku()
    day = changed_at.date()
    make_demand_day(sku=suggestion.sku, day=day - timedelta(1), units=100, unit_price_minor=2_000)
    make_demand_day(sku=suggestion.sku, day=day, units=999, unit_price_minor=1)
    make_demand_day(sku=suggestion.sku, day=day + timedelta(3), units=150, unit_price_minor=1_800)
    make_demand_day(sku=other, day=day - timedelta(28), units=40, unit_price_minor=100)
    make_demand_day(sku=other, day=day + timedelta(27), units=50, unit_price_minor=100)
    # The last day is not known yet.
    assert price_scores.score_suggestions(as_of=day + timedelta(28)) == 0
    make_demand_day(sku=other, day=day + timedelta(29), units=1, unit_price_minor=100)
    assert price_scores.score_suggestions(as_of=day + timedelta(27)) == 0
    assert price_scores.score_suggestions(as_of=day + timedelta(30)) == 1
    assert price_scores.score_suggestions(as_of=day + timedelta(30)) == 0
    score = PriceSuggestion.objects.get().score
    assert (score["units_before"], score["units_after"]) == (100, 150)
    assert score["profit_before_minor"] == 100 * 1_200
    assert score["profit_after_minor"] == 150 * 1_000
    assert score["shop_trend"] == 1.25
    assert score["units_change_beside_trend"] == 1.2
    assert score["units_expected"] == pytest.approx(137.17, abs=0.01)
    assert score["within_bounds"] is True


def test_a_shop_without_demand_scores_nothing() -> None:
    make_suggestion(status="accepted", applied_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert price_scores.score_suggestions(as_of=LAST_DAY) == 0
