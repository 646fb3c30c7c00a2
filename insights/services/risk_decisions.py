"""What staff decide on held orders, and what became of orders later."""

from datetime import date, timedelta
from statistics import median
from typing import Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from customers.models import User
from insights.algorithms.order_risk import hits_of
from insights.errors import NotHeldError, OutcomeKnownError
from insights.models import RiskAssessment, RiskRule, RiskSettings
from insights.services.risk import read_rules, sweep_assessments
from learning import review
from learning.decisions import record_decision
from learning.models import Decision
from orders.models import Order
from orders.services import fulfilment

USUAL_DAYS: Final = 90
FEWEST_FOR_USUAL: Final = 20
TRIED_OUT_DAYS: Final = 30
MOST_TRIED_OUT: Final = 5_000

_OUTCOME = RiskAssessment.Outcome


@transaction.atomic
def cancel_as_fraud(*, assessment: RiskAssessment, user: User, reason: str = "") -> None:
    """The suspicion was right: the order is cancelled, promised money let go, taken money paid
    back. The reason stays with staff: the customer reads that it was cancelled, not why.

    Raises NotHeldError, and learning's AlreadyReviewedError.
    """
    order = _held(assessment)
    review.accept(assessment, user=user, proposed=_proposed(assessment), reason=reason)
    _set_outcome(assessment, _OUTCOME.CONFIRMED_FRAUD, user)
    fulfilment.cancel_order(order=order, user=user)


@transaction.atomic
def release(*, assessment: RiskAssessment, user: User, reason: str = "") -> None:
    """A false alarm: the order goes on, and money that was promised is taken.

    Raises NotHeldError, and learning's AlreadyReviewedError.
    """
    order = _held(assessment)
    review.reject(assessment, user=user, proposed=_proposed(assessment), reason=reason)
    _set_outcome(assessment, _OUTCOME.FALSE_ALARM, user)
    fulfilment.release_order(order=order, user=user)


@transaction.atomic
def cancel_unclear(*, assessment: RiskAssessment, user: User, reason: str = "") -> None:
    """Cancelled without knowing: nothing is learned from it.

    Raises NotHeldError, and learning's AlreadyReviewedError.
    """
    order = _held(assessment)
    review.correct(
        assessment,
        user=user,
        proposed=_proposed(assessment),
        changes={"outcome": _OUTCOME.UNCLEAR.value},
        reason=reason,
    )
    _set_outcome(assessment, _OUTCOME.UNCLEAR, user)
    fulfilment.cancel_order(order=order, user=user)


@transaction.atomic
def record_outcome(
    *, assessment: RiskAssessment, outcome: str, user: AbstractBaseUser | None, reason: str = ""
) -> None:
    """What became of an order that went on, such as a chargeback weeks later.

    Raises OutcomeKnownError when it is known already.
    """
    if not _set_outcome(assessment, _OUTCOME(outcome), user):
        raise OutcomeKnownError(assessment.order.number)
    record_decision(
        action=Decision.Action.CORRECT,
        subject=assessment,
        user=user,
        version=assessment.model_version,
        proposed=_proposed(assessment),
        done={"outcome": outcome},
        reason=reason,
    )


def try_out(*, rule: RiskRule, as_of: date) -> tuple[int, int, int]:
    """Of the orders of the last days: how many there were, for how many the rule holds, and how
    many of those turned out fraud.

    From what was known when they were placed; the rule need not be active.
    """
    rules = read_rules(rule.pk)
    since = timezone.now() - timedelta(days=TRIED_OUT_DAYS)
    rows = list(
        RiskAssessment.objects.filter(created_at__gte=since)
        .order_by("-created_at", "-pk")
        .values_list("facts", "outcome")[:MOST_TRIED_OUT]
    )
    hit = [outcome for facts, outcome in rows if hits_of(facts, rules)]
    bad = (_OUTCOME.CHARGEBACK, _OUTCOME.CONFIRMED_FRAUD)
    return len(rows), len(hit), sum(outcome in bad for outcome in hit)


def refresh_risk(*, as_of: date) -> dict[str, int]:
    """The nightly work: what an order usually comes to, and what was decided elsewhere."""
    return {
        "recorded": sweep_assessments(now=timezone.now()),
        "decided_elsewhere": RiskAssessment.objects.decided_elsewhere().update(
            status=RiskAssessment.ReviewStatus.SUPERSEDED
        ),
        "orders": _refresh_usual(as_of),
    }


def _refresh_usual(as_of: date) -> int:
    amounts = list(
        Order.objects.filter(
            currency=settings.CURRENCY,
            placed_at__date__lte=as_of,
            placed_at__date__gt=as_of - timedelta(days=USUAL_DAYS),
        )
        .exclude(status=Order.Status.CANCELLED)
        .order_by()
        .values_list("total_minor", flat=True)
    )
    usual = round(median(amounts)) if len(amounts) >= FEWEST_FOR_USUAL else None
    RiskSettings.objects.update_or_create(
        pk=1,
        defaults={
            "usual_amount_minor": usual,
            "currency": settings.CURRENCY,
            "usual_as_of": as_of,
        },
    )
    return len(amounts)


def _held(assessment: RiskAssessment) -> Order:
    order: Order = assessment.order
    order.refresh_from_db()
    if order.status != Order.Status.HELD:
        raise NotHeldError(order.number)
    return order


def _set_outcome(assessment: RiskAssessment, outcome: str, user: AbstractBaseUser | None) -> bool:
    changed = (
        RiskAssessment.objects.filter(pk=assessment.pk)
        .exclude(outcome=outcome, outcome_at__isnull=False)
        .update(
            outcome=outcome,
            outcome_at=timezone.now(),
            outcome_by=None if user is None else user.pk,
        )
    )
    assessment.refresh_from_db()
    return bool(changed)


def _proposed(assessment: RiskAssessment) -> dict[str, object]:
    return {"score": assessment.score, "is_held": assessment.is_held}
