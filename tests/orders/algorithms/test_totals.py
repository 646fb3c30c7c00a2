from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.algorithms.discounting import Item, Offer
from orders.algorithms.taxing import Rate
from orders.algorithms.totals import Settlement, settle

VAT, REDUCED = Rate("VAT", 1300), Rate("VAT, reduced", 900)
KEYS = range(1, 7)
ITEMS = st.lists(
    st.builds(
        Item,
        key=st.sampled_from(KEYS),
        units=st.integers(1, 20),
        unit_price=st.one_of(st.integers(0, 300), st.integers(0, 500_000)),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda item: item.key,
)
BENEFITS = st.one_of(
    st.tuples(st.just("percent"), st.integers(0, 100)),
    st.tuples(st.just("amount"), st.integers(0, 200_000)),
    st.tuples(st.sampled_from(["free_shipping", "cheapest_free"]), st.just(0)),
)
CONDITIONS = st.one_of(
    st.just(("always", 0)),
    st.tuples(st.just("amount"), st.integers(0, 200_000)),
    st.tuples(st.just("units"), st.integers(0, 20)),
)


@st.composite
def offers(draw: st.DrawFn) -> list[Offer]:
    found = []
    for key in range(draw(st.integers(0, 4))):
        benefit, benefit_value = draw(BENEFITS)
        condition, condition_value = draw(CONDITIONS)
        found.append(
            Offer(
                key=key,
                benefit=benefit,
                benefit_value=benefit_value,
                condition=condition,
                condition_value=condition_value,
                in_range=draw(st.frozensets(st.sampled_from(KEYS))),
                is_combinable=draw(st.booleans()),
                priority=draw(st.integers(0, 3)),
            )
        )
    return found


RATE_OF = {1: VAT, 2: VAT, 3: REDUCED, 4: REDUCED, 5: None, 6: Rate("VAT", 0)}


def settled(
    items: list[Item], given_offers: list[Offer], *, shipping: int = 0, is_included: bool = True
) -> Settlement:
    return settle(
        items,
        [RATE_OF[item.key] for item in items],
        shipping=shipping,
        shipping_rate=VAT,
        offers=given_offers,
        is_tax_included=is_included,
    )


def test_a_cart_with_a_discount_delivery_and_tax_in_its_prices() -> None:
    # 2 x 56.50 and 1 x 21.80 are 134.80; a tenth off the first two is 11.30.
    items = [Item(1, 2, 5_650), Item(3, 1, 2_180)]
    tenth = Offer(key=7, benefit="percent", benefit_value=10, in_range=frozenset({1}))
    one = settled(items, [tenth], shipping=1_130)
    assert (one.totals.goods, one.totals.discount, one.totals.shipping) == (13_480, 1_130, 1_130)
    assert (one.totals.tax, one.totals.total) == (0, 13_480)
    # 101.70 and 11.30 hold 13 in 113 parts, 21.80 holds 9 in 109.
    assert [(each.base, each.tax) for each in one.taxes] == [(10_000, 1_300), (2_000, 180)]
    assert [line.tax for line in one.lines] == [1_170, 180]
    assert (one.shipping_tax, one.tax_included) == (130, 1_480)


def test_the_same_cart_with_tax_on_top() -> None:
    items = [Item(1, 2, 5_650), Item(3, 1, 2_180)]
    tenth = Offer(key=7, benefit="percent", benefit_value=10, in_range=frozenset({1}))
    one = settled(items, [tenth], shipping=1_000, is_included=False)
    # 111.70 at 13 % is 14.521, 21.80 at 9 % is 1.962.
    assert [(each.base, each.tax) for each in one.taxes] == [(11_170, 1_452), (2_180, 196)]
    assert (one.totals.tax, one.tax_included) == (1_648, 0)
    assert one.totals.total == 13_480 + 1_000 - 1_130 + 1_648


def test_the_cheapest_way_is_taken_for_the_customer() -> None:
    items = [Item(1, 1, 10_000)]
    everything = frozenset({1})
    five = Offer(1, "percent", 5, in_range=everything, is_combinable=True)
    six = Offer(2, "percent", 6, in_range=everything, is_combinable=True)
    ten = Offer(3, "percent", 10, in_range=everything)
    eleven = Offer(4, "percent", 11, in_range=everything)
    together = settled(items, [ten, six, five])
    assert [one.offer.key for one in together.reductions] == [1, 2]
    assert together.totals.discount == 500 + 570
    alone = settled(items, [ten, eleven, six, five])
    assert [one.offer.key for one in alone.reductions] == [4]
    assert alone.totals.discount == 1_100


def test_what_counts_is_the_total_with_its_tax() -> None:
    # Ten off what is taxed at 13 % saves 11.30; eleven off what is not taxed saves 11.
    items = [Item(1, 1, 10_000), Item(5, 1, 10_000)]
    taxed = Offer(1, "amount", 1_000, in_range=frozenset({1}))
    untaxed = Offer(2, "amount", 1_100, in_range=frozenset({5}))
    assert [
        one.offer.key for one in settled(items, [taxed, untaxed], is_included=False).reductions
    ] == [1]


def test_of_equal_offers_the_first_by_priority_and_key_is_taken() -> None:
    items = [Item(1, 1, 10_000)]
    same = Offer(9, "amount", 500, in_range=frozenset({1}))
    chosen = settled(items, [same, replace(same, key=3), replace(same, key=5, priority=1)])
    assert [one.offer.key for one in chosen.reductions] == [5]


def test_free_delivery_that_costs_nothing_yet_is_still_an_offer() -> None:
    free = Offer(1, "free_shipping", in_range=frozenset({1}))
    one = settled([Item(1, 1, 10_000)], [free])
    assert [(each.offer.key, each.amount) for each in one.reductions] == [(1, 0)]


def test_amounts_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        settled([Item(1, 1, -1)], [])
    with pytest.raises(ValueError, match="below zero"):
        settled([Item(1, 1, 1)], [], shipping=-1)


@given(ITEMS, offers(), st.integers(0, 10_000), st.booleans())
def test_parts_add_up_to_the_whole_and_nothing_is_below_zero(
    items: list[Item], given_offers: list[Offer], shipping: int, is_included: bool
) -> None:
    one = settled(items, given_offers, shipping=shipping, is_included=is_included)
    totals = one.totals
    assert totals.goods == sum(line.goods for line in one.lines)
    assert totals.discount == sum(line.discount for line in one.lines)
    tax = one.tax_included if is_included else totals.tax
    assert tax == sum(line.tax for line in one.lines) + one.shipping_tax
    assert tax == sum(each.tax for each in one.taxes)
    taken_off = sum(reduction.amount for reduction in one.reductions)
    assert taken_off == totals.discount + shipping - totals.shipping
    assert all(0 <= line.discount <= line.goods for line in one.lines)
    assert all(line.tax >= 0 for line in one.lines)
    assert totals.total >= 0
    assert min(totals.shipping, one.tax_included, totals.tax) >= 0


@given(ITEMS, offers(), st.integers(0, 10_000), st.booleans(), st.randoms())
def test_the_order_of_the_lines_and_offers_changes_nothing(
    items: list[Item],
    given_offers: list[Offer],
    shipping: int,
    is_included: bool,
    random: Random,
) -> None:
    one = settled(items, given_offers, shipping=shipping, is_included=is_included)
    random.shuffle(items)
    random.shuffle(given_offers)
    other = settled(items, given_offers, shipping=shipping, is_included=is_included)
    assert other.totals == one.totals
    assert other.taxes == one.taxes
    assert {line.key: line for line in other.lines} == {line.key: line for line in one.lines}


@given(ITEMS, offers(), st.integers(0, 10_000), st.booleans())
def test_an_offer_more_never_costs_more(
    items: list[Item], given_offers: list[Offer], shipping: int, is_included: bool
) -> None:
    alone = [replace(offer, is_combinable=False) for offer in given_offers]
    for count in range(len(alone)):
        few = settled(items, alone[:count], shipping=shipping, is_included=is_included)
        more = settled(items, alone[: count + 1], shipping=shipping, is_included=is_included)
        assert more.totals.total <= few.totals.total


@given(ITEMS, st.integers(0, 10_000), st.integers(2, 50))
def test_amounts_scale_without_discounts_and_tax(
    items: list[Item], shipping: int, times: int
) -> None:
    larger = [replace(item, unit_price=item.unit_price * times) for item in items]
    one = settle(items, [None] * len(items), shipping=shipping)
    other = settle(larger, [None] * len(items), shipping=shipping * times)
    assert other.totals.total == one.totals.total * times
