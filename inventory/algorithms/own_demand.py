"""What a SKU itself sold of late, bulk orders and all."""

import numpy as np

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_bounds import FEWEST_OWN_DAYS, OWN_DAYS
from inventory.algorithms.history import DemandHistory


def own_moments(history: DemandHistory) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of the observed days of the last half year, units a day.

    Shape (n_skus,) each; NaN where fewer than eight weeks were observed.
    """
    units = history.units[:, -OWN_DAYS:].astype(np.float64)
    days = np.count_nonzero(history.observed[:, -OWN_DAYS:], axis=1)
    return moments_of_sums(units.sum(axis=1), (units**2).sum(axis=1), days.astype(np.float64))


def moments_of_sums(
    total: FloatArray, total_of_squares: FloatArray, days: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The same from sums over `days`, as a database adds them up."""
    enough = days >= FEWEST_OWN_DAYS
    mean = np.divide(total, days, out=np.full(len(days), np.nan), where=enough)
    square = np.divide(total_of_squares, days, out=np.full(len(days), np.nan), where=enough)
    return mean, np.sqrt(np.maximum(0.0, square - mean**2))
