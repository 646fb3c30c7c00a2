"""Write the shop's order history in its own layout, for backup, for another shop or a spreadsheet.

Orders that are still open are no history yet and are left out.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

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


def _sold(currency: str) -> Iterator[ShopRow]:
    lines = (
        OrderLine.objects.filter(order__status__in=SETTLED, order__currency=currency)
        .select_related("order__customer")
        .order_by("order__placed_at", "order_id", "position")
    )
    charged: int | None = None
    for line in lines.iterator(chunk_size=ROWS_AT_A_TIME):
        if line.order_id != charged:
            charged = line.order_id
            yield from _charges(line.order)
        standing = line.quantity - line.quantity_cancelled
        if standing:
            yield _line(line, standing, Kind.SALE if line.unit_price_minor else Kind.FREE)
        if line.quantity_cancelled:
            yield _line(line, line.quantity_cancelled, Kind.NETTED)


def _line(line: OrderLine, quantity: int, kind: Kind) -> ShopRow:
    return _row(
        line.order,
        sku=line.sku_code,
        quantity=quantity,
        unit_price=line.unit_price_minor,
        kind=kind,
        product_name=line.name,
        is_bulk=line.is_bulk and kind == Kind.SALE,
    )


def _charges(order: Order) -> Iterator[ShopRow]:
    for code, amount in (
        ("SHIPPING", order.shipping_minor),
        ("DISCOUNT", -order.discount_minor),
        ("TAX", order.tax_minor),
    ):
        if amount:
            yield _row(order, sku=code, quantity=1, unit_price=amount, kind=Kind.CHARGE)


def _row(
    order: Order,
    *,
    sku: str,
    quantity: int,
    unit_price: int,
    kind: Kind,
    product_name: str = "",
    is_bulk: bool = False,
    moment: datetime | None = None,
    return_number: str = "",
) -> ShopRow:
    customer = order.customer
    number = "" if customer is None else customer.external_reference or customer.username
    email = order.email if customer is None else customer.email or ""
    return ShopRow(
        order_number=order.number,
        placed_at=_seconds(moment or order.placed_at),
        sku=sku,
        quantity=quantity,
        unit_price=unit_price,
        kind=kind,
        product_name=product_name,
        customer_number=number[: shop_layout.MAX_CODE],
        customer_email=email if customer is not None else "",
        country=order.country,
        currency=order.currency,
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
        .select_related("request__order__customer", "line")
        .order_by("request__received_at", "pk")
    )
    for returned in lines.iterator(chunk_size=ROWS_AT_A_TIME):
        request = returned.request
        number = _document(request) or f"R{request.pk}"
        yield _row(
            request.order,
            sku=returned.line.sku_code,
            quantity=returned.quantity,
            unit_price=returned.line.unit_price_minor,
            kind=Kind.RETURN,
            product_name=returned.line.name,
            moment=request.received_at,
            return_number=number,
        )


def _moved_without_an_order(currency: str) -> Iterator[ShopRow]:
    """Imported write-offs, finds, and units that came back from nobody known."""
    written = Counter(
        (_document(line.request), line.line.sku_code, line.quantity)
        for line in ReturnLine.objects.filter(request__key__startswith="history:").select_related(
            "request", "line"
        )
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


def _document(request: ReturnRequest) -> str:
    """The number that an imported return came with; empty for one that the shop took itself."""
    if not request.key.startswith("history:"):
        return ""
    return request.key.removeprefix("history:").rpartition(":")[0]


def _seconds(moment: datetime) -> int:
    """Seconds since 1970 on the shop's own clock."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return int(local.replace(tzinfo=UTC).timestamp())
