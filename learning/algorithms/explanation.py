"""Reasons that a buyer or a customer can read."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Direction(StrEnum):
    """Whether a factor pushed the prediction up, down, or not at all."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Factor:
    """One reason: its name (a stable code), its value, where it pushed and how hard.

    weight: share of the whole explanation or a contribution in the model's own unit; the
        explanation's `unit` says which.
    """

    name: str
    value: Any
    direction: Direction
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a prediction is made of, most important factor first.

    unit: what the weights are ("factor": they multiply, "logit": they add up, "share").
    facts: everything else needed to reproduce or show the prediction, JSON values only.
    """

    factors: Sequence[Factor]
    unit: str = "share"
    facts: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The form stored on prediction rows."""
        return {
            "unit": self.unit,
            # `asdict` copies every value: a night writes a million factors.
            "factors": [
                {
                    "name": factor.name,
                    "value": factor.value,
                    "direction": factor.direction,
                    "weight": factor.weight,
                }
                for factor in self.factors
            ],
            "facts": self.facts or {},
        }
