"""Errors of predicted prices on products that came later, beside those of dumb methods."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.listing_words import N_FEATURES, Listing, place_of, words_of
from inventory.algorithms.price_prediction import PricePredictionModel
from inventory.algorithms.price_prediction_training import PriceExamples

HASHED_RIDGE_PENALTY = 1.0


class Pricing(Protocol):
    def log_prices_of(self, listings: Sequence[Listing]) -> FloatArray: ...


@dataclass(frozen=True)
class MedianPrice:
    """The same price for everything."""

    log_price: float

    def log_prices_of(self, listings: Sequence[Listing]) -> FloatArray:
        return np.full(len(listings), self.log_price)


@dataclass(frozen=True)
class GroupMedian:
    """The median of the category; of the last word of the name where there are no categories."""

    log_prices: Mapping[str, float]
    otherwise: float

    def log_prices_of(self, listings: Sequence[Listing]) -> FloatArray:
        return np.array([self.log_prices.get(group_of(one), self.otherwise) for one in listings])


@dataclass(frozen=True)
class HashedRidge:
    """Ridge regression on counts of hashed words: the baseline to beat."""

    ridge: Any

    def log_prices_of(self, listings: Sequence[Listing]) -> FloatArray:
        predicted: FloatArray = self.ridge.predict(_word_counts(listings))
        return predicted


def fit_median(examples: PriceExamples) -> MedianPrice:
    return MedianPrice(float(np.median(examples.log_price)))


def fit_group_median(examples: PriceExamples) -> GroupMedian:
    groups: dict[str, list[float]] = defaultdict(list)
    for listing, log_price in zip(examples.listings, examples.log_price.tolist(), strict=True):
        groups[group_of(listing)].append(log_price)
    return GroupMedian(
        {group: float(np.median(prices)) for group, prices in groups.items()},
        otherwise=float(np.median(examples.log_price)),
    )


def fit_hashed_ridge(examples: PriceExamples) -> HashedRidge:
    ridge = Ridge(alpha=HASHED_RIDGE_PENALTY, solver="sparse_cg", random_state=0)
    return HashedRidge(ridge.fit(_word_counts(examples.listings), examples.log_price))


def group_of(listing: Listing) -> str:
    if listing.categories:
        return listing.categories[-1]
    words = words_of(listing.names[0]) if listing.names else []
    return words[-1] if words else ""


def figures(model: Pricing | PricePredictionModel, holdout: PriceExamples) -> dict[str, float]:
    """Errors on the examples after the known ones.

    mae_log: mean absolute error of log prices. within_quarter: share of prices hit within 25 %.
    Of the model itself also coverage_80: share of prices within its bounds.
    """
    newer = holdout.part(holdout.known, len(holdout))
    found: dict[str, float] = {}
    if isinstance(model, PricePredictionModel):
        guesses = model.predict(newer.listings)
        guessed = np.log([guess.price for guess in guesses])
        price = np.exp(newer.log_price)
        inside = (price >= [one.lower for one in guesses]) & (
            price <= [one.upper for one in guesses]
        )
        found["coverage_80"] = float(inside.mean())
    else:
        guessed = model.log_prices_of(newer.listings)
    error = np.abs(guessed - newer.log_price)
    found["mae_log"] = float(error.mean())
    found["within_quarter"] = float((error <= np.log(1.25)).mean())
    found["rows"] = float(len(newer))
    return found


def _word_counts(listings: Sequence[Listing]) -> Any:
    rows, columns = [], []
    for row, listing in enumerate(listings):
        told = [*listing.names, listing.description, *listing.categories, listing.brand]
        told += [f"{code} {value}" for code, value in listing.traits]
        words = [word for text in told for word in words_of(text)]
        rows += [row] * len(words)
        columns += [place_of("word", word) for word in words]
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(listings), N_FEATURES))
