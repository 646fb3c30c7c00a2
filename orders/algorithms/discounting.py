"""What discounts take off: condition, benefit, range, and which of them go together.

Conditions look at the goods in range before any discount, as the customer sees them. Benefits take
from what the discounts before them left, so nothing falls below zero and no discount is paid for
the same money twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orders.algorithms.shares import divide_half_up, share_out

ALWAYS, FROM_AMOUNT, FROM_UNITS = "always", "amount", "units"
PERCENT, AMOUNT, FREE_SHIPPING, CHEAPEST_FREE = (
    "percent",
    "amount",
    "free_shipping",
    "cheapest_free",
)


@dataclass(frozen=True, slots=True)
class Item:
    """Units of one SKU at one price. key: tells it from others and decides between equals."""

    key: int
    units: int
    unit_price: int

    @property
    def goods(self) -> int:
        return self.units * self.unit_price


@dataclass(frozen=True, slots=True)
class Offer:
    """A discount. in_range: keys of the items that it is about.

    condition_value: minor units or units; benefit_value: per cent or minor units.
    """

    key: int
    benefit: str
    benefit_value: int = 0
    condition: str = ALWAYS
    condition_value: int = 0
    in_range: frozenset[int] = frozenset()
    is_combinable: bool = False
    priority: int = 100


@dataclass(frozen=True, slots=True)
class Reduction:
    """What one offer takes off. by_item: in the order of the items."""

    offer: Offer
    by_item: tuple[int, ...]
    shipping: int = 0

    @property
    def amount(self) -> int:
        return sum(self.by_item) + self.shipping


def missing(offer: Offer, items: Sequence[Item]) -> int:
    """Minor units or units that the condition still lacks; 0 where it is met."""
    in_range = [item for item in items if item.key in offer.in_range]
    if offer.condition == FROM_AMOUNT:
        return max(0, offer.condition_value - sum(item.goods for item in in_range))
    if offer.condition == FROM_UNITS:
        return max(0, offer.condition_value - sum(item.units for item in in_range))
    return 0


def is_met(offer: Offer, items: Sequence[Item]) -> bool:
    """Something is in range, and enough of it."""
    return any(item.key in offer.in_range for item in items) and not missing(offer, items)


def combinations(offers: Sequence[Offer], items: Sequence[Item]) -> Iterator[tuple[Offer, ...]]:
    """The sets of offers that may be given: all combinable ones together, each other one alone.

    In the order of priority, then of keys; the first set may be empty.
    """
    met = [offer for offer in offers if is_met(offer, items)]
    met.sort(key=lambda offer: (offer.priority, offer.key))
    yield tuple(offer for offer in met if offer.is_combinable)
    for offer in met:
        if not offer.is_combinable:
            yield (offer,)


def reduce_prices(
    items: Sequence[Item], *, shipping: int, offers: Sequence[Offer]
) -> tuple[Reduction, ...]:
    """What each of these offers takes off, one after the other."""
    left = [item.goods for item in items]
    reductions = []
    for offer in offers:
        reduction = _reduction(offer, items, left, shipping)
        left = [amount - off for amount, off in zip(left, reduction.by_item, strict=True)]
        shipping -= reduction.shipping
        reductions.append(reduction)
    return tuple(reductions)


def _reduction(
    offer: Offer, items: Sequence[Item], left: Sequence[int], shipping: int
) -> Reduction:
    nothing = (0,) * len(items)
    if offer.benefit == FREE_SHIPPING:
        return Reduction(offer, nothing, shipping)
    weights = [
        amount if item.key in offer.in_range else 0
        for item, amount in zip(items, left, strict=True)
    ]
    if offer.benefit == PERCENT:
        off = divide_half_up(sum(weights) * min(offer.benefit_value, 100), 100)
    elif offer.benefit == AMOUNT:
        off = min(offer.benefit_value, sum(weights))
    elif offer.benefit == CHEAPEST_FREE:
        return Reduction(offer, _cheapest_unit(offer, items, left))
    else:
        raise ValueError(f"unknown benefit {offer.benefit!r}")
    return Reduction(offer, tuple(share_out(off, weights)))


def _cheapest_unit(offer: Offer, items: Sequence[Item], left: Sequence[int]) -> tuple[int, ...]:
    """One unit of the cheapest item in range, for what is left of its price."""
    in_range = [place for place, item in enumerate(items) if item.key in offer.in_range]
    off = [0] * len(items)
    if in_range:
        cheapest = min(in_range, key=lambda place: (items[place].unit_price, items[place].key))
        off[cheapest] = divide_half_up(left[cheapest], items[cheapest].units)
    return tuple(off)
