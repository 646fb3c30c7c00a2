"""What the shop approves by itself: small orders, within a limit and a budget, while it may."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from inventory.models import PurchaseOrder, PurchaseOrderLine, ReplenishmentSettings
from inventory.services.purchasing.approving import (
    accept_lines,
    cost_of,
    lock_undecided,
    needs_second_person,
    tell_approved,
)
from inventory.services.purchasing.steps import Status, note, take_step
from inventory.services.urgency import avoided_by_order
from learning.models import Decision, Proposal


@dataclass(frozen=True, slots=True)
class AutomaticReport:
    """approved: orders; cost_minor: of these; left: drafts that wait for a person."""

    approved: int
    cost_minor: int
    left: int


def approve_automatically() -> AutomaticReport:
    """Approve the drafts that managers let the shop approve; none while that is off.

    The budget belongs to the day by the clock, however often and in however many processes this
    runs. Money goes first where most lost margin is avoided for it.
    """
    drafts = _own_drafts()
    avoided = avoided_by_order([order.pk for order in drafts])
    approved = cost = 0
    for order in sorted(
        drafts, key=lambda one: (-avoided[one.pk] / max(1, one.cost_minor), one.pk)
    ):
        spent = _approve(order.pk)
        approved, cost = approved + (spent is not None), cost + (spent or 0)
    return AutomaticReport(
        approved=approved, cost_minor=cost, left=PurchaseOrder.objects.drafts().count()
    )


def spent_today(*, now: datetime) -> int:
    """What the shop approved by itself since midnight, also what was cancelled since."""
    midnight = datetime.combine(
        timezone.localdate(now), time.min, tzinfo=timezone.get_default_timezone()
    )
    found = (
        PurchaseOrderLine.objects.wanted()
        .filter(order__is_approved_automatically=True, order__approved_at__gte=midnight)
        .aggregate(cost=Sum(F("quantity") * F("unit_cost_minor")))
    )
    return int(found["cost"] or 0)


def _own_drafts() -> list[Any]:
    """Of the machine alone: a draft that somebody began to decide on is theirs."""
    touched = PurchaseOrderLine.objects.exclude(status=Proposal.ReviewStatus.PROPOSED)
    by_hand = PurchaseOrderLine.objects.filter(quantity_proposed__isnull=True)
    drafts: Any = PurchaseOrder.objects.drafts().with_totals()
    return list(
        drafts.filter(
            created_by__isnull=True,
            first_approved_by__isnull=True,
            # Nobody can send an order to a supplier who was made up.
            supplier__is_assumed=False,
            currency=settings.CURRENCY,
        )
        .exclude(pk__in=touched.values("order"))
        .exclude(pk__in=by_hand.values("order"))
        .order_by("pk")
    )


@transaction.atomic
def _approve(order_id: int) -> int | None:
    """What the order costs, once it is approved; None where it may not be."""
    # This UPDATE lets one process at a time through to the sum of the day, and nobody at all once
    # it was switched off.
    if not ReplenishmentSettings.objects.filter(pk=1, is_automatic=True).update(
        updated_at=F("updated_at")
    ):
        return None
    limits = ReplenishmentSettings.objects.get(pk=1)
    order = PurchaseOrder.objects.select_for_update().filter(pk=order_id).first()
    if order is None or order.status != Status.DRAFT or order.first_approved_by_id is not None:
        return None
    undecided = lock_undecided(order)
    if len(undecided) < order.lines.count():
        return None
    cost, now = cost_of(order), timezone.now()
    spent = spent_today(now=now)
    if (
        cost <= 0
        or cost > limits.automatic_limit_minor
        or spent + cost > limits.automatic_daily_budget_minor
        or needs_second_person(cost_minor=cost, currency=order.currency)
    ):
        return None
    accept_lines(order, undecided, user=None, now=now, reason="approved automatically")
    take_step(order, Status.APPROVED, approved_at=now, is_approved_automatically=True)
    tell_approved(order)
    note(
        order,
        Decision.Action.APPROVE,
        None,
        "approved automatically",
        cost_minor=cost,
        limit_minor=limits.automatic_limit_minor,
        spent_today_minor=spent + cost,
        daily_budget_minor=limits.automatic_daily_budget_minor,
    )
    return cost
