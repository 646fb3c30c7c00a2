"""Recency, frequency and money as quintiles, and the cells that shops know by name."""

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

N_SCORES = 5

# By recency (row, 1 to 5) and the mean of frequency and money (column, 1 to 5). The usual map of
# the trade; each pair has exactly one name.
_MAP = (
    ("lost", "lost", "at_risk", "cannot_lose", "cannot_lose"),
    ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    ("promising", "potential_loyalists", "potential_loyalists", "loyal", "champions"),
    ("new", "potential_loyalists", "potential_loyalists", "champions", "champions"),
)


def quintile_scores(values: FloatArray) -> IntArray:
    """1 (lowest fifth) to 5 (highest fifth) by rank; equal values always get the same score.

    Hughes (1994), "Strategic Database Marketing". Ties stand at the middle of their ranks, so a
    shop where most customers ordered once gives all of them one score instead of drawing lots.

    values: shape (n_customers,). Returns shape (n_customers,).
    """
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    _distinct, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    middle = (below + counts / 2) / len(values)
    scores = np.minimum(1 + np.floor(N_SCORES * middle), N_SCORES).astype(np.int64)
    return np.asarray(scores[places])


def cells(recency: IntArray, frequency: IntArray, money: IntArray) -> list[str]:
    """The name of each customer's cell. recency: 5 is latest."""
    # Half a point counts for the customer.
    both = (frequency + money + 1) // 2
    return [_MAP[r - 1][m - 1] for r, m in zip(recency.tolist(), both.tolist(), strict=True)]
