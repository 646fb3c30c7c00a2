"""How groups of customers are found: k-means, with as many groups as are found again."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from insights.algorithms.cluster_model import RFM, ClusterModel, raw_features
from insights.algorithms.customer_table import CustomerTable, FloatArray, IntArray

SEED = 20
FEWEST, MOST = 3, 8
N_SPLITS = 6
# Numbers of groups whose halves agree this nearly as well as the best are as good as it.
AS_GOOD = 0.05
SMALLEST_SHARE = 0.02
SMALLEST = 20
MOST_ROWS = 20_000
# An old group lives on in a new one when they share this much of their customers (Jaccard).
SAME_GROUP = 0.3


@dataclass(frozen=True, slots=True)
class Tried:
    """One number of groups: how alike halves of the shop were split."""

    groups: int
    stability: float
    smallest_share: float


def fit_clusters(
    table: CustomerTable,
    *,
    known: dict[int, int] | None = None,
    choice: Tried | None = None,
) -> ClusterModel:
    """Find the groups of a shop.

    known: the number of the group that each customer is in today, so that groups keep theirs.
    choice: a number of groups that was found good already.
    """
    usual = table.usual_mix()
    raw = raw_features(table, category_ids=table.category_ids, usual=usual)
    means, scales, weight = _scaling(raw)
    points = (raw - means) / scales
    tried = [choice] if choice else _try_all(points)
    chosen = choice or choose(tried, n_customers=len(points))
    fitted = KMeans(n_clusters=chosen.groups, n_init=8, random_state=SEED).fit(points)
    # The largest group is number 1 in a shop that has none yet.
    sizes = np.bincount(fitted.labels_, minlength=chosen.groups)
    order = np.argsort(-sizes, kind="stable")
    centres = fitted.cluster_centers_[order]
    labels = np.argsort(order)[fitted.labels_]
    slots = lasting_numbers(table.customers, labels, known or {})
    return ClusterModel(
        means=means,
        scales=scales,
        centres=centres,
        slots=slots,
        category_ids=table.category_ids,
        usual=usual,
        choice={
            "groups": chosen.groups,
            "stability": round(chosen.stability, 4),
            "category_weight": round(weight, 6),
            "shares": _shares(labels, slots),
            "tried": {str(one.groups): round(one.stability, 4) for one in tried},
        },
    )


def choose(tried: list[Tried], *, n_customers: int) -> Tried:
    """The most groups of those whose halves agree as well as any, none of them too small."""
    least = max(SMALLEST_SHARE, SMALLEST / max(n_customers, 1))
    good = [one for one in tried if one.smallest_share >= least] or tried
    best = max(one.stability for one in good)
    return max((one for one in good if one.stability >= best - AS_GOOD), key=lambda one: one.groups)


def lasting_numbers(customers: IntArray, labels: IntArray, known: dict[int, int]) -> IntArray:
    """The number of each new group: that of the old one it shares most customers with.

    Pairs are matched so that the sum of shared shares is largest (Hungarian method); a pair that
    shares too little is no pair, and a group without one takes a number never used before.
    """
    n_groups = int(labels.max()) + 1 if len(labels) else 0
    old = np.array([known.get(int(key), 0) for key in customers], dtype=np.int64)
    numbers = sorted(set(known.values()))
    jaccard = np.zeros((n_groups, len(numbers)))
    for place, number in enumerate(numbers):
        was = old == number
        for group in range(n_groups):
            now = labels == group
            either = np.count_nonzero(was | now)
            jaccard[group, place] = np.count_nonzero(was & now) / either if either else 0.0
    slots = np.zeros(n_groups, dtype=np.int64)
    if len(numbers):
        for group, place in zip(*linear_sum_assignment(-jaccard), strict=True):
            if jaccard[group, place] >= SAME_GROUP:
                slots[group] = numbers[place]
    fresh = max(numbers, default=0) + 1
    for group in range(n_groups):
        if not slots[group]:
            slots[group] = fresh
            fresh += 1
    return slots


def found_again(model: ClusterModel, table: CustomerTable) -> float:
    """How well a split of other customers, made of them alone, agrees with the model's (ARI).

    Tibshirani and Walther (2005), "Cluster validation by prediction strength", with the adjusted
    Rand index in place of their share of pairs.
    """
    points = model.standardised(table)
    if len(points) < len(model.centres):
        return 0.0
    alone = KMeans(n_clusters=len(model.centres), n_init=8, random_state=SEED).fit(points)
    return float(adjusted_rand_score(model.assign(table).slots, alone.labels_))


def explained_share(points: FloatArray, labels: IntArray) -> float:
    """Share of the variance that lies between the groups of a split."""
    total = float(((points - points.mean(axis=0)) ** 2).sum())
    if total <= 0:
        return 0.0
    within = sum(
        float(((points[labels == one] - points[labels == one].mean(axis=0)) ** 2).sum())
        for one in np.unique(labels)
    )
    return 1 - within / total


def scaled_points(table: CustomerTable) -> FloatArray:
    """The features of customers in a space of their own, for splits of any origin."""
    raw = raw_features(table, category_ids=table.category_ids, usual=table.usual_mix())
    means, scales, _weight = _scaling(raw)
    return np.asarray((raw - means) / scales)


def _shares(labels: IntArray, slots: IntArray) -> dict[str, float]:
    sizes = np.bincount(labels, minlength=len(slots)) / max(len(labels), 1)
    return {
        str(slot): round(float(share), 6) for slot, share in zip(slots.tolist(), sizes, strict=True)
    }


def _scaling(raw: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Means and scales by which recency, orders and spend together weigh what categories do."""
    means = raw.mean(axis=0)
    spread = np.maximum(raw.std(axis=0), 1e-9)
    n_categories = raw.shape[1] - len(RFM)
    weight = float(np.sqrt(len(RFM) / n_categories)) if n_categories else 1.0
    scales = spread.copy()
    scales[len(RFM) :] = spread[len(RFM) :] / weight
    # A column that never changes says nothing, rather than everything about rounding.
    scales[raw.std(axis=0) < 1e-9] = 1.0
    return means, scales, weight


def _try_all(points: FloatArray) -> list[Tried]:
    if len(points) > MOST_ROWS:
        rows = np.random.default_rng(SEED).choice(len(points), MOST_ROWS, replace=False)
        points = points[np.sort(rows)]
    return [_try(points, groups) for groups in range(FEWEST, MOST + 1)]


def _try(points: FloatArray, groups: int) -> Tried:
    """Lange et al. (2004), "Stability-based validation of clustering solutions": customers are
    cut into two halves, each is split by itself, and both splits are asked about everybody."""
    random = np.random.default_rng(SEED + groups)
    agreements = []
    smallest = 1.0
    for _number in range(N_SPLITS):
        order = random.permutation(len(points))
        half = len(points) // 2
        splits = []
        for drawn in (order[:half], order[half:]):
            fitted = KMeans(n_clusters=groups, n_init=3, random_state=SEED).fit(points[drawn])
            labels = fitted.predict(points)
            sizes = np.bincount(labels, minlength=groups)
            smallest = min(smallest, float(sizes.min()) / len(points))
            splits.append(labels)
        agreements.append(adjusted_rand_score(*splits))
    return Tried(groups, float(np.mean(agreements)), smallest)
