"""What is known of a visitor at this moment: the live visit, the cart, and orders of a customer."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.utils import timezone

from insights.services.visitors import Visitor
from learning.prepared import Prepared
from orders.models import Order, OrderLine
from recommendations.algorithms.shopping_log import FloatArray, IntArray

# However long somebody has been a customer, what counts is what they did last.
MOST_VIEWED = 30
MOST_IN_CART = 100
MOST_LINES = 200
VIEW_WEIGHT = 0.7
# What an order of half a year ago counts of one of today.
HALF_LIFE_DAYS = 180.0
# While somebody looks around, what they look at says more than what they once bought.
BOUGHT_DURING_A_VISIT = 0.4


@dataclass(frozen=True, slots=True)
class Context:
    """What the page is about and what the browser itself remembers.

    viewed: products looked at, the last one first. cart: products in the cart, the last one last.
    shown: products that other rows of the page hold already. read: what was read for one row of a
    page and is good for the others too.
    """

    product_id: int | None = None
    category_id: int | None = None
    viewed: Sequence[int] = ()
    cart: Sequence[int] = ()
    shown: Sequence[int] = ()
    read: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Bought:
    product_id: int
    days_ago: float
    order_id: int


@dataclass
class History:
    """Of one visitor, read when it is needed. Without consent it is empty.

    bought: the newest first.
    """

    visitor: Visitor
    context: Context
    now: datetime = field(default_factory=timezone.now)

    @cached_property
    def viewed(self) -> list[int]:
        if not self.visitor.may_personalise:
            return []
        return list(dict.fromkeys(self.context.viewed))[:MOST_VIEWED]

    @cached_property
    def cart(self) -> list[int]:
        """What is in the cart is what the page is about: it needs no consent."""
        return list(dict.fromkeys(self.context.cart))[-MOST_IN_CART:]

    @cached_property
    def bought(self) -> list[Bought]:
        if not self.visitor.may_personalise or self.visitor.customer_id is None:
            return []
        return [
            Bought(product_id, (self.now - placed_at).total_seconds() / 86_400, order_id)
            for product_id, placed_at, order_id in _LINES.rows(self.visitor.customer_id)
        ]

    @cached_property
    def times_bought(self) -> dict[int, int]:
        """Orders that each product stands in."""
        pairs = {(each.product_id, each.order_id) for each in self.bought}
        counts: dict[int, int] = {}
        for product_id, _order_id in pairs:
            counts[product_id] = counts.get(product_id, 0) + 1
        return counts

    @cached_property
    def baskets(self) -> list[IntArray]:
        """Products of each order, oldest first."""
        baskets: dict[int, list[int]] = {}
        for each in reversed(self.bought):
            baskets.setdefault(each.order_id, []).append(each.product_id)
        return [np.array(sorted(set(basket)), dtype=np.int64) for basket in baskets.values()]

    @property
    def is_empty(self) -> bool:
        return not self.viewed and not self.bought

    def session(self) -> tuple[IntArray, FloatArray]:
        """The visit itself, oldest first; of somebody who has only come, their last orders."""
        steps = [(each, 1.0) for each in self.cart if self.visitor.may_personalise]
        steps += [(each, VIEW_WEIGHT) for each in reversed(self.viewed)]
        return _arrays(steps or self._orders(1.0))

    def whole(self) -> tuple[IntArray, FloatArray]:
        """Orders, cart and visit, oldest first."""
        visit = [(each, 1.0) for each in self.cart if self.visitor.may_personalise]
        visit += [(each, VIEW_WEIGHT) for each in reversed(self.viewed)]
        return _arrays(self._orders(BOUGHT_DURING_A_VISIT if visit else 1.0) + visit)

    def _orders(self, worth: float) -> list[tuple[int, float]]:
        return [
            (each.product_id, worth * 0.5 ** (max(each.days_ago, 0.0) / HALF_LIFE_DAYS))
            for each in reversed(self.bought)
        ]


def _arrays(steps: Sequence[tuple[int, float]]) -> tuple[IntArray, FloatArray]:
    return (
        np.array([product_id for product_id, _weight in steps], dtype=np.int64),
        np.array([weight for _product_id, weight in steps], dtype=np.float64),
    )


_LINES = Prepared(
    lambda customer_id: (
        OrderLine.objects.filter(order__customer=customer_id)
        .exclude(order__status=Order.Status.CANCELLED)
        .order_by("-order__placed_at", "-order_id", "position")
        .values_list("sku__product_id", "order__placed_at", "order_id")[:MOST_LINES]
    )
)
