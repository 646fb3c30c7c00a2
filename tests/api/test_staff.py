"""Stock, purchasing, orders and models for integrations."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ecomsite.api.models import IdempotentRequest
from ecomsite.api.services import idempotency
from inventory.models import GoodsReceipt, PurchaseOrder, StockLevel, StockMovement
from inventory.services import purchasing
from learning.models import ModelVersion
from orders.models import Order, Refund, Shipment
from tests.api.factories import make_client, make_staff_client
from tests.factories import (
    make_model_version,
    make_offer,
    make_order,
    make_sku,
    make_staff,
    make_stock_level,
)
from tests.inventory.factories import make_forecast, make_purchase_order
from tests.orders.factories import place_and_pay

pytestmark = pytest.mark.django_db


def post(client: Client, name: str, *args: Any, key: str = "", **body: Any) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return client.post(
        reverse(name, args=args), body, content_type="application/json", headers=headers
    )


def test_stock_is_read_and_adjusted_once() -> None:
    staff = make_staff(is_superuser=True)
    client = make_client(staff, "stock:read", "stock:write")
    make_stock_level(sku=make_sku(code="CUP"), on_hand=10, reserved=4)
    make_stock_level(sku=make_sku(code="POT"), on_hand=0)
    told = client.get(reverse("api:stock-level-list"), {"sku": "CUP"}).json()["results"]
    assert [(row["on_hand"], row["reserved"], row["available"]) for row in told] == [(10, 4, 6)]
    empty = client.get(reverse("api:stock-level-list"), {"sold_out": "1"}).json()["results"]
    assert [row["sku"] for row in empty] == ["POT"]
    first = post(
        client, "api:stock-movement-list", key="broken-01", sku="CUP", quantity=-2, note="broken"
    )
    again = post(
        client, "api:stock-movement-list", key="broken-01", sku="CUP", quantity=-2, note="broken"
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert StockLevel.objects.get(sku__code="CUP").on_hand == 8
    moved = StockMovement.objects.get(kind="adjustment")
    assert (moved.quantity, moved.note, moved.recorded_by) == (-2, "broken", staff)
    other = post(
        client, "api:stock-movement-list", key="broken-01", sku="CUP", quantity=-3, note="broken"
    )
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert StockLevel.objects.get(sku__code="CUP").on_hand == 8


@pytest.mark.parametrize("quantity", [0, 10**9, "１", "NaN", 1.5, True, None, "3"])
def test_what_is_no_quantity_moves_nothing(quantity: Any) -> None:
    make_stock_level(sku=make_sku(code="CUP"), on_hand=10)
    answer = post(
        make_staff_client(),
        "api:stock-movement-list",
        key="adjust-01",
        sku="CUP",
        quantity=quantity,
        note="x",
    )
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["quantity"]
    assert StockLevel.objects.get().on_hand == 10
    assert not IdempotentRequest.objects.exists()


def test_a_refused_adjustment_may_be_tried_again_with_its_key() -> None:
    client = make_staff_client()
    make_stock_level(sku=make_sku(code="CUP"), on_hand=3, reserved=2)
    for _attempt in range(2):
        refused = post(
            client, "api:stock-movement-list", key="gone-0001", sku="CUP", quantity=-2, note="x"
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    StockLevel.objects.update(reserved=0)
    done = post(
        client, "api:stock-movement-list", key="gone-0001", sku="CUP", quantity=-2, note="x"
    )
    assert done.status_code == 201
    assert StockLevel.objects.get().on_hand == 1


def test_writes_that_count_twice_need_a_key() -> None:
    client = make_staff_client()
    make_stock_level(sku=make_sku(code="CUP"), on_hand=3)
    for key in ("", "short", "with space in", "x" * 81):
        answer = post(
            client, "api:stock-movement-list", key=key, sku="CUP", quantity=1, note="found"
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert StockLevel.objects.get().on_hand == 3


def test_while_a_request_is_worked_on_its_repetition_waits_and_a_dead_one_is_taken_over() -> None:
    begun = idempotency.begin(key="key-00001", caller="user:1", route="POST /x", request_hash="a")
    assert isinstance(begun, IdempotentRequest)
    with pytest.raises(Exception, match="being worked on"):
        idempotency.begin(key="key-00001", caller="user:1", route="POST /x", request_hash="a")
    # Another caller and another address have keys of their own.
    other = idempotency.begin(key="key-00001", caller="user:2", route="POST /x", request_hash="a")
    assert isinstance(other, IdempotentRequest)
    IdempotentRequest.objects.filter(pk=begun.pk).update(
        heartbeat_at=timezone.now() - timedelta(minutes=3)
    )
    taken = idempotency.begin(key="key-00001", caller="user:1", route="POST /x", request_hash="a")
    assert isinstance(taken, IdempotentRequest)
    # Who was thought dead and comes back must not answer for who took over.
    idempotency.finish(request=begun, answer=idempotency.Answer(201, {"who": "first"}))
    idempotency.finish(request=taken, answer=idempotency.Answer(201, {"who": "second"}))
    known = idempotency.begin(key="key-00001", caller="user:1", route="POST /x", request_hash="a")
    assert known == idempotency.Answer(201, {"who": "second"})
    week = timezone.now() + timedelta(days=7, minutes=1)
    assert idempotency.purge_requests(now=week) == 2
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_adjustment_sent_eight_times_at_once_is_one() -> None:
    client = make_staff_client()
    make_stock_level(sku=make_sku(code="CUP"), on_hand=10)
    statuses: list[int] = []
    start = threading.Barrier(8)

    def adjust() -> None:
        start.wait()
        try:
            answer = post(
                client, "api:stock-movement-list", key="same-0001", sku="CUP", quantity=-1, note="x"
            )
            statuses.append(answer.status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=adjust) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert len(statuses) == 8
    assert StockLevel.objects.get().on_hand == 9


def test_a_purchase_order_is_approved_and_received() -> None:
    client = make_staff_client()
    order = make_purchase_order(lines={make_offer(): 5})
    listed = client.get(reverse("api:purchase-order-list"), {"status": "draft"}).json()["results"]
    assert [row["number"] for row in listed] == [order.number]
    told = client.get(reverse("api:purchase-order-detail", args=[order.number])).json()
    line = told["lines"][0]
    assert line["quantity"] == 5
    approved = post(client, "api:purchase-order-approve", order.number, reason="needed")
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    twice = post(client, "api:purchase-order-approve", order.number)
    assert (twice.status_code, twice.json()["code"]) == (409, "not_allowed_now")
    order.refresh_from_db()
    purchasing.send_purchase_order(order)
    arrival = {"line": line["id"], "accepted": line["quantity"] - 1, "damaged": 1}
    for _time in range(2):
        received = post(
            client,
            "api:goods-receipt-list",
            order.number,
            key="delivery-1",
            reference="DN 7",
            lines=[arrival],
        )
        assert received.status_code == 201
    assert received.json()["reference"] == "DN 7"
    assert GoodsReceipt.objects.count() == 1
    level = StockLevel.objects.get(sku__code=line["sku"])
    assert level.on_hand == line["quantity"] - 1
    strange = post(
        client,
        "api:goods-receipt-list",
        order.number,
        key="delivery-2",
        lines=[{"line": line["id"] + 1000, "accepted": 1}],
    )
    assert (strange.status_code, list(strange.json()["fields"])) == (400, ["lines"])


def test_forecasts_of_one_sku() -> None:
    forecast = make_forecast()
    told = (
        make_staff_client()
        .get(reverse("api:forecast-list"), {"sku": forecast.sku.code})
        .json()["results"]
    )
    assert [(row["sku"], row["units"]) for row in told] == [(forecast.sku.code, forecast.units)]


def test_an_order_is_shipped_once_and_a_part_refunded() -> None:
    client = make_staff_client()
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 3})
    line = order.lines.get()
    for _time in range(2):
        sent = post(
            client,
            "api:staff-shipment-list",
            order.number,
            key="parcel-01",
            carrier="SF",
            tracking_number="SF123",
            lines=[{"line": line.pk, "quantity": 2}],
        )
        assert sent.status_code == 201
    assert Shipment.objects.count() == 1
    assert StockLevel.objects.get().on_hand == 8
    told = client.get(reverse("api:staff-order-detail", args=[order.number])).json()
    assert told["status"] == "part_shipped"
    assert [row["tracking_number"] for row in told["shipments"]] == ["SF123"]
    more = post(
        client,
        "api:staff-shipment-list",
        order.number,
        key="parcel-02",
        lines=[{"line": line.pk, "quantity": 2}],
    )
    assert (more.status_code, more.json()["code"]) == (409, "wrong_units")
    refund = post(
        client, "api:staff-refund-list", order.number, key="refund-01", amount_minor=10**9
    )
    assert (refund.status_code, refund.json()["code"]) == (409, "refund_too_large")
    assert not Refund.objects.exists()


def test_orders_are_narrowed_and_walked_at_a_constant_cost(
    django_assert_num_queries: Any,
) -> None:
    client = make_staff_client()
    for number in range(7):
        make_order(status="paid" if number % 2 else "placed", email=f"a{number}@example.org")
    client.get(reverse("api:staff-order-list"))
    seen: list[str] = []
    query: dict[str, Any] = {"size": "3"}
    for _page in range(3):
        # The token with its person, and the page.
        with django_assert_num_queries(2):
            told = client.get(reverse("api:staff-order-list"), query).json()
        seen += [row["email"] for row in told["results"]]
        query["cursor"] = told["next_cursor"]
    assert seen == [f"a{number}@example.org" for number in (6, 5, 4, 3, 2, 1, 0)]
    assert query["cursor"] is None
    paid = client.get(reverse("api:staff-order-list"), {"status": "paid"}).json()["results"]
    assert len(paid) == 3
    day = {"placed_from": "2026-03-02", "placed_until": "2026-03-02"}
    assert len(client.get(reverse("api:staff-order-list"), day).json()["results"]) == 7
    day = {"placed_from": "2026-03-03"}
    assert client.get(reverse("api:staff-order-list"), day).json()["results"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "-1"},
        {"cursor": "\x00"},
        {"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5"},
        {"size": "0"},
        {"size": "1000000000"},
        {"size": "１"},
        {"status": "lost"},
        {"email": "\x00"},
        {"email": "x" * 100_000},
        {"placed_from": "0001-01-01"},
        {"placed_until": "9999-12-31"},
        {"placed_from": "NaN"},
    ],
    ids=str,
)
def test_nonsense_in_the_address_of_a_list_is_refused(query: dict[str, str]) -> None:
    answer = make_staff_client().get(reverse("api:staff-order-list"), query)
    assert answer.status_code == 400


def test_a_version_that_failed_its_gate_is_not_published() -> None:
    client = make_staff_client()
    rejected = make_model_version(status=ModelVersion.Status.REJECTED)
    answer = post(client, "api:model-version-publish", rejected.pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_publishable")
    rejected.refresh_from_db()
    assert rejected.status == "rejected"
    listed = client.get(reverse("api:model-version-list"), {"status": "rejected"}).json()
    assert [row["id"] for row in listed["results"]] == [rejected.pk]
    assert client.get(reverse("api:model-version-list"), {"status": "active"}).json() == {
        "results": [],
        "next_cursor": None,
    }


def test_decisions_say_who_and_what() -> None:
    order = make_purchase_order(lines={make_offer(): 5})
    person = make_staff(username="buyer")
    purchasing.approve_purchase_order(order, user=person, reason="needed")
    told = (
        make_staff_client()
        .get(reverse("api:decision-list"), {"action": "approve"})
        .json()["results"]
    )
    assert [(row["user"], row["subject"], row["subject_kind"], row["reason"]) for row in told] == [
        ("buyer", order.number, "purchaseorder", "needed")
    ]
    assert PurchaseOrder.objects.get().status == "approved"
    assert Order.objects.count() == 0
