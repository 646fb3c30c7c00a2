"""The shape that all SKUs of the shop share: which weekdays sell, and what a closed day does."""

from dataclasses import dataclass

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.history import DemandHistory


@dataclass(frozen=True)
class DayProfile:
    """Factors on a SKU's daily level."""

    weekday: FloatArray
    """Monday to Sunday, shape (7,), mean 1."""
    closed_day: float
    """Factor of a public holiday or announced closure, 1.0 when it changes nothing."""

    def over(self, weekdays: IntArray, is_closed: BoolArray) -> FloatArray:
        """Factor of each day, same shape as `weekdays`."""
        factors: FloatArray = self.weekday[weekdays] * np.where(is_closed, self.closed_day, 1.0)
        return factors


FLAT_PROFILE = DayProfile(weekday=np.ones(7), closed_day=1.0)


def fit_profile(history: DemandHistory, softened: FloatArray, *, window: int = 84) -> DayProfile:
    """Mean units of the whole shop per weekday over the last `window` days.

    softened: demand with bulk orders softened, shape (n_skus, n_days). One profile is pooled over
    the shop because most SKUs sell on fewer days than a weekday pattern of their own would need.
    A weekday seen fewer than twice keeps the factor 1; a shop without sales has a flat profile.
    Closed days are learned from the whole history, drawn towards 1 by one imagined day, and only
    believed when they differ from open days by two standard errors.
    """
    n_days = history.n_days
    weekdays = history.calendar.weekdays[:n_days]
    is_closed = history.calendar.is_closed[:n_days]
    totals, is_seen = _shop_totals(history, softened)
    recent = (np.arange(n_days) >= n_days - window) & is_seen
    weekday = np.ones(7)
    for number in range(7):
        days = recent & ~is_closed & (weekdays == number)
        if days.sum() >= 2:
            weekday[number] = totals[days].mean()
        else:
            weekday[number] = np.nan
    known = np.isfinite(weekday)
    if not known.any() or not weekday[known].sum() > 0:
        return FLAT_PROFILE
    weekday = np.where(known, weekday, weekday[known].mean())
    per_day = float(weekday.mean())
    expected = weekday[weekdays] * _drift(totals, per_day)
    closed = is_closed & is_seen
    closed_day = _closed_factor(totals[closed], expected[closed])
    return DayProfile(weekday=weekday / per_day, closed_day=closed_day)


def _closed_factor(totals: FloatArray, expected: FloatArray) -> float:
    """Sold over expected on closed days; 1 unless they clearly differ from other days.

    A calendar of another country says nothing about this shop: its ratios scatter around 1.
    """
    usual = expected > 0
    if np.count_nonzero(usual) < 2:
        return 1.0
    ratios = totals[usual] / expected[usual]
    error = float(ratios.std(ddof=1)) / float(np.sqrt(len(ratios)))
    if abs(float(ratios.mean()) - 1.0) <= 2.0 * error:
        return 1.0
    return min(2.0, (float(ratios.sum()) + 1.0) / (len(ratios) + 1.0))


def _shop_totals(history: DemandHistory, softened: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Units a day as if every SKU had been on the shelf every day, and the days to believe.

    Both have shape (n_days,). A day on which nothing was usual, such as a promotion of the whole
    shop, is not believed.
    """
    lifetime = np.maximum(1, np.count_nonzero(history.observed, axis=1))
    totals = softened.sum(axis=0, dtype=np.float64)
    means = (softened.sum(axis=1, dtype=np.float64) / lifetime).astype(np.float32)
    on_shelf = np.zeros(history.n_days)
    for start in range(0, history.n_skus, 1024):
        block = slice(start, start + 1024)
        on_shelf += means[block] @ history.observed[block].astype(np.float32)
    share = on_shelf / max(float(means.sum(dtype=np.float64)), 1e-12)
    # A day that hardly any SKU was observed on would be scaled up from next to nothing.
    corrected: FloatArray = totals / np.maximum(share, 0.2)
    return corrected, share > 0


def _drift(totals: FloatArray, per_day: float, span: int = 28) -> FloatArray:
    """How the days around each day compare with the window the weekdays were learned from."""
    kernel = np.ones(min(span, len(totals)))
    around: FloatArray = np.convolve(totals, kernel, mode="same") / np.convolve(
        np.ones(len(totals)), kernel, mode="same"
    )
    return around / per_day
