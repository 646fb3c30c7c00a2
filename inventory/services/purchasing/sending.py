"""Bringing an order to its supplier, and what the supplier answers."""

from datetime import date, datetime, timedelta
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from inventory.errors import ImplausibleDayError, NoSupplierAddressError
from inventory.models import PurchaseOrder
from inventory.services.purchase_documents import draw_papers
from inventory.services.purchase_letters import write_order
from inventory.services.purchasing.steps import Status, lock, not_allowed, note, take_step
from inventory.services.suppliers import lead_times
from learning.jobs import send_on_commit
from learning.models import Decision
from outbox.errors import WrongAddressError

FARTHEST_PROMISE: Final = timedelta(days=730)
SWEPT_AT_ONCE: Final = 100


@transaction.atomic
def send_purchase_order(
    order: PurchaseOrder, *, user: AbstractBaseUser | None = None, sent_at: datetime | None = None
) -> PurchaseOrder:
    """Staff brought it to the supplier themselves: from now on its lead time runs.

    Raises NotAllowedNowError.
    """
    moment = sent_at or timezone.now()
    take_step(order, Status.SENT, sent_at=moment, expected_on=_expected_on(order, moment))
    return note(order, Decision.Action.SEND, user, "", by="hand")


def send_by_email(order: PurchaseOrder, *, user: AbstractBaseUser | None = None) -> PurchaseOrder:
    """Write the letter with the order as PDF and CSV; the outbox brings it to the supplier.

    The letter and the new state are one transaction, and the letter's key is the order's number,
    so it is written once however often this is asked for.
    Raises NotAllowedNowError, or NoSupplierAddressError.
    """
    if not order.supplier.email:
        raise NoSupplierAddressError(order.supplier.name)
    if order.status != Status.APPROVED:
        raise not_allowed(order, Status.SENT)
    moment = timezone.now()
    expected_on = _expected_on(order, moment)
    # Drawn before the transaction: an approved order changes no more, and fonts take a second.
    papers = draw_papers(order, expected_on=expected_on)
    with transaction.atomic():
        take_step(order, Status.SENT, sent_at=moment, expected_on=expected_on)
        try:
            write_order(order, papers=papers)
        except WrongAddressError as error:
            raise NoSupplierAddressError(order.supplier.name) from error
        return note(order, Decision.Action.SEND, user, "", by="email")


def sweep_unsent() -> int:
    """Ask again for orders whose letter is not written; returns how many."""
    ids = list(
        PurchaseOrder.objects.to_send()
        .order_by("approved_at", "pk")
        .values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    )
    for order_id in ids:
        send_on_commit("inventory.send_purchase_order", order_id, expires_seconds=60)
    return len(ids)


@transaction.atomic
def acknowledge_purchase_order(
    order: PurchaseOrder,
    *,
    user: AbstractBaseUser,
    reference: str = "",
    promised_on: date | None = None,
) -> PurchaseOrder:
    """The supplier has confirmed it, with a number of his own and the day he promises.

    May be done again when he promises another day, also once a part has come. Without a day the
    one expected so far stays.
    Raises NotAllowedNowError, or ImplausibleDayError for a day before the order was sent or years
    away.
    """
    lock(order)
    if promised_on is not None:
        sent_on = timezone.localdate(order.sent_at or timezone.now())
        if not sent_on <= promised_on <= sent_on + FARTHEST_PROMISE:
            raise ImplausibleDayError(promised_on)
    now = timezone.now()
    changed = PurchaseOrder.objects.filter(
        pk=order.pk, status__in=[Status.SENT, Status.ACKNOWLEDGED, Status.PART_RECEIVED]
    ).update(
        status=Case(
            When(status=Status.PART_RECEIVED, then=Value(Status.PART_RECEIVED.value)),
            default=Value(Status.ACKNOWLEDGED.value),
        ),
        acknowledged_at=now,
        supplier_reference=reference or order.supplier_reference,
        expected_on=promised_on or order.expected_on,
        updated_at=now,
    )
    order.refresh_from_db()
    if not changed:
        raise not_allowed(order, Status.ACKNOWLEDGED)
    expected = order.expected_on.isoformat() if order.expected_on else ""
    return note(
        order,
        Decision.Action.ACKNOWLEDGE,
        user,
        "",
        supplier_reference=order.supplier_reference,
        expected_on=expected,
    )


def _expected_on(order: PurchaseOrder, moment: datetime) -> date:
    days = lead_times()[order.supplier_id].mean_days
    return timezone.localdate(moment) + timedelta(days=round(days))
