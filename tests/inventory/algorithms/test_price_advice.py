"""Which price is advised, within which bounds, and when none is."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.algorithms.price_advice import (
    BEYOND_SEEN,
    LONGEST_STEP,
    NoAdvice,
    PriceOutcome,
    PriceSituation,
    advise,
    candidate_prices,
    outcome,
    price_bounds,
)

# A cup for 20.00 that cost 8.00 and sells 100 in four weeks.
CUP = PriceSituation(
    price_now=2_000,
    unit_cost=800,
    floor=0,
    lowest_seen=1_500.0,
    highest_seen=2_500.0,
    units=100.0,
    elasticity=-3.0,
    spread=0.0,
    low_ratio=0.7,
    high_ratio=1.4,
)


def test_the_price_now_sells_what_the_forecast_says() -> None:
    now = outcome(CUP, 2_000)
    assert now.units == pytest.approx(100.0)
    assert now.profit == 120_000
    assert (now.units_lower, now.units_upper) == pytest.approx((70.0, 140.0))
    assert (now.profit_lower, now.profit_upper) == (84_000, 168_000)


def test_a_tenth_off_at_an_elasticity_of_three() -> None:
    cheaper = outcome(CUP, 1_800)
    assert cheaper.units == pytest.approx(100.0 * 0.9**-3)
    assert cheaper.profit == round(1_000 * 100.0 * 0.9**-3)


def test_the_best_price_of_constant_elasticity_is_found() -> None:
    # Cost x e / (e + 1): 800 x 3 / 2 = 1,200, but a fifth off is the longest step.
    far = advise(CUP)
    assert isinstance(far, PriceOutcome)
    assert far.price == 1_600
    near = advise(replace(CUP, unit_cost=1_200, lowest_seen=1_200.0))
    assert isinstance(near, PriceOutcome)
    assert near.price == pytest.approx(1_800, abs=20)


def test_customers_who_hardly_mind_are_asked_for_more() -> None:
    advised = advise(replace(CUP, elasticity=-0.8))
    assert isinstance(advised, PriceOutcome)
    assert advised.price == 2_400
    assert advised.units < 100.0
    assert advised.profit > 120_000


def test_nothing_is_advised_beyond_what_was_seen_and_a_tenth() -> None:
    narrow = replace(CUP, elasticity=-0.8, highest_seen=2_000.0)
    advised = advise(narrow)
    assert isinstance(advised, PriceOutcome)
    assert advised.price == 2_200


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"unit_cost": 0}, NoAdvice.NO_COST),
        ({"units": 0.0}, NoAdvice.NO_DEMAND),
        ({"units": float("nan")}, NoAdvice.NO_DEMAND),
        ({"price_now": 0}, NoAdvice.UNKNOWN),
        ({"unit_cost": 3_000}, NoAdvice.NO_ROOM),
        ({"floor": 2_900}, NoAdvice.NO_ROOM),
        # The price now is the best one already.
        ({"unit_cost": 1_333}, NoAdvice.NO_GAIN),
        # Nobody knows whether -1.5 or -4.5 is right: one loses what the other gains.
        ({"unit_cost": 1_250, "spread": 1.5}, NoAdvice.NO_GAIN),
    ],
)
def test_it_says_why_it_advises_nothing(changed: dict[str, Any], why: NoAdvice) -> None:
    assert advise(replace(CUP, **changed)) == why


def test_below_cost_is_never_advised_and_a_loss_is_mended() -> None:
    losing = replace(CUP, unit_cost=2_100)
    assert outcome(losing, 2_000).profit < 0
    advised = advise(losing)
    assert isinstance(advised, PriceOutcome)
    assert advised.price > 2_100
    assert advised.probability == 1.0


def test_a_floor_is_kept_where_lower_would_earn_more() -> None:
    advised = advise(replace(CUP, floor=1_850))
    assert isinstance(advised, PriceOutcome)
    assert advised.price >= 1_850


def test_not_knowing_the_elasticity_widens_the_bounds_of_a_far_price_only() -> None:
    unsure = replace(CUP, spread=1.0)
    assert outcome(unsure, 2_000).units_upper == pytest.approx(outcome(CUP, 2_000).units_upper)
    sure, wide = outcome(CUP, 1_600), outcome(unsure, 1_600)
    assert wide.units_lower / wide.units < sure.units_lower / sure.units
    assert wide.units_upper / wide.units > sure.units_upper / sure.units
    assert wide.probability < sure.probability == 1.0


@given(
    price_now=st.integers(1, 10**7),
    cost=st.integers(1, 10**7),
    low=st.floats(1, 10**7),
    above=st.floats(1, 3),
    elasticity=st.floats(-5, -0.2),
    spread=st.floats(0, 2),
    units=st.floats(0.01, 1e5),
)
def test_whatever_comes_in_an_advice_keeps_its_bounds(
    price_now: int,
    cost: int,
    low: float,
    above: float,
    elasticity: float,
    spread: float,
    units: float,
) -> None:
    situation = PriceSituation(
        price_now, cost, 0, low, low * above, units, elasticity, spread, 0.5, 2.0
    )
    advised = advise(situation)
    if isinstance(advised, NoAdvice):
        return
    least, most = price_bounds(situation)
    assert least <= advised.price <= most
    assert advised.price > cost
    assert (1 - BEYOND_SEEN) * low - 1 <= advised.price <= (1 + BEYOND_SEEN) * low * above + 1
    assert abs(advised.price / price_now - 1) <= LONGEST_STEP + 1e-9
    assert advised.units_lower <= advised.units <= advised.units_upper
    assert advised.profit_lower <= advised.profit <= advised.profit_upper
    assert candidate_prices(situation).tolist() == sorted(set(candidate_prices(situation).tolist()))
