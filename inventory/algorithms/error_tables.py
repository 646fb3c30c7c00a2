"""How wrong past forecasts were, and whether the promises made of that were kept lately."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.conformal import (
    PROBABILITIES,
    Bins,
    RatioTable,
    fit_bins,
    fit_ratio_table,
)
from inventory.algorithms.demand_levels import Levels, fit_levels
from inventory.algorithms.demand_model import DemandSettings
from inventory.algorithms.history import DemandHistory, has_enough_history
from inventory.algorithms.lead_times import draw_lead_times

FIRST_ORIGIN = 84
EARLIEST_ORIGIN = 42
ORIGIN_STEP = 14
TABLE_SKUS = 3_000
DRAWS_PER_ORIGIN = 3
SEED = 20110930
LATELY_DAYS = 28
SHIFTED_FROM = 0.5
FEWEST_SKUS_TO_SHIFT = 300


def fit_tables(
    history: DemandHistory,
    settings: DemandSettings,
    bins: Bins,
    *,
    lead_mean: FloatArray,
    lead_sd: FloatArray,
    review_days: IntArray,
    seed: int = SEED,
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
        past = _Aftermath.of(pooled.of(rows), origin, levels)
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
    def of(cls, history: DemandHistory, origin: int, levels: Levels) -> "_Aftermath":
        usual = history.usual()
        ahead = slice(origin, min(history.n_days, origin + 90))
        units = usual.units[:, ahead].astype(np.float64)
        shape = levels.shape(history, ahead)
        zero = np.zeros((history.n_skus, 1))
        return cls(
            units=np.concatenate([zero, units.cumsum(axis=1)], axis=1),
            profile=np.concatenate(
                [zero, (usual.observed[:, ahead] * shape).cumsum(axis=1)], axis=1
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


def shift_by_recent_coverage(
    table: RatioTable,
    history: DemandHistory,
    settings: DemandSettings,
    *,
    lead_mean: FloatArray,
    lead_sd: FloatArray,
    review_days: IntArray,
    seed: int = SEED,
) -> RatioTable:
    """Ask the table for more where the last four weeks kept less than was promised.

    In the manner of Gibbs and Candes (2021), "Adaptive conformal inference under distribution
    shift", in one step: the table of four weeks ago is held against what came since, and each
    probability is replaced by the one that would have covered as much as it says. Under 300 SKUs,
    or without 24 weeks of history, what came since says too little, and the table stays.
    """
    origin = history.n_days - LATELY_DAYS
    if origin < FIRST_ORIGIN + 4 * ORIGIN_STEP:
        return table
    rng = np.random.default_rng(seed)
    sample = np.arange(history.n_skus)
    if history.n_skus > TABLE_SKUS:
        sample = np.sort(rng.choice(history.n_skus, TABLE_SKUS, replace=False))
    known = history.until(origin)
    rows = sample[has_enough_history(known.of(sample))]
    if len(rows) < FEWEST_SKUS_TO_SHIFT:
        return table
    known = known.of(rows)
    mean, spread, review = lead_mean[rows], lead_sd[rows], review_days[rows]
    levels = fit_levels(known, settings)
    bins = fit_bins(levels.level, levels.sale_share, n_splits=len(table.bins.level_edges) + 1)
    _day, before = fit_tables(
        known, settings, bins, lead_mean=mean, lead_sd=spread, review_days=review, seed=seed
    )
    past = _Aftermath.of(history.of(rows), origin, levels)
    draws = draw_lead_times(mean, spread, n_draws=64, seed=seed)
    days = np.minimum(draws + review[:, None], past.n_days)
    numbers = np.arange(len(rows))
    shape = np.broadcast_to(
        levels.shape(known, slice(origin, history.n_days)), (len(rows), past.n_days)
    )
    elapsed = np.concatenate([np.zeros((len(rows), 1)), shape.cumsum(axis=1)], axis=1)
    expected = levels.level * np.take_along_axis(elapsed, days, axis=1).mean(axis=1)
    bounds = expected[:, None] * before.ratios[bins.number(levels.level, levels.sale_share)]
    kept = np.mean(
        [
            (past.units[numbers, days[numbers, pick]][:, None] <= bounds).mean(axis=0)
            for pick in rng.integers(0, days.shape[1], (5, len(rows)))
        ],
        axis=0,
    )
    needed = np.interp(PROBABILITIES, np.maximum.accumulate(kept), PROBABILITIES)
    asked = np.where(PROBABILITIES > SHIFTED_FROM, needed, PROBABILITIES)
    asked = np.maximum.accumulate(asked)
    shifted = np.array([np.interp(asked, PROBABILITIES, row) for row in table.ratios])
    return replace(table, ratios=shifted)
