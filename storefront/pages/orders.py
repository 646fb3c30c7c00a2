"""What the page of one order shows, to its customer or to a guest who proved that it is theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, Sum
from django.utils import timezone

from catalog.models import ProductPhoto
from orders.models import (
    Invoice,
    Order,
    OrderLine,
    OrderStatusChange,
    ReturnLine,
    ReturnRequest,
    Shipment,
)
from orders.services import fulfilment

_STATUS = Order.Status
CANCELLABLE = frozenset(
    status for status, steps in fulfilment.TRANSITIONS.items() if _STATUS.CANCELLED in steps
)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """returnable: units that were sent and are not on their way back already."""

    line: OrderLine
    total_minor: int
    returnable: int


@dataclass(frozen=True, slots=True)
class OrderPage:
    order: Order
    lines: Sequence[ShownLine]
    steps: Sequence[OrderStatusChange]
    shipments: Sequence[Shipment]
    returns: Sequence[ReturnRequest]
    invoices: Sequence[Invoice]

    @property
    def can_cancel(self) -> bool:
        return self.order.status in CANCELLABLE

    @property
    def can_pay(self) -> bool:
        """The shop waits for the money before it sends anything."""
        return self.order.status == _STATUS.PLACED and not self.order.ships_before_payment

    @property
    def can_return(self) -> bool:
        return any(shown.returnable for shown in self.lines)


def order_page(*, order: Order) -> OrderPage:
    lines = list(
        order.lines.select_related("sku__product")
        .prefetch_related(_photos_of("sku__product__photos"))
        .order_by("position")
    )
    underway = units_underway(order=order)
    shipments = list(order.shipments.prefetch_related("lines__line").order_by("shipped_at", "pk"))
    in_time = _lines_in_time(shipments)
    returns = order.returns.prefetch_related("lines__line").order_by("requested_at", "pk")
    return OrderPage(
        order=order,
        lines=[
            ShownLine(
                line=line,
                total_minor=line.unit_price_minor * line.quantity,
                returnable=line.quantity_shipped - line.quantity_returned - underway.get(line.pk, 0)
                if line.pk in in_time
                else 0,
            )
            for line in lines
        ],
        steps=list(order.status_changes.all()),
        shipments=shipments,
        returns=list(returns),
        invoices=list(order.invoices.order_by("issued_at", "pk")),
    )


def _lines_in_time(shipments: Sequence[Shipment]) -> set[int]:
    """Lines of which something was sent so lately that it may still be sent back."""
    since = timezone.now() - timedelta(days=settings.RETURN_WINDOW_DAYS)
    return {
        part.line_id
        for shipment in shipments
        if shipment.shipped_at >= since
        for part in shipment.lines.all()
    }


def units_underway(*, order: Order) -> dict[int, int]:
    """By line: units that the customer asked to bring back and that are not here yet."""
    open_states = (ReturnRequest.Status.REQUESTED, ReturnRequest.Status.APPROVED)
    rows = ReturnLine.objects.filter(request__order=order, request__status__in=open_states)
    return dict(rows.order_by().values_list("line").annotate(Sum("quantity")))


def lines_with_photos() -> "Prefetch[Any]":
    """The lines of orders with their products and the photo that stands for each."""
    lines = OrderLine.objects.select_related("sku__product").prefetch_related(
        _photos_of("sku__product__photos")
    )
    return Prefetch("lines", queryset=lines.order_by("position"))


def _photos_of(lookup: str) -> "Prefetch[Any]":
    photos = ProductPhoto.objects.ready().order_by("position", "pk")
    return Prefetch(lookup, queryset=photos, to_attr="ready_photos")
