"""Fit elasticities: own estimates, pulled towards those of the category and of the shop."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.elasticity import (
    FEWEST_WEEKS,
    FLATTEST,
    LEAST_VARIATION,
    STEEPEST,
    WIDE_BAND,
    ElasticityModel,
    UnitsBand,
)
from inventory.algorithms.price_panel import PricePanel, demean_twice, price_variation

# About what studies of shops find (Bijmolt, van Heerde and Pieters 2005: median -2.2). It counts
# only in a shop whose prices hardly ever moved.
PRIOR, PRIOR_VARIATION = -2.0, 0.5
# SKUs that a category must have to count as much as the whole shop.
CATEGORY_SKUS = 10.0
BAND_BINS = 5
WEEKS_AHEAD, WEEKS_BEFORE = 4, 8
FEWEST_RATIOS = 40
# Counts of a week are never surer than this, however well they fit.
LEAST_NOISE = 0.01
TURNS = 10


@dataclass(frozen=True)
class OwnEstimates:
    """Least squares of each SKU alone, shape (n_skus,); NaN where its price never moved.

    moved: sum of squares of log prices after SKU and week effects. noise: standard deviation of
    the log units of a week around the fit.
    """

    elasticity: FloatArray
    moved: FloatArray
    pooled: float
    noise: float


def estimate_each(panel: PricePanel) -> OwnEstimates:
    """Regress log units on log price with effects of SKU and week, for each SKU and for all.

    Slopes and week effects are fitted in turns: with one slope for all, what SKUs of other
    slopes do would be taken for the season.
    """
    price = _without_own_mean(panel.log_price, panel)
    units = _without_own_mean(panel.log_units, panel)
    moved = np.bincount(panel.sku, price * price, minlength=panel.n_skus)
    per_week = np.maximum(1, np.bincount(panel.week, minlength=panel.n_weeks))
    pooled = _pooled(panel)
    own = np.full(panel.n_skus, pooled)
    left = units
    for _turn in range(TURNS):
        slope = np.where(moved >= LEAST_VARIATION, np.clip(own, 2 * STEEPEST, 0.0), pooled)
        season = np.bincount(panel.week, units - slope[panel.sku] * price, panel.n_weeks)
        left = _without_own_mean(panel.log_units - (season / per_week)[panel.week], panel)
        joint = np.bincount(panel.sku, price * left, minlength=panel.n_skus)
        own = np.divide(joint, moved, out=np.full(panel.n_skus, np.nan), where=moved > 1e-9)
        units = left + (season / per_week)[panel.week]
    rest = left - np.nan_to_num(own)[panel.sku] * price
    freedom = max(1, len(panel) - 2 * panel.n_skus - panel.n_weeks)
    return OwnEstimates(
        elasticity=own,
        moved=moved.astype(np.float64),
        pooled=pooled,
        noise=float(np.sqrt((rest**2).sum() / freedom)) if len(panel) else 1.0,
    )


def _pooled(panel: PricePanel) -> float:
    """One slope for all, with effects of SKU and week."""
    price = demean_twice(panel.log_price, panel)
    units = demean_twice(panel.log_units, panel)
    joint, moved = float((price * units).sum()), float((price * price).sum())
    return (joint + PRIOR * PRIOR_VARIATION) / (moved + PRIOR_VARIATION)


def _without_own_mean(values: FloatArray, panel: PricePanel) -> FloatArray:
    count = np.maximum(1, np.bincount(panel.sku, minlength=panel.n_skus))
    mean = np.bincount(panel.sku, values, minlength=panel.n_skus) / count
    left: FloatArray = values - mean[panel.sku]
    return left


def between_variance(own: FloatArray, moved: FloatArray, noise: float) -> tuple[float, float]:
    """Mean of elasticities over SKUs and the variance of the true ones around it.

    DerSimonian and Laird (1986), "Meta-analysis in clinical trials". own, moved: shape (n_skus,)
    of SKUs worth it. Returns (PRIOR, 1.0) for fewer than three.
    """
    if len(own) < 3:
        return PRIOR, 1.0
    weight = moved / max(noise, 1e-6) ** 2
    mean = float((weight * own).sum() / weight.sum())
    excess = float((weight * (own - mean) ** 2).sum()) - (len(own) - 1)
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    variance = max(0.01, excess / max(scale, 1e-9))
    weight = 1.0 / (1.0 / weight + variance)
    return float((weight * own).sum() / weight.sum()), variance


def is_worth_it(panel: PricePanel, moved: FloatArray) -> BoolArray:
    """SKUs whose price moved enough, within weeks enough, to say something, shape (n_skus,)."""
    weeks = np.bincount(panel.sku, minlength=panel.n_skus)
    worth: BoolArray = (weeks >= FEWEST_WEEKS) & (moved >= LEAST_VARIATION)
    return worth


def fit_elasticity(
    panel: PricePanel, *, category: IntArray, learned_until: date
) -> ElasticityModel:
    """Learn from every week of the panel.

    category: one number a SKU, -1 for none, shape (n_skus,). Each SKU's own estimate is pulled
    towards its category's, each category's towards the shop's, by how much each of them knows
    (empirical Bayes, Efron and Morris 1975).
    """
    each = estimate_each(panel)
    worth = is_worth_it(panel, each.moved)
    mean, variance = between_variance(each.elasticity[worth], each.moved[worth], each.noise)
    centre = np.full(panel.n_skus, mean)
    for number in np.unique(category[worth & (category >= 0)]).tolist():
        members = worth & (category == number)
        weight = 1.0 / (each.noise**2 / each.moved[members] + variance)
        own = float((weight * each.elasticity[members]).sum() / weight.sum())
        share = members.sum() / (members.sum() + CATEGORY_SKUS)
        centre[category == number] = share * own + (1.0 - share) * mean
    knows = np.where(each.moved > 1e-9, each.moved, 0.0) / max(each.noise, LEAST_NOISE) ** 2
    believed = (knows * np.nan_to_num(each.elasticity) + centre / variance) / (
        knows + 1.0 / variance
    )
    lowest = np.full(panel.n_skus, np.inf)
    highest = np.zeros(panel.n_skus)
    np.minimum.at(lowest, panel.sku, panel.log_price)
    np.maximum.at(highest, panel.sku, panel.log_price)
    elasticity = np.clip(believed, STEEPEST, FLATTEST)
    return ElasticityModel(
        sku_ids=panel.sku_ids,
        elasticity=elasticity,
        spread=1.0 / np.sqrt(knows + 1.0 / variance),
        own=each.elasticity,
        variation=price_variation(panel),
        weeks=np.bincount(panel.sku, minlength=panel.n_skus),
        lowest=np.exp(lowest),
        highest=np.exp(highest),
        pooled=float(np.clip(mean, STEEPEST, FLATTEST)),
        pooled_spread=float(np.sqrt(variance)),
        noise=each.noise,
        learned_until=learned_until,
        band=fit_band(panel, elasticity),
    )


def fit_band(panel: PricePanel, elasticity: FloatArray) -> UnitsBand:
    """How far four weeks fell from the eight before them, once their prices were allowed for.

    What the whole shop rose or fell by is taken out: a forecast knows it.
    """
    expected, actual = [], []
    for origin in range(WEEKS_BEFORE, panel.n_weeks - WEEKS_AHEAD + 1, WEEKS_AHEAD):
        before, after = expected_units(panel, elasticity, origin=origin)
        rows = before > 0
        if rows.sum() < FEWEST_RATIOS or after[rows].sum() <= 0:
            continue
        expected.append(before[rows])
        actual.append(after[rows] * (before[rows].sum() / after[rows].sum()))
    if not expected:
        return WIDE_BAND
    before, after = np.concatenate(expected), np.concatenate(actual)
    n_bins = max(1, min(BAND_BINS, len(before) // FEWEST_RATIOS))
    edges = np.unique(np.quantile(before, np.arange(1, n_bins) / n_bins))
    bins = np.searchsorted(edges, before)
    ratio = after / before
    low, high = np.zeros(len(edges) + 1), np.zeros(len(edges) + 1)
    for number in range(len(edges) + 1):
        inside = ratio[bins == number]
        inside = inside if len(inside) else ratio
        low[number] = min(1.0, np.quantile(inside, 0.1))
        high[number] = max(1.0, np.quantile(inside, 0.9))
    return UnitsBand(edges, low, high)


def expected_units(
    panel: PricePanel, elasticity: FloatArray, *, origin: int
) -> tuple[FloatArray, FloatArray]:
    """Units of four weeks from `origin` on, expected from the eight before and as they came.

    Shape (n_skus,) both; 0.0 expected where a SKU sold nothing before. Weeks in which nothing
    was asked for count as zero; where nothing came, the price is taken to be as before.
    """
    is_before = (panel.week >= origin - WEEKS_BEFORE) & (panel.week < origin)
    is_after = (panel.week >= origin) & (panel.week < origin + WEEKS_AHEAD)
    sums, prices = [], []
    for rows in (is_before, is_after):
        count = np.bincount(panel.sku[rows], minlength=panel.n_skus)
        price = np.bincount(panel.sku[rows], panel.log_price[rows], minlength=panel.n_skus)
        sums.append(
            np.bincount(panel.sku[rows], np.exp(panel.log_units[rows]), minlength=panel.n_skus)
        )
        prices.append(np.divide(price, count, out=np.full(panel.n_skus, np.nan), where=count > 0))
    change = np.nan_to_num(prices[1] - prices[0])
    expected: FloatArray = sums[0] * (WEEKS_AHEAD / WEEKS_BEFORE) * np.exp(elasticity * change)
    return expected, sums[1].astype(np.float64)
