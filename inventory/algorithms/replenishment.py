"""When to order and how much: reorder point, lot, order-up-to level, packs and minimum orders.

Arrays are (n_skus,). Units are whole: everything that leaves this module as a quantity is int64.
"""

from dataclasses import dataclass

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray

DAYS_A_YEAR = 365.0
SHORTEST_LOT_DAYS = 7.0
LONGEST_LOT_DAYS = 42.0
LOWEST_SERVICE_LEVEL = 0.80
HIGHEST_SERVICE_LEVEL = 0.99


@dataclass(frozen=True)
class OrderPlan:
    position: IntArray
    reorder_point: IntArray
    lot: IntArray
    order_up_to: IntArray
    shortfall: IntArray
    """Units up to the order-up-to level, before packs and minimum order; 0 where none is due."""
    quantity: IntArray


def stock_position(
    *, on_hand: IntArray, reserved: IntArray, on_order: IntArray, in_drafts: IntArray
) -> IntArray:
    """What will be free to sell once everything under way has arrived; may be negative."""
    position: IntArray = on_hand - reserved + on_order + in_drafts
    return position


def economic_lot(
    daily_demand: FloatArray, *, order_cost: FloatArray | float, yearly_holding_cost: FloatArray
) -> IntArray:
    """Harris (1913), "How many parts to make at once", kept within 7 to 42 days of demand.

    order_cost: of one order line; yearly_holding_cost: per unit, same currency. Where holding
    costs nothing (price unknown) the longest lot would win for no reason: the shortest is taken.
    """
    yearly = np.maximum(daily_demand, 0.0) * DAYS_A_YEAR
    costs = yearly_holding_cost > 0
    wilson = np.sqrt(
        np.divide(
            2.0 * yearly * order_cost,
            yearly_holding_cost,
            out=np.zeros_like(yearly),
            where=costs,
        )
    )
    shortest, longest = SHORTEST_LOT_DAYS * daily_demand, LONGEST_LOT_DAYS * daily_demand
    return whole_units(np.clip(wilson, shortest, longest))


def service_level_from_costs(
    daily_demand: FloatArray,
    lot: FloatArray | IntArray,
    *,
    unit_margin: FloatArray,
    yearly_holding_cost: FloatArray,
    floor: float = LOWEST_SERVICE_LEVEL,
    cap: float = HIGHEST_SERVICE_LEVEL,
) -> FloatArray:
    """1 - hQ / (hQ + mD), held within floor and cap; .95 where margin or demand is unknown."""
    holding = yearly_holding_cost * lot
    missed = unit_margin * daily_demand * DAYS_A_YEAR
    known = (missed > 0) & np.isfinite(missed) & np.isfinite(holding)
    level = 1.0 - np.divide(holding, holding + missed, out=np.full(len(missed), 0.05), where=known)
    clipped: FloatArray = np.clip(level, min(floor, cap), cap)
    return clipped


def whole_units(units: FloatArray) -> IntArray:
    """Round up to whole units; a hair above a whole number is rounding noise, not a unit."""
    whole: IntArray = np.ceil(np.maximum(units, 0.0) - 1e-6).astype(np.int64)
    return whole


def round_to_packs(quantity: IntArray, *, pack: IntArray, minimum: IntArray) -> IntArray:
    """Raise to the supplier's minimum order, then to full packs; 0 stays 0.

    The minimum order bounds what is bought at once. It is no stock to be kept.
    """
    packs = np.maximum(1, pack)
    raised = np.maximum(quantity, minimum)
    rounded: IntArray = np.where(quantity > 0, -(-raised // packs) * packs, 0).astype(np.int64)
    return rounded


def is_due(position: IntArray, reorder_point: IntArray) -> BoolArray:
    """Order at or below the reorder point; where nothing is expected only a debt is filled."""
    due: BoolArray = ((position <= reorder_point) & (reorder_point > 0)) | (position < 0)
    return due


def sells_before_expiry(
    daily_demand: FloatArray,
    shelf_life_days: FloatArray,
    *,
    window_median: FloatArray,
    cover_days: FloatArray,
) -> FloatArray:
    """Units that sell within the shelf life more often than not; infinite where goods keep.

    shelf_life_days: NaN where goods keep. The median of the shelf life is taken to lie as far below
    its mean as that of lead time and review does.
    """
    mean = np.maximum(daily_demand, 0.0)
    window = mean * cover_days
    share = np.divide(window_median, window, out=np.ones_like(window), where=window > 0)
    sold: FloatArray = np.where(
        np.isnan(shelf_life_days),
        np.inf,
        np.floor(mean * np.nan_to_num(shelf_life_days) * np.minimum(1.0, share) + 1e-6),
    )
    return sold


def within_shelf_life(
    quantity: IntArray, room: FloatArray, *, pack: IntArray, minimum: IntArray
) -> IntArray:
    """No more than `room`, in full packs from the minimum order on.

    room: units that will sell before they expire beside those already there; infinite where goods
    keep. Where not even the least order fits, it is still bought when half of it will sell: an
    empty shelf costs more than the rest.
    """
    packs = np.maximum(1, pack)
    least = -(-np.maximum(1, minimum) // packs) * packs
    bounded = np.where(np.isinf(room), quantity, np.minimum(quantity, np.maximum(0.0, room)))
    down = bounded.astype(np.int64) // packs * packs
    fits = down >= least
    worth = (quantity > 0) & (2.0 * room >= least)
    kept: IntArray = np.where(
        np.isinf(room), quantity, np.where(fits, down, np.where(worth, least, 0))
    ).astype(np.int64)
    return kept


def plan_orders(
    *,
    position: IntArray,
    window_quantile: FloatArray,
    lot: IntArray,
    pack: IntArray,
    minimum: IntArray,
    minimum_stock: IntArray | None = None,
) -> OrderPlan:
    """(s, S) with s the quantile of demand over lead time and review, and S = s + lot.

    minimum_stock: the least reorder point, as staff typed it.
    """
    reorder_point = whole_units(window_quantile)
    if minimum_stock is not None:
        reorder_point = np.maximum(reorder_point, minimum_stock)
    order_up_to = reorder_point + lot
    due = is_due(position, reorder_point)
    shortfall = np.where(due, np.maximum(0, order_up_to - position), 0).astype(np.int64)
    return OrderPlan(
        position=position.astype(np.int64),
        reorder_point=reorder_point,
        lot=lot.astype(np.int64),
        order_up_to=order_up_to.astype(np.int64),
        shortfall=shortfall,
        quantity=round_to_packs(shortfall, pack=pack, minimum=minimum),
    )
