"""How well elasticities tell, in weeks they have not seen, what a change of price does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.elasticity import ElasticityModel
from inventory.algorithms.elasticity_training import (
    WEEKS_AHEAD,
    estimate_each,
    expected_units,
    is_worth_it,
)
from inventory.algorithms.price_panel import PricePanel

HALF_LIFE_WEEKS = 13.0
# Weeks whose price stands this far from the SKU's usual one: where a reaction can be seen.
MOVED = 0.05


class Elastic(Protocol):
    def elasticities(self, sku_ids: IntArray) -> FloatArray: ...


class NoReaction:
    """The dumb method: whatever the price, as much is asked for."""

    def elasticities(self, sku_ids: IntArray) -> FloatArray:
        return np.zeros(len(sku_ids))


@dataclass(frozen=True)
class Unpooled:
    """Least squares of each SKU alone, as far as its price moved; no reaction for the others."""

    sku_ids: IntArray
    own: FloatArray

    def elasticities(self, sku_ids: IntArray) -> FloatArray:
        place = np.minimum(np.searchsorted(self.sku_ids, sku_ids), len(self.sku_ids) - 1)
        known = self.sku_ids[place] == sku_ids
        answer: FloatArray = np.where(known, np.nan_to_num(self.own[place]), 0.0)
        return answer


@dataclass(frozen=True)
class PriceFeatures:
    """The panel, the category of each of its SKUs, and the week from which on it is held out.

    last_day: of the panel's last week.
    """

    panel: PricePanel
    category: IntArray
    origin: int
    last_day: date

    def known(self) -> "PriceFeatures":
        return replace(self, panel=self.panel.until(self.origin), last_day=self.known_until)

    @property
    def known_until(self) -> date:
        """The last day before the hold-out."""
        return self.last_day - timedelta(weeks=self.panel.n_weeks - self.origin)


def fit_unpooled(panel: PricePanel) -> Unpooled:
    return Unpooled(panel.sku_ids, estimate_each(panel).elasticity)


def figures(model: Elastic, features: PriceFeatures) -> Mapping[str, float]:
    """Errors of predicted changes of log units in the weeks from `origin` on.

    A change is held against the SKU's usual week before (mean of log units and log prices, newer
    weeks count more). What all SKUs rose or fell by in a week is taken out of every method's
    errors, so that none is judged by the season. Only SKUs whose price had moved enough before.

    Returns mae_log (all weeks), mae_log_moved and rmse_log_moved (weeks whose price moved), rows
    and rows_moved; of a model with a band, coverage_80 of the four weeks' units.
    """
    panel = features.panel
    known = panel.until(features.origin)
    worth = is_worth_it(known, estimate_each(known).moved)
    usual_units, usual_price = _usual_week(known, features.origin)
    ahead = (panel.week >= features.origin) & (panel.week < features.origin + WEEKS_AHEAD)
    rows = np.flatnonzero(ahead & worth[panel.sku])
    sku, week = panel.sku[rows], panel.week[rows] - features.origin
    price = panel.log_price[rows] - usual_price[sku]
    elasticity = model.elasticities(panel.sku_ids)
    error = panel.log_units[rows] - usual_units[sku] - elasticity[sku] * price
    count = np.maximum(1, np.bincount(week, minlength=WEEKS_AHEAD))
    error = error - (np.bincount(week, error, minlength=WEEKS_AHEAD) / count)[week]
    moved = np.abs(price) > MOVED
    found = {
        "mae_log": _mean(np.abs(error)),
        "mae_log_moved": _mean(np.abs(error[moved])),
        "rmse_log_moved": float(np.sqrt(_mean(error[moved] ** 2))),
        "rows": float(len(rows)),
        "rows_moved": float(moved.sum()),
    }
    if isinstance(model, ElasticityModel):
        found["coverage_80"] = _coverage(model, features, elasticity)
    return found


def _usual_week(known: PricePanel, origin: int) -> tuple[FloatArray, FloatArray]:
    count = np.maximum(1, np.bincount(known.sku, minlength=known.n_skus))
    mean = np.bincount(known.sku, known.log_units, minlength=known.n_skus) / count
    per_week = np.maximum(1, np.bincount(known.week, minlength=known.n_weeks))
    apart = known.log_units - mean[known.sku]
    season = np.bincount(known.week, apart, minlength=known.n_weeks) / per_week
    weight = 0.5 ** ((origin - known.week) / HALF_LIFE_WEEKS)
    total = np.maximum(np.bincount(known.sku, weight, minlength=known.n_skus), 1e-12)
    units = known.log_units - season[known.week]
    return (
        np.bincount(known.sku, weight * units, minlength=known.n_skus) / total,
        np.bincount(known.sku, weight * known.log_price, minlength=known.n_skus) / total,
    )


def _coverage(model: ElasticityModel, features: PriceFeatures, elasticity: FloatArray) -> float:
    """Share of SKUs whose four weeks fell within the band, the shop's own rise taken out."""
    expected, actual = expected_units(features.panel, elasticity, origin=features.origin)
    rows = expected > 0
    if not rows.any() or actual[rows].sum() <= 0:
        return 0.0
    expected, actual = expected[rows], actual[rows]
    actual = actual * (expected.sum() / actual.sum())
    place = np.searchsorted(model.band.edges, expected)
    inside = (actual >= model.band.low[place] * expected) & (
        actual <= model.band.high[place] * expected
    )
    return float(inside.mean())


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else float("nan")
