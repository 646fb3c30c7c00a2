"""Neighbours by name, category and price, for products that nobody has bought yet."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.shopping_log import BoolArray, FloatArray, IntArray

WIDTH = 512
NAME_WEIGHT = 0.7
CATEGORY_WEIGHT = 0.2
PRICE_WEIGHT = 0.1
ROWS_PER_BLOCK = 512
PAIRS_PER_BLOCK = 20_000

_LATIN_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True)
class ContentNeighbour:
    """name_similarity: cosine of the names, 0..1. shared_words: those that both names hold."""

    product: int
    score: float
    name_similarity: float
    same_category: bool
    shared_words: tuple[str, ...]


def words(text: str) -> list[str]:
    """Latin words, and every pair of neighbouring Han characters (a lone one stands alone)."""
    lowered = text.lower()
    found = _LATIN_WORD.findall(lowered)
    for run in _HAN_RUN.findall(lowered):
        found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    return found


def tokens(text: str) -> list[str]:
    """Words, and the three-letter pieces of the longer Latin ones, so that plurals still meet."""
    found = words(text)
    pieces = [
        f"{word[at : at + 3]}~"
        for word in found
        if word.isascii() and len(word) > 4
        for at in range(len(word) - 2)
    ]
    return found + pieces


class ContentNeighbours:
    """Score = .7 name + .2 same category + .1 price, each part in 0..1.

    Names are hashed (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask
    Learning") into WIDTH signed columns, weighted by how rare a token is, and compared by cosine;
    prices by the smaller over the larger. The three weights are set, not learned.
    """

    def __init__(
        self,
        *,
        names: Sequence[str],
        categories: Sequence[int] | IntArray,
        prices: Sequence[int] | IntArray,
    ) -> None:
        """categories: any id, -1 for none. prices: minor units of one currency, 0 for none."""
        self.names = names
        self.categories = np.asarray(categories, dtype=np.int64)
        self.prices = np.asarray(prices, dtype=np.float64)

    def fit(self) -> "ContentNeighbours":
        found = [sorted(set(tokens(name))) for name in self.names]
        in_names: dict[str, int] = {}
        for each in found:
            for token in each:
                in_names[token] = in_names.get(token, 0) + 1
        n_names = len(self.names)
        self.rarity_ = {
            token: float(np.log((1 + n_names) / (1 + count))) + 1.0
            for token, count in in_names.items()
        }
        vectors = np.zeros((n_names, WIDTH), dtype=np.float32)
        for row, each in enumerate(found):
            for token in each:
                code = zlib.crc32(token.encode())
                sign = 1.0 if code & 1 else -1.0
                vectors[row, (code >> 1) % WIDTH] += sign * self.rarity_[token]
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        self.vectors_: NDArray[np.float32] = np.divide(vectors, norms, where=norms > 0, out=vectors)
        return self

    def neighbours(
        self, products: Sequence[int] | IntArray, *, limit: int
    ) -> list[list[ContentNeighbour]]:
        """The most similar products for each of `products`, best first.

        A product that shares neither a word nor the category is no neighbour, whatever it costs.
        """
        found: list[list[ContentNeighbour]] = []
        asked = np.asarray(products, dtype=np.int64)
        for start in range(0, len(asked), ROWS_PER_BLOCK):
            block = asked[start : start + ROWS_PER_BLOCK]
            named = np.clip(self.vectors_[block] @ self.vectors_.T, 0.0, 1.0).astype(np.float64)
            for product, similarity in zip(block, named, strict=True):
                found.append(self._best(int(product), similarity, limit=limit))
        return found

    def name_similarity(self, product: int, other: int) -> float:
        return float(np.clip(self.vectors_[product] @ self.vectors_[other], 0.0, 1.0))

    def same_category(self, product: int, other: int) -> bool:
        own = self.categories[product]
        return bool(own >= 0 and own == self.categories[other])

    def likeness(self, products: IntArray, others: IntArray) -> FloatArray:
        """Score of each pair, shape (n_pairs,)."""
        scores = np.empty(len(products))
        for start in range(0, len(products), PAIRS_PER_BLOCK):
            span = slice(start, start + PAIRS_PER_BLOCK)
            left, right = products[span], others[span]
            named = np.einsum("ij,ij->i", self.vectors_[left], self.vectors_[right])
            same = (self.categories[left] == self.categories[right]) & (self.categories[left] >= 0)
            near = _price_nearness(self.prices[left], self.prices[right])
            scores[span] = _score(np.clip(named, 0.0, 1.0), same, near)
        return scores

    def _best(self, product: int, named: FloatArray, *, limit: int) -> list[ContentNeighbour]:
        own_category, own_price = self.categories[product], self.prices[product]
        same = (self.categories == own_category) & (own_category >= 0)
        near = _price_nearness(self.prices, np.full(len(self.prices), own_price))
        scores = _score(named, same, near)
        # Hashed columns collide: a faint likeness without a shared word is chance.
        candidates = np.flatnonzero((named > 0.05) | same)
        candidates = candidates[candidates != product]
        order = np.lexsort((candidates, -scores[candidates]))
        best: list[ContentNeighbour] = []
        for at in candidates[order]:
            if len(best) == limit:
                break
            shared = self.shared_words(product, int(at))
            if shared or same[at]:
                best.append(
                    ContentNeighbour(
                        product=int(at),
                        score=float(scores[at]),
                        name_similarity=float(named[at]),
                        same_category=bool(same[at]),
                        shared_words=shared,
                    )
                )
        return best

    def shared_words(self, product: int, other: int) -> tuple[str, ...]:
        """Words of both names, the rarest first; single Latin letters say nothing."""
        both = {
            word
            for word in set(words(self.names[product])) & set(words(self.names[other]))
            if len(word) > 1 or not word.isascii()
        }
        return tuple(sorted(both, key=lambda word: (-self.rarity_[word], word)))


def _score(named: FloatArray, same: BoolArray, near: FloatArray) -> FloatArray:
    score: FloatArray = NAME_WEIGHT * named + CATEGORY_WEIGHT * same + PRICE_WEIGHT * near
    return score


def _price_nearness(prices: FloatArray, others: FloatArray) -> FloatArray:
    """The smaller price over the larger; 0 where both are unknown."""
    dearer = np.maximum(prices, others)
    near: FloatArray = np.zeros(len(dearer))
    np.divide(np.minimum(prices, others), dearer, out=near, where=dearer > 0)
    return near
