"""Beginning to pay an order, and choosing another way after all."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from orders.errors import (
    AlreadyPaidError,
    NotAllowedNowError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from orders.models import Order, Payment
from orders.services import repayments
from orders.services.payments import settling
from orders.services.payments.protocol import PaymentProvider, Started
from orders.services.payments.registry import offered_provider

logger = structlog.get_logger(__name__)

# One order is tried to be paid so often with one provider; beyond that somebody plays.
MOST_TRIES = 20


def start_payment(*, order: Order, provider: str, return_url: str) -> Payment:
    """Begin to pay an order; to be called outside any transaction.

    While a try with this provider is open it is that same try, however often this is called. Open
    tries with other providers are cancelled first. The row is written before the provider is
    called and the outcome after it: the payment that comes back may wait for the customer, may be
    captured already, may have failed, or be STARTED still where the provider did not answer, which
    another call, or the sweep, makes good.

    provider: its code. return_url: where the provider sends the customer, an absolute address.
    Raises UnknownProviderError, AlreadyPaidError, NotAllowedNowError.
    """
    order.refresh_from_db()
    _check_payable(order)
    chosen = offered_provider(
        provider,
        country=order.country,
        currency=order.currency,
        total_minor=order.total_minor,
    )
    for other in Payment.objects.open().filter(order=order).exclude(provider=provider):
        if settling.cancel_payment(payment=other).state == Payment.State.CAPTURED:
            raise AlreadyPaidError(order.number)
    payment = _open_try(order, chosen, return_url)
    if payment.state != Payment.State.STARTED:
        return payment
    return call_provider(payment=payment)


def call_provider(*, payment: Payment) -> Payment:
    """Tell the provider of a payment that it may not know of yet; twice is once there.

    All that is sent comes from the row, so that a repeated call says the same.
    """
    return_url = str(payment.next_step.get("return_url", ""))
    provider = settling.provider_of(payment)
    try:
        started = provider.start(payment, return_url=return_url)
    except ProviderUnavailableError as error:
        logger.warning("payment_not_started", payment=payment.pk, reason=error.reason)
        _note(payment, failure=str(error))
        return payment
    except ProviderRefusedError as error:
        logger.warning("payment_refused", payment=payment.pk, reason=error.reason)
        settling.fail_payment(payment=payment, failure=error.reason)
        return payment
    return _take_note(payment, provider, started)


def _check_payable(order: Order) -> None:
    if order.paid_at is not None:
        raise AlreadyPaidError(order.number)
    if order.status == Order.Status.CANCELLED:
        raise NotAllowedNowError(
            order.number, status=order.get_status_display(), step=str(Order.Status.PAID.label)
        )


@transaction.atomic
def _open_try(order: Order, provider: PaymentProvider, return_url: str) -> Payment:
    """The open try of this order with this provider, or its next one.

    The order's row is locked (SQLite lets one writer in at a time), so two who begin at once
    begin the same try.
    """
    Order.objects.select_for_update().get(pk=order.pk)
    tries = Payment.objects.filter(order=order, provider=provider.code)
    known = tries.open().order_by("pk").first()
    if known is not None:
        return known
    number = tries.count() + 1
    if number > MOST_TRIES:
        raise NotAllowedNowError(
            order.number, status=order.get_status_display(), step=str(Order.Status.PAID.label)
        )
    payment = Payment.objects.create(
        order=order,
        provider=provider.code,
        currency=order.currency,
        amount_minor=repayments.due_minor(order=order),
        captures_later=_is_held(order),
        next_step={"return_url": return_url},
        idempotency_key=f"{order.number}-{provider.code}-{number}",
    )
    _follow_choice(order, provider)
    return payment


def _is_held(order: Order) -> bool:
    """Money of an order that staff still look at is promised and not taken."""
    return Order.objects.filter(pk=order.pk, status=Order.Status.HELD).exists()


def _follow_choice(order: Order, provider: PaymentProvider) -> None:
    """The order says how it is paid and until when; a choice never shortens that time."""
    due_at = order.payment_due_at
    if provider.ships_before_payment:
        due_at = None
    elif provider.time_to_pay > timedelta(0):
        latest = timezone.now() + provider.time_to_pay
        due_at = max(due_at, latest) if due_at else latest
    Order.objects.filter(
        Q(status=Order.Status.PLACED) | Q(status=Order.Status.HELD), pk=order.pk
    ).update(
        payment_provider=provider.code,
        ships_before_payment=provider.ships_before_payment,
        payment_due_at=due_at,
    )
    order.refresh_from_db()


def _take_note(payment: Payment, provider: PaymentProvider, started: Started) -> Payment:
    """Write down what the provider answered, unless an event was faster."""
    if started.state == Payment.State.FAILED:
        _note(payment, reference=started.reference)
        settling.fail_payment(payment=payment, failure=started.failure)
        return payment
    _note(
        payment,
        reference=started.reference,
        next_step={**payment.next_step, **started.next_step},
        failure="",
    )
    if started.state == Payment.State.CAPTURED:
        return settling.capture_came(
            payment=payment, amount_minor=payment.amount_minor, currency=payment.currency
        )
    if started.state != Payment.State.STARTED:
        settling.move(payment, started.state)
    return payment


def _note(payment: Payment, **known: object) -> None:
    Payment.objects.filter(pk=payment.pk).update(updated_at=timezone.now(), **known)
    payment.refresh_from_db()
