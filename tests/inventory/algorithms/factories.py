"""Small shops that are made up as arrays."""

from datetime import date

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.demand_evaluation import DemandFeatures
from inventory.algorithms.history import Calendar, DemandHistory, clean_history

A_MONDAY = date(2026, 3, 2)


def make_calendar(n_days: int, *, closed: tuple[int, ...] = ()) -> Calendar:
    is_closed = np.zeros(n_days, dtype=np.bool_)
    is_closed[list(closed)] = True
    return Calendar(start_on=A_MONDAY, is_closed=is_closed)


def make_history(
    units: list[list[float]] | FloatArray,
    *,
    closed: tuple[int, ...] = (),
    was_out_of_stock: BoolArray | None = None,
    is_special: BoolArray | None = None,
    group: IntArray | None = None,
) -> DemandHistory:
    """A history that begins on a Monday."""
    matrix = np.asarray(units, dtype=np.float64)
    return clean_history(
        matrix,
        make_calendar(matrix.shape[1], closed=closed),
        was_out_of_stock,
        is_special=is_special,
        group=group,
    )


def make_shop_demand(*, n_skus: int = 200, n_days: int = 210, seed: int = 7) -> FloatArray:
    """Intermittent sales with a weekly pattern, closed Sundays and a rare bulk order."""
    rng = np.random.default_rng(seed)
    pattern = np.array([1.0, 1.1, 1.2, 1.3, 1.6, 0.8, 0.0])
    rate = rng.lognormal(0.0, 1.0, size=(n_skus, 1)) * pattern[np.arange(n_days) % 7]
    units = rng.poisson(rate).astype(np.float64)
    bulk = rng.random(units.shape) < 0.002
    return np.asarray(np.where(bulk & (units > 0), units * 30, units), dtype=np.float64)


def make_features(units: FloatArray | None = None, *, origin: int | None = None) -> DemandFeatures:
    demand = make_shop_demand() if units is None else units
    history = make_history(demand)
    n_skus = history.n_skus
    return DemandFeatures(
        sku_ids=np.arange(1, n_skus + 1) * 10,
        history=history,
        revenue=history.units * 5.0,
        lead_mean=np.full(n_skus, 7.0),
        lead_sd=np.full(n_skus, 3.0),
        review_days=np.ones(n_skus, dtype=np.int64),
        origin=history.n_days - 28 if origin is None else origin,
    )
