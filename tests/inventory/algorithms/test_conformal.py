import numpy as np
import pytest

from inventory.algorithms.conformal import (
    PROBABILITIES,
    Bins,
    fit_bins,
    fit_ratio_table,
    splits_for,
)

ONE_BIN = Bins(np.full(4, np.inf), np.full(4, np.inf))


def test_the_table_holds_what_it_promises_on_new_windows() -> None:
    rng = np.random.default_rng(5)
    table = fit_ratio_table(ONE_BIN, np.zeros(10_000, dtype=np.int64), rng.exponential(size=10_000))
    fresh = rng.exponential(size=10_000)
    for promised in (0.5, 0.9, 0.95, 0.99):
        bound = table.ratio(np.zeros(1), np.zeros(1), promised)[0]
        assert (fresh <= bound).mean() == pytest.approx(promised, abs=0.02)


def test_a_bin_with_too_few_ratios_takes_those_of_all() -> None:
    numbers = np.array([0] * 100 + [1] * 49)
    ratios = np.array([1.0] * 100 + [9.0] * 49)
    bins = fit_bins(np.arange(100.0), np.zeros(100), n_splits=5)
    table = fit_ratio_table(bins, numbers, ratios)
    half = PROBABILITIES.tolist().index(0.5)
    assert table.ratios[0, half] == 1.0
    assert table.ratios[1, half] == 1.0
    assert table.ratios[1, -1] == 9.0
    assert table.counts[:3].tolist() == [100, 49, 0]


@pytest.mark.parametrize(("n_skus", "parts"), [(0, 1), (24, 1), (200, 3), (500, 5), (90_000, 5)])
def test_a_small_shop_has_fewer_bins(n_skus: int, parts: int) -> None:
    assert splits_for(n_skus) == parts


def test_quantiles_never_fall_and_lie_between_the_stored_ones() -> None:
    rng = np.random.default_rng(6)
    numbers = rng.integers(0, 25, 5_000)
    table = fit_ratio_table(ONE_BIN, numbers, rng.lognormal(size=5_000))
    assert (np.diff(table.ratios, axis=1) >= 0).all()
    zeros = np.zeros(3)
    at = table.ratio(zeros, zeros, np.array([0.95, 0.955, 0.96]))
    assert at[1] == pytest.approx((at[0] + at[2]) / 2)
    assert table.ratio(zeros[:1], zeros[:1], 0.9999)[0] == table.ratios[0, -1]


def test_without_a_past_the_forecast_itself_is_promised() -> None:
    table = fit_ratio_table(ONE_BIN, np.zeros(0, dtype=np.int64), np.zeros(0))
    assert table.ratio(np.ones(2), np.ones(2), 0.95).tolist() == [1.0, 1.0]
