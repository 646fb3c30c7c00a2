"""Counts of facets, worked out by hand and against counting one by one."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.algorithms.facet_counts import NO_PRICE, FacetTable, Selection, price_steps


@dataclass(frozen=True)
class Goods:
    brand: int
    price: int | None
    has_stock: bool
    is_reduced: bool
    stars: int
    colour: int
    size: int


def record(goods: Goods) -> str:
    price = NO_PRICE if goods.price is None else goods.price
    bits = goods.has_stock + 2 * goods.is_reduced + 4 * goods.stars
    slots = [key for key in (goods.colour, goods.size) if key]
    return f"{goods.brand:08x}{price:08x}{bits:02x}" + "".join(
        f"{key:06x}" for key in (slots + [0] * 8)[:8]
    )


GOODS = st.builds(
    Goods,
    brand=st.integers(0, 3),
    price=st.none() | st.integers(0, 5_000),
    has_stock=st.booleans(),
    is_reduced=st.booleans(),
    stars=st.integers(0, 5),
    colour=st.sampled_from([0, 11, 12, 13]),
    size=st.sampled_from([0, 21, 22]),
)
SELECTIONS = st.builds(
    Selection,
    brands=st.none() | st.frozensets(st.integers(1, 3), max_size=2),
    price_min=st.none() | st.integers(0, 3_000),
    price_max=st.none() | st.integers(1_000, 5_000),
    in_stock=st.booleans(),
    on_offer=st.booleans(),
    min_rating=st.none() | st.integers(1, 5),
    values=st.fixed_dictionaries(
        {},
        optional={
            1: st.frozensets(st.sampled_from([11, 12]), min_size=1),
            2: st.frozensets(st.sampled_from([21, 22]), min_size=1),
        },
    ),
)
ATTRIBUTE_OF = {11: 1, 12: 1, 13: 1, 21: 2, 22: 2}


def passes(goods: Goods, wanted: Selection, *, but: str = "") -> bool:
    has_price = wanted.price_min is not None or wanted.price_max is not None
    return all(
        (
            but == "brand" or wanted.brands is None or goods.brand in wanted.brands,
            but == "price"
            or not has_price
            or (
                goods.price is not None
                and goods.price >= (wanted.price_min or 0)
                and (wanted.price_max is None or goods.price <= wanted.price_max)
            ),
            but == "stock" or not wanted.in_stock or goods.has_stock,
            but == "offer" or not wanted.on_offer or goods.is_reduced,
            but == "rating" or wanted.min_rating is None or goods.stars >= wanted.min_rating,
            but == "colour" or 1 not in wanted.values or goods.colour in wanted.values[1],
            but == "size" or 2 not in wanted.values or goods.size in wanted.values[2],
        )
    )


@settings(max_examples=200)
@given(shelf=st.lists(GOODS, max_size=30), wanted=SELECTIONS)
def test_counts_are_those_of_counting_one_by_one(shelf: list[Goods], wanted: Selection) -> None:
    counts = FacetTable("".join(map(record, shelf))).count(wanted, ATTRIBUTE_OF)

    def left(but: str = "") -> list[Goods]:
        return [goods for goods in shelf if passes(goods, wanted, but=but)]

    def without_none(keys: Counter[int]) -> dict[int, int]:
        return {key: n for key, n in keys.items() if key}

    assert counts.total == len(left())
    assert counts.brands == without_none(Counter(goods.brand for goods in left("brand")))
    assert counts.values == without_none(
        Counter(goods.colour for goods in left("colour"))
        + Counter(goods.size for goods in left("size"))
    )
    assert counts.in_stock == sum(goods.has_stock for goods in left("stock"))
    assert counts.on_offer == sum(goods.is_reduced for goods in left("offer"))
    assert counts.ratings == tuple(
        sum(goods.stars >= stars for goods in left("rating")) for stars in range(1, 6)
    )
    priced = sorted(goods.price for goods in left("price") if goods.price is not None)
    assert counts.prices.tolist() == priced


@given(prices=st.lists(st.integers(0, 10_000_000), max_size=60))
def test_price_steps_hold_every_price_once(prices: list[int]) -> None:
    steps = price_steps(np.array(sorted(prices), dtype=np.int64))
    if not steps:
        return
    assert 2 <= len(steps) <= 6
    for low, high, count in steps:
        assert count == sum(low <= price and (high is None or price <= high) for price in prices)
        assert count > 0
    assert sum(count for _low, _high, count in steps) == len(prices)


def test_price_steps_have_round_bounds() -> None:
    prices = np.arange(1_000, 61_000, 1_000)
    assert price_steps(prices) == [
        (0, 9_999, 9),
        (10_000, 19_999, 10),
        (20_000, 29_999, 10),
        (30_000, 49_999, 20),
        (50_000, None, 11),
    ]


def test_one_price_for_all_needs_no_steps() -> None:
    assert price_steps(np.array([5_000, 5_000])) == []
    assert price_steps(np.array([], dtype=np.int64)) == []
