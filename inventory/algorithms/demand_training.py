"""Fit the demand model: settings, levels, profile, and tables of past errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.conformal import (
    Bins,
    RatioTable,
    fit_bins,
    fit_ratio_table,
    splits_for,
)
from inventory.algorithms.demand_model import DemandModel, DemandSettings
from inventory.algorithms.history import DemandHistory, has_enough_history
from inventory.algorithms.lead_times import draw_lead_times
from inventory.algorithms.levels import exponential_mean, soften_bulk, syntetos_boylan
from inventory.algorithms.metrics import bias, point_scores
from inventory.algorithms.profile import DayProfile, fit_profile
from inventory.algorithms.shop_total import fit_shop_total

HORIZON = 28
FIRST_ORIGIN = 84
EARLIEST_ORIGIN = 42
ORIGIN_STEP = 14
TABLE_SKUS = 4_000
DRAWS_PER_ORIGIN = 3


@dataclass(frozen=True)
class Levels:
    level: FloatArray
    sale_share: FloatArray
    total_factor: float
    profile: DayProfile


def fit_levels(history: DemandHistory, settings: DemandSettings) -> Levels:
    """Level, share of sale days and shared profile from everything in `history`."""
    softened = soften_bulk(
        history.units, multiple=settings.bulk_multiple, power=settings.bulk_power
    )
    profile = fit_profile(history, softened)
    n_days = history.n_days
    shape = profile.over(history.calendar.weekdays[:n_days], history.calendar.is_closed[:n_days])
    level = exponential_mean(softened, history.observed, alphas=settings.alphas, profile=shape)
    weights = (1.0 - settings.total_alpha) ** np.arange(n_days - 1, -1, -1)
    plain = float((history.units.sum(axis=0, dtype=np.float64) * weights).sum())
    robust = float((softened.sum(axis=0, dtype=np.float64) * weights).sum())
    factor = 1.0 + settings.total_share * (plain / robust - 1.0) if robust > 0 else 1.0
    days = np.maximum(1, np.count_nonzero(history.observed, axis=1))
    return Levels(
        level=level, sale_share=history.sale_days / days, total_factor=factor, profile=profile
    )


def forecast(
    history: DemandHistory, settings: DemandSettings, *, horizon: int = HORIZON
) -> FloatArray:
    """Expected units of the days after `history`, shape (n_skus, horizon)."""
    levels = fit_levels(history, settings)
    calendar = history.calendar.extended_to(history.n_days + horizon)
    ahead = slice(history.n_days, history.n_days + horizon)
    shape = levels.profile.over(calendar.weekdays[ahead], calendar.is_closed[ahead])
    expected: FloatArray = np.outer(levels.level * levels.total_factor, shape)
    return expected


def choose_settings(
    history: DemandHistory, revenue: FloatArray, *, n_windows: int = 3, horizon: int = HORIZON
) -> DemandSettings:
    """Pick the settings that did best on the last whole windows of `history`.

    revenue: shape (n_skus, n_days). The score is the mean of WRMSSE, RMSSE, total RMSSE and
    WAPE, each relative to SBA on the same window, and of 1 + |bias|: a shop buys per SKU but
    budgets the total.
    A history too short for one window keeps the defaults.
    """
    history, revenue = _sample(history, revenue)
    origins = [history.n_days - horizon * (back + 1) for back in range(n_windows)]
    origins = [origin for origin in origins if origin >= FIRST_ORIGIN]
    grid = [
        DemandSettings(bulk_multiple=multiple, bulk_power=power, total_share=share)
        for (multiple, power), share in product(
            [(6.0, 0.0), (4.0, 0.3), (3.0, 0.5), (6.0, 0.5)], [0.0, 0.25, 0.4, 0.5]
        )
    ]
    totals = np.zeros(len(grid))
    for origin in origins:
        known = history.until(origin)
        rows = has_enough_history(known)
        if not rows.any():
            continue
        known = known.of(rows)
        actual = history.units[rows][:, origin : origin + horizon].astype(np.float64)
        earned = revenue[rows][:, origin - horizon : origin].sum(axis=1)
        yardstick = np.repeat(syntetos_boylan(known.units)[:, None], horizon, axis=1)
        reference = _score_vector(yardstick, actual, known, earned)
        for number, settings in enumerate(grid):
            predicted = forecast(known, settings, horizon=horizon)
            scores = _score_vector(predicted, actual, known, earned)
            totals[number] += np.append(
                scores / reference, 1.0 + abs(bias(predicted, actual))
            ).mean()
    if not totals.any():
        return DemandSettings()
    return grid[int(totals.argmin())]


def _sample(
    history: DemandHistory, revenue: FloatArray, seed: int = 20110930
) -> tuple[DemandHistory, FloatArray]:
    """As many SKUs as global settings need, so that a large shop waits no longer."""
    if history.n_skus <= TABLE_SKUS:
        return history, revenue
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(history.n_skus, TABLE_SKUS, replace=False))
    return history.of(rows), revenue[rows]


def fit_demand_model(
    history: DemandHistory,
    sku_ids: IntArray,
    *,
    lead_mean: FloatArray,
    lead_sd: FloatArray,
    review_days: IntArray,
    settings: DemandSettings | None = None,
) -> DemandModel:
    """Learn from all of `history`.

    sku_ids: ascending, shape (n_skus,). lead_mean, lead_sd, review_days: shape (n_skus,).
    """
    settings = settings or DemandSettings()
    levels = fit_levels(history, settings)
    bins = fit_bins(levels.level, levels.sale_share, n_splits=splits_for(history.n_skus))
    day, window = fit_tables(
        history,
        settings,
        bins,
        lead_mean=lead_mean,
        lead_sd=lead_sd,
        review_days=review_days,
    )
    return DemandModel(
        sku_ids=sku_ids,
        level=levels.level,
        sale_share=levels.sale_share,
        total_factor=levels.total_factor,
        profile=levels.profile,
        day_table=day,
        window_table=window,
        shop_total=fit_shop_total(history, levels.profile),
        learned_until=history.calendar.start_on + timedelta(days=history.n_days - 1),
        settings=settings,
    )


def fit_tables(
    history: DemandHistory,
    settings: DemandSettings,
    bins: Bins,
    *,
    lead_mean: FloatArray,
    lead_sd: FloatArray,
    review_days: IntArray,
    seed: int = 20110930,
) -> tuple[RatioTable, RatioTable]:
    """Tables for one day and for lead time plus review period, from origins every 14 days.

    A window that reaches past the end of the history is cut there, and the forecast it is held
    against is cut to the same elapsed part of the profile: leaving such windows out would forget
    the newest weeks, which measured worse in a growing shop.
    """
    rng = np.random.default_rng(seed)
    sample = np.arange(history.n_skus)
    if history.n_skus > TABLE_SKUS:
        sample = np.sort(rng.choice(history.n_skus, TABLE_SKUS, replace=False))
    pooled = history.of(sample)
    draws = draw_lead_times(lead_mean[sample], lead_sd[sample], n_draws=64, seed=seed)
    sample_review = review_days[sample]
    numbers: dict[str, list[IntArray]] = {"day": [], "window": []}
    ratios: dict[str, list[FloatArray]] = {"day": [], "window": []}
    # A young shop has to learn its tails from younger SKUs; an older one need not.
    is_young = history.n_days < FIRST_ORIGIN + 4 * ORIGIN_STEP
    first = EARLIEST_ORIGIN if is_young else FIRST_ORIGIN
    for origin in range(history.n_days - ORIGIN_STEP, first - 1, -ORIGIN_STEP):
        known = pooled.until(origin)
        enough = (
            has_enough_history(known, days=28, sale_days=4)
            if is_young
            else has_enough_history(known)
        )
        rows = np.flatnonzero(enough)
        if len(rows) == 0:
            continue
        levels = fit_levels(known.of(rows), settings)
        origin_bins = fit_bins(levels.level, levels.sale_share, n_splits=len(bins.level_edges) + 1)
        number = origin_bins.number(levels.level, levels.sale_share)
        past = _Aftermath.of(pooled, rows, origin, levels.profile)
        for _ in range(DRAWS_PER_ORIGIN):
            picked = draws[rows, rng.integers(0, draws.shape[1], len(rows))] + sample_review[rows]
            day = rng.integers(0, past.n_days, len(rows))
            for name, starts, ends in (
                ("window", np.zeros_like(picked), np.minimum(picked, past.n_days)),
                ("day", day, day + 1),
            ):
                ratio = past.ratio(levels.level, starts, ends)
                usable = np.isfinite(ratio)
                numbers[name].append(number[usable])
                ratios[name].append(ratio[usable])
    return _table(bins, numbers["day"], ratios["day"]), _table(
        bins, numbers["window"], ratios["window"]
    )


@dataclass(frozen=True)
class _Aftermath:
    """Running sums of what followed an origin, each with a leading zero."""

    units: FloatArray
    profile: FloatArray
    """Profile summed over the SKU's observed days only."""

    @classmethod
    def of(
        cls, history: DemandHistory, rows: IntArray, origin: int, profile: DayProfile
    ) -> "_Aftermath":
        ahead = slice(origin, min(history.n_days, origin + 90))
        units = history.units[rows, ahead].astype(np.float64)
        shape = profile.over(history.calendar.weekdays[ahead], history.calendar.is_closed[ahead])
        zero = np.zeros((len(rows), 1))
        return cls(
            units=np.concatenate([zero, units.cumsum(axis=1)], axis=1),
            profile=np.concatenate(
                [zero, (history.observed[rows, ahead] * shape).cumsum(axis=1)], axis=1
            ),
        )

    @property
    def n_days(self) -> int:
        return int(self.units.shape[1]) - 1

    def ratio(self, level: FloatArray, starts: IntArray, ends: IntArray) -> FloatArray:
        """Actual over expected between two days; NaN where nothing could be expected."""
        rows = np.arange(len(level))
        actual = self.units[rows, ends] - self.units[rows, starts]
        expected = level * (self.profile[rows, ends] - self.profile[rows, starts])
        ratio: FloatArray = np.divide(
            actual, expected, out=np.full(len(level), np.nan), where=expected > 1e-9
        )
        return ratio


def _table(bins: Bins, numbers: Sequence[IntArray], ratios: Sequence[FloatArray]) -> RatioTable:
    if not numbers:
        return fit_ratio_table(bins, np.zeros(0, dtype=np.int64), np.zeros(0))
    stacked = np.concatenate(numbers)
    return fit_ratio_table(bins, stacked, np.concatenate(ratios))


def _score_vector(
    predicted: FloatArray, actual: FloatArray, known: DemandHistory, revenue: FloatArray
) -> FloatArray:
    scores = point_scores(predicted, actual, known, revenue)
    return np.array([scores.wrmsse, scores.rmsse, scores.total_rmsse, scores.wape_28])
