"""Staff look after money: they see it all, and take the steps that their role allows."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from customers.models import User
from ecomsite.backoffice import roles
from ecomsite.backoffice.waiting import count_waiting
from orders.errors import UntrustedEventError
from orders.models import Order, Payment, PaymentEvent, Refund
from orders.services import payments
from orders.services.payments.testing import Answer, answer_test
from tests.factories import make_sku, make_staff, make_stock_level
from tests.orders.factories import place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ways_to_pay(settings: Any) -> None:
    settings.PAYMENT_TEST = True
    settings.BANK_ACCOUNT = "6222 0000 0000 0001"


def staff(client: Client, role: str) -> User:
    user = make_staff()
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


def an_order() -> Order:
    return place({make_stock_level(sku=make_sku(price_minor=2500), on_hand=9).sku: 1})


def started(provider: str) -> Payment:
    return payments.start_payment(
        order=an_order(), provider=provider, return_url="http://shop.example/"
    )


def step(name: str, payment: Payment) -> str:
    return reverse(f"admin:orders_payment_{name}", args=[payment.pk])


def act(client: Client, model: str, action: str, *rows: Any) -> Any:
    return client.post(
        reverse(f"admin:orders_{model}_changelist"),
        {"action": action, "_selected_action": [row.pk for row in rows]},
        follow=True,
    )


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def test_a_manager_books_a_transfer_with_its_amount(client: Client) -> None:
    manager = staff(client, roles.MANAGER)
    payment = started("bank_transfer")
    page = client.get(reverse("admin:orders_payment_change", args=[payment.pk]))
    assert 'value="25.00"' in page.content.decode()
    for wrong in ("", "24.99", "25.001", "NaN", "-25", "1e9", "abc", "25.00\x00x"):
        client.post(step("receive", payment), {"amount": wrong})
        assert fresh(payment).state == "pending"
    client.post(step("receive", payment), {"amount": "25.00"})
    assert (fresh(payment).state, fresh(payment.order).status) == ("captured", "paid")
    assert payment.order.status_changes.get(to_status="paid").changed_by == manager


def test_looking_at_a_step_does_not_take_it(client: Client) -> None:
    staff(client, roles.MANAGER)
    payment = started("bank_transfer")
    for name in ("receive", "capture", "cancel", "ask"):
        assert client.get(step(name, payment)).status_code == 302
    assert fresh(payment).state == "pending"


@pytest.mark.parametrize("role", [roles.BUYER, roles.CATALOGUE_EDITOR])
def test_other_roles_see_no_money(client: Client, role: str) -> None:
    staff(client, role)
    payment = started("bank_transfer")
    for model in ("payment", "refund", "paymentevent"):
        assert client.get(reverse(f"admin:orders_{model}_changelist")).status_code == 403
    assert client.post(step("receive", payment), {"amount": "25.00"}).status_code == 403
    assert fresh(payment).state == "pending"


def test_money_is_nothing_that_a_form_edits(client: Client) -> None:
    staff(client, roles.MANAGER)
    payment = started("bank_transfer")
    for model in ("payment", "refund", "paymentevent"):
        assert client.get(reverse(f"admin:orders_{model}_add")).status_code == 403
    client.post(reverse("admin:orders_payment_change", args=[payment.pk]), {"state": "captured"})
    assert (
        client.post(
            reverse("admin:orders_payment_delete", args=[payment.pk]), {"post": "yes"}
        ).status_code
        == 403
    )
    assert fresh(payment).state == "pending"


def test_staff_cancel_an_open_payment_and_no_captured_one(client: Client) -> None:
    staff(client, roles.MANAGER)
    payment = started("test")
    client.post(step("cancel", payment))
    assert fresh(payment).state == "cancelled"
    other = answer_test(payment=started("test"), answer=Answer.SUCCEED)
    client.post(step("cancel", other))
    client.post(step("capture", other))
    assert fresh(other).state == "captured"


def test_a_refund_by_hand_waits_for_staff(client: Client) -> None:
    staff(client, roles.MANAGER)
    payment = started("bank_transfer")
    payments.receive_money(payment=payment, amount_minor=2500)
    refund = payments.request_refund(
        order=payment.order, amount_minor=900, reason="broken", key="r1"
    )
    payments.send_refund(refund.pk)
    page = client.get(reverse("admin:orders_refund_changelist")).content.decode()
    assert "to be paid back by hand" in page
    act(client, "refund", "mark_sent_selected", refund)
    assert (fresh(refund).state, fresh(payment.order).refunded_minor) == ("done", 900)


def test_a_failed_refund_is_tried_again(client: Client) -> None:
    staff(client, roles.MANAGER)
    payment = answer_test(payment=started("test"), answer=Answer.SUCCEED)
    refund = payments.request_refund(
        order=payment.order, amount_minor=900, reason="broken", key="r1"
    )
    Refund.objects.filter(pk=refund.pk).update(state="failed")
    Payment.objects.filter(pk=payment.pk).update(refunded_minor=0)
    act(client, "refund", "retry_selected", refund)
    assert (fresh(refund).state, fresh(payment).refunded_minor) == ("waiting", 900)


@pytest.mark.parametrize("model", ["payment", "refund", "paymentevent"])
def test_lists_ask_as_little_for_many_rows_as_for_few(
    client: Client, model: str, django_assert_max_num_queries: Any
) -> None:
    staff(client, roles.MANAGER)
    for number in range(12):
        payment = answer_test(payment=started("test"), answer=Answer.SUCCEED)
        payments.request_refund(
            order=payment.order, amount_minor=900, reason="broken", key=f"r{number}"
        )
    client.get(reverse(f"admin:orders_{model}_changelist"))
    with django_assert_max_num_queries(14):
        page = client.get(reverse(f"admin:orders_{model}_changelist"))
    assert page.status_code == 200
    assert PaymentEvent.objects.count() == 12


def test_refused_messages_stand_on_the_dashboard_until_somebody_looks(client: Client) -> None:
    staff(client, roles.MANAGER)
    for _time in range(3):
        with pytest.raises(UntrustedEventError):
            payments.receive_event(provider="test", headers={}, body=b"{}")
    with pytest.raises(UntrustedEventError):
        payments.receive_event(provider="bank_transfer", headers={}, body=b"{}")
    link = reverse("admin:orders_paymentevent_changelist")
    address = f"{link}?state__exact=refused&amp;seen_at__isempty=1"
    assert address in client.get(reverse("admin:index")).content.decode()
    event = PaymentEvent.objects.get()
    assert "untrusted" in client.get(address.replace("&amp;", "&")).content.decode()
    assert (event.payload, count_waiting().payment_events) == ({"count": 3}, 1)
    act(client, "paymentevent", "mark_seen_selected", event)
    assert count_waiting().payment_events == 0
    # Another one on the same day is news.
    with pytest.raises(UntrustedEventError):
        payments.receive_event(provider="test", headers={}, body=b"{}")
    assert count_waiting().payment_events == 1
