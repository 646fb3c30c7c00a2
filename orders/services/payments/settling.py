"""What becomes of a payment: authorised, captured, failed, cancelled.

Every step carries the states it may start from into its UPDATE, so that what a provider tells
twice, or late, or in the wrong order, counts once. Money that came is always believed: a payment
that was given up is captured all the same, and what the order does not need is paid back.
"""

from collections.abc import Mapping

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.money import format_money
from customers.models import User
from learning.jobs import send_on_commit
from orders.errors import (
    NotAllowedNowError,
    ProviderRefusedError,
    ProviderUnavailableError,
    UnknownProviderError,
    WrongAmountError,
)
from orders.models import Order, OrderLine, Payment
from orders.services import repayments
from orders.services.payments import letters, refunding
from orders.services.payments.protocol import PaymentProvider, Standing
from orders.services.payments.registry import get_provider, is_by_hand
from orders.services.progress import mark_paid

logger = structlog.get_logger(__name__)

_STATE = Payment.State
OPEN_STATES = frozenset({_STATE.STARTED, _STATE.PENDING, _STATE.AUTHORISED})
# To each state, the states that it may follow.
FOLLOWS: Mapping[str, frozenset[str]] = {
    _STATE.PENDING: frozenset({_STATE.STARTED}),
    _STATE.AUTHORISED: frozenset({_STATE.STARTED, _STATE.PENDING, _STATE.FAILED}),
    _STATE.CAPTURED: OPEN_STATES | {_STATE.FAILED, _STATE.CANCELLED},
    _STATE.FAILED: OPEN_STATES,
    _STATE.CANCELLED: OPEN_STATES,
}


def provider_of(payment: Payment) -> PaymentProvider:
    """Raises UnknownProviderError where the shop no longer has it."""
    return get_provider(payment.provider)


def move(payment: Payment, to: Payment.State, **also: object) -> bool:
    """Take a named step if the payment is in a state that allows it; whether it was taken."""
    moved = Payment.objects.filter(pk=payment.pk, state__in=FOLLOWS[to]).update(
        state=to, updated_at=timezone.now(), **also
    )
    payment.refresh_from_db()
    return bool(moved)


def fail_payment(*, payment: Payment, failure: str) -> bool:
    return move(payment, _STATE.FAILED, failure=failure[:255])


@transaction.atomic
def capture_came(
    *,
    payment: Payment,
    amount_minor: int,
    currency: str,
    movement: str = "",
    user: User | None = None,
    note: str = "",
) -> Payment:
    """The money is here, all of it. Told twice, it counts once.

    The order is paid by it. Where the order was cancelled, or is paid already, the money goes
    back by itself and the customer is told. Raises WrongAmountError and changes nothing when it
    is another amount than was asked for.
    """
    if (amount_minor, currency.upper()) != (payment.amount_minor, payment.currency.upper()):
        raise WrongAmountError(
            expected=format_money(payment.amount_minor, payment.currency),
            came=format_money(amount_minor, currency.upper()),
        )
    # One at a time for an order: two payments that come at once see one another.
    order = Order.objects.select_for_update().get(pk=payment.order_id)
    also = {"movement": movement} if movement else {}
    now = timezone.now()
    if not move(
        payment,
        _STATE.CAPTURED,
        captured_minor=payment.amount_minor,
        captured_at=now,
        failure="",
        **also,
    ):
        return payment
    payment.order = order
    if order.paid_at is not None or _is_paid_by_another(payment):
        pay_back(payment, reason=_("paid twice"))
    elif order.status == Order.Status.CANCELLED:
        pay_back(payment, reason=_("the money came after the order was cancelled"))
    else:
        mark_paid(order=order, user=user, note=note)
        _pay_back_cancelled(order)
    cancel_open_payments(order=order)
    return payment


def settle_standing(*, payment: Payment, standing: Standing) -> Payment:
    """Write down how a payment stands at its provider. Raises WrongAmountError."""
    if standing.movement and not payment.movement:
        Payment.objects.filter(pk=payment.pk).update(movement=standing.movement[:120])
    if standing.state == _STATE.CAPTURED:
        return capture_came(
            payment=payment,
            amount_minor=standing.amount_minor,
            currency=standing.currency,
            movement=standing.movement,
        )
    if standing.state == _STATE.AUTHORISED and (
        standing.amount_minor,
        standing.currency.upper(),
    ) != (payment.amount_minor, payment.currency.upper()):
        raise WrongAmountError(
            expected=format_money(payment.amount_minor, payment.currency),
            came=format_money(standing.amount_minor, standing.currency.upper()),
        )
    if standing.state == _STATE.FAILED:
        fail_payment(payment=payment, failure=standing.failure)
    elif standing.state != _STATE.STARTED:
        move(payment, standing.state)
    return payment


def capture_payment(*, payment: Payment) -> Payment:
    """Take money that was authorised; to be called outside any transaction.

    Raises NotAllowedNowError, ProviderUnavailableError, ProviderRefusedError.
    """
    payment.refresh_from_db()
    if payment.state != _STATE.AUTHORISED:
        raise _not_allowed(payment, _STATE.CAPTURED)
    standing = provider_of(payment).capture(payment)
    return settle_standing(payment=payment, standing=standing)


def capture_released(*, order: Order) -> None:
    """Take what was promised for an order that staff let go on; within their transaction.

    What comes to nothing, as with a provider that does not answer, the sweep tries again.
    """
    for payment_id in Payment.objects.to_capture().filter(order=order).values_list("pk", flat=True):
        send_on_commit("orders.capture_payment", payment_id)


def cancel_payment(*, payment: Payment) -> Payment:
    """Let an open payment no longer happen; to be called outside any transaction.

    Where the provider says that the money came already, it is captured instead. Where it does not
    answer the payment stays open, and the sweep asks again once the order needs no money.
    """
    payment.refresh_from_db()
    if payment.state not in OPEN_STATES:
        return payment
    try:
        provider = provider_of(payment)
        if not provider.is_manual and not payment.reference:
            # The provider may know it all the same: it keeps for the key what it was told.
            return payment
        standing = provider.cancel(payment)
    except UnknownProviderError:
        standing = Standing(_STATE.CANCELLED)
    except (ProviderUnavailableError, ProviderRefusedError) as error:
        logger.warning("payment_not_cancelled", payment=payment.pk, reason=error.reason)
        return payment
    return settle_standing(payment=payment, standing=standing)


def cancel_open_payments(*, order: Order) -> None:
    """Let go of every open payment of an order that needs no money any more.

    Within the caller's transaction: what needs no call is done at once, the rest by jobs.
    """
    for payment in Payment.objects.open().filter(order=order).order_by("pk"):
        if is_by_hand(payment.provider):
            move(payment, _STATE.CANCELLED)
        else:
            send_on_commit("orders.cancel_payment", payment.pk)


def pay_back(payment: Payment, *, reason: str) -> None:
    """Send back money that the order does not need, and tell the customer."""
    if not payment.captured_minor:
        return
    refunding.return_superfluous(payment=payment, reason=reason)
    letters.write_payment_returned(payment=payment)


def ask_for_less(*, order: Order) -> None:
    """After a part was cancelled: open payments ask for what is left, or begin anew.

    Within the caller's transaction, as `cancel_open_payments`.
    """
    due = repayments.due_minor(order=order)
    for payment in Payment.objects.open().filter(order=order, amount_minor__gt=due).order_by("pk"):
        if is_by_hand(payment.provider):
            Payment.objects.open().filter(pk=payment.pk).update(amount_minor=due)
        else:
            send_on_commit("orders.cancel_payment", payment.pk)


def _pay_back_cancelled(order: Order) -> None:
    """Money came for units that were cancelled after it was asked for."""
    rows = OrderLine.objects.filter(order=order, quantity_cancelled__gt=0)
    units = dict(rows.order_by().values_list("pk", "quantity_cancelled"))
    left = repayments.refundable_minor(order=order) - repayments.due_minor(order=order)
    if not units or left <= 0:
        return
    refunding.request_refund(
        order=order,
        amount_minor=left,
        reason=_("cancelled"),
        key=f"cancel:{order.pk}",
        parts=repayments.value_units(order=order, units=units).parts,
    )


def _is_paid_by_another(payment: Payment) -> bool:
    others = Payment.objects.captured().filter(order=payment.order_id).exclude(pk=payment.pk)
    return any(other.refundable_minor for other in others)


def _not_allowed(payment: Payment, to: Payment.State) -> NotAllowedNowError:
    return NotAllowedNowError(
        str(payment), status=payment.get_state_display(), step=str(_STATE(to).label)
    )
