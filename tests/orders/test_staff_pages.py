"""Staff pages of orders, returns and imports."""

from collections.abc import Sequence

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from inventory.models import StockLevel
from inventory.services.stock import release_stock
from orders.models import Order, OrderImport, ReturnRequest
from orders.services.fulfilment import ship_order
from orders.services.returns import ReturnItem, request_return
from tests.factories import make_sku, make_stock_level, make_user
from tests.orders.factories import place_and_pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _owner(client: Client) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))


def press(client: Client, action: str, rows: Sequence[Model]) -> str:
    """Do a list action; returns the page that follows."""
    name = rows[0]._meta.label_lower.replace(".", "_")
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    address = reverse(f"admin:{name}_changelist")
    answer = client.post(address, data, follow=True, headers={"accept-language": "en"})
    return answer.content.decode()


def upload(client: Client, content: bytes) -> str:
    """Upload a history; returns where the browser is sent, or the page that refuses."""
    answer = client.post(
        reverse("admin:orders_orderimport_add"),
        {
            "file": SimpleUploadedFile("history.csv", content),
            "layout": OrderImport.Layout.SHOP,
        },
        headers={"accept-language": "en"},
    )
    return answer.headers.get("Location", answer.content.decode())


def test_an_order_that_cannot_be_sent_keeps_none_of_the_others_back(client: Client) -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=9)
    unheld, fine = place_and_pay({sku: 2}), place_and_pay({sku: 3})
    release_stock(owner=f"order:{unheld.pk}")
    page = press(client, "ship_selected", [unheld, fine])
    assert f"Nothing is set aside for order:{unheld.pk}." in page
    assert "Done for 1 order." in page
    unheld.refresh_from_db()
    fine.refresh_from_db()
    assert (unheld.status, fine.status) == (Order.Status.PAID, Order.Status.SHIPPED)


def make_return(key: str) -> ReturnRequest:
    """One unit of three that were sent is to come back."""
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=3)
    order = place_and_pay({sku: 3})
    ship_order(order=order, key=key)
    return request_return(order=order, items=[ReturnItem(order.lines.get().pk, 1)], key=key)


def test_returns_are_approved_received_and_refused_from_their_list(client: Client) -> None:
    wanted, unwanted = make_return("r1"), make_return("r2")
    too_early = press(client, "receive_selected", [wanted])
    assert "it cannot become" in too_early
    assert "Done for 1 return." in press(client, "approve_selected", [wanted])
    assert "Done for 1 return." in press(client, "refuse_selected", [unwanted])
    page = press(client, "receive_selected", [wanted, unwanted])
    assert "Done for 1 return." in page
    assert "it cannot become" in page
    wanted.refresh_from_db()
    unwanted.refresh_from_db()
    assert (wanted.status, unwanted.status) == ("received", "refused")
    levels = StockLevel.objects.order_by("sku_id").values_list("on_hand", flat=True)
    assert list(levels) == [1, 0]


def test_who_may_only_look_at_returns_decides_nothing(client: Client) -> None:
    request = make_return("r1")
    onlooker = make_user(is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_returnrequest"))
    client.force_login(onlooker)
    press(client, "approve_selected", [request])
    request.refresh_from_db()
    assert request.status == "requested"


def test_after_an_upload_comes_the_page_with_its_progress(client: Client) -> None:
    address = upload(client, b"order_number,placed_at\n")
    job = OrderImport.objects.get()
    assert address == reverse("admin:orders_orderimport_change", args=[job.pk])
    page = client.get(address, headers={"accept-language": "en"}).content.decode()
    assert "history.csv" in page
    assert "waiting" in page


def test_an_upload_is_as_large_as_the_shop_allows(client: Client, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = 1024**2
    address = upload(client, b"x" * (1024**2 + 1))
    page = client.get(address, headers={"accept-language": "en"}).content.decode()
    assert "history.csv was not taken: it is larger than 1 MB" in page
    assert not OrderImport.objects.exists()
    upload(client, b"x" * 1024**2)
    assert OrderImport.objects.exists()
