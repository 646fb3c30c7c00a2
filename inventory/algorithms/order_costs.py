"""What an order costs, which price break it is worth, and what a budget buys first."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.replenishment import DAYS_A_YEAR, LONGEST_LOT_DAYS

# A supplier who is usually on time but sometimes not is held to his late deliveries.
LATE_DEVIATIONS: Final = 1.645


def landed_cost(
    unit_cost: float,
    freight: float,
    *,
    lead_mean_days: float,
    lead_sd_days: float,
    yearly_holding_share: float,
) -> float:
    """Cost of a unit on the shelf: price, freight, and holding what must lie there meanwhile.

    The stock that bridges a lead time grows with its late deliveries, not with its mean.
    """
    late = max(0.0, lead_mean_days) + LATE_DEVIATIONS * max(0.0, lead_sd_days)
    landed = unit_cost + freight
    return landed * (1.0 + yearly_holding_share * late / DAYS_A_YEAR)


@dataclass(frozen=True)
class Break:
    """From so many units on, a unit costs so much."""

    from_quantity: int
    unit_cost: int


def best_break(
    quantity: int,
    unit_cost: int,
    breaks: Sequence[Break],
    *,
    pack: int,
    minimum: int,
    daily_demand: float,
    room: float,
    order_line_cost: float,
    yearly_holding_share: float,
) -> tuple[int, int]:
    """Quantity and unit cost with the least cost a year; the quantity is never lowered.

    Hadley and Whitin (1963), "Analysis of inventory systems", discounts on all units: goods, order
    lines and holding of half the quantity. room: the most that may be bought. Without expected
    demand the whole order's cost decides.
    """
    packs = max(1, pack)
    yearly = max(0.0, daily_demand) * DAYS_A_YEAR

    def cost(units: int, price: int) -> float:
        if yearly <= 0:
            return float(units * price)
        return (
            yearly * price
            + order_line_cost * yearly / units
            + yearly_holding_share * price * units / 2.0
        )

    best = (quantity, unit_cost)
    for offered in sorted(breaks, key=lambda row: row.from_quantity):
        raised = ceil(max(quantity, offered.from_quantity, minimum) / packs) * packs
        if raised > quantity and raised > room:
            continue
        if cost(raised, offered.unit_cost) < cost(*best):
            best = (raised, offered.unit_cost)
    return best


def room_for_breaks(
    *, position: int, reorder_point: int, quantity: int, daily_demand: float, keeps: float
) -> float:
    """The most that a price break may raise an order to: six weeks above the reorder point.

    keeps: units that sell before they expire, those already there taken off; infinite if ever.
    """
    six_weeks = reorder_point + LONGEST_LOT_DAYS * max(0.0, daily_demand) - position
    return max(float(quantity), min(six_weeks, keeps))


def spend_budget(
    *,
    cost: FloatArray,
    avoided: FloatArray,
    line: IntArray,
    budget: float,
) -> BoolArray:
    """Which steps of the lines to buy: most lost margin avoided per unit of money first.

    A line is bought in steps, each of which needs those before it; arrays are (n_steps,), a
    line's steps in order. Steps whose gain per money rises within a line (a large least order
    before cheap packs) count together. What no longer fits is passed over for what does.
    """
    bought = np.zeros(len(cost), dtype=np.bool_)
    left = budget
    for ratio, steps in _offers(cost, avoided, line):
        if ratio <= 0:
            break
        price = float(cost[steps].sum())
        first = int(steps[0])
        is_open = first == 0 or line[first - 1] != line[first] or bool(bought[first - 1])
        if is_open and price <= left + 1e-9:
            bought[steps] = True
            left -= price
    return bought


def _offers(cost: FloatArray, avoided: FloatArray, line: IntArray) -> list[tuple[float, IntArray]]:
    """Steps joined until each is worth less per money than the one before; best first."""
    found: list[tuple[float, IntArray]] = []
    for steps in np.split(np.arange(len(line)), np.flatnonzero(np.diff(line)) + 1):
        joined: list[tuple[float, float, list[int]]] = []
        for step in steps.tolist():
            group = (float(cost[step]), float(avoided[step]), [step])
            while joined and group[1] * joined[-1][0] > joined[-1][1] * group[0]:
                before = joined.pop()
                group = (before[0] + group[0], before[1] + group[1], before[2] + group[2])
            joined.append(group)
        found += [
            (gain / price if price > 0 else np.inf, np.array(members))
            for price, gain, members in joined
        ]
    # Ties in the order of the lines, so that the same night buys the same.
    return sorted(found, key=lambda offer: -offer[0])
