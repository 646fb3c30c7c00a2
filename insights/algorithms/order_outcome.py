"""How likely an order turns out to be fraud, learned from what became of orders before it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from insights.algorithms.order_features import FEATURES, FloatArray

# Beside the features of the order: what rules and rarity said of it in that moment.
INPUTS: Final = (*FEATURES, "rule_score", "rarity")


@dataclass(frozen=True)
class OrderOutcomeModel:
    """Logistic regression on scaled inputs."""

    weights: FloatArray
    intercept: float
    mean: FloatArray
    scale: FloatArray
    described: Mapping[str, Any]

    format: ClassVar[str] = "json"

    def probabilities(self, matrix: FloatArray) -> FloatArray:
        """shape (n_orders,). matrix: columns as in `INPUTS`."""
        logits = self.contributions(matrix).sum(axis=1) + self.intercept
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -40, 40))))

    def contributions(self, matrix: FloatArray) -> FloatArray:
        """To the logit, against a mean order; shape (n_orders, n_inputs)."""
        return np.asarray((matrix - self.mean) / self.scale * self.weights)

    def to_bytes(self) -> bytes:
        return json.dumps(
            {
                "inputs": list(INPUTS),
                "weights": self.weights.tolist(),
                "intercept": self.intercept,
                "mean": self.mean.tolist(),
                "scale": self.scale.tolist(),
                "described": dict(self.described),
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        stored = json.loads(data)
        if stored["inputs"] != list(INPUTS):
            raise ValueError("learned from other inputs")
        return cls(
            weights=np.array(stored["weights"]),
            intercept=float(stored["intercept"]),
            mean=np.array(stored["mean"]),
            scale=np.array(stored["scale"]),
            described=stored["described"],
        )


class NoOutcomeModel:
    """Answers until a version is published: rules and rarity judge alone."""

    def probabilities(self, matrix: FloatArray) -> None:
        return None
