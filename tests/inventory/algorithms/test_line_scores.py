import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.algorithms.line_scores import (
    Habit,
    Replay,
    holding_cost,
    replay,
    replay_habit,
    unit_days_to_come,
)


def test_days_are_replayed_as_they_came() -> None:
    run = replay(
        on_hand=3,
        demand=np.array([2.0, 2.0, 2.0]),
        arrivals=np.array([0.0, 0.0, 5.0]),
        counted_from=1,
    )
    # Evenings: 1, 0, 3; on the second day one unit is missing.
    assert run == Replay(lost=1.0, unit_days=3.0, left=3.0)


def test_days_before_the_count_move_stock_and_cost_nothing() -> None:
    run = replay(
        on_hand=0, demand=np.array([9.0, 1.0]), arrivals=np.array([0.0, 1.0]), counted_from=1
    )
    assert run == Replay(lost=0.0, unit_days=0.0, left=0.0)


def test_the_habit_orders_up_to_its_level_and_waits_as_long() -> None:
    run = replay_habit(
        on_hand=4,
        demand=np.array([3.0, 3.0, 3.0]),
        other_arrivals=np.zeros(3),
        counted_from=0,
        habit=Habit(level=6.0, wait_days=2, pack=5),
    )
    # Two short: a pack of 5 arrives on the second day. Evenings: 1, 3, 0; what was ordered on the
    # second evening comes after the span.
    assert run.first_order == 5
    assert run.replay == Replay(lost=0.0, unit_days=4.0, left=0.0)
    assert run.coming.tolist() == [5.0, 5.0]


def test_a_lot_is_ordered_once_the_level_is_reached() -> None:
    run = replay_habit(
        on_hand=7,
        demand=np.array([1.0, 1.0, 1.0]),
        other_arrivals=np.zeros(3),
        counted_from=0,
        habit=Habit(level=6.0, wait_days=1, lot=10.0),
    )
    # 7 is enough; the first evening's 6 is the level: up to 16. Evenings: 6, 15, 14.
    assert run.first_order == 0
    assert run.replay == Replay(lost=0.0, unit_days=35.0, left=14.0)


def test_what_is_under_way_is_not_ordered_again() -> None:
    run = replay_habit(
        on_hand=0,
        demand=np.zeros(3),
        other_arrivals=np.array([0.0, 6.0, 0.0]),
        counted_from=0,
        habit=Habit(level=6.0, wait_days=1),
    )
    assert (run.first_order, run.replay.left) == (0.0, 6.0)


def test_what_comes_after_the_span_is_not_ordered_again() -> None:
    run = replay_habit(
        on_hand=0,
        demand=np.zeros(2),
        other_arrivals=np.array([0.0, 0.0, 0.0, 6.0]),
        counted_from=0,
        habit=Habit(level=6.0, wait_days=1),
    )
    assert (run.first_order, run.replay.left, run.coming.tolist()) == (0.0, 0.0, [0.0, 6.0])


def test_what_is_left_costs_until_it_is_sold() -> None:
    assert holding_cost(200.0, unit_cost=365.0, yearly_share=0.5) == pytest.approx(100.0)
    # 20 units that go at 2 a day: 10 days of 10 on average.
    assert unit_days_to_come(20.0, daily_units=2.0) == 100.0
    assert unit_days_to_come(20.0, daily_units=0.0) == 20 * 365 / 2


@given(
    on_hand=st.integers(0, 50),
    demand=st.lists(st.integers(0, 9), min_size=1, max_size=30),
    level=st.floats(0, 60),
    wait=st.integers(1, 12),
)
def test_nothing_is_sold_that_was_not_there(
    on_hand: int, demand: list[int], level: float, wait: int
) -> None:
    wanted = np.array(demand, dtype=np.float64)
    run = replay_habit(
        on_hand=on_hand,
        demand=wanted,
        other_arrivals=np.zeros(len(wanted)),
        counted_from=0,
        habit=Habit(level=level, wait_days=wait),
    )
    assert 0 <= run.replay.lost <= wanted.sum()
    assert run.replay.left >= 0
    without = replay(on_hand=on_hand, demand=wanted, arrivals=np.zeros(len(wanted)), counted_from=0)
    assert run.replay.lost <= without.lost
