"""The steps of a purchase order, for programs."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory.models import GoodsReceipt, PurchaseOrder, ReplenishmentSettings, StockBatch
from learning.models import Decision
from outbox.models import Email
from tests.api.factories import make_client, make_staff_client
from tests.factories import make_offer, make_staff
from tests.inventory.factories import make_purchase_order

pytestmark = pytest.mark.django_db


def post(client: Client, step: str, order: PurchaseOrder, *, key: str = "", **body: Any) -> Any:
    return client.post(
        reverse(f"api:{step}", args=[order.number]),
        body,
        content_type="application/json",
        headers={"idempotency-key": key} if key else {},
    )


def test_a_program_takes_an_order_through_all_its_steps() -> None:
    client = make_staff_client("purchasing:read", "purchasing:write")
    order = make_purchase_order(lines={make_offer(): 10})
    line = order.lines.get()
    told = post(client, "purchase-order-approve", order, seen_cost_minor=9_999)
    assert (told.status_code, told.json()["code"]) == (409, "changed_order")
    told = post(client, "purchase-order-approve", order, seen_cost_minor=10_000).json()
    assert (told["status"], told["awaits_second_person"]) == ("approved", False)
    first = post(client, "purchase-order-send", order, key="send-00001")
    again = post(client, "purchase-order-send", order, key="send-00001")
    assert (first.json()["status"], again.headers["Idempotency-Replayed"]) == ("sent", "true")
    assert Email.objects.get().reference == order.number
    day = (timezone.localdate() + timedelta(days=9)).isoformat()
    told = post(
        client, "purchase-order-acknowledge", order, reference="AB-1", promised_on=day
    ).json()
    assert (told["status"], told["supplier_reference"], told["expected_on"]) == (
        "acknowledged",
        "AB-1",
        day,
    )
    row = {"line": line.pk, "accepted": 4, "batch": "B7", "expires_on": "2030-01-31"}
    booked = post(client, "goods-receipt-list", order, key="note-0001", lines=[row])
    assert (booked.status_code, booked.json()["status"]) == (201, "part_received")
    assert StockBatch.objects.get().on_hand == 4
    told = post(client, "purchase-order-close", order, line=line.pk, reason="sold out").json()
    assert (told["status"], told["lines"][0]["quantity_received"]) == ("received", 4)
    assert told["lines"][0]["closed_at"] is not None
    actions = Decision.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["accept", "approve", "send", "acknowledge", "receive", "close"]


def test_a_surplus_is_kept_only_when_the_program_says_so() -> None:
    client = make_staff_client()
    order = make_purchase_order(lines={make_offer(): 10}, status="sent")
    rows = [{"line": order.lines.get().pk, "accepted": 12}]
    refused = post(client, "goods-receipt-list", order, key="note-0001", lines=rows)
    assert (refused.status_code, refused.json()["code"]) == (409, "over_receipt")
    assert not GoodsReceipt.objects.exists()
    kept = post(
        client, "goods-receipt-list", order, key="note-0001", lines=rows, takes_surplus=True
    )
    assert kept.status_code == 201


def test_what_was_brought_by_hand_is_marked_as_sent_and_may_be_cancelled() -> None:
    client = make_staff_client()
    order = make_purchase_order(lines={make_offer(): 10}, status="approved")
    assert post(client, "purchase-order-send", order, by="hand").json()["status"] == "sent"
    assert not Email.objects.exists()
    told = post(client, "purchase-order-cancel", order, reason="too dear").json()
    assert told["status"] == "cancelled"
    refused = post(client, "purchase-order-cancel", order)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed_now")


def test_two_tokens_of_one_person_are_one_person() -> None:
    ReplenishmentSettings.objects.create(pk=1, second_approval_from_minor=1)
    person = make_staff(is_superuser=True)
    order = make_purchase_order(lines={make_offer(): 10})
    clients = [make_client(person, "purchasing:write") for _token in range(2)]
    told = post(clients[0], "purchase-order-approve", order).json()
    assert (told["status"], told["awaits_second_person"]) == ("draft", True)
    refused = post(clients[1], "purchase-order-approve", order)
    assert (refused.status_code, refused.json()["code"]) == (409, "second_person_needed")
    assert post(make_staff_client(), "purchase-order-approve", order).json()["status"] == "approved"


@pytest.mark.parametrize("step", ["send", "acknowledge", "cancel", "close", "approve"])
def test_fields_that_nobody_knows_are_refused(step: str) -> None:
    order = make_purchase_order(lines={make_offer(): 10}, status="sent")
    answer = post(make_staff_client(), f"purchase-order-{step}", order, wrong="x")
    assert answer.status_code == 400
    order.refresh_from_db()
    assert order.status == "sent"
