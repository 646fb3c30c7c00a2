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
) -> FloatArray:
    """1 - hQ / (hQ + mD), held within .80 and .99; .95 where margin or demand is unknown."""
    holding = yearly_holding_cost * lot
    missed = unit_margin * daily_demand * DAYS_A_YEAR
    known = (missed > 0) & np.isfinite(missed) & np.isfinite(holding)
    level = 1.0 - np.divide(holding, holding + missed, out=np.full(len(missed), 0.05), where=known)
    clipped: FloatArray = np.clip(level, LOWEST_SERVICE_LEVEL, HIGHEST_SERVICE_LEVEL)
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


def plan_orders(
    *,
    position: IntArray,
    window_quantile: FloatArray,
    lot: IntArray,
    pack: IntArray,
    minimum: IntArray,
) -> OrderPlan:
    """(s, S) with s the quantile of demand over lead time and review, and S = s + lot."""
    reorder_point = whole_units(window_quantile)
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
