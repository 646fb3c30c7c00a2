"""The log of what people and models decided."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from learning.models import Decision, ModelVersion


def build_decision(
    *,
    action: Decision.Action,
    subject: Model,
    user: AbstractBaseUser | None = None,
    version: ModelVersion | None = None,
    proposed: Mapping[str, Any] | None = None,
    done: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Decision:
    """An unsaved row, for callers that add many at once."""
    return Decision(
        action=action,
        user_id=None if user is None else user.pk,
        version=version,
        subject_type=ContentType.objects.get_for_model(subject),
        subject_id=subject.pk,
        subject_label=str(subject)[:255],
        proposed=dict(proposed or {}),
        done=dict(done or {}),
        reason=reason,
    )


def record_decision(
    *,
    action: Decision.Action,
    subject: Model,
    user: AbstractBaseUser | None = None,
    version: ModelVersion | None = None,
    proposed: Mapping[str, Any] | None = None,
    done: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Decision:
    """Add one row. Without a user the machine decided, by the version given or by rule."""
    decision = build_decision(
        action=action,
        subject=subject,
        user=user,
        version=version,
        proposed=proposed,
        done=done,
        reason=reason,
    )
    decision.save(force_insert=True)
    return decision
