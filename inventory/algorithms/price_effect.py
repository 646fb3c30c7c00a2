"""What a change of price does to demand, pooled over the shop."""

import numpy as np

from inventory.algorithms.arrays import FloatArray

DAYS_A_WEEK = 7
# So many weeks in which no price moved are imagined beside what was seen.
IMAGINED_WEEKS = 200.0
USUAL_SQUARED_MOVE = 0.01
STEEPEST = -3.0
LEAST, MOST = 0.5, 2.0
SMALLEST_MOVE = 0.01
PORTION = 4_096


def pooled_elasticity(units: FloatArray, revenue: FloatArray) -> float:
    """Slope of log units on log price within SKUs, week by week; between -3 and 0.

    units, revenue: shape (n_skus, n_days). Only weeks with sales and a price count. The slope is
    drawn towards 0 by 200 imagined weeks of one-per-cent squared moves: a shop whose prices stand
    still says nothing, and where large orders are cheaper part of the slope is not the price's.
    """
    sums = np.zeros(2)
    # In portions: a large shop in double precision would fill the memory several times over.
    for start in range(0, len(units), PORTION):
        block = slice(start, start + PORTION)
        sums += _products(units[block], revenue[block])
    imagined = IMAGINED_WEEKS * USUAL_SQUARED_MOVE
    return float(np.clip(sums[0] / (sums[1] + imagined), STEEPEST, 0.0))


def _products(units: FloatArray, revenue: FloatArray) -> tuple[float, float]:
    """Sums of moves of the price times those of demand, and times themselves."""
    n_weeks = units.shape[1] // DAYS_A_WEEK
    if n_weeks == 0:
        return 0.0, 0.0
    shape = (len(units), n_weeks, DAYS_A_WEEK)
    sold = units[:, -n_weeks * DAYS_A_WEEK :].reshape(shape).sum(axis=2, dtype=np.float64)
    earned = revenue[:, -n_weeks * DAYS_A_WEEK :].reshape(shape).sum(axis=2, dtype=np.float64)
    told = (sold > 0) & (earned > 0)
    log_units = np.log(np.where(told, sold, 1.0))
    log_price = np.log(np.where(told, earned / np.where(told, sold, 1.0), 1.0))
    weeks = np.maximum(1, told.sum(axis=1, keepdims=True))
    moved = (log_price - (log_price * told).sum(axis=1, keepdims=True) / weeks) * told
    answered = (log_units - (log_units * told).sum(axis=1, keepdims=True) / weeks) * told
    return float((moved * answered).sum()), float((moved**2).sum())


def price_effect(price: FloatArray, usual: FloatArray, elasticity: float) -> FloatArray:
    """Factor on demand at `price` where the level was learned at `usual`, same shape.

    Between half and double, since nothing is known beyond; 1 where a price is unknown or moved by
    less than one per cent.
    """
    told = (price > 0) & (usual > 0)
    move = np.log(np.where(told, price, 1.0) / np.where(told, usual, 1.0))
    move = np.where(np.abs(move) < SMALLEST_MOVE, 0.0, move)
    factor: FloatArray = np.clip(np.exp(elasticity * move), LEAST, MOST)
    return factor
