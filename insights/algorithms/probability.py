"""A probability with its reasons: logistic regression, boosted trees or both, calibrated.

Fitted by `probability_training` with scikit-learn; answers with numpy alone. A push of a feature
is in logits: of the regression its own term, of the trees the change of the node's value along the
path (Saabas 2014, "Interpreting random forests"); together they add up to the whole answer.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final, Self

import numpy as np

from insights.algorithms.score_arrays import BoolArray, FloatArray, IntArray

LAYOUT: Final = 1
MOST_LOGIT: Final = 12.0
ROWS_AT_A_TIME: Final = 20_000


@dataclass(frozen=True)
class Trees:
    """Boosted trees, their nodes one after the other.

    feature: which column a node asks for, -1 in a leaf; threshold: up to it a row goes left.
    left, right: numbers of nodes. value: mean answer of the rows under a node, in logits.
    root: the first node of each tree. start: what is said before the first tree.
    """

    feature: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    value: FloatArray
    root: IntArray
    start: float

    def pushes(self, rows: FloatArray) -> tuple[FloatArray, float]:
        """What each feature adds, shape (n_rows, n_features), and what is said of nobody.

        rows: shape (n_rows, n_features).
        """
        n_rows = len(rows)
        pushes = np.zeros(rows.shape)
        everyone = np.arange(n_rows)
        for root in self.root.tolist():
            node = np.full(n_rows, root, dtype=np.int64)
            moving = everyone
            while len(moving := moving[self.feature[node[moving]] >= 0]):
                here = node[moving]
                asked = self.feature[here]
                goes_left = rows[moving, asked] <= self.threshold[here]
                following = np.where(goes_left, self.left[here], self.right[here])
                pushes[moving, asked] += self.value[following] - self.value[here]
                node[moving] = following
        return pushes, self.start + float(self.value[self.root].sum())


NO_TREES: Final = Trees(
    feature=np.zeros(0, dtype=np.int64),
    threshold=np.zeros(0),
    left=np.zeros(0, dtype=np.int64),
    right=np.zeros(0, dtype=np.int64),
    value=np.zeros(0),
    root=np.zeros(0, dtype=np.int64),
    start=0.0,
)


@dataclass(frozen=True)
class ProbabilityModel:
    """features: names of the columns. is_log: which are taken as log(1 + x) by the regression.

    fill: what stands for a missing value. mean, scale: of each column after that.
    coefficients, intercept: of the standardised columns. boosted_share: of the trees in the logit.
    slope, shift: Platt's calibration. steps: of an isotonic one, told and happened, else empty.
    base_share: how often it happened in what was learned.
    """

    format: ClassVar[str] = "npz"

    features: tuple[str, ...]
    is_log: BoolArray
    fill: FloatArray
    mean: FloatArray
    scale: FloatArray
    coefficients: FloatArray
    intercept: float
    trees: Trees
    boosted_share: float
    slope: float
    shift: float
    base_share: float
    n_learned: int
    learned_until: date
    steps: FloatArray = field(default_factory=lambda: np.zeros((2, 0)))
    # Anything else that the one who uses it needs to make its columns, as numbers.
    extra: FloatArray = field(default_factory=lambda: np.zeros(0))

    def predict(self, rows: FloatArray) -> FloatArray:
        """Probabilities, shape (n_rows,). rows: shape (n_rows, n_features), NaN where unknown."""
        told = np.empty(len(rows))
        for start in range(0, len(rows), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            pushes, base = self._raw(rows[part])
            told[part] = self.calibrate(pushes.sum(axis=1) + base)
        return told

    def explain(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Probabilities, and what each feature adds to the logit, shape (n_rows, n_features)."""
        pushes, base = self._raw(rows)
        return self.calibrate(pushes.sum(axis=1) + base), pushes * self.slope

    def calibrate(self, logits: FloatArray) -> FloatArray:
        told = sigmoid(self.slope * logits + self.shift)
        if self.steps.shape[1]:
            told = np.interp(told, self.steps[0], self.steps[1])
        return told

    def _raw(self, rows: FloatArray) -> tuple[FloatArray, float]:
        known = np.where(np.isnan(rows), self.fill, rows)
        pushes = np.zeros(known.shape)
        base = 0.0
        if self.boosted_share < 1.0:
            share = 1.0 - self.boosted_share
            pushes += share * self.coefficients * self.standardised(known)
            base += share * self.intercept
        if self.boosted_share > 0.0:
            added, start = self.trees.pushes(known)
            pushes += self.boosted_share * added
            base += self.boosted_share * start
        return pushes, base

    def standardised(self, known: FloatArray) -> FloatArray:
        shown = np.where(self.is_log, np.log1p(np.maximum(known, 0.0)), known)
        standard: FloatArray = (shown - self.mean) / self.scale
        return standard

    def to_bytes(self) -> bytes:
        file = io.BytesIO()
        np.savez_compressed(
            file,
            layout=np.array(LAYOUT),
            features=np.array(self.features),
            is_log=self.is_log,
            columns=np.stack([self.fill, self.mean, self.scale, self.coefficients]),
            numbers=np.array(
                [
                    self.intercept,
                    self.boosted_share,
                    self.slope,
                    self.shift,
                    self.base_share,
                    self.n_learned,
                    self.learned_until.toordinal(),
                    self.trees.start,
                ]
            ),
            steps=self.steps,
            extra=self.extra,
            node_feature=self.trees.feature.astype(np.int16),
            node_threshold=self.trees.threshold,
            node_left=self.trees.left.astype(np.int32),
            node_right=self.trees.right.astype(np.int32),
            node_value=self.trees.value,
            root=self.trees.root.astype(np.int32),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if int(arrays["layout"]) != LAYOUT:
                raise ValueError("a probability model of another layout")
            numbers = arrays["numbers"]
            fill, mean, scale, coefficients = arrays["columns"]
            return cls(
                features=tuple(arrays["features"].tolist()),
                is_log=arrays["is_log"],
                fill=fill,
                mean=mean,
                scale=scale,
                coefficients=coefficients,
                intercept=float(numbers[0]),
                boosted_share=float(numbers[1]),
                slope=float(numbers[2]),
                shift=float(numbers[3]),
                base_share=float(numbers[4]),
                n_learned=int(numbers[5]),
                learned_until=date.fromordinal(int(numbers[6])),
                steps=arrays["steps"],
                extra=arrays["extra"],
                trees=Trees(
                    feature=arrays["node_feature"].astype(np.int64),
                    threshold=arrays["node_threshold"],
                    left=arrays["node_left"].astype(np.int64),
                    right=arrays["node_right"].astype(np.int64),
                    value=arrays["node_value"],
                    root=arrays["root"].astype(np.int64),
                    start=float(numbers[7]),
                ),
            )


class NothingLearned:
    """Answers until something is published: that nothing can be said."""

    format: ClassVar[str] = "none"
    features: tuple[str, ...] = ()

    def predict(self, rows: FloatArray) -> FloatArray:
        return np.full(len(rows), np.nan)


def sigmoid(logits: FloatArray) -> FloatArray:
    told: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(logits, -MOST_LOGIT, MOST_LOGIT)))
    return told


def logit(told: FloatArray) -> FloatArray:
    sure = np.clip(told, 1e-6, 1.0 - 1e-6)
    logits: FloatArray = np.log(sure / (1.0 - sure))
    return logits


def strongest(pushes: FloatArray, most: int) -> Sequence[int]:
    """Numbers of the features that push hardest in one row, those that push nothing left out."""
    order = np.argsort(-np.abs(pushes), kind="stable")[:most]
    return [int(place) for place in order if abs(pushes[place]) > 0.01]
