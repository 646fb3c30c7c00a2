"""The served model of what a new product could cost: words first, then what is like it.

Only numpy is imported; what fits it is in `price_prediction_training`. No word is stored, only
numbers of hashed features.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.listing_words import (
    N_FEATURES,
    FeatureRows,
    Listing,
    feature_rows,
    features_of,
    place_of,
    plain_rows,
    times,
    weigh,
)

LAYOUT = 1
N_NEIGHBOURS = 10
# So that a far neighbour does not count as if it were a twin.
DOUBT = 0.05
TOLD_WORDS = 6
TOLD_NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Comparable:
    """A SKU of the shop that is like the new one; likeness: cosine of their features."""

    sku_id: int
    price_minor: float
    likeness: float


@dataclass(frozen=True, slots=True)
class PriceGuess:
    """Prices in minor units; lower and upper are the tenth and ninetieth percentile.

    words: what pushed the price, as factors of it, strongest first.
    """

    price: float
    lower: float
    upper: float
    comparables: Sequence[Comparable]
    words: Sequence[tuple[str, float]]
    typical: float


@dataclass(frozen=True)
class FeaturePair:
    """The same listings as weighed features of length 1, and as counts of whole words."""

    weighed: FeatureRows
    plain: FeatureRows


@dataclass(frozen=True)
class PricePredictionModel:
    """log price = typical + features x weights + part of what neighbours were missed by.

    Two regressions are blended: one on rare and common features weighed, their parts among them,
    and one on counts of whole words. plain_share is how much the second one counts; typical is
    theirs together.

    rarity, weights, plain_weights: shape (N_FEATURES,). rows: of the SKUs it learned from, each of
    length 1.
    sku_ids, log_price, missed: shape (n_skus,); missed is what the words alone got wrong of each,
    learned without it. nearness_edges: shape (n_bins - 1,); low, high: shape (n_bins,), logarithms
    by likeness of the nearest neighbour.
    """

    format: ClassVar[str] = "npz"

    typical: float
    rarity: FloatArray
    weights: FloatArray
    plain_weights: FloatArray
    plain_share: float
    rows: FeatureRows
    sku_ids: IntArray
    log_price: FloatArray
    missed: FloatArray
    neighbour_share: float
    penalty: float
    nearness_edges: FloatArray
    low: FloatArray
    high: FloatArray
    n_learned: int
    learned_until: date

    def predict(self, listings: Sequence[Listing]) -> list[PriceGuess]:
        pairs = self.features(listings)
        return [self._guess(listing, pairs, row) for row, listing in enumerate(listings)]

    def features(self, listings: Sequence[Listing]) -> FeaturePair:
        return FeaturePair(weigh(feature_rows(listings), self.rarity), plain_rows(listings))

    def expect(self, pair: FeaturePair, row: int) -> tuple[float, IntArray, FloatArray]:
        """Log price, places of neighbours nearest first, and how like they are."""
        near, alike = self.neighbours(pair, row)
        weight = alike**2
        missed = float((weight * self.missed[near]).sum() / (weight.sum() + DOUBT))
        words = sum(self._pushes(pair, row).values())
        return self.typical + words + self.neighbour_share * missed, near, alike

    def neighbours(self, pair: FeaturePair, row: int) -> tuple[IntArray, FloatArray]:
        """Places of the nearest SKUs and how like they are, 0 to 1; nearest first."""
        columns, values = _entries(pair.weighed, row)
        dense = np.zeros(N_FEATURES)
        dense[columns] = values
        likeness = times(self.rows, dense)
        n_near = min(N_NEIGHBOURS, len(likeness))
        near = np.argpartition(-likeness, n_near - 1)[:n_near] if n_near else np.zeros(0, int)
        near = near[np.lexsort((near, -likeness[near]))]
        return near, np.maximum(likeness[near], 0.0)

    def _pushes(self, pair: FeaturePair, row: int) -> dict[int, float]:
        """What each feature adds to the log price, by its place."""
        columns, values = _entries(pair.weighed, row)
        found = dict(
            zip(
                columns.tolist(),
                ((1.0 - self.plain_share) * values * self.weights[columns]).tolist(),
                strict=True,
            )
        )
        columns, values = _entries(pair.plain, row)
        for place, push in zip(
            columns.tolist(),
            (self.plain_share * values * self.plain_weights[columns]).tolist(),
            strict=True,
        ):
            found[place] = found.get(place, 0.0) + push
        return found

    def _guess(self, listing: Listing, pair: FeaturePair, row: int) -> PriceGuess:
        log_price, near, alike = self.expect(pair, row)
        nearest = float(alike[0]) if len(alike) else 0.0
        place = int(np.searchsorted(self.nearness_edges, nearest))
        return PriceGuess(
            price=float(np.exp(log_price)),
            lower=float(np.exp(log_price + self.low[place])),
            upper=float(np.exp(log_price + self.high[place])),
            comparables=[
                Comparable(int(self.sku_ids[one]), float(np.exp(self.log_price[one])), float(like))
                for one, like in zip(near[:TOLD_NEIGHBOURS], alike, strict=False)
                if like > 0
            ],
            words=self._words(listing, self._pushes(pair, row)),
            typical=float(np.exp(self.typical)),
        )

    def _words(self, listing: Listing, pushes: Mapping[int, float]) -> Sequence[tuple[str, float]]:
        told = {
            text: pushes.get(place_of(kind, text), 0.0)
            for kind, text in features_of(listing)
            if kind not in {"part", "last"}
        }
        strongest = sorted(told.items(), key=lambda one: -abs(one[1]))[:TOLD_WORDS]
        return [(text, float(np.exp(push))) for text, push in strongest if push]

    def to_bytes(self) -> bytes:
        file = io.BytesIO()
        np.savez_compressed(
            file,
            layout=np.array(LAYOUT),
            numbers=np.array(
                [
                    self.typical,
                    self.plain_share,
                    self.neighbour_share,
                    self.penalty,
                    self.n_learned,
                ]
            ),
            rarity=self.rarity.astype(np.float32),
            weights=self.weights.astype(np.float32),
            plain_weights=self.plain_weights.astype(np.float32),
            starts=self.rows.starts,
            columns=self.rows.columns.astype(np.uint16),
            values=self.rows.values.astype(np.float32),
            sku_ids=self.sku_ids,
            log_price=self.log_price,
            missed=self.missed,
            nearness_edges=self.nearness_edges,
            low=self.low,
            high=self.high,
            learned_until=np.array(self.learned_until.toordinal()),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "PricePredictionModel":
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if int(arrays["layout"]) != LAYOUT or len(arrays["weights"]) != N_FEATURES:
                raise ValueError(f"price model layout {int(arrays['layout'])} is not {LAYOUT}")
            typical, plain_share, neighbour_share, penalty, n_learned = arrays["numbers"].tolist()
            return cls(
                typical=typical,
                rarity=arrays["rarity"].astype(np.float64),
                weights=arrays["weights"].astype(np.float64),
                plain_weights=arrays["plain_weights"].astype(np.float64),
                plain_share=plain_share,
                rows=FeatureRows(
                    arrays["starts"],
                    arrays["columns"].astype(np.int64),
                    arrays["values"].astype(np.float64),
                ),
                sku_ids=arrays["sku_ids"],
                log_price=arrays["log_price"],
                missed=arrays["missed"],
                neighbour_share=neighbour_share,
                penalty=penalty,
                nearness_edges=arrays["nearness_edges"],
                low=arrays["low"],
                high=arrays["high"],
                n_learned=int(n_learned),
                learned_until=date.fromordinal(int(arrays["learned_until"])),
            )


class NoPricePrediction:
    """What answers before a version is published: no price rather than an invented one."""

    def predict(self, listings: Sequence[Listing]) -> list[PriceGuess]:
        return []


def _entries(rows: FeatureRows, row: int) -> tuple[IntArray, FloatArray]:
    inside = slice(int(rows.starts[row]), int(rows.starts[row + 1]))
    return rows.columns[inside], rows.values[inside]
