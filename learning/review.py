"""Accepting, correcting and rejecting what a model proposed."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from learning.decisions import record_decision
from learning.errors import AlreadyReviewedError
from learning.models import Decision, Proposal

ProposalT = TypeVar("ProposalT", bound=Proposal)


def accept(
    proposal: ProposalT, *, user: AbstractBaseUser, proposed: Mapping[str, Any], reason: str = ""
) -> ProposalT:
    """A person agrees. Raises AlreadyReviewedError when it is no longer open."""
    return _decide(
        proposal,
        status=Proposal.ReviewStatus.ACCEPTED,
        action=Decision.Action.ACCEPT,
        user=user,
        proposed=proposed,
        changes={},
        reason=reason,
    )


def correct(
    proposal: ProposalT,
    *,
    user: AbstractBaseUser,
    proposed: Mapping[str, Any],
    changes: Mapping[str, Any],
    reason: str = "",
) -> ProposalT:
    """A person knows better: `changes` are the fields of the row that take the right values.

    Raises AlreadyReviewedError when it is no longer open.
    """
    return _decide(
        proposal,
        status=Proposal.ReviewStatus.CORRECTED,
        action=Decision.Action.CORRECT,
        user=user,
        proposed=proposed,
        changes=changes,
        reason=reason,
    )


def reject(
    proposal: ProposalT, *, user: AbstractBaseUser, proposed: Mapping[str, Any], reason: str = ""
) -> ProposalT:
    """A person refuses without a better answer. Raises AlreadyReviewedError."""
    return _decide(
        proposal,
        status=Proposal.ReviewStatus.REJECTED,
        action=Decision.Action.REJECT,
        user=user,
        proposed=proposed,
        changes={},
        reason=reason,
    )


@transaction.atomic
def _decide(
    proposal: ProposalT,
    *,
    status: Proposal.ReviewStatus,
    action: Decision.Action,
    user: AbstractBaseUser,
    proposed: Mapping[str, Any],
    changes: Mapping[str, Any],
    reason: str,
) -> ProposalT:
    rows = type(proposal)._default_manager.filter(
        pk=proposal.pk, status=Proposal.ReviewStatus.PROPOSED
    )
    # The condition is in the UPDATE: of two people who decide at once, one is told.
    if not rows.update(status=status, reviewed_by=user, reviewed_at=timezone.now(), **changes):
        raise AlreadyReviewedError(str(proposal))
    proposal.refresh_from_db()
    record_decision(
        action=action,
        subject=proposal,
        user=user,
        version=proposal.model_version,
        proposed=proposed,
        done={name: _as_json(value) for name, value in changes.items()} or dict(proposed),
        reason=reason,
    )
    return proposal


def _as_json(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, list, dict)) else str(value)
