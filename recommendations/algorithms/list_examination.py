"""What is said of lists that were drawn for people, whoever drew them."""

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from recommendations.algorithms.item_graph_training import Matrix
from recommendations.algorithms.metrics import (
    ListQuality,
    bootstrap_interval,
    coverage,
    mean_popularity,
)
from recommendations.algorithms.shopping_log import BoolArray, FloatArray, IntArray

MIN_GROUP = 50
# Likeness of twenty by twenty products takes its time; so many lists settle the mean.
COMPARED_LISTS = 500


def list_figures(
    lists: IntArray, quality: ListQuality, *, held: Matrix, targets: Matrix
) -> dict[str, float]:
    """Quality, coverage, popularity and diversity of lists of one length.

    held: who had what before, sparse, shape (n_customers, n_products). targets: what each list
    should hold, shape (n_lists, n_products). popularity_bias is the mean number of buyers of what
    is shown over that of what is bought: 1 shows neither more nor fewer best sellers than sell.
    """
    at = f"at_{lists.shape[1]}"
    buyers = np.asarray((held > 0).sum(axis=0)).ravel()
    bought = float(buyers[targets.indices].mean()) if targets.nnz else 0.0
    shown = mean_popularity(lists, buyers)
    return {
        f"ndcg_{at}": _mean(quality.ndcg),
        f"recall_{at}": _mean(quality.recall),
        f"hit_rate_{at}": _mean(quality.hit_rate),
        f"coverage_{at}": coverage(lists, n_products=held.shape[1]),
        "popularity_bias": shown / bought if bought else 0.0,
        "diversity": diversity(lists, held),
        "customers": float(len(lists)),
    }


def gain_figures(ours: FloatArray, theirs: FloatArray, *, name: str) -> dict[str, float]:
    """How much more than the baseline, paired by customer, with the 95 % interval."""
    gain = bootstrap_interval(ours - theirs)
    return {f"{name}_gain": gain.mean, f"{name}_gain_low": gain.low, f"{name}_gain_high": gain.high}


def diversity(lists: IntArray, held: Matrix, *, seed: int = 0) -> float:
    """1 less the mean cosine, by who has them, of two products of a list; of a sample of lists."""
    if not len(lists):
        return 0.0
    drawn = np.random.default_rng(seed).permutation(len(lists))[:COMPARED_LISTS]
    vectors = held.astype(np.float64).T.tocsr()
    lengths = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    vectors = (sparse.diags(1.0 / np.maximum(lengths, 1e-9)) @ vectors).tocsr()
    likeness = []
    for row in lists[np.sort(drawn)]:
        shown = vectors[row[row >= 0]]
        count = shown.shape[0]
        if count > 1:
            alike = shown @ shown.T
            likeness.append((alike.sum() - alike.diagonal().sum()) / (count * (count - 1)))
    return 1.0 - float(np.mean(likeness)) if likeness else 0.0


def group_figures(
    quality: ListQuality, groups: Mapping[str, BoolArray], *, length: int
) -> dict[str, dict[str, float]]:
    """The same quality for parts of the customers; of fewer than MIN_GROUP it would be chance."""
    return {
        name: {
            f"ndcg_at_{length}": float(quality.ndcg[mask].mean()),
            f"hit_rate_at_{length}": float(quality.hit_rate[mask].mean()),
            "customers": float(mask.sum()),
        }
        for name, mask in groups.items()
        if int(mask.sum()) >= MIN_GROUP
    }


def exposure_figures(lists: IntArray, targets: Matrix, chosen: BoolArray) -> dict[str, float]:
    """How often some products are shown, and how often they are bought.

    chosen: which products, shape (n_products,).
    """
    shown = lists[lists >= 0]
    return {
        "share_of_shown": float(chosen[shown].mean()) if len(shown) else 0.0,
        "share_of_bought": float(chosen[targets.indices].mean()) if targets.nnz else 0.0,
    }


def small_brands(brands: IntArray, buyers: IntArray) -> BoolArray:
    """Products of the brands that together sell the least quarter; -1 is no brand.

    brands: of each product, shape (n_products,). buyers: of each product.
    """
    named = np.unique(brands[brands >= 0])
    if not len(named):
        return np.zeros(len(brands), dtype=np.bool_)
    sold = np.array([buyers[brands == brand].sum() for brand in named], dtype=np.float64)
    order = np.argsort(sold, kind="stable")
    small = named[order[np.cumsum(sold[order]) <= 0.25 * sold.sum()]]
    return np.isin(brands, small)


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else 0.0
