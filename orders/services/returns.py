"""Goods that come back: asked for, approved or refused, received, paid back.

Every step takes the order's row first, leaves a row of who took it and what they said, and tells
the customer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.money import format_money
from catalog.services.pictures import TakenPicture
from customers.models import User
from inventory.models import StockMovement
from inventory.services.demand import Demand, record_demand
from inventory.services.stock import receive_stock
from orders.algorithms import order_states
from orders.errors import (
    EmptyBasketError,
    IdempotencyConflictError,
    NotAllowedNowError,
    RefundTooLargeError,
    ReturnTooLateError,
    WrongUnitsError,
)
from orders.models import (
    Order,
    OrderAction,
    OrderLine,
    Refund,
    ReturnLine,
    ReturnRequest,
    ReturnStatusChange,
    ShipmentLine,
)
from orders.services import letters, payments, repayments, return_photos
from orders.services.progress import record_action, take_order
from orders.services.repayments import Repayment
from orders.services.telling import tell_return

_STATUS = ReturnRequest.Status
TRANSITIONS: Mapping[str, frozenset[str]] = order_states.RETURN_STEPS


@dataclass(frozen=True, slots=True)
class ReturnItem:
    """Units of one line that are to come back, and why. reason: of `ReturnLine.Reason`."""

    line_id: int
    quantity: int
    reason: str = ReturnLine.Reason.OTHER


@transaction.atomic
def request_return(
    *,
    order: Order,
    items: Sequence[ReturnItem],
    key: str,
    note: str = "",
    photos: Sequence[TakenPicture] = (),
    user: User | None = None,
) -> ReturnRequest:
    """Ask to bring units back. The same key twice is the same request.

    photos: as `return_photos.take_in_all` took them, before this transaction.
    Raises EmptyBasketError, WrongUnitsError for more than was sent and is not on its way back
    already, and ReturnTooLateError.
    """
    if not items:
        raise EmptyBasketError
    take_order(order)
    known = ReturnRequest.objects.filter(key=key).first()
    if known is not None:
        if known.order_id != order.pk:
            raise IdempotencyConflictError(key)
        return known
    request = ReturnRequest.objects.create(
        order=order, key=key, reason=note[:255], requested_at=timezone.now()
    )
    lines = {line.pk: line for line in OrderLine.objects.filter(order=order)}
    for item in sorted(items, key=lambda one: one.line_id):
        line = lines.get(item.line_id)
        possible = 0 if line is None else _returnable(line)
        if line is None or not 1 <= item.quantity <= possible:
            name = line.sku_code if line else f"#{item.line_id}"
            raise WrongUnitsError(name, units=item.quantity, allowed=possible)
        _check_window(line)
        ReturnLine.objects.create(
            request=request,
            line=line,
            quantity=item.quantity,
            reason=(
                item.reason if item.reason in ReturnLine.Reason.values else ReturnLine.Reason.OTHER
            ),
        )
    return_photos.add_photos(request=request, taken=photos)
    ReturnStatusChange.objects.create(
        request=request, to_status=request.status, changed_by=user, note=request.reason
    )
    tell_return(request)
    return request


@transaction.atomic
def approve_return(
    *, request: ReturnRequest, user: User | None = None, answer: str = ""
) -> ReturnRequest:
    """Let the goods come. answer: what the customer reads, such as where to send them."""
    _move(request, _STATUS.APPROVED, user=user, note=answer, answer=answer[:500])
    letters.write_return_answer(request=request)
    return request


@transaction.atomic
def refuse_return(
    *, request: ReturnRequest, user: User | None = None, answer: str = ""
) -> ReturnRequest:
    _move(request, _STATUS.REFUSED, user=user, note=answer, answer=answer[:500])
    letters.write_return_answer(request=request)
    return request


@transaction.atomic
def receive_return(
    *,
    request: ReturnRequest,
    damaged_line_ids: Collection[int] = (),
    user: User | None = None,
    note: str = "",
) -> ReturnRequest:
    """The goods are here: back to stock, except what is damaged, which is written off.

    damaged_line_ids: return lines that cannot be sold again.
    """
    now = timezone.now()
    _move(request, _STATUS.RECEIVED, user=user, note=note, received_at=now)
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
    letters.write_return_answer(request=request)
    return request


def suggested_refund(*, request: ReturnRequest) -> Repayment:
    """What the customer paid for the units that came back, with their share of discount and tax."""
    units: dict[int, int] = {}
    for line_id, count in request.lines.values_list("line_id", "quantity"):
        units[line_id] = units.get(line_id, 0) + count
    return repayments.value_units(order=request.order, units=units)


@transaction.atomic
def refund_return(
    *, request: ReturnRequest, amount_minor: int, user: User | None = None, reason: str = ""
) -> Refund:
    """Ask for the refund of goods that are here; the return is settled when the refund is done.

    Once per return, unless a refund of it failed. Raises NotAllowedNowError, RefundTooLargeError
    above what the units cost.
    """
    order = take_order(request.order)
    request.refresh_from_db()
    tries = Refund.objects.filter(return_request=request)
    if request.status != _STATUS.RECEIVED or tries.exclude(state=Refund.State.FAILED).exists():
        raise _not_allowed(request, _STATUS.REFUNDED)
    suggested = suggested_refund(request=request)
    if not 0 < amount_minor <= suggested.amount_minor:
        raise RefundTooLargeError(
            asked=format_money(amount_minor, order.currency),
            possible=format_money(suggested.amount_minor, order.currency),
        )
    refund = payments.request_refund(
        order=order,
        amount_minor=amount_minor,
        reason=reason or _("goods sent back"),
        key=f"return:{request.pk}:{tries.count() + 1}",
        user=user,
        return_request=request,
        parts={**suggested.parts, "goods": amount_minor},
    )
    record_action(
        order=order,
        kind=OrderAction.Kind.REFUND,
        user=user,
        note=f"{format_money(amount_minor, order.currency)} · {request}",
    )
    return refund


def returnable_until(*, line: OrderLine) -> datetime | None:
    """Until when units of a line may be sent back; None while none of it was sent."""
    sent = ShipmentLine.objects.filter(line=line).aggregate(last=Max("shipment__shipped_at"))
    return (
        None if sent["last"] is None else sent["last"] + timedelta(days=settings.RETURN_WINDOW_DAYS)
    )


def _check_window(line: OrderLine) -> None:
    until = returnable_until(line=line)
    if until is not None and until < timezone.now():
        raise ReturnTooLateError(line.sku_code, days=settings.RETURN_WINDOW_DAYS)


def _returnable(line: OrderLine) -> int:
    on_the_way = (
        ReturnLine.objects.filter(
            line=line, request__status__in=order_states.RETURN_UNDERWAY
        ).aggregate(units=Sum("quantity"))["units"]
        or 0
    )
    return line.quantity_shipped - line.quantity_returned - on_the_way


def _move(
    request: ReturnRequest,
    to: ReturnRequest.Status,
    *,
    user: User | None,
    note: str,
    **also: object,
) -> ReturnRequest:
    take_order(request.order)
    before = request.status
    allowed = to in TRANSITIONS[before]
    changed = allowed and ReturnRequest.objects.filter(pk=request.pk, status=before).update(
        status=to, **also
    )
    if not changed:
        request.refresh_from_db()
        raise _not_allowed(request, to)
    request.refresh_from_db()
    ReturnStatusChange.objects.create(
        request=request, from_status=before, to_status=to, changed_by=user, note=note[:500]
    )
    return request


def _not_allowed(request: ReturnRequest, to: ReturnRequest.Status) -> NotAllowedNowError:
    return NotAllowedNowError(
        str(request), status=request.get_status_display(), step=str(_STATUS(to).label)
    )
