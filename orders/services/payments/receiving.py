"""Money that people saw: a transfer in the account, what a courier brought, cash over the counter.

Less than is due is refused, more is booked as a payment of its own and goes back. What staff said
is kept as an event, also where it was refused.
"""

from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.money import format_money
from customers.models import User
from orders.errors import AlreadyPaidError, NotAllowedNowError, WrongAmountError
from orders.models import Order, Payment, PaymentEvent
from orders.services import repayments
from orders.services.payments import settling
from orders.services.payments.registry import SEEN_BY_STAFF, is_by_hand
from orders.services.progress import not_allowed, take_order

KIND = "staff.money_seen"
# Beyond it somebody typed a digit too many; the rest would be promised to the customer at once.
MOST_TIMES_DUE = 2


def receive_money(
    *, payment: Payment, amount_minor: int, user: User | None = None, note: str = ""
) -> Payment:
    """Staff saw the money of a transfer, or the courier brought it.

    Raises NotAllowedNowError for payments that a provider reports itself, and WrongAmountError for
    less than is due and for more than twice of it.
    """
    _check_open(payment)
    due = payment.amount_minor
    try:
        if not due <= amount_minor <= due * MOST_TIMES_DUE:
            raise WrongAmountError(
                expected=format_money(due, payment.currency),
                came=format_money(amount_minor, payment.currency),
            )
        return _capture(payment, amount_minor, user, note)
    except WrongAmountError as error:
        _keep(payment, amount_minor, user, PaymentEvent.State.REFUSED, str(error))
        raise


def book_money(
    *, order: Order, amount_minor: int, user: User | None = None, note: str = ""
) -> Payment:
    """Staff saw the money of an order: that of the payment which awaits it, or of a new one.

    Raises AlreadyPaidError, NotAllowedNowError for a cancelled order, and WrongAmountError.
    """
    payment = _awaited(order)
    try:
        return receive_money(payment=payment, amount_minor=amount_minor, user=user, note=note)
    except WrongAmountError:
        if payment.provider == SEEN_BY_STAFF:
            settling.move(payment, Payment.State.CANCELLED)
        raise


@transaction.atomic
def _awaited(order: Order) -> Payment:
    take_order(order)
    if order.paid_at is not None:
        raise AlreadyPaidError(order.number)
    if order.status == Order.Status.CANCELLED:
        raise not_allowed(order, Order.Status.PAID)
    for payment in Payment.objects.open().filter(order=order).order_by("pk"):
        if is_by_hand(payment.provider):
            return payment
    number = Payment.objects.filter(order=order, provider=SEEN_BY_STAFF).count() + 1
    return Payment.objects.create(
        order=order,
        provider=SEEN_BY_STAFF,
        state=Payment.State.PENDING,
        currency=order.currency,
        amount_minor=repayments.due_minor(order=order),
        idempotency_key=f"{order.number}-{SEEN_BY_STAFF}-{number}",
    )


def _check_open(payment: Payment) -> None:
    payment.refresh_from_db()
    if not settling.provider_of(payment).is_manual or payment.state == Payment.State.CAPTURED:
        raise NotAllowedNowError(
            str(payment),
            status=payment.get_state_display(),
            step=str(Payment.State.CAPTURED.label),
        )


@transaction.atomic
def _capture(payment: Payment, amount_minor: int, user: User | None, note: str) -> Payment:
    # Of two who book the same money, the second finds it booked.
    take_order(payment.order)
    _check_open(payment)
    settling.capture_came(
        payment=payment,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        user=user,
        note=note or payment.provider,
    )
    _keep(payment, amount_minor, user, PaymentEvent.State.APPLIED)
    surplus = amount_minor - payment.amount_minor
    if surplus:
        over = Payment.objects.create(
            order=payment.order,
            provider=payment.provider,
            state=Payment.State.CAPTURED,
            currency=payment.currency,
            amount_minor=surplus,
            captured_minor=surplus,
            captured_at=timezone.now(),
            idempotency_key=f"{payment.idempotency_key}-surplus",
        )
        settling.pay_back(over, reason=_("more was paid than was due"))
    return payment


def _keep(
    payment: Payment,
    amount_minor: int,
    user: User | None,
    state: PaymentEvent.State,
    problem: str = "",
) -> None:
    PaymentEvent.objects.create(
        provider=payment.provider,
        event_id=f"staff:{uuid4().hex}",
        kind=KIND,
        payment=payment,
        payload={
            "amount_minor": amount_minor,
            "currency": payment.currency,
            "told_by": "" if user is None else user.get_username(),
        },
        state=state,
        problem=problem[:255],
        # Whoever typed it was told.
        seen_at=timezone.now() if problem else None,
    )
