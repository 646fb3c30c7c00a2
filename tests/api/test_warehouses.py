"""Batches, transfers and counts for programs of the warehouse."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import StockCount, StockLevel, StockTransfer
from inventory.services import counting, stock
from inventory.services.stock import BatchLabel
from tests.api.factories import make_client, make_staff_client
from tests.factories import A_DAY, make_sku, make_staff, make_stock_level, make_warehouse

pytestmark = pytest.mark.django_db


def post(client: Client, name: str, *args: Any, key: str = "", **body: Any) -> Any:
    return client.post(
        reverse(f"api:{name}", args=args),
        body,
        content_type="application/json",
        headers={"idempotency-key": key} if key else {},
    )


def on_hand() -> dict[str, int]:
    return dict(StockLevel.objects.values_list("warehouse__code", "on_hand"))


def test_a_transfer_goes_its_way_through_the_api() -> None:
    client = make_staff_client()
    sku = make_sku(code="CUP", barcode="4006381333931")
    make_stock_level(sku=sku, on_hand=10, warehouse=make_warehouse(code="north"))
    make_warehouse(code="south")
    body: Any = {
        "source": "north",
        "target": "south",
        "lines": [{"sku": "4006381333931", "quantity": 4}],
    }
    drafted = post(client, "stock-transfer-list", key="transfer-1", **body)
    again = post(client, "stock-transfer-list", key="transfer-1", **body)
    assert (drafted.status_code, again.json()) == (201, drafted.json())
    transfer = StockTransfer.objects.get()
    sent = post(client, "stock-transfer-send", transfer.number)
    assert (sent.json()["status"], on_hand()) == ("sent", {"north": 6})
    line = sent.json()["lines"][0]
    short = post(
        client,
        "stock-transfer-receive",
        transfer.number,
        lines=[{"line": line["id"], "quantity": 3}],
    )
    assert (short.status_code, short.json()["code"]) == (409, "short_receipt")
    done = post(
        client,
        "stock-transfer-receive",
        transfer.number,
        lines=[{"line": line["id"], "quantity": 3}],
        reason="broken",
    )
    assert (done.json()["status"], on_hand()) == ("received", {"north": 6, "south": 3})
    told = client.get(reverse("api:stock-transfer-list"), {"status": "received"}).json()["results"]
    assert [(row["number"], row["lines"][0]["quantity_received"]) for row in told] == [
        (transfer.number, 3)
    ]
    page = client.get(reverse("api:stock-transfer-detail", args=[transfer.number]))
    assert page.json() == told[0]


def test_a_draft_with_an_unknown_sku_leaves_nothing_behind() -> None:
    make_warehouse(code="north")
    make_warehouse(code="south")
    answer = post(
        make_staff_client(),
        "stock-transfer-list",
        key="transfer-1",
        source="north",
        target="south",
        lines=[{"sku": "NOBODY", "quantity": 4}],
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_sku")
    assert not StockTransfer.objects.exists()


def test_a_scanner_counts_without_being_told_the_books() -> None:
    client = make_staff_client()
    level = make_stock_level(sku=make_sku(code="CUP"), on_hand=10)
    count = counting.start_count(
        kind=StockCount.Kind.FULL, warehouse=level.warehouse, user=make_staff()
    )
    sheet = client.get(reverse("api:stock-count-detail", args=[count.number])).json()
    assert [row["sku"] for row in sheet["lines"]] == ["CUP"]
    assert "quantity_expected" not in sheet["lines"][0]
    far = post(client, "stock-count-line-list", count.number, key="count-01", sku="CUP", quantity=2)
    assert (far.json()["quantity_first"], far.json()["quantity_counted"]) == (2, None)
    fine = post(
        client, "stock-count-line-list", count.number, key="count-02", sku="cup", quantity=10
    )
    assert (fine.status_code, fine.json()["quantity_counted"]) == (201, 10)
    counting.close_count(count, user=make_staff())
    late = post(
        client, "stock-count-line-list", count.number, key="count-03", sku="CUP", quantity=1
    )
    assert (late.status_code, late.json()["code"]) == (409, "step_not_allowed")
    told = client.get(reverse("api:stock-count-list"), {"status": "counted"}).json()["results"]
    assert [row["number"] for row in told] == [count.number]


def test_batches_are_told_with_their_expiry_and_movements_with_their_batch() -> None:
    client = make_staff_client()
    sku = make_sku(code="TEA")
    stock.receive_stock(sku_id=sku.pk, quantity=4, key="a", batch=BatchLabel("B1", A_DAY))
    (batch,) = client.get(
        reverse("api:stock-batch-list"), {"expires_until": A_DAY.isoformat()}
    ).json()["results"]
    assert (batch["code"], batch["sku"], batch["on_hand"]) == ("B1", "TEA", 4)
    assert client.get(reverse("api:stock-batch-list"), {"sku": "CUP"}).json()["results"] == []
    (moved,) = client.get(reverse("api:stock-movement-list")).json()["results"]
    assert moved["batch"] == "B1"


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("stock-batch-list", []),
        ("stock-transfer-list", []),
        ("stock-transfer-detail", ["T1"]),
        ("stock-count-list", []),
        ("stock-count-detail", ["C1"]),
    ],
)
def test_a_token_reads_only_what_its_person_may(name: str, args: list[str]) -> None:
    nobody = make_client(make_staff(), "stock:read", "stock:write")
    assert nobody.get(reverse(f"api:{name}", args=args)).status_code == 403
    other = make_staff_client("orders:read")
    assert other.get(reverse(f"api:{name}", args=args)).status_code == 403


@pytest.mark.parametrize("name", ["stock-transfer-send", "stock-transfer-receive"])
def test_a_token_moves_nothing_that_its_person_may_not(name: str) -> None:
    nobody = make_client(make_staff(), "stock:read", "stock:write")
    assert post(nobody, name, "T1").status_code == 403
    assert post(nobody, "stock-count-line-list", "C1", key="count-01").status_code == 403
