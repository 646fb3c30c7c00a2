import numpy as np
import pytest

from inventory.algorithms.simulation import Levels, Purse, Scene, min_max_rule, replay


def make_scene(demand: list[list[int]], **fields: object) -> Scene:
    units = np.array(demand, dtype=np.int64).reshape(len(demand), -1 if demand else 3)
    n_skus = len(units)
    defaults: dict[str, object] = {
        "lead_days": np.full(units.shape, 2),
        "unit_cost": np.full(n_skus, 10.0),
        "unit_margin": np.full(n_skus, 5.0),
        "pack": np.ones(n_skus, dtype=np.int64),
        "minimum": np.ones(n_skus, dtype=np.int64),
        "order_line_cost": 3.0,
        "yearly_holding_share": 0.365,
    }
    return Scene(demand=units, **{**defaults, **fields})  # type: ignore[arg-type]  # test builder


def always(point: int, up_to: int) -> "Levels":
    return Levels(np.array([point]), np.array([up_to]))


def test_a_replay_worked_out_by_hand() -> None:
    # Day by day: 5 are there, 3 go; 2 remain, so 3 are ordered in the evening of day 0, sent on
    # day 1 and on the shelf on day 3. Day 1 asks for 4 and gets 2: 2 are lost; the position is 3
    # and 2 more are ordered, for day 4. Nothing on day 2. Day 3 asks for 1 of the 3 that came:
    # position 2 + 2, one more for day 6. Day 4 asks for 4 of the 4 there; 1 is on its way and 4
    # more are ordered.
    scene = make_scene([[3, 4, 0, 1, 4]])
    done = replay(scene, lambda day: always(4, 5), warm_up_days=0)
    assert done.requested.tolist() == [12]
    assert done.filled.tolist() == [10]
    assert done.days_short.tolist() == [1]
    assert done.stock_money.tolist() == [20.0, 0.0, 0.0, 20.0, 0.0]
    assert (done.order_lines, done.units_ordered) == (4, 10)
    assert done.lost_margin == 2 * 5.0
    assert done.holding == pytest.approx(40.0 * 0.365 / 365)
    assert done.ordering == 4 * 3.0
    assert done.fill_rate == pytest.approx(10 / 12)
    assert done.short_share == pytest.approx(1 / 5)


def test_days_to_warm_up_are_lived_but_not_counted() -> None:
    scene = make_scene([[3, 4, 0, 1, 4]])
    done = replay(scene, lambda day: always(4, 5), warm_up_days=3)
    assert done.requested.tolist() == [5]
    assert done.filled.tolist() == [5]
    assert done.stock_money.tolist() == [20.0, 0.0]


def test_a_rule_is_asked_once_a_week_and_only_for_days_that_have_begun() -> None:
    asked: list[int] = []

    def rule(day: int) -> Levels:
        asked.append(day)
        return always(1, 2)

    replay(make_scene([[1] * 16]), rule, warm_up_days=0)
    assert asked == [0, 7, 14]


def test_packs_and_minimum_orders_are_kept() -> None:
    scene = make_scene([[1, 0, 0]], pack=np.array([6]), minimum=np.array([10]))
    done = replay(scene, lambda day: always(4, 5), warm_up_days=0, opening=np.array([5]))
    assert (done.order_lines, done.units_ordered) == (1, 12)


def test_without_demand_all_is_filled_and_nothing_is_ordered() -> None:
    done = replay(make_scene([[0, 0]]), lambda day: always(0, 0), warm_up_days=0)
    assert (done.fill_rate, done.cost, done.order_lines) == (1.0, 0.0, 0)
    empty = replay(make_scene([]), lambda day: Levels(*np.zeros((2, 0), int)), warm_up_days=0)
    assert (empty.fill_rate, empty.short_share, empty.mean_stock_money) == (1.0, 0.0, 0.0)


def test_more_stock_never_fills_less() -> None:
    demand = np.random.default_rng(5).poisson(2.0, size=(40, 60))
    scene = make_scene(demand.tolist())

    def fill_at(point: int) -> float:
        levels = Levels(np.full(40, point), np.full(40, point + 5))
        return replay(scene, lambda _day: levels, warm_up_days=0).fill_rate

    fills = [fill_at(point) for point in (2, 4, 8, 16)]
    assert fills == sorted(fills)
    assert fills[-1] == 1.0


def test_a_weekly_budget_buys_what_avoids_most_per_unit_of_money() -> None:
    demand = [[2, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0]]
    rule = Levels(np.array([4, 4]), np.array([5, 5]))
    purse = Purse(money_a_week=20.0, gain=lambda day, position, ordered: np.array([1.0, 9.0]))
    done = replay(make_scene(demand), lambda day: rule, warm_up_days=0, purse=purse)
    # Each wants 2 units of 10: in the first week there is money for one of them only.
    assert (done.order_lines, done.units_ordered) == (2, 4)
    poor = Purse(money_a_week=19.0, gain=purse.gain)
    assert replay(make_scene(demand), lambda day: rule, purse=poor).order_lines == 0


def test_the_habit_reads_no_day_that_is_not_over() -> None:
    demand = np.zeros((1, 150), dtype=np.int64)
    demand[0, :90] = 2
    demand[0, 90:] = 50
    terms = {
        "lead_mean": np.array([5.0]),
        "unit_cost": np.array([10.0]),
        "order_line_cost": 2.0,
        "yearly_holding_share": 0.25,
    }
    habit = min_max_rule(demand, 90, **terms)  # type: ignore[arg-type]  # one dict of arguments
    assert habit(0).reorder_point.tolist() == [15]
    assert habit(27).reorder_point.tolist() == [15]
    assert habit(28).reorder_point.tolist() == [127]
    static = min_max_rule(demand, 90, is_static=True, **terms)  # type: ignore[arg-type]  # as above
    assert static(59).reorder_point.tolist() == [15]
