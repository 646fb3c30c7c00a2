"""A shop's past replayed day by day under other rules of re-ordering.

Nothing of the forecast is in here: a rule is asked for its levels on the mornings on which it may
change them, and is told no more than the number of the day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.replenishment import (
    DAYS_A_YEAR,
    economic_lot,
    is_due,
    round_to_packs,
    whole_units,
)

DAYS_A_WEEK = 7


class Levels(NamedTuple):
    """Order at or below the one, up to the other; whole units, shape (n_skus,) each."""

    reorder_point: IntArray
    order_up_to: IntArray


Rule = Callable[[int], Levels]


class Purse(NamedTuple):
    """Money for orders, so much a week; what is left over on Sunday is not carried on.

    gain: lost margin that an order avoids, from the day, the positions and the units wanted,
    shape (n_skus,). What gains most per unit of money is ordered first.
    """

    money_a_week: float
    gain: Callable[[int, IntArray, IntArray], FloatArray]


@dataclass(frozen=True)
class Scene:
    """What happened, and what would have happened to an order placed on any of the days."""

    demand: IntArray
    """Units asked for, shape (n_skus, n_days)."""
    lead_days: IntArray
    """Days from sending to the shelf for an order of that day, at least 1, same shape."""
    unit_cost: FloatArray
    unit_margin: FloatArray
    """Lost with each unit that could not be sold, shape (n_skus,)."""
    pack: IntArray
    minimum: IntArray
    order_line_cost: float
    yearly_holding_share: float


@dataclass(frozen=True)
class Replay:
    """What a rule did on the days that were measured; money in the unit of the scene."""

    requested: IntArray
    """Shape (n_skus,)."""
    filled: IntArray
    days_short: IntArray
    """Days on which not everything asked for was there, shape (n_skus,)."""
    stock_money: FloatArray
    """Cost of what lay there in the evening, shape (n_days measured,)."""
    daily_requested: IntArray
    daily_fill: FloatArray
    """Share of the units asked for, shape (n_days measured,); 1.0 on a day without demand."""
    order_lines: int
    units_ordered: int
    lost_margin: float
    holding: float
    ordering: float

    @property
    def fill_rate(self) -> float:
        """Share of the units asked for that were there; 1.0 where nothing was asked for."""
        asked = int(self.requested.sum())
        return int(self.filled.sum()) / asked if asked else 1.0

    @property
    def mean_stock_money(self) -> float:
        return float(self.stock_money.mean()) if len(self.stock_money) else 0.0

    @property
    def cost(self) -> float:
        return self.lost_margin + self.holding + self.ordering

    @property
    def short_share(self) -> float:
        """Share of the SKU-days that ran short."""
        cells = len(self.requested) * len(self.stock_money)
        return float(self.days_short.sum()) / cells if cells else 0.0


def replay(
    scene: Scene,
    rule: Rule,
    *,
    warm_up_days: int = 14,
    refresh_days: int = 7,
    opening: IntArray | None = None,
    purse: Purse | None = None,
) -> Replay:
    """Live through the days of a scene; what cannot be filled is lost, never owed.

    Each morning the deliveries of the day reach the shelf, then customers buy, then the rule looks
    at stock and orders under way. What it orders is sent the next morning and lies on the shelf
    `lead_days` later. Every rule meets the same demand and the same lead times.

    refresh_days: the rule is asked for new levels on every such day, the first included.
    opening: units on the shelf at first; where none are given, the first order-up-to level.
    """
    n_skus, n_days = scene.demand.shape
    # No delivery is later than the last day that can see it.
    due_in: IntArray = np.zeros((n_days + 1, n_skus), dtype=np.int64)
    cells = np.arange(n_skus)
    levels = rule(0)
    on_hand = (levels.order_up_to if opening is None else opening).astype(np.int64)
    on_order = np.zeros(n_skus, dtype=np.int64)
    requested, filled = np.zeros(n_skus, dtype=np.int64), np.zeros(n_skus, dtype=np.int64)
    days_short = np.zeros(n_skus, dtype=np.int64)
    stock_money, daily_requested, daily_fill = [], [], []
    lines = units = 0
    left = np.inf if purse is None else purse.money_a_week
    for day in range(n_days):
        if day and day % refresh_days == 0:
            levels = rule(day)
        on_hand += due_in[day]
        on_order -= due_in[day]
        asked = scene.demand[:, day]
        sold = np.minimum(asked, on_hand)
        on_hand -= sold
        position = on_hand + on_order
        due = is_due(position, levels.reorder_point)
        wanted = np.where(due, np.maximum(0, levels.order_up_to - position), 0)
        ordered = round_to_packs(wanted, pack=scene.pack, minimum=scene.minimum)
        if purse is not None:
            left = purse.money_a_week if day % DAYS_A_WEEK == 0 else left
            ordered = _affordable(
                ordered, scene.unit_cost, purse.gain(day, position, ordered), left
            )
            left -= float((ordered * scene.unit_cost).sum())
        on_order += ordered
        arrives = np.minimum(day + 1 + scene.lead_days[:, day], n_days)
        due_in[arrives, cells] += ordered
        if day >= warm_up_days:
            requested += asked
            filled += sold
            days_short += sold < asked
            stock_money.append(float((on_hand * scene.unit_cost).sum()))
            total = int(asked.sum())
            daily_requested.append(total)
            daily_fill.append(int(sold.sum()) / total if total else 1.0)
            lines += int(np.count_nonzero(ordered))
            units += int(ordered.sum())
    money = np.array(stock_money)
    return Replay(
        requested=requested,
        filled=filled,
        days_short=days_short,
        stock_money=money,
        daily_requested=np.array(daily_requested, dtype=np.int64),
        daily_fill=np.array(daily_fill),
        order_lines=lines,
        units_ordered=units,
        lost_margin=float(((requested - filled) * scene.unit_margin).sum()),
        holding=float(money.sum()) * scene.yearly_holding_share / DAYS_A_YEAR,
        ordering=lines * scene.order_line_cost,
    )


def _affordable(
    ordered: IntArray, unit_cost: FloatArray, gain: FloatArray, money: float
) -> IntArray:
    """Whole orders, best gain per money first; one that is too dear lets cheaper ones by."""
    cost = ordered * unit_cost
    ratio = np.divide(gain, cost, out=np.zeros(len(cost)), where=cost > 0)
    kept = np.zeros_like(ordered)
    for place in np.argsort(-ratio, kind="stable").tolist():
        if ordered[place] and cost[place] <= money:
            kept[place] = ordered[place]
            money -= float(cost[place])
    return kept


def min_max_rule(
    demand: IntArray,
    first_day: int,
    *,
    lead_mean: FloatArray,
    unit_cost: FloatArray,
    order_line_cost: float,
    yearly_holding_share: float,
    times_lead_time: float = 1.5,
    is_static: bool = False,
) -> Rule:
    """The habit in the trade: so many lead times of the mean of 90 days, anew every four weeks.

    demand: with the days before the scene, shape (n_skus, first_day + n_days); the rule reads no
    day that is not over. is_static: set once and left alone.
    """
    known: dict[int, Levels] = {}

    def levels(day: int) -> Levels:
        month = 0 if is_static else day // 28
        if month not in known:
            until = first_day + 28 * month
            past = demand[:, max(0, until - 90) : until]
            mean = past.mean(axis=1) if past.shape[1] else np.zeros(len(demand))
            point = whole_units(times_lead_time * mean * lead_mean)
            lot = economic_lot(
                mean,
                order_cost=order_line_cost,
                yearly_holding_cost=yearly_holding_share * unit_cost,
            )
            known[month] = Levels(point, point + lot)
        return known[month]

    return levels
