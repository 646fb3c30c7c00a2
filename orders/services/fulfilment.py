"""What happens to an order after it was placed: pay, ship, cancel, complete.

Every step names the states it may start from, carries them into its UPDATE and leaves a status
change behind; two people who click at once take the step once.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from customers.models import User
from inventory.services.demand import Demand, record_demand
from inventory.services.stock import StockRequest, issue_reserved, release_stock
from orders.errors import NotAllowedNowError, WrongUnitsError
from orders.models import Order, OrderLine, OrderStatusChange, Shipment, ShipmentLine
from orders.services.placing import reservation_owner

_STATUS = Order.Status
TRANSITIONS: Mapping[str, frozenset[str]] = {
    _STATUS.PLACED: frozenset({_STATUS.HELD, _STATUS.PAID, _STATUS.CANCELLED}),
    _STATUS.HELD: frozenset({_STATUS.PLACED, _STATUS.CANCELLED}),
    _STATUS.PAID: frozenset({_STATUS.PART_SHIPPED, _STATUS.SHIPPED, _STATUS.CANCELLED}),
    _STATUS.PART_SHIPPED: frozenset({_STATUS.PART_SHIPPED, _STATUS.SHIPPED}),
    _STATUS.SHIPPED: frozenset({_STATUS.COMPLETED}),
    _STATUS.COMPLETED: frozenset(),
    _STATUS.CANCELLED: frozenset(),
}


def hold_order(*, order: Order, user: User | None = None, note: str = "") -> Order:
    """Keep an order back for review."""
    return _move(order, _STATUS.HELD, user=user, note=note)


def release_order(*, order: Order, user: User | None = None, note: str = "") -> Order:
    """Let an order that was held go on."""
    if order.status != _STATUS.HELD:
        raise _not_allowed(order, _STATUS.PLACED)
    return _move(order, _STATUS.PLACED, user=user, note=note)


def mark_paid(
    *, order: Order, paid_at: datetime | None = None, user: User | None = None, note: str = ""
) -> Order:
    """The money is here. Marking twice changes nothing."""
    order.refresh_from_db()
    if order.paid_at is not None:
        return order
    return _move(order, _STATUS.PAID, user=user, note=note, paid_at=paid_at or timezone.now())


@transaction.atomic
def ship_order(
    *,
    order: Order,
    key: str,
    quantities: Mapping[int, int] | None = None,
    carrier: str = "",
    tracking_number: str = "",
    shipped_at: datetime | None = None,
    user: User | None = None,
) -> Shipment:
    """Send all that is still to be sent, or the units given by line.

    Takes the units out of stock and records the demand they were. key: of the shipment; the same
    key twice is the same shipment. Raises NotAllowedNowError and WrongUnitsError.
    """
    moment = shipped_at or timezone.now()
    shipment, is_new = Shipment.objects.get_or_create(
        key=key,
        defaults={
            "order": order,
            "carrier": carrier,
            "tracking_number": tracking_number,
            "shipped_at": moment,
        },
    )
    if not is_new:
        return shipment
    order.refresh_from_db()
    if order.status not in (_STATUS.PAID, _STATUS.PART_SHIPPED):
        raise _not_allowed(order, _STATUS.SHIPPED)
    sent = _take_units(order, quantities)
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, line=line, quantity=units) for line, units in sent
    )
    issue_reserved(
        owner=reservation_owner(order),
        reference=f"shipment:{shipment.pk}",
        requests=[StockRequest(line.sku_id, units) for line, units in sent],
        occurred_at=moment,
        user=user,
    )
    record_demand(
        Demand(
            sku_id=line.sku_id,
            # What was asked for counts on the day it was asked for, not on the day it left.
            day=timezone.localdate(order.placed_at),
            units_requested=units,
            units_filled=units,
            unit_price_minor=line.unit_price_minor,
            key=f"shipment:{shipment.pk}:{line.pk}",
            is_promoted=line.is_promoted,
            is_bulk=line.is_bulk,
        )
        for line, units in sent
    )
    is_complete = not _open_lines(order).exists()
    _move(
        order,
        _STATUS.SHIPPED if is_complete else _STATUS.PART_SHIPPED,
        user=user,
        shipped_at=moment if is_complete else None,
    )
    return shipment


@transaction.atomic
def cancel_order(*, order: Order, user: User | None = None, reason: str = "") -> Order:
    """Give up what was not sent yet and put it back for sale.

    An order of which a part has gone counts as shipped from then on.
    """
    order.refresh_from_db()
    part_is_gone = order.status == _STATUS.PART_SHIPPED
    now = timezone.now()
    if part_is_gone:
        _move(order, _STATUS.SHIPPED, user=user, note=reason, shipped_at=now)
    else:
        _move(order, _STATUS.CANCELLED, user=user, note=reason, cancelled_at=now)
    release_stock(owner=reservation_owner(order))
    _open_lines(order).update(quantity_cancelled=F("quantity") - F("quantity_shipped"))
    return order


def complete_order(*, order: Order, user: User | None = None) -> Order:
    """The customer has it and keeps it."""
    return _move(order, _STATUS.COMPLETED, user=user)


def _open_lines(order: Order) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(
        order=order, quantity__gt=F("quantity_shipped") + F("quantity_cancelled")
    )


def _take_units(order: Order, quantities: Mapping[int, int] | None) -> list[tuple[OrderLine, int]]:
    """Count the units of each line as shipped; the condition is in the UPDATE."""
    sent = []
    for line in OrderLine.objects.filter(order=order).order_by("sku_id", "pk"):
        open_units = line.quantity - line.quantity_shipped - line.quantity_cancelled
        units = open_units if quantities is None else quantities.get(line.pk, 0)
        if units == 0:
            continue
        changed = 0
        if units > 0:
            changed = OrderLine.objects.filter(
                pk=line.pk,
                quantity__gte=F("quantity_shipped") + F("quantity_cancelled") + units,
            ).update(quantity_shipped=F("quantity_shipped") + units)
        if not changed:
            raise WrongUnitsError(line.sku_code, units=units, allowed=open_units)
        sent.append((line, units))
    if not sent:
        raise _not_allowed(order, _STATUS.SHIPPED)
    return sent


@transaction.atomic
def _move(
    order: Order, to: Order.Status, *, user: User | None = None, note: str = "", **also: object
) -> Order:
    before = order.status
    if to not in TRANSITIONS[before]:
        raise _not_allowed(order, to)
    changes = {name: value for name, value in also.items() if value is not None}
    changed = Order.objects.filter(pk=order.pk, status=before).update(status=to, **changes)
    if not changed:
        order.refresh_from_db()
        raise _not_allowed(order, to)
    OrderStatusChange.objects.create(
        order=order, from_status=before, to_status=to, changed_by=user, note=note[:255]
    )
    order.refresh_from_db()
    return order


def _not_allowed(order: Order, to: Order.Status) -> NotAllowedNowError:
    return NotAllowedNowError(
        order.number, status=order.get_status_display(), step=str(Order.Status(to).label)
    )
