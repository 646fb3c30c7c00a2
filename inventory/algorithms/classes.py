"""ABC by revenue and XYZ by how steadily a SKU sells."""

from typing import Final

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray

# Pareto's shares of revenue as the trade draws them: four fifths are A, the next 15 % B.
A_SHARE: Final = 0.80
B_SHARE: Final = 0.95
# Standard deviation of weekly demand over its mean.
X_VARIATION: Final = 0.5
Y_VARIATION: Final = 1.0
WORTHS: Final = ("A", "B", "C")
STEADINESSES: Final = ("X", "Y", "Z")
FEWEST_WEEKS: Final = 4


def worth_classes(revenue: FloatArray) -> IntArray:
    """0 for A, 1 for B, 2 for C, shape (n_skus,).

    The SKU that crosses a border still belongs above it, so the dearest one is always an A. What
    earned nothing is a C; SKUs that earned alike keep their order.
    """
    earned = np.maximum(0.0, np.nan_to_num(revenue))
    total = float(earned.sum())
    classes = np.full(len(earned), 2, dtype=np.int64)
    if total <= 0:
        return classes
    order = np.argsort(-earned, kind="stable")
    before = (np.cumsum(earned[order]) - earned[order]) / total
    classes[order] = np.where(before < A_SHARE - 1e-12, 0, np.where(before < B_SHARE - 1e-12, 1, 2))
    classes[earned <= 0] = 2
    return classes


def weekly_variation(weekly_units: FloatArray, first_week: IntArray) -> FloatArray:
    """Standard deviation over mean of the weeks from each SKU's first one on; NaN if unknown.

    weekly_units: shape (n_skus, n_weeks). Under four weeks or without demand nothing is known.
    """
    n_weeks = weekly_units.shape[1]
    lived = np.arange(n_weeks) >= first_week[:, None]
    count = np.count_nonzero(lived, axis=1)
    kept = np.where(lived, weekly_units, 0.0)
    mean = kept.sum(axis=1) / np.maximum(1, count)
    square = (kept**2).sum(axis=1) / np.maximum(1, count)
    spread = np.sqrt(np.maximum(0.0, square - mean**2))
    known = (count >= FEWEST_WEEKS) & (mean > 0)
    variation: FloatArray = np.divide(spread, mean, out=np.full(len(mean), np.nan), where=known)
    return variation


def steadiness_classes(variation: FloatArray) -> IntArray:
    """0 for X, 1 for Y, 2 for Z; what is not known is not steady."""
    known = np.where(np.isnan(variation), np.inf, variation)
    classes: IntArray = np.digitize(known, [X_VARIATION, Y_VARIATION], right=True)
    return classes
