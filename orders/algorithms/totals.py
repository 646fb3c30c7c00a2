"""What an order costs: one function, whole minor units, nothing rounded."""

from collections.abc import Iterable
from dataclasses import dataclass


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
