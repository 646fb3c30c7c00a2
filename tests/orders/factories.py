"""Orders that were placed through the shop's own front door."""

from itertools import count
from typing import Any

from catalog.models import Sku
from customers.models import User
from orders.models import Order, Payment
from orders.services import payments
from orders.services.fulfilment import mark_paid
from orders.services.placing import Delivery, LineRequest, RiskVerdict, place_order
from tests.factories import make_user

_numbers = count(1)
NO_RISK = RiskVerdict(score=0.0)


def place(
    quantities: dict[Sku, int],
    *,
    customer: User | None = None,
    risk: RiskVerdict = NO_RISK,
    key: str = "",
    seen_total_minor: int | None = None,
    held_by: str = "",
) -> Order:
    return place_order(
        customer=customer or make_user(),
        lines=[LineRequest(sku.pk, quantity) for sku, quantity in quantities.items()],
        risk=risk,
        delivery=Delivery(email="li@example.org", country="China", language="en"),
        idempotency_key=key or f"checkout-{next(_numbers)}",
        seen_total_minor=seen_total_minor,
        held_by=held_by,
    )


def place_and_pay(quantities: dict[Sku, int]) -> Order:
    return mark_paid(order=place(quantities))


def place_and_capture(quantities: dict[Sku, int], **fields: Any) -> Order:
    """An order whose money came by a transfer, so that it can go back."""
    order = place(quantities, **fields)
    payment = Payment.objects.create(
        order=order,
        provider="bank_transfer",
        state=Payment.State.PENDING,
        currency=order.currency,
        amount_minor=order.total_minor,
        idempotency_key=f"payment-{next(_numbers)}",
    )
    payments.receive_money(payment=payment, amount_minor=order.total_minor)
    order.refresh_from_db()
    return order
