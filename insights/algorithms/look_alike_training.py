"""How likeness to a segment is learned: logistic regression against a linear SVM."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from insights.algorithms.customer_table import CustomerTable, FloatArray
from insights.algorithms.look_alike_model import Layout, LookAlikeModel, SeedModel, auc

SEED = 20
FOLDS = 4
MOST_ROWS = 30_000
# As many tries for each method.
CANDIDATES: Sequence[tuple[str, float]] = (
    ("logistic", 0.01),
    ("logistic", 0.1),
    ("logistic", 1.0),
    ("svm", 0.001),
    ("svm", 0.01),
    ("svm", 0.1),
)


def fit_look_alikes(
    table: CustomerTable,
    members: Mapping[int, FloatArray],
    families: Mapping[int, Sequence[str]],
) -> LookAlikeModel:
    """members: by segment, 1 for its customers, shape (n_customers,).

    families: by segment, what its rule speaks of; the model is not given those features.
    """
    layout = Layout.of(table)
    features = layout.features(table)
    return LookAlikeModel(
        layout,
        {
            key: fit_seed(features, is_member, layout, families.get(key, ()))
            for key, is_member in members.items()
        },
    )


def fit_seed(
    features: FloatArray, is_member: FloatArray, layout: Layout, families: Sequence[str]
) -> SeedModel:
    """Choose method and strength by cross-validation, then fit on everybody given."""
    columns = layout.columns_without(families)
    if len(features) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(SEED).choice(len(features), MOST_ROWS, replace=False))
        features, is_member = features[rows], is_member[rows]
    raw = features[:, columns]
    means, scales = raw.mean(axis=0), raw.std(axis=0)
    scales = np.where(scales < 1e-9, 1.0, scales)
    points = (raw - means) / scales
    tried = {one: _out_of_fold(one, points, is_member) for one in CANDIDATES}
    quality = {one: auc(scores, is_member) for one, scores in tried.items()}
    best = max(CANDIDATES, key=lambda one: quality[one])
    model = _fit(best, points, is_member)
    slope, offset = _platt(tried[best], is_member)
    return SeedModel(
        columns=columns,
        means=means,
        scales=scales,
        weights=model.coef_[0].astype(np.float64),
        intercept=float(model.intercept_[0]),
        slope=slope,
        offset=offset,
        choice={
            "method": best[0],
            "strength": best[1],
            "validation_auc": round(quality[best], 4),
            "validation_auc_of_other": round(
                max(value for one, value in quality.items() if one[0] != best[0]), 4
            ),
            "members": int(is_member.sum()),
            "left_out": list(families),
        },
    )


def _out_of_fold(
    candidate: tuple[str, float], points: FloatArray, is_member: FloatArray
) -> FloatArray:
    """Scores of customers by models that have not seen them."""
    scores = np.zeros(len(points))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for train, test in folds.split(points, is_member):
        scores[test] = _fit(candidate, points[train], is_member[train]).decision_function(
            points[test]
        )
    return scores


def _fit(candidate: tuple[str, float], points: FloatArray, is_member: FloatArray) -> Any:
    method, strength = candidate
    if method == "svm":
        model: Any = LinearSVC(
            C=strength, class_weight="balanced", random_state=SEED, dual=False, max_iter=2000
        )
    else:
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=500)
    return model.fit(points, is_member)


def _platt(scores: FloatArray, is_member: FloatArray) -> tuple[float, float]:
    """Platt (1999): a probability from scores of customers that the model had not seen."""
    fitted = LogisticRegression(C=1e6, max_iter=500).fit(scores[:, None], is_member)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
