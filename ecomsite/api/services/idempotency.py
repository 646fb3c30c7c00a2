"""Requests that may be sent twice and are done once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from ecomsite.api.errors import IdempotencyConflictError, InProgressError
from ecomsite.api.models import IdempotentRequest
from learning.claims import claimant, is_lost

# No request takes longer; the web server ends those that do.
LOST_AFTER = timedelta(minutes=2)
KEPT_FOR = timedelta(days=7)
PURGED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Answer:
    status_code: int
    body: Any


def begin(*, key: str, caller: str, route: str, request_hash: str) -> IdempotentRequest | Answer:
    """Claim the key, or give the answer that it got before.

    Raises IdempotencyConflictError when it stands for another request, InProgressError while
    somebody works on it.
    """
    fields = {"request_hash": request_hash, "heartbeat_at": timezone.now(), **claimant()}
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(key=key, caller=caller, route=route, **fields)
    except IntegrityError:
        known = IdempotentRequest.objects.filter(key=key, caller=caller, route=route).first()
    if known is None:
        # It failed and was freed in this moment.
        raise InProgressError(key)
    if known.request_hash != request_hash:
        raise IdempotencyConflictError(key)
    if known.status_code is not None:
        return Answer(known.status_code, known.body)
    if not is_lost(known, LOST_AFTER) or not _take_over(known, fields):
        raise InProgressError(key)
    known.refresh_from_db()
    return known


def finish(*, request: IdempotentRequest, answer: Answer) -> None:
    IdempotentRequest.objects.under_way().filter(
        pk=request.pk, heartbeat_at=request.heartbeat_at
    ).update(status_code=answer.status_code, body=answer.body)


def free(*, request: IdempotentRequest) -> None:
    """Nothing was done: the key may be used again."""
    IdempotentRequest.objects.under_way().filter(
        pk=request.pk, heartbeat_at=request.heartbeat_at
    ).delete()


def purge_requests(*, now: datetime) -> int:
    """Forget answers that are older than any repetition; returns how many."""
    old = IdempotentRequest.objects.older_than(now - KEPT_FOR).order_by("created_at")
    keys = list(old.values_list("pk", flat=True)[:PURGED_AT_ONCE])
    IdempotentRequest.objects.filter(pk__in=keys).delete()
    return len(keys)


def _take_over(known: IdempotentRequest, fields: dict[str, Any]) -> int:
    """Of two who find a dead claim, one takes it."""
    return (
        IdempotentRequest.objects.under_way()
        .filter(pk=known.pk, heartbeat_at=known.heartbeat_at)
        .update(**fields)
    )
