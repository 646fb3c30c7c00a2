"""Goods that come back: asked for, approved or refused, received."""

from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from customers.models import User
from inventory.models import StockMovement
from inventory.services.demand import Demand, record_demand
from inventory.services.stock import receive_stock
from orders.errors import EmptyBasketError, NotAllowedNowError, WrongUnitsError
from orders.models import Order, OrderLine, ReturnLine, ReturnRequest

_STATUS = ReturnRequest.Status
TRANSITIONS: Mapping[str, frozenset[str]] = {
    _STATUS.REQUESTED: frozenset({_STATUS.APPROVED, _STATUS.REFUSED}),
    _STATUS.APPROVED: frozenset({_STATUS.RECEIVED, _STATUS.REFUSED}),
    _STATUS.RECEIVED: frozenset(),
    _STATUS.REFUSED: frozenset(),
}


@transaction.atomic
def request_return(
    *, order: Order, quantities: Mapping[int, int], key: str, reason: str = ""
) -> ReturnRequest:
    """Ask to bring units back, by line. The same key twice is the same request.

    Raises WrongUnitsError for more than was sent and is not on its way back already.
    """
    if not quantities:
        raise EmptyBasketError
    request, is_new = ReturnRequest.objects.get_or_create(
        key=key,
        defaults={"order": order, "reason": reason[:255], "requested_at": timezone.now()},
    )
    if not is_new:
        return request
    lines = {line.pk: line for line in OrderLine.objects.filter(order=order)}
    for line_id in sorted(quantities):
        units, line = quantities[line_id], lines.get(line_id)
        possible = 0 if line is None else _returnable(line)
        if line is None or not 1 <= units <= possible:
            name = line.sku_code if line else f"#{line_id}"
            raise WrongUnitsError(name, units=units, allowed=possible)
        ReturnLine.objects.create(request=request, line=line, quantity=units)
    return request


def approve_return(*, request: ReturnRequest) -> ReturnRequest:
    return _move(request, _STATUS.APPROVED)


def refuse_return(*, request: ReturnRequest) -> ReturnRequest:
    return _move(request, _STATUS.REFUSED)


@transaction.atomic
def receive_return(
    *,
    request: ReturnRequest,
    damaged_line_ids: Collection[int] = (),
    user: User | None = None,
) -> ReturnRequest:
    """The goods are here: back to stock, except what is damaged.

    damaged_line_ids: return lines that cannot be sold again.
    """
    now = timezone.now()
    _move(request, _STATUS.RECEIVED)
    ReturnRequest.objects.filter(pk=request.pk).update(received_at=now)
    request.received_at = now
    returned = list(request.lines.select_related("line__order").order_by("line__sku_id", "pk"))
    ReturnLine.objects.filter(request=request, pk__in=damaged_line_ids).update(is_resellable=False)
    for row in returned:
        line = row.line
        changed = OrderLine.objects.filter(
            pk=line.pk, quantity_shipped__gte=F("quantity_returned") + row.quantity
        ).update(quantity_returned=F("quantity_returned") + row.quantity)
        if not changed:
            raise WrongUnitsError(line.sku_code, units=row.quantity, allowed=_returnable(line))
        if row.pk not in damaged_line_ids:
            receive_stock(
                sku_id=line.sku_id,
                quantity=row.quantity,
                key=f"return-line:{row.pk}",
                reference=line.order.number,
                kind=StockMovement.Kind.RETURN,
                occurred_at=now,
                user=user,
            )
    # Returns never make demand smaller; they are known beside it.
    record_demand(
        Demand(
            sku_id=row.line.sku_id,
            day=timezone.localdate(row.line.order.placed_at),
            units_requested=0,
            units_filled=0,
            units_returned=row.quantity,
            unit_price_minor=row.line.unit_price_minor,
            key=f"return-line:{row.pk}",
        )
        for row in returned
    )
    return request


def _returnable(line: OrderLine) -> int:
    on_the_way = (
        ReturnLine.objects.filter(
            line=line, request__status__in=(_STATUS.REQUESTED, _STATUS.APPROVED)
        ).aggregate(units=Sum("quantity"))["units"]
        or 0
    )
    return line.quantity_shipped - line.quantity_returned - on_the_way


def _move(request: ReturnRequest, to: ReturnRequest.Status) -> ReturnRequest:
    before = request.status
    allowed = to in TRANSITIONS[before]
    changed = allowed and ReturnRequest.objects.filter(pk=request.pk, status=before).update(
        status=to
    )
    if not changed:
        raise NotAllowedNowError(
            str(request), status=request.get_status_display(), step=str(_STATUS(to).label)
        )
    request.refresh_from_db()
    return request
