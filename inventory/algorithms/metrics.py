"""How good a forecast was, in the measures of the M5 competition and in units of the shop.

Shapes: forecast and actual are (n_skus, horizon); history is what was known before, per day.
"""

from dataclasses import dataclass

import numpy as np

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.history import DemandHistory

PORTION = 4_096


@dataclass(frozen=True)
class PointScores:
    wrmsse: float
    rmsse: float
    total_rmsse: float
    wape_28: float
    bias: float


def squared_steps(history: DemandHistory) -> FloatArray:
    """Mean squared day-to-day change since the SKU's first sale, shape (n_skus,).

    The scale of RMSSE (Makridakis, Spiliotis and Assimakopoulos 2022, "M5 accuracy competition").
    """
    first = history.first_day
    scales = []
    # In portions: a large shop in double precision would fill the memory several times over.
    for start in range(0, history.n_skus, PORTION):
        block = slice(start, start + PORTION)
        steps = np.diff(history.units[block].astype(np.float64), axis=1) ** 2
        lived = np.arange(1, history.n_days) > first[block, None]
        counts = np.count_nonzero(lived, axis=1)
        scales.append((steps * lived).sum(axis=1) / np.maximum(1, counts))
    scale: FloatArray = np.concatenate(scales) if scales else np.zeros(0)
    return scale


def rmsse(forecast: FloatArray, actual: FloatArray, scale: FloatArray) -> FloatArray:
    """Root mean squared scaled error per SKU; NaN where the SKU never changed (no scale)."""
    squared = ((forecast - actual) ** 2).mean(axis=1)
    ratio = np.divide(squared, scale, out=np.full(len(scale), np.nan), where=scale > 0)
    scores: FloatArray = np.sqrt(ratio)
    return scores


def wape(forecast: FloatArray, actual: FloatArray) -> float:
    """Sum over SKUs of how far the sums over the horizon lie apart, over units sold."""
    apart = np.abs(forecast.sum(axis=1) - actual.sum(axis=1)).sum()
    return float(apart / max(float(actual.sum()), 1e-12))


def bias(forecast: FloatArray, actual: FloatArray) -> float:
    """Share by which the sum of all forecasts misses the sum sold; negative is too low."""
    sold = float(actual.sum())
    return (float(forecast.sum()) - sold) / max(sold, 1e-12)


def point_scores(
    forecast: FloatArray,
    actual: FloatArray,
    history: DemandHistory,
    revenue: FloatArray,
    scale: FloatArray | None = None,
) -> PointScores:
    """Score one origin. revenue: of the 28 days before it, shape (n_skus,), any currency.

    scale: `squared_steps(history)`, for who scores many forecasts of one origin.
    """
    scores = rmsse(forecast, actual, squared_steps(history) if scale is None else scale)
    known = np.isfinite(scores)
    weights = np.where(known, np.maximum(revenue, 0.0), 0.0)
    weights = weights if weights.sum() > 0 else known.astype(np.float64)
    total = history.units.sum(axis=0, dtype=np.float64)
    total_scale = max(float((np.diff(total) ** 2).mean()), 1e-12)
    total_error = float(((forecast.sum(axis=0) - actual.sum(axis=0)) ** 2).mean())
    return PointScores(
        wrmsse=float((weights[known] * scores[known]).sum() / max(float(weights.sum()), 1e-12)),
        rmsse=float(scores[known].mean()) if known.any() else float("nan"),
        total_rmsse=float(np.sqrt(total_error / total_scale)),
        wape_28=wape(forecast, actual),
        bias=bias(forecast, actual),
    )


def pinball(quantiles: FloatArray, actual: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Pinball loss in units. quantiles (n_skus, n_q), actual (n_skus,) -> (n_skus, n_q)."""
    over = actual[:, None] - quantiles
    loss: FloatArray = np.maximum(probabilities * over, (probabilities - 1.0) * over)
    return loss


def coverage(quantiles: FloatArray, actual: FloatArray) -> FloatArray:
    """Share of SKUs whose demand stayed within each promised quantile, shape (n_q,)."""
    share: FloatArray = (actual[:, None] <= quantiles).mean(axis=0)
    return share
