"""How good a list of products is, and how sure of it we are."""

from dataclasses import dataclass

import numpy as np

from recommendations.algorithms.shopping_log import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class ListQuality:
    """One value for each list, shape (n_lists,)."""

    recall: FloatArray
    ndcg: FloatArray
    hit_rate: FloatArray


@dataclass(frozen=True)
class Interval:
    """A mean and the 95 % interval of its bootstrap."""

    mean: float
    low: float
    high: float


def list_quality(hits: BoolArray, n_targets: IntArray) -> ListQuality:
    """Recall, NDCG and hit rate of ranked lists.

    hits: whether the product at each place was wanted, shape (n_lists, k), best place first.
    n_targets: how many products were wanted, shape (n_lists,), at least 1 each. NDCG is
    normalised by the best list of k places, so it reaches 1 when only k of many wanted fit.
    """
    places = hits.shape[1]
    gains = 1.0 / np.log2(np.arange(2, places + 2))
    ideal = np.concatenate([[0.0], np.cumsum(gains)])
    return ListQuality(
        recall=hits.sum(axis=1) / n_targets,
        ndcg=(hits @ gains) / ideal[np.minimum(n_targets, places)],
        hit_rate=(hits.sum(axis=1) > 0).astype(np.float64),
    )


def coverage(lists: IntArray, *, n_products: int) -> float:
    """Share of the catalogue that comes up in any list; -1 is padding."""
    if not n_products:
        return 0.0
    return len(np.unique(lists[lists >= 0])) / n_products


def mean_popularity(lists: IntArray, buyers: IntArray) -> float:
    """Mean number of buyers of what is shown; beside that of what is bought, it shows the bias."""
    shown = lists[lists >= 0]
    return float(buyers[shown].mean()) if len(shown) else 0.0


def group_means(values: FloatArray, groups: IntArray) -> FloatArray:
    """Mean of the values of each group, groups in rising order."""
    _, where = np.unique(groups, return_inverse=True)
    means: FloatArray = np.bincount(where, weights=values) / np.bincount(where)
    return means


def bootstrap_interval(values: FloatArray, *, draws: int = 2_000, seed: int = 0) -> Interval:
    """Mean of one value per customer, and where it would lie with other customers.

    For a paired comparison, give the differences. Empty values give zeros.
    """
    if not len(values):
        return Interval(0.0, 0.0, 0.0)
    random = np.random.default_rng(seed)
    # Drawn in small lots: 2,000 draws of 20,000 customers at once would be 320 MB.
    lot = max(1, 2_000_000 // len(values))
    means = [
        values[random.integers(0, len(values), size=(min(lot, draws - done), len(values)))].mean(1)
        for done in range(0, draws, lot)
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))
