"""Counting what each option of a facet would leave, from one text of fixed-width records.

The facets of a shop are disjunctive: within a facet options add up, between facets they narrow. So
the options of a facet are counted among the products that every other facet lets through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Digits of a record: brand 8, price 8, bits 2, then 8 keys of 6 digits.
BRAND, PRICE, BITS, SLOTS, SLOT_DIGITS = 8, 8, 2, 8, 6
RECORD_BYTES = (BRAND + PRICE + BITS + SLOTS * SLOT_DIGITS) // 2
NO_PRICE = 0xFFFFFFFF
IN_STOCK, ON_OFFER = 1, 2
# Above it sorting is cheaper than an array with a place for each key.
MOST_BINS = 1_000_000

Mask = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is chosen, as keys; None for what narrows nothing.

    values: chosen keys of values by attribute; without any key nothing passes.
    """

    brands: frozenset[int] | None = None
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool = False
    on_offer: bool = False
    min_rating: int | None = None
    values: Mapping[int, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many products each option leaves.

    prices: of those that all but the price filter let through, ascending, unpriced left out.
    ratings: products of at least 1, 2, 3, 4 and 5 stars, in this order.
    values: by key, over all attributes.
    """

    total: int
    brands: Mapping[int, int]
    prices: IntArray
    in_stock: int
    on_offer: int
    ratings: tuple[int, ...]
    values: Mapping[int, int]


class FacetTable:
    """The records of many products as arrays of shape (n_products,) or (n_products, 8)."""

    def __init__(self, records: str) -> None:
        """records: hexadecimal, one record behind the other, in any order."""
        rows = np.frombuffer(bytes.fromhex(records), dtype=np.uint8).reshape(-1, RECORD_BYTES)
        self.n_products = len(rows)
        self.brand: IntArray = rows[:, 0:4].copy().view(">u4").ravel().astype(np.int64)
        self.price: IntArray = rows[:, 4:8].copy().view(">u4").ravel().astype(np.int64)
        self.bits: NDArray[Any] = rows[:, 8]
        self.rating: NDArray[Any] = self.bits >> 2
        parts = rows[:, 9:].reshape(len(rows), SLOTS, SLOT_DIGITS // 2).astype(np.int32)
        # Keys of attribute values; 0 for none.
        self.slots: NDArray[np.int32] = (
            (parts[:, :, 0] << 16) | (parts[:, :, 1] << 8) | parts[:, :, 2]
        )

    def brand_keys(self, most: int) -> list[int]:
        """The brands that most products have."""
        return _commonest(self._unnarrowed.brands, most)

    def value_keys(self, most: int) -> list[int]:
        """The attribute values that most products have."""
        return _commonest(self._unnarrowed.values, most)

    def count(self, selection: Selection, attribute_of: Mapping[int, int]) -> Counts:
        """attribute_of: to which attribute a value belongs, of every value to be counted."""
        passes = self._passes(selection)
        if not passes:
            return self._unnarrowed
        return self._count(passes, selection, attribute_of)

    @cached_property
    def _unnarrowed(self) -> Counts:
        return self._count({}, Selection(), {})

    def _count(
        self, passes: Mapping[str, Mask], selection: Selection, attribute_of: Mapping[int, int]
    ) -> Counts:
        every = _all_of(passes, self.n_products)
        others = {name: _all_of(passes, self.n_products, but=name) for name in passes}
        prices = self.price[others.get("price", every)]
        stars = self.rating[others.get("rating", every)]
        return Counts(
            total=int(every.sum()),
            brands=_tally(self.brand[others.get("brand", every)]),
            prices=np.sort(prices[prices != NO_PRICE]),
            in_stock=int(((self.bits & IN_STOCK) > 0)[others.get("stock", every)].sum()),
            on_offer=int(((self.bits & ON_OFFER) > 0)[others.get("offer", every)].sum()),
            ratings=tuple(int((stars >= floor).sum()) for floor in range(1, 6)),
            values=self._values(every, others, selection, attribute_of),
        )

    def _passes(self, selection: Selection) -> dict[str, Mask]:
        """Who gets through each filter that is set."""
        passes: dict[str, Mask] = {}
        if selection.brands is not None:
            passes["brand"] = np.isin(self.brand, list(selection.brands))
        if selection.price_min is not None or selection.price_max is not None:
            high = NO_PRICE - 1
            if selection.price_max is not None:
                high = min(high, selection.price_max)
            low = selection.price_min or 0
            passes["price"] = (self.price >= low) & (self.price <= high)
        if selection.in_stock:
            passes["stock"] = (self.bits & IN_STOCK) > 0
        if selection.on_offer:
            passes["offer"] = (self.bits & ON_OFFER) > 0
        if selection.min_rating is not None:
            passes["rating"] = np.asarray(self.rating >= selection.min_rating)
        for attribute, keys in selection.values.items():
            chosen: Mask = np.isin(self.slots, list(keys))
            passes[_name(attribute)] = np.any(chosen, axis=1)
        return passes

    def _values(
        self,
        every: Mask,
        others: Mapping[str, Mask],
        selection: Selection,
        attribute_of: Mapping[int, int],
    ) -> dict[int, int]:
        counts = _tally(self.slots[every].ravel())
        for attribute in selection.values:
            own = _tally(self.slots[others[_name(attribute)]].ravel())
            counts = {key: n for key, n in counts.items() if attribute_of.get(key) != attribute}
            counts |= {key: n for key, n in own.items() if attribute_of.get(key) == attribute}
        return counts


def _name(attribute: int) -> str:
    return f"attribute {attribute}"


def _commonest(counts: Mapping[int, int], most: int) -> list[int]:
    return sorted(counts, key=lambda key: (-counts[key], key))[:most]


def _all_of(passes: Mapping[str, Mask], n_rows: int, *, but: str = "") -> Mask:
    mask = np.ones(n_rows, dtype=bool)
    for name, passing in passes.items():
        if name != but:
            mask &= passing
    return mask


def _tally(keys: NDArray[Any]) -> dict[int, int]:
    """How often each key occurs; 0 is no key."""
    if not keys.size:
        return {}
    if keys.max() < MOST_BINS:
        counts = np.bincount(keys)
        found = np.flatnonzero(counts)
        numbers = counts[found]
    else:
        found, numbers = np.unique(keys, return_counts=True)
    return {
        int(key): int(number)
        for key, number in zip(found.tolist(), numbers.tolist(), strict=True)
        if key
    }


def price_steps(prices: IntArray, *, most: int = 6) -> Sequence[tuple[int, int | None, int]]:
    """Ranges that hold about as many products each, between round bounds.

    prices: ascending, minor units. Returns (lowest, highest or None, how many), without gap or
    overlap and none of them empty; nothing where one range would hold all.
    """
    if len(prices) < 2 or prices[0] == prices[-1]:
        return []
    places = np.linspace(0, len(prices) - 1, most + 1)[1:-1].astype(int)
    bounds = sorted({_round_price(int(prices[place])) for place in places})
    bounds = [bound for bound in bounds if prices[0] < bound <= prices[-1]]
    edges = [0, *bounds]
    steps: list[tuple[int, int | None, int]] = []
    for number, low in enumerate(edges):
        high = edges[number + 1] if number + 1 < len(edges) else None
        start = int(np.searchsorted(prices, low))
        stop = len(prices) if high is None else int(np.searchsorted(prices, high))
        if stop > start:
            steps.append((low, None if high is None else high - 1, stop - start))
    return steps if len(steps) > 1 else []


def _round_price(price: int) -> int:
    """Of at least 1, to one of 1, 1.5, 2, 3, 5, 8 times a power of ten, the nearest by ratio."""
    price = max(price, 1)
    unit = 10 ** max(len(str(price)) - 1, 0)
    rounds = [int(step * unit) for step in (1, 1.5, 2, 3, 5, 8, 10) if step * unit >= 1]
    return min(rounds, key=lambda candidate: max(candidate / price, price / candidate))
