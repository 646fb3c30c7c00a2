"""Figures of a two-class model with probabilities, and how far they may be off."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from support.algorithms.sentiment import Sentiment

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def accuracy(positive: BoolArray, said_positive: BoolArray) -> float:
    """Share of right answers; nan without rows."""
    return float(np.mean(positive == said_positive)) if len(positive) else float("nan")


def macro_f1(positive: BoolArray, said_positive: BoolArray) -> float:
    """Mean of the F1 of both classes; a class that neither occurs nor is said scores 0."""
    right = int(np.sum(positive & said_positive))
    false_positive = int(np.sum(~positive & said_positive))
    false_negative = int(np.sum(positive & ~said_positive))
    right_negative = len(positive) - right - false_positive - false_negative
    errors = false_positive + false_negative
    scores = [2.0 * hits / (2 * hits + errors) if hits else 0.0 for hits in (right, right_negative)]
    return sum(scores) / 2.0


def area_under_curve(positive: BoolArray, scores: FloatArray) -> float:
    """Chance that a positive row scores above a negative one; ties count half.

    Mann and Whitney (1947). nan where one class is missing.
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if not n_positive or not n_negative:
        return float("nan")
    ranks = rankdata(scores)[positive].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def expected_calibration_error(
    positive: BoolArray, probabilities: FloatArray, n_bins: int = 10
) -> float:
    """Mean distance between promised and observed share of positives, by equal-width bins.

    Naeini, Cooper and Hauskrecht (2015), "Obtaining Well Calibrated Probabilities". 0.0 without
    rows.
    """
    if not len(positive):
        return 0.0
    bins = np.minimum((probabilities * n_bins).astype(np.int64), n_bins - 1)
    promised = np.bincount(bins, weights=probabilities, minlength=n_bins)
    observed = np.bincount(bins, weights=positive.astype(float), minlength=n_bins)
    return float(np.abs(promised - observed).sum() / len(positive))


def brier_score(positive: BoolArray, probabilities: FloatArray) -> float:
    """Mean squared distance of the probability from what was so; nan without rows."""
    return float(np.mean((probabilities - positive) ** 2)) if len(positive) else float("nan")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model said of many reviews, as arrays of shape (n_reviews,).

    probabilities: of positive. leans: the side when it must be one. mixed: left to staff.
    """

    probabilities: FloatArray
    leans: BoolArray
    mixed: BoolArray

    @classmethod
    def of(cls, predictions: Sequence[Sentiment]) -> "Answers":
        return cls(
            probabilities=np.array([said.probability for said in predictions], dtype=float),
            leans=np.array([said.leans_positive for said in predictions], dtype=bool),
            mixed=np.array([said.label == "mixed" for said in predictions], dtype=bool),
        )

    def take(self, rows: NDArray[np.int64] | BoolArray) -> "Answers":
        return Answers(self.probabilities[rows], self.leans[rows], self.mixed[rows])


def figures(positive: BoolArray, answers: Answers) -> dict[str, float]:
    """Everything above by name, and how the mixed band does.

    accuracy, macro_f1: when each review must be called one or the other.
    mixed_share: part of the reviews left to staff. decided_accuracy: of those that are not.
    """
    decided = ~answers.mixed
    return {
        "accuracy": accuracy(positive, answers.leans),
        "macro_f1": macro_f1(positive, answers.leans),
        "auc": area_under_curve(positive, answers.probabilities),
        "ece": expected_calibration_error(positive, answers.probabilities),
        "brier": brier_score(positive, answers.probabilities),
        "mixed_share": float(np.mean(answers.mixed)) if len(positive) else float("nan"),
        "decided_accuracy": accuracy(positive[decided], answers.probabilities[decided] > 0.5),
    }


def bootstrap_intervals(
    measure: Callable[[NDArray[np.int64]], Mapping[str, float]],
    n_rows: int,
    *,
    n_draws: int = 200,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of figures over rows drawn with replacement.

    Efron (1979). measure: figures of the rows at the places given.
    """
    generator = np.random.default_rng(seed)
    draws = [measure(generator.integers(0, n_rows, n_rows)) for _ in range(n_draws)]
    return {
        name: (
            round(float(np.nanpercentile([draw[name] for draw in draws], 2.5)), 4),
            round(float(np.nanpercentile([draw[name] for draw in draws], 97.5)), 4),
        )
        for name in draws[0]
    }
