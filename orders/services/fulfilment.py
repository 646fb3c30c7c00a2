"""What happens to an order after it was placed: hold, ship, cancel, complete.

Every step takes the order's row first, names the states it may start from and leaves a status
change behind; letters and refunds that follow from it are written in the same transaction.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.money import format_money
from customers.models import User
from inventory.services.demand import Demand, record_demand
from inventory.services.stock import StockRequest, issue_reserved, release_stock
from orders.algorithms import order_states
from orders.errors import (
    IdempotencyConflictError,
    NotAllowedNowError,
    UnknownProviderError,
    WrongUnitsError,
)
from orders.models import Order, OrderAction, OrderLine, Payment, Shipment, ShipmentLine
from orders.services import discounts, invoices, letters, payments, repayments
from orders.services.placing import reservation_owner
from orders.services.progress import mark_paid as mark_paid
from orders.services.progress import move_order, not_allowed, record_action, take_order
from orders.services.telling import tell_order, tell_shipment
from outbox.models import WebhookEvent

logger = structlog.get_logger(__name__)

_STATUS = Order.Status
TRANSITIONS: Mapping[str, frozenset[str]] = order_states.ORDER_STEPS
SWEPT_AT_ONCE = 200


@transaction.atomic
def hold_order(*, order: Order, user: User | None = None, note: str = "") -> Order:
    """Keep an order back for review."""
    return move_order(take_order(order), _STATUS.HELD, user=user, note=note)


@transaction.atomic
def release_order(*, order: Order, user: User | None = None, note: str = "") -> Order:
    """Let an order that was held go on from where it stood, and tell its customer.

    Money that was promised meanwhile is taken. Who has not paid gets the whole time to do so: it
    is not the customer's fault that the shop looked twice.
    """
    take_order(order)
    to = _STATUS.PLACED if order.paid_at is None else _STATUS.PAID
    if order.status != _STATUS.HELD:
        raise not_allowed(order, to)
    move_order(order, to, user=user, note=note, payment_due_at=_due_after_review(order))
    payments.capture_released(order=order)
    letters.write_released(order=order)
    return order


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

    Takes the units out of stock, records the demand they were, and writes to the customer. key: of
    the shipment; the same key twice is the same shipment. Raises NotAllowedNowError and
    WrongUnitsError.
    """
    moment = shipped_at or timezone.now()
    take_order(order)
    shipment, is_new = Shipment.objects.get_or_create(
        key=key,
        defaults={
            "order": order,
            "carrier": " ".join(carrier.split())[:80],
            "tracking_number": "".join(tracking_number.split())[:80],
            "shipped_at": moment,
        },
    )
    if shipment.order_id != order.pk:
        raise IdempotencyConflictError(key)
    if not is_new:
        return shipment
    if not order.is_to_ship:
        raise not_allowed(order, _STATUS.SHIPPED)
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
    move_order(
        order,
        _STATUS.SHIPPED if is_complete else _STATUS.PART_SHIPPED,
        user=user,
        note=" ".join(filter(None, [shipment.carrier_name, shipment.tracking_number])),
        shipped_at=moment if is_complete else None,
    )
    invoices.issue_invoice(order=order, issued_at=moment)
    letters.write_shipped(shipment=shipment)
    tell_shipment(shipment)
    return shipment


@transaction.atomic
def cancel_order(*, order: Order, user: User | None = None, reason: str = "") -> Order:
    """Give up what was not sent yet: back for sale, and its money back to the customer.

    An order of which a part has gone counts as shipped from then on. Raises NotAllowedNowError.
    """
    return _cancel(take_order(order), user=user, reason=reason)


def cancel_overdue(*, now: datetime, limit: int = SWEPT_AT_ONCE) -> int:
    """Cancel orders that nobody paid in time; returns how many.

    Money that was authorised is about to come: those orders wait for it.
    """
    overdue = (
        Order.objects.overdue(now)
        .exclude(payments__state=Payment.State.AUTHORISED)
        .order_by("payment_due_at", "pk")[:limit]
    )
    n_cancelled = 0
    for order in overdue:
        with transaction.atomic():
            # Read again with its row taken: it may have been paid a moment ago.
            take_order(order)
            if Order.objects.overdue(now).filter(pk=order.pk).exists():
                _cancel(order, user=None, reason=_("not paid in time"))
                n_cancelled += 1
    return n_cancelled


@transaction.atomic
def complete_order(*, order: Order, user: User | None = None) -> Order:
    """The customer has it and keeps it."""
    return move_order(order, _STATUS.COMPLETED, user=user)


def complete_shipped(*, now: datetime, limit: int = SWEPT_AT_ONCE) -> int:
    """Complete orders that were sent long ago and of which nothing came back; returns how many."""
    before = now - timedelta(days=settings.ORDER_COMPLETE_AFTER_DAYS)
    n_completed = 0
    for order in Order.objects.to_complete(before).order_by("shipped_at", "pk")[:limit]:
        try:
            complete_order(order=order)
        except NotAllowedNowError:
            # Somebody else took the step since it was read.
            continue
        n_completed += 1
    return n_completed


def _due_after_review(order: Order) -> datetime | None:
    """None where it stays as it is."""
    if order.paid_at is not None or order.payment_due_at is None:
        return None
    try:
        anew = payments.payment_due_at(order.payment_provider)
    except UnknownProviderError:
        return None
    return max(order.payment_due_at, anew) if anew else None


def _cancel(order: Order, *, user: User | None, reason: str) -> Order:
    part_is_gone = order.status == _STATUS.PART_SHIPPED
    now = timezone.now()
    if part_is_gone:
        move_order(order, _STATUS.SHIPPED, user=user, note=reason, shipped_at=now)
    else:
        move_order(order, _STATUS.CANCELLED, user=user, note=reason, cancelled_at=now)
    given_up = {line.pk: line.open_units for line in _open_lines(order)}
    release_stock(owner=reservation_owner(order))
    _open_lines(order).update(quantity_cancelled=F("quantity") - F("quantity_shipped"))
    if not part_is_gone:
        payments.cancel_open_payments(order=order)
        if order.paid_at is None:
            discounts.give_back(order)
    elif order.paid_at is None:
        payments.ask_for_less(order=order)
    amount = _pay_back(order, given_up, is_whole=not part_is_gone, user=user, reason=reason)
    letters.write_cancelled(
        order=order,
        refund_minor=amount,
        due_minor=repayments.due_minor(order=order) if order.paid_at is None else 0,
        is_whole=not part_is_gone,
    )
    tell_order(order, WebhookEvent.ORDER_CANCELLED)
    return order


def _pay_back(
    order: Order, units: Mapping[int, int], *, is_whole: bool, user: User | None, reason: str
) -> int:
    """Ask for the refund of what was paid and will not be sent; its amount, 0 for none."""
    repayment = repayments.value_units(order=order, units=units, with_shipping=is_whole)
    amount, parts = repayment.amount_minor, repayment.parts
    if is_whole:
        # All that is left of the money, whatever was paid back before.
        amount = repayments.refundable_minor(order=order)
        parts = {**parts, "goods": max(0, amount - parts["shipping"])}
    if amount <= 0:
        return 0
    payments.request_refund(
        order=order,
        amount_minor=amount,
        reason=reason or _("cancelled"),
        key=f"cancel:{order.pk}",
        user=user,
        parts=parts,
    )
    record_action(
        order=order,
        kind=OrderAction.Kind.REFUND,
        user=user,
        note=format_money(amount, order.currency),
    )
    return amount


def _open_lines(order: Order) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(
        order=order, quantity__gt=F("quantity_shipped") + F("quantity_cancelled")
    )


def _take_units(order: Order, quantities: Mapping[int, int] | None) -> list[tuple[OrderLine, int]]:
    """Count the units of each line as shipped; the condition is in the UPDATE."""
    sent = []
    for line in OrderLine.objects.filter(order=order).order_by("sku_id", "pk"):
        open_units = line.open_units
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
        raise not_allowed(order, _STATUS.SHIPPED)
    return sent
