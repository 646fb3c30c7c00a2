"""Choosing a row from ranked candidates: good ones, but not ten of a kind."""

from dataclasses import dataclass

import numpy as np

from recommendations.algorithms.shopping_log import BoolArray, FloatArray, IntArray

# How alike two products count that share a category, a brand, a price; they add up to 1.
SAME_CATEGORY = 0.5
SAME_BRAND = 0.3
LIKE_PRICE = 0.2
# Prices further apart than this factor have nothing in common.
PRICE_RATIO = 3.0


@dataclass(frozen=True)
class Described:
    """Candidates, best first; every array has n_products entries.

    categories, brands: keys, -1 for none. prices: minor units, 0 for none.
    """

    scores: FloatArray
    categories: IntArray
    brands: IntArray
    prices: IntArray

    def __len__(self) -> int:
        return len(self.scores)


def choose_diverse(
    candidates: Described,
    *,
    limit: int,
    diversity: float = 0.0,
    brand_cap: int = 0,
    category_cap: int = 0,
    taken: int = 0,
) -> list[int]:
    """Places of the chosen ones, in the order of the row.

    taken: the first so many stand in the row already; they count for caps and likeness.

    Maximal marginal relevance (Carbonell and Goldstein, 1998): each next one has the largest
    (1 - diversity) * score - diversity * likeness to the most alike that was chosen, with scores
    scaled to at most 1. Of a tie the earlier candidate is taken. Caps of 0 are none; what has no
    brand or category is never capped.
    """
    n_products = len(candidates)
    if not n_products or limit <= 0:
        return []
    top = float(np.max(np.abs(candidates.scores[taken:]), initial=0.0))
    worth = (1.0 - diversity) * (candidates.scores / top if top > 0 else candidates.scores)
    free = np.ones(n_products, dtype=np.bool_)
    nearest = np.zeros(n_products)
    chosen: list[int] = []
    brands: dict[int, int] = {}
    categories: dict[int, int] = {}
    for at in range(min(taken, n_products)):
        free[at] = False
        _use_up(free, candidates.brands, at, brands, cap=brand_cap)
        _use_up(free, candidates.categories, at, categories, cap=category_cap)
        if diversity:
            nearest = np.maximum(nearest, likeness(candidates, at))
    while len(chosen) < limit:
        value = np.where(free, worth - diversity * nearest, -np.inf)
        at = int(np.argmax(value))
        if not free[at]:
            break
        chosen.append(at)
        free[at] = False
        _use_up(free, candidates.brands, at, brands, cap=brand_cap)
        _use_up(free, candidates.categories, at, categories, cap=category_cap)
        if diversity:
            nearest = np.maximum(nearest, likeness(candidates, at))
    return chosen


def likeness(candidates: Described, at: int) -> FloatArray:
    """Of every candidate to the one at `at`, in 0..1."""
    same_category = (candidates.categories == candidates.categories[at]) & (
        candidates.categories[at] >= 0
    )
    same_brand = (candidates.brands == candidates.brands[at]) & (candidates.brands[at] >= 0)
    found: FloatArray = (
        SAME_CATEGORY * same_category
        + SAME_BRAND * same_brand
        + LIKE_PRICE * _price_likeness(candidates.prices, at)
    )
    return found


def intra_list_diversity(candidates: Described) -> float:
    """Mean unlikeness of the pairs of a list, in 0..1; 1.0 for a list of one."""
    n_products = len(candidates)
    if n_products < 2:
        return 1.0
    total = sum(
        float(likeness(candidates, at).sum()) - _itself(candidates, at) for at in range(n_products)
    )
    return 1.0 - total / (n_products * (n_products - 1))


def _itself(candidates: Described, at: int) -> float:
    return float(likeness(candidates, at)[at])


def _price_likeness(prices: IntArray, at: int) -> FloatArray:
    if prices[at] <= 0:
        return np.zeros(len(prices))
    known: BoolArray = prices > 0
    ratio = np.abs(np.log(np.where(known, prices, 1) / prices[at])) / np.log(PRICE_RATIO)
    return np.where(known, np.maximum(0.0, 1.0 - ratio), 0.0)


def _use_up(free: BoolArray, keys: IntArray, at: int, taken: dict[int, int], *, cap: int) -> None:
    key = int(keys[at])
    if not cap or key < 0:
        return
    taken[key] = taken.get(key, 0) + 1
    if taken[key] >= cap:
        free &= keys != key
