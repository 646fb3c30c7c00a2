"""What the whole shop sells in a day, forecast apart from the SKUs.

Levels of SKUs have their bulk orders softened, which is right for buying and too low for a budget.
"""

from dataclasses import dataclass

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.history import DemandHistory
from inventory.algorithms.profile import DayProfile
from inventory.algorithms.season import YearlyProfile

LOW, HIGH = 0.1, 0.9
FIRST_ORIGIN = 42
ORIGIN_STEP = 7
DAYS_AHEAD = 28
ALPHA = 0.03
WIDEST = 50.0


@dataclass(frozen=True)
class ShopTotal:
    level: float
    """Units of a mean day, bulk orders and all."""
    low_ratio: float
    """Tenth percentile of actual over expected on past days with sales expected."""
    high_ratio: float

    def predict(self, shape: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Expected units per day with the bounds of four days in five, each (n_days,).

        shape: factor of each day, from profile, season and what is planned.
        """
        expected = self.level * shape
        return expected, expected * self.low_ratio, expected * self.high_ratio


@dataclass(frozen=True)
class GroupTotals:
    """The same for each category; groups ascending, all of shape (n_groups,)."""

    groups: IntArray
    level: FloatArray
    low_ratio: FloatArray
    high_ratio: FloatArray

    def predict(
        self, shapes: FloatArray, total: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Expected units and bounds, each (n_groups, n_days); the groups add up to `total`.

        shapes: (n_groups, n_days); total: what the whole shop is expected to sell, (n_days,).
        """
        expected = self.level[:, None] * shapes
        whole = expected.sum(axis=0)
        factor = np.divide(total, whole, out=np.ones(len(whole)), where=whole > 0)
        expected = expected * factor
        return expected, expected * self.low_ratio[:, None], expected * self.high_ratio[:, None]


NO_GROUPS = GroupTotals(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros(0))


def fit_group_totals(
    history: DemandHistory, profile: DayProfile, season: YearlyProfile | None = None
) -> tuple[ShopTotal, GroupTotals]:
    """Of the whole shop and of each category, from every SKU of `history`."""
    usual = history.usual()
    n_days = usual.n_days
    shape = profile.over(usual.calendar.weekdays[:n_days], usual.calendar.is_closed[:n_days])
    group = np.zeros(usual.n_skus, dtype=np.int64) if usual.group is None else usual.group
    groups = np.unique(group)
    curves = None if season is None else season.over(usual.calendar.start_on, n_days)
    rows = np.zeros(0, dtype=np.int64) if season is None else season.rows(groups, len(groups))
    whole = fit_shop_total(
        usual.units.sum(axis=0, dtype=np.float64), shape if curves is None else shape * curves[-1]
    )
    fitted = [
        fit_shop_total(
            usual.units[group == one].sum(axis=0, dtype=np.float64),
            shape if curves is None else shape * curves[rows[place]],
        )
        for place, one in enumerate(groups.tolist())
    ]
    return whole, GroupTotals(
        groups,
        np.array([one.level for one in fitted]),
        np.array([one.low_ratio for one in fitted]),
        np.array([one.high_ratio for one in fitted]),
    )


def fit_shop_total(totals: FloatArray, shape: FloatArray, *, alpha: float = ALPHA) -> ShopTotal:
    """Exponential mean of the daily totals over the profile, and how past ones missed.

    totals, shape: (n_days,). Under six weeks of history there are no past misses: the band is
    then half to double.
    """
    n_days = len(totals)
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
        low_ratio=float(np.clip(low, 0.0, 1.0)),
        high_ratio=float(np.clip(high, 1.0, WIDEST)),
    )


def _level(totals: FloatArray, shape: FloatArray, alpha: float) -> float:
    weights = (1.0 - alpha) ** np.arange(len(totals) - 1, -1, -1)
    return float((totals * weights).sum() / max(float((shape * weights).sum()), 1e-9))
