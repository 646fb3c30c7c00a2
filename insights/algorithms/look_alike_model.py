"""Who is like the customers of a segment: a weighted sum of features. numpy only."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from insights.algorithms.customer_table import CustomerTable, FloatArray, IntArray, names_of

N_FACTORS = 4
MOST_COUNTRIES = 8

# Which features a rule on such a field already tells: a model that is given them says the rule.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "orders": ("recency", "tenure", "orders", "spend", "basket", "returns", "reviews"),
    "goods": ("category",),
    "person": ("language", "region", "tenure"),
    "voice": ("returns", "reviews"),
    "behaviour": ("views", "cart_adds", "searches"),
}


@dataclass(frozen=True)
class Layout:
    """The columns of the features, the same for learning and for serving."""

    category_ids: IntArray
    usual: FloatArray
    languages: Sequence[str]
    countries: Sequence[str]

    @classmethod
    def of(cls, table: CustomerTable) -> Self:
        countries, counts = np.unique(table.country, return_counts=True)
        largest = countries[np.argsort(-counts, kind="stable")][:MOST_COUNTRIES]
        return cls(
            category_ids=table.category_ids,
            usual=table.usual_mix(),
            languages=sorted({str(one) for one in table.language}),
            countries=sorted(str(one) for one in largest if one),
        )

    @property
    def names(self) -> list[str]:
        return [
            "recency",
            "tenure",
            "orders",
            "spend",
            "basket",
            "returns",
            "reviews",
            "views",
            "cart_adds",
            "searches",
            *names_of(self.category_ids.tolist()),
            *(f"language:{one}" for one in self.languages),
            *(f"region:{one}" for one in self.countries),
        ]

    def features(self, table: CustomerTable) -> FloatArray:
        spend = np.maximum(table.spend_minor, 0) / 100
        return np.column_stack(
            [
                np.log1p(table.recency_days),
                np.log1p(table.tenure_days),
                np.log1p(table.orders),
                np.log1p(spend),
                np.log1p(spend / np.maximum(table.orders, 1)),
                np.log1p(table.returns),
                np.log1p(table.reviews),
                np.log1p(table.views),
                np.log1p(table.cart_adds),
                np.log1p(table.searches),
                np.sqrt(table.category_shares(self.category_ids, self.usual)),
                *(np.asarray(table.language == one, dtype=np.float64) for one in self.languages),
                *(np.asarray(table.country == one, dtype=np.float64) for one in self.countries),
            ]
        )

    def columns_without(self, families: Sequence[str]) -> IntArray:
        """Columns that a rule on these families does not already tell."""
        dropped = {name for family in families for name in FAMILIES.get(family, ())}
        return np.array(
            [
                place
                for place, name in enumerate(self.names)
                if name.partition(":")[0] not in dropped
            ],
            dtype=np.int64,
        )


@dataclass(frozen=True)
class SeedModel:
    """What was learned of one segment.

    columns: of the layout. means, scales, weights: of these columns. slope, offset: from the
    weighted sum to a probability (Platt), fitted on customers that the weights were not fitted on.
    """

    columns: IntArray
    means: FloatArray
    scales: FloatArray
    weights: FloatArray
    intercept: float
    slope: float
    offset: float
    choice: Mapping[str, Any] = field(default_factory=dict)

    def scores(self, features: FloatArray) -> FloatArray:
        points = (features[:, self.columns] - self.means) / self.scales
        return np.asarray(points @ self.weights + self.intercept)

    def probabilities(self, scores: FloatArray) -> FloatArray:
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * scores + self.offset, -30, 30))))

    def explain(self, features: FloatArray, names: Sequence[str]) -> list[dict[str, Any]]:
        """What brings one customer near to the segment, strongest first."""
        points = (features[self.columns] - self.means) / self.scales
        pushes = points * self.weights
        return [
            {
                "name": names[int(self.columns[place])],
                "value": round(float(features[self.columns[place]]), 3),
                "direction": "up" if points[place] > 0 else "down",
                "weight": round(float(pushes[place]), 4),
            }
            for place in np.argsort(-pushes, kind="stable")[:N_FACTORS].tolist()
            if pushes[place] > 0
        ]


@dataclass(frozen=True)
class LookAlikeModel:
    """seeds: what was learned, by the key of the segment."""

    layout: Layout
    seeds: Mapping[int, SeedModel]

    format: ClassVar[str] = "npz"

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {
            "category_ids": self.layout.category_ids,
            "usual": self.layout.usual,
        }
        described: dict[str, Any] = {
            "languages": list(self.layout.languages),
            "countries": list(self.layout.countries),
            "seeds": {},
        }
        for key, seed in self.seeds.items():
            for name in ("columns", "means", "scales", "weights"):
                arrays[f"{name}_{key}"] = getattr(seed, name)
            described["seeds"][str(key)] = {
                "intercept": seed.intercept,
                "slope": seed.slope,
                "offset": seed.offset,
                "choice": dict(seed.choice),
            }
        arrays["described"] = np.frombuffer(json.dumps(described).encode(), dtype=np.uint8)
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            described = json.loads(arrays["described"].tobytes())
            return cls(
                layout=Layout(
                    category_ids=arrays["category_ids"],
                    usual=arrays["usual"],
                    languages=described["languages"],
                    countries=described["countries"],
                ),
                seeds={
                    int(key): SeedModel(
                        columns=arrays[f"columns_{key}"],
                        means=arrays[f"means_{key}"],
                        scales=arrays[f"scales_{key}"],
                        weights=arrays[f"weights_{key}"],
                        **numbers,
                    )
                    for key, numbers in described["seeds"].items()
                },
            )


class FavouriteCategory:
    """The dumb method: how many buyers of a customer's favourite category are in the segment."""

    def __init__(self, rates: FloatArray) -> None:
        self.rates = rates

    @classmethod
    def fit(cls, table: CustomerTable, is_member: FloatArray) -> Self:
        n = max(table.units.shape[1], 1)
        favourite = favourite_category(table)
        overall = float(is_member.mean()) if len(is_member) else 0.0
        sums = np.bincount(favourite, weights=is_member, minlength=n)
        # As if ten buyers of each category were like the others.
        return cls((sums + 10 * overall) / (np.bincount(favourite, minlength=n) + 10))

    def scores(self, table: CustomerTable) -> FloatArray:
        return np.asarray(self.rates[favourite_category(table)])


class NothingLearned:
    """Answers until a version is published: nobody is like anybody."""

    seeds: Mapping[int, SeedModel] = {}


def favourite_category(table: CustomerTable) -> IntArray:
    if not table.units.shape[1]:
        return np.zeros(len(table), dtype=np.int64)
    return np.asarray(table.units.argmax(axis=1))


def auc(scores: FloatArray, is_member: FloatArray) -> float:
    """Share of pairs of a member and another that are in the right order; ties count half."""
    positive = is_member > 0
    n_in, n_out = int(positive.sum()), int((~positive).sum())
    if not n_in or not n_out:
        return float("nan")
    _distinct, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - counts / 2 + 0.5)[places]
    return float((ranks[positive].sum() - n_in * (n_in + 1) / 2) / (n_in * n_out))
