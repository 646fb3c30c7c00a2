"""What staff type and read on the pages of purchase orders."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ecomsite.backoffice.dashboard.purchasing import read_drafts, read_shortages
from inventory.models import GoodsReceipt, GoodsReceiptLine, PurchaseOrder, StockLevel
from tests.factories import make_offer, make_user
from tests.inventory.factories import make_purchase_order, make_replenished_sku

pytestmark = pytest.mark.django_db

NO_NUMBERS = ["1,000", "12.5", "-6", "１２", "1e3", "ten", "99999999999999999999", "1000001"]


@pytest.fixture
def buyer(client: Client) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))


def press(client: Client, step: str, *args: int, **fields: Any) -> list[str]:
    """Push a button of an order's page; returns the messages."""
    address = reverse(f"admin:inventory_purchaseorder_{step}", args=args)
    answer = client.post(address, fields, headers={"accept-language": "en"})
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.mark.usefixtures("buyer")
@pytest.mark.parametrize("typed", NO_NUMBERS)
@pytest.mark.parametrize("field", ["accepted", "damaged"])
def test_a_delivery_with_what_is_no_number_is_refused_whole(
    client: Client, field: str, typed: str
) -> None:
    one = make_offer()
    order = make_purchase_order(
        lines={one: 2000, make_offer(supplier=one.supplier): 2000}, status="sent"
    )
    first, second = order.lines.values_list("pk", flat=True)
    said = press(
        client, "receive", order.pk, **{f"accepted_{first}": "5", f"{field}_{second}": typed}
    )
    assert said == [f"“{typed}” is not a whole number of units."]
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.SENT
    assert not GoodsReceipt.objects.exists()
    assert not StockLevel.objects.exists()


@pytest.mark.usefixtures("buyer")
@pytest.mark.parametrize("typed", ["", "0", " "])
def test_a_delivery_of_nothing_is_refused(client: Client, typed: str) -> None:
    order = make_purchase_order(lines={make_offer(): 20}, status="sent")
    said = press(client, "receive", order.pk, **{f"accepted_{order.lines.get().pk}": typed})
    assert said == [f"Nothing of {order.number} arrived: no units were given."]
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.SENT


@pytest.mark.usefixtures("buyer")
@pytest.mark.parametrize("typed", [*NO_NUMBERS, ""])
def test_a_decision_with_what_is_no_number_is_refused(client: Client, typed: str) -> None:
    order = make_purchase_order(lines={make_offer(): 20})
    said = press(client, "lines", order.pk, order.lines.get().pk, quantity=typed, decision="order")
    assert said == [f"“{typed}” is not a whole number of units."]
    line = order.lines.get()
    assert (line.status, line.quantity) == ("proposed", 20)


def make_part_rejected_order(*, status: str) -> PurchaseOrder:
    """7 units at ¥10 to order, and 90 that were rejected."""
    kept = make_replenished_sku(units=280.0)
    rejected = make_replenished_sku(units=280.0, offer={"supplier": kept.supplier})
    order = make_purchase_order(lines={kept: 7, rejected: 90}, status=status)
    order.lines.filter(sku=rejected.sku).update(status="rejected")
    return order


@pytest.mark.usefixtures("buyer")
def test_what_was_rejected_is_neither_counted_nor_paid_for(client: Client) -> None:
    order = make_part_rejected_order(status="draft")
    row: Any = PurchaseOrder.objects.with_totals().get()
    assert (row.n_lines, row.n_units, row.cost_minor) == (1, 7, 7000)
    listed = client.get(reverse("admin:inventory_purchaseorder_changelist"), {"q": order.number})
    (row,) = listed.context["cl"].result_list
    assert (row.n_lines, row.n_units, row.cost_minor) == (1, 7, 7000)
    page = client.get(reverse("admin:inventory_purchaseorder_change", args=[order.pk]))
    shown = page.context["order_page"]
    assert (shown.n_lines, shown.units, shown.total) == (1, 7, "¥70.00")
    assert len(shown.rows) == 2
    (draft,) = read_drafts()
    assert (draft.n_lines, draft.cost) == ("1", "¥70.00")
    assert [reason.split(":")[0] for reason in draft.reasons] == [
        str(line.sku) for line in order.lines.wanted()
    ]


@pytest.mark.usefixtures("buyer")
def test_a_search_for_a_sku_does_not_change_the_sums(client: Client) -> None:
    order = make_part_rejected_order(status="draft")
    code = order.lines.wanted().get().sku.code
    listed = client.get(reverse("admin:inventory_purchaseorder_changelist"), {"q": code})
    (row,) = listed.context["cl"].result_list
    assert (row.n_units, row.cost_minor) == (7, 7000)


def test_an_order_without_a_line_that_counts_costs_nothing() -> None:
    order = make_purchase_order(lines={make_offer(): 7})
    order.lines.update(status="rejected")
    row: Any = PurchaseOrder.objects.with_totals().get()
    assert (row.n_lines, row.n_units, row.cost_minor) == (0, 0, 0)


def test_what_was_rejected_is_not_on_its_way() -> None:
    order = make_part_rejected_order(status="sent")
    assert {row.code: row.on_order for row in read_shortages()} == {
        line.sku.code: "0" if line.status == "rejected" else "7" for line in order.lines.all()
    }


@pytest.mark.usefixtures("buyer")
def test_every_step_of_an_order_is_a_button(client: Client) -> None:
    order = make_purchase_order(lines={make_offer(): 20})
    line = order.lines.get()
    said = press(client, "approve", order.pk, seen_cost="20000")
    assert said == [f"{order.number} is approved; the letter to {order.supplier} is on its way."]
    press(client, "send", order.pk)
    press(client, "acknowledge", order.pk, reference="AB-1", promised_on="2030-01-31")
    order.refresh_from_db()
    assert (order.status, order.supplier_reference) == ("sent", "")
    soon = (timezone.localdate() + timedelta(days=3)).isoformat()
    press(client, "acknowledge", order.pk, reference="AB-1", promised_on=soon)
    fields = {
        f"accepted_{line.pk}": "12",
        f"cost_{line.pk}": "9.50",
        f"batch_{line.pk}": "B7",
        f"expires_{line.pk}": "2030-06-30",
    }
    press(client, "receive", order.pk, **fields)
    press(client, "close", order.pk, line.pk)
    order.refresh_from_db()
    assert (order.status, order.supplier_reference) == ("received", "AB-1")
    booked = GoodsReceiptLine.objects.get()
    assert (booked.quantity_accepted, booked.unit_cost_minor) == (12, 950)
    assert booked.batch is not None
    assert booked.batch.expires_on == date(2030, 6, 30)


@pytest.mark.usefixtures("buyer")
@pytest.mark.parametrize("typed", ["9.505", "-1", "1e3", "９", "ten"])
def test_a_cost_that_is_no_amount_books_nothing(client: Client, typed: str) -> None:
    order = make_purchase_order(lines={make_offer(): 20}, status="sent")
    line = order.lines.get().pk
    said = press(client, "receive", order.pk, **{f"accepted_{line}": "1", f"cost_{line}": typed})
    assert said == [f"“{typed}” is not an amount of money."]
    assert not GoodsReceipt.objects.exists()


@pytest.mark.usefixtures("buyer")
@pytest.mark.parametrize("typed", ["31/12/2030", "2030-02-30", "soon"])
def test_an_expiry_that_is_no_day_books_nothing(client: Client, typed: str) -> None:
    order = make_purchase_order(lines={make_offer(): 20}, status="sent")
    line = order.lines.get().pk
    said = press(client, "receive", order.pk, **{f"accepted_{line}": "1", f"expires_{line}": typed})
    assert said == [f"“{typed}” is not a day."]
    assert not GoodsReceipt.objects.exists()


@pytest.mark.usefixtures("buyer")
def test_the_files_for_the_supplier_can_be_downloaded_once_it_is_approved(client: Client) -> None:
    order = make_purchase_order(lines={make_offer(): 20})
    address = reverse("admin:inventory_purchaseorder_papers", args=[order.pk, "pdf"])
    assert client.get(address).status_code == 404
    PurchaseOrder.objects.update(status="approved")
    assert client.get(address).content.startswith(b"%PDF-")
    table = client.get(reverse("admin:inventory_purchaseorder_papers", args=[order.pk, "csv"]))
    assert table.headers["Content-Disposition"] == f'attachment; filename="{order.number}.csv"'
    other = reverse("admin:inventory_purchaseorder_papers", args=[order.pk, "exe"])
    assert client.get(other).status_code == 404
