"""From the fill rate that staff ask for to the share of windows that may run short.

A reorder point set at the 95 % quantile does not fill 95 % of the units: what runs short is the few
large orders. How much stricter it must be is read off a replay of weeks that are already known.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_bounds import HIGHEST_PROBABILITY
from inventory.algorithms.simulation import Replay

# A short lead time is lived through more often than a long one, so each may fail more rarely.
COVER_POWER: Final = 0.7
USUAL_COVER_DAYS: Final = 8.0
LARGEST_LEEWAY: Final = 1.0
SMALLEST_LEEWAY: Final = 0.05
STEPS: Final = 6
LOWEST_PROBABILITY: Final = 0.5
DAYS_A_WEEK: Final = 7


def window_probability(
    fill_rate: FloatArray, cover_days: FloatArray, *, leeway: float
) -> FloatArray:
    """Share of windows to be covered so that `fill_rate` of the units is filled.

    leeway: share of windows that may run short per share of units that may, at a usual cover.
    """
    usual = np.maximum(cover_days, 1.0) / USUAL_COVER_DAYS
    short = leeway * (1.0 - fill_rate) * usual**COVER_POWER
    probability: FloatArray = np.clip(1.0 - short, LOWEST_PROBABILITY, HIGHEST_PROBABILITY)
    return probability


def choose_leeway(replayed: Callable[[float], Replay], *, fill_rate: float) -> float:
    """The largest leeway with which the weeks replayed would have kept the fill rate.

    What is asked for is a promise, not a mean: the rate is to be kept one standard error of the
    weeks above it, so that weeks unlike the replayed ones may be a little worse.
    """
    low, high = SMALLEST_LEEWAY, LARGEST_LEEWAY
    if kept_rate(replayed(high)) >= fill_rate:
        return high
    for _step in range(STEPS):
        middle = float(np.sqrt(low * high))
        if kept_rate(replayed(middle)) >= fill_rate:
            low = middle
        else:
            high = middle
    return low


def kept_rate(replay: Replay) -> float:
    """Fill rate less its standard error, taking weeks for independent."""
    weeks = np.arange(len(replay.daily_requested)) // DAYS_A_WEEK
    asked = np.bincount(weeks, weights=replay.daily_requested)
    total = float(asked.sum())
    if total == 0:
        return 1.0
    filled = np.bincount(weeks, weights=replay.daily_requested * replay.daily_fill)
    rate = replay.fill_rate
    error = float(np.sqrt(((filled - rate * asked) ** 2).sum())) / total
    return rate - error
