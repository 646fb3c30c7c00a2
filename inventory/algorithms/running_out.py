"""How demand adds up over a growing number of days, in the middle case and in a bad one."""

import numpy as np

from inventory.algorithms.arrays import FloatArray

WEEK = 7


def cumulative_demand(
    daily: FloatArray, *, n_days: int, cover_days: int, median: float, ninetieth: float
) -> tuple[FloatArray, FloatArray]:
    """Median and ninetieth percentile of the sum of the first 1, 2, ... days, each (n_days,).

    daily: expected units a day, shape (horizon,); its last whole weeks go on after its end.
    median, ninetieth: of demand over the first `cover_days` days. What lies between the mean and
    them shrinks with the square root of the days, as sums of unrelated days do. Neither falls, and
    the ninetieth is never below the median.
    """
    horizon = len(daily)
    if horizon == 0:
        return np.zeros(n_days), np.zeros(n_days)
    weeks = max(1, horizon // WEEK)
    repeated = np.arange(n_days)
    beyond = repeated >= horizon
    first = max(0, horizon - WEEK * weeks)
    repeated[beyond] = first + (repeated[beyond] - horizon) % (horizon - first)
    expected = np.cumsum(daily[repeated])
    cover = min(max(1, cover_days), n_days)
    usual = expected[cover - 1]
    if usual <= 0:
        return expected, expected
    narrowing = np.sqrt(cover / np.arange(1, n_days + 1))
    middle = expected * np.maximum(0.0, 1.0 + (median / usual - 1.0) * narrowing)
    high = expected * np.maximum(0.0, 1.0 + (ninetieth / usual - 1.0) * narrowing)
    middle = np.maximum.accumulate(middle)
    return middle, np.maximum.accumulate(np.maximum(middle, high))
