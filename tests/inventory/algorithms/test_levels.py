import numpy as np
import pytest

from inventory.algorithms.history import has_enough_history
from inventory.algorithms.levels import (
    exponential_mean,
    median_sale,
    moving_mean,
    seasonal_naive,
    soften_bulk,
    syntetos_boylan,
    teunter_syntetos_babai,
    weekday_trend_regression,
)
from tests.inventory.algorithms.factories import make_history, make_shop_demand


def test_the_median_is_over_days_with_a_sale() -> None:
    demand = np.array([[0, 3, 0, 1, 9], [0, 0, 0, 0, 0], [2, 4, 0, 0, 0]], dtype=np.float32)
    assert median_sale(demand).tolist() == [3.0, 1.0, 3.0]


def test_the_median_agrees_with_numpy_on_any_shop() -> None:
    demand = make_shop_demand(n_skus=50).astype(np.float32)
    expected = [np.median(row[row > 0]) if row.any() else 1.0 for row in demand]
    assert median_sale(demand).tolist() == pytest.approx(expected)


def test_a_bulk_order_is_cut_to_the_cap_or_softened_towards_it() -> None:
    demand = np.array([[2, 2, 2, 600, 2]], dtype=np.float32)
    assert soften_bulk(demand, multiple=3, power=0).tolist() == [[2, 2, 2, 6, 2]]
    assert soften_bulk(demand, multiple=3, power=0.5)[0, 3] == pytest.approx(6 * 10)
    assert demand[0, 3] == 600


def test_a_level_is_the_same_however_often_days_are_closed() -> None:
    open_days = make_history([[4.0] * 14])
    half_open = make_history([[4.0, 0.0] * 7])
    everyday = exponential_mean(open_days.units, open_days.observed, alphas=[0.1])
    shape = np.array([1.0, 0.0] * 7)
    every_other = exponential_mean(half_open.units, half_open.observed, alphas=[0.1], profile=shape)
    assert everyday[0] == pytest.approx(4.0)
    assert every_other[0] == pytest.approx(4.0)


def test_newer_days_weigh_more_and_levels_scale_with_demand() -> None:
    rising = make_history([[1.0] * 10 + [3.0] * 10])
    level = exponential_mean(rising.units, rising.observed, alphas=[0.1])[0]
    assert 2.0 < level < 3.0
    tenfold = make_history(np.asarray(rising.units) * 10)
    assert exponential_mean(tenfold.units, tenfold.observed, alphas=[0.1])[0] == pytest.approx(
        10 * level
    )


def test_sold_out_days_are_not_read_as_no_demand() -> None:
    units = np.array([[5.0] * 20 + [0.0] * 10])
    was_out = np.zeros_like(units, dtype=np.bool_)
    was_out[0, 20:] = True
    masked = make_history(units, was_out_of_stock=was_out)
    believed = make_history(units)
    assert moving_mean(masked.units, masked.observed, window=15)[0] == pytest.approx(5.0)
    assert moving_mean(believed.units, believed.observed, window=15)[0] == pytest.approx(5 / 3)
    assert exponential_mean(masked.units, masked.observed, alphas=[0.05])[0] == pytest.approx(5.0)


def test_sba_takes_five_percent_off_a_steady_series() -> None:
    steady = np.array([[2.0, 0.0] * 20])
    assert syntetos_boylan(steady, alpha=0.1)[0] == pytest.approx(0.95 * 2.0 / 1.8784, rel=1e-2)


def test_croston_forgets_nothing_but_tsb_lets_a_dead_sku_fade() -> None:
    died = np.array([[4.0] * 30 + [0.0] * 60])
    assert syntetos_boylan(died)[0] == pytest.approx(3.8)
    assert teunter_syntetos_babai(died, beta=0.05)[0] < 0.2


def test_seasonal_naive_repeats_the_last_week() -> None:
    demand = np.array([np.arange(10, dtype=np.float64)])
    assert seasonal_naive(demand, horizon=9).tolist() == [[3, 4, 5, 6, 7, 8, 9, 3, 4]]
    short = seasonal_naive(np.array([[5.0, 6.0]]), horizon=7)
    assert short.tolist() == [[0, 0, 0, 0, 0, 5, 6]]


def test_the_regression_finds_trend_and_weekdays() -> None:
    days = np.arange(70)
    units = 10 + 0.5 * days + np.array([0, 1, 2, 3, 4, 5, 6])[days % 7]
    history = make_history([units.tolist()])
    weekdays = np.arange(77) % 7
    forecast = weekday_trend_regression(history.units, history.observed, weekdays, horizon=7)
    ahead = np.arange(70, 77)
    assert forecast[0] == pytest.approx(10 + 0.5 * ahead + np.arange(7), rel=1e-4)


def test_the_regression_never_goes_below_zero() -> None:
    falling = make_history([np.maximum(0, 60 - np.arange(70)).tolist()])
    weekdays = np.arange(98) % 7
    forecast = weekday_trend_regression(falling.units, falling.observed, weekdays, horizon=28)
    assert forecast.min() == 0.0


HARD_CASES = {
    "nothing ever": [0.0] * 90,
    "one sale": [0.0] * 40 + [7.0] + [0.0] * 49,
    "two days": [0.0] * 88 + [1.0, 2.0],
    "a spike": [1.0] * 89 + [74_215.0],
    "not a number": [float("nan")] * 45 + [1.0] * 45,
    "negative": [-3.0] * 45 + [1.0] * 45,
    "infinite": [float("inf")] + [1.0] * 89,
}


@pytest.mark.parametrize("name", HARD_CASES)
def test_every_level_is_finite_and_not_negative(name: str) -> None:
    history = make_history([HARD_CASES[name], [1.0] * 90])
    units, observed = history.units, history.observed
    weekdays = np.arange(118) % 7
    levels = [
        exponential_mean(soften_bulk(units), observed, alphas=[0.02, 0.08]),
        moving_mean(units, observed, window=28),
        syntetos_boylan(units),
        teunter_syntetos_babai(units),
        weekday_trend_regression(units, observed, weekdays, horizon=28).ravel(),
    ]
    for level in levels:
        assert np.isfinite(level).all()
        assert (level >= 0).all()


def test_a_forecast_of_its_own_needs_age_sales_and_a_recent_one() -> None:
    often = [1.0, 0.0] * 60
    history = make_history(
        [
            often,
            [0.0] * 100 + [1.0] * 20,
            [0.0] * 113 + [1.0] * 7,
            [1.0] * 20 + [0.0] * 100,
        ]
    )
    assert has_enough_history(history).tolist() == [True, False, False, False]
