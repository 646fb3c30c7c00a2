"""Fitting the model of outcomes, and measuring it against the score of rules and rarity."""

from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from insights.algorithms.order_features import FloatArray
from insights.algorithms.order_outcome import OrderOutcomeModel

PENALTIES: Final = (0.03, 0.1, 0.3, 1.0)
VALIDATION_SHARE: Final = 0.3
_FEWEST_OF_A_KIND: Final = 5


def fit_outcome(matrix: FloatArray, is_fraud: FloatArray) -> OrderOutcomeModel:
    """matrix: by time, oldest first. The penalty is chosen on the last part of it."""
    cut = round((1.0 - VALIDATION_SHARE) * len(matrix))
    penalty = PENALTIES[1]
    known, later = is_fraud[:cut], is_fraud[cut:]
    if all(
        _FEWEST_OF_A_KIND <= part.sum() <= len(part) - _FEWEST_OF_A_KIND for part in (known, later)
    ):
        penalty = min(
            PENALTIES,
            key=lambda one: _log_loss(
                _fit(matrix[:cut], known, one).probabilities(matrix[cut:]), later
            ),
        )
    return _fit(matrix, is_fraud, penalty)


def _fit(matrix: FloatArray, is_fraud: FloatArray, penalty: float) -> OrderOutcomeModel:
    mean = matrix.mean(axis=0)
    scale = np.where(matrix.std(axis=0) > 1e-9, matrix.std(axis=0), 1.0)
    # Not weighted by class: the probability has to be one.
    fitted = LogisticRegression(C=penalty, max_iter=1_000).fit((matrix - mean) / scale, is_fraud)
    return OrderOutcomeModel(
        weights=fitted.coef_[0],
        intercept=float(fitted.intercept_[0]),
        mean=mean,
        scale=scale,
        described={
            "orders": len(matrix),
            "fraud": int(is_fraud.sum()),
            "penalty": penalty,
        },
    )


def figures(probability: FloatArray, is_fraud: FloatArray) -> dict[str, float]:
    bins = np.minimum((probability * 10).astype(int), 9)
    error = sum(
        np.abs(probability[bins == one].mean() - is_fraud[bins == one].mean())
        * np.mean(bins == one)
        for one in np.unique(bins)
    )
    return {
        "auc": float(roc_auc_score(is_fraud, probability)),
        "average_precision": float(average_precision_score(is_fraud, probability)),
        "log_loss": _log_loss(probability, is_fraud),
        "calibration_error": float(error),
    }


def _log_loss(probability: FloatArray, is_fraud: FloatArray) -> float:
    sure = np.clip(probability, 1e-6, 1 - 1e-6)
    return float(-np.mean(is_fraud * np.log(sure) + (1 - is_fraud) * np.log(1 - sure)))
