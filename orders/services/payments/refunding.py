"""Paying money back: promised at once, sent by a job, done when the provider says so.

A refund is promised by one conditional UPDATE on its payment, so that refunds asked for at the
same moment never exceed what was captured. It is sent with its own key, again and again while
nobody knows what became of it; when the provider says no, the promise is free again.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.money import format_money
from customers.models import User
from learning.jobs import send_on_commit
from orders.errors import (
    IdempotencyConflictError,
    NotAllowedNowError,
    ProviderRefusedError,
    ProviderUnavailableError,
    RefundTooLargeError,
    UnknownProviderError,
)
from orders.models import Order, Payment, Refund, ReturnRequest
from orders.services.payments.protocol import Refunded
from orders.services.payments.registry import get_provider
from orders.services.refund_done import after_refund

logger = structlog.get_logger(__name__)

# After the first attempt of which nobody knows what became, the second ...; the last repeats.
RETRIES_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
# From then on a provider that answers again and knows nothing of it ends the attempts.
MOST_ATTEMPTS = 8
# Well above the time limits of a call.
STUCK_AFTER = timedelta(minutes=10)
ASK_AGAIN_AFTER = timedelta(minutes=10)
SWEPT_AT_ONCE = 100
# Between the key of a request and the number of its part; no key of a form or program has it.
_PART = "+"

_STATE = Refund.State


@transaction.atomic
def request_refund(
    *,
    order: Order,
    amount_minor: int,
    reason: str,
    key: str,
    user: User | None = None,
    return_request: ReturnRequest | None = None,
    parts: Mapping[str, Any] | None = None,
) -> Refund:
    """Promise money back to whoever paid an order; a job sends it.

    Where one payment does not hold so much it is split, newest payment first. Returned is the part
    of the newest; the others have its key with their number behind.

    key: of the request; the same key twice is the same refund. parts: what it pays back, such as
    {"goods": 1900, "shipping": 600, "lines": {"12": 1}}.
    Raises RefundTooLargeError beyond what is left of all payments, IdempotencyConflictError.
    """
    known = list(
        Refund.objects.filter(Q(key=key) | Q(key__startswith=f"{key}{_PART}"))
        .select_related("payment")
        .order_by("pk")
    )
    if known:
        total = sum(part.amount_minor for part in known)
        if total != amount_minor or known[0].payment.order_id != order.pk:
            raise IdempotencyConflictError(key)
        return known[0]
    shares = _promise_over_payments(order, amount_minor)
    refunds = [
        _add_refund(
            payment,
            amount_minor=share,
            reason=reason,
            key=key if number == 1 else f"{key}{_PART}{number}",
            asked_by=user,
            return_request=return_request,
            parts=part,
        )
        for number, ((payment, share), part) in enumerate(
            zip(shares, _split_parts(parts or {}, [share for _, share in shares]), strict=True),
            start=1,
        )
    ]
    return refunds[0]


def _promise_over_payments(order: Order, amount_minor: int) -> list[tuple[Payment, int]]:
    """Newest first, of each at most what is left of it."""
    payments = list(Payment.objects.refundable().filter(order=order))
    missing, shares = amount_minor, []
    for payment in payments:
        share = min(missing, payment.refundable_minor)
        if share > 0 and _promise(payment, share):
            shares.append((payment, share))
            missing -= share
    if missing or not shares:
        left = sum(payment.refundable_minor for payment in payments)
        raise RefundTooLargeError(
            asked=format_money(amount_minor, order.currency),
            possible=format_money(left, order.currency),
        )
    return shares


def _split_parts(parts: Mapping[str, Any], shares: Sequence[int]) -> list[dict[str, Any]]:
    """What each share of a refund pays back; units count once, with the first."""
    if len(shares) == 1:
        return [dict(parts)]
    goods, shipping = int(parts.get("goods", 0)), int(parts.get("shipping", 0))
    split: list[dict[str, Any]] = []
    for share in shares:
        of_goods = min(goods, share)
        of_shipping = min(shipping, share - of_goods)
        goods, shipping = goods - of_goods, shipping - of_shipping
        lines = {} if split else dict(parts.get("lines", {}))
        split.append({"goods": of_goods, "shipping": of_shipping, "lines": lines})
    return split


def return_superfluous(*, payment: Payment, reason: str) -> Refund | None:
    """Send back all that is left of money that the order does not need; in the transaction."""
    payment.refresh_from_db()
    amount = payment.refundable_minor
    if not amount or not _promise(payment, amount):
        return None
    return _add_refund(
        payment,
        amount_minor=amount,
        reason=reason,
        key=f"superfluous:{payment.idempotency_key}",
        is_superfluous=True,
    )


def send_refund(refund_id: int) -> bool:
    """Bring one refund to its provider if its time has come; whether it is done there.

    Not inside a transaction: it is claimed first, so of two workers one calls.
    """
    now = timezone.now()
    claimed = (
        Refund.objects.due(now)
        .filter(pk=refund_id)
        .update(state=_STATE.SENDING, claimed_at=now, attempts=F("attempts") + 1)
    )
    if not claimed:
        return False
    refund = Refund.objects.select_related("payment__order").get(pk=refund_id)
    try:
        refunded = _sent(refund)
    except (ProviderUnavailableError, UnknownProviderError) as error:
        _try_later(refund, str(getattr(error, "reason", error)))
        return False
    except ProviderRefusedError as error:
        settle_refund(refund=refund, refunded=Refunded("", _STATE.FAILED, error.reason))
        return False
    settle_refund(refund=refund, refunded=refunded)
    return refunded.state == _STATE.DONE


def ask_about_refund(refund_id: int) -> None:
    """Ask the provider about a refund that is being sent; outside any transaction."""
    refund = (
        Refund.objects.filter(pk=refund_id, state=_STATE.SENDING)
        .select_related("payment__order")
        .first()
    )
    if refund is None:
        return
    try:
        provider = get_provider(refund.payment.provider)
        found = None if provider.is_manual else provider.find_refund(refund)
    except (ProviderUnavailableError, ProviderRefusedError, UnknownProviderError) as error:
        logger.warning("refund_not_found_out", refund=refund.pk, reason=str(error))
        return
    if found is not None and found.state != _STATE.SENDING:
        settle_refund(refund=refund, refunded=found)


@transaction.atomic
def settle_refund(*, refund: Refund, refunded: Refunded) -> bool:
    """Write down what the provider says of a refund; whether that changed anything.

    Done: the order counts it and a credit note is issued. Failed: the promise is free again.
    Raises NotAllowedNowError for a failure after it was done, which a person has to look at.
    """
    reference = {"reference": refunded.reference[:120]} if refunded.reference else {}
    if refunded.state == _STATE.DONE:
        return _finish(refund, reference)
    if refunded.state == _STATE.FAILED:
        return _give_up(refund, refunded.failure, reference)
    if reference:
        Refund.objects.filter(pk=refund.pk).update(claimed_at=None, **reference)
    else:
        Refund.objects.filter(pk=refund.pk).update(claimed_at=None)
    refund.refresh_from_db()
    return False


@transaction.atomic
def retry_refund(*, refund: Refund) -> Refund:
    """Try a refund again that the provider refused. Raises NotAllowedNowError and
    RefundTooLargeError when its money was promised otherwise since."""
    moved = Refund.objects.filter(pk=refund.pk, state=_STATE.FAILED).update(
        state=_STATE.WAITING,
        attempts=0,
        round=F("round") + 1,
        next_attempt_at=timezone.now(),
        claimed_at=None,
        failure="",
    )
    refund.refresh_from_db()
    if not moved:
        raise _not_allowed(refund, _STATE.WAITING)
    if not _promise(refund.payment, refund.amount_minor):
        payment = Payment.objects.get(pk=refund.payment_id)
        raise RefundTooLargeError(
            asked=format_money(refund.amount_minor, payment.currency),
            possible=format_money(payment.refundable_minor, payment.currency),
        )
    send_on_commit("orders.send_refund", refund.pk)
    return refund


def mark_refund_sent(*, refund: Refund) -> Refund:
    """Staff sent the money by hand, as with a bank transfer. Raises NotAllowedNowError."""
    refund.refresh_from_db()
    provider = get_provider(refund.payment.provider)
    if not provider.is_manual or not settle_refund(
        refund=refund, refunded=Refunded(refund.reference, _STATE.DONE)
    ):
        raise _not_allowed(refund, _STATE.DONE)
    return refund


@transaction.atomic
def record_refund_made_elsewhere(
    *, payment: Payment, amount_minor: int, reference: str, reason: str
) -> Refund | None:
    """A refund that was made at the provider itself, without the shop.

    Raises RefundTooLargeError when the shop promised the money otherwise.
    """
    if not _promise(payment, amount_minor):
        payment.refresh_from_db()
        raise RefundTooLargeError(
            asked=format_money(amount_minor, payment.currency),
            possible=format_money(payment.refundable_minor, payment.currency),
        )
    refund = Refund.objects.create(
        payment=payment,
        amount_minor=amount_minor,
        reason=reason[:255],
        key=f"elsewhere:{payment.provider}:{reference}"[:80],
        state=_STATE.SENDING,
        reference=reference[:120],
    )
    settle_refund(refund=refund, refunded=Refunded(reference, _STATE.DONE))
    return refund


def sweep_refunds() -> int:
    """Send what is due, free what a process died over, ask about what takes long."""
    now = timezone.now()
    Refund.objects.stuck(now - STUCK_AFTER).update(
        state=_STATE.WAITING, next_attempt_at=now, claimed_at=None
    )
    due = list(
        Refund.objects.due(now)
        .order_by("next_attempt_at")
        .values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    )
    for refund_id in due:
        send_on_commit("orders.send_refund", refund_id, expires_seconds=60)
    for refund in (
        Refund.objects.under_way()
        .filter(next_attempt_at__lte=now - ASK_AGAIN_AFTER)
        .order_by("next_attempt_at")[:SWEPT_AT_ONCE]
    ):
        # Each takes its turn: who was asked about now waits again.
        Refund.objects.filter(pk=refund.pk).update(next_attempt_at=now)
        send_on_commit("orders.ask_about_refund", refund.pk, expires_seconds=60)
    return len(due)


def _promise(payment: Payment, amount_minor: int) -> bool:
    """Set money aside for a refund; the condition is in the UPDATE."""
    return bool(
        Payment.objects.captured()
        .filter(pk=payment.pk, captured_minor__gte=F("refunded_minor") + amount_minor)
        .update(refunded_minor=F("refunded_minor") + amount_minor, updated_at=timezone.now())
    )


def _add_refund(payment: Payment, **fields: Any) -> Refund:
    fields["reason"] = fields["reason"][:255]
    refund = Refund.objects.create(payment=payment, **fields)
    send_on_commit("orders.send_refund", refund.pk)
    return refund


def _sent(refund: Refund) -> Refunded:
    """What the provider says. It is asked first where an earlier call may have arrived."""
    provider = get_provider(refund.payment.provider)
    if refund.attempts > 1 or refund.round > 1:
        found = provider.find_refund(refund)
        if found is not None and found.state != _STATE.FAILED:
            return found
        if refund.attempts > MOST_ATTEMPTS:
            return Refunded("", _STATE.FAILED, refund.failure)
    return provider.refund(refund)


def _try_later(refund: Refund, failure: str) -> None:
    wait = RETRIES_AFTER[min(refund.attempts, len(RETRIES_AFTER)) - 1]
    logger.warning("refund_not_sent", refund=refund.pk, attempt=refund.attempts, reason=failure)
    Refund.objects.filter(pk=refund.pk, state=_STATE.SENDING, attempts=refund.attempts).update(
        state=_STATE.WAITING,
        next_attempt_at=timezone.now() + wait,
        claimed_at=None,
        failure=failure[:255],
    )


def _finish(refund: Refund, reference: Mapping[str, str]) -> bool:
    # A refund that failed holds no promise any more: it takes it again, or something is wrong.
    was_failed = Refund.objects.filter(pk=refund.pk, state=_STATE.FAILED).exists()
    if was_failed and not _promise(refund.payment, refund.amount_minor):
        raise RefundTooLargeError(
            asked=format_money(refund.amount_minor, refund.payment.currency),
            possible=format_money(0, refund.payment.currency),
        )
    moved = (
        Refund.objects.filter(pk=refund.pk)
        .exclude(state=_STATE.DONE)
        .update(state=_STATE.DONE, done_at=timezone.now(), claimed_at=None, failure="", **reference)
    )
    refund.refresh_from_db()
    if not moved:
        return False
    if not refund.is_superfluous:
        Order.objects.filter(pk=refund.payment.order_id).update(
            refunded_minor=F("refunded_minor") + refund.amount_minor
        )
        after_refund(refund=refund)
    return True


def _give_up(refund: Refund, failure: str, reference: Mapping[str, str]) -> bool:
    moved = (
        Refund.objects.unsent()
        .filter(pk=refund.pk)
        .update(state=_STATE.FAILED, claimed_at=None, failure=failure[:255], **reference)
    )
    if moved:
        logger.warning("refund_failed", refund=refund.pk, reason=failure)
        Payment.objects.filter(pk=refund.payment_id).update(
            refunded_minor=F("refunded_minor") - refund.amount_minor, updated_at=timezone.now()
        )
    refund.refresh_from_db()
    if refund.state == _STATE.DONE:
        raise _not_allowed(refund, _STATE.FAILED)
    return bool(moved)


def _not_allowed(refund: Refund, to: Refund.State) -> NotAllowedNowError:
    return NotAllowedNowError(
        str(refund), status=refund.get_state_display(), step=str(_STATE(to).label)
    )
