"""Lead times as they really fall: drawn around a supplier's mean, never quoted as a promise."""

from collections.abc import Sequence
from statistics import fmean, stdev

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray

PRIOR_MEAN_DAYS = 7.0
PRIOR_SD_DAYS = 3.0
ENOUGH_RECEIPTS = 5


def estimate_lead_time(
    receipts: Sequence[float],
    *,
    prior_mean: float = PRIOR_MEAN_DAYS,
    prior_sd: float = PRIOR_SD_DAYS,
) -> tuple[float, float]:
    """Mean and standard deviation in days of a supplier's own receipts.

    receipts: days from sent to received, one per receipt. Under five the prior speaks.
    """
    if len(receipts) < ENOUGH_RECEIPTS:
        return prior_mean, prior_sd
    return fmean(receipts), stdev(receipts)


def draw_lead_times(
    mean_days: FloatArray, sd_days: FloatArray, *, n_draws: int, seed: int = 20110930
) -> IntArray:
    """Whole days from a gamma distribution, at least 1, shape (n_skus, n_draws).

    Antithetic enough for a mean: the same quantiles are drawn for every SKU, shuffled by seed, so
    two SKUs with one supplier get the same forecast from the same level. sd 0 is a fixed time.
    """
    mean = np.maximum(1e-6, np.asarray(mean_days, dtype=np.float64))
    variance = np.maximum(1e-6, np.asarray(sd_days, dtype=np.float64)) ** 2
    shape, scale = mean**2 / variance, variance / mean
    pairs, inverse = np.unique(np.stack([shape, scale], axis=1), axis=0, return_inverse=True)
    rng = np.random.default_rng(seed)
    table = np.array([rng.gamma(k, theta, size=n_draws) for k, theta in pairs])
    table = table.reshape(len(pairs), n_draws)
    days: IntArray = np.maximum(1, np.rint(table[inverse.reshape(-1)])).astype(np.int64)
    return days
