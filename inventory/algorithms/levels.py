"""Mean demand per day of each SKU, by the estimators that the shop uses or is measured against.

Shapes: demand and observed are (n_skus, n_days), oldest first; results are (n_skus,) units a day.
A SKU that was never observed has the level 0.0.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray


def median_sale(demand: FloatArray) -> FloatArray:
    """Median of each SKU's days with demand, shape (n_skus,); 1.0 where it never sold."""
    medians = [_median_sale(demand[block]) for block in _blocks(len(demand))]
    return np.concatenate(medians) if medians else np.ones(0)


def _median_sale(demand: FloatArray) -> FloatArray:
    places = np.flatnonzero(demand)
    rows = (places // max(1, demand.shape[1])).astype(np.uint64)
    # Non-negative floats sort like their bits, so one flat sort replaces one sort per SKU.
    bits = demand.ravel()[places].astype(np.float32).view(np.uint32).astype(np.uint64)
    keys = np.sort((rows << np.uint64(32)) | bits)
    sizes = (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32).view(np.float32)
    counts = np.bincount(rows.astype(np.int64), minlength=len(demand))
    starts = np.cumsum(counts) - counts
    median = np.ones(len(demand))
    sold = counts > 0
    low = starts[sold] + (counts[sold] - 1) // 2
    high = starts[sold] + counts[sold] // 2
    median[sold] = (sizes[low].astype(np.float64) + sizes[high]) / 2
    return median


def soften_bulk(demand: FloatArray, *, multiple: float = 3.0, power: float = 0.5) -> FloatArray:
    """Winsorise: a day above `multiple` median sale days counts as cap * (day / cap) ** power.

    power 0 is the plain winsorised series. A power between keeps some of a bulk order, which
    measured better on wholesale-like lines than cutting it off. The cap is at least one unit.
    """
    softened = demand.copy()
    for block in _blocks(len(demand)):
        part = softened[block]
        cap = np.maximum(1.0, multiple * _median_sale(part)).astype(demand.dtype)
        rows, days = np.nonzero(part > cap[:, None])
        limits = cap[rows]
        part[rows, days] = limits * (part[rows, days] / limits) ** power
    return softened


def _blocks(n_skus: int, size: int = 1024) -> Iterator[slice]:
    """Slices that fit the processor's cache, which halves the time for large shops."""
    for start in range(0, n_skus, size):
        yield slice(start, start + size)


def exponential_mean(
    demand: FloatArray,
    observed: BoolArray,
    *,
    alphas: Sequence[float],
    profile: FloatArray | None = None,
) -> FloatArray:
    """Exponentially weighted mean of the observed days, newest weighted most.

    alphas: smoothing constants in (0, 1); the means by each are averaged, which is as good as
    the best of them and cannot be the worst.
    profile: expected shape of the days, shape (n_days,), mean about 1. Dividing by the weighted
    profile instead of the weighted day count lets a closed day say nothing about the level.
    """
    n_days = demand.shape[1]
    age = np.arange(n_days - 1, -1, -1)[:, None]
    weights = ((1.0 - np.asarray(alphas)) ** age).astype(np.float32)
    shape = np.ones(n_days) if profile is None else profile[:n_days]
    taken = (demand @ weights).astype(np.float64)
    seen = _weigh(observed, (weights * shape[:, None]).astype(np.float32))
    means = np.divide(taken, seen, out=np.zeros_like(taken), where=seen > 1e-9)
    level: FloatArray = means.mean(axis=1)
    return level


def moving_mean(demand: FloatArray, observed: BoolArray, *, window: int) -> FloatArray:
    """Mean of the observed days among the last `window`."""
    seen = np.count_nonzero(observed[:, -window:], axis=1)
    total = demand[:, -window:].sum(axis=1, dtype=np.float64)
    mean: FloatArray = np.divide(total, seen, out=np.zeros_like(total), where=seen > 0)
    return mean


def syntetos_boylan(demand: FloatArray, *, alpha: float = 0.1) -> FloatArray:
    """Croston's size over interval with the bias taken off.

    Syntetos and Boylan (2005), "The accuracy of intermittent demand estimates": both parts are
    smoothed on days with demand only, and the rate is multiplied by 1 - alpha / 2.
    """
    n_skus = len(demand)
    size, interval = np.zeros(n_skus), np.ones(n_skus)
    started, gap = np.zeros(n_skus, dtype=np.bool_), np.zeros(n_skus)
    for day in range(demand.shape[1]):
        today = demand[:, day]
        sold = today > 0
        gap += started
        first, later = sold & ~started, sold & started
        size[first] = today[first]
        size[later] += alpha * (today[later] - size[later])
        interval[later] += alpha * (gap[later] - interval[later])
        gap[sold] = 0
        started |= sold
    rate: FloatArray = (1.0 - alpha / 2.0) * size / interval
    return rate


def teunter_syntetos_babai(
    demand: FloatArray, *, alpha: float = 0.1, beta: float = 0.05
) -> FloatArray:
    """Probability of a sale times its size; unlike Croston it fades when a SKU dies.

    Teunter, Syntetos and Babai (2011), "Intermittent demand: linking forecasting to inventory
    obsolescence". alpha smooths the size, beta the probability, which starts at the SKU's own
    share of sale days rather than at a chosen constant.
    """
    n_skus, n_days = demand.shape
    sold_ever = demand > 0
    first = np.where(sold_ever.any(axis=1), sold_ever.argmax(axis=1), n_days)
    lifetime = np.maximum(1, n_days - first)
    probability = np.count_nonzero(sold_ever, axis=1) / lifetime
    size = np.zeros(n_skus)
    for day in range(n_days):
        today = demand[:, day]
        sold = today > 0
        size = np.where(sold, np.where(size > 0, size + alpha * (today - size), today), size)
        alive = day >= first
        probability = np.where(alive, probability + beta * (sold - probability), probability)
    rate: FloatArray = probability * size
    return rate


def seasonal_naive(demand: FloatArray, *, horizon: int, period: int = 7) -> FloatArray:
    """The last whole period again and again, shape (n_skus, horizon).

    Histories shorter than a period are padded with zeros on the old side.
    """
    n_skus, n_days = demand.shape
    if n_days < period:
        demand = np.concatenate([np.zeros((n_skus, period - n_days)), demand], axis=1)
    repeats = -(-horizon // period)
    return np.tile(demand[:, -period:].astype(np.float64), (1, repeats))[:, :horizon]


def weekday_trend_regression(
    demand: FloatArray, observed: BoolArray, weekdays: IntArray, *, horizon: int
) -> FloatArray:
    """Least squares of units on day number and weekday, one line per SKU, floored at zero.

    weekdays: shape (n_days + horizon,). Only observed days enter the fit; what they cannot
    determine (an unseen weekday) takes the minimum-norm solution. Returns (n_skus, horizon).
    """
    n_days = demand.shape[1]
    design = np.zeros((n_days + horizon, 8))
    design[:, 0] = (np.arange(n_days + horizon) - n_days) / 28.0
    design[np.arange(n_days + horizon), 1 + weekdays[: n_days + horizon]] = 1.0
    past, future = design[:n_days], design[n_days:]
    products = (past[:, :, None] * past[:, None, :]).reshape(n_days, 64)
    gram = _weigh(observed, products).reshape(-1, 8, 8)
    moments = demand.astype(np.float64) @ past
    inverse = np.linalg.pinv(gram, rcond=1e-10, hermitian=True)
    coefficients = np.einsum("nij,nj->ni", inverse, moments)
    forecast: FloatArray = np.maximum(0.0, coefficients @ future.T)
    return forecast


def _weigh(observed: BoolArray, weights: FloatArray) -> FloatArray:
    """observed @ weights in blocks: a boolean matrix product would copy the whole matrix."""
    blocks = [observed[block].astype(weights.dtype) @ weights for block in _blocks(len(observed))]
    if not blocks:
        return np.zeros((0, *weights.shape[1:]))
    return np.concatenate(blocks).astype(np.float64)
