"""Money that staff saw is booked as every other: checked, kept, and the surplus returned."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from ecomsite.backoffice import roles
from orders.errors import AlreadyPaidError, NotAllowedNowError, WrongAmountError
from orders.models import Order, Payment, PaymentEvent, Refund
from orders.services import fulfilment, payments
from orders.services.payments.testing import Answer, answer_test
from outbox.models import Email
from tests.factories import make_sku, make_staff, make_stock_level
from tests.orders.factories import place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ways_to_pay(settings: Any) -> None:
    settings.PAYMENT_TEST = True
    settings.BANK_ACCOUNT = "6222 0000 0000 0001"


def an_order() -> Order:
    return place({make_stock_level(sku=make_sku(price_minor=2500), on_hand=9).sku: 1})


def test_money_without_a_payment_that_awaits_it_becomes_a_payment() -> None:
    order, staff = an_order(), make_staff()
    payments.book_money(order=order, amount_minor=2500, user=staff, note="cash")
    payment = Payment.objects.get()
    order.refresh_from_db()
    assert (payment.provider, payment.captured_minor, order.status) == (
        "seen_by_staff",
        2500,
        "paid",
    )
    assert order.status_changes.get(to_status="paid").note == "cash"
    event = PaymentEvent.objects.get()
    assert (event.state, event.payload["told_by"]) == ("applied", staff.get_username())
    refund = payments.request_refund(order=order, amount_minor=900, reason="broken", key="r1")
    assert refund.payment == payment


def test_a_transfer_that_is_awaited_is_the_one_that_came() -> None:
    order = an_order()
    awaited = payments.start_payment(order=order, provider="bank_transfer", return_url="http://x/")
    assert payments.book_money(order=order, amount_minor=2500) == awaited
    assert Payment.objects.get().state == "captured"


@pytest.mark.parametrize("amount_minor", [0, 2499, 5001])
def test_too_little_or_a_digit_too_many_is_refused_and_kept(amount_minor: int) -> None:
    order = an_order()
    with pytest.raises(WrongAmountError):
        payments.book_money(order=order, amount_minor=amount_minor)
    order.refresh_from_db()
    assert (order.status, order.paid_at) == ("placed", None)
    assert PaymentEvent.objects.get().state == "refused"
    assert not Payment.objects.open().exists()
    assert not Refund.objects.exists()


def test_what_was_paid_too_much_goes_back() -> None:
    order = an_order()
    payments.book_money(order=order, amount_minor=2600)
    order.refresh_from_db()
    refund = Refund.objects.get()
    assert (order.status, refund.amount_minor, refund.is_superfluous) == ("paid", 100, True)
    assert "¥1.00 more than was due" in Email.objects.get(kind="payment_returned").text


def test_money_is_booked_once_and_for_no_cancelled_order() -> None:
    order, other = an_order(), an_order()
    payments.book_money(order=order, amount_minor=2500)
    with pytest.raises(AlreadyPaidError):
        payments.book_money(order=order, amount_minor=2500)
    fulfilment.cancel_order(order=other)
    with pytest.raises(NotAllowedNowError):
        payments.book_money(order=other, amount_minor=2500)
    assert Payment.objects.count() == 1


def test_a_manager_marks_an_order_as_paid_with_what_came(client: Client) -> None:
    manager = make_staff()
    manager.groups.add(Group.objects.get(name=roles.MANAGER))
    client.force_login(manager)
    order = an_order()
    page = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert 'value="25.00"' in page
    address = reverse("admin:orders_order_pay", args=[order.pk])
    client.post(address, {"amount": "24.00"})
    assert Order.objects.get().paid_at is None
    client.post(address, {"amount": "25.00", "reason": "seen on the statement"})
    assert Order.objects.get().paid_at is not None
    assert Payment.objects.captured().get().amount_minor == 2500


def on_delivery(units: int) -> tuple[Order, Payment]:
    """An order over goods of 10.00 with delivery, of which one unit has left."""
    sku = make_stock_level(sku=make_sku(price_minor=1000), on_hand=9).sku
    order = place({sku: units})
    Order.objects.filter(pk=order.pk).update(shipping_minor=300, total_minor=1000 * units + 300)
    order.refresh_from_db()
    payment = payments.start_payment(order=order, provider="on_delivery", return_url="http://x/")
    fulfilment.ship_order(order=order, key="s1", quantities={order.lines.get().pk: 1})
    return order, payment


def test_the_courier_asks_for_what_was_sent_when_the_rest_is_cancelled(settings: Any) -> None:
    settings.ON_DELIVERY_COUNTRIES = ["China"]
    order, payment = on_delivery(3)
    assert payment.amount_minor == 3300
    fulfilment.cancel_order(order=order)
    payment.refresh_from_db()
    assert payment.amount_minor == 1300
    assert "For what was sent you pay ¥13.00." in Email.objects.get(kind="order_cancelled").text
    payments.receive_money(payment=payment, amount_minor=1300)
    order.refresh_from_db()
    assert order.paid_at is not None
    assert not Refund.objects.exists()


def test_money_that_comes_for_what_was_cancelled_meanwhile_goes_back(settings: Any) -> None:
    settings.ON_DELIVERY_COUNTRIES = ["China"]
    order, _ = on_delivery(3)
    wallet = payments.start_payment(order=order, provider="test", return_url="http://x/")
    fulfilment.cancel_order(order=order)
    answer_test(payment=wallet, answer=Answer.SUCCEED)
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount_minor, refund.is_superfluous) == (wallet, 2000, False)
    assert refund.parts["lines"] == {str(order.lines.get().pk): 2}
