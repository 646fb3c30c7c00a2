"""What units of an order cost their customer: shares that always add up to what was paid."""

from collections.abc import Sequence
from dataclasses import dataclass

from orders.algorithms.shares import share_out


@dataclass(frozen=True, slots=True)
class PaidLine:
    """goods, discount, tax: of the whole line. tax: what came on top of the price, else 0."""

    units: int
    goods: int
    discount: int = 0
    tax: int = 0


def line_values(lines: Sequence[PaidLine], *, discount: int, tax: int) -> list[int]:
    """What each line cost in the end.

    discount, tax: of the whole order, on its goods. Where the lines do not carry them, as in orders
    that were brought in from elsewhere, they are shared over the goods.
    """
    goods = [line.goods for line in lines]
    discounts = [line.discount for line in lines]
    taxes = [line.tax for line in lines]
    if discount and not any(discounts) and sum(goods):
        discounts = share_out(min(discount, sum(goods)), goods)
    if tax and not any(taxes) and sum(goods):
        taxes = share_out(tax, goods)
    return [
        max(0, value - off + on_top)
        for value, off, on_top in zip(goods, discounts, taxes, strict=True)
    ]


def value_of_units(value: int, *, units: int, before: int, of: int) -> int:
    """What the next `units` of a line are worth after `before` of its units were paid back.

    Counted from the start of the line, so that however the units come, all of them together are
    worth the whole line and never a coin more.
    """
    if not 0 <= before <= before + units <= of:
        raise ValueError("more units than the line has")
    if not of:
        return 0
    return value * (before + units) // of - value * before // of
