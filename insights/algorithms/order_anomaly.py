"""How rare an order is among all orders of the shop: how far out it lies where fraud lies out.

After Li, Zhao, Hu, Botta, Ionescu, Chen (2022), "ECOD: unsupervised outlier detection using
empirical cumulative distribution functions": a feature is as surprising as the share of orders
that lie at least so far out is small. Unlike the paper each feature has one suspicious side, and
only the strongest few count: an order that is odd twice is not made usual by being usual elsewhere.

What an order is not judged by: whether its customer has an account, the hour, language, country.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from insights.algorithms.order_features import FEATURES, FloatArray

# Large is suspicious; of the age of an account and of earlier orders, small is.
UPPER: Final = (
    "amount",
    "units",
    "line_units",
    "unit_price",
    "amount_times_own",
    "orders_same_email",
    "orders_same_address",
)
LOWER: Final = ("account_age_hours", "orders_before")
LOOKED_AT: Final = (*UPPER, *LOWER)
_COLUMNS: Final = [FEATURES.index(name) for name in LOOKED_AT]


@dataclass(frozen=True)
class OrderAnomalyModel:
    """grid: quantiles of each feature looked at, rising, shape (n_features, n_steps).

    n_orders: that it learned from. strongest: so many features count. quantiles: rising scores of
    those orders at equal steps from 0 to 1.
    """

    grid: FloatArray
    n_orders: int
    strongest: int
    quantiles: FloatArray
    described: Mapping[str, Any]

    format: ClassVar[str] = "npz"

    def surprises(self, matrix: FloatArray) -> FloatArray:
        """-log of the share of orders that lie as far out; shape (n_orders, n_features)."""
        n_steps = self.grid.shape[1]
        parts = np.empty((len(matrix), len(LOOKED_AT)))
        for place, column in enumerate(_COLUMNS):
            known, value = self.grid[place], matrix[:, column]
            if LOOKED_AT[place] in LOWER:
                beyond = np.searchsorted(known, value, side="right")
            else:
                beyond = n_steps - np.searchsorted(known, value, side="left")
            parts[:, place] = -np.log((beyond + 0.5) / (n_steps + 1))
        return parts

    def scores(self, matrix: FloatArray) -> FloatArray:
        parts = np.sort(self.surprises(matrix), axis=1)
        return np.asarray(parts[:, -self.strongest :].sum(axis=1))

    def rarities(self, matrix: FloatArray) -> FloatArray:
        """Share of the orders it learned from that are less odd."""
        at = np.searchsorted(self.quantiles, self.scores(matrix), side="left")
        return np.asarray(np.minimum(at / (len(self.quantiles) - 1), 1.0))

    def reasons(self, row: FloatArray) -> list[tuple[str, float]]:
        """The features that count, strongest first, with their shares of the score."""
        parts = self.surprises(row[None, :])[0]
        order = np.argsort(-parts, kind="stable")[: self.strongest]
        total = parts[order].sum()
        return [(LOOKED_AT[at], float(parts[at] / total)) for at in order.tolist() if parts[at] > 0]

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        described = {
            "described": dict(self.described),
            "n_orders": self.n_orders,
            "strongest": self.strongest,
            "features": list(LOOKED_AT),
        }
        np.savez_compressed(
            buffer,
            grid=self.grid,
            quantiles=self.quantiles,
            described=np.frombuffer(json.dumps(described).encode(), dtype=np.uint8),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            stored = json.loads(arrays["described"].tobytes())
            if stored.pop("features") != list(LOOKED_AT):
                raise ValueError("learned from other features")
            return cls(grid=arrays["grid"], quantiles=arrays["quantiles"], **stored)


class NoAnomalyModel:
    """Answers until a version is published: of no order is it known how rare it is."""

    def rarities(self, matrix: FloatArray) -> None:
        return None

    def reasons(self, row: FloatArray) -> list[tuple[str, float]]:
        return []
