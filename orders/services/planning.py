"""Compare an order book with what is in the shop: what of it is new."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice

import numpy as np
from django.utils import timezone

from catalog.services.imports import PastProduct, count_new_products
from customers.services.imports import PastCustomer, count_new_customers
from inventory.models import StockMovement
from orders.algorithms.order_book import NONE, OrderBook
from orders.algorithms.order_history import NOBODY, BoolArray, IntArray, Kind, OrderHistory
from orders.models import Order, OrderLine

BATCH = 500
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # the shop's own clock


@dataclass(frozen=True, slots=True)
class LateCancellation:
    """A line that is here as shipped and was cancelled by lines that came with a later file."""

    line_id: int
    order_id: int
    book_line: int


@dataclass(frozen=True)
class Plan:
    """What an import would add. Masks and places refer to the book.

    line_keys: keys of movements that have no order to guard them, by place in the history.
    """

    book: OrderBook
    is_new_order: BoolArray
    new_returns: IntArray
    new_adjustments: IntArray
    late_cancellations: list[LateCancellation]
    line_keys: dict[int, str]

    @cached_property
    def is_new_line(self) -> BoolArray:
        return self.is_new_order[self.book.line_order]

    @property
    def is_empty(self) -> bool:
        return not (
            self.is_new_order.any()
            or len(self.new_returns)
            or len(self.new_adjustments)
            or self.late_cancellations
        )

    @cached_property
    def products(self) -> list[PastProduct]:
        """The products that what is new speaks of, whether here already or not."""
        return _past_products(self)

    @cached_property
    def customers(self) -> dict[int, PastCustomer]:
        """The customers of new orders by their place in the history, here already or not."""
        return _past_customers(self)

    def counts(self) -> dict[str, int]:
        """How many rows of what recording would add."""
        return {
            "orders": int(self.is_new_order.sum()),
            "order_lines": int(self.is_new_line.sum()),
            "returns": len(self.new_returns),
            "adjustments": len(self.new_adjustments),
            "late_cancellations": len(self.late_cancellations),
            "products": count_new_products(products=self.products),
            "customers": count_new_customers(customers=list(self.customers.values())),
        }


def plan(book: OrderBook) -> Plan:
    """Find what is not here yet: orders by number, returns and adjustments by their key.

    Orders that the shop took itself are never changed by a file.
    """
    history = book.history
    numbers = [history.orders[number] for number in book.number.tolist()]
    known = existing_orders(numbers)
    is_new_order = np.array([number not in known for number in numbers], dtype=np.bool_)
    own = _own(numbers)
    is_own = np.array([number in own for number in numbers], dtype=np.bool_)
    keys = _keys(history, np.concatenate([book.return_line, book.adjustments]))
    moved = _moved(keys.values())
    return Plan(
        book=book,
        is_new_order=is_new_order,
        new_returns=np.array(
            [
                place
                for place, line in enumerate(book.return_line.tolist())
                if keys[line] not in moved
                and not (
                    book.returned_line[place] != NONE
                    and is_own[book.line_order[book.returned_line[place]]]
                )
            ],
            dtype=np.int64,
        ),
        new_adjustments=np.array(
            [line for line in book.adjustments.tolist() if keys[line] not in moved],
            dtype=np.int64,
        ),
        late_cancellations=_late_cancellations(book, is_new_order),
        line_keys=keys,
    )


def aware(seconds: int) -> datetime:
    return (EPOCH + timedelta(seconds=seconds)).replace(tzinfo=timezone.get_default_timezone())


def batches(values: Iterable[str]) -> Iterator[list[str]]:
    source = iter(values)
    while batch := list(islice(source, BATCH)):
        yield batch


def existing_orders(numbers: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in batches(numbers):
        found.update(Order.objects.filter(number__in=batch).values_list("number", "pk"))
    return found


def _own(numbers: Sequence[str]) -> set[str]:
    """Numbers of orders that did not come with an import."""
    return {
        number
        for batch in batches(numbers)
        for number in Order.objects.filter(number__in=batch, imported_by__isnull=True).values_list(
            "number", flat=True
        )
    }


def _moved(keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for batch in batches(keys):
        found.update(
            key
            for key in StockMovement.objects.filter(key__in=batch).values_list("key", flat=True)
            if key
        )
    return found


def _keys(history: OrderHistory, lines: IntArray) -> dict[int, str]:
    """A key per line, the same whenever the same line is imported again.

    Lines that are equal in everything are told apart by counting them.
    """
    seen: Counter[str] = Counter()
    keys = {}
    for line in lines.tolist():
        document, sku = history.orders[history.document[line]], history.skus[history.sku[line]]
        content = f"{document}:{sku}:{history.placed_at[line]}:{history.quantity[line]}"
        seen[content] += 1
        keys[line] = f"history:{content}:{seen[content]}"
    return keys


def _late_cancellations(book: OrderBook, is_new_order: BoolArray) -> list[LateCancellation]:
    history = book.history
    lines = np.flatnonzero((book.cancelled > 0) & ~is_new_order[book.line_order])
    by_place = {
        (history.orders[book.number[book.line_order[line]]], int(book.position[line])): line
        for line in lines.tolist()
    }
    found: list[LateCancellation] = []
    for batch in batches(dict.fromkeys(number for number, _ in by_place)):
        rows = OrderLine.objects.filter(
            order__number__in=batch,
            order__imported_by__isnull=False,
            quantity_cancelled=0,
            quantity_returned=0,
        ).values_list("pk", "order_id", "order__number", "position", "sku_code", "quantity")
        for line_id, order_id, number, position, code, quantity in rows:
            line = by_place.get((number, position))
            if line is None:
                continue
            at = book.line[line]
            if (code, quantity) == (history.skus[history.sku[at]], history.quantity[at]):
                found.append(LateCancellation(line_id, order_id, line))
    return found


def _past_products(planned: Plan) -> list[PastProduct]:
    book, history = planned.book, planned.book.history
    seen = np.concatenate(
        [
            book.line[planned.is_new_line],
            book.return_line[planned.new_returns],
            planned.new_adjustments,
            book.line[[late.book_line for late in planned.late_cancellations]],
        ]
    ).astype(np.int64)
    price: dict[int, int] = {}
    for line in book.line[history.kind[book.line] != Kind.FREE].tolist():
        # Lines come oldest first, so the last price stays.
        price[int(history.sku[line])] = int(history.unit_price[line])
    places, first = np.unique(history.sku[seen], return_index=True)
    return [
        PastProduct(
            code=history.skus[place],
            name=history.names[place],
            price_minor=price.get(place),
            first_seen_at=aware(int(history.placed_at[seen[at]])),
        )
        for place, at in zip(places.tolist(), first.tolist(), strict=True)
    ]


def _past_customers(planned: Plan) -> dict[int, PastCustomer]:
    book, history = planned.book, planned.book.history
    orders = np.flatnonzero(planned.is_new_order & (book.customer != NOBODY))
    places, first = np.unique(book.customer[orders], return_index=True)
    return {
        place: PastCustomer(
            reference=history.customers[place],
            email=history.emails[place],
            country=history.countries[book.country[orders[at]]],
            first_seen_at=aware(int(book.placed_at[orders[at]])),
        )
        for place, at in zip(places.tolist(), first.tolist(), strict=True)
    }
