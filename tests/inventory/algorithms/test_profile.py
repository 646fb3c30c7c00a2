import numpy as np
import pytest

from inventory.algorithms.profile import fit_profile
from tests.inventory.algorithms.factories import make_history

WEEK = [2.0, 2.0, 2.0, 2.0, 4.0, 2.0, 0.0]


def test_the_profile_is_the_shape_of_the_week_with_mean_one() -> None:
    history = make_history([WEEK * 12, [10 * units for units in WEEK] * 12])
    profile = fit_profile(history, history.units)
    assert profile.weekday == pytest.approx([1, 1, 1, 1, 2, 1, 0])
    assert profile.closed_day == 1.0


def test_a_sku_that_is_sold_out_does_not_change_the_shape() -> None:
    units = np.array([WEEK * 12, WEEK * 12])
    was_out = np.zeros_like(units, dtype=np.bool_)
    fridays = np.arange(units.shape[1]) % 7 == 4
    was_out[0, fridays] = True
    units[0, fridays] = 0
    history = make_history(units, was_out_of_stock=was_out)
    profile = fit_profile(history, history.units)
    assert profile.weekday[4] / profile.weekday[0] == pytest.approx(2.0, rel=0.1)


def test_closed_days_are_learned_apart_from_their_weekday() -> None:
    units = np.array([WEEK * 12])
    closed = (4, 25, 46, 67)
    units[0, list(closed)] = 0
    profile = fit_profile(history := make_history(units, closed=closed), history.units)
    assert profile.weekday[4] == pytest.approx(2.0)
    assert profile.closed_day == pytest.approx(1 / 5)


def test_holidays_of_another_country_change_nothing() -> None:
    rng = np.random.default_rng(3)
    units = rng.poisson(50, size=(20, 140)).astype(np.float64)
    history = make_history(units, closed=(10, 31, 52, 80, 101))
    assert fit_profile(history, history.units).closed_day == 1.0


@pytest.mark.parametrize("units", [[[0.0] * 90], [[0.0, 0.0]], [[3.0, 1.0]]])
def test_too_little_to_see_a_week_is_a_flat_profile(units: list[list[float]]) -> None:
    history = make_history(units)
    profile = fit_profile(history, history.units)
    assert profile.weekday == pytest.approx([1.0] * 7)
