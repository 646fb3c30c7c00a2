"""Paying on the shop's pages: every way and every end of it, for nobody but the order's own."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import User
from orders.models import Order, Payment, Refund
from orders.services import repayments
from orders.services.fulfilment import cancel_order, hold_order
from orders.services.payments.protocol import Standing
from orders.services.payments.settling import settle_standing
from tests.factories import make_sku, make_stock_level, make_user
from tests.orders.factories import place

pytestmark = pytest.mark.django_db
GETS = ["payment-detail", "order-thanks"]
POSTS = ["payment-start", "payment-test", "payment-check"]


@pytest.fixture(autouse=True)
def _ways_to_pay(settings: Any) -> None:
    settings.PAYMENT_TEST = True
    settings.BANK_ACCOUNT = "6222 0000 0000 0001"
    settings.BANK_ACCOUNT_HOLDER = "Zhanggui Ltd."
    settings.ON_DELIVERY_COUNTRIES = ["China"]


@pytest.fixture
def customer(client: Client) -> User:
    user = make_user(language="en")
    client.force_login(user)
    return user


def an_order(customer: User | None = None) -> Order:
    sku = make_stock_level(sku=make_sku(price_minor=2500), on_hand=9).sku
    return place({sku: 1}, customer=customer)


def at(step: str, order: Order) -> str:
    return reverse(f"storefront:{step}", args=[order.number])


def look(client: Client, step: str, order: Order) -> str:
    answer = client.get(at(step, order))
    assert answer.status_code == 200
    return answer.content.decode()


def choose(client: Client, order: Order, provider: str) -> Any:
    return client.post(at("payment-start", order), {"provider": provider})


def answer(client: Client, order: Order, what: str) -> Any:
    return client.post(at("payment-test", order), {"answer": what})


def standing(order: Order) -> tuple[str, list[str]]:
    order.refresh_from_db()
    return order.status, [one.state for one in order.payments.order_by("pk")]


def test_a_customer_chooses_pays_and_is_thanked(client: Client, customer: User) -> None:
    order = an_order(customer)
    page = look(client, "payment-detail", order)
    for words in ("Pay ¥25.00", "Test payment", "Bank transfer", "Pay on delivery"):
        assert words in page
    assert "Card or wallet" not in page
    assert choose(client, order, "test").url == at("payment-detail", order)
    assert "The payment needs a moment" in look(client, "payment-detail", order)
    assert answer(client, order, "succeed").url == at("order-thanks", order)
    page = look(client, "order-thanks", order)
    for words in (
        order.number,
        "We have received your payment of ¥25.00.",
        at("order-detail", order),
    ):
        assert words in page
    assert standing(order) == ("paid", ["captured"])
    # There is nothing left to pay.
    assert client.get(at("payment-detail", order))["Location"] == at("order-thanks", order)


def test_looking_changes_nothing(client: Client, customer: User) -> None:
    order = an_order(customer)
    choose(client, order, "test")
    answer(client, order, "later")
    Payment.objects.update(next_step={"comes_at": 1})
    for step in GETS:
        client.get(at(step, order))
        client.head(at(step, order))
    assert standing(order) == ("placed", ["pending"])
    for step in POSTS:
        assert client.get(at(step, order)).status_code == 405
    for step in GETS:
        assert client.post(at(step, order)).status_code == 405


def test_personal_pages_are_kept_by_nobody(client: Client, customer: User) -> None:
    order = an_order(customer)
    for answer_ in (client.get(at("payment-detail", order)), choose(client, order, "test")):
        assert "no-store" in answer_.headers["Cache-Control"]
        assert "private" in answer_.headers["Cache-Control"]


def test_a_failed_payment_says_so_and_can_be_tried_again(client: Client, customer: User) -> None:
    order = an_order(customer)
    choose(client, order, "test")
    assert answer(client, order, "fail").url == at("payment-detail", order)
    page = look(client, "payment-detail", order)
    assert "The payment did not succeed." in page
    assert "The test payment was told to fail." in page
    choose(client, order, "test")
    answer(client, order, "succeed")
    assert standing(order) == ("paid", ["failed", "captured"])


def test_a_double_click_begins_one_payment(client: Client, customer: User) -> None:
    order = an_order(customer)
    for _ in range(3):
        choose(client, order, "test")
    for _ in range(3):
        answer(client, order, "succeed")
    assert standing(order) == ("paid", ["captured"])


def test_a_transfer_shows_where_the_money_goes(client: Client, customer: User) -> None:
    order = an_order(customer)
    assert choose(client, order, "bank_transfer").url == at("order-thanks", order)
    page = look(client, "order-thanks", order)
    for words in ("6222 0000 0000 0001", "Zhanggui Ltd.", order.number, "¥25.00"):
        assert words in page
    assert standing(order) == ("placed", ["pending"])


def test_on_delivery_is_thanked_at_once(client: Client, customer: User) -> None:
    order = an_order(customer)
    assert choose(client, order, "on_delivery").url == at("order-thanks", order)
    assert "Please have ¥25.00 ready for the courier." in look(client, "order-thanks", order)
    assert standing(order) == ("placed", ["pending"])
    order.refresh_from_db()
    assert order.ships_before_payment is True


def test_whoever_waits_is_told_when_the_money_is_here(client: Client, customer: User) -> None:
    order = an_order(customer)
    choose(client, order, "test")
    assert answer(client, order, "later").url == at("order-thanks", order)
    assert "We wait to hear from the payment service." in look(client, "order-thanks", order)
    polled = client.post(at("payment-check", order), headers={"HX-Request": "true"})
    assert "We wait to hear from the payment service." in polled.content.decode()
    Payment.objects.update(next_step={"comes_at": 1}, asked_at=None)
    polled = client.post(at("payment-check", order), headers={"HX-Request": "true"})
    assert polled.headers["HX-Redirect"] == at("order-thanks", order)
    assert standing(order) == ("paid", ["captured"])


def test_without_scripts_a_button_looks_again(client: Client, customer: User) -> None:
    order = an_order(customer)
    choose(client, order, "test")
    answer(client, order, "later")
    Payment.objects.update(next_step={"comes_at": 1}, asked_at=None)
    assert client.post(at("payment-check", order))["Location"] == at("order-thanks", order)
    assert "We have received your payment of ¥25.00." in look(client, "order-thanks", order)


@pytest.mark.parametrize("provider", ["", "stripe", "nobody", "nothing_due", "x" * 5000, "\x00"])
def test_a_way_that_is_not_offered_is_said_so(
    client: Client, customer: User, provider: str
) -> None:
    order = an_order(customer)
    assert choose(client, order, provider).url == at("payment-detail", order)
    assert "This way to pay is not offered" in look(client, "payment-detail", order)
    assert standing(order) == ("placed", [])


@pytest.mark.parametrize("what", ["", "captured", "SUCCEED", "\x00", "x" * 5000])
def test_an_answer_that_is_none_does_nothing(client: Client, customer: User, what: str) -> None:
    order = an_order(customer)
    choose(client, order, "test")
    assert answer(client, order, what).status_code == 302
    assert standing(order) == ("placed", ["pending"])


def test_the_test_page_is_gone_where_the_provider_is_off(
    client: Client, customer: User, settings: Any
) -> None:
    order = an_order(customer)
    choose(client, order, "test")
    settings.PAYMENT_TEST = False
    assert answer(client, order, "succeed").status_code == 302
    assert standing(order) == ("placed", ["pending"])
    assert "Test payment" not in look(client, "payment-detail", order)


def test_a_cancelled_order_asks_for_nothing(client: Client, customer: User) -> None:
    order = an_order(customer)
    choose(client, order, "test")
    payment = order.payments.get()
    cancel_order(order=order)
    page = look(client, "payment-detail", order)
    assert "Nothing is to be paid for it any more." in page
    assert client.get(at("order-thanks", order))["Location"] == at("payment-detail", order)
    choose(client, order, "bank_transfer")
    assert order.payments.count() == 1
    settle_standing(payment=payment, standing=Standing(Payment.State.CAPTURED, 2500, "CNY"))
    assert Refund.objects.get().is_superfluous is True
    assert "Your payment of ¥25.00 came after that." in look(client, "payment-detail", order)


def test_money_of_an_order_that_is_held_is_promised_while_it_is_looked_at(
    client: Client, customer: User
) -> None:
    order = an_order(customer)
    hold_order(order=order)
    choose(client, order, "test")
    answer(client, order, "succeed")
    assert "We are checking your order." in look(client, "order-thanks", order)
    assert standing(order) == ("held", ["authorised"])


def test_an_order_is_nobody_elses_to_pay(client: Client, customer: User) -> None:
    order = an_order(make_user())
    for step in GETS:
        assert client.get(at(step, order)).status_code == 404
    for step in POSTS:
        assert client.post(at(step, order), {"provider": "test"}).status_code == 404
    assert standing(order) == ("placed", [])


def test_a_guest_without_proof_is_asked_for_it_whether_the_order_exists_or_not(
    client: Client,
) -> None:
    order = an_order()
    nobody = Order(number="260302-NOBODY22")
    for step in GETS:
        answers = [client.get(at(step, one)) for one in (order, nobody)]
        assert [one.status_code for one in answers] == [302, 302]
        assert all(
            one["Location"].startswith(reverse("storefront:order-access")) for one in answers
        )
    for step in POSTS:
        client.post(at(step, order), {"provider": "test", "answer": "succeed"})
    assert standing(order) == ("placed", [])


def test_a_guest_with_proof_pays(client: Client) -> None:
    order = an_order()
    Order.objects.filter(pk=order.pk).update(customer=None)
    session = client.session
    session["proved_orders"] = {str(order.pk): 9_999_999_999.0}
    session.save()
    choose(client, order, "test")
    answer(client, order, "succeed")
    assert order.number in look(client, "order-thanks", order)
    assert standing(order) == ("paid", ["captured"])


def test_payments_need_the_forms_token(customer: User) -> None:
    order = an_order(customer)
    client = Client(enforce_csrf_checks=True)
    client.force_login(customer)
    for step in POSTS:
        assert client.post(at(step, order), {"provider": "test"}).status_code == 403
    assert standing(order) == ("placed", [])


def test_the_pages_speak_chinese(client: Client, customer: User) -> None:
    order = an_order(customer)
    page = client.get(at("payment-detail", order).replace("/en/", "/zh-hans/")).content.decode()
    for words in ("支付", "银行转账", "货到付款"):
        assert words in page


def test_the_page_of_paying_asks_few_questions(
    client: Client, customer: User, django_assert_max_num_queries: Any
) -> None:
    order = an_order(customer)
    for number in range(6):
        Payment.objects.create(
            order=order,
            provider="test",
            state=Payment.State.FAILED,
            currency="CNY",
            amount_minor=2500,
            idempotency_key=f"try-{number}",
        )
    client.get(at("payment-detail", order))
    with django_assert_max_num_queries(8):
        client.get(at("payment-detail", order))


def test_a_tester_cannot_answer_for_a_real_provider(client: Client, customer: User) -> None:
    order = an_order(customer)
    choose(client, order, "bank_transfer")
    answer(client, order, "succeed")
    assert standing(order) == ("placed", ["pending"])
    assert repayments.refundable_minor(order=order) == 0
