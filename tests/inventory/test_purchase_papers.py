"""The order as the supplier gets it."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from inventory.errors import NoSupplierAddressError, NotAllowedNowError
from inventory.models import PurchaseOrder
from inventory.services import purchasing
from inventory.services.purchase_documents import draw_papers
from inventory.services.purchase_letters import letter_of
from inventory.tasks import send_purchase_order, sweep_unsent_purchase_orders
from learning.models import Decision
from outbox.models import Email
from tests.factories import make_offer, make_sku, make_staff, make_supplier
from tests.inventory.factories import make_purchase_order
from tests.orders.test_invoices import signs_in

pytestmark = pytest.mark.django_db


def make_approved(*, code: str = "AB-17", name: str = "", **supplier: Any) -> PurchaseOrder:
    sku = make_sku()
    if name:
        type(sku.product).objects.filter(pk=sku.product_id).update(name_en=name, name_zh_hans=name)
    offer = make_offer(
        sku=sku, supplier=make_supplier(**supplier), supplier_code=code, unit_cost_minor=1250
    )
    order = make_purchase_order(lines={offer: 24}, status="approved")
    return PurchaseOrder.objects.get(pk=order.pk)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_letter_brings_the_order_as_pdf_and_as_table_with_the_suppliers_codes() -> None:
    order = make_approved(language="en")
    purchasing.send_by_email(order, user=make_staff())
    assert order.status == PurchaseOrder.Status.SENT
    assert order.expected_on == timezone.localdate() + timedelta(days=7)
    letter = Email.objects.get()
    assert (letter.to, letter.reference) == (order.supplier.email, order.number)
    assert order.number in letter.subject
    assert "1 line for ¥300.00" in letter.text
    pdf, table = letter.attachments.order_by("-name")
    assert (pdf.name, table.name) == (f"{order.number}.pdf", f"{order.number}.csv")
    assert bytes(pdf.content or b"").startswith(b"%PDF-")
    (row,) = rows_of(bytes(table.content or b""))
    assert (row["supplier_code"], row["shop_code"]) == ("AB-17", order.lines.get().sku.code)
    assert (row["units"], row["unit_price"], row["amount"]) == ("24", "12.50", "300.00")
    assert row["expected_on"] == order.expected_on.isoformat()


def test_a_chinese_supplier_reads_chinese() -> None:
    order = make_approved(language="zh-hans", name="青花瓷盖碗")
    assert set("青花瓷盖碗采购单交货") <= signs_in(draw_papers(order).pdf)
    english = make_approved(language="en")
    assert "采" not in signs_in(draw_papers(english).pdf)
    purchasing.send_by_email(order)
    assert "采购单" in Email.objects.get().subject


@override_settings(SELLER_ADDRESS="1 Shop Street|Beijing")
def test_goods_go_to_the_warehouse_or_else_to_the_shop() -> None:
    order = make_approved(language="en")
    assert "津" not in signs_in(draw_papers(order).pdf)
    order.warehouse.address = "1 Harbour Lane\n天津"
    assert "津" in signs_in(draw_papers(order).pdf)


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A0", "+1", "@SUM(1)", "-2+3", "\t=1"])
def test_no_spreadsheet_runs_what_stands_in_the_table(text: str) -> None:
    order = make_approved(code=text, name=text)
    (row,) = rows_of(draw_papers(order).csv)
    assert row["supplier_code"] == f"'{text}"
    assert row["product"] == f"'{text}"


def test_a_long_order_goes_on_the_next_page() -> None:
    order = make_approved(name="A cup with a very long name " * 6)
    for _line in range(30):
        offer = make_offer(supplier=order.supplier, supplier_code="X" * 64)
        order.lines.create(
            sku=offer.sku, offer=offer, quantity=1_000_000, unit_cost_minor=99_999_999
        )
    pdf = draw_papers(order).pdf
    assert pdf.count(b"/Type /Page\n") >= 3


def test_the_letter_is_written_once_however_often_it_is_asked_for() -> None:
    order = make_approved()
    copy = PurchaseOrder.objects.get(pk=order.pk)
    purchasing.send_by_email(order)
    with pytest.raises(NotAllowedNowError):
        purchasing.send_by_email(copy)
    assert not send_purchase_order(order.pk)
    assert Email.objects.count() == Decision.objects.filter(action="send").count() == 1


def test_what_a_lost_job_left_is_found_by_the_sweep() -> None:
    order = make_approved()
    assert sweep_unsent_purchase_orders() == 1
    assert send_purchase_order(order.pk)
    assert sweep_unsent_purchase_orders() == 0
    letter = letter_of(order)
    assert letter is not None
    assert letter.state == Email.State.WAITING


def test_a_supplier_without_an_address_gets_it_by_hand() -> None:
    order = make_approved(email="")
    assert sweep_unsent_purchase_orders() == 0
    with pytest.raises(NoSupplierAddressError, match="Download the order"):
        purchasing.send_by_email(order)
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.APPROVED
    purchasing.send_purchase_order(order, user=make_staff())
    assert (order.status, letter_of(order)) == ("sent", None)


def test_a_supplier_who_has_the_order_is_told_that_it_is_called_off() -> None:
    order, by_hand, unsent = make_approved(), make_approved_again(), make_approved_again()
    purchasing.send_by_email(order)
    purchasing.send_purchase_order(by_hand)
    for one in (order, by_hand, unsent):
        purchasing.cancel_purchase_order(one, user=make_staff())
    letters = Email.objects.order_by("pk").values_list("kind", "reference")
    assert list(letters) == [
        ("purchase_order", order.number),
        ("purchase_order_cancelled", order.number),
    ]


def make_approved_again() -> PurchaseOrder:
    return make_purchase_order(lines={make_offer(): 3}, status="approved")
