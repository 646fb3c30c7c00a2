"""Staff pages of stock, purchasing, orders and imports."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from customers.models import User
from inventory.models import (
    DemandDay,
    DemandForecast,
    GoodsReceipt,
    PurchaseOrder,
    PurchaseOrderLine,
    StockLevel,
    StockMovement,
)
from learning.models import Decision, Proposal
from orders.models import Order, OrderImport, OrderLine
from tests.factories import (
    A_DAY,
    make_demand_day,
    make_offer,
    make_order,
    make_sku,
    make_stock_level,
    make_supplier,
    make_user,
    make_warehouse,
)

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
APPS = {"inventory", "orders", "insights", "recommendations"}


@pytest.fixture
def owner(client: Client) -> User:
    user = make_user(username="owner", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def make_draft(*, lines: int = 2) -> PurchaseOrder:
    warehouse = make_warehouse(is_default=True)
    order = PurchaseOrder.objects.create(
        number="PO-1", supplier=make_supplier(), warehouse=warehouse, drafted_as_of=A_DAY
    )
    for _line in range(lines):
        sku = make_sku()
        offer = make_offer(sku=sku, supplier=order.supplier, pack_size=6, minimum_order_quantity=6)
        PurchaseOrderLine.objects.create(
            order=order,
            sku=sku,
            offer=offer,
            quantity_proposed=12,
            quantity=12,
            unit_cost_minor=500,
        )
    return order


def press(client: Client, step: str, *args: int, **fields: Any) -> str:
    """Push a button of a purchase order's page; returns the page that follows."""
    address = reverse(f"admin:inventory_purchaseorder_{step}", args=args)
    return client.post(address, fields, follow=True).content.decode()


def test_a_draft_is_decided_line_by_line_approved_sent_and_received(
    client: Client, owner: User
) -> None:
    order = make_draft()
    keep, change = order.lines.order_by("pk")
    press(client, "lines", order.pk, keep.pk, quantity="12", decision="order")
    press(client, "lines", order.pk, change.pk, quantity="18", decision="order")
    keep.refresh_from_db()
    change.refresh_from_db()
    assert (keep.status, keep.quantity) == (Proposal.ReviewStatus.ACCEPTED, 12)
    assert (change.status, change.quantity) == (Proposal.ReviewStatus.CORRECTED, 18)
    press(client, "approve", order.pk)
    press(client, "send", order.pk)
    arrived = {f"accepted_{keep.pk}": "12", f"accepted_{change.pk}": "17"}
    press(client, "receive", order.pk, key="d1", **arrived, **{f"damaged_{change.pk}": "1"})
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.RECEIVED
    assert StockLevel.objects.get(sku=change.sku).on_hand == 17
    assert set(
        Decision.objects.filter(user=owner, subject_id=order.pk).values_list("action", flat=True)
    ) >= {"approve", "send", "receive"}


def test_the_same_delivery_sent_twice_is_booked_once(client: Client, owner: User) -> None:
    order = make_draft(lines=1)
    line = order.lines.get()
    press(client, "approve", order.pk)
    press(client, "send", order.pk)
    for _click in range(2):
        press(client, "receive", order.pk, key="d1", **{f"accepted_{line.pk}": "6"})
    assert GoodsReceipt.objects.count() == 1
    assert StockLevel.objects.get(sku=line.sku).on_hand == 6


@pytest.mark.parametrize("quantity", ["7", "0", "-6", "", "１２", "1e9", "99999999999999999999"])
def test_a_quantity_that_does_not_fit_is_refused_and_changes_nothing(
    client: Client, owner: User, quantity: str
) -> None:
    order = make_draft(lines=1)
    line = order.lines.get()
    press(client, "lines", order.pk, line.pk, quantity=quantity, decision="order")
    line.refresh_from_db()
    assert (line.status, line.quantity) == (Proposal.ReviewStatus.PROPOSED, 12)


def test_a_line_of_another_order_is_not_found(client: Client, owner: User) -> None:
    order = make_draft(lines=1)
    other = PurchaseOrder.objects.create(
        number="PO-2", supplier=make_supplier(), warehouse=order.warehouse
    )
    address = reverse("admin:inventory_purchaseorder_lines", args=[other.pk, order.lines.get().pk])
    assert client.post(address, {"decision": "reject"}).status_code == 404


def test_a_link_never_approves(client: Client, owner: User) -> None:
    order = make_draft()
    client.get(reverse("admin:inventory_purchaseorder_approve", args=[order.pk]))
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.DRAFT


def test_staff_without_the_permission_cannot_approve(client: Client) -> None:
    order = make_draft()
    client.force_login(make_user(is_staff=True))
    address = reverse("admin:inventory_purchaseorder_approve", args=[order.pk])
    assert client.post(address).status_code == 403
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.DRAFT


def test_the_page_of_a_forecast_shows_history_band_and_factors(client: Client, owner: User) -> None:
    level = make_stock_level(on_hand=5)
    make_demand_day(sku=level.sku, warehouse=level.warehouse, units=7)
    forecast = DemandForecast.objects.create(
        sku=level.sku,
        warehouse=level.warehouse,
        as_of=A_DAY,
        horizon_days=2,
        units=9.0,
        daily_units=[4.0, 5.0],
        lower_units=[1.0, 2.0],
        upper_units=[8.0, 9.0],
        explanation={
            "unit": "factor",
            "factors": [{"name": "level", "value": 4.5, "direction": "up", "weight": 4.5}],
        },
    )
    page = client.get(reverse("admin:inventory_demandforecast_change", args=[forecast.pk]))
    text = page.content.decode()
    assert "level, units a day" in text
    assert "9.0 units expected in 2 days" in text
    assert "[7" in text or "7, null" in text.replace("&quot;", '"')


def test_an_uploaded_history_waits_for_its_job(client: Client, owner: User) -> None:
    file = SimpleUploadedFile("orders.csv", b"order,placed_at\n")
    client.post(
        reverse("admin:orders_orderimport_add"),
        {"file": file, "layout": OrderImport.Layout.SHOP},
        follow=True,
    )
    job = OrderImport.objects.get()
    assert (job.status, job.file_name) == (OrderImport.Status.WAITING, "orders.csv")
    assert job.started_by == owner


def fill_every_list(rows: int) -> None:
    warehouse = make_warehouse(is_default=True)
    supplier = make_supplier()
    for number in range(rows):
        sku = make_sku()
        make_stock_level(sku=sku, warehouse=warehouse, on_hand=number + 1)
        make_offer(sku=sku, supplier=supplier)
        make_demand_day(sku=sku, warehouse=warehouse)
        DemandForecast.objects.create(
            sku=sku, warehouse=warehouse, as_of=A_DAY, horizon_days=28, units=number
        )
        make_order(lines={sku: 1}, customer=make_user())
        order = PurchaseOrder.objects.create(
            number=f"PO-{number}",
            supplier=supplier,
            warehouse=warehouse,
            status=PurchaseOrder.Status.SENT,
        )
        PurchaseOrderLine.objects.create(order=order, sku=sku, quantity=3, unit_cost_minor=100)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_list_is_read_in_at_most_fifteen_queries(
    client: Client,
    owner: User,
    language: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    fill_every_list(rows=40)
    client.cookies["django_language"] = language
    for model in admin.site._registry:
        options = model._meta
        if options.app_label not in APPS:
            continue
        with django_assert_max_num_queries(MOST_QUERIES, info=options.label):
            answer = client.get(
                reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
            )
        assert answer.status_code == 200, options.label


def test_every_page_opens(client: Client, owner: User) -> None:
    fill_every_list(rows=1)
    OrderImport.objects.create(
        layout=OrderImport.Layout.SHOP,
        file_name="a.csv",
        status=OrderImport.Status.REFUSED,
        rows_total=10,
        rows_done=4,
        counts={"orders": 3},
        problems=[{"file": "a.csv", "row": 5, "problem": "date '31/31/2011' is not a date"}],
        problem_count=1,
    )
    for row in (
        DemandDay.objects.get(),
        DemandForecast.objects.get(),
        Order.objects.get(),
        OrderImport.objects.get(),
        PurchaseOrder.objects.get(),
        StockLevel.objects.get(),
        StockMovement.objects.get(),
    ):
        options = row._meta
        address = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
        assert client.get(address).status_code == 200, options.label


def test_an_order_is_marked_as_paid_from_the_list(client: Client, owner: User) -> None:
    order = make_order(lines={make_sku(): 1}, placed_at=timezone.now() - timedelta(days=1))
    address = reverse("admin:orders_order_changelist")
    client.post(address, {"action": "mark_paid_selected", "_selected_action": [order.pk]})
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert OrderLine.objects.get().quantity_shipped == 0
