from datetime import date

import numpy as np
import pytest

from inventory.algorithms.demand_model import DemandSettings
from inventory.algorithms.demand_training import choose_settings, forecast
from inventory.algorithms.history import Calendar, clean_history
from inventory.algorithms.profile import FLAT_PROFILE
from inventory.algorithms.season import days_of_year, fit_yearly_profile
from tests.inventory.algorithms.factories import make_history


def yearly(n_skus: int, n_days: int, *, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    wave = 1.0 + 0.6 * np.sin(2 * np.pi * np.arange(n_days) / 365.25)
    return np.asarray(rng.poisson(3.0 * wave, size=(n_skus, n_days)), dtype=np.float64)


def test_under_a_year_there_is_no_yearly_profile() -> None:
    units = yearly(20, 371)
    assert fit_yearly_profile(make_history(units), units, FLAT_PROFILE) is None


def test_two_years_show_the_shape_of_one() -> None:
    units = yearly(60, 730)
    profile = fit_yearly_profile(make_history(units), units, FLAT_PROFILE)
    assert profile is not None
    start = make_history(units).calendar.start_on
    curve = profile.over(start, 365)[0]
    assert curve.argmax() == pytest.approx(91, abs=25)
    assert curve.max() == pytest.approx(1.6, abs=0.15)
    assert profile.curves.mean(axis=1) == pytest.approx(1.0)


def test_a_yearly_shape_is_believed_when_it_helped_and_only_then() -> None:
    units = yearly(60, 730)
    seasonal = choose_settings(make_history(units), units)
    assert seasonal.season_share > 0
    flat = np.asarray(np.random.default_rng(2).poisson(3.0, size=(60, 730)), dtype=np.float64)
    assert choose_settings(make_history(flat), flat).season_share == 0


def test_the_season_of_a_category_is_its_own() -> None:
    up, steady = yearly(40, 730), np.full((40, 730), 3.0)
    units = np.concatenate([up, steady])
    group = np.repeat([7, 9], 40)
    history = make_history(units, group=group)
    profile = fit_yearly_profile(history, units, FLAT_PROFILE)
    assert profile is not None
    assert profile.groups.tolist() == [7, 9]
    assert profile.curves[0].max() > 1.4
    assert profile.curves[1].max() < 1.15
    assert profile.rows(np.array([9, 8, 7]), 3).tolist() == [1, 2, 0]
    ahead = forecast(history, DemandSettings(season_share=1.0))
    # The 730 days end where the wave begins to rise.
    assert ahead[:40, -7:].mean() > 1.08 * ahead[:40, :7].mean()


def test_leap_days_have_a_place_of_their_own() -> None:
    assert days_of_year(date(2028, 2, 28), 3).tolist() == [58, 59, 60]
    assert days_of_year(date(2027, 2, 28), 2).tolist() == [58, 60]
    assert days_of_year(date(2026, 12, 31), 2).tolist() == [365, 0]


def test_a_made_up_working_day_counts_as_one_of_the_week() -> None:
    sunday = Calendar(date(2026, 1, 4), np.zeros(2, dtype=np.bool_), np.array([True, False]))
    assert sunday.weekdays.tolist() == [2, 0]
    assert sunday.extended_to(4).weekdays.tolist() == [2, 0, 1, 2]
    history = clean_history(np.ones((1, 2)), sunday)
    assert history.until(1).calendar.weekdays[0] == 2
