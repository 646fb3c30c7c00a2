"""What reviews look like as a crowd: repeated texts, bursts of complaints, and their profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from support.algorithms.analyzers import fold
from support.algorithms.sentiment import Sentiment

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

# Chance of so many complaints on one day at the product's usual rate. With a thousand products and
# a year of days one false alarm in about three years remains.
RARE = 1e-6
FEWEST_IN_A_BURST = 4


@dataclass(frozen=True, slots=True)
class Burst:
    """Many complaints about one product on one day."""

    product: int
    day: np.datetime64
    n_reviews: int


def first_of_each(texts: Sequence[str]) -> BoolArray:
    """Whether each text is the first of its kind, case and spaces aside; shape (n_texts,)."""
    seen: set[str] = set()
    first = np.zeros(len(texts), dtype=bool)
    for row, text in enumerate(texts):
        key = " ".join(fold(text).split())
        first[row] = key not in seen
        seen.add(key)
    return first


def bursts(
    products: NDArray[np.int64], days: NDArray[np.datetime64], is_complaint: BoolArray
) -> list[Burst]:
    """Days on which a product got far more complaints than on its other days.

    All of shape (n_reviews,). The usual rate is that of the product's other days, at least one
    complaint in the whole time, against a Poisson distribution. Most recent first.
    """
    if not is_complaint.any():
        return []
    n_days = int((days.max() - days.min()).astype("timedelta64[D]").astype(int)) + 1
    found = []
    for product in np.unique(products[is_complaint]):
        when, counts = np.unique(days[is_complaint & (products == product)], return_counts=True)
        others = np.maximum(counts.sum() - counts, 1) / max(n_days - 1, 1)
        chance = poisson.sf(counts - 1, others)
        found += [
            Burst(int(product), day, int(count))
            for day, count in zip(
                when[(chance < RARE) & (counts >= FEWEST_IN_A_BURST)],
                counts[(chance < RARE) & (counts >= FEWEST_IN_A_BURST)],
                strict=True,
            )
        ]
    return sorted(found, key=lambda burst: (burst.day, burst.product), reverse=True)


def profile(texts: Sequence[str], predictions: Sequence[Sentiment]) -> Mapping[str, FloatArray]:
    """Counts per bin of what may drift: language, sentiment, known share of n-grams, length.

    Two profiles have the same bins, whatever the texts.
    """
    languages = [prediction.language for prediction in predictions]
    labels = [prediction.label for prediction in predictions]
    known = [prediction.known_share for prediction in predictions]
    lengths = [len(text) for text in texts]
    return {
        "language": np.array([languages.count(code) for code in ("zh", "en", None)], float),
        "sentiment": np.array(
            [labels.count(label) for label in ("negative", "mixed", "positive")], float
        ),
        "known_words": np.histogram(known, [0.0, 0.2, 0.4, 0.6, 0.8, 1.01])[0].astype(float),
        "length": np.histogram(lengths, [0, 10, 20, 40, 80, 160, 320, 100_000])[0].astype(float),
    }
