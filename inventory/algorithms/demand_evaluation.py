"""The demand model, its baselines and the version before it, measured on one hold-out."""

from dataclasses import dataclass, replace

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.demand_challenger import challenge
from inventory.algorithms.demand_model import DemandModel, DemandSettings
from inventory.algorithms.demand_training import (
    HORIZON,
    choose_settings,
    fit_demand_model,
)
from inventory.algorithms.events import Event, effects_of
from inventory.algorithms.history import DemandHistory, has_enough_history
from inventory.algorithms.lead_times import draw_lead_times
from inventory.algorithms.levels import seasonal_naive, weekday_trend_regression
from inventory.algorithms.metrics import coverage, point_scores
from inventory.algorithms.newcomers import Traits, add_newcomers
from inventory.algorithms.price_effect import pooled_elasticity
from inventory.algorithms.shop_total import fit_group_totals

PROMISED = (0.9, 0.95, 0.99)
# Of the standard normal, for the safety stock of the textbook.
NORMAL_Z = (1.2816, 1.6449, 2.3263)
DRAWS = 200


@dataclass(frozen=True)
class DemandFeatures:
    """What is learned from (everything before day `origin`) and what is held out (the rest).

    sku_ids: ascending, shape (n_skus,). revenue: any currency, shape (n_skus, n_days).
    lead_mean, lead_sd: days; review_days: whole days; shape (n_skus,).
    """

    sku_ids: IntArray
    history: DemandHistory
    revenue: FloatArray
    lead_mean: FloatArray
    lead_sd: FloatArray
    review_days: IntArray
    origin: int
    events: tuple[Event, ...] = ()
    """Numbered by the days and rows of `history`; those after the origin are plans."""
    is_promoted: BoolArray | None = None
    """Days with a promoted order line, shape (n_skus, n_days)."""
    traits: Traits | None = None

    def known(self) -> "DemandFeatures":
        """Only what was known at the origin."""
        return replace(
            self,
            history=self.history.until(self.origin),
            revenue=self.revenue[:, : self.origin],
            is_promoted=None if self.is_promoted is None else self.is_promoted[:, : self.origin],
        )

    def of(self, rows: BoolArray) -> "DemandFeatures":
        places = np.cumsum(rows) - 1
        return replace(
            self,
            events=tuple(
                event
                if event.rows is None
                else replace(event, rows=places[event.rows[rows[event.rows]]])
                for event in self.events
            ),
            is_promoted=None if self.is_promoted is None else self.is_promoted[rows],
            traits=None if self.traits is None else self.traits.of(rows),
            sku_ids=self.sku_ids[rows],
            history=self.history.of(rows),
            revenue=self.revenue[rows],
            lead_mean=self.lead_mean[rows],
            lead_sd=self.lead_sd[rows],
            review_days=self.review_days[rows],
        )


class RegressionBaseline:
    """Least squares of units on day and weekday per SKU, with the textbook's safety stock."""


@dataclass(frozen=True)
class Measured:
    metrics: dict[str, float]
    groups: dict[str, dict[str, float]]


def train_demand_model(features: DemandFeatures) -> DemandModel:
    """Choose global settings inside what is known, then fit on all of it.

    SKUs with a past learn from it; the challenger mends them where it has earned that; new SKUs
    are added last, from those that are like them.
    """
    everything = features.known()
    known = everything.of(has_enough_history(everything.history))
    settings = choose_settings(known.history, known.revenue)
    model = _fit(known, settings)
    challenged = challenge(known.history, settings, known.revenue)
    # The shop sells more than the SKUs that are worth a forecast of their own.
    whole, groups = fit_group_totals(everything.history, model.profile, model.season)
    model = replace(
        model,
        correction=challenged.correction,
        evidence=challenged.evidence,
        shop_total=whole,
        group_totals=groups,
    )
    if everything.traits is None:
        return model
    return add_newcomers(model, everything.history, everything.sku_ids, everything.traits)


def _fit(known: DemandFeatures, settings: DemandSettings) -> DemandModel:
    return fit_demand_model(
        known.history,
        known.sku_ids,
        lead_mean=known.lead_mean,
        lead_sd=known.lead_sd,
        review_days=known.review_days,
        settings=settings,
        events=known.events,
        is_promoted=known.is_promoted,
        elasticity=pooled_elasticity(known.history.units, known.revenue),
    )


def evaluate_demand(method: DemandModel | RegressionBaseline, features: DemandFeatures) -> Measured:
    """Score a method on the days from the origin on.

    A model that has already learned from those days is measured by its recipe instead: fitted
    anew, with its settings, on what was known at the origin.
    """
    features = features.of(has_enough_history(features.history.until(features.origin)))
    known = features.known()
    origin, n_days = features.origin, features.history.n_days
    horizon = n_days - origin
    calendar = features.history.calendar.extended_to(n_days)
    ahead = slice(origin, n_days)
    actual = features.history.units[:, ahead].astype(np.float64)
    days = np.minimum(
        draw_lead_times(features.lead_mean, features.lead_sd, n_draws=DRAWS)
        + features.review_days[:, None],
        horizon,
    )
    if isinstance(method, DemandModel):
        if method.learned_until >= calendar.day(origin):
            was_corrected = bool((method.correction != 1.0).any())
            method = _fit(known, method.settings)
            if was_corrected:
                again = challenge(known.history, method.settings, known.revenue)
                method = replace(method, correction=again.correction)
        expected, bounds = _of_model(method, features, days)
    else:
        expected = weekday_trend_regression(
            known.history.units, known.history.observed, calendar.weekdays, horizon=horizon
        )
        bounds = normal_bounds(known.history, days)
    # What nobody could buy says nothing about a forecast.
    expected = expected * features.history.observed[:, ahead]
    earned = known.revenue[:, -HORIZON:].sum(axis=1)
    metrics = _scores(expected, actual, known.history, earned)
    naive = seasonal_naive(known.history.units, horizon=horizon)
    naive_scores = point_scores(naive, actual, known.history, earned)
    metrics |= {
        "skus": float(len(features.sku_ids)),
        "seasonal_naive_wrmsse": naive_scores.wrmsse,
        "gain_on_seasonal_naive": 1.0 - metrics["wrmsse"] / max(naive_scores.wrmsse, 1e-12),
    }
    metrics |= _coverages(bounds, actual, days)
    # Of two dozen SKUs a good table may well miss a few: two standard errors are granted.
    error = float(np.sqrt(0.95 * 0.05 / max(1, len(actual))))
    metrics["coverage_95_at_best"] = min(1.0, metrics["coverage_95"] + 2.0 * error)
    return Measured(metrics, _groups(expected, actual, known.history, earned))


def _of_model(
    model: DemandModel, features: DemandFeatures, days: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Expected units per day, and quantiles over the sampled windows; 0 for unknown SKUs."""
    n_days = features.history.n_days - features.origin
    calendar = features.history.calendar.extended_to(features.history.n_days)
    ahead = slice(features.origin, features.history.n_days)
    rows = model.rows(features.sku_ids.tolist())
    has_row = (rows >= 0)[:, None]
    if len(model.sku_ids) == 0:
        return np.zeros((len(rows), n_days)), np.zeros((len(rows), len(PROMISED)))
    own = model.of(np.maximum(rows, 0))
    planned = effects_of(
        features.events,
        model.event_factors,
        n_skus=len(rows),
        n_days=n_days,
        start=features.origin,
    )
    shape = (calendar.weekdays[ahead], calendar.is_closed[ahead])
    effects = own.effects(calendar.day(features.origin), n_days, planned)
    means = own.window_mean(days, *shape, effects)
    bounds = np.stack([own.window_quantile(means, share) for share in PROMISED], axis=1)
    return own.predict(*shape, effects) * has_row, bounds * has_row


def normal_bounds(history: DemandHistory, days: IntArray, *, window: int = 84) -> FloatArray:
    """mu L + z sqrt(L s^2 + mu^2 sd_L^2), the safety stock of the textbook; (n_skus, 3)."""
    recent = history.units[:, -window:].astype(np.float64)
    mean, spread = recent.mean(axis=1), recent.std(axis=1)
    length, length_sd = days.mean(axis=1), days.std(axis=1)
    usual, deviation = mean * length, np.sqrt(length * spread**2 + (mean * length_sd) ** 2)
    bounds: FloatArray = usual[:, None] + deviation[:, None] * np.array(NORMAL_Z)
    return bounds


def _coverages(bounds: FloatArray, actual: FloatArray, days: IntArray) -> dict[str, float]:
    """Share of SKUs whose demand over five sampled windows stayed within each quantile."""
    running = np.concatenate([np.zeros((len(actual), 1)), actual.cumsum(axis=1)], axis=1)
    rows = np.arange(len(actual))
    shares = np.mean([coverage(bounds, running[rows, days[:, draw]]) for draw in range(5)], axis=0)
    return {
        f"coverage_{round(100 * promised)}": float(share)
        for promised, share in zip(PROMISED, shares, strict=True)
    }


def _scores(
    expected: FloatArray, actual: FloatArray, history: DemandHistory, revenue: FloatArray
) -> dict[str, float]:
    scores = point_scores(expected, actual, history, revenue)
    return {
        "wrmsse": scores.wrmsse,
        "rmsse": scores.rmsse,
        "total_rmsse": scores.total_rmsse,
        "wape_28": scores.wape_28,
        "bias": scores.bias,
        "abs_bias": abs(scores.bias),
    }


def _groups(
    expected: FloatArray, actual: FloatArray, history: DemandHistory, revenue: FloatArray
) -> dict[str, dict[str, float]]:
    """By how often a SKU sells: thirds of the share of observed days with demand."""
    share = history.sale_days / np.maximum(1, np.count_nonzero(history.observed, axis=1))
    third = np.searchsorted(np.quantile(share, [1 / 3, 2 / 3]), share) if len(share) else share
    groups = {}
    for number, name in enumerate(["sells:rarely", "sells:sometimes", "sells:often"]):
        rows = third == number
        if rows.any():
            groups[name] = _scores(
                expected[rows], actual[rows], history.of(rows), revenue[rows]
            ) | {"skus": float(rows.sum())}
    return groups
