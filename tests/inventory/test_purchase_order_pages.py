"""What staff type and read on the pages of purchase orders."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from inventory.models import GoodsReceipt, PurchaseOrder, StockLevel
from tests.factories import make_offer, make_user
from tests.inventory.factories import make_purchase_order

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
