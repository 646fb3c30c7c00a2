"""How much of its money an order's customer gets back for units that they do not keep."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Sum

from orders.algorithms.repaying import PaidLine, line_values, value_of_units
from orders.models import Order, OrderLine, Payment, Refund


@dataclass(frozen=True, slots=True)
class Repayment:
    """amount_minor: never above what is left of what was paid.

    parts: {"goods": 1900, "shipping": 600, "lines": {"12": 1}}, as a refund keeps them.
    """

    amount_minor: int
    parts: dict[str, Any]


def refundable_minor(*, order: Order) -> int:
    """What is left of all that was paid for the order."""
    left = (
        Payment.objects.refundable()
        .filter(order=order)
        .order_by()
        .aggregate(left=Sum(F("captured_minor") - F("refunded_minor")))["left"]
    )
    return int(left or 0)


def due_minor(*, order: Order) -> int:
    """What an order that nobody paid yet costs: without the units that were cancelled since."""
    lines = list(order.lines.order_by("position"))
    worth = value_lines(order=order, lines=lines)
    cancelled = sum(
        value_of_units(value, units=line.quantity_cancelled, before=0, of=line.quantity)
        for line, value in zip(lines, worth, strict=True)
    )
    return max(0, order.total_minor - cancelled)


def value_units(
    *, order: Order, units: Mapping[int, int], with_shipping: bool = False
) -> Repayment:
    """What units of lines cost: with their share of discount and tax, after earlier refunds.

    units: by line. with_shipping: all that delivery cost comes on top.
    """
    lines = list(order.lines.order_by("position"))
    worth = value_lines(order=order, lines=lines)
    before = refunded_units(order=order)
    goods, taken = 0, {}
    for line, value in zip(lines, worth, strict=True):
        paid_back = min(before[line.pk], line.quantity)
        count = min(units.get(line.pk, 0), line.quantity - paid_back)
        if count <= 0:
            continue
        goods += value_of_units(value, units=count, before=paid_back, of=line.quantity)
        taken[str(line.pk)] = count
    shipping = max(0, order.total_minor - sum(worth)) if with_shipping else 0
    left = refundable_minor(order=order)
    goods = min(goods, left)
    shipping = min(shipping, left - goods)
    return Repayment(goods + shipping, {"goods": goods, "shipping": shipping, "lines": taken})


def value_lines(*, order: Order, lines: Sequence[OrderLine]) -> list[int]:
    """What each line cost in the end. lines: all of the order, by position."""
    return line_values(
        [
            PaidLine(
                line.quantity,
                line.unit_price_minor * line.quantity,
                line.discount_minor,
                line.tax_minor if order.tax_minor else 0,
            )
            for line in lines
        ],
        discount=order.discount_minor,
        tax=order.tax_minor,
    )


def refunded_units(*, order: Order) -> Counter[int]:
    """By line: units whose money went back or is on its way."""
    units: Counter[int] = Counter()
    refunds = Refund.objects.filter(payment__order=order).exclude(state=Refund.State.FAILED)
    for parts in refunds.values_list("parts", flat=True):
        for line_id, count in (parts or {}).get("lines", {}).items():
            units[int(line_id)] += int(count)
    return units
