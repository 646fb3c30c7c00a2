"""Messages of providers: kept first, each once, then acted upon.

A message that came before what it is about waits and is looked at again; one that says something
that cannot be, such as another amount, is refused, stays visible to staff and changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.jobs import send_on_commit
from orders.errors import OrdersError, UntrustedEventError
from orders.models import Payment, PaymentEvent, Refund
from orders.services.payments import refunding, settling
from orders.services.payments.protocol import ProviderEvent, Refunded, Standing
from orders.services.payments.registry import get_provider, is_by_hand

logger = structlog.get_logger(__name__)

# What a message is about may still be on its way to us.
WAITS_FOR = timedelta(days=1)
SWEPT_AT_ONCE = 100
UNTRUSTED = "untrusted"
# Whoever floods the address changes a row no more after so many in a day.
MOST_COUNTED = 1_000

_STATE = PaymentEvent.State


def receive_event(*, provider: str, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
    """Keep a message and act upon it; the same message again does nothing.

    Raises UnknownProviderError, and UntrustedEventError unless the provider signed it.
    """
    try:
        told = get_provider(provider).read_event(headers, body)
    except UntrustedEventError:
        _count_untrusted(provider)
        raise
    row, is_new = PaymentEvent.objects.get_or_create(
        provider=provider,
        event_id=told.event_id[:120],
        defaults={"kind": told.kind[:80], "payload": _kept(told)},
    )
    if is_new or row.state == _STATE.RECEIVED:
        return apply_event(event=row)
    return row


@transaction.atomic
def _count_untrusted(provider: str) -> None:
    """Nothing of such a message is kept but that it came: one row a day, whoever sends how many."""
    if is_by_hand(provider):
        # Nobody has a signature for these; that somebody tries tells of no loss.
        return
    row, _is_new = PaymentEvent.objects.select_for_update().get_or_create(
        provider=provider,
        event_id=f"untrusted:{timezone.localdate().isoformat()}",
        defaults={
            "kind": UNTRUSTED,
            "state": _STATE.REFUSED,
            "problem": _("the signature was not good"),
            "payload": {"count": 0},
        },
    )
    count = int(row.payload.get("count", 0))
    if count < MOST_COUNTED:
        PaymentEvent.objects.filter(pk=row.pk).update(payload={"count": count + 1}, seen_at=None)


def mark_refusals_seen(*, event_ids: Sequence[int]) -> int:
    """Staff have looked at them; returns how many."""
    unseen = PaymentEvent.objects.unseen_refusals().filter(pk__in=event_ids)
    return unseen.update(seen_at=timezone.now())


@transaction.atomic
def apply_event(*, event: PaymentEvent) -> PaymentEvent:
    """Act upon a message that was kept, unless somebody did."""
    # Two who apply it at once: the second waits here, and finds it done.
    event = PaymentEvent.objects.select_for_update().get(pk=event.pk)
    if event.state != _STATE.RECEIVED:
        return event
    told = _told(event)
    if told.standing is None and told.refunded is None:
        return _close(event, _STATE.IGNORED)
    payment = _payment_of(event.provider, told)
    if payment is None:
        return _wait(event, _("no payment of the shop has this reference"))
    if event.payment_id is None:
        event.payment = payment
        event.save(update_fields=["payment"])
    try:
        # Half of what is refused must not stay.
        with transaction.atomic():
            is_done = _act(payment, told)
    except OrdersError as error:
        logger.warning("payment_event_refused", row=event.pk, reason=str(error))
        return _close(event, _STATE.REFUSED, str(error))
    if not is_done:
        return _wait(event, _("the payment was not captured yet"))
    return _close(event, _STATE.APPLIED)


def sweep_events() -> int:
    """Look again at messages that wait for what they are about."""
    waiting = list(
        PaymentEvent.objects.unapplied()
        .order_by("received_at")
        .values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    )
    for event_id in waiting:
        send_on_commit("orders.apply_payment_event", event_id, expires_seconds=60)
    return len(waiting)


def _act(payment: Payment, told: ProviderEvent) -> bool:
    """False while what the message is about has not happened here yet."""
    if told.standing is not None:
        if told.reference and not payment.reference:
            # Faster than the answer to our own call, which will bring the same.
            Payment.objects.filter(pk=payment.pk, reference="").update(reference=told.reference)
        settling.settle_standing(payment=payment, standing=told.standing)
        return True
    refunded = told.refunded
    if refunded is None:
        return True
    refund = _refund_of(payment, told, refunded)
    if refund is not None:
        refunding.settle_refund(refund=refund, refunded=refunded)
        return True
    if payment.state != Payment.State.CAPTURED:
        return False
    if refunded.state == Refund.State.DONE:
        refunding.record_refund_made_elsewhere(
            payment=payment,
            amount_minor=told.amount_minor,
            reference=refunded.reference,
            reason=_("made at the provider"),
        )
    return True


def _payment_of(provider: str, told: ProviderEvent) -> Payment | None:
    """By our own key, or by one of the provider's names."""
    payments = Payment.objects.filter(provider=provider).select_related("order")
    for names in (
        {"idempotency_key": told.payment_key},
        {"reference": told.reference},
        {"movement": told.movement},
        {"refunds__key": told.refund_key},
    ):
        if all(names.values()) and (found := payments.filter(**names).first()):
            return found
    return None


def _refund_of(payment: Payment, told: ProviderEvent, refunded: Refunded) -> Refund | None:
    refunds = Refund.objects.filter(payment=payment).select_related("payment__order")
    if told.refund_key:
        return refunds.filter(key=told.refund_key).first()
    if refunded.reference:
        return refunds.filter(reference=refunded.reference).first()
    return None


def _wait(event: PaymentEvent, problem: str) -> PaymentEvent:
    if event.received_at < timezone.now() - WAITS_FOR:
        return _close(event, _STATE.REFUSED, problem)
    PaymentEvent.objects.filter(pk=event.pk).update(problem=problem)
    event.refresh_from_db()
    return event


def _close(event: PaymentEvent, state: PaymentEvent.State, problem: str = "") -> PaymentEvent:
    PaymentEvent.objects.filter(pk=event.pk).update(state=state, problem=problem[:255])
    event.refresh_from_db()
    return event


def _kept(told: ProviderEvent) -> dict[str, Any]:
    """Of the message only what the shop acts upon: no names, no addresses, no cards."""
    return asdict(told)


def _told(event: PaymentEvent) -> ProviderEvent:
    kept = dict(event.payload)
    standing, refunded = kept.pop("standing"), kept.pop("refunded")
    return ProviderEvent(
        **kept,
        standing=Standing(**{**standing, "state": Payment.State(standing["state"])})
        if standing
        else None,
        refunded=Refunded(**{**refunded, "state": Refund.State(refunded["state"])})
        if refunded
        else None,
    )
