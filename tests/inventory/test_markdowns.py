"""Dead stock, the plans to sell it off, and the prices that come and go by them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from catalog.models import Sku
from inventory.algorithms.elasticity import ElasticityModel
from inventory.errors import NotRunningError
from inventory.models import MarkdownPlan, MarkdownStep, PriceFloor, StockLevel
from inventory.services import markdown_steps, markdowns
from inventory.services.markdown_steps import apply_due_steps, stop_plan
from learning.errors import AlreadyReviewedError
from learning.models import Decision
from tests.factories import (
    make_demand_day,
    make_model_version,
    make_offer,
    make_product,
    make_sku,
    make_staff,
    make_stock_level,
)
from tests.inventory.algorithms.test_elasticity import fit, make_panel
from tests.inventory.factories import LAST_DAY, make_forecast

pytestmark = pytest.mark.django_db
TODAY = LAST_DAY + timedelta(days=1)


def a_model() -> ElasticityModel:
    """Knows none of the shop's SKUs: each has the pooled elasticity, about -3."""
    return fit(make_panel(elasticities=[-3.0] * 6, noise=0.1))


def make_dead_sku(*, on_hand: int = 100, cost: int = 2_000, sold: int = 3, **fields: object) -> Sku:
    """A lamp for 50.00 that was last asked for half a year ago."""
    sku = make_sku(price_minor=5_000, **fields)
    make_offer(sku=sku, unit_cost_minor=cost)
    make_stock_level(sku=sku, on_hand=on_hand)
    make_demand_day(sku=sku, day=LAST_DAY - timedelta(days=180), units=sold, unit_price_minor=5_000)
    return sku


def propose() -> int:
    version = make_model_version(pipeline="inventory.elasticity")
    return markdowns.write_plans(version=version, model=a_model(), as_of=LAST_DAY)


def running_plan(**fields: Any) -> MarkdownPlan:
    make_dead_sku(**fields)
    propose()
    return markdowns.accept_plan(
        plan=MarkdownPlan.objects.get(), user=make_staff(), today=TODAY, reason="room"
    )


def test_dead_stock_gets_a_falling_plan_with_dates_units_and_money() -> None:
    sku = make_dead_sku()
    assert propose() == 1
    plan = MarkdownPlan.objects.get()
    assert (plan.sku, plan.state, plan.status) == (sku, "planned", "proposed")
    assert (plan.price_before_minor, plan.floor_minor, plan.units_at_start) == (5_000, 2_000, 100)
    steps = list(plan.steps.order_by("starts_on"))
    assert [step.starts_on for step in steps] == [
        LAST_DAY + timedelta(days=days) for days in (2, 16, 30)
    ]
    prices = [step.price_minor for step in steps]
    assert prices == sorted(prices, reverse=True)
    assert min(prices) >= 2_000
    assert plan.units_expected == pytest.approx(sum(step.units_expected for step in steps))
    money = sum(step.units_expected * step.price_minor for step in steps)
    assert plan.money_freed_minor == pytest.approx(money, abs=1)
    facts = plan.explanation["facts"]
    assert facts["last_sold_on"] == (LAST_DAY - timedelta(days=180)).isoformat()
    assert plan.money_freed_minor > facts["money_without_plan_minor"]


def test_stock_that_sells_or_is_new_or_has_no_cost_is_not_dead() -> None:
    selling = make_dead_sku(on_hand=10)
    make_forecast(sku=selling, units=28.0)
    make_demand_day(sku=selling, day=LAST_DAY, units=1)
    new = make_sku(price_minor=5_000)
    make_offer(sku=new)
    make_stock_level(sku=new, on_hand=100)
    make_dead_sku(product=make_product(status="withdrawn"))
    make_dead_sku(is_active=False)
    nothing_left = make_dead_sku(on_hand=5)
    StockLevel.objects.filter(sku=nothing_left).update(reserved=5)
    free = make_sku(price_minor=5_000)
    make_stock_level(sku=free, on_hand=50)
    make_demand_day(sku=free, day=LAST_DAY - timedelta(days=180))
    assert propose() == 0


def test_stock_for_more_than_half_a_year_is_dead_though_it_sells() -> None:
    slow = make_dead_sku(on_hand=200)
    make_forecast(sku=slow, units=14.0)
    make_demand_day(sku=slow, day=LAST_DAY, units=1)
    assert propose() == 1


def test_only_a_floor_of_staff_lets_a_plan_go_below_cost() -> None:
    sku = make_dead_sku(cost=4_900)
    propose()
    assert MarkdownStep.objects.earliest("price_minor").price_minor == 4_900
    PriceFloor.objects.create(sku=sku, price_minor=2_500)
    propose()
    assert MarkdownStep.objects.order_by("price_minor")[0].price_minor >= 2_500
    assert MarkdownStep.objects.order_by("price_minor")[0].price_minor < 4_900


def test_writing_again_changes_the_plan_in_place_and_withdraws_what_sells() -> None:
    sku = make_dead_sku()
    propose()
    before = MarkdownPlan.objects.get()
    propose()
    assert MarkdownPlan.objects.get().pk == before.pk
    assert before.steps.count() == 3
    make_forecast(sku=sku, units=280.0)
    make_demand_day(sku=sku, day=LAST_DAY, units=10)
    assert propose() == 0
    assert MarkdownPlan.objects.get().status == "superseded"


def test_an_accepted_plan_runs_by_its_dates_and_gives_the_old_price_back() -> None:
    plan = running_plan()
    first, second, third = plan.steps.order_by("starts_on")
    assert plan.state == "running"
    assert apply_due_steps(today=first.starts_on - timedelta(days=1)) == 0
    assert Sku.objects.get().price_minor == 5_000
    assert apply_due_steps(today=first.starts_on) == 1
    assert apply_due_steps(today=first.starts_on) == 0
    sku = Sku.objects.get()
    assert (sku.price_minor, sku.compare_at_minor) == (first.price_minor, 5_000)
    assert sku.history.count() == 2  # type: ignore[attr-defined]  # by simple_history
    apply_due_steps(today=second.starts_on)
    assert Sku.objects.get().price_minor == second.price_minor
    apply_due_steps(today=third.starts_on)
    assert Sku.objects.get().price_minor == third.price_minor
    apply_due_steps(today=third.starts_on + timedelta(days=13))
    assert MarkdownPlan.objects.get().state == "running"
    apply_due_steps(today=third.starts_on + timedelta(days=14))
    sku = Sku.objects.get()
    assert (sku.price_minor, sku.compare_at_minor) == (5_000, None)
    assert MarkdownPlan.objects.get().state == "ended"


def test_a_plan_that_is_accepted_late_moves_all_its_days() -> None:
    make_dead_sku()
    propose()
    late = LAST_DAY + timedelta(days=20)
    plan = markdowns.accept_plan(plan=MarkdownPlan.objects.get(), user=make_staff(), today=late)
    starts = list(plan.steps.order_by("starts_on").values_list("starts_on", flat=True))
    assert starts == [late + timedelta(days=days) for days in (0, 14, 28)]


def test_after_days_without_a_worker_only_the_last_due_price_is_put_on_sale() -> None:
    plan = running_plan()
    _first, second, _third = plan.steps.order_by("starts_on")
    assert apply_due_steps(today=second.starts_on + timedelta(days=3)) == 1
    sku = Sku.objects.get()
    assert sku.price_minor == second.price_minor
    assert sku.history.count() == 2  # type: ignore[attr-defined]  # by simple_history
    assert plan.steps.filter(applied_at=None).count() == 1


def test_a_stopped_plan_gives_the_old_price_back_at_once_and_only_once() -> None:
    plan = running_plan()
    apply_due_steps(today=plan.steps.earliest("starts_on").starts_on)
    manager = make_staff()
    stop_plan(plan=plan, user=manager, reason="a buyer for all of them")
    assert Sku.objects.get().price_minor == 5_000
    assert MarkdownPlan.objects.get().state == "stopped"
    decision = Decision.objects.get(action="cancel")
    assert (decision.user, decision.reason) == (manager, "a buyer for all of them")
    with pytest.raises(NotRunningError):
        stop_plan(plan=plan, user=manager)
    assert apply_due_steps(today=TODAY + timedelta(days=60)) == 0
    assert Sku.objects.get().price_minor == 5_000


def test_a_price_that_staff_changed_by_hand_stops_the_plan_and_stays() -> None:
    plan = running_plan()
    Sku.objects.update(price_minor=4_321)
    apply_due_steps(today=plan.steps.earliest("starts_on").starts_on)
    assert Sku.objects.get().price_minor == 4_321
    assert MarkdownPlan.objects.get().state == "stopped"
    assert Decision.objects.get(action="cancel").reason == markdown_steps.MOVED


def test_a_hand_changed_price_stays_when_a_plan_is_stopped() -> None:
    plan = running_plan()
    apply_due_steps(today=plan.steps.earliest("starts_on").starts_on)
    Sku.objects.update(price_minor=4_321)
    stop_plan(plan=plan, user=make_staff())
    assert Sku.objects.get().price_minor == 4_321


def test_a_plan_ends_when_the_last_unit_is_gone() -> None:
    plan = running_plan()
    day = plan.steps.earliest("starts_on").starts_on
    apply_due_steps(today=day)
    StockLevel.objects.update(on_hand=0)
    apply_due_steps(today=day + timedelta(days=1))
    assert MarkdownPlan.objects.get().state == "ended"
    assert Sku.objects.get().price_minor == 5_000


def test_a_gentler_plan_keeps_above_the_cut_that_staff_chose() -> None:
    make_dead_sku()
    propose()
    plan = markdowns.correct_plan(
        plan=MarkdownPlan.objects.get(), most_cut_percent=20, user=make_staff(), today=TODAY
    )
    assert (plan.status, plan.state) == ("corrected", "running")
    assert min(plan.steps.values_list("price_minor", flat=True)) >= 4_000
    expected = sum(plan.steps.values_list("units_expected", flat=True))
    assert plan.units_expected == pytest.approx(expected)


def test_a_rejected_plan_changes_nothing_and_is_not_proposed_again_at_once() -> None:
    make_dead_sku()
    propose()
    plan = MarkdownPlan.objects.get()
    markdowns.reject_plan(plan=plan, user=make_staff())
    with pytest.raises(AlreadyReviewedError), transaction.atomic():
        markdowns.accept_plan(plan=plan, user=make_staff(), today=TODAY)
    assert propose() == 0
    assert Sku.objects.get().price_minor == 5_000


def test_without_a_published_version_no_plan_is_made() -> None:
    make_dead_sku()
    assert markdowns.refresh_plans(as_of=LAST_DAY) == 0
    assert not MarkdownPlan.objects.exists()
