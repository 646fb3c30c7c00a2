"""Running markdown plans: a price goes on sale on its day, and comes back when a plan ends."""

from datetime import date, timedelta
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from catalog.models import Sku
from inventory.algorithms.markdown import STEP_DAYS
from inventory.errors import NotRunningError, PriceMovedError
from inventory.models import MarkdownPlan, MarkdownStep, StockLevel
from inventory.services.price_changes import change_price
from learning.decisions import record_decision
from learning.models import Decision

State = MarkdownPlan.State
MOVED: Final = "the price was changed by hand"


def apply_due_steps(*, today: date) -> int:
    """Put the steps of today on sale and end the plans that are over; returns how many changed.

    Of several steps that are due, as after a week without a worker, only the last one is put on
    sale. A plan whose price somebody changed by hand is stopped: people have the last word.
    """
    due = MarkdownStep.objects.due(today=today).values_list("plan_id", flat=True)
    changed = 0
    for plan in MarkdownPlan.objects.filter(pk__in=set(due)).order_by("pk"):
        changed += _apply(plan, today=today)
    running = MarkdownPlan.objects.filter(state=State.RUNNING).order_by("pk")
    for plan in list(running.prefetch_related("steps")):
        if today >= ends_on(plan) or not _units_left(plan):
            changed += _close(plan, State.ENDED)
    return changed


def stop_plan(*, plan: MarkdownPlan, user: AbstractBaseUser, reason: str = "") -> MarkdownPlan:
    """End a plan before its time and sell at the old price again.

    Raises NotRunningError.
    """
    with transaction.atomic():
        if not _close(plan, State.STOPPED, user=user, reason=reason):
            plan.refresh_from_db()
            raise NotRunningError(str(plan), state=str(plan.get_state_display()))
    plan.refresh_from_db()
    return plan


def ends_on(plan: MarkdownPlan) -> date:
    """The day on which the old price comes back."""
    return max(step.starts_on for step in plan.steps.all()) + timedelta(days=STEP_DAYS)


@transaction.atomic
def _apply(plan: MarkdownPlan, *, today: date) -> int:
    # Of a step and a stop at the same moment one waits for the other.
    MarkdownPlan.objects.select_for_update().get(pk=plan.pk)
    due = list(plan.steps.filter(applied_at=None, starts_on__lte=today).order_by("starts_on"))
    if not due:
        return 0
    # Claimed by the UPDATE: two workers who find the same step put it on sale once.
    claimed = MarkdownStep.objects.filter(
        pk__in=[step.pk for step in due], applied_at=None, plan__state=State.RUNNING
    )
    price_now = _price_of(plan)
    if not claimed.update(applied_at=timezone.now()):
        return 0
    if price_now == due[-1].price_minor:
        return 1
    try:
        change_price(
            sku_id=plan.sku_id,
            from_minor=price_now,
            to_minor=due[-1].price_minor,
            reason=f"markdown plan {plan.pk}",
            show_before=True,
        )
    except PriceMovedError:
        # Raised before anything was written.
        plan.steps.filter(pk__in=[step.pk for step in due]).update(applied_at=None)
        MarkdownPlan.objects.filter(pk=plan.pk, state=State.RUNNING).update(state=State.STOPPED)
        record_decision(action=Decision.Action.CANCEL, subject=plan, reason=MOVED)
    return 1


@transaction.atomic
def _close(
    plan: MarkdownPlan,
    state: MarkdownPlan.State,
    *,
    user: AbstractBaseUser | None = None,
    reason: str = "",
) -> int:
    MarkdownPlan.objects.select_for_update().get(pk=plan.pk)
    if not MarkdownPlan.objects.filter(pk=plan.pk, state=State.RUNNING).update(state=state):
        return 0
    record_decision(action=Decision.Action.CANCEL, subject=plan, user=user, reason=reason)
    price_now = _price_of(plan)
    if price_now == plan.price_before_minor:
        return 1
    # Somebody may have given it another price meanwhile; that one stays.
    if Sku.objects.filter(pk=plan.sku_id, price_minor=price_now).exists():
        change_price(
            sku_id=plan.sku_id,
            from_minor=price_now,
            to_minor=plan.price_before_minor,
            reason=f"markdown plan {plan.pk} is over",
            user=user,
        )
    return 1


def _price_of(plan: MarkdownPlan) -> int:
    """What the plan last put on sale."""
    applied = plan.steps.exclude(applied_at=None).order_by("-starts_on")
    last = applied.values_list("price_minor", flat=True).first()
    return plan.price_before_minor if last is None else last


def _units_left(plan: MarkdownPlan) -> int:
    """On hand anywhere, set aside or not: what is set aside may come back."""
    left = StockLevel.objects.filter(sku=plan.sku_id).aggregate(units=Sum(F("on_hand"), default=0))
    return int(left["units"])
