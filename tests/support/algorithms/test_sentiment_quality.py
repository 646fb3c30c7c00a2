"""Figures, worked out by hand."""

import math

import numpy as np
import pytest

from support.algorithms.sentiment_quality import (
    accuracy,
    area_under_curve,
    bootstrap_intervals,
    brier_score,
    expected_calibration_error,
    macro_f1,
)

POSITIVE = np.array([True, True, True, False])


def test_macro_f1_is_the_mean_over_both_classes() -> None:
    said = np.array([True, True, False, False])
    # Positive: 2 right, 1 missed, none wrong: .8. Negative: 1 right, 1 wrong: 2/3.
    assert macro_f1(POSITIVE, said) == pytest.approx((0.8 + 2 / 3) / 2)
    assert accuracy(POSITIVE, said) == 0.75
    assert macro_f1(POSITIVE, ~POSITIVE) == 0.0


def test_area_under_curve_counts_pairs() -> None:
    # Pairs with the negative at .5: above, tie, below.
    assert area_under_curve(POSITIVE, np.array([0.9, 0.5, 0.1, 0.5])) == pytest.approx(0.5)
    assert math.isnan(area_under_curve(POSITIVE[:3], np.array([0.1, 0.2, 0.3])))


def test_area_under_curve_knows_only_the_order() -> None:
    scores = np.array([0.9, 0.4, 0.6, 0.5])
    assert area_under_curve(POSITIVE, scores) == area_under_curve(POSITIVE, scores**3)


def test_calibration_error_weighs_bins_by_their_rows() -> None:
    # Bin .9: promised .95, so .05 off over three rows. Bin .2: promised .25, observed 0.
    probabilities = np.array([0.95, 0.95, 0.95, 0.25])
    assert expected_calibration_error(POSITIVE, probabilities) == pytest.approx(
        (3 * 0.05 + 0.25) / 4
    )
    assert expected_calibration_error(np.array([True]), np.array([1.0])) == 0.0


def test_brier_score_is_the_mean_square() -> None:
    assert brier_score(POSITIVE, np.array([1.0, 1.0, 0.5, 0.5])) == pytest.approx(0.125)


def test_an_interval_holds_the_figure_and_narrows_with_rows() -> None:
    def width(n: int) -> float:
        truth = np.arange(n) % 4 > 0
        low, high = bootstrap_intervals(lambda rows: {"accuracy": float(truth[rows].mean())}, n)[
            "accuracy"
        ]
        assert low <= 0.75 <= high
        return high - low

    assert width(4000) < width(100)
