"""Write an order book: what of it is new, and all of that in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

import numpy as np
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from numpy.typing import NDArray

from catalog.models import Sku
from catalog.services.imports import PastProduct, add_past_products
from catalog.services.summaries import record_availability
from customers.services.imports import PastCustomer, add_past_customers
from inventory.models import StockLevel, StockMovement
from inventory.services.history import PastDemand, PastMovements, record_history
from learning.bulk import insert_columns
from orders.algorithms.order_book import NONE, OrderBook
from orders.algorithms.order_history import (
    NOBODY,
    SECONDS_A_DAY,
    BoolArray,
    IntArray,
    Kind,
    OrderHistory,
    add_up_demand,
)
from orders.models import Order, OrderImport, OrderLine, ReturnLine, ReturnRequest

BATCH = 500
MomentArray = NDArray[np.datetime64]
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # the shop's own clock


@dataclass(frozen=True, slots=True)
class LateCancellation:
    """A line that is here as shipped and was cancelled by lines that came with a later file."""

    line_id: int
    order_id: int
    book_line: int


@dataclass(frozen=True, slots=True)
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

    @property
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

    def counts(self) -> dict[str, int]:
        return {
            "orders": int(self.is_new_order.sum()),
            "order_lines": int(self.is_new_line.sum()),
            "returns": len(self.new_returns),
            "adjustments": len(self.new_adjustments),
            "late_cancellations": len(self.late_cancellations),
        }


def plan(book: OrderBook) -> Plan:
    """Find what is not here yet: orders by number, returns and adjustments by their key.

    Orders that the shop took itself are never changed by a file.
    """
    history = book.history
    numbers = [history.orders[number] for number in book.number.tolist()]
    known = _existing(numbers)
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


@transaction.atomic
def record(
    planned: Plan, *, source: OrderImport, tell: Callable[[str, int, int], None]
) -> dict[str, int]:
    """Write all that is planned; returns how many rows of what.

    tell: told what comes next, and how many rows were written of how many.
    """
    n_lines = int(planned.is_new_line.sum())
    tell("products", 0, n_lines)
    sku_ids, new_products = _add_products(planned)
    customer_ids, new_customers = _add_customers(planned)
    order_ids = _add_orders(planned, customer_ids, source)
    tell("order_lines", 0, n_lines)
    _add_lines(planned, order_ids, sku_ids)
    _add_returns(planned)
    for late in planned.late_cancellations:
        _cancel_late(planned.book, late)
    tell("movements", n_lines, n_lines)
    written = record_history(
        movements=_movements(planned, sku_ids),
        demand=_demand(planned, sku_ids),
        reference=f"import:{source.pk}",
    )
    _show_availability(sku_ids[sku_ids != NONE])
    return planned.counts() | {
        "products": new_products,
        "customers": new_customers,
        "movements": written.movements + written.opening_movements,
        "demand_days": written.demand_days,
    }


def to_utc(seconds: IntArray, zone: tzinfo | None = None) -> MomentArray:
    """Moments of the shop's own clock as datetime64[s] in UTC; `NONE` becomes NaT.

    Of an hour that a clock change repeats, the first one is meant.
    """
    zone = zone or timezone.get_default_timezone()
    distinct, places = np.unique(seconds, return_inverse=True)
    moments = np.array(
        [
            np.datetime64("NaT", "s")
            if value == NONE
            else np.datetime64(
                (_EPOCH + timedelta(seconds=value))
                .replace(tzinfo=zone)
                .astimezone(UTC)
                .replace(tzinfo=None),
                "s",
            )
            for value in distinct.tolist()
        ],
        dtype="datetime64[s]",
    )
    return np.asarray(moments[places])


def _aware(seconds: int) -> datetime:
    return (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=timezone.get_default_timezone())


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    source = iter(values)
    while batch := list(islice(source, BATCH)):
        yield batch


def _existing(numbers: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in _batches(numbers):
        found.update(Order.objects.filter(number__in=batch).values_list("number", "pk"))
    return found


def _own(numbers: Sequence[str]) -> set[str]:
    """Numbers of orders that did not come with an import."""
    return {
        number
        for batch in _batches(numbers)
        for number in Order.objects.filter(number__in=batch, imported_by__isnull=True).values_list(
            "number", flat=True
        )
    }


def _moved(keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for batch in _batches(keys):
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
    for batch in _batches(dict.fromkeys(number for number, _ in by_place)):
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


def _add_products(planned: Plan) -> tuple[IntArray, int]:
    """Keys of the SKUs by their place in the history, and how many products were new."""
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
    products = [
        PastProduct(
            code=history.skus[place],
            name=history.names[place],
            price_minor=price.get(place),
            first_seen_at=_aware(int(history.placed_at[seen[at]])),
        )
        for place, at in zip(places.tolist(), first.tolist(), strict=True)
    ]
    keys, added = add_past_products(products=products, currency=history.currency)
    ids = np.full(len(history.skus), NONE, dtype=np.int64)
    for product, place in zip(products, places.tolist(), strict=True):
        ids[place] = keys[product.code]
    return ids, added


def _add_customers(planned: Plan) -> tuple[dict[int, int], int]:
    book, history = planned.book, planned.book.history
    orders = np.flatnonzero(planned.is_new_order & (book.customer != NOBODY))
    places, first = np.unique(book.customer[orders], return_index=True)
    customers = [
        PastCustomer(
            reference=history.customers[place],
            email=history.emails[place],
            country=history.countries[book.country[orders[at]]],
            first_seen_at=_aware(int(book.placed_at[orders[at]])),
        )
        for place, at in zip(places.tolist(), first.tolist(), strict=True)
    ]
    keys, added = add_past_customers(customers=customers)
    return {
        place: keys[customer.reference]
        for customer, place in zip(customers, places.tolist(), strict=True)
    }, added


def _add_orders(planned: Plan, customer_ids: dict[int, int], source: OrderImport) -> IntArray:
    """Write the new orders; returns the key of each order of the book."""
    book, history = planned.book, planned.book.history
    new = np.flatnonzero(planned.is_new_order)
    is_cancelled = book.cancelled_at[new] != NONE
    placed_at = to_utc(book.placed_at[new])
    fulfilled_at = np.where(is_cancelled, np.datetime64("NaT", "s"), placed_at)
    customers = book.customer[new].tolist()
    insert_columns(
        Order,
        {
            "number": [history.orders[number] for number in book.number[new].tolist()],
            "customer_id": [customer_ids.get(place) for place in customers],
            "email": ["" if place == NOBODY else history.emails[place] for place in customers],
            "status": np.where(is_cancelled, Order.Status.CANCELLED, Order.Status.COMPLETED),
            "currency": [history.currency] * len(new),
            "goods_minor": book.goods[new],
            "shipping_minor": book.shipping[new],
            "discount_minor": book.discount[new],
            "tax_minor": book.tax[new],
            "total_minor": (book.goods + book.shipping + book.tax - book.discount)[new],
            "country": [history.countries[place] for place in book.country[new].tolist()],
            "imported_by_id": np.full(len(new), source.pk),
            "placed_at": placed_at,
            "paid_at": fulfilled_at,
            "shipped_at": fulfilled_at,
            "cancelled_at": to_utc(book.cancelled_at[new]),
        },
    )
    ids = _existing([history.orders[number] for number in book.number.tolist()])
    return np.array(
        [ids[history.orders[number]] for number in book.number.tolist()], dtype=np.int64
    )


def _add_lines(planned: Plan, order_ids: IntArray, sku_ids: IntArray) -> None:
    book, history = planned.book, planned.book.history
    new = np.flatnonzero(planned.is_new_line)
    at = book.line[new]
    skus = history.sku[at]
    insert_columns(
        OrderLine,
        {
            "order_id": order_ids[book.line_order[new]],
            "position": book.position[new],
            "sku_id": sku_ids[skus],
            "sku_code": [history.skus[place] for place in skus.tolist()],
            "name": [history.names[place] for place in skus.tolist()],
            "quantity": history.quantity[at],
            "quantity_shipped": book.shipped[new],
            "quantity_cancelled": book.cancelled[new],
            # Every return of a new line is new, too.
            "quantity_returned": book.returned[new],
            "unit_price_minor": history.unit_price[at],
            "is_bulk": history.is_bulk[at],
        },
    )


def _add_returns(planned: Plan) -> None:
    """One request per return number and order, received when the units came back."""
    book, history = planned.book, planned.book.history
    attached = [
        place for place in planned.new_returns.tolist() if book.returned_line[place] != NONE
    ]
    if not attached:
        return
    lines = [int(book.returned_line[place]) for place in attached]
    line_ids = _line_ids(book, lines)
    requests: dict[str, ReturnRequest] = {}
    rows = []
    for place, line in zip(attached, lines, strict=True):
        at = book.return_line[place]
        line_id, order_id = line_ids[line]
        key = f"history:{history.orders[history.document[at]]}:{order_id}"
        moment = _aware(int(history.placed_at[at]))
        request = requests.setdefault(
            key,
            ReturnRequest(
                order_id=order_id,
                status=ReturnRequest.Status.RECEIVED,
                key=key,
                requested_at=moment,
                received_at=moment,
            ),
        )
        rows.append((request, line_id, int(history.quantity[at])))
    present = _request_ids(requests)
    ReturnRequest.objects.bulk_create(
        [request for key, request in requests.items() if key not in present], batch_size=BATCH
    )
    request_ids = _request_ids(requests)
    insert_columns(
        ReturnLine,
        {
            "request_id": [request_ids[request.key] for request, _, _ in rows],
            "line_id": [line_id for _, line_id, _ in rows],
            "quantity": [quantity for _, _, quantity in rows],
        },
    )
    was_here = ~planned.is_new_line
    for line, (_request, line_id, quantity) in zip(lines, rows, strict=True):
        if was_here[line]:
            OrderLine.objects.filter(pk=line_id).update(
                quantity_returned=F("quantity_returned") + quantity
            )


def _request_ids(keys: Iterable[str]) -> dict[str, int]:
    return {
        key: pk
        for batch in _batches(keys)
        for key, pk in ReturnRequest.objects.filter(key__in=batch).values_list("key", "pk")
    }


def _show_availability(sku_ids: IntArray) -> None:
    """Say on the cards of the products whether they can be bought now."""
    touched = {
        product
        for batch in _batches(map(str, sku_ids.tolist()))
        for product in Sku.objects.filter(pk__in=batch).values_list("product_id", flat=True)
    }
    available = StockLevel.objects.filter(on_hand__gt=F("reserved"), sku__is_active=True)
    record_availability(
        available_product_ids=available.order_by().values_list("sku__product_id", flat=True),
        among=touched,
    )


def _line_ids(book: OrderBook, lines: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The keys of the line and of its order, by place in the book."""
    wanted = {
        (book.history.orders[book.number[book.line_order[line]]], int(book.position[line])): line
        for line in lines
    }
    found: dict[int, tuple[int, int]] = {}
    for batch in _batches(dict.fromkeys(number for number, _ in wanted)):
        rows = OrderLine.objects.filter(order__number__in=batch).values_list(
            "order__number", "position", "pk", "order_id"
        )
        for number, position, line_id, order_id in rows:
            if (number, position) in wanted:
                found[wanted[number, position]] = (line_id, order_id)
    return found


def _cancel_late(book: OrderBook, late: LateCancellation) -> None:
    quantity = int(book.history.quantity[book.line[late.book_line]])
    OrderLine.objects.filter(pk=late.line_id).update(
        quantity_shipped=0, quantity_cancelled=quantity
    )
    cancelled_at = int(book.cancelled_at[book.line_order[late.book_line]])
    if cancelled_at != NONE:
        Order.objects.filter(pk=late.order_id).update(
            status=Order.Status.CANCELLED,
            cancelled_at=_aware(cancelled_at),
            paid_at=None,
            shipped_at=None,
        )


def _movements(planned: Plan, sku_ids: IntArray) -> PastMovements:
    """Issues of what was sent, what came back, what was written off or found."""
    book, history = planned.book, planned.book.history
    shipped = book.line[planned.is_new_line & (book.shipped > 0)]
    returned = book.return_line[planned.new_returns]
    cancelled = book.line[[late.book_line for late in planned.late_cancellations]].astype(np.int64)
    lines = np.concatenate([shipped, returned, cancelled, planned.new_adjustments])
    partner = history.partner[cancelled]
    moments = np.concatenate(
        [
            history.placed_at[shipped],
            history.placed_at[returned],
            history.placed_at[np.where(partner >= 0, partner, cancelled)],
            history.placed_at[planned.new_adjustments],
        ]
    )
    kinds = StockMovement.Kind
    return PastMovements(
        sku_id=sku_ids[history.sku[lines]],
        kind=(
            [kinds.ISSUE.value] * len(shipped)
            + [kinds.RETURN.value] * (len(returned) + len(cancelled))
            + [kinds.ADJUSTMENT.value] * len(planned.new_adjustments)
        ),
        quantity=np.concatenate(
            [
                -history.quantity[shipped],
                history.quantity[returned],
                history.quantity[cancelled],
                history.quantity[planned.new_adjustments],
            ]
        ),
        occurred_at=to_utc(moments),
        reference=[history.orders[place] for place in history.document[lines].tolist()],
        # Issues have none: the order's own number keeps them from being written twice.
        key=(
            [None] * len(shipped)
            + [planned.line_keys[line] for line in returned.tolist()]
            + [None] * len(cancelled)
            + [planned.line_keys[line] for line in planned.new_adjustments.tolist()]
        ),
        note=[""] * len(lines),
    )


def _demand(planned: Plan, sku_ids: IntArray) -> PastDemand:
    """Sales of new orders, less what late cancellations and returns take from old ones."""
    book, history = planned.book, planned.book.history
    sold = np.flatnonzero(planned.is_new_line & book.is_demand)
    late = np.array([late.book_line for late in planned.late_cancellations], dtype=np.int64)
    attached = planned.new_returns[book.returned_line[planned.new_returns] != NONE]
    returned_lines = book.returned_line[attached]
    lines = np.concatenate([sold, late, returned_lines])
    at = book.line[lines]
    quantity = history.quantity[at]
    units = quantity.copy()
    units[len(sold) :] *= -1
    units[len(sold) + len(late) :] = 0
    days = add_up_demand(
        sku=history.sku[at],
        day=history.placed_at[at] // SECONDS_A_DAY,
        units=units,
        unit_price=history.unit_price[at],
        is_bulk=history.is_bulk[at],
        returned=np.concatenate(
            [
                np.zeros(len(sold) + len(late), dtype=np.int64),
                history.quantity[book.return_line[attached]],
            ]
        ),
    )
    return PastDemand(
        sku_id=sku_ids[days.sku],
        day=days.day.astype("datetime64[D]"),
        units=days.units,
        bulk_units=days.bulk_units,
        returned_units=days.returned_units,
        unit_price_minor=days.unit_price,
    )
