"""What an order costs: pure functions of whole minor units of one currency.

`settle` prices a cart with discounts and taxes; what it rounds it rounds once and shares out, so
the parts of lines always add up to the sums of the order. The order of the lines does not matter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orders.algorithms.discounting import Item, Offer, Reduction, combinations, reduce_prices
from orders.algorithms.taxing import Rate, RateSum, tax_amounts


@dataclass(frozen=True, slots=True)
class Totals:
    """Amounts in minor units of one currency; total = goods + shipping + tax - discount."""

    goods: int
    shipping: int
    discount: int
    tax: int

    @property
    def total(self) -> int:
        return self.goods + self.shipping + self.tax - self.discount


def add_up(
    lines: Iterable[tuple[int, int]], *, shipping: int = 0, discount: int = 0, tax: int = 0
) -> Totals:
    """lines: (units, unit price). A discount never takes off more than everything."""
    goods = sum(units * price for units, price in lines)
    if min(goods, shipping, discount, tax) < 0:
        raise ValueError("an amount of an order is below zero")
    return Totals(goods, shipping, min(discount, goods + shipping + tax), tax)


@dataclass(frozen=True, slots=True)
class SettledLine:
    key: int
    goods: int
    discount: int
    tax: int
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """totals.shipping: what is left of it after discounts; totals.discount: off the goods alone.

    totals.tax: what comes on top; tax_included: what is a part of the prices. One of them is 0.
    lines: in the order in which they were given.
    """

    lines: tuple[SettledLine, ...]
    totals: Totals
    tax_included: int
    is_tax_included: bool
    shipping_tax: int
    taxes: tuple[RateSum, ...]
    reductions: tuple[Reduction, ...]


def settle(
    items: Sequence[Item],
    rates: Sequence[Rate | None],
    *,
    shipping: int = 0,
    shipping_rate: Rate | None = None,
    offers: Sequence[Offer] = (),
    is_tax_included: bool = True,
) -> Settlement:
    """The cheapest settlement for the customer.

    items: of different keys; rates: the tax of each. Offers that can be combined apply together,
    each on what those before it left; every other one is tried alone. The lowest total is taken; of
    equal ones that with the most offers, then the first by priority and key.
    """
    if shipping < 0 or any(item.units < 0 or item.unit_price < 0 for item in items):
        raise ValueError("an amount of an order is below zero")
    places = sorted(range(len(items)), key=lambda place: items[place].key)
    in_order = [items[place] for place in places]
    rates_in_order = [rates[place] for place in places]
    settlements = (
        _settle(in_order, rates_in_order, shipping, shipping_rate, chosen, is_tax_included)
        for chosen in combinations(offers, in_order)
    )
    # `min` keeps the first of equals.
    best = min(settlements, key=lambda one: (one.totals.total, -len(one.reductions)))
    by_key = {line.key: line for line in best.lines}
    return Settlement(
        lines=tuple(by_key[item.key] for item in items),
        totals=best.totals,
        tax_included=best.tax_included,
        is_tax_included=is_tax_included,
        shipping_tax=best.shipping_tax,
        taxes=best.taxes,
        reductions=tuple(_as_given(reduction, places) for reduction in best.reductions),
    )


def _settle(
    items: Sequence[Item],
    rates: Sequence[Rate | None],
    shipping: int,
    shipping_rate: Rate | None,
    offers: Sequence[Offer],
    is_tax_included: bool,
) -> Settlement:
    reductions = reduce_prices(items, shipping=shipping, offers=offers)
    discounts = [
        sum(reduction.by_item[place] for reduction in reductions) for place in range(len(items))
    ]
    shipping -= sum(reduction.shipping for reduction in reductions)
    left = [item.goods - off for item, off in zip(items, discounts, strict=True)]
    taxes = tax_amounts([*left, shipping], [*rates, shipping_rate], is_included=is_tax_included)
    lines = tuple(
        SettledLine(item.key, item.goods, off, tax, rate)
        for item, off, tax, rate in zip(items, discounts, taxes.parts[:-1], rates, strict=True)
    )
    return Settlement(
        lines=lines,
        totals=Totals(
            goods=sum(item.goods for item in items),
            shipping=shipping,
            discount=sum(discounts),
            tax=0 if is_tax_included else taxes.tax,
        ),
        tax_included=taxes.tax if is_tax_included else 0,
        is_tax_included=is_tax_included,
        shipping_tax=taxes.parts[-1],
        taxes=taxes.sums,
        reductions=reductions,
    )


def _as_given(reduction: Reduction, places: Sequence[int]) -> Reduction:
    by_item = [0] * len(places)
    for amount, place in zip(reduction.by_item, places, strict=True):
        by_item[place] = amount
    return Reduction(reduction.offer, tuple(by_item), reduction.shipping)
