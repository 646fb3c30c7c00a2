"""Using what visitors did before the experiment to see its effect sooner.

Deng, Xu, Kohavi and Walker (2013), "Improving the sensitivity of online controlled experiments by
utilizing pre-experiment data" (CUPED), with several columns by least squares.
"""

import numpy as np

from recommendations.algorithms.shopping_log import FloatArray, IntArray


def adjust(values: FloatArray, past: FloatArray, arms: IntArray) -> tuple[FloatArray, float]:
    """Values less what the past explains of them, with the same mean over all visitors.

    values: shape (n,). past: shape (n, n_columns), from before the first sight of an arm; zeros
    for visitors without a past. arms: shape (n,); slopes are those inside the arms, so that a
    difference between the arms is not taken for one of the past.
    Returns adjusted values and the share of the variance that is gone, in [0, 1).
    """
    informative = past.std(axis=0) > 0 if len(past) else np.zeros(past.shape[1], dtype=bool)
    if len(values) < 2 * past.shape[1] + 20 or not informative.any():
        return values, 0.0
    columns = past[:, informative].astype(np.float64)
    centred_values, centred = values.astype(np.float64), columns.copy()
    for arm in np.unique(arms):
        rows = arms == arm
        centred_values = centred_values - np.where(rows, values[rows].mean(), 0.0)
        centred[rows] -= columns[rows].mean(axis=0)
    slopes, *_rest = np.linalg.lstsq(centred, centred_values, rcond=None)
    before = float(centred_values @ centred_values)
    left = centred_values - centred @ slopes
    gone = 1 - float(left @ left) / before if before > 0 else 0.0
    return values - (columns - columns.mean(axis=0)) @ slopes, min(max(gone, 0.0), 1.0)
