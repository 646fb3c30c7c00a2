"""What providers tell: kept once, believed when it is signed and fits, and never in the way."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Order, Payment, PaymentEvent, Refund
from orders.services import payments
from orders.services.fulfilment import cancel_order
from orders.services.payments import starting
from orders.services.payments.testing import SIGNATURE_HEADER, TOLERANCE_SECONDS, sign
from tests.factories import make_sku, make_stock_level
from tests.orders.factories import place

pytestmark = pytest.mark.django_db
WEBHOOK = "/payments/test/webhook/"


@pytest.fixture(autouse=True)
def _test_provider(settings: Any) -> None:
    settings.PAYMENT_TEST = True


def an_order() -> Order:
    return place({make_stock_level(sku=make_sku(price_minor=2500), on_hand=9).sku: 1})


def a_payment(order: Order | None = None) -> Payment:
    return payments.start_payment(
        order=order or an_order(), provider="test", return_url="http://shop.example/"
    )


def message(payment: Payment, /, **told: Any) -> bytes:
    return json.dumps(
        {
            "id": "evt-1",
            "kind": "payment.captured",
            "payment": payment.idempotency_key,
            "reference": payment.reference,
            "state": "captured",
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            **told,
        }
    ).encode()


def refund_message(payment: Payment, /, **told: Any) -> bytes:
    body = json.loads(message(payment))
    del body["state"]
    return json.dumps(
        {
            **body,
            "id": "evt-refund",
            "kind": "refund.done",
            "refund_state": "done",
            "refund_reference": "re-1",
            "amount_minor": 900,
            **told,
        }
    ).encode()


def tell(client: Client, body: bytes, signature: str | None = None, **headers: Any) -> Any:
    return client.post(
        WEBHOOK,
        data=body,
        content_type="application/json",
        headers={SIGNATURE_HEADER: sign(body) if signature is None else signature, **headers},
    )


def standing(payment: Payment) -> tuple[str, int, str]:
    payment = Payment.objects.select_related("order").get(pk=payment.pk)
    return payment.state, payment.captured_minor, payment.order.status


def test_the_address_of_a_webhook_is_the_same_in_every_language() -> None:
    assert reverse("orders:payment-event-add", args=["test"]) == WEBHOOK


def test_a_message_pays_an_order_once_however_often_it_comes(client: Client) -> None:
    payment = a_payment()
    body = message(payment)
    assert [tell(client, body).status_code for _ in range(3)] == [200, 200, 200]
    assert standing(payment) == ("captured", 2500, "paid")
    assert PaymentEvent.objects.get().state == "applied"
    assert payment.order.status_changes.filter(to_status="paid").count() == 1
    # Another message that says the same.
    assert tell(client, message(payment, id="evt-2")).json() == {"state": "applied"}
    assert standing(payment) == ("captured", 2500, "paid")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=,v1=",
        "t=1,v1=2,t=3",
        "nonsense",
        "t=１２３,v1=0",
        "t=99999999999999999999,v1=0",
        sign(b"another body"),
        sign(b"{}", at=int(time.time()) - 2 * TOLERANCE_SECONDS),
    ],
    ids=["none", "empty", "twice", "words", "wide", "far", "another body", "too old"],
)
def test_of_what_is_not_signed_only_its_coming_is_kept(client: Client, signature: str) -> None:
    payment = a_payment()
    for _time in range(2):
        assert tell(client, message(payment), signature).status_code == 400
    assert standing(payment) == ("pending", 0, "placed")
    event = PaymentEvent.objects.get()
    assert (event.state, event.kind, event.payload, event.payment) == (
        "refused",
        "untrusted",
        {"count": 2},
        None,
    )


def test_a_message_that_was_caught_and_sent_again_later_is_too_old(client: Client) -> None:
    payment = a_payment()
    body = message(payment)
    signature = sign(body)
    with time_machine.travel(timezone.now() + timedelta(seconds=TOLERANCE_SECONDS + 5)):
        assert tell(client, body, signature).status_code == 400
    assert standing(payment) == ("pending", 0, "placed")


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"null", b"\xff\x00", b'{"id": 1', b'{"id":1,"kind":2,"state":"?"}']
)
def test_nothing_of_a_signed_message_without_sense_is_kept(client: Client, body: bytes) -> None:
    assert tell(client, body).status_code == 400
    assert PaymentEvent.objects.get().payload == {"count": 1}


def test_a_message_that_is_too_large_is_not_read(client: Client, settings: Any) -> None:
    body = b" " * (settings.PAYMENT_EVENT_MAX_BYTES + 1)
    assert tell(client, body).status_code == 413
    assert tell(client, b"{}", **{"Content-Length": "9" * 40}).status_code == 413
    assert tell(client, b"{}", **{"Content-Length": "-1"}).status_code == 411


def test_other_addresses_and_methods_are_refused(client: Client) -> None:
    assert client.post("/payments/nobody/webhook/", b"{}", "application/json").status_code == 404
    # These send no messages: nobody can sign for them.
    for provider in ("bank_transfer", "on_delivery", "stripe"):
        answer = client.post(f"/payments/{provider}/webhook/", b"{}", "application/json")
        assert answer.status_code == 400
    assert client.get(WEBHOOK).status_code == 405
    # Where nobody signs anything, nobody who tries is counted.
    assert [row.provider for row in PaymentEvent.objects.all()] == ["stripe"]


def test_no_message_of_the_test_provider_counts_where_it_is_off(
    client: Client, settings: Any
) -> None:
    payment = a_payment()
    settings.PAYMENT_TEST = False
    assert tell(client, message(payment)).status_code == 400
    assert standing(payment) == ("pending", 0, "placed")


@pytest.mark.parametrize(
    "told",
    [
        {"amount_minor": 2499},
        {"amount_minor": 2501},
        {"amount_minor": 0},
        {"currency": "USD"},
        {"currency": ""},
        {"state": "authorised", "amount_minor": 1},
    ],
)
def test_other_money_than_was_asked_for_pays_nothing(client: Client, told: dict[str, Any]) -> None:
    payment = a_payment()
    assert tell(client, message(payment, **told)).json() == {"state": "refused"}
    assert standing(payment) == ("pending", 0, "placed")
    event = PaymentEvent.objects.get()
    assert (event.payment, event.state) == (payment, "refused")
    assert "¥25.00 is due" in event.problem


def test_a_message_about_nothing_of_ours_waits_and_is_refused_in_the_end(client: Client) -> None:
    payment = a_payment()
    body = message(payment, payment="nobody", reference="nothing")
    assert tell(client, body).json() == {"state": "received"}
    assert payments.sweep_events() == 1
    event = PaymentEvent.objects.get()
    assert payments.apply_event(event=event).state == "received"
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert payments.apply_event(event=event).state == "refused"
        assert payments.sweep_events() == 0
    assert standing(payment) == ("pending", 0, "placed")


def test_a_capture_that_overtakes_the_answer_to_our_call_counts(client: Client) -> None:
    """The provider tells before it answers; the row has no reference yet."""
    payment = a_payment()
    Payment.objects.filter(pk=payment.pk).update(state="started", reference="")
    assert tell(client, message(payment, reference="ref-9")).json() == {"state": "applied"}
    assert standing(payment) == ("captured", 2500, "paid")
    assert Payment.objects.get().reference == "ref-9"
    # The answer comes now, and takes nothing back.
    again = starting.call_provider(payment=Payment.objects.get())
    assert again.state == "captured"


def test_a_message_before_the_row_is_taken_up_later(client: Client) -> None:
    order = an_order()
    body = json.dumps(
        {
            "id": "evt-early",
            "kind": "payment.captured",
            "payment": f"{order.number}-test-1",
            "state": "captured",
            "amount_minor": 2500,
            "currency": "CNY",
        }
    ).encode()
    assert tell(client, body).json() == {"state": "received"}
    payment = a_payment(order)
    assert payments.apply_event(event=PaymentEvent.objects.get()).state == "applied"
    assert standing(payment) == ("captured", 2500, "paid")


@pytest.mark.parametrize("late", ["pending", "authorised", "failed", "cancelled"])
def test_nothing_that_is_told_late_takes_a_capture_back(client: Client, late: str) -> None:
    payment = a_payment()
    tell(client, message(payment))
    assert tell(client, message(payment, id="evt-late", state=late)).status_code == 200
    assert standing(payment) == ("captured", 2500, "paid")


@pytest.mark.parametrize("before", ["failed", "cancelled"])
def test_money_that_comes_after_all_is_believed(client: Client, before: str) -> None:
    payment = a_payment()
    tell(client, message(payment, id="evt-0", state=before))
    assert standing(payment) == (before, 0, "placed")
    tell(client, message(payment))
    assert standing(payment) == ("captured", 2500, "paid")


def test_money_for_a_cancelled_order_is_sent_back(client: Client) -> None:
    payment = a_payment()
    cancel_order(order=payment.order)
    assert tell(client, message(payment)).json() == {"state": "applied"}
    assert standing(payment) == ("captured", 2500, "cancelled")
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.is_superfluous, refund.state) == (2500, True, "waiting")
    # Told twice, it is sent back once.
    tell(client, message(payment, id="evt-2"))
    assert Refund.objects.count() == 1


def test_a_refund_that_is_told_before_its_capture_waits_for_it(client: Client) -> None:
    payment = a_payment()
    assert tell(client, refund_message(payment)).json() == {"state": "received"}
    assert (standing(payment)[0], Refund.objects.count()) == ("pending", 0)
    tell(client, message(payment))
    assert payments.apply_event(event=PaymentEvent.objects.get(event_id="evt-refund")).state == (
        "applied"
    )
    refund = Refund.objects.get()
    assert (refund.state, refund.amount_minor, refund.reference) == ("done", 900, "re-1")
    payment.order.refresh_from_db()
    assert payment.order.refunded_minor == 900


def test_a_refund_of_ours_is_done_when_the_provider_says_so(client: Client) -> None:
    payment = a_payment()
    tell(client, message(payment))
    refund = payments.request_refund(
        order=payment.order, amount_minor=900, reason="broken", key="r1"
    )
    assert tell(client, refund_message(payment, refund="r1")).json() == {"state": "applied"}
    refund.refresh_from_db()
    assert (refund.state, refund.reference) == ("done", "re-1")
    tell(client, refund_message(payment, refund="r1", id="evt-again"))
    payment.order.refresh_from_db()
    assert payment.order.refunded_minor == 900
    # The job that was on its way finds nothing to do.
    assert payments.send_refund(refund.pk) is False


def test_a_refund_made_elsewhere_beyond_what_is_left_is_shown_to_staff(client: Client) -> None:
    payment = a_payment()
    tell(client, message(payment))
    payments.request_refund(order=payment.order, amount_minor=2000, reason="broken", key="r1")
    assert tell(client, refund_message(payment)).json() == {"state": "refused"}
    assert Refund.objects.count() == 1
    assert Payment.objects.get().refunded_minor == 2000


def test_a_refund_that_fails_after_it_was_done_is_shown_to_staff(client: Client) -> None:
    payment = a_payment()
    tell(client, message(payment))
    payments.request_refund(order=payment.order, amount_minor=900, reason="broken", key="r1")
    tell(client, refund_message(payment, refund="r1"))
    late = refund_message(payment, refund="r1", id="evt-late", refund_state="failed")
    assert tell(client, late).json() == {"state": "refused"}
    assert Refund.objects.get().state == "done"


@pytest.mark.django_db(transaction=True)
def test_the_same_message_from_many_sides_at_once_counts_once() -> None:
    payment = a_payment()
    body = message(payment)
    headers = {SIGNATURE_HEADER: sign(body)}

    def receive(_number: int) -> str:
        try:
            return payments.receive_event(provider="test", headers=headers, body=body).provider
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(receive, range(6))) == ["test"] * 6
    assert PaymentEvent.objects.get().state == "applied"
    assert standing(payment) == ("captured", 2500, "paid")
    assert payment.order.status_changes.filter(to_status="paid").count() == 1
