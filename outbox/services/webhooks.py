"""Telling programs elsewhere what happened: written with it, signed, sent by a job, retried.

    Webhook-Id: 0a5c...            the event; the same in every attempt
    Webhook-Signature: t=1764000000,k=whk_...,v1=<hex>

v1 is HMAC-SHA256 over "<t>.<body>" with the secret of the key k.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from learning.jobs import send_on_commit
from outbox.errors import CallFailedError, ForbiddenAddressError, NotDeliverableError
from outbox.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from outbox.services import calling
from outbox.services.emails import queue_email

logger = structlog.get_logger(__name__)

# After the first failure, the second ...; the one after the last gives the message up.
RETRIES_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
)
# An address that took nothing for so long is switched off.
SWITCHED_OFF_AFTER = timedelta(days=3)
# Well above the time limit of a call.
STUCK_AFTER = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)
SWEPT_AT_ONCE = 200
# Names of events come from what they are about: told twice, it is one event.
_NAMESPACE = UUID("6f3f0f5e-6c4a-4a53-9d8f-0f4f0c6f2d11")

_STATE = WebhookDelivery.State


def emit(*, event: WebhookEvent, payload: Mapping[str, Any], key: str) -> int:
    """Tell every address that listens, in the caller's transaction; returns how many.

    key: what it is about, such as "O1042" or "shipment:7"; the same key twice is one event.
    """
    listening = [
        endpoint
        for endpoint in WebhookEndpoint.objects.active().order_by("pk")
        if event in endpoint.events
    ]
    if not listening:
        return 0
    event_id = uuid5(_NAMESPACE, f"{event}:{key}")
    for endpoint in listening:
        _add_delivery(endpoint, event, event_id, payload)
    return len(listening)


def is_heard(*events: WebhookEvent) -> bool:
    """Whether any address listens to one of them, for what costs something to find out."""
    wanted = set(events)
    heard = WebhookEndpoint.objects.active().values_list("events", flat=True)
    return any(not wanted.isdisjoint(each) for each in heard)


def send_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A message that says nothing happened, to see whether it arrives."""
    with transaction.atomic():
        return _add_delivery(endpoint, WebhookEvent.PING, uuid4(), {"webhook": endpoint.name})


def deliver_webhook(delivery_id: int) -> bool:
    """Bring one message to its address if its time has come; whether that was done.

    Not inside a transaction: it is claimed first, so of two workers one sends.
    """
    now = timezone.now()
    claimed = (
        WebhookDelivery.objects.due(now)
        .filter(pk=delivery_id)
        .update(state=_STATE.SENDING, claimed_at=now, attempts=F("attempts") + 1)
    )
    if not claimed:
        return False
    delivery = WebhookDelivery.objects.select_related("endpoint").get(pk=delivery_id)
    status, problem = None, ""
    try:
        status = _send(delivery, now)
    except (CallFailedError, ForbiddenAddressError) as error:
        problem = str(error)
    if status is not None and 200 <= status < 300:
        _settle(
            delivery,
            state=_STATE.DELIVERED,
            delivered_at=timezone.now(),
            response_code=status,
            last_error="",
        )
        WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(failing_since=None)
        return True
    _fail(delivery, status, problem or f"HTTP {status}")
    return False


def redeliver(*, delivery: WebhookDelivery) -> None:
    """Put a message back into the queue, whatever became of it.

    Raises NotDeliverableError while it waits or is being sent, or while its address is off.
    """
    done = [_STATE.DELIVERED, _STATE.FAILED, _STATE.GIVEN_UP]
    with transaction.atomic():
        moved = WebhookDelivery.objects.filter(
            pk=delivery.pk, state__in=done, endpoint__is_active=True
        ).update(state=_STATE.WAITING, attempts=0, next_attempt_at=timezone.now())
        if not moved:
            delivery.refresh_from_db(fields=["state"])
            raise NotDeliverableError(str(delivery), state=delivery.get_state_display())
        send_on_commit("outbox.deliver_webhook", delivery.pk)


def switch_on(*, endpoint: WebhookEndpoint) -> None:
    """Let an address listen again; what waits for it is sent."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        is_active=True, failing_since=None, disabled_at=None, disabled_reason=""
    )
    send_on_commit("outbox.sweep_webhooks")


def sweep_webhooks() -> int:
    """Send jobs for messages whose time has come, and free those whose process died."""
    now = timezone.now()
    WebhookDelivery.objects.stuck(now - STUCK_AFTER).update(
        state=_STATE.WAITING, next_attempt_at=now, claimed_at=None
    )
    due = list(
        WebhookDelivery.objects.due(now)
        .order_by("next_attempt_at", "pk")
        .values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    )
    for delivery_id in due:
        send_on_commit("outbox.deliver_webhook", delivery_id, expires_seconds=60)
    old = WebhookDelivery.objects.ended(before=now - KEPT_FOR).order_by("created_at")
    WebhookDelivery.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    ).delete()
    return len(due)


def new_keys() -> dict[str, str]:
    """The two that every address has of its own."""
    return {"key_id": f"whk_{secrets.token_hex(6)}", "secret": secrets.token_urlsafe(32)}


def sign(*, secret: str, key_id: str, body: bytes, moment: datetime) -> str:
    stamp = int(moment.timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},k={key_id},v1={digest}"


def _add_delivery(
    endpoint: WebhookEndpoint, event: WebhookEvent, event_id: UUID, payload: Mapping[str, Any]
) -> WebhookDelivery:
    delivery, is_new = WebhookDelivery.objects.get_or_create(
        endpoint=endpoint,
        event_id=event_id,
        defaults={
            "event": event,
            "payload": {
                "id": str(event_id),
                "event": str(event),
                "happened_at": timezone.now().isoformat(),
                "data": dict(payload),
            },
        },
    )
    if is_new:
        send_on_commit("outbox.deliver_webhook", delivery.pk)
    return delivery


def _send(delivery: WebhookDelivery, now: datetime) -> int:
    endpoint = delivery.endpoint
    body = json.dumps(delivery.payload, sort_keys=True, separators=(",", ":")).encode()
    signature = sign(secret=endpoint.secret, key_id=endpoint.key_id, body=body, moment=now)
    return calling.post(
        url=endpoint.url,
        body=body,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "Zhanggui-Webhooks/1",
            "Webhook-Id": str(delivery.event_id),
            "Webhook-Signature": signature,
        },
    )


def _fail(delivery: WebhookDelivery, status: int | None, problem: str) -> None:
    logger.warning(
        "webhook_not_delivered",
        delivery=delivery.pk,
        attempt=delivery.attempts,
        status=status,
        problem=problem,
    )
    known = {"response_code": status, "last_error": problem[:500]}
    # Other refusals say the same tomorrow.
    is_final = status is not None and status < 500 and status not in {408, 425, 429}
    if is_final:
        _settle(delivery, state=_STATE.FAILED, **known)
    elif delivery.attempts > len(RETRIES_AFTER):
        _settle(delivery, state=_STATE.GIVEN_UP, **known)
    else:
        wait = RETRIES_AFTER[delivery.attempts - 1]
        _settle(delivery, state=_STATE.WAITING, next_attempt_at=timezone.now() + wait, **known)
    _note_failure(delivery.endpoint, problem)


def _note_failure(endpoint: WebhookEndpoint, problem: str) -> None:
    """Remember since when nothing arrives; after long enough switch it off, once, and write."""
    now = timezone.now()
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    rows.filter(failing_since=None).update(failing_since=now)
    with transaction.atomic():
        is_off = (
            rows.active()
            .filter(failing_since__lte=now - SWITCHED_OFF_AFTER)
            .update(is_active=False, disabled_at=now, disabled_reason=problem[:255])
        )
        if is_off:
            queue_email(
                kind="webhook_off",
                to=endpoint.contact_email,
                language=settings.LANGUAGE_CODE,
                template="outbox/webhook_off",
                context={"name": endpoint.name, "address": endpoint.url, "problem": problem},
                key=f"webhook_off:{endpoint.pk}:{now:%Y%m%d%H%M%S}",
            )


def _settle(delivery: WebhookDelivery, **changes: Any) -> None:
    """Write the outcome, unless another process took the message over in the meantime."""
    WebhookDelivery.objects.filter(
        pk=delivery.pk, state=_STATE.SENDING, attempts=delivery.attempts
    ).update(claimed_at=None, **changes)
