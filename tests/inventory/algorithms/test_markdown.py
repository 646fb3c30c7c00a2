"""Selling off what lies too long."""

from dataclasses import replace
from typing import Any

import pytest

from inventory.algorithms.markdown import (
    CUTS,
    STEP_DAYS,
    DeadStock,
    days_of_cover,
    money_of,
    plan_markdown,
    sell_off,
)

# A hundred lamps of 50.00 that cost 20.00; one is sold in ten days.
LAMPS = DeadStock(
    units=100, units_a_day=0.1, price_now=5_000, unit_cost=2_000, floor=2_000, elasticity=-2.5
)


def test_a_price_sells_by_its_elasticity_and_never_more_than_there_is() -> None:
    first, second = sell_off(LAMPS, [5_000, 2_500])
    assert first.units == pytest.approx(0.1 * STEP_DAYS)
    assert second.units == pytest.approx(0.1 * STEP_DAYS * 2**2.5)
    few = sell_off(replace(LAMPS, units=3), [2_500, 2_500])
    assert [step.units for step in few] == [3.0, 0.0]


def test_a_plan_falls_step_by_step_and_frees_more_money_than_waiting() -> None:
    steps = plan_markdown(LAMPS)
    prices = [step.price for step in steps]
    assert len(prices) == 3
    assert prices == sorted(set(prices), reverse=True)
    assert prices[0] < LAMPS.price_now
    assert money_of(steps) > money_of(sell_off(LAMPS, [LAMPS.price_now] * 3))


def test_no_step_goes_below_the_floor() -> None:
    deep = plan_markdown(replace(LAMPS, unit_cost=100, floor=100, elasticity=-5.0))
    assert min(step.price for step in deep) == round(5_000 * (1 - max(CUTS)))
    kept = plan_markdown(replace(LAMPS, floor=4_200))
    assert min(step.price for step in kept) >= 4_200


@pytest.mark.parametrize(
    "changed",
    [
        {"units": 0},
        {"price_now": 2_000},
        {"price_now": 1_000},
        {"price_now": 0, "floor": 0},
        # Hardly anybody minds the price: lowering it gives money away.
        {"elasticity": -0.2},
        # It is sold out in time at the price it has.
        {"units_a_day": 50.0},
    ],
)
def test_there_is_no_plan_where_nothing_is_won(changed: dict[str, Any]) -> None:
    assert plan_markdown(replace(LAMPS, **changed)) == []


def test_what_nobody_asks_for_lasts_for_ever() -> None:
    assert days_of_cover(10, 0.0) == float("inf")
    assert days_of_cover(10, 0.5) == 20.0
