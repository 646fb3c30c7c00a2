from typing import Any

import pytest

from orders.algorithms.discounting import (
    Item,
    Offer,
    Reduction,
    combinations,
    is_met,
    missing,
    reduce_prices,
)

TEA, CUP, POT = Item(1, 2, 3_000), Item(2, 1, 2_500), Item(3, 1, 12_000)
CART = (TEA, CUP, POT)
EVERYTHING = frozenset({1, 2, 3})


def offer(**terms: Any) -> Offer:
    return Offer(**{"key": 1, "benefit": "percent", "in_range": EVERYTHING, **terms})


def reductions(*offers: Offer, shipping: int = 1_000) -> tuple[Reduction, ...]:
    return reduce_prices(CART, shipping=shipping, offers=offers)


def test_a_percentage_is_taken_off_what_is_in_range() -> None:
    (off,) = reductions(offer(benefit_value=10, in_range=frozenset({1, 2})))
    assert (off.by_item, off.shipping, off.amount) == ((600, 250, 0), 0, 850)


def test_an_amount_is_shared_by_what_the_lines_cost() -> None:
    (off,) = reductions(offer(benefit="amount", benefit_value=2_050))
    assert off.by_item == (600, 250, 1_200)


def test_no_more_is_taken_off_than_there_is() -> None:
    (off,) = reductions(offer(benefit="amount", benefit_value=99_999, in_range=frozenset({2})))
    assert off.by_item == (0, 2_500, 0)
    (off,) = reductions(offer(benefit_value=100))
    assert off.amount == 6_000 + 2_500 + 12_000


def test_delivery_becomes_free_once() -> None:
    first, second = reductions(
        offer(benefit="free_shipping"), offer(key=2, benefit="free_shipping")
    )
    assert (first.shipping, second.shipping) == (1_000, 0)
    assert first.by_item == (0, 0, 0)


def test_one_unit_of_the_cheapest_in_range_is_free() -> None:
    (off,) = reductions(offer(benefit="cheapest_free"))
    assert off.by_item == (0, 2_500, 0)
    (off,) = reductions(offer(benefit="cheapest_free", in_range=frozenset({1, 3})))
    assert off.by_item == (3_000, 0, 0)


def test_a_free_unit_is_worth_what_is_left_of_its_price() -> None:
    _, off = reductions(
        offer(benefit_value=50, in_range=frozenset({2})), offer(key=2, benefit="cheapest_free")
    )
    assert off.by_item == (0, 1_250, 0)


def test_of_equally_cheap_units_that_of_the_lower_key_is_free() -> None:
    items = (Item(9, 1, 500), Item(4, 1, 500))
    free = offer(benefit="cheapest_free", in_range=frozenset({4, 9}))
    (off,) = reduce_prices(items, shipping=0, offers=[free])
    assert off.by_item == (0, 500)


def test_each_offer_takes_from_what_those_before_it_left() -> None:
    first, second = reductions(offer(benefit_value=50), offer(key=2, benefit_value=10))
    assert first.amount == 10_250
    assert second.amount == 1_025


def test_conditions_look_at_goods_before_discounts() -> None:
    from_200 = offer(condition="amount", condition_value=20_000)
    assert (missing(from_200, CART), is_met(from_200, CART)) == (0, True)
    from_250 = offer(condition="amount", condition_value=25_000)
    assert (missing(from_250, CART), is_met(from_250, CART)) == (4_500, False)
    three_of_tea = offer(condition="units", condition_value=3, in_range=frozenset({1}))
    assert (missing(three_of_tea, CART), is_met(three_of_tea, CART)) == (1, False)


def test_an_offer_about_nothing_in_the_cart_is_not_met() -> None:
    assert not is_met(offer(in_range=frozenset()), CART)
    assert not is_met(offer(in_range=frozenset({8})), CART)


def test_combinable_offers_go_together_and_each_other_one_alone() -> None:
    late = offer(key=1, is_combinable=True, priority=200)
    early = offer(key=2, is_combinable=True, priority=100)
    alone, unmet = offer(key=3), offer(key=4, condition="units", condition_value=99)
    sets = list(combinations([late, alone, unmet, early], CART))
    assert sets == [(early, late), (alone,)]
    assert list(combinations([], CART)) == [()]


def test_a_benefit_that_nobody_knows_is_no_gift() -> None:
    with pytest.raises(ValueError, match="unknown benefit"):
        reductions(offer(benefit="surprise"))
