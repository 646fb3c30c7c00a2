"""Write the shop's order history in its own layout, for backup, for another shop or a spreadsheet.

Orders that are still open are no history yet and are left out.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple, TextIO

from django.conf import settings
from django.utils import timezone

from inventory.models import StockMovement
from orders.algorithms import shop_layout
from orders.algorithms.order_history import Kind
from orders.algorithms.shop_layout import ShopRow
from orders.errors import SeveralCurrenciesError
from orders.models import Order, OrderLine, ReturnLine, ReturnRequest

SETTLED = (Order.Status.SHIPPED, Order.Status.COMPLETED, Order.Status.CANCELLED)
ROWS_AT_A_TIME = 2_000


def export_orders(stream: TextIO, *, currency: str | None = None) -> int:
    """Write orders, their returns and adjustments; returns how many rows.

    A file is in one currency; raises SeveralCurrenciesError when the shop has sold in several and
    none is named.
    """
    sold_in = sorted(
        Order.objects.filter(status__in=SETTLED)
        .order_by()
        .values_list("currency", flat=True)
        .distinct()
    )
    if currency is None and len(sold_in) > 1:
        raise SeveralCurrenciesError(sold_in)
    return shop_layout.write(stream, _rows(currency or "".join(sold_in) or settings.CURRENCY))


def _rows(currency: str) -> Iterator[ShopRow]:
    yield from _sold(currency)
    yield from _brought_back(currency)
    yield from _moved_without_an_order(currency)


class _Head(NamedTuple):
    """What every row of an order repeats. Read as values: a history has hundreds of thousands."""

    number: str
    placed_at: datetime
    country: str
    currency: str
    shipping_minor: int
    discount_minor: int
    tax_minor: int
    external_reference: str | None
    username: str | None
    email: str | None


# The columns of `_Head`, as seen from an order.
HEAD = (
    "number",
    "placed_at",
    "country",
    "currency",
    "shipping_minor",
    "discount_minor",
    "tax_minor",
    "customer__external_reference",
    "customer__username",
    "customer__email",
)


def _sold(currency: str) -> Iterator[ShopRow]:
    lines = (
        OrderLine.objects.filter(order__status__in=SETTLED, order__currency=currency)
        .order_by("order__placed_at", "order_id", "position")
        .values_list(
            "sku_code",
            "name",
            "quantity",
            "quantity_cancelled",
            "unit_price_minor",
            "is_bulk",
            *(f"order__{column}" for column in HEAD),
        )
    )
    charged = ""
    for code, name, quantity, cancelled, price, is_bulk, *order in lines.iterator(ROWS_AT_A_TIME):
        head = _Head(*order)
        if head.number != charged:
            charged = head.number
            yield from _charges(head)
        if standing := quantity - cancelled:
            kind = Kind.SALE if price else Kind.FREE
            yield _row(head, code, standing, price, kind, name=name, is_bulk=is_bulk and price > 0)
        if cancelled:
            yield _row(head, code, cancelled, price, Kind.NETTED, name=name)


def _charges(head: _Head) -> Iterator[ShopRow]:
    for code, amount in (
        ("SHIPPING", head.shipping_minor),
        ("DISCOUNT", -head.discount_minor),
        ("TAX", head.tax_minor),
    ):
        if amount:
            yield _row(head, code, 1, amount, Kind.CHARGE)


def _row(
    head: _Head,
    sku: str,
    quantity: int,
    unit_price: int,
    kind: Kind,
    *,
    name: str = "",
    is_bulk: bool = False,
    moment: datetime | None = None,
    return_number: str = "",
) -> ShopRow:
    return ShopRow(
        order_number=head.number,
        placed_at=_seconds(moment or head.placed_at),
        sku=sku,
        quantity=quantity,
        unit_price=unit_price,
        kind=kind,
        product_name=name,
        customer_number=(head.external_reference or head.username or "")[: shop_layout.MAX_CODE],
        customer_email=head.email or "",
        country=head.country,
        currency=head.currency,
        is_bulk=is_bulk,
        return_number=return_number,
    )


def _brought_back(currency: str) -> Iterator[ShopRow]:
    lines = (
        ReturnLine.objects.filter(
            request__status=ReturnRequest.Status.RECEIVED,
            request__order__status__in=SETTLED,
            request__order__currency=currency,
        )
        .order_by("request__received_at", "pk")
        .values_list(
            "line__sku_code",
            "line__name",
            "line__unit_price_minor",
            "quantity",
            "request_id",
            "request__key",
            "request__received_at",
            *(f"request__order__{column}" for column in HEAD),
        )
    )
    for code, name, price, quantity, key, text, moment, *order in lines.iterator(ROWS_AT_A_TIME):
        yield _row(
            _Head(*order),
            code,
            quantity,
            price,
            Kind.RETURN,
            name=name,
            moment=moment,
            return_number=_document(text) or f"R{key}",
        )


def _moved_without_an_order(currency: str) -> Iterator[ShopRow]:
    """Imported write-offs, finds, and units that came back from nobody known."""
    written = Counter(
        (_document(key), code, quantity)
        for key, code, quantity in ReturnLine.objects.filter(
            request__key__startswith="history:"
        ).values_list("request__key", "line__sku_code", "quantity")
    )
    kinds = StockMovement.Kind
    movements = (
        StockMovement.objects.filter(key__startswith="history:")
        .filter(kind__in=(kinds.ADJUSTMENT, kinds.RETURN), sku__currency=currency)
        .select_related("sku__product")
        .order_by("occurred_at", "pk")
    )
    for movement in movements.iterator(chunk_size=ROWS_AT_A_TIME):
        is_return = movement.kind == kinds.RETURN
        content = (movement.reference, movement.sku.code, movement.quantity)
        if is_return and written[content]:
            written[content] -= 1
            continue
        yield ShopRow(
            order_number=movement.reference,
            placed_at=_seconds(movement.occurred_at),
            sku=movement.sku.code,
            quantity=movement.quantity,
            unit_price=0,
            kind=Kind.RETURN if is_return else Kind.ADJUSTMENT,
            product_name=movement.sku.product.name,
            currency=currency,
        )


def _document(key: str) -> str:
    """The number that an imported return came with; empty for one that the shop took itself."""
    number, _, _order = key.removeprefix("history:").rpartition(":")
    return number if key.startswith("history:") else ""


def _seconds(moment: datetime) -> int:
    """Seconds since 1970 on the shop's own clock."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return int(local.replace(tzinfo=UTC).timestamp())
