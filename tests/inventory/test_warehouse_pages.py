"""What staff do and read on the pages of transfers, counts, batches, labels and reports."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ecomsite.backoffice import roles
from inventory.models import StockBatch, StockCount, StockLevel, StockMovement, StockTransfer
from inventory.services import counting, expiry, purchasing, stock
from inventory.services.purchasing import Arrival
from inventory.services.stock import BatchLabel, StockRequest
from tests.backoffice.factories import make_member
from tests.factories import (
    make_offer,
    make_product,
    make_sku,
    make_staff,
    make_stock_level,
    make_user,
    make_warehouse,
)
from tests.inventory.factories import make_purchase_order
from tests.inventory.test_labels import photo_of

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
NO_NUMBERS = ["", "1,5", "-1", "１２", "ten", "1000001"]


@pytest.fixture
def manager(client: Client) -> Any:
    person = make_member(roles.MANAGER)
    client.force_login(person)
    return person


def press(client: Client, name: str, *args: int, **fields: Any) -> list[str]:
    """Push a button; returns its messages, without those that nobody read before."""
    client.cookies.pop("messages", None)
    answer = client.post(reverse(f"admin:inventory_{name}", args=args), fields, headers=ENGLISH)
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)]


def make_draft(client: Client) -> StockTransfer:
    level = make_stock_level(on_hand=10, sku=make_sku(code="CUP", barcode="4006381333931"))
    target = make_warehouse()
    page = reverse("admin:inventory_stocktransfer_add")
    answer = client.post(page, {"source": level.warehouse.pk, "target": target.pk})
    assert answer.status_code == 302
    return StockTransfer.objects.get()


@pytest.mark.usefixtures("manager")
def test_a_transfer_is_scanned_sent_and_unpacked(client: Client) -> None:
    transfer = make_draft(client)
    change = reverse("admin:inventory_stocktransfer_change", args=[transfer.pk])
    shown = client.get(change, {"scan": "4006381333931"}).context["transfer_page"]
    assert (shown.scan.sku.code, shown.found.free, shown.found.quantity) == ("CUP", 10, 1)
    press(client, "stocktransfer_line", transfer.pk, sku="CUP", quantity="4")
    # Each scan of the same goods offers one more.
    assert client.get(change, {"scan": "CUP"}).context["transfer_page"].found.quantity == 5
    press(client, "stocktransfer_send", transfer.pk)
    line = transfer.lines.get()
    said = press(client, "stocktransfer_receive", transfer.pk, **{f"arrived_{line.pk}": "3"})
    assert said == ["4 of CUP left and 3 arrived: say why."]
    press(
        client,
        "stocktransfer_receive",
        transfer.pk,
        reason="one broke",
        **{f"arrived_{line.pk}": "3"},
    )
    assert dict(StockLevel.objects.values_list("warehouse", "on_hand")) == {
        transfer.source_id: 6,
        transfer.target_id: 3,
    }
    assert client.get(change).status_code == 200


@pytest.mark.usefixtures("manager")
@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_what_is_no_number_moves_nothing(client: Client, typed: str) -> None:
    transfer = make_draft(client)
    assert (
        "whole number"
        in press(client, "stocktransfer_line", transfer.pk, sku="CUP", quantity=typed)[0]
    )
    assert not transfer.lines.exists()


@pytest.mark.usefixtures("manager")
def test_an_unknown_code_is_said_and_nothing_is_written_on_looking(client: Client) -> None:
    transfer = make_draft(client)
    change = reverse("admin:inventory_stocktransfer_change", args=[transfer.pk])
    page = client.get(change, {"scan": "<b>x</b>"}, headers=ENGLISH)
    assert page.context["transfer_page"].scan.refusal == "Nothing is known by “<b>x</b>”."
    assert "<b>x</b>" not in page.content.decode()
    for step in ("line", "send", "receive", "cancel", "scan"):
        client.get(reverse(f"admin:inventory_stocktransfer_{step}", args=[transfer.pk]))
    transfer.refresh_from_db()
    assert transfer.status == "draft"


@pytest.mark.usefixtures("manager")
def test_a_photo_of_a_label_finds_the_goods(client: Client) -> None:
    transfer = make_draft(client)
    scan = reverse("admin:inventory_stocktransfer_scan", args=[transfer.pk])
    answer = client.post(scan, {"photo": photo_of("CUP")})
    assert answer.headers["Location"].endswith("/change/?scan=CUP")
    assert press(client, "stocktransfer_scan", transfer.pk) == [
        "No barcode can be read on this picture: go closer, and avoid reflections."
    ]


def test_a_sheet_is_counted_closed_and_approved_by_somebody_else(client: Client) -> None:
    counter, manager = make_member(roles.BUYER), make_member(roles.MANAGER)
    level = make_stock_level(on_hand=20, sku=make_sku(code="CUP"))
    make_stock_level(on_hand=5, warehouse=level.warehouse, sku=make_sku(code="POT"))
    client.force_login(counter)
    page = reverse("admin:inventory_stockcount_add")
    client.post(page, {"kind": "full", "warehouse": level.warehouse.pk, "most": 20})
    count = StockCount.objects.get()
    cup, pot = count.lines.order_by("sku__code")
    said = press(
        client, "stockcount_lines", count.pk, **{f"units_{cup.pk}": "12", f"units_{pot.pk}": ""}
    )
    assert said == ["Far from the books, please count again: CUP.", "Noted."]
    change = reverse("admin:inventory_stockcount_change", args=[count.pk])
    shown = client.get(change, {"scan": "cup"}, headers=ENGLISH)
    assert [line.pk for line in shown.context["count_page"].found] == [cup.pk]
    assert "by the books" not in shown.content.decode()
    press(client, "stockcount_lines", count.pk, **{f"units_{cup.pk}": "12"})
    assert press(client, "stockcount_close", count.pk) == [
        f"1 line of {count.number} is still to be counted."
    ]
    press(client, "stockcount_lines", count.pk, **{f"units_{pot.pk}": "5"})
    press(client, "stockcount_close", count.pk)
    approve = reverse("admin:inventory_stockcount_approve", args=[count.pk])
    assert client.post(approve).status_code == 403
    client.force_login(manager)
    rows = client.get(change).context["count_page"].rows
    assert [(row.line.sku.code, row.gap) for row in rows] == [("CUP", "-8")]
    stock.reserve_stock([StockRequest(level.sku_id, 15)], owner="order:7")
    (refused,) = press(client, "stockcount_approve", count.pk)
    assert "order:7" in refused
    stock.release_stock(owner="order:7")
    press(client, "stockcount_approve", count.pk)
    assert StockMovement.objects.get(kind="count").quantity == -8
    assert client.get(change).status_code == 200


def test_a_manager_who_counted_is_not_offered_to_approve(client: Client, manager: Any) -> None:
    level = make_stock_level(on_hand=20)
    count = counting.start_count(
        kind=StockCount.Kind.FULL, warehouse=level.warehouse, user=make_staff()
    )
    counting.record_line(count.lines.select_related("count").get(), units=19, user=manager)
    counting.close_count(count, user=manager)
    change = reverse("admin:inventory_stockcount_change", args=[count.pk])
    assert client.get(change).context["count_page"].is_own
    (said,) = press(client, "stockcount_approve", count.pk)
    assert "somebody else must approve" in said
    assert StockLevel.objects.get().on_hand == 20


@pytest.mark.usefixtures("manager")
def test_what_is_not_on_the_sheet_is_offered_to_be_counted(client: Client) -> None:
    level = make_stock_level(on_hand=3)
    make_sku(code="FOUND")
    count = counting.start_count(
        kind=StockCount.Kind.FULL, warehouse=level.warehouse, user=make_staff()
    )
    change = reverse("admin:inventory_stockcount_change", args=[count.pk])
    assert (
        "It is not on this sheet."
        in client.get(change, {"scan": "FOUND"}, headers=ENGLISH).content.decode()
    )
    press(client, "stockcount_add", count.pk, sku="FOUND")
    assert count.lines.count() == 2


@pytest.mark.usefixtures("manager")
def test_expired_batches_are_listed_and_written_off(client: Client) -> None:
    sku, today = make_sku(), timezone.localdate()
    for code, days in (("old", -1), ("soon", 6), ("late", 60)):
        stock.receive_stock(
            sku_id=sku.pk,
            quantity=5,
            key=code,
            batch=BatchLabel(code, today + timedelta(days=days)),
        )
    expiry.hold_back_expired()
    page = reverse("admin:inventory_stockbatch_changelist")

    def listed(**query: Any) -> list[str]:
        return [row.code for row in client.get(page, query).context["cl"].result_list]

    assert listed() == ["old", "soon", "late"]
    assert listed(days=0) == ["old"]
    assert listed(days=6) == listed(days=7) == ["old", "soon"]
    assert listed(days="x") == listed(days=99999) == ["old", "soon", "late"]
    ids = list(StockBatch.objects.values_list("pk", flat=True))
    client.post(page, {"action": "write_off_selected", "_selected_action": ids})
    assert listed() == ["soon", "late"]
    assert [row.code for row in client.get(page, {"lying": "all"}).context["cl"].result_list] == [
        "old",
        "soon",
        "late",
    ]
    assert StockLevel.objects.get().on_hand == 10


def test_a_buyer_writes_nothing_off(client: Client) -> None:
    stock.receive_stock(
        sku_id=make_sku().pk,
        quantity=5,
        key="a",
        batch=BatchLabel("old", timezone.localdate() - timedelta(days=1)),
    )
    client.force_login(make_member(roles.BUYER))
    client.post(
        reverse("admin:inventory_stockbatch_changelist"),
        {"action": "write_off_selected", "_selected_action": [StockBatch.objects.get().pk]},
    )
    assert StockLevel.objects.get().on_hand == 5


@pytest.mark.usefixtures("manager")
def test_labels_are_made_of_what_a_list_brought_along(client: Client) -> None:
    level = make_stock_level(on_hand=3, sku=make_sku(code="CUP"))
    answer = client.post(
        reverse("admin:inventory_stocklevel_changelist"),
        {"action": "print_labels", "_selected_action": [level.pk]},
        follow=True,
    )
    form = answer.context["form"]
    assert form["rows"].value() == "CUP 1"
    page = reverse("admin:inventory_labels")
    fields = {"rows": "CUP 3\n", "layout": "single", "others": "qr"}
    made = client.post(page, fields)
    assert made.headers["Content-Type"] == "application/pdf"
    assert made.content.startswith(b"%PDF-")
    for rows in ("NOBODY 3", "CUP 999", "\n".join(["CUP"] * 201)):
        refused = client.post(page, {**fields, "rows": rows}, headers=ENGLISH)
        assert refused.context["form"].errors["rows"]


@pytest.mark.usefixtures("manager")
@pytest.mark.parametrize("name", ["value", "dead", "turnover", "cover"])
def test_a_report_takes_few_statements_and_forgives_its_address(
    client: Client, name: str, django_assert_max_num_queries: Any
) -> None:
    def fill(n_skus: int) -> None:
        for _ in range(n_skus):
            sku = make_sku(product=make_product(name_en="=1+1"))
            stock.receive_stock(
                sku_id=sku.pk,
                quantity=5,
                key=f"in:{sku.pk}",
                unit_cost_minor=150,
                occurred_at=timezone.now() - timedelta(days=400),
            )

    fill(60)
    page = reverse("admin:inventory_report", args=[name])
    client.get(page)
    with django_assert_max_num_queries(15):
        shown = client.get(page)
    assert len(shown.context["page"].rows) == 50
    assert len(client.get(page, {"p": 2}).context["page"].rows) == 10
    strange = {"warehouse": "x", "days": "-4", "on": "2026-99-99", "worth": "Q", "p": "x"}
    assert client.get(page, strange).status_code == 200
    answer = client.get(page, {"export": "csv"}, headers=ENGLISH)
    told = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(told)))
    assert len(rows) == 61
    assert {row[1] for row in rows[1:]} == {"'=1+1"}


def test_pages_of_the_warehouse_are_for_those_who_may_see_them(client: Client) -> None:
    pages = [
        reverse(f"admin:inventory_{name}")
        for name in (
            "stocktransfer_changelist",
            "stocktransfer_add",
            "stockcount_changelist",
            "stockcount_add",
            "stockbatch_changelist",
            "labels",
            "reports",
        )
    ]
    for role, status in (
        (roles.MANAGER, 200),
        (roles.BUYER, 200),
        (roles.SUPPORT_AGENT, 403),
        (roles.CATALOGUE_EDITOR, 403),
    ):
        client.force_login(make_member(role))
        assert [client.get(page).status_code for page in pages] == [status] * len(pages), role
    client.force_login(make_user())
    assert {client.get(page).status_code for page in pages} == {302}


@pytest.mark.usefixtures("manager")
def test_at_the_gate_only_what_was_scanned_is_booked(client: Client) -> None:
    cup = make_offer(sku=make_sku(code="CUP", barcode="4006381333931"))
    pot = make_offer(sku=make_sku(code="POT"), supplier=cup.supplier)
    order = make_purchase_order(lines={cup: 20, pot: 5}, status="sent")
    change = reverse("admin:inventory_purchaseorder_change", args=[order.pk])
    page = client.get(change, {"scan": "4006381333931"}).context["order_page"]
    assert [row.line.sku.code for row in page.rows] == ["CUP"]
    assert client.get(change, {"scan": "x"}).context["order_page"].scan.refusal
    scan = reverse("admin:inventory_purchaseorder_scan", args=[order.pk])
    answer = client.post(scan, {"photo": photo_of("POT")})
    assert answer.headers["Location"] == f"{change}?scan=POT"
    client.force_login(make_member(roles.SUPPORT_AGENT))
    assert client.post(scan, {"photo": photo_of("POT")}).status_code == 403


@pytest.mark.usefixtures("manager")
def test_labels_are_offered_for_what_arrived(client: Client) -> None:
    cup = make_offer(sku=make_sku(code="CUP"))
    order = make_purchase_order(lines={cup: 20}, status="sent")
    line = order.lines.get()
    receipt = purchasing.receive_goods(
        order, arrivals=[Arrival(line_id=line.pk, accepted=12)], key="note-1"
    )
    page = client.get(reverse("admin:inventory_goodsreceipt_change", args=[receipt.pk]))
    address = f"{reverse('admin:inventory_labels')}?receipt={receipt.pk}"
    assert address in page.content.decode()
    assert client.get(address).context["form"]["rows"].value() == "CUP 12"


@pytest.mark.usefixtures("manager")
@pytest.mark.parametrize("key", ["9" * 400, "9" * 30, "１", "x"], ids=["400", "30", "wide", "x"])
def test_a_key_that_no_row_has_breaks_nothing(client: Client, key: str) -> None:
    level = make_stock_level(on_hand=3)
    count = counting.start_count(
        kind=StockCount.Kind.FULL, warehouse=level.warehouse, user=make_staff()
    )
    press(client, "stockcount_lines", count.pk, page=key, **{f"units_{key}": "3"})
    press(client, "stockcount_again", count.pk, line=key)
    transfer = make_draft(client)
    press(client, "stocktransfer_line", transfer.pk, sku="CUP", quantity="1", batch=key)
    assert not transfer.lines.exists()
    for name in ("receipt", "transfer", "sku"):
        assert client.get(reverse("admin:inventory_labels"), {name: key}).status_code == 200
    assert count.lines.to_be_counted().count() == 1
