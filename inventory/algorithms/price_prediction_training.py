"""Fit the price of new products: ridge regression on hashed words, then neighbours' errors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.listing_words import (
    N_FEATURES,
    FeatureRows,
    Listing,
    feature_rows,
    plain_rows,
    times,
    weigh,
)
from inventory.algorithms.price_prediction import DOUBT, PricePredictionModel

PENALTIES = (0.3, 0.1, 1.0)
PLAIN_PENALTY = 1.0
PLAIN_SHARES = (0.0, 0.5, 1.0)
NEIGHBOUR_SHARES = (0.0, 0.5, 0.75)
FOLDS = 5
VALIDATION_SHARE = 0.1
BOUNDS_SHARE = 0.2
FEWEST_TO_CHOOSE = 100
# Neighbours are looked for among the newest: all of them would make every answer slow.
MOST_NEIGHBOURS = 20_000
NEARNESS_BINS = 3
FEWEST_ERRORS = 60
SEED = 7


@dataclass(frozen=True)
class PriceExamples:
    """SKUs with a price, oldest first; every array has shape (n_skus,).

    log_price: natural logarithm of minor units. first_day: when each came to the shop, days since
    year 1. known: how many of them, from the oldest on, may be learned from.
    """

    listings: Sequence[Listing]
    sku_ids: IntArray
    log_price: FloatArray
    first_day: IntArray
    known: int

    def __len__(self) -> int:
        return len(self.listings)

    def part(self, start: int, stop: int) -> "PriceExamples":
        return PriceExamples(
            self.listings[start:stop],
            self.sku_ids[start:stop],
            self.log_price[start:stop],
            self.first_day[start:stop],
            stop - start,
        )

    def of(self, rows: BoolArray) -> "PriceExamples":
        places = np.flatnonzero(rows)
        return PriceExamples(
            [self.listings[place] for place in places.tolist()],
            self.sku_ids[places],
            self.log_price[places],
            self.first_day[places],
            int(np.count_nonzero(rows[: self.known])),
        )


@dataclass(frozen=True, slots=True)
class PriceSettings:
    penalty: float = PENALTIES[0]
    plain_share: float = 0.5
    neighbour_share: float = NEIGHBOUR_SHARES[-1]


@dataclass(frozen=True)
class Regression:
    """missed: what is wrong of each example when it is learned without it, shape (n_skus,)."""

    typical: float
    weights: FloatArray
    missed: FloatArray


@dataclass(frozen=True)
class Fitted:
    """Both regressions, before it is decided how much of each counts."""

    model: PricePredictionModel
    weighed: Regression
    plain: Regression
    first: int

    def blend(self, settings: PriceSettings) -> PricePredictionModel:
        share = settings.plain_share
        missed = (1.0 - share) * self.weighed.missed + share * self.plain.missed
        return replace(
            self.model,
            typical=(1.0 - share) * self.weighed.typical + share * self.plain.typical,
            plain_share=share,
            missed=missed[self.first :],
            neighbour_share=settings.neighbour_share,
        )


def rarity_of(rows: FeatureRows) -> FloatArray:
    """Logarithm of how few rows have a feature, shape (N_FEATURES,)."""
    count = np.bincount(rows.columns, minlength=N_FEATURES)
    rare: FloatArray = np.log((1.0 + len(rows)) / (1.0 + count))
    return rare


def fit_price_prediction(examples: PriceExamples) -> PricePredictionModel:
    """Learn from all examples; settings and bounds come from the newest of them."""
    settings = choose_settings(examples)
    edges, low, high = _fit_bounds(examples, settings)
    return replace(fit_words(examples, settings), nearness_edges=edges, low=low, high=high)


def fit_words(examples: PriceExamples, settings: PriceSettings) -> PricePredictionModel:
    """A model whose bounds are its price."""
    return _fit_both(examples, settings).blend(settings)


def _fit_both(examples: PriceExamples, settings: PriceSettings) -> "Fitted":
    counted = feature_rows(examples.listings)
    rarity = rarity_of(counted)
    rows = weigh(counted, rarity)
    weighed = _fit_one(_matrix(rows), examples.log_price, settings.penalty)
    plain = _fit_one(_matrix(plain_rows(examples.listings)), examples.log_price, PLAIN_PENALTY)
    first = max(0, len(examples) - MOST_NEIGHBOURS)
    model = PricePredictionModel(
        typical=weighed.typical,
        rarity=rarity,
        weights=weighed.weights,
        plain_weights=plain.weights,
        plain_share=0.0,
        rows=_rows_from(rows, first),
        sku_ids=examples.sku_ids[first:],
        log_price=examples.log_price[first:],
        missed=weighed.missed[first:],
        neighbour_share=0.0,
        penalty=settings.penalty,
        nearness_edges=np.zeros(0),
        low=np.zeros(1),
        high=np.zeros(1),
        n_learned=len(examples),
        learned_until=date.fromordinal(max(1, int(examples.first_day.max()))),
    )
    return Fitted(model, weighed, plain, first)


def choose_settings(examples: PriceExamples) -> PriceSettings:
    """What did best on the newest tenth of the examples, learned from the rest."""
    known, newer = _newest(examples, VALIDATION_SHARE)
    if len(known) < FEWEST_TO_CHOOSE:
        return PriceSettings()
    found: dict[PriceSettings, float] = {}
    places = likeness = None
    for penalty in PENALTIES:
        fitted = _fit_both(known, PriceSettings(penalty))
        pair = fitted.model.features(newer.listings)
        if places is None or likeness is None:
            # Who is like whom depends on no setting.
            near = [fitted.model.neighbours(pair, row) for row in range(len(newer))]
            places = np.array([one for one, _alike in near])
            likeness = np.array([alike for _one, alike in near]) ** 2
        weighed = fitted.weighed.typical + times(pair.weighed, fitted.weighed.weights)
        plain = fitted.plain.typical + times(pair.plain, fitted.plain.weights)
        for plain_share, share in product(PLAIN_SHARES, NEIGHBOUR_SHARES):
            settings = PriceSettings(penalty, plain_share, share)
            missed = (likeness * fitted.blend(settings).missed[places]).sum(axis=1)
            guessed = (1.0 - plain_share) * weighed + plain_share * plain
            guessed = guessed + share * missed / (likeness.sum(axis=1) + DOUBT)
            found[settings] = float(np.abs(guessed - newer.log_price).mean())
    return min(found, key=lambda settings: found[settings])


def _newest(examples: PriceExamples, share: float) -> tuple[PriceExamples, PriceExamples]:
    cut = len(examples) - max(1, round(share * len(examples)))
    return examples.part(0, cut), examples.part(cut, len(examples))


def _fit_bounds(
    examples: PriceExamples, settings: PriceSettings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Edges of likeness, tenth and ninetieth percentile of errors on the newest fifth."""
    known, newer = _newest(examples, BOUNDS_SHARE)
    model = fit_words(known, settings)
    pair = model.features(newer.listings)
    guesses = [model.expect(pair, row) for row in range(len(newer))]
    error = newer.log_price - np.array([guess[0] for guess in guesses])
    nearest = np.array([alike[0] if len(alike) else 0.0 for _price, _near, alike in guesses])
    n_bins = max(1, min(NEARNESS_BINS, len(error) // FEWEST_ERRORS))
    edges = np.unique(np.quantile(nearest, np.arange(1, n_bins) / n_bins))
    bins = np.searchsorted(edges, nearest)
    low, high = np.zeros(len(edges) + 1), np.zeros(len(edges) + 1)
    for number in range(len(edges) + 1):
        inside = error[bins == number]
        inside = inside if len(inside) else error
        # The price itself always lies within its bounds.
        low[number] = min(0.0, np.quantile(inside, 0.1))
        high[number] = max(0.0, np.quantile(inside, 0.9))
    return edges, low, high


def _fit_one(matrix: Any, log_price: FloatArray, penalty: float) -> Regression:
    """One regression, and what it gets wrong of each example when learned without it."""
    fold = np.random.default_rng(SEED).permutation(len(log_price)) % FOLDS
    missed = np.zeros(len(log_price))
    for number in range(FOLDS):
        inside = fold == number
        if inside.all() or not inside.any():
            continue
        ridge = _ridge(penalty).fit(matrix[~inside], log_price[~inside])
        missed[inside] = log_price[inside] - ridge.predict(matrix[inside])
    ridge = _ridge(penalty).fit(matrix, log_price)
    weights = np.asarray(ridge.coef_, dtype=np.float64)
    return Regression(float(ridge.intercept_), weights, missed)


def _ridge(penalty: float) -> Any:
    return Ridge(alpha=penalty, solver="sparse_cg", random_state=SEED)


def _matrix(rows: FeatureRows) -> Any:
    return csr_array((rows.values, rows.columns, rows.starts), shape=(len(rows), N_FEATURES))


def _rows_from(rows: FeatureRows, first: int) -> FeatureRows:
    start = int(rows.starts[first])
    return FeatureRows(rows.starts[first:] - start, rows.columns[start:], rows.values[start:])
