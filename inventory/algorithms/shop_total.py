"""What the whole shop sells in a day, forecast apart from the SKUs.

Levels of SKUs have their bulk orders softened, which is right for buying and too low for a budget.
"""

from dataclasses import dataclass

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.history import DemandHistory
from inventory.algorithms.profile import DayProfile

LOW, HIGH = 0.1, 0.9
FIRST_ORIGIN = 42
ORIGIN_STEP = 7
DAYS_AHEAD = 28


@dataclass(frozen=True)
class ShopTotal:
    level: float
    """Units of a mean day, bulk orders and all."""
    low_ratio: float
    """Tenth percentile of actual over expected on past days with sales expected."""
    high_ratio: float

    def predict(
        self, profile: DayProfile, weekdays: IntArray, is_closed: BoolArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Expected units per day with the bounds of four days in five, each (n_days,)."""
        expected = self.level * profile.over(weekdays, is_closed)
        return expected, expected * self.low_ratio, expected * self.high_ratio


def fit_shop_total(
    history: DemandHistory, profile: DayProfile, *, alpha: float = 0.03
) -> ShopTotal:
    """Exponential mean of the daily totals over the profile, and how past ones missed.

    Under six weeks of history there are no past misses: the band is then half to double.
    """
    totals = history.units.sum(axis=0, dtype=np.float64)
    n_days = history.n_days
    calendar = history.calendar
    shape = profile.over(calendar.weekdays[:n_days], calendar.is_closed[:n_days])
    ratios = []
    for origin in range(FIRST_ORIGIN, n_days, ORIGIN_STEP):
        ahead = slice(origin, min(n_days, origin + DAYS_AHEAD))
        expected = _level(totals[:origin], shape[:origin], alpha) * shape[ahead]
        open_days = shape[ahead] > 0.2
        if expected[open_days].sum() > 0:
            ratios.append(totals[ahead][open_days] / expected[open_days])
    low, high = np.quantile(np.concatenate(ratios), [LOW, HIGH]) if ratios else np.array([0.5, 2.0])
    return ShopTotal(
        level=_level(totals, shape, alpha),
        low_ratio=float(min(1.0, low)),
        high_ratio=float(max(1.0, high)),
    )


def _level(totals: FloatArray, shape: FloatArray, alpha: float) -> float:
    weights = (1.0 - alpha) ** np.arange(len(totals) - 1, -1, -1)
    return float((totals * weights).sum() / max(float((shape * weights).sum()), 1e-9))
