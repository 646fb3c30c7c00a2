"""Assignment, shares, interleaving and what the past explains."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from recommendations.algorithms.assignment import arm_index
from recommendations.algorithms.interleaving import team_draft
from recommendations.algorithms.sample_ratio import ALARM, chi_square_p_value, lasting_p_value
from recommendations.algorithms.variance_reduction import adjust


def test_visitors_are_spread_as_the_shares_say() -> None:
    counts = Counter(
        arm_index("salt", f"visitor {n}", shares=[60, 30, 10], traffic=0.5) for n in range(20_000)
    )
    assert counts[None] == pytest.approx(10_000, abs=300)
    assert counts[0] == pytest.approx(6000, abs=240)
    assert counts[1] == pytest.approx(3000, abs=200)
    assert counts[2] == pytest.approx(1000, abs=130)


@given(st.text(), st.text())
def test_a_visitor_keeps_the_arm_when_more_traffic_is_let_in(salt: str, visitor: str) -> None:
    few = arm_index(salt, visitor, shares=[1, 1], traffic=0.1)
    all_of_them = arm_index(salt, visitor, shares=[1, 1], traffic=1.0)
    assert few in {None, all_of_them}


def test_experiments_are_independent_of_each_other() -> None:
    both = Counter(
        (
            arm_index("one", str(n), shares=[1, 1], traffic=1.0),
            arm_index("two", str(n), shares=[1, 1], traffic=1.0),
        )
        for n in range(8000)
    )
    assert all(count == pytest.approx(2000, abs=160) for count in both.values())


@given(st.lists(st.integers(1, 500), min_size=2, max_size=6))
def test_the_chance_of_shares_is_that_of_the_textbook(counts: list[int]) -> None:
    shares = [1.0] * len(counts)
    assert chi_square_p_value(counts, shares) == pytest.approx(
        chisquare(counts).pvalue, rel=1e-6, abs=1e-12
    )


def test_shares_read_every_day_seldom_raise_a_false_alarm_and_a_loss_of_visitors_does() -> None:
    generator = np.random.default_rng(5)
    runs, false_alarms, found = 400, 0, 0
    for _run in range(runs):
        fair = np.cumsum(generator.binomial(300, 0.5, size=60))
        losing = np.cumsum(generator.binomial(300, 0.46, size=60))
        days = np.arange(1, 61) * 300
        false_alarms += lasting_p_value(list(zip(fair, days - fair, strict=True)), [50, 50]) < ALARM
        found += lasting_p_value(list(zip(losing, days - losing, strict=True)), [50, 50]) < ALARM
    assert false_alarms <= 2
    assert found > 0.95 * runs


def test_no_visitors_raise_no_alarm() -> None:
    assert chi_square_p_value([0, 0], [1, 1]) == 1.0
    assert lasting_p_value([], [1, 1]) == 1.0
    assert lasting_p_value([[0, 0]], [1, 1]) == 1.0


rankings = st.lists(st.integers(0, 15), max_size=12)


@given(rankings, rankings, st.integers(0, 12), st.text(max_size=5))
def test_a_shared_row_holds_each_item_once_and_both_teams_alike(
    first: list[int], second: list[int], limit: int, seed: str
) -> None:
    row = team_draft(first, second, limit=limit, seed=seed)
    items = [item for item, _team in row]
    assert len(items) == len(set(items)) == min(limit, len({*first, *second}))
    assert all(item in (first, second)[team] for item, team in row)
    assert row == team_draft(first, second, limit=limit, seed=seed)
    if len(set(first)) >= limit and len(set(second)) >= limit:
        # Neither runs out before the row is full, unless the other took what it had.
        teams = Counter(team for _item, team in row)
        assert abs(teams[0] - teams[1]) <= 1 or len({*first} & {*second}) > 0


def test_equal_rankings_win_equally_often() -> None:
    firsts = Counter(
        team_draft([1, 2, 3], [1, 2, 3], limit=3, seed=str(n))[0][1] for n in range(4000)
    )
    assert firsts[0] == pytest.approx(2000, abs=130)


def test_what_the_past_explains_is_taken_off_and_the_difference_stays() -> None:
    generator = np.random.default_rng(7)
    n = 20_000
    habit = generator.gamma(1.0, 1.0, n)
    arms = generator.integers(0, 2, n)
    past = generator.poisson(habit).astype(float)[:, None]
    values = generator.poisson(habit).astype(float) + 0.1 * arms
    adjusted, gone = adjust(values, past, arms)
    # Correlation of two Poisson counts with a shared exponential mean is one half.
    assert gone == pytest.approx(0.25, abs=0.02)
    assert adjusted.mean() == pytest.approx(values.mean())
    difference = adjusted[arms == 1].mean() - adjusted[arms == 0].mean()
    assert difference == pytest.approx(0.1, abs=0.04)


def test_without_a_past_nothing_is_taken_off() -> None:
    values = np.arange(100, dtype=float)
    adjusted, gone = adjust(values, np.zeros((100, 2)), np.arange(100) % 2)
    assert gone == 0.0
    assert adjusted is values
    few, gone = adjust(np.ones(3), np.ones((3, 1)), np.array([0, 1, 0]))
    assert gone == 0.0
    assert len(few) == 3
