"""The log of what people and models decided."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from learning.bulk import insert_columns
from learning.models import Decision, ModelVersion

LONGEST_LABEL = 255


def record_decisions(
    *,
    action: Decision.Action,
    model: type[Model],
    subject_ids: Sequence[int],
    labels: Sequence[str],
    version_ids: Sequence[int | None],
    proposed: Sequence[Mapping[str, Any]],
    reason: str = "",
) -> None:
    """Add a row for each of many subjects of one model; the machine decided alike on all."""
    count = len(subject_ids)
    insert_columns(
        Decision,
        {
            "action": [action.value] * count,
            "version_id": version_ids,
            "subject_type_id": [ContentType.objects.get_for_model(model).pk] * count,
            "subject_id": subject_ids,
            "subject_label": [label[:LONGEST_LABEL] for label in labels],
            "proposed": [json.dumps(dict(one)) for one in proposed],
            "reason": [reason] * count,
        },
    )


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
        subject_label=str(subject)[:LONGEST_LABEL],
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
