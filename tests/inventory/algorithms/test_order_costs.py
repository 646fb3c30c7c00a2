import numpy as np
import pytest

from inventory.algorithms.order_costs import (
    Break,
    best_break,
    landed_cost,
    room_for_breaks,
    spend_budget,
)
from inventory.algorithms.replenishment import sells_before_expiry, within_shelf_life


def taken(quantity: int, breaks: list[Break], **fields: float) -> tuple[int, int]:
    terms = {"daily_demand": 1.0, "room": 62.0, "order_line_cost": 200.0, **fields}
    return best_break(quantity, 1000, breaks, pack=1, minimum=1, yearly_holding_share=0.25, **terms)


def test_a_reliable_supplier_is_worth_a_dearer_price() -> None:
    prompt = landed_cost(1000, 0, lead_mean_days=7, lead_sd_days=1, yearly_holding_share=0.25)
    erratic = landed_cost(998, 0, lead_mean_days=7, lead_sd_days=9, yearly_holding_share=0.25)
    assert prompt < erratic
    assert landed_cost(
        900, 150, lead_mean_days=0, lead_sd_days=0, yearly_holding_share=0.25
    ) == pytest.approx(1050)


def test_a_break_is_taken_where_a_year_then_costs_less() -> None:
    # A year at 45 a time: 365 x 1000 + 200 x 365 / 45 + .25 x 1000 x 22.5 = 372,247.
    # At 60 a time for 900: 328,500 + 1,217 + 6,750 = 336,467.
    assert taken(45, [Break(60, 900)]) == (60, 900)
    assert taken(45, [Break(60, 999)]) == (45, 1000)
    assert taken(45, [Break(40, 990)]) == (45, 990)


def test_no_break_raises_an_order_beyond_six_weeks_or_what_keeps() -> None:
    assert taken(45, [Break(63, 500)]) == (45, 1000)
    assert (
        room_for_breaks(position=5, reorder_point=20, quantity=45, daily_demand=1.0, keeps=np.inf)
        == 57
    )
    assert (
        room_for_breaks(position=5, reorder_point=20, quantity=45, daily_demand=1.0, keeps=50.0)
        == 50
    )
    assert (
        room_for_breaks(position=0, reorder_point=0, quantity=45, daily_demand=0.0, keeps=np.inf)
        == 45
    )


def test_of_several_breaks_the_best_is_taken_whatever_their_order() -> None:
    breaks = [Break(60, 900), Break(50, 950), Break(55, 890)]
    assert taken(45, breaks) == taken(45, breaks[::-1]) == (55, 890)


def test_what_will_not_sell_in_time_is_not_bought() -> None:
    def kept(quantity: int, room: float, pack: int = 1, minimum: int = 1) -> int:
        return int(
            within_shelf_life(
                np.array([quantity]),
                np.array([room]),
                pack=np.array([pack]),
                minimum=np.array([minimum]),
            )[0]
        )

    assert kept(45, np.inf) == 45
    assert kept(45, 30.0) == 30
    assert kept(48, 30.0, pack=12) == 24
    # Not even a pack sells in time, but most of one does.
    assert kept(48, 6.0, pack=12) == 12
    assert kept(48, 5.0, pack=12) == 0
    assert kept(48, -3.0) == 0
    assert kept(0, 30.0) == 0


def test_the_median_of_the_shelf_life_lies_below_its_mean_like_that_of_the_lead_time() -> None:
    sold = sells_before_expiry(
        np.array([2.0, 2.0, 0.0]),
        np.array([10.0, np.nan, 10.0]),
        window_median=np.array([12.0, 12.0, 0.0]),
        cover_days=np.array([8.0, 8.0, 8.0]),
    )
    assert sold.tolist() == [15.0, np.inf, 0.0]


def spent(cost: list[float], avoided: list[float], line: list[int], budget: float) -> list[int]:
    bought = spend_budget(
        cost=np.array(cost), avoided=np.array(avoided), line=np.array(line), budget=budget
    )
    return np.flatnonzero(bought).tolist()


def test_money_goes_first_where_most_lost_margin_is_avoided() -> None:
    assert spent([10, 10, 10], [5, 30, 20], [0, 1, 2], 20) == [1, 2]
    assert spent([10, 10, 10], [5, 30, 20], [0, 1, 2], 30) == [0, 1, 2]
    assert spent([10, 10, 10], [5, 30, 20], [0, 1, 2], 9) == []


def test_the_steps_of_a_line_are_bought_in_their_order() -> None:
    assert spent([10, 10, 10, 10], [40, 10, 30, 20], [0, 0, 1, 1], 30) == [0, 2, 3]


def test_a_dear_least_order_is_judged_with_the_packs_it_opens() -> None:
    # 20 for 2 and then 10 for 28 is 30 for 30, which beats 10 for 9.
    assert spent([20, 10, 10], [2, 28, 9], [0, 0, 1], 30) == [0, 1]
    assert spent([20, 10, 10], [2, 28, 9], [0, 0, 1], 20) == [2]


def test_nothing_is_bought_that_avoids_nothing() -> None:
    assert spent([10, 10], [0, 1], [0, 1], 100) == [1]
