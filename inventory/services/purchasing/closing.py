"""Ending an order, or what is left of it."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from inventory.errors import NothingOpenError
from inventory.models import PurchaseOrder, PurchaseOrderLine
from inventory.services.purchase_letters import write_cancellation
from inventory.services.purchasing.steps import Status, lock, not_allowed, note, take_step
from learning.models import Decision


@transaction.atomic
def cancel_purchase_order(
    order: PurchaseOrder, *, user: AbstractBaseUser, reason: str = ""
) -> PurchaseOrder:
    """Call the whole order off; a supplier who has it by letter is told by letter.

    Raises NotAllowedNowError once goods have arrived.
    """
    take_step(order, Status.CANCELLED, closed_at=timezone.now())
    if order.sent_at is not None:
        write_cancellation(order)
    return note(order, Decision.Action.CANCEL, user, reason)


@transaction.atomic
def close_line(
    line: PurchaseOrderLine, *, user: AbstractBaseUser, reason: str = ""
) -> PurchaseOrder:
    """What is missing of this line will never come: nobody waits for it any more.

    Raises NotAllowedNowError unless the order is with its supplier, NothingOpenError when nothing
    of the line is awaited.
    """
    return _close(line.order, lines=[line.pk], user=user, reason=reason)


@transaction.atomic
def close_rest(order: PurchaseOrder, *, user: AbstractBaseUser, reason: str = "") -> PurchaseOrder:
    """What is missing of the whole order will never come. Raises as `close_line` does."""
    return _close(order, lines=None, user=user, reason=reason)


def end_when_complete(order: PurchaseOrder) -> None:
    """An order of which nothing is awaited any more is received."""
    if not order.lines.awaited().exists():
        take_step(order, Status.RECEIVED, closed_at=timezone.now())


def _close(
    order: PurchaseOrder, *, lines: list[int] | None, user: AbstractBaseUser, reason: str
) -> PurchaseOrder:
    lock(order)
    # An order of which nothing came is cancelled instead: then its supplier is told.
    if order.status != Status.PART_RECEIVED:
        raise not_allowed(order, Status.RECEIVED)
    awaited = order.lines.awaited()
    if lines is not None:
        awaited = awaited.filter(pk__in=lines)
    short = [
        {"sku": code, "missing": quantity - received}
        for code, quantity, received in awaited.order_by("pk").values_list(
            "sku__code", "quantity", "quantity_received"
        )
    ]
    if not awaited.update(closed_at=timezone.now()):
        raise NothingOpenError(order.number)
    end_when_complete(order)
    return note(order, Decision.Action.CLOSE, user, reason, closed_short=short)
