"""Level of each SKU and the profiles that all share, from everything known."""

from dataclasses import dataclass, replace

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.demand_model import DemandSettings
from inventory.algorithms.history import DemandHistory
from inventory.algorithms.levels import exponential_mean, soften_bulk
from inventory.algorithms.profile import DayProfile, fit_profile
from inventory.algorithms.season import YearlyProfile, fit_yearly_profile

TREND_WEEKS = 8
STEEPEST_A_DAY = 0.01
LARGEST_LIFT = 4.0
BLOCK = 1024


@dataclass(frozen=True)
class Levels:
    level: FloatArray
    sale_share: FloatArray
    lift: FloatArray
    """Factor of each SKU that brings the sum of all nearer to the unsoftened one, (n_skus,)."""
    profile: DayProfile
    season: YearlyProfile | None
    trend_a_day: float
    """Logarithm of the shop's growth a day, as far as the settings believe in it."""
    spread: FloatArray
    """Root mean square of the steps from day to day, (n_skus,)."""
    missing: float
    """Share of the sum of all that softening took."""

    def lifted(self, total_share: float) -> "Levels":
        """The same with another share of what is missing handed out."""
        return replace(self, lift=_lift(self.level, self.spread, total_share * self.missing))

    def shape(self, history: DemandHistory, days: slice) -> FloatArray:
        """Profile and season of some days, (n_days,) or with a season (n_skus, n_days)."""
        calendar = history.calendar.extended_to(days.stop)
        shared = self.profile.over(calendar.weekdays[days], calendar.is_closed[days])
        if self.season is None:
            return shared
        curves = self.season.over(calendar.day(days.start), days.stop - days.start)
        shape: FloatArray = shared * curves[self.season.rows(history.group, history.n_skus)]
        return shape


def fit_levels(history: DemandHistory, settings: DemandSettings) -> Levels:
    """Level, share of sale days and shared profiles from everything in `history`."""
    usual = history.usual()
    softened = soften_bulk(usual.units, multiple=settings.bulk_multiple, power=settings.bulk_power)
    profile = fit_profile(usual, softened)
    n_days = usual.n_days
    shape = profile.over(usual.calendar.weekdays[:n_days], usual.calendar.is_closed[:n_days])
    weights = (1.0 - settings.total_alpha) ** np.arange(n_days - 1, -1, -1)
    totals = softened.sum(axis=0, dtype=np.float64)
    plain = float((usual.units.sum(axis=0, dtype=np.float64) * weights).sum())
    robust = float((totals * weights).sum())
    trend = settings.trend_share * _growth(totals, shape) if settings.trend_share else 0.0
    season = None
    if settings.season_share and (learned := fit_yearly_profile(usual, softened, profile)):
        season = learned.softened(settings.season_share)
        _take_off(softened, season.over(usual.calendar.start_on, n_days), season, usual)
    level = exponential_mean(softened, usual.observed, alphas=settings.alphas, profile=shape)
    days = np.maximum(1, np.count_nonzero(usual.observed, axis=1))
    bare = Levels(
        level=level,
        sale_share=usual.sale_days / days,
        lift=np.ones(len(level)),
        profile=profile,
        season=season,
        trend_a_day=trend,
        spread=_spread(usual.units),
        missing=plain / robust - 1.0 if robust > 0 else 0.0,
    )
    return bare.lifted(settings.total_share)


def _take_off(
    softened: FloatArray, curves: FloatArray, season: YearlyProfile, history: DemandHistory
) -> None:
    """Divide by the season in place: what is left has a level that can be averaged."""
    rows: IntArray = season.rows(history.group, history.n_skus)
    for start in range(0, len(softened), BLOCK):
        block = slice(start, start + BLOCK)
        softened[block] /= curves[rows[block]].astype(softened.dtype)


def _growth(totals: FloatArray, shape: FloatArray) -> float:
    """Slope a day of the logarithm of the last eight weeks, at most 1 % either way."""
    weeks = min(TREND_WEEKS, len(totals) // 7)
    if weeks < TREND_WEEKS:
        return 0.0
    sold = totals[-7 * weeks :].reshape(weeks, 7).sum(axis=1)
    open_days = shape[-7 * weeks :].reshape(weeks, 7).sum(axis=1)
    if not (sold > 0).all() or not (open_days > 0).all():
        return 0.0
    slope = np.polyfit(7.0 * np.arange(weeks), np.log(sold / open_days), 1)[0]
    return float(np.clip(slope, -STEEPEST_A_DAY, STEEPEST_A_DAY))


def _spread(units: FloatArray) -> FloatArray:
    """Root mean square of the steps from day to day, shape (n_skus,)."""
    squares = [
        np.square(np.diff(units[start : start + BLOCK], axis=1)).mean(axis=1, dtype=np.float64)
        for start in range(0, len(units), BLOCK)
        if units.shape[1] > 1
    ]
    return np.sqrt(np.concatenate(squares)) if squares else np.zeros(len(units))


def _lift(level: FloatArray, spread: FloatArray, missing: float) -> FloatArray:
    """Factor of each SKU so that all together gain the share `missing` of their sum.

    What softening took is handed out by how far each SKU's days lie apart, not by its level, in
    the manner of Wickramasuriya, Athanasopoulos and Hyndman (2019), "Optimal forecast
    reconciliation": who errs most anyway takes most of the correction. They weigh by the variance;
    by the standard deviation measured better, since a variance hands it all to a few SKUs.
    """
    weights = np.where(level > 0, spread, 0.0)
    if missing == 0.0 or not weights.sum() > 0:
        return np.ones(len(level))
    share = missing * float(level.sum()) * weights / float(weights.sum())
    lift = 1.0 + np.divide(share, level, out=np.zeros(len(level)), where=level > 0)
    lowest = min(1.0, 1.0 + missing)
    lifted: FloatArray = np.clip(lift, max(0.0, lowest), LARGEST_LIFT)
    return lifted
