"""Quantiles of demand over a window, from how wrong past forecasts of such SKUs were.

Conformal in spirit (Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world"):
no distribution is assumed. Ratios of actual to forecast are pooled over SKUs of similar level and
similar share of sale days, because a single SKU has too few windows to know its own tail.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray

MOST_SPLITS = 5
SKUS_PER_BIN = 20
SMALLEST_BIN = 50
_BODY = [0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.875, 0.9, 0.92]
_TAIL = [0.94, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.995]
PROBABILITIES: FloatArray = np.array([*_BODY, *_TAIL])


@dataclass(frozen=True)
class Bins:
    """Where the fifths (of a small shop: fewer parts) of level and share of sale days lie.

    Both arrays have shape (n_splits - 1,).
    """

    level_edges: FloatArray
    share_edges: FloatArray

    @property
    def n_bins(self) -> int:
        return (len(self.level_edges) + 1) * (len(self.share_edges) + 1)

    def number(self, level: FloatArray, share: FloatArray) -> IntArray:
        """Bin of each SKU, from 0, shape (n_skus,)."""
        rows = np.searchsorted(self.level_edges, level)
        columns = np.searchsorted(self.share_edges, share)
        numbers: IntArray = rows * (len(self.share_edges) + 1) + columns
        return numbers


def splits_for(n_skus: int) -> int:
    """Parts per side, so that a bin holds about 20 SKUs: windows of one SKU overlap, and a bin
    of two SKUs knows little of their tails however many windows it counts."""
    return int(np.clip(np.sqrt(n_skus / SKUS_PER_BIN), 1, MOST_SPLITS))


def fit_bins(level: FloatArray, share: FloatArray, *, n_splits: int) -> Bins:
    inner = np.linspace(0.0, 1.0, n_splits + 1)[1:-1]
    if len(level) == 0:
        return Bins(np.zeros(n_splits - 1), np.zeros(n_splits - 1))
    return Bins(np.quantile(level, inner), np.quantile(share, inner))


@dataclass(frozen=True)
class RatioTable:
    """Quantiles of actual / forecast per bin."""

    bins: Bins
    ratios: FloatArray
    """Shape (n_bins, len(PROBABILITIES)), >= 0, never falling along a row."""
    counts: IntArray
    """Ratios behind each bin, shape (n_bins,); bins under 50 hold the pooled row."""

    def ratio(
        self, level: FloatArray, share: FloatArray, probability: FloatArray | float
    ) -> FloatArray:
        """Factor on the forecast that demand stays under with `probability`.

        probability: one for all, or one per SKU, shape (n_skus,). Between the probabilities of
        the table it is interpolated; beyond the outermost ones the outermost is returned.
        """
        rows = self.bins.number(level, share)
        wanted = np.broadcast_to(np.asarray(probability, dtype=np.float64), rows.shape)
        wanted = np.clip(wanted, PROBABILITIES[0], PROBABILITIES[-1])
        above = np.clip(np.searchsorted(PROBABILITIES, wanted), 1, len(PROBABILITIES) - 1)
        low, high = PROBABILITIES[above - 1], PROBABILITIES[above]
        weight = (wanted - low) / (high - low)
        factor: FloatArray = (
            self.ratios[rows, above - 1] * (1.0 - weight) + self.ratios[rows, above] * weight
        )
        return factor


def fit_ratio_table(bins: Bins, numbers: IntArray, ratios: FloatArray) -> RatioTable:
    """Build the table from past ratios.

    numbers: bin of each ratio, under the bins of its own origin; ratios: same shape, finite.
    Without any ratio the table promises nothing but the forecast itself (ratio 1).
    """
    n_bins = bins.n_bins
    pooled = quantiles_of(ratios) if len(ratios) else np.ones(len(PROBABILITIES))
    table = np.tile(pooled, (n_bins, 1))
    counts = np.bincount(numbers, minlength=n_bins)
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(counts)
    for number in np.flatnonzero(counts >= SMALLEST_BIN):
        table[number] = quantiles_of(ratios[order[ends[number] - counts[number] : ends[number]]])
    return RatioTable(bins=bins, ratios=table, counts=counts)


def quantiles_of(ratios: FloatArray) -> FloatArray:
    """Smallest ratio with a conformal share of ceil((n + 1) p) at or below it."""
    ordered = np.sort(ratios)
    count = len(ordered)
    ranks = [min(count, ceil((count + 1) * probability)) - 1 for probability in PROBABILITIES]
    picked: FloatArray = ordered[ranks].astype(np.float64)
    return picked
