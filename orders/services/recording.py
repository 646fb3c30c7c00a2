"""Write what is new of an order book, all of it in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, timedelta, tzinfo

import numpy as np
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from numpy.typing import NDArray

from catalog.models import Sku
from catalog.services.imports import add_past_products
from customers.services.imports import add_past_customers
from inventory.models import StockMovement
from inventory.services.availability import show_availability
from inventory.services.history import PastDemand, PastMovements, record_history
from learning.bulk import insert_columns
from orders.algorithms.order_book import NONE, OrderBook
from orders.algorithms.order_history import (
    NOBODY,
    SECONDS_A_DAY,
    IntArray,
    add_up_demand,
)
from orders.models import Order, OrderImport, OrderLine, ReturnLine, ReturnRequest
from orders.services.planning import (
    BATCH,
    EPOCH,
    LateCancellation,
    Plan,
    aware,
    batches,
    existing_orders,
)

MomentArray = NDArray[np.datetime64]


@transaction.atomic
def record(
    planned: Plan, *, source: OrderImport, tell: Callable[[str, int, int], None]
) -> dict[str, int]:
    """Write all that is planned; returns how many rows of what.

    tell: told what comes next, and how many rows were written of how many.
    """
    n_lines = int(planned.is_new_line.sum())
    tell("products", 0, n_lines)
    counts = planned.counts()
    sku_ids = _add_products(planned)
    customer_ids = _add_customers(planned)
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
    return counts | {
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
                (EPOCH + timedelta(seconds=value))
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


def _add_products(planned: Plan) -> IntArray:
    """Keys of the SKUs by their place in the history."""
    history = planned.book.history
    keys = add_past_products(products=planned.products, currency=history.currency)
    return np.array([keys.get(code, NONE) for code in history.skus], dtype=np.int64)


def _add_customers(planned: Plan) -> dict[int, int]:
    """Keys of the customers by their place in the history."""
    keys = add_past_customers(customers=list(planned.customers.values()))
    return {place: keys[past.reference] for place, past in planned.customers.items()}


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
    ids = existing_orders([history.orders[number] for number in book.number.tolist()])
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
        moment = aware(int(history.placed_at[at]))
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
        for batch in batches(keys)
        for key, pk in ReturnRequest.objects.filter(key__in=batch).values_list("key", "pk")
    }


def _show_availability(sku_ids: IntArray) -> None:
    """Say on the cards of the products whether they can be bought now."""
    touched = {
        product
        for batch in batches(map(str, sku_ids.tolist()))
        for product in Sku.objects.filter(pk__in=batch).values_list("product_id", flat=True)
    }
    show_availability(product_ids=touched)


def _line_ids(book: OrderBook, lines: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The keys of the line and of its order, by place in the book."""
    wanted = {
        (book.history.orders[book.number[book.line_order[line]]], int(book.position[line])): line
        for line in lines
    }
    found: dict[int, tuple[int, int]] = {}
    for batch in batches(dict.fromkeys(number for number, _ in wanted)):
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
            cancelled_at=aware(cancelled_at),
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
