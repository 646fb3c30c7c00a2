"""What orders keep of a person, and what is left of an order when the person is gone.

An order stays with its money and its lines: sums of days, stock and taxes stay right. It loses its
customer, name, address, email and what was thought of it. Invoices stay as they were issued, name
and address included, for as long as the law asks a shop to keep them.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from customers.models import User
from customers.services.personal_data import (
    Rows,
    account_emails,
    as_rows,
    delete_in_batches,
    erase_rows,
    export_rows,
    own_emails,
    update_in_batches,
)
from inventory.services.stock import release_stock
from orders.algorithms import order_states
from orders.models import (
    Cart,
    Checkout,
    DiscountUse,
    Invoice,
    Order,
    OrderAccessCode,
    OrderLine,
    OrderNote,
    Payment,
    PaymentEvent,
    Refund,
    ReturnRequest,
    ShipmentLine,
)
from orders.services.carts import cart_owner

_SENT_BACK = (ReturnRequest.Status.REQUESTED, ReturnRequest.Status.APPROVED)
ORDERS_AT_ONCE = 500
MOST_RISKS_AT_ONCE = 5_000


def export_personal_data(user: User) -> Rows:
    orders = _orders(user)
    return {
        _("orders"): as_rows(orders, without=("risk", "request_hash", "idempotency_key")),
        _("lines of orders"): as_rows(OrderLine.objects.filter(order__in=orders)),
        _("payments"): as_rows(
            Payment.objects.filter(order__in=orders), without=("next_step", "idempotency_key")
        ),
        _("refunds"): as_rows(Refund.objects.filter(payment__order__in=orders)),
        _("parcels"): as_rows(ShipmentLine.objects.filter(shipment__order__in=orders)),
        _("returns"): as_rows(ReturnRequest.objects.filter(order__in=orders)),
        _("invoices"): as_rows(Invoice.objects.filter(order__in=orders)),
        _("checkouts"): as_rows(
            Checkout.objects.filter(cart__customer=user), without=("idempotency_key",)
        ),
        **export_rows("orders", user, without=("Order",)),
    }


def obstacles(user: User) -> list[str]:
    """What is under way has to come to its end: goods, money and returns need an address."""
    orders = _orders(user)
    underway = orders.filter(
        Q(status__in=order_states.OPEN)
        | Q(status=order_states.SHIPPED, paid_at__isnull=True)
        | Q(returns__status__in=_SENT_BACK)
        | Q(payments__refunds__state__in=[Refund.State.WAITING, Refund.State.SENDING])
        | Q(payments__state__in=[Payment.State.AUTHORISED])
    )
    number = underway.order_by("placed_at").values_list("number", flat=True).first()
    if number is None:
        return []
    return [_("Order %(number)s is still under way.") % {"number": number}]


def erase_personal_data(user: User) -> int:
    count = 0
    emails = account_emails(user)
    for cart in Cart.objects.filter(customer=user, state=Cart.State.OPEN):
        release_stock(owner=cart_owner(cart))
    count += Checkout.objects.filter(Q(cart__customer=user) | Q(email__in=own_emails(user))).update(
        email="", address={}, note=""
    )
    count += OrderAccessCode.objects.filter(email__in=emails).delete()[0]
    keys = list(_orders(user).values_list("pk", flat=True))
    for start in range(0, len(keys), ORDERS_AT_ONCE):
        count += _empty(Order.objects.filter(pk__in=keys[start : start + ORDERS_AT_ONCE]))
    return count + erase_rows("orders", user, without=("Order", "DiscountUse"))


def forget_old(now: datetime) -> dict[str, int]:
    """Carts that customers left, codes for orders, and what providers told long ago."""
    carts = Cart.objects.filter(
        updated_at__lt=now - timedelta(days=settings.RETENTION_CART_DAYS)
    ).exclude(customer=None)
    for cart in carts.filter(state=Cart.State.OPEN)[:ORDERS_AT_ONCE]:
        release_stock(owner=cart_owner(cart))
    codes = OrderAccessCode.objects.filter(
        created_at__lt=now - timedelta(days=settings.RETENTION_ACCESS_CODE_DAYS)
    )
    told = PaymentEvent.objects.filter(
        received_at__lt=now - timedelta(days=settings.RETENTION_PAYMENT_EVENT_DAYS)
    ).exclude(Q(payload={}) | Q(state=PaymentEvent.State.RECEIVED))
    return {
        "carts": delete_in_batches(carts),
        "access_codes": delete_in_batches(codes),
        "payment_messages_emptied": update_in_batches(told, payload={}),
        "orders_without_risk_details": _forget_risk_details(now),
    }


def _forget_risk_details(now: datetime) -> int:
    """Of what was thought of an order its score stays; what tells people apart goes."""
    old = Order.objects.filter(
        placed_at__lt=now - timedelta(days=settings.RETENTION_RISK_KEY_DAYS),
        risk__has_key="details",
    ).order_by("pk")
    rows = list(old.values_list("pk", "risk")[:MOST_RISKS_AT_ONCE])
    for pk, risk in rows:
        kept = {name: value for name, value in risk.items() if name != "details"}
        Order.objects.filter(pk=pk).update(risk=kept)
    return len(rows)


def _orders(user: User) -> QuerySet[Order]:
    """Of the account, and those that were placed without it with an address proved since."""
    guests = Q(customer=None, email__in=own_emails(user))
    return Order.objects.filter(Q(customer=user) | guests).distinct()


def _empty(orders: QuerySet[Order]) -> int:
    """Names, addresses and words go; money, lines, countries and days stay."""
    returns = ReturnRequest.objects.filter(order__in=orders)
    for request in returns:
        for photo in request.photos.all():
            photo.file.delete(save=False)
            photo.delete()
    returns.update(reason="", answer="")
    OrderNote.objects.filter(order__in=orders).delete()
    Payment.objects.filter(order__in=orders).update(next_step={})
    for use in DiscountUse.objects.filter(order__in=orders):
        # A discount stays used up; by whom is not known any more.
        DiscountUse.objects.filter(pk=use.pk).update(
            customer=None, customer_key=f"erased:{use.pk}", ordinal=1
        )
    return orders.update(
        customer=None,
        email="",
        shipping_address={},
        note="",
        risk={},
        request_hash="",
    )
