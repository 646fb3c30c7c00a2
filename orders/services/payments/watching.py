"""Asking providers about payments of which nothing was heard."""

from datetime import timedelta

import structlog
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.jobs import send_on_commit
from orders.errors import PaymentError, ProviderRefusedError, ProviderUnavailableError
from orders.models import Order, Payment
from orders.services.payments import settling, starting
from orders.services.payments.registry import get_provider, is_by_hand

logger = structlog.get_logger(__name__)

ASK_AFTER = timedelta(minutes=2)
ASK_AGAIN_AFTER = timedelta(minutes=10)
# A customer who waits in front of the page is answered sooner, but not at every click.
ASK_FOR_CUSTOMER_AFTER = timedelta(seconds=4)
# Providers keep what they know of a key for a day; later the call would be a new one.
KEY_HOLDS = timedelta(hours=20)
SWEPT_AT_ONCE = 100


def ask_provider(*, payment: Payment) -> Payment:
    """Find out how an open payment stands; to be called outside any transaction.

    One that was never answered for is told to its provider once more, with the same key. What
    cannot be believed, such as another amount, is logged and changes nothing.
    """
    payment.refresh_from_db()
    if payment.state not in settling.OPEN_STATES:
        return payment
    Payment.objects.filter(pk=payment.pk).update(asked_at=timezone.now())
    try:
        provider = get_provider(payment.provider)
        if provider.is_manual:
            return payment
        if not payment.reference:
            return _begin_again(payment)
        standing = provider.look_up(payment)
        return settling.settle_standing(payment=payment, standing=standing)
    except (ProviderUnavailableError, ProviderRefusedError) as error:
        logger.warning("payment_not_found_out", payment=payment.pk, reason=error.reason)
    except PaymentError as error:
        logger.error("payment_does_not_fit", payment=payment.pk, reason=str(error))
    return payment


def ask_for_customer(*, order: Order) -> None:
    """Ask about the open payments of an order whose customer waits, at most every few seconds."""
    before = timezone.now() - ASK_FOR_CUSTOMER_AFTER
    for payment in (
        Payment.objects.open()
        .filter(Q(asked_at__isnull=True) | Q(asked_at__lte=before), order=order)
        .order_by("pk")
    ):
        ask_provider(payment=payment)


def sweep_payments() -> int:
    """Ask about open payments of which nothing was heard, let go of those nobody needs, and take
    what was promised for orders that go on."""
    now = timezone.now()
    for payment_id in (
        Payment.objects.superfluous().order_by("pk").values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    ):
        send_on_commit("orders.cancel_payment", payment_id, expires_seconds=60)
    for payment_id in (
        Payment.objects.to_capture().order_by("pk").values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    ):
        send_on_commit("orders.capture_payment", payment_id, expires_seconds=60)
    silent = list(
        Payment.objects.open()
        .filter(
            Q(asked_at__isnull=True, updated_at__lte=now - ASK_AFTER)
            | Q(asked_at__lte=now - ASK_AGAIN_AFTER)
        )
        .exclude(provider__in=_manual_codes())
        .order_by(F("asked_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    )
    for payment_id in silent:
        send_on_commit("orders.ask_provider", payment_id, expires_seconds=60)
    return len(silent)


def _begin_again(payment: Payment) -> Payment:
    if payment.created_at < timezone.now() - KEY_HOLDS:
        settling.fail_payment(payment=payment, failure=_("the provider never answered"))
        return payment
    return starting.call_provider(payment=payment)


def _manual_codes() -> list[str]:
    codes = Payment.objects.open().order_by().values_list("provider", flat=True).distinct()
    return [code for code in codes if is_by_hand(code)]
