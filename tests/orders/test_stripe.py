"""Paying by Stripe, against a Stripe on loopback: its calls, its messages, and its bad days."""

import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from django.test import Client
from django.utils import timezone

from orders import tasks
from orders.models import Order, Payment, PaymentEvent, Refund
from orders.services import payments
from orders.services.fulfilment import cancel_order, release_order
from orders.services.placing import RiskVerdict
from tests.factories import make_sku, make_stock_level
from tests.orders.factories import place

pytestmark = pytest.mark.django_db
KEY = "sk_test_12345"
SECRET = "whsec_for_the_tests"
GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000000341"
SESSIONS = "/v1/checkout/sessions"


@dataclass(frozen=True)
class Stripe:
    """The counterpart, and what it told since a test began."""

    address: str
    told: "queue.Queue[tuple[dict[str, str], bytes]]"

    def post(self, path: str, **sent: Any) -> Any:
        return requests.post(f"{self.address}{path}", auth=(KEY, ""), timeout=20, **sent)

    def pay(self, payment: Payment, card: str = GOOD_CARD) -> Any:
        """What the customer does on the page of Stripe."""
        return self.post(f"{SESSIONS}/{payment.reference}/_pay", data={"card": card})

    def break_down(self, path: str, *faults: int) -> None:
        self.post("/_config/faults", json={"path": path, "faults": faults})

    def message(self, kind: str, about: str) -> tuple[dict[str, str], bytes]:
        """The next signed message of a kind about something; it comes a second after it."""
        while True:
            headers, body = self.told.get(timeout=30)
            event = json.loads(body)
            if event["type"] == kind and about in body.decode():
                return headers, body


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[Stripe]:
    told: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.put((dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(__file__).with_name("stripe_counterpart.py")
    process = subprocess.Popen(
        [
            sys.executable,
            str(program),
            str(port),
            f"http://127.0.0.1:{listener.server_port}/",
            SECRET,
        ],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Stripe(f"http://127.0.0.1:{port}", told)
    finally:
        process.terminate()
        process.wait(timeout=10)
        listener.shutdown()


@pytest.fixture
def stripe(stripe_process: Stripe, settings: Any) -> Stripe:
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    settings.STRIPE_API_BASE = stripe_process.address
    return stripe_process


@pytest.fixture
def bring(client: Client) -> Callable[[tuple[dict[str, str], bytes]], Any]:
    """Hand a message of Stripe to the shop, as it was sent and signed."""

    def tell(message: tuple[dict[str, str], bytes]) -> Any:
        headers, body = message
        return client.post(
            "/payments/stripe/webhook/",
            body,
            "application/json",
            headers={"Stripe-Signature": headers["Stripe-Signature"]},
        )

    return tell


def an_order() -> Order:
    return place({make_stock_level(sku=make_sku(price_minor=2500), on_hand=9).sku: 1})


def started(order: Order | None = None) -> Payment:
    return payments.start_payment(
        order=order or an_order(), provider="stripe", return_url="http://shop.example/thanks/"
    )


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def paid(stripe: Stripe) -> Payment:
    payment = started()
    stripe.pay(payment)
    payments.ask_provider(payment=payment)
    return fresh(payment)  # type: ignore[no-any-return]


def test_a_session_asks_for_the_total_of_the_order_and_comes_back(stripe: Stripe) -> None:
    payment = started()
    assert payment.state == "pending"
    assert payment.next_step["url"] == f"https://checkout.example/{payment.reference}"
    session = requests.get(
        f"{stripe.address}{SESSIONS}/{payment.reference}", auth=(KEY, ""), timeout=20
    ).json()
    assert (session["amount_total"], session["currency"]) == (2500, "cny")
    assert session["client_reference_id"] == payment.order.number
    assert session["success_url"] == "http://shop.example/thanks/"
    assert session["cancel_url"] == "http://shop.example/thanks/?back=1"


def test_asking_stripe_finds_the_money(stripe: Stripe) -> None:
    payment = started()
    payments.ask_provider(payment=payment)
    assert fresh(payment).state == "pending"
    stripe.pay(payment)
    payments.ask_provider(payment=payment)
    payment = fresh(payment)
    assert (payment.state, payment.captured_minor) == ("captured", 2500)
    assert payment.movement.startswith("pi_")
    assert fresh(payment.order).status == "paid"


def test_stripes_own_messages_pay_the_order_once(stripe: Stripe, bring: Callable[..., Any]) -> None:
    payment = started()
    stripe.pay(payment)
    completed = stripe.message("checkout.session.completed", payment.reference)
    assert bring(completed).json() == {"state": "applied"}
    payment = fresh(payment)
    assert (payment.state, fresh(payment.order).status) == ("captured", "paid")
    assert bring(completed).json() == {"state": "applied"}
    assert PaymentEvent.objects.count() == 1
    # Nothing of who paid is kept.
    assert "email" not in json.dumps(PaymentEvent.objects.get().payload)


def test_the_intent_may_be_told_before_the_session(
    stripe: Stripe, bring: Callable[..., Any]
) -> None:
    payment = started()
    stripe.pay(payment)
    succeeded = stripe.message("payment_intent.succeeded", payment.idempotency_key)
    assert bring(succeeded).json() == {"state": "applied"}
    assert fresh(payment.order).status == "paid"
    completed = stripe.message("checkout.session.completed", payment.reference)
    assert bring(completed).json() == {"state": "applied"}
    assert payment.order.status_changes.filter(to_status="paid").count() == 1


def test_a_message_that_was_changed_or_is_old_is_refused(
    stripe: Stripe, bring: Callable[..., Any]
) -> None:
    payment = started()
    stripe.pay(payment)
    headers, body = stripe.message("checkout.session.completed", payment.reference)
    assert bring((headers, body.replace(b"2500", b"2400"))).status_code == 400
    assert bring(({"Stripe-Signature": "t=1,v1=0"}, body)).status_code == 400
    assert bring(({"Stripe-Signature": ""}, body)).status_code == 400
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert bring((headers, body)).status_code == 400
    assert (fresh(payment).state, PaymentEvent.objects.exclude(kind="untrusted").count()) == (
        "pending",
        0,
    )


def test_without_a_secret_no_message_is_believed(
    stripe: Stripe, bring: Callable[..., Any], settings: Any
) -> None:
    payment = started()
    stripe.pay(payment)
    message = stripe.message("checkout.session.completed", payment.reference)
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert bring(message).status_code == 400


def test_a_declined_card_leaves_the_order_unpaid(stripe: Stripe) -> None:
    payment = started()
    assert stripe.pay(payment, DECLINED_CARD).status_code == 402
    payments.ask_provider(payment=payment)
    assert (fresh(payment).state, fresh(payment.order).status) == ("pending", "placed")


def test_a_session_is_closed_when_the_order_is_cancelled(stripe: Stripe) -> None:
    payment = started()
    cancel_order(order=payment.order)
    payments.cancel_payment(payment=payment)
    assert fresh(payment).state == "cancelled"
    assert stripe.pay(payment).status_code == 400


def test_a_session_that_was_paid_before_it_is_closed_is_paid_back(stripe: Stripe) -> None:
    payment = started()
    stripe.pay(payment)
    cancel_order(order=payment.order)
    payments.cancel_payment(payment=payment)
    assert fresh(payment).state == "captured"
    refund = Refund.objects.get()
    assert payments.send_refund(refund.pk) is True
    refund = fresh(refund)
    assert (refund.state, refund.is_superfluous) == ("done", True)
    assert refund.reference.startswith("re_")
    assert (fresh(payment.order).status, fresh(payment.order).refunded_minor) == ("cancelled", 0)


def test_money_can_be_authorised_first_and_captured_by_staff(
    stripe: Stripe, bring: Callable[..., Any], settings: Any
) -> None:
    settings.STRIPE_CAPTURE = "manual"
    payment = started()
    stripe.pay(payment)
    capturable = stripe.message("payment_intent.amount_capturable_updated", payment.idempotency_key)
    assert bring(capturable).json() == {"state": "applied"}
    payment = fresh(payment)
    assert (payment.state, fresh(payment.order).status) == ("authorised", "placed")
    payments.capture_payment(payment=payment)
    assert (fresh(payment).state, fresh(payment.order).status) == ("captured", "paid")


def test_money_of_a_held_order_is_promised_and_taken_when_it_goes_on(stripe: Stripe) -> None:
    sku = make_sku(price_minor=2500)
    make_stock_level(sku=sku, on_hand=5)
    order = place({sku: 1}, risk=RiskVerdict(score=0.9, is_held=True))
    payment = started(order)
    stripe.pay(payment)
    payments.ask_provider(payment=payment)
    assert (fresh(payment).state, fresh(order).status) == ("authorised", "held")
    tasks.capture_payment(payment.pk)
    assert fresh(payment).state == "authorised"
    release_order(order=fresh(order))
    tasks.capture_payment(payment.pk)
    assert (fresh(payment).state, fresh(order).status) == ("captured", "paid")


def test_what_was_authorised_is_given_back_when_the_order_is_cancelled(
    stripe: Stripe, settings: Any
) -> None:
    settings.STRIPE_CAPTURE = "manual"
    payment = started()
    stripe.pay(payment)
    payments.ask_provider(payment=payment)
    assert fresh(payment).state == "authorised"
    cancel_order(order=payment.order)
    payments.cancel_payment(payment=payment)
    assert fresh(payment).state == "cancelled"


def test_parts_are_refunded_and_each_once(stripe: Stripe) -> None:
    payment = paid(stripe)
    for number, amount in enumerate((900, 600)):
        refund = payments.request_refund(
            order=payment.order, amount_minor=amount, reason="broken", key=f"r{number}"
        )
        assert payments.send_refund(refund.pk) is True
    assert fresh(payment.order).refunded_minor == 1500
    listed = requests.get(
        f"{stripe.address}/v1/refunds?payment_intent={payment.movement}",
        auth=(KEY, ""),
        timeout=20,
    ).json()
    assert sorted(one["amount"] for one in listed["data"]) == [600, 900]


def test_a_refund_whose_answer_is_lost_is_found_and_not_made_twice(stripe: Stripe) -> None:
    payment = paid(stripe)
    refund = payments.request_refund(
        order=payment.order, amount_minor=900, reason="broken", key="lost"
    )
    # Both the call and the package's own second try are answered by silence.
    stripe.break_down("/v1/refunds", 0, 0)
    assert payments.send_refund(refund.pk) is False
    refund = fresh(refund)
    assert (refund.state, fresh(payment).refunded_minor) == ("waiting", 900)
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert payments.send_refund(refund.pk) is True
    listed = requests.get(
        f"{stripe.address}/v1/refunds?payment_intent={payment.movement}",
        auth=(KEY, ""),
        timeout=20,
    ).json()
    assert [one["amount"] for one in listed["data"]] == [900]
    assert fresh(payment.order).refunded_minor == 900


def test_a_session_whose_answer_is_lost_is_the_same_session_later(stripe: Stripe) -> None:
    order = an_order()
    stripe.break_down(SESSIONS, 0, 0)
    payment = started(order)
    assert (payment.state, payment.reference) == ("started", "")
    assert payment.failure == "The payment service does not answer. Please try again in a moment."
    payments.ask_provider(payment=payment)
    payment = fresh(payment)
    assert (payment.state, payment.failure) == ("pending", "")
    assert payment.reference.startswith("cs_test_")
    assert started(order).reference == payment.reference


def test_a_day_on_which_stripe_is_broken_loses_nothing(stripe: Stripe) -> None:
    stripe.break_down(SESSIONS, 500, 503)
    payment = started()
    assert payment.state == "started"
    payment = started(payment.order)
    stripe.pay(payment)
    stripe.break_down(f"{SESSIONS}/{payment.reference}", 500, 500)
    payments.ask_provider(payment=payment)
    assert fresh(payment).state == "pending"
    payments.ask_provider(payment=payment)
    assert fresh(payment).state == "captured"


def test_a_wrong_key_is_no_failure_of_the_customer(stripe: Stripe, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "wrong"
    payment = started()
    assert (payment.state, payment.reference) == ("started", "")


def test_foreign_messages_of_the_same_account_are_ignored(
    stripe: Stripe, bring: Callable[..., Any]
) -> None:
    method = stripe.post(
        "/v1/payment_methods",
        data={
            "type": "card",
            "card[number]": GOOD_CARD,
            "card[exp_month]": "12",
            "card[exp_year]": "2030",
            "card[cvc]": "123",
        },
    ).json()
    intent = stripe.post(
        "/v1/payment_intents",
        data={
            "amount": "100",
            "currency": "cny",
            "payment_method": method["id"],
            "confirm": "true",
        },
    ).json()
    foreign = stripe.message("payment_intent.succeeded", intent["id"])
    assert bring(foreign).json() == {"state": "ignored"}
