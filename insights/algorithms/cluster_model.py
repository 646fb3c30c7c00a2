"""Groups of customers that the shop found: which one a customer is in, and why. numpy only."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from insights.algorithms.customer_table import CustomerTable, FloatArray, IntArray, names_of

N_FACTORS = 4
# A trait is worth a word from this distance from the shop's mean on, in standard deviations.
NOTEWORTHY = 0.35
RFM = ("recency", "orders", "spend")
ROWS_AT_A_TIME = 20_000


def raw_features(table: CustomerTable, *, category_ids: IntArray, usual: FloatArray) -> FloatArray:
    """Logarithms of recency, orders and spend, and root shares of categories.

    Roots of shares (Hellinger) so that a rare category is not drowned by a large one.
    Returns shape (n_customers, 3 + n_categories).
    """
    return np.column_stack(
        [
            np.log1p(np.maximum(table.recency_days, 0)),
            np.log1p(table.orders),
            np.log1p(np.maximum(table.spend_minor, 0) / 100),
            np.sqrt(table.category_shares(category_ids, usual)),
        ]
    )


@dataclass(frozen=True)
class Assignment:
    """slots: the lasting number of each customer's group. confidence: share of the way to the
    next group that lies on this group's side, .5 to 1. gains: how much each feature speaks for
    this group and against the next one, shape (n_customers, n_features)."""

    slots: IntArray
    confidence: FloatArray
    gains: FloatArray
    standardised: FloatArray


@dataclass(frozen=True)
class ClusterModel:
    """means, scales: of the raw features. centres: of standardised ones, (n_groups, n_features).

    slots: the number under which each centre is known since it was first found.
    """

    means: FloatArray
    scales: FloatArray
    centres: FloatArray
    slots: IntArray
    category_ids: IntArray
    usual: FloatArray
    choice: Mapping[str, Any]

    format: ClassVar[str] = "npz"

    @property
    def feature_names(self) -> list[str]:
        return [*RFM, *names_of(self.category_ids.tolist())]

    def standardised(self, table: CustomerTable) -> FloatArray:
        raw = raw_features(table, category_ids=self.category_ids, usual=self.usual)
        return np.asarray((raw - self.means) / self.scales)

    def assign(self, table: CustomerTable) -> Assignment:
        points = self.standardised(table)
        nearest = np.zeros(len(points), dtype=np.int64)
        second = np.zeros(len(points), dtype=np.int64)
        first_distance = np.zeros(len(points))
        next_distance = np.zeros(len(points))
        for start in range(0, len(points), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            squares = ((points[part, None, :] - self.centres[None]) ** 2).sum(axis=2)
            order = np.argsort(squares, axis=1, kind="stable")
            rows = np.arange(len(squares))
            nearest[part] = order[:, 0]
            second[part] = order[:, min(1, len(self.centres) - 1)]
            first_distance[part] = np.sqrt(squares[rows, order[:, 0]])
            next_distance[part] = np.sqrt(squares[rows, second[part]])
        together = first_distance + next_distance
        confidence = np.where(
            together > 0, next_distance / np.where(together > 0, together, 1), 1.0
        )
        gains = (points - self.centres[second]) ** 2 - (points - self.centres[nearest]) ** 2
        return Assignment(self.slots[nearest], confidence, gains, points)

    def traits(self) -> dict[int, list[dict[str, Any]]]:
        """What sets each group apart, by its number, strongest first.

        The middle of all customers is 0, as features are standardised.
        """
        found = {}
        for slot, centre in zip(self.slots.tolist(), self.centres, strict=True):
            # Categories were scaled down as a block; told apart by their own spread.
            own = centre * self._spread
            strongest = np.argsort(-np.abs(own), kind="stable")
            found[slot] = [
                self._trait(int(place), float(own[place]))
                for place in strongest.tolist()
                if abs(own[place]) >= NOTEWORTHY
            ]
        return found

    @property
    def _spread(self) -> FloatArray:
        block = float(self.choice.get("category_weight", 1.0)) or 1.0
        return np.array([1.0] * len(RFM) + [1 / block] * len(self.category_ids))

    def _trait(self, place: int, distance: float) -> dict[str, Any]:
        is_category = place >= len(RFM)
        return {
            "feature": "category" if is_category else RFM[place],
            "category": int(self.category_ids[place - len(RFM)]) if is_category else None,
            "direction": "up" if distance > 0 else "down",
            "distance": round(distance, 3),
        }

    def explain(self, assignment: Assignment, row: int) -> list[dict[str, Any]]:
        """The features that speak most for the group of a customer, as stored factors."""
        gains = np.maximum(assignment.gains[row], 0.0)
        total = float(gains.sum())
        if total <= 0:
            return []
        names = self.feature_names
        return [
            {
                "name": names[place],
                "value": round(float((assignment.standardised[row] * self._spread)[place]), 2),
                "direction": "up" if assignment.standardised[row][place] > 0 else "down",
                "weight": round(float(gains[place]) / total, 4),
            }
            for place in np.argsort(-gains, kind="stable")[:N_FACTORS].tolist()
            if gains[place] > 0
        ]

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            means=self.means,
            scales=self.scales,
            centres=self.centres,
            slots=self.slots,
            category_ids=self.category_ids,
            usual=self.usual,
            choice=np.frombuffer(json.dumps(dict(self.choice)).encode(), dtype=np.uint8),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return cls(
                means=arrays["means"],
                scales=arrays["scales"],
                centres=arrays["centres"],
                slots=arrays["slots"],
                category_ids=arrays["category_ids"],
                usual=arrays["usual"],
                choice=json.loads(arrays["choice"].tobytes()),
            )


class SpendGroups:
    """The dumb method: as many groups by money alone."""

    def __init__(self, edges: FloatArray) -> None:
        self.edges = edges

    def labels(self, table: CustomerTable) -> IntArray:
        return np.searchsorted(self.edges, table.spend_minor, side="right").astype(np.int64)


class NoGroups:
    """Answers until a version is published: nobody is in any group."""

    slots: Sequence[int] = ()
