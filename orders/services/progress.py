"""The steps of an order: taken one at a time, written down, refused when they come too late.

Whoever changes an order takes its row first (`take_order`). PostgreSQL then lets the others wait,
SQLite lets one writer in at a time: two people who click at once take a step once, and nobody waits
for a line while another one waits for the order.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from customers.models import User
from orders.algorithms import order_states
from orders.errors import NotAllowedNowError
from orders.models import Order, OrderAction, OrderStatusChange
from orders.services import invoices
from orders.services.telling import tell_order
from outbox.models import WebhookEvent

_STATUS = Order.Status


def take_order(order: Order) -> Order:
    """Lock the order's row for the rest of the transaction and read how it stands."""
    Order.objects.filter(pk=order.pk).update(status=F("status"))
    order.refresh_from_db()
    return order


@transaction.atomic
def move_order(
    order: Order, to: Order.Status, *, user: User | None = None, note: str = "", **also: object
) -> Order:
    """Take one step from the state the order was read in; the condition is in the UPDATE.

    also: columns to set with it; those that are None stay as they are. Raises NotAllowedNowError.
    """
    before = order.status
    if to not in order_states.ORDER_STEPS[before]:
        raise not_allowed(order, to)
    changes = {name: value for name, value in also.items() if value is not None}
    changed = Order.objects.filter(pk=order.pk, status=before).update(status=to, **changes)
    if not changed:
        order.refresh_from_db()
        raise not_allowed(order, to)
    OrderStatusChange.objects.create(
        order=order, from_status=before, to_status=to, changed_by=user, note=note[:255]
    )
    order.refresh_from_db()
    return order


def record_action(
    *, order: Order, kind: OrderAction.Kind, user: User | None = None, note: str = ""
) -> OrderAction:
    """Write down what was done about an order beside its steps."""
    return OrderAction.objects.create(order=order, kind=kind, done_by=user, note=note[:255])


@transaction.atomic
def mark_paid(
    *, order: Order, paid_at: datetime | None = None, user: User | None = None, note: str = ""
) -> Order:
    """The money is here, and the invoice is issued. Marking twice changes nothing.

    An order that is held stays held, one that was sent before it was paid stays sent. Raises
    NotAllowedNowError for one that was cancelled.
    """
    take_order(order)
    if order.paid_at is not None:
        return order
    if order.status == _STATUS.CANCELLED:
        raise not_allowed(order, _STATUS.PAID)
    moment = paid_at or timezone.now()
    if order.status == _STATUS.PLACED:
        move_order(order, _STATUS.PAID, user=user, note=note, paid_at=moment)
    else:
        Order.objects.filter(pk=order.pk, paid_at__isnull=True).update(paid_at=moment)
        record_action(order=order, kind=OrderAction.Kind.PAYMENT, user=user, note=note)
        order.refresh_from_db()
    invoices.issue_invoice(order=order, issued_at=moment)
    tell_order(order, WebhookEvent.ORDER_PAID)
    return order


def not_allowed(order: Order, to: Order.Status) -> NotAllowedNowError:
    return NotAllowedNowError(
        order.number, status=order.get_status_display(), step=str(Order.Status(to).label)
    )
