"""How good probabilities are: order, distance, calibration, and how sure of it we are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from insights.algorithms.score_arrays import FloatArray, IntArray

BINS: Final = 10
# Below this a share of a group is noise.
FEWEST_IN_A_GROUP: Final = 50
FEWEST_OF_EACH_KIND: Final = 5
EPSILON: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the 95 % interval of its bootstrap."""

    value: float
    low: float
    high: float


def auc(happened: FloatArray, told: FloatArray) -> float:
    """Share of pairs (one that happened, one that did not) that are told in the right order.

    Mann and Whitney (1947); ties count half. happened: 0 or 1, shape (n,). .5 where one kind
    is missing.
    """
    n_happened = int(happened.sum())
    n_not = len(happened) - n_happened
    if n_happened == 0 or n_not == 0:
        return 0.5
    _, place, count = np.unique(told, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)
    ranks = (upto - (count - 1) / 2.0)[place]
    total = float(ranks[happened > 0].sum())
    return (total - n_happened * (n_happened + 1) / 2.0) / (n_happened * n_not)


def brier(happened: FloatArray, told: FloatArray) -> float:
    """Mean squared distance between what was told and what happened."""
    return float(np.mean((told - happened) ** 2))


def log_losses(happened: FloatArray, told: FloatArray) -> FloatArray:
    """Surprise of each outcome in nats, shape (n,)."""
    sure = np.clip(told, EPSILON, 1.0 - EPSILON)
    losses: FloatArray = -(happened * np.log(sure) + (1.0 - happened) * np.log1p(-sure))
    return losses


def calibration_error(happened: FloatArray, told: FloatArray, *, bins: int = BINS) -> float:
    """Expected calibration error over bins of equal width.

    Naeini et al. (2015), "Obtaining well calibrated probabilities using Bayesian binning": mean
    distance between the share told and the share that happened, weighted by rows.
    """
    place = np.minimum((told * bins).astype(np.int64), bins - 1)
    return _gap(happened, told, place, bins)


def calibration_error_by_rank(happened: FloatArray, told: FloatArray, *, bins: int = BINS) -> float:
    """The same over bins of equal size, which do not hide a crowd of small probabilities."""
    place = np.empty(len(told), dtype=np.int64)
    place[np.argsort(told, kind="stable")] = np.arange(len(told)) * bins // max(1, len(told))
    return _gap(happened, told, place, bins)


def _gap(happened: FloatArray, told: FloatArray, place: IntArray, bins: int) -> float:
    if not len(told):
        return 0.0
    difference = np.bincount(place, weights=told - happened, minlength=bins)
    return float(np.abs(difference).sum() / len(told))


def reliability(
    happened: FloatArray, told: FloatArray, *, bins: int = BINS
) -> list[tuple[int, float, float]]:
    """Rows, mean told and share that happened, by bins of equal size, smallest first."""
    order = np.argsort(told, kind="stable")
    return [
        (len(part), float(told[part].mean()), float(happened[part].mean()))
        for part in np.array_split(order, bins)
        if len(part)
    ]


def probability_figures(happened: FloatArray, told: FloatArray) -> dict[str, float]:
    """All figures of one method on one hold-out."""
    return {
        "auc": auc(happened, told),
        "brier": brier(happened, told),
        "log_loss": float(log_losses(happened, told).mean()),
        "calibration_error": calibration_error(happened, told),
        "calibration_error_by_rank": calibration_error_by_rank(happened, told),
        "told_share": float(told.mean()),
        "happened_share": float(happened.mean()),
        "rows": float(len(told)),
    }


def group_figures(
    happened: FloatArray, told: FloatArray, groups: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """The same by group ("language:zh"); groups too small to say anything are left out.

    groups: by name of the division, one label a row.
    """
    found: dict[str, dict[str, float]] = {}
    for division, labels in groups.items():
        column = np.asarray(labels)
        for label in np.unique(column).tolist():
            rows = column == label
            n_happened = int(happened[rows].sum())
            if (
                label == ""
                or rows.sum() < FEWEST_IN_A_GROUP
                or min(n_happened, int(rows.sum()) - n_happened) < FEWEST_OF_EACH_KIND
            ):
                continue
            found[f"{division}:{label}"] = probability_figures(happened[rows], told[rows])
    return found


def paired_bootstrap(
    statistic: Callable[[IntArray], float], *, n_rows: int, draws: int = 2_000, seed: int = 0
) -> Interval:
    """Where a statistic of rows would lie with other rows of the same kind.

    statistic: takes the numbers of the rows drawn. Efron and Tibshirani (1993), percentiles.
    """
    rng = np.random.default_rng(seed)
    drawn = np.array([statistic(rng.integers(0, n_rows, n_rows)) for _ in range(draws)])
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(statistic(np.arange(n_rows)), float(low), float(high))
