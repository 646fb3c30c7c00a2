"""Fit the demand model: settings, levels, profile, and tables of past errors."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.conformal import fit_bins, splits_for
from inventory.algorithms.demand_levels import Levels, fit_levels
from inventory.algorithms.demand_model import DemandModel, DemandSettings
from inventory.algorithms.error_tables import (
    FIRST_ORIGIN,
    SEED,
    fit_tables,
    shift_by_recent_coverage,
)
from inventory.algorithms.events import Event, fit_event_factors
from inventory.algorithms.history import DemandHistory, has_enough_history
from inventory.algorithms.levels import syntetos_boylan
from inventory.algorithms.metrics import bias, point_scores, squared_steps
from inventory.algorithms.season import SHORTEST_HISTORY_DAYS
from inventory.algorithms.shop_total import fit_group_totals

HORIZON = 28
SETTINGS_SKUS = 4_000
WORTH_IT = 0.98


def forecast(
    history: DemandHistory, settings: DemandSettings, *, horizon: int = HORIZON
) -> FloatArray:
    """Expected units of the days after `history`, shape (n_skus, horizon)."""
    return _expected(fit_levels(history, settings), history, horizon)


def _expected(levels: Levels, history: DemandHistory, horizon: int) -> FloatArray:
    shape = levels.shape(history, slice(history.n_days, history.n_days + horizon))
    trend = np.exp(levels.trend_a_day * np.arange(1, horizon + 1))
    expected: FloatArray = (levels.level * levels.lift)[:, None] * (shape * trend)
    return expected


def choose_settings(
    history: DemandHistory, revenue: FloatArray, *, n_windows: int = 3, horizon: int = HORIZON
) -> DemandSettings:
    """Pick the settings that did best on the last whole windows of `history`.

    revenue: shape (n_skus, n_days). The score is the mean of WRMSSE, RMSSE, total RMSSE and
    WAPE, each relative to SBA on the same window, and of 1 + |bias|: a shop buys per SKU but
    budgets the total. First how bulk orders count, then whether to believe in a yearly profile
    and in a trend, which have to be better by 2 % for it: they are easily fitted to noise.
    A history too short for one window keeps the defaults.
    """
    history, revenue = _sample(history, revenue)
    origins = [history.n_days - horizon * (back + 1) for back in range(n_windows)]
    windows = [
        window
        for origin in origins
        if origin >= FIRST_ORIGIN and (window := _window(history, revenue, origin, horizon))
    ]
    if not windows:
        return DemandSettings()
    scored: dict[DemandSettings, float] = {}
    for multiple, power in ((6.0, 0.0), (4.0, 0.3), (3.0, 0.5), (6.0, 0.5)):
        scored |= _scores(
            [
                DemandSettings(bulk_multiple=multiple, bulk_power=power, total_share=share)
                for share in (0.0, 0.25, 0.5, 0.75, 1.0)
            ],
            windows,
            horizon,
        )
    chosen = min(scored, key=scored.__getitem__)
    year = [one for one in windows if one.known.n_days >= SHORTEST_HISTORY_DAYS]
    for more, on in (
        (replace(chosen, season_share=0.5), year),
        (replace(chosen, season_share=1.0), year),
    ):
        if on and _score(more, on, horizon) < WORTH_IT * _score(chosen, on, horizon):
            chosen = more
    trending = replace(chosen, trend_share=0.5)
    if _score(trending, windows, horizon) < WORTH_IT * _score(chosen, windows, horizon):
        chosen = trending
    return chosen


class _Window(NamedTuple):
    """What was known at an origin, its squared steps, what came, revenue, and the scores of SBA."""

    known: DemandHistory
    scale: FloatArray
    actual: FloatArray
    revenue: FloatArray
    reference: FloatArray
    is_usual: BoolArray | None


def _window(
    history: DemandHistory, revenue: FloatArray, origin: int, horizon: int
) -> _Window | None:
    known = history.until(origin)
    rows = has_enough_history(known)
    if not rows.any():
        return None
    known = known.of(rows)
    ahead = slice(origin, origin + horizon)
    # Promotions and closures are not what these settings are for.
    is_usual = None if history.is_special is None else ~history.is_special[rows, ahead]
    actual = history.units[rows, ahead].astype(np.float64)
    actual = actual if is_usual is None else actual * is_usual
    earned = revenue[rows, origin - horizon : origin].sum(axis=1)
    yardstick = np.repeat(syntetos_boylan(known.units)[:, None], horizon, axis=1)
    scale = squared_steps(known)
    reference = _score_vector(yardstick, actual, known, earned, scale)
    return _Window(known, scale, actual, earned, reference, is_usual)


def _score(settings: DemandSettings, windows: Sequence[_Window], horizon: int) -> float:
    return _scores([settings], windows, horizon)[settings]


def _scores(
    alike: Sequence[DemandSettings], windows: Sequence[_Window], horizon: int
) -> dict[DemandSettings, float]:
    """Of settings that differ in their share of the total alone: levels are fitted once."""
    total = dict.fromkeys(alike, 0.0)
    for known, scale, actual, earned, reference, is_usual in windows:
        levels = fit_levels(known, alike[0])
        for settings in alike:
            predicted = _expected(levels.lifted(settings.total_share), known, horizon)
            predicted = predicted if is_usual is None else predicted * is_usual
            scores = _score_vector(predicted, actual, known, earned, scale) / reference
            total[settings] += float(np.append(scores, 1.0 + abs(bias(predicted, actual))).mean())
    return total


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
    events: Sequence[Event] = (),
    is_promoted: BoolArray | None = None,
    elasticity: float = 0.0,
) -> DemandModel:
    """Learn from all of `history`.

    sku_ids: ascending, shape (n_skus,). lead_mean, lead_sd, review_days: shape (n_skus,).
    events: numbered by the days and rows of `history`. is_promoted: shape (n_skus, n_days).
    """
    settings = settings or DemandSettings()
    levels = fit_levels(history, settings)
    bins = fit_bins(levels.level, levels.sale_share, n_splits=splits_for(history.n_skus))
    day, window = fit_tables(
        history, settings, bins, lead_mean=lead_mean, lead_sd=lead_sd, review_days=review_days
    )
    window = shift_by_recent_coverage(
        window, history, settings, lead_mean=lead_mean, lead_sd=lead_sd, review_days=review_days
    )
    whole, groups = fit_group_totals(history, levels.profile, levels.season)
    count = history.n_skus
    return DemandModel(
        sku_ids=sku_ids,
        level=levels.level,
        sale_share=levels.sale_share,
        lift=levels.lift,
        profile=levels.profile,
        day_table=day,
        window_table=window,
        shop_total=whole,
        group_totals=groups,
        learned_until=history.calendar.day(history.n_days - 1),
        settings=settings,
        correction=np.ones(count),
        group=np.zeros(count, dtype=np.int64) if history.group is None else history.group,
        prior_share=np.zeros(count),
        cold_ratios=np.zeros(0),
        season=levels.season,
        trend_a_day=levels.trend_a_day,
        event_factors=fit_event_factors(history, events, levels.profile, is_promoted),
        elasticity=elasticity,
    )


def _score_vector(
    predicted: FloatArray,
    actual: FloatArray,
    known: DemandHistory,
    revenue: FloatArray,
    scale: FloatArray,
) -> FloatArray:
    scores = point_scores(predicted, actual, known, revenue, scale)
    return np.array([scores.wrmsse, scores.rmsse, scores.total_rmsse, scores.wape_28])
