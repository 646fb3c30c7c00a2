"""Messages to programs elsewhere, brought to a real server on loopback."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ecomsite.backoffice.waiting import count_waiting
from inventory.services import purchasing
from orders.services import fulfilment, returns
from orders.services.returns import ReturnItem
from outbox.algorithms.addresses import is_public, read_target
from outbox.errors import NotDeliverableError
from outbox.models import Email, WebhookDelivery, WebhookEndpoint, WebhookEvent
from outbox.services import webhooks
from tests.factories import make_offer, make_sku, make_staff, make_stock_level
from tests.inventory.factories import make_purchase_order
from tests.orders.factories import place, place_and_pay

pytestmark = pytest.mark.django_db


class Receiver(ThreadingHTTPServer):
    """Keeps what comes, and answers what `status` says."""

    status = 200
    came: list[tuple[dict[str, str], bytes]]
    url: str


class _Answer(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:  # named by the library
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.status in {301, 302, 307}:
            self.send_header("Location", f"{self.server.url}elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    server = Receiver(("127.0.0.1", 0), _Answer)
    server.came = []
    server.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def make_endpoint(url: str, *events: str, **fields: Any) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        **{
            "name": "Warehouse",
            "url": url,
            "events": list(events) or [WebhookEvent.ORDER_PLACED],
            "contact_email": "it@example.org",
            **webhooks.new_keys(),
            **fields,
        }
    )


def make_delivery(endpoint: WebhookEndpoint, key: str = "O1") -> WebhookDelivery:
    webhooks.emit(event=WebhookEvent.ORDER_PLACED, payload={"order": key}, key=key)
    return WebhookDelivery.objects.latest("pk")


def test_a_message_is_signed_and_says_what_happened(receiver: Receiver) -> None:
    endpoint = make_endpoint(receiver.url)
    delivery = make_delivery(endpoint)
    assert webhooks.deliver_webhook(delivery.pk)
    [(headers, body)] = receiver.came
    told = json.loads(body)
    assert (told["event"], told["data"]) == ("order.placed", {"order": "O1"})
    assert headers["Webhook-Id"] == told["id"] == str(delivery.event_id)
    parts = dict(part.split("=") for part in headers["Webhook-Signature"].split(","))
    assert parts["k"] == endpoint.key_id
    signed = parts["t"].encode() + b"." + body
    expected = hmac.new(endpoint.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert parts["v1"] == expected
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.response_code) == ("delivered", 1, 200)
    # A second job for it does nothing.
    assert not webhooks.deliver_webhook(delivery.pk)
    assert len(receiver.came) == 1


def test_what_happens_to_an_order_is_told_once_each(receiver: Receiver) -> None:
    make_endpoint(receiver.url, *WebhookEvent.values)
    sku = make_sku(code="CUP")
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 2})
    fulfilment.mark_paid(order=order)
    shipment = fulfilment.ship_order(order=order, key="s1", carrier="sf", tracking_number="SF1")
    fulfilment.ship_order(order=order, key="s1")
    line = order.lines.get()
    for _time in range(2):
        returns.request_return(order=order, items=[ReturnItem(line.pk, 1, "damaged")], key="r1")
    other = place({sku: 1})
    fulfilment.cancel_order(order=other)
    purchase = make_purchase_order(lines={make_offer(sku=sku): 5})
    purchasing.approve_purchase_order(purchase, user=make_staff())
    told = [
        (row.event, row.payload["data"].get("order"))
        for row in WebhookDelivery.objects.order_by("pk")
    ]
    assert told == [
        ("order.placed", order.number),
        ("order.paid", order.number),
        ("order.shipped", order.number),
        ("return.requested", order.number),
        ("order.placed", other.number),
        ("order.cancelled", other.number),
        ("purchase_order.approved", None),
    ]
    parcel = WebhookDelivery.objects.get(event="order.shipped").payload["data"]["shipment"]
    assert parcel["tracking_number"] == shipment.tracking_number
    assert parcel["lines"] == [{"sku": "CUP", "quantity": 2}]
    everything = str(list(WebhookDelivery.objects.values_list("payload", flat=True)))
    assert "li@example.org" not in everything


def test_what_is_rolled_back_is_not_told(receiver: Receiver) -> None:
    endpoint = make_endpoint(receiver.url)
    with transaction.atomic():
        make_delivery(endpoint)
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_who_does_not_listen_hears_nothing(receiver: Receiver) -> None:
    make_endpoint(receiver.url, "order.paid")
    make_endpoint(receiver.url, "order.placed", is_active=False)
    assert webhooks.emit(event=WebhookEvent.ORDER_PLACED, payload={}, key="O1") == 0
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_time_may_heal_is_tried_again_later(receiver: Receiver, status: int) -> None:
    delivery = make_delivery(make_endpoint(receiver.url))
    receiver.status = status
    assert not webhooks.deliver_webhook(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.response_code) == ("waiting", 1, status)
    assert not webhooks.deliver_webhook(delivery.pk)
    assert len(receiver.came) == 1
    receiver.status = 200
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert webhooks.sweep_webhooks() == 1
        assert webhooks.deliver_webhook(delivery.pk)
    assert receiver.came[0][1] == receiver.came[1][1]
    assert delivery.endpoint.__class__.objects.get().failing_since is None


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 410])
def test_a_refusal_is_final_and_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    delivery = make_delivery(make_endpoint(receiver.url))
    receiver.status = status
    assert not webhooks.deliver_webhook(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.response_code) == ("failed", status)
    assert len(receiver.came) == 1


def test_an_address_that_takes_nothing_for_three_days_is_switched_off(
    receiver: Receiver,
) -> None:
    endpoint = make_endpoint(receiver.url)
    delivery = make_delivery(endpoint)
    receiver.status = 500
    webhooks.deliver_webhook(delivery.pk)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        webhooks.deliver_webhook(delivery.pk)
        endpoint.refresh_from_db()
        assert not endpoint.is_active
        assert endpoint.disabled_reason == "HTTP 500"
        letter = Email.objects.get(kind="webhook_off")
        assert letter.to == "it@example.org"
        assert "Warehouse" in letter.subject
        assert receiver.url in letter.text
        assert count_waiting().webhooks == 1
        # What waits is kept and not tried; nothing new is written for it.
        assert webhooks.emit(event=WebhookEvent.ORDER_PLACED, payload={}, key="O2") == 0
    receiver.status = 200
    with time_machine.travel(timezone.now() + timedelta(days=5)):
        assert webhooks.sweep_webhooks() == 0
        webhooks.switch_on(endpoint=endpoint)
        assert webhooks.deliver_webhook(delivery.pk)
    there = WebhookEndpoint.objects.get(pk=endpoint.pk)
    assert (there.is_active, there.failing_since, there.disabled_at) == (True, None, None)
    assert count_waiting().webhooks == 0


def test_after_the_last_attempt_a_message_is_given_up_and_can_be_sent_by_hand(
    receiver: Receiver,
) -> None:
    delivery = make_delivery(make_endpoint(receiver.url))
    receiver.status = 503
    WebhookDelivery.objects.update(attempts=len(webhooks.RETRIES_AFTER))
    webhooks.deliver_webhook(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == "given_up"
    receiver.status = 200
    webhooks.redeliver(delivery=delivery)
    with pytest.raises(NotDeliverableError):
        webhooks.redeliver(delivery=delivery)
    assert webhooks.deliver_webhook(delivery.pk)
    first, second = (headers["Webhook-Id"] for headers, _body in receiver.came)
    assert first == second


def test_a_message_whose_process_died_is_sent_by_another(receiver: Receiver) -> None:
    delivery = make_delivery(make_endpoint(receiver.url))
    died = timezone.now() - webhooks.STUCK_AFTER - timedelta(seconds=1)
    WebhookDelivery.objects.update(state="sending", claimed_at=died, attempts=1)
    assert webhooks.sweep_webhooks() == 1
    assert webhooks.deliver_webhook(delivery.pk)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://user:secret@example.org/",
    ],
)
def test_the_shops_own_network_is_never_called(url: str) -> None:
    delivery = make_delivery(make_endpoint(url))
    assert not webhooks.deliver_webhook(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.response_code is None
    assert "is not called" in delivery.last_error


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  # one that must be refused
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_of_the_internet(address: str, expected: bool) -> None:
    assert is_public(address) is expected


def test_addresses_that_would_split_a_request_are_none() -> None:
    assert read_target("http://example.org/a b") is None
    assert read_target("http://example.org/\r\nX: y") is None
    assert read_target("http://example.org:99999/") is None
    assert read_target("http://例子.org/") is None


def test_staff_make_webhooks_test_them_and_send_again(client: Client, receiver: Receiver) -> None:
    client.force_login(make_staff(is_superuser=True))
    client.post(
        reverse("admin:outbox_webhookendpoint_add"),
        {
            "name": "Warehouse",
            "url": receiver.url,
            "events": ["order.placed"],
            "contact_email": "it@example.org",
            "is_active": "on",
        },
    )
    endpoint = WebhookEndpoint.objects.get()
    assert len(endpoint.secret) == 43
    page = client.get(reverse("admin:outbox_webhookendpoint_change", args=[endpoint.pk]))
    assert endpoint.secret in page.content.decode()
    refused = client.post(
        reverse("admin:outbox_webhookendpoint_add"),
        {"name": "x", "url": "http://a:b@example.org/", "events": ["order.placed"]},
    )
    assert "is not called" in refused.content.decode()
    client.post(
        reverse("admin:outbox_webhookendpoint_changelist"),
        {"action": "send_test_selected", "_selected_action": [endpoint.pk]},
    )
    delivery = WebhookDelivery.objects.get()
    assert delivery.event == "ping"
    assert webhooks.deliver_webhook(delivery.pk)
    client.post(
        reverse("admin:outbox_webhookdelivery_changelist"),
        {"action": "redeliver_selected", "_selected_action": [delivery.pk]},
    )
    delivery.refresh_from_db()
    assert delivery.state == "waiting"
    shown = client.get(reverse("admin:outbox_webhookdelivery_change", args=[delivery.pk]))
    assert shown.status_code == 200
