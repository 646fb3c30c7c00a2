"""Which state of a purchase order may follow which."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from inventory.errors import NotAllowedNowError
from inventory.models import PurchaseOrder
from learning.decisions import record_decision
from learning.models import Decision

Status = PurchaseOrder.Status

ALLOWED: Final[Mapping[PurchaseOrder.Status, frozenset[PurchaseOrder.Status]]] = {
    Status.DRAFT: frozenset({Status.APPROVED, Status.CANCELLED}),
    Status.APPROVED: frozenset({Status.SENT, Status.CANCELLED}),
    Status.SENT: frozenset(
        {Status.ACKNOWLEDGED, Status.PART_RECEIVED, Status.RECEIVED, Status.CANCELLED}
    ),
    Status.ACKNOWLEDGED: frozenset(
        {Status.ACKNOWLEDGED, Status.PART_RECEIVED, Status.RECEIVED, Status.CANCELLED}
    ),
    Status.PART_RECEIVED: frozenset({Status.PART_RECEIVED, Status.RECEIVED}),
    Status.RECEIVED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def take_step(order: PurchaseOrder, to: PurchaseOrder.Status, **fields: Any) -> None:
    """Raises NotAllowedNowError when the order is not in a state that `to` may follow."""
    allowed = [state for state, steps in ALLOWED.items() if to in steps]
    changed = PurchaseOrder.objects.filter(pk=order.pk, status__in=allowed).update(
        status=to, updated_at=timezone.now(), **fields
    )
    order.refresh_from_db()
    if not changed:
        raise not_allowed(order, to)


def not_allowed(order: PurchaseOrder, to: PurchaseOrder.Status) -> NotAllowedNowError:
    return NotAllowedNowError(order.number, status=order.get_status_display(), step=str(to.label))


def lock(order: PurchaseOrder) -> None:
    """Read the order anew and keep others from changing it until the transaction ends."""
    order.refresh_from_db(from_queryset=PurchaseOrder.objects.select_for_update())


def note(
    order: PurchaseOrder,
    action: Decision.Action,
    user: AbstractBaseUser | None,
    reason: str,
    **done: Any,
) -> PurchaseOrder:
    record_decision(
        action=action,
        subject=order,
        user=user,
        done={"status": order.status, **done},
        reason=reason,
    )
    return order
