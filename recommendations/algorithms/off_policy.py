"""What another way to choose would have earned, from a log of what was shown by chance.

Horvitz and Thompson's weights (IPS), the same scaled to a mean of one (SNIPS; Swaminathan and
Joachims 2015), and the doubly robust estimate (Dudik, Langford and Li 2011), which adds a click
model and lets the weights correct only what the model misses. Weights are cut at the square root of
the number of rows (Ionides 2008, "Truncated importance sampling"): a rule of the log's size alone,
so nothing is chosen by looking at the answer.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from recommendations.algorithms.shopping_log import FloatArray, IntArray

BOOTSTRAPS: Final = 1000
CONFIDENCE: Final = 0.95
# Fewer effective rows, or clicks with weight, make intervals that promise more than they keep
# (docs/experiments.md has their measured coverage).
FEWEST_EFFECTIVE: Final = 500
FEWEST_CLICKS: Final = 10


@dataclass(frozen=True, slots=True)
class Log:
    """One row an impression, shape (n,) each.

    weights: how much likelier the new way was to show this item there than the old one was.
    clicked: 1.0 or 0.0. visitors: who saw it; rows of one visitor are drawn together.
    expected_shown: the click model's mean for what was shown; expected_new: for what the new way
    would show in the same place, on average. agrees: the new way would surely have shown the same.
    today: weights of the way that is used today, which the log follows but for its chances.
    """

    weights: FloatArray
    clicked: FloatArray
    visitors: IntArray
    expected_shown: FloatArray
    expected_new: FloatArray
    agrees: FloatArray
    today: FloatArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """Clicks per impression, with an interval by bootstrap over visitors.

    effective: rows of a log without weights that would say as much (Kish). clipped: share of rows
    whose weight was cut.
    """

    value: float
    lower: float
    upper: float
    effective: float
    clipped: float

    def is_enough(self, clicks_with_weight: int) -> bool:
        return self.effective >= FEWEST_EFFECTIVE and clicks_with_weight >= FEWEST_CLICKS


def estimates(log: Log, *, seed: int = 0, bootstraps: int = BOOTSTRAPS) -> dict[str, Estimate]:
    """By way to estimate: "ips", "snips", "dr", "direct" (click model alone), "replay".

    And "today", what today's way earns, and "gain", the doubly robust estimate less that: rows
    that both share move both, so its interval says more than two side by side.
    """
    cut = math.sqrt(max(len(log.clicked), 1))
    weights = np.minimum(log.weights, cut)
    clipped = float(np.mean(log.weights > cut)) if len(weights) else 0.0
    effective = effective_rows(weights)
    sums = _sums_by_visitor(log, weights)
    draws = _drawn_counts(len(sums), seed=seed, bootstraps=bootstraps)
    drawn = draws @ sums
    whole = sums.sum(axis=0)
    answer = {}
    for name, columns in _RATIOS.items():
        top, bottom = columns
        value = float(_ratio(whole[None, :], top, bottom)[0])
        lower, upper = _interval(
            _ratio(drawn, top, bottom), value, sums[:, top] - value * sums[:, bottom]
        )
        answer[name] = Estimate(
            value=value,
            lower=lower if name == "gain" else max(lower, 0.0),
            upper=upper,
            effective=float(log.agrees.sum()) if name == "replay" else effective,
            clipped=clipped if name in {"ips", "snips", "dr", "gain"} else 0.0,
        )
    return answer


# Columns of the sums whose ratio is the estimate.
_ROWS, _WEIGHT, _WEIGHTED, _CORRECTED, _EXPECTED, _AGREED, _AGREED_CLICKS, _TODAY, _GAIN = range(9)
_RATIOS: Final[Mapping[str, tuple[int, int]]] = {
    "ips": (_WEIGHTED, _ROWS),
    "snips": (_WEIGHTED, _WEIGHT),
    "dr": (_CORRECTED, _ROWS),
    "direct": (_EXPECTED, _ROWS),
    "replay": (_AGREED_CLICKS, _AGREED),
    "today": (_TODAY, _ROWS),
    "gain": (_GAIN, _ROWS),
}


def effective_rows(weights: FloatArray) -> float:
    """Kish (1965): the square of the sum over the sum of squares."""
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def click_model(
    items: IntArray, places: IntArray, clicked: FloatArray, *, n_items: int, n_places: int
) -> FloatArray:
    """Expected clicks of each item in each place, shape (n_items, n_places).

    The place's own rate times how the item does against what its places would give it, drawn
    towards one by as many expected clicks as the spread between items calls for (gamma-Poisson;
    method of moments).
    """
    shown = np.bincount(places, minlength=n_places).astype(np.float64)
    rate = np.bincount(places, weights=clicked, minlength=n_places) / np.maximum(shown, 1)
    expected = np.bincount(items, weights=rate[places], minlength=n_items)
    got = np.bincount(items, weights=clicked, minlength=n_items)
    strength = _prior_strength(got.astype(np.float64), expected.astype(np.float64))
    lift = (got + strength) / (expected + strength)
    return np.minimum(lift[:, None] * rate[None, :], 1.0)


def crossed_click_model(
    items: IntArray,
    places: IntArray,
    clicked: FloatArray,
    folds: IntArray,
    *,
    n_items: int,
    n_places: int,
) -> FloatArray:
    """For each fold the model of all the others, shape (n_folds, n_items, n_places).

    A row must not be judged by a model that has seen its click.
    """
    return np.stack(
        [
            click_model(
                items[folds != fold],
                places[folds != fold],
                clicked[folds != fold],
                n_items=n_items,
                n_places=n_places,
            )
            for fold in range(int(folds.max(initial=0)) + 1)
        ]
    )


def _prior_strength(got: FloatArray, expected: FloatArray) -> float:
    """Expected clicks that the prior is worth; large where items do not differ beyond chance."""
    known = expected > 0
    if not known.any():
        return 1.0
    excess = float(((got[known] - expected[known]) ** 2 - expected[known]).sum())
    between = excess / float((expected[known] ** 2).sum())
    return 1 / between if between > 1e-3 else 1000.0


def _sums_by_visitor(log: Log, weights: FloatArray) -> FloatArray:
    """Shape (n_visitors, 9)."""
    dense = _dense(log.visitors)
    n_visitors = int(dense.max(initial=-1)) + 1
    corrected = log.expected_new + weights * (log.clicked - log.expected_shown)
    columns = (
        np.ones(len(weights)),
        weights,
        weights * log.clicked,
        corrected,
        log.expected_new,
        log.agrees,
        log.agrees * log.clicked,
        log.today * log.clicked,
        corrected - log.today * log.clicked,
    )
    return np.stack(
        [np.bincount(dense, weights=column, minlength=n_visitors) for column in columns], axis=1
    )


def _dense(visitors: IntArray) -> IntArray:
    return np.unique(visitors, return_inverse=True)[1].astype(np.int64)


def _drawn_counts(n: int, *, seed: int, bootstraps: int) -> FloatArray:
    """How often each visitor is drawn; Poisson(1) stands for drawing with replacement.

    Hanley and MacGibbon (2006). Shape (bootstraps, n).
    """
    generator = np.random.default_rng(seed)
    return generator.poisson(1.0, size=(bootstraps, n)).astype(np.float64)


def _interval(values: FloatArray, value: float, influence: FloatArray) -> tuple[float, float]:
    """Bias-corrected and accelerated (Efron 1987): few clicks with weights are far from normal.

    values: by bootstrap. influence: how much each visitor moves the estimate, in any unit.
    """
    normal = NormalDist()
    squares = float((influence**2).sum())
    if squares <= 0:
        return value, value
    skew = float((influence**3).sum()) / (6 * squares**1.5)
    below = float(np.mean(values < value) + np.mean(values == value) / 2)
    least = 0.5 / len(values)
    shift = normal.inv_cdf(min(max(below, least), 1 - least))
    ends = []
    for tail in ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2):
        moved = shift + normal.inv_cdf(tail)
        ends.append(normal.cdf(shift + moved / (1 - skew * moved)))
    lower, upper = np.quantile(values, ends)
    return float(lower), float(upper)


def _ratio(sums: FloatArray, top: int, bottom: int) -> FloatArray:
    divisor = sums[:, bottom]
    return np.divide(sums[:, top], divisor, out=np.zeros(len(sums)), where=divisor > 0)


def wilson(hits: float, n: float, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of a share; n may be an effective number of rows."""
    if n <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)
