"""How far what comes in has moved from what a model was trained on."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def population_stability_index(expected: FloatArray, actual: FloatArray) -> float:
    """Distance between two distributions over the same bins.

    Siddiqi (2006), "Credit Risk Scorecards". Under .1 is stable, above .2 has moved.

    expected, actual: counts or shares per bin, shape (n_bins,); each is normalised.
    Empty bins count as a thousandth, so that a new bin is large but finite.
    Returns 0.0 when either side is empty.
    """
    if expected.sum() <= 0 or actual.sum() <= 0:
        return 0.0
    p = np.maximum(expected / expected.sum(), 1e-3)
    q = np.maximum(actual / actual.sum(), 1e-3)
    return float(np.sum((q - p) * np.log(q / p)))
