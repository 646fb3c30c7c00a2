"""What every customer did, as columns: what scores are learned from and made of.

A million orders cost about 60 MB; rows are read in lots and never held as objects.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from customers.models import Consent
from insights.algorithms.customer_history import CustomerHistory
from insights.algorithms.score_arrays import FloatArray, IntArray
from insights.models import Interaction
from insights.services.customer_features import end_of
from insights.services.segment_rules import facts

ROWS_AT_A_TIME: Final = 20_000
BEHAVIOUR_DAYS: Final = 400


@dataclass(frozen=True)
class ShopHistory:
    """history: by place. customer_ids: keys of the places, rising, shape (n_customers,).

    language, country: one a place. first_day: ordinal of the first order; 0 without orders.
    """

    history: CustomerHistory
    customer_ids: IntArray
    language: list[str]
    country: list[str]
    as_of: date

    @property
    def first_day(self) -> int:
        return int(self.history.day.min()) if len(self.history) else 0


def read_shop_history(*, as_of: date) -> ShopHistory:
    """Orders in the shop's currency of people who do not refuse to be profiled, until a day."""
    moment = end_of(as_of)
    people = list(
        facts.customers()
        .exclude(pk__in=facts.refusing(Consent.Purpose.PERSONALISATION))
        .order_by("pk")
        .values_list("pk", "language", "country")
        .iterator(chunk_size=ROWS_AT_A_TIME)
    )
    keys = np.array([row[0] for row in people], dtype=np.int64)
    orders = _columns(
        facts.orders(moment)
        .filter(currency=settings.CURRENCY)
        .order_by("placed_at", "pk")
        .annotate(units=Sum("lines__quantity"), n_lines=Count("lines"))
        .values_list(
            "customer_id", "placed_at", "goods_minor", "discount_minor", "units", "n_lines"
        ),
        keys,
    )
    returns = _columns(
        facts.returns(moment)
        .order_by("requested_at")
        .values_list("order__customer_id", "requested_at"),
        keys,
    )
    visits = _visits(moment, keys)
    history = CustomerHistory(
        n_customers=len(keys),
        customer=orders.place,
        day=orders.day,
        amount=np.maximum(orders.numbers[0] - orders.numbers[1], 0.0),
        units=orders.numbers[2],
        lines=orders.numbers[3],
        discount=orders.numbers[1],
        return_customer=returns.place,
        return_day=returns.day,
        visit_customer=visits[0],
        visit_day=visits[1],
        visit_carts=visits[2],
    )
    return ShopHistory(
        history=history,
        customer_ids=keys,
        language=[row[1] for row in people],
        country=[row[2] for row in people],
        as_of=as_of,
    )


@dataclass(frozen=True)
class _Columns:
    """place: of the customer; rows of others are left out. numbers: shape (n_numbers, n_rows)."""

    place: IntArray
    day: IntArray
    numbers: FloatArray


def _columns(rows: QuerySet[Any, Any], keys: IntArray) -> _Columns:
    owner, day, number = array("q"), array("q"), array("d")
    zone = ZoneInfo(settings.TIME_ZONE)
    n_numbers = 0
    for row in rows.iterator(chunk_size=ROWS_AT_A_TIME):
        owner.append(row[0])
        day.append(row[1].astimezone(zone).toordinal())
        n_numbers = len(row) - 2
        number.extend(value or 0 for value in row[2:])
    who = np.array(owner, dtype=np.int64)
    place = places(keys, who)
    kept = place >= 0
    width = n_numbers or 4
    table = np.array(number, dtype=np.float64).reshape(-1, width).T if len(number) else None
    numbers = np.zeros((width, len(who))) if table is None else table
    return _Columns(place[kept], np.array(day, dtype=np.int64)[kept], numbers[:, kept])


def _visits(moment: datetime, keys: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Days on which customers came, and how often they put something into the cart."""
    first = moment - timedelta(days=BEHAVIOUR_DAYS)
    counted = (
        Interaction.objects.until(moment)
        .filter(customer__isnull=False, occurred_at__gte=first)
        .of_kinds(Interaction.Kind.VIEW, Interaction.Kind.ADD_TO_CART)
        .order_by()
        .values("customer_id", "occurred_at__date")
        .annotate(carts=Count("pk", filter=Q(kind=Interaction.Kind.ADD_TO_CART)))
        .values_list("customer_id", "occurred_at__date", "carts")
    )
    owner, day, carts = array("q"), array("q"), array("q")
    for customer_id, on, n_carts in counted.iterator(chunk_size=ROWS_AT_A_TIME):
        owner.append(customer_id)
        day.append(on.toordinal())
        carts.append(n_carts)
    place = places(keys, np.array(owner, dtype=np.int64))
    kept = place >= 0
    return (
        place[kept],
        np.array(day, dtype=np.int64)[kept],
        np.array(carts, dtype=np.int64)[kept],
    )


def places(keys: IntArray, asked: IntArray) -> IntArray:
    """Where each of `asked` stands in the rising `keys`; -1 where it does not."""
    if not len(keys):
        return np.full(len(asked), -1, dtype=np.int64)
    found = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[found] == asked, found, -1).astype(np.int64)


def group_labels(shop: ShopHistory, place: IntArray) -> dict[str, list[str]]:
    """Language and country of customers, to report quality by."""
    return {
        "language": [shop.language[at] for at in place.tolist()],
        "country": [shop.country[at] for at in place.tolist()],
    }


def blocks(n_customers: int, size: int) -> Iterator[tuple[int, int]]:
    """Places in lots: first and one after the last."""
    for first in range(0, n_customers, size):
        yield first, min(first + size, n_customers)
