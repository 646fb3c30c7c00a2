"""What a new SKU will sell, from SKUs that read like it and cost about as much."""

import re
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from inventory.algorithms.arrays import FloatArray, IntArray

NEIGHBOURS = 20
# A SKU that shares no word still says something: what things of its price sell.
LEAST_SIMILARITY = 0.05
# A new SKU's own days weigh as much as its neighbours' word after a week: of 7, 14, 21 and 28
# days, 7 predicted best one, two and four weeks after the launches of a real shop's first spring.
PRIOR_DAYS = 7.0
MOST_PAIRS = 2_000_000

_WORDS = re.compile(r"[a-z0-9]{2,}|[一-鿿]+")


def words_of(text: str) -> list[str]:
    """Latin words, and pairs of Chinese characters, which need no dictionary."""
    found = []
    for word in _WORDS.findall(text.lower()):
        if word[0] < "一" or len(word) == 1:
            found.append(word)
        else:
            found += [word[place : place + 2] for place in range(len(word) - 1)]
    return found


def word_weights(texts: Sequence[str]) -> sparse.csr_matrix:
    """TF-IDF with rows of length 1 (0 for an empty text), shape (n_skus, n_words)."""
    vocabulary: dict[str, int] = {}
    rows, columns = [], []
    for row, text in enumerate(texts):
        for word in words_of(text):
            rows.append(row)
            columns.append(vocabulary.setdefault(word, len(vocabulary)))
    counts = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, columns)), shape=(len(texts), max(1, len(vocabulary)))
    )
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((1.0 + len(texts)) / (1.0 + seen)) + 1.0
    weighted = sparse.csr_matrix(counts.multiply(idf[None, :]))
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1.0 / np.maximum(length, 1e-12)) @ weighted)


def expect_of_neighbours(
    words: sparse.csr_matrix,
    price: FloatArray,
    *,
    new: IntArray,
    known: IntArray,
    level: FloatArray,
) -> FloatArray:
    """Units a day of each new SKU, shape (n_new,).

    words: see `word_weights`; price: any currency, shape (n_skus,), NaN or 0 where unknown.
    new, known: rows of both; level: units a day of the known ones, shape (n_known,).
    The twenty of largest (cosine + .05) x exp(-|log price ratio|) are averaged by that weight on
    log(1 + units), where a best seller cannot drown the others. Without known SKUs: 0.
    """
    if len(known) == 0:
        return np.zeros(len(new))
    told = np.isfinite(price) & (price > 0)
    logs = np.log(np.where(told, price, 1.0)).astype(np.float32)
    target = np.log1p(np.maximum(level, 0.0))
    words = words.astype(np.float32)
    known_words, untold = words[known], np.flatnonzero(~told[known])
    count = min(NEIGHBOURS, len(known))
    expected = np.zeros(len(new))
    # A block of all pairs must stay within the processor's cache and the memory of a worker.
    block = max(1, MOST_PAIRS // len(known))
    for start in range(0, len(new), block):
        rows = new[start : start + block]
        # A sparse product with a dense side: where a word is in every name, two sparse sides are
        # slower than no sparse side at all.
        weight = np.ascontiguousarray((known_words @ words[rows].toarray().T).T)
        weight += LEAST_SIMILARITY
        apart = np.abs(logs[rows][:, None] - logs[known])
        # Of an unknown price nothing is known: it counts as far away as a factor of e.
        apart[:, untold] = 1.0
        apart[~told[rows]] = 1.0
        weight *= np.exp(-apart)
        nearest = np.argpartition(weight, len(known) - count, axis=1)[:, -count:]
        near = np.take_along_axis(weight, nearest, axis=1).astype(np.float64)
        expected[start : start + block] = (near * target[nearest]).sum(axis=1) / near.sum(axis=1)
    units: FloatArray = np.expm1(expected)
    return units


def hand_over(
    prior: FloatArray, own: FloatArray, days: IntArray | FloatArray, *, k: float = PRIOR_DAYS
) -> FloatArray:
    """(k x prior + days x own) / (k + days): from the neighbours' word to the SKU's own."""
    blended: FloatArray = (k * prior + days * own) / (k + days)
    return blended
