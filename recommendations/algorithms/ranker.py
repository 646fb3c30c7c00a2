"""The order of a row that is made for one person, as it is served: numpy alone.

What recommenders say of a product, beside what it costs and how it sells, in a weighted sum whose
weights were learned (`ranker_training`) from what customers who came back bought for the first
time.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import numpy as np

from recommendations.algorithms.shopping_log import FloatArray

FEATURES: Final = (
    "what goes together",
    "what comes next",
    "sales of the last month",
    "sales, for those who ordered little",
    "own categories",
    "unlike own prices",
)
# The first ones are what a blend of recommenders is made of.
N_SOURCES: Final = 2
# e^2: beyond seven times the usual price nothing is further away.
FURTHEST_PRICE: Final = 2.0


@dataclass(frozen=True)
class RankerModel:
    """weights: of `FEATURES`, in no unit; only the order of what they add up to means something."""

    format: ClassVar[str] = "json"

    weights: FloatArray
    learned_until_day: int
    choice: Mapping[str, Any] = field(default_factory=dict)

    def order(self, features: FloatArray) -> FloatArray:
        """features: (n, len(FEATURES)). Returns the odds of each against the best, in (0, 1]."""
        if not len(features):
            return np.zeros(0)
        worth = features @ self.weights
        odds: FloatArray = np.exp(worth - worth.max())
        return odds

    def to_bytes(self) -> bytes:
        return json.dumps(
            {
                "features": FEATURES,
                "weights": self.weights.tolist(),
                "learned_until_day": self.learned_until_day,
                "choice": dict(self.choice),
            },
            sort_keys=True,
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises ValueError for weights of other features than these."""
        stored = json.loads(bytes(data))
        if tuple(stored["features"]) != FEATURES:
            raise ValueError("the weights belong to other features")
        return cls(
            weights=np.array(stored["weights"], dtype=np.float64),
            learned_until_day=int(stored["learned_until_day"]),
            choice=stored["choice"],
        )


def feature_rows(
    *,
    together: FloatArray,
    upcoming: FloatArray,
    sold: FloatArray,
    own_categories: FloatArray,
    prices: FloatArray,
    own_prices: FloatArray,
    n_orders: int,
) -> FloatArray:
    """One row for each product that could be shown to one person, shape (n, len(FEATURES)).

    together, upcoming: what the two recommenders say, 1 for the best of each.
    sold: units of the last month, the shop's best seller 1 after the logarithm.
    own_categories: share of the person's products that are of its category.
    prices: in any unit, 0 for unknown. own_prices: of the person's products, shape (n_own,).
    """
    known = own_prices[own_prices > 0]
    gap = np.zeros(len(prices))
    if len(known):
        usual = float(np.log(known).mean())
        gap = np.abs(np.log(np.where(prices > 0, prices, np.exp(usual))) - usual)
    return np.stack(
        [
            together,
            upcoming,
            sold,
            sold / (1.0 + n_orders),
            own_categories,
            np.minimum(gap, FURTHEST_PRICE),
        ],
        axis=1,
    )


def scaled_sales(units: FloatArray, most: float) -> FloatArray:
    """1 for the best seller, by the logarithm. most: its units."""
    scaled: FloatArray = np.log1p(np.maximum(units, 0.0)) / np.log1p(max(most, 1.0))
    return np.minimum(scaled, 1.0)
