"""The yearly profile: how the weeks of a year differ, by category, once a year was seen.

Level times season is the multiplicative decomposition of Winters (1960), "Forecasting sales by
exponentially weighted moving averages", with one season for a whole category instead of one for
each SKU: a year or two of one SKU say too little about its own.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.history import DemandHistory
from inventory.algorithms.profile import DayProfile

DAYS_A_YEAR = 366
SMOOTHED_OVER_DAYS = 35
SHORTEST_HISTORY_DAYS = 372
# A category that sold this many units in a year counts as much as the shop.
UNITS_TO_BELIEVE = 1_000.0
LOWEST, HIGHEST = 0.2, 5.0


@dataclass(frozen=True)
class YearlyProfile:
    """Factors by category and day of the year.

    groups: ascending, shape (n_groups,). curves: shape (n_groups + 1, 366), mean 1 along a row;
    the last row is the shop's own, for SKUs of other groups.
    """

    groups: IntArray
    curves: FloatArray

    def rows(self, group: IntArray | None, n_skus: int) -> IntArray:
        """Row of `curves` for each SKU, shape (n_skus,)."""
        last = len(self.groups)
        if group is None or last == 0:
            return np.full(n_skus, last, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.groups, group), last - 1)
        rows: IntArray = np.where(self.groups[found] == group, found, last)
        return rows

    def over(self, start_on: date, n_days: int) -> FloatArray:
        """Factors of the days from `start_on`, shape (n_groups + 1, n_days)."""
        factors: FloatArray = self.curves[:, days_of_year(start_on, n_days)]
        return factors

    def softened(self, share: float) -> "YearlyProfile":
        """The same with only a share of its ups and downs, 0 to 1."""
        return YearlyProfile(self.groups, self.curves**share)


def days_of_year(start_on: date, n_days: int) -> IntArray:
    """0 to 365, so that 1 March has one number in leap years and others, shape (n_days,)."""
    days = [start_on + timedelta(days=number) for number in range(n_days)]
    return np.array(
        [date(2000, day.month, day.day).timetuple().tm_yday - 1 for day in days], dtype=np.int64
    )


def fit_yearly_profile(
    history: DemandHistory, softened: FloatArray, profile: DayProfile
) -> YearlyProfile | None:
    """Learn it from everything in `history`; None under 372 days.

    softened: demand with bulk orders softened, shape (n_skus, n_days). Categories are drawn
    towards the shop's own curve by how few units they sold.
    """
    n_days = history.n_days
    if n_days < SHORTEST_HISTORY_DAYS:
        return None
    calendar = history.calendar
    shape = profile.over(calendar.weekdays[:n_days], calendar.is_closed[:n_days])
    totals = softened.sum(axis=0, dtype=np.float64)
    numbers = days_of_year(calendar.start_on, n_days)
    shop = _curve(totals, shape, numbers, np.ones(DAYS_A_YEAR), 0.0)
    groups = np.zeros(0, dtype=np.int64) if history.group is None else np.unique(history.group)
    curves = []
    for group in groups.tolist():
        units = softened[history.group == group].sum(axis=0, dtype=np.float64)
        a_year = float(units.sum()) * DAYS_A_YEAR / n_days
        weight = UNITS_TO_BELIEVE / (UNITS_TO_BELIEVE + a_year)
        curves.append(_curve(units, shape, numbers, shop, weight))
    return YearlyProfile(groups, np.stack([*curves, shop]))


def _curve(
    units: FloatArray, shape: FloatArray, numbers: IntArray, prior: FloatArray, prior_weight: float
) -> FloatArray:
    """Smoothed units over those of a usual day of the same twelve months, shape (366,)."""
    if not units.sum() > 0:
        return prior
    level = _around(units, DAYS_A_YEAR) / np.maximum(_around(shape, DAYS_A_YEAR), 1e-9)
    expected = level * shape
    sold, hoped = np.zeros(DAYS_A_YEAR), np.zeros(DAYS_A_YEAR)
    np.add.at(sold, numbers, units)
    np.add.at(hoped, numbers, expected)
    kernel = np.bartlett(SMOOTHED_OVER_DAYS + 2)[1:-1]
    smooth, usual = _circular(sold, kernel), _circular(hoped, kernel)
    ratio = np.divide(smooth, usual, out=np.ones(DAYS_A_YEAR), where=usual > 0)
    curve = np.clip(ratio / ratio.mean(), LOWEST, HIGHEST) ** (1.0 - prior_weight)
    curve = curve * prior**prior_weight
    normal: FloatArray = curve / curve.mean()
    return normal


def _around(values: FloatArray, span: int) -> FloatArray:
    """Mean of the `span` days around each day, moved inwards at the ends."""
    span = min(span, len(values))
    running = np.concatenate([[0.0], np.cumsum(values)])
    starts = np.clip(np.arange(len(values)) - span // 2, 0, len(values) - span)
    means: FloatArray = (running[starts + span] - running[starts]) / span
    return means


def _circular(values: FloatArray, kernel: FloatArray) -> FloatArray:
    half = len(kernel) // 2
    wrapped = np.concatenate([values[-half:], values, values[:half]])
    smooth: FloatArray = np.convolve(wrapped, kernel, mode="valid")
    return smooth
