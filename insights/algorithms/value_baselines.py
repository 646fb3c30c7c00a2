"""Dumb ways to tell what customers will spend, and how good such figures are."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from insights.algorithms.customer_history import CustomerHistory, RepeatTable, repeat_table
from insights.algorithms.repeat_buying import RepeatBuying
from insights.algorithms.score_arrays import FloatArray, IntArray

# A customer of yesterday has no rate yet.
SHORTEST_AGE_DAYS: Final = 30.0
CELLS: Final = 4


@dataclass(frozen=True)
class Expected:
    """Of one customer an entry: days with an order, and spend, within the horizon."""

    orders: FloatArray
    spend: FloatArray


def expect(model: RepeatBuying, table: RepeatTable, *, horizon: int) -> Expected:
    orders = model.orders_within(table.repeats, table.last, table.age, days=horizon)
    return Expected(orders, orders * model.spend_of_an_order(table.spend, table.repeats + 1.0))


def past_rate(table: RepeatTable, *, horizon: int) -> Expected:
    """Everybody goes on as before: orders so far by days so far."""
    share = horizon / np.maximum(table.age, SHORTEST_AGE_DAYS)
    orders = (table.repeats + 1.0) * share
    return Expected(orders, orders * table.spend)


def rfm_means(
    history: CustomerHistory, table: RepeatTable, *, day: int, horizon: int
) -> Expected | None:
    """Means of what customers of the same cell of recency, frequency and money did a horizon ago.

    None where the history is shorter than that.
    """
    before = repeat_table(history, day=day - horizon)
    if len(before) < CELLS**3:
        return None
    edges = [np.quantile(column, np.arange(1, CELLS) / CELLS) for column in _rfm(before)]
    cell, asked = _cell(before, edges), _cell(table, edges)
    orders, spend = history.orders_between(day - horizon, day)
    count = np.bincount(cell, minlength=CELLS**3)
    means = []
    for came in (orders[before.customer].astype(np.float64), spend[before.customer]):
        # A cell of few people leans on the mean of all.
        total = np.bincount(cell, weights=came, minlength=CELLS**3) + 5.0 * came.mean()
        means.append((total / (count + 5.0))[asked])
    return Expected(*means)


def value_figures(told: Expected, came: Expected) -> dict[str, float]:
    """Errors by customer, and whether sums came true."""
    return {
        "mae_orders": float(np.abs(told.orders - came.orders).mean()),
        "rmse_orders": float(np.sqrt(((told.orders - came.orders) ** 2).mean())),
        "mae_spend": float(np.abs(told.spend - came.spend).mean()),
        "rmse_spend": float(np.sqrt(((told.spend - came.spend) ** 2).mean())),
        "orders_told_of_came": float(told.orders.sum() / max(1.0, came.orders.sum())),
        "spend_told_of_came": float(told.spend.sum() / max(1.0, came.spend.sum())),
        "rank_correlation": _rank_correlation(told.spend, came.spend),
        "rows": float(len(told.orders)),
    }


def deciles(told: FloatArray, came: FloatArray) -> list[tuple[int, float, float]]:
    """Customers, mean told and mean that came, by tenths of what was told, smallest first."""
    order = np.argsort(told, kind="stable")
    return [
        (len(part), float(told[part].mean()), float(came[part].mean()))
        for part in np.array_split(order, 10)
        if len(part)
    ]


def _rfm(table: RepeatTable) -> tuple[FloatArray, FloatArray, FloatArray]:
    return table.age - table.last, table.repeats, table.spend * (table.repeats + 1.0)


def _cell(table: RepeatTable, edges: list[FloatArray]) -> IntArray:
    cell = np.zeros(len(table), dtype=np.int64)
    for column, edge in zip(_rfm(table), edges, strict=True):
        cell = cell * CELLS + np.searchsorted(edge, column, side="left")
    return cell


def _rank_correlation(told: FloatArray, came: FloatArray) -> float:
    """Spearman's, ties sharing their mean rank."""
    if len(told) < 2:
        return 0.0
    ranks = []
    for column in (told, came):
        _, place, count = np.unique(column, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(count) - (count - 1) / 2.0)[place])
    if ranks[0].std() == 0 or ranks[1].std() == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
