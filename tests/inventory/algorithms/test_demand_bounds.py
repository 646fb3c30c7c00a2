import numpy as np
import pytest
from scipy.stats import gamma

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_bounds import (
    DemandOutlook,
    demand_bound,
    expected_shortage,
    own_quantile,
    quantile_of,
    split_quantiles,
)
from inventory.algorithms.own_demand import moments_of_sums, own_moments
from tests.inventory.algorithms.factories import make_history

SHARES = np.array([0.5, 0.9, 0.95, 0.99])
UNITS = np.array([[10.0, 18.0, 20.0, 28.0]])


def make_outlook(*, mean: float = np.nan, sd: float = np.nan) -> DemandOutlook:
    return DemandOutlook(
        shares=SHARES,
        quantiles=UNITS,
        lead_mean=np.array([7.0]),
        lead_sd=np.array([3.0]),
        review_days=np.array([1]),
        own_mean=np.array([mean]),
        own_sd=np.array([sd]),
    )


@pytest.mark.parametrize(
    ("probability", "units"),
    [(0.95, 20.0), (0.925, 19.0), (0.5, 10.0), (0.1, 10.0), (0.99, 28.0)],
)
def test_quantiles_are_read_between_their_neighbours(probability: float, units: float) -> None:
    assert quantile_of(SHARES, UNITS, np.array([probability])) == pytest.approx([units])


def test_beyond_the_last_quantile_the_tail_goes_on_as_it_fell_before() -> None:
    # From .95 to .99 the share left falls to a fifth over 8 units; the next fifth is 8 more.
    assert quantile_of(SHARES, UNITS, np.array([0.998])) == pytest.approx([36.0])
    assert quantile_of(SHARES, UNITS, np.array([1.0])) == quantile_of(
        SHARES, UNITS, np.array([0.999])
    )


def test_a_sku_that_is_too_young_is_stocked_like_those_alike() -> None:
    assert demand_bound(make_outlook(), np.array([0.95])) == pytest.approx([20.0])


def test_own_days_and_skus_alike_have_the_same_say() -> None:
    outlook = make_outlook(mean=2.0, sd=3.0)
    own = own_quantile(outlook, np.array([0.95]))
    mean, variance = 16.0, 8.0 * 9.0 + (2.0 * 3.0) ** 2
    assert own == pytest.approx([gamma.ppf(0.95, mean**2 / variance, scale=variance / mean)])
    bound = demand_bound(outlook, np.array([0.95]))
    assert bound == pytest.approx((20.5 * (own + 0.5)) ** 0.5 - 0.5)


def test_a_sku_that_sold_nothing_for_half_a_year_pulls_the_bound_down() -> None:
    bound = demand_bound(make_outlook(mean=0.0, sd=0.0), np.array([0.95]))
    assert bound == pytest.approx([(20.5 * 0.5) ** 0.5 - 0.5])


def test_bounds_never_fall_with_the_probability_and_are_finite() -> None:
    outlook = make_outlook(mean=1e-9, sd=5.0)
    bounds = [
        float(demand_bound(outlook, np.array([share]))[0]) for share in np.linspace(0.5, 1.0, 60)
    ]
    assert np.isfinite(bounds).all()
    assert bounds == sorted(bounds)


def shortage(stock: float) -> float:
    return float(expected_shortage(SHARES, UNITS, np.array([stock]))[0])


def test_the_shortage_is_the_integral_of_what_is_left_above_the_stock() -> None:
    above = np.linspace(0.0, 400.0, 400_001)
    knots, left = np.concatenate([[0.0], UNITS[0]]), np.concatenate([[1.0], 1.0 - SHARES])
    scale = (28.0 - 20.0) / np.log(5.0)
    survival: FloatArray = np.where(
        above <= 28.0, np.interp(above, knots, left), 0.01 * np.exp(-(above - 28.0) / scale)
    )
    for stock in (0.0, 5.0, 19.0, 28.0, 40.0):
        at = above >= stock
        assert shortage(stock) == pytest.approx(np.trapezoid(survival[at], above[at]), rel=1e-3)


def test_more_stock_never_runs_shorter() -> None:
    shortages = [shortage(stock) for stock in np.linspace(0.0, 60.0, 50)]
    assert shortages == sorted(shortages, reverse=True)


def test_a_warehouse_with_half_the_demand_needs_more_than_half_the_safety() -> None:
    half = split_quantiles(UNITS, np.array([0.5]))
    assert half[0, 0] == 5.0
    assert half[0, 2] == pytest.approx(5.0 + 10.0 * 0.5**0.5)
    assert split_quantiles(UNITS, np.array([1.0])).tolist() == UNITS.tolist()
    assert split_quantiles(UNITS, np.array([0.0])).tolist() == [[0.0] * 4]


def test_own_days_are_those_on_the_shelf_since_the_first_sale() -> None:
    units = np.zeros((2, 200))
    units[0, 100:] = 3.0
    units[1, 150:] = 3.0
    mean, spread = own_moments(make_history(units))
    assert (mean[0], spread[0]) == (3.0, 0.0)
    assert np.isnan(mean[1])
    assert np.isnan(spread[1])


def test_sums_of_a_database_give_the_same_moments() -> None:
    units = np.random.default_rng(2).poisson(1.5, size=(3, 182)).astype(np.float64)
    units[:, 0] = 1.0
    mean, spread = moments_of_sums(units.sum(axis=1), (units**2).sum(axis=1), np.full(3, 182.0))
    expected = own_moments(make_history(units))
    assert mean == pytest.approx(expected[0])
    assert spread == pytest.approx(expected[1])
