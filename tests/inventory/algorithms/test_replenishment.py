import numpy as np
import pytest

from inventory.algorithms.lead_times import draw_lead_times, estimate_lead_time
from inventory.algorithms.replenishment import (
    economic_lot,
    plan_orders,
    round_to_packs,
    service_level_from_costs,
    stock_position,
    whole_units,
)


def plan(
    *,
    position: int,
    quantile: float,
    lot: int = 10,
    pack: int = 1,
    minimum: int = 1,
) -> int:
    planned = plan_orders(
        position=np.array([position]),
        window_quantile=np.array([quantile]),
        lot=np.array([lot]),
        pack=np.array([pack]),
        minimum=np.array([minimum]),
    )
    return int(planned.quantity[0])


@pytest.mark.parametrize(
    ("position", "quantity"),
    [(21, 0), (20, 10), (5, 25), (0, 30), (-4, 34)],
)
def test_an_order_at_or_below_the_reorder_point_fills_up_to_point_and_lot(
    position: int, quantity: int
) -> None:
    assert plan(position=position, quantile=20.0) == quantity


def test_what_is_reserved_on_order_and_in_drafts_counts() -> None:
    position = stock_position(
        on_hand=np.array([10]),
        reserved=np.array([4]),
        on_order=np.array([6]),
        in_drafts=np.array([12]),
    )
    assert position.tolist() == [24]


def test_packs_are_rounded_up_and_whole_packs_are_left_alone() -> None:
    packs = round_to_packs(
        np.array([0, 1, 12, 13]), pack=np.full(4, 12), minimum=np.ones(4, dtype=np.int64)
    )
    assert packs.tolist() == [0, 12, 12, 24]
    assert packs.dtype == np.int64


def test_the_minimum_order_is_bought_at_once_but_never_kept_as_stock() -> None:
    assert plan(position=20, quantile=20.0, lot=5, minimum=100) == 100
    assert plan(position=21, quantile=20.0, lot=5, minimum=100) == 0
    assert plan(position=20, quantile=20.0, lot=5, minimum=100, pack=24) == 120


def test_without_expected_demand_only_a_debt_is_filled() -> None:
    assert plan(position=0, quantile=0.0, lot=0) == 0
    assert plan(position=-3, quantile=0.0, lot=0) == 3


def test_rounding_noise_is_no_unit() -> None:
    assert whole_units(np.array([3.0000000001, 3.01, 0.0, -1.0])).tolist() == [3, 4, 0, 0]


def test_the_economic_lot_is_wilsons_within_six_weeks() -> None:
    daily = np.array([1.0, 1.0, 1.0])
    holding = np.array([7.3, 0.0, 0.0001])
    lot = economic_lot(daily, order_cost=2.0, yearly_holding_cost=holding)
    assert lot.tolist() == [15, 7, 42]


def test_the_service_level_weighs_margin_against_holding() -> None:
    levels = service_level_from_costs(
        np.array([10.0, 10.0, 0.0]),
        np.array([70, 70, 0]),
        unit_margin=np.array([5.0, 0.01, 5.0]),
        yearly_holding_cost=np.array([5.0, 5.0, 5.0]),
    )
    assert levels == pytest.approx([1 - 350 / (350 + 18250), 0.80, 0.95])


def test_unknown_prices_do_not_spread() -> None:
    nan = np.array([np.nan])
    levels = service_level_from_costs(
        np.array([1.0]), np.array([7]), unit_margin=nan, yearly_holding_cost=nan
    )
    assert levels.tolist() == [0.95]
    lot = economic_lot(np.array([2.0]), order_cost=2.0, yearly_holding_cost=nan)
    assert lot.tolist() == [14]


def test_under_five_receipts_the_typed_lead_time_counts() -> None:
    assert estimate_lead_time([3.0] * 4) == (7.0, 3.0)
    assert estimate_lead_time([2.0, 4.0, 4.0, 6.0, 4.0]) == pytest.approx((4.0, 2.0**0.5))


def test_drawn_lead_times_have_the_mean_and_are_the_same_every_night() -> None:
    draws = draw_lead_times(np.array([7.0, 7.0]), np.array([3.0, 3.0]), n_draws=2_000)
    assert draws.mean() == pytest.approx(7.0, abs=0.2)
    assert draws.std() == pytest.approx(3.0, abs=0.2)
    assert draws.min() >= 1
    assert (draws[0] == draws[1]).all()
    again = draw_lead_times(np.array([7.0]), np.array([3.0]), n_draws=2_000)
    assert (again[0] == draws[0]).all()
    assert (draw_lead_times(np.array([5.0]), np.array([0.0]), n_draws=20) == 5).all()
