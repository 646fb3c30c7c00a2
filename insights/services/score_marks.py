"""What people say of scores: that one is wrong, and that it is not after all."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from insights.models import CustomerScore, VisitPropensity
from learning.decisions import record_decision
from learning.errors import AlreadyReviewedError
from learning.models import Decision

Score = CustomerScore | VisitPropensity


@transaction.atomic
def mark_wrong(*, score: Any, user: AbstractBaseUser, reason: str = "") -> None:
    """Take a score out of use and remember who said so and why.

    Raises AlreadyReviewedError when somebody said so before.
    """
    rows = type(score)._default_manager.filter(pk=score.pk, marked_wrong_at__isnull=True)
    # The condition is in the UPDATE: of two people who mark at once, one is told.
    if not rows.update(marked_wrong_at=timezone.now(), marked_wrong_by=user):
        raise AlreadyReviewedError(str(score))
    _record(score, Decision.Action.REJECT, user, reason)


@transaction.atomic
def lift_mark(*, score: Any, user: AbstractBaseUser, reason: str = "") -> None:
    """Put a score back into use. Raises AlreadyReviewedError when it is in use."""
    rows = type(score)._default_manager.filter(pk=score.pk, marked_wrong_at__isnull=False)
    if not rows.update(marked_wrong_at=None, marked_wrong_by=None):
        raise AlreadyReviewedError(str(score))
    _record(score, Decision.Action.ACCEPT, user, reason)


def _record(score: Any, action: Decision.Action, user: AbstractBaseUser, reason: str) -> None:
    record_decision(
        action=action,
        subject=score,
        user=user,
        version=score.model_version,
        proposed={"value": score.value, "as_of": str(getattr(score, "as_of", ""))},
        reason=reason,
    )
