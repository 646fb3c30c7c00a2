"""The letter about money that came for nothing."""

from catalog.money import format_money
from orders.models import Payment
from outbox.errors import WrongAddressError
from outbox.services.emails import queue_email


def write_payment_returned(*, payment: Payment) -> None:
    """Tell the customer that the order did not need this payment and that it goes back."""
    order = payment.order
    if not order.email:
        return
    try:
        queue_email(
            kind="payment_returned",
            to=order.email,
            language=order.language,
            template="orders/letters/payment_returned",
            context={
                "order": order,
                "is_cancelled": order.status == order.Status.CANCELLED,
                "is_surplus": payment.idempotency_key.endswith("-surplus"),
                "amount": format_money(payment.captured_minor, payment.currency),
            },
            key=f"payment_returned:{payment.pk}",
            reference=order.number,
            user=order.customer,
        )
    except WrongAddressError:
        # Of an imported order, say: the money goes back all the same.
        return
