"""Fit the demand model: settings, levels, profile, and tables of past errors."""

from datetime import timedelta
from itertools import product

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.conformal import fit_bins, splits_for
from inventory.algorithms.demand_levels import fit_levels
from inventory.algorithms.demand_model import DemandModel, DemandSettings
from inventory.algorithms.error_tables import (
    FIRST_ORIGIN,
    SEED,
    fit_tables,
    shift_by_recent_coverage,
)
from inventory.algorithms.history import DemandHistory, has_enough_history
from inventory.algorithms.levels import syntetos_boylan
from inventory.algorithms.metrics import bias, point_scores
from inventory.algorithms.shop_total import fit_shop_total

HORIZON = 28
SETTINGS_SKUS = 4_000


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
    history: DemandHistory, revenue: FloatArray, seed: int = SEED
) -> tuple[DemandHistory, FloatArray]:
    """As many SKUs as global settings need, so that a large shop waits no longer."""
    if history.n_skus <= SETTINGS_SKUS:
        return history, revenue
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(history.n_skus, SETTINGS_SKUS, replace=False))
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
    window = shift_by_recent_coverage(
        window,
        history,
        settings,
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


def _score_vector(
    predicted: FloatArray, actual: FloatArray, known: DemandHistory, revenue: FloatArray
) -> FloatArray:
    scores = point_scores(predicted, actual, known, revenue)
    return np.array([scores.wrmsse, scores.rmsse, scores.total_rmsse, scores.wape_28])
