"""Agreeing to an order: one person, two from a limit on, or the shop itself."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from inventory.errors import ChangedOrderError, EmptyOrderError, SecondPersonNeededError
from inventory.models import PurchaseOrder, PurchaseOrderLine
from inventory.services.purchasing.lines import as_proposed
from inventory.services.purchasing.steps import Status, lock, not_allowed, note, take_step
from inventory.services.replenishment_settings import read_settings
from learning.decisions import build_decision
from learning.jobs import send_on_commit
from learning.models import Decision, Proposal
from outbox.models import WebhookEvent
from outbox.services import webhooks


@transaction.atomic
def approve_purchase_order(
    order: PurchaseOrder,
    *,
    user: AbstractBaseUser,
    reason: str = "",
    seen_cost_minor: int | None = None,
) -> PurchaseOrder:
    """Agree to order every line that nobody rejected.

    seen_cost_minor: what the person was shown; nothing is approved that has another cost by now.

    An order that needs two people stays a draft after the first one, with its lines accepted;
    lines that were drafted since make the next person the first one again.
    Raises NotAllowedNowError, EmptyOrderError when nothing would be ordered, ChangedOrderError
    when it is not what was seen, or SecondPersonNeededError when the first person comes again.
    """
    now = timezone.now()
    lock(order)
    if order.status != Status.DRAFT:
        raise not_allowed(order, Status.APPROVED)
    undecided = lock_undecided(order)
    accept_lines(order, undecided, user=user, now=now, reason="approved with its order")
    cost = cost_of(order)
    if seen_cost_minor is not None and cost != seen_cost_minor:
        raise ChangedOrderError(order.number)
    if needs_second_person(cost_minor=cost, currency=order.currency):
        # What the first person saw were accepted lines: others came after that.
        if order.first_approved_by_id is None or undecided:
            return _approve_first(order, user=user, now=now, reason=reason)
        _approve_second(order, user=user, now=now)
    else:
        take_step(order, Status.APPROVED, approved_by_id=user.pk, approved_at=now)
    tell_approved(order)
    return note(order, Decision.Action.APPROVE, user, reason, cost_minor=cost)


def needs_second_person(*, cost_minor: int, currency: str) -> bool:
    """Whether managers want two people for an order of this cost.

    The limit is an amount of the shop's own currency: orders in another one cannot be held
    against it, so they always need two once there is a limit.
    """
    limit = read_settings().second_approval_from_minor
    return limit is not None and (cost_minor >= limit or currency != settings.CURRENCY)


def lock_undecided(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    """Locked, so that a line which somebody rejects meanwhile is not accepted over their head."""
    return list(
        order.lines.filter(status=Proposal.ReviewStatus.PROPOSED)
        .select_for_update(of=("self",))
        .select_related("sku", "order", "model_version")
        .order_by("pk")
    )


def accept_lines(
    order: PurchaseOrder,
    lines: list[PurchaseOrderLine],
    *,
    user: AbstractBaseUser | None,
    now: datetime,
    reason: str,
) -> None:
    """Raises EmptyOrderError when nothing is left to order."""
    order.lines.filter(
        pk__in=[line.pk for line in lines], status=Proposal.ReviewStatus.PROPOSED
    ).update(
        status=Proposal.ReviewStatus.ACCEPTED,
        reviewed_by_id=None if user is None else user.pk,
        reviewed_at=now,
    )
    if not order.lines.wanted().filter(quantity__gt=0).exists():
        raise EmptyOrderError(order.number)
    Decision.objects.bulk_create(
        (
            build_decision(
                action=Decision.Action.ACCEPT,
                subject=line,
                user=user,
                version=line.model_version,
                proposed=as_proposed(line),
                done={"quantity": line.quantity},
                reason=reason,
            )
            for line in lines
        ),
        batch_size=500,
    )


def cost_of(order: PurchaseOrder) -> int:
    """Minor units of the order's currency, of the lines that nobody rejected."""
    found = order.lines.wanted().aggregate(cost=Sum(F("quantity") * F("unit_cost_minor")))
    return int(found["cost"] or 0)


def tell_approved(order: PurchaseOrder) -> None:
    """To programs that listen, and to the job that brings the order to its supplier."""
    lines = order.lines.wanted().values_list("sku__code", "quantity", "unit_cost_minor")
    payload: dict[str, Any] = {
        "purchase_order": order.number,
        "supplier": order.supplier.code,
        "currency": order.currency,
        "lines": [
            {"sku": code, "quantity": units, "unit_cost_minor": cost} for code, units, cost in lines
        ],
    }
    webhooks.emit(event=WebhookEvent.PURCHASE_ORDER_APPROVED, payload=payload, key=order.number)
    if order.supplier.email:
        send_on_commit("inventory.send_purchase_order", order.pk)


def _approve_first(
    order: PurchaseOrder, *, user: AbstractBaseUser, now: datetime, reason: str
) -> PurchaseOrder:
    changed = PurchaseOrder.objects.filter(
        pk=order.pk, status=Status.DRAFT, first_approved_by=order.first_approved_by_id
    ).update(first_approved_by_id=user.pk, first_approved_at=now, updated_at=now)
    order.refresh_from_db()
    if not changed:
        raise not_allowed(order, Status.APPROVED)
    return note(order, Decision.Action.APPROVE, user, reason, is_first_of_two=True)


def _approve_second(order: PurchaseOrder, *, user: AbstractBaseUser, now: datetime) -> None:
    changed = (
        PurchaseOrder.objects.filter(
            pk=order.pk, status=Status.DRAFT, first_approved_by__isnull=False
        )
        .exclude(first_approved_by=user.pk)
        .update(status=Status.APPROVED, approved_by_id=user.pk, approved_at=now, updated_at=now)
    )
    order.refresh_from_db()
    if not changed:
        raise SecondPersonNeededError(order.number)
