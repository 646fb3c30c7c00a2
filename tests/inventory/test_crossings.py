"""Programs elsewhere hear of stock that runs low or out: once each time."""

from typing import Any

import pytest

from inventory.models import ReorderPolicy, StockLevel
from inventory.services.crossings import tell_crossings
from inventory.services.stock import StockRequest, receive_stock, release_stock, reserve_stock
from outbox.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from tests.factories import make_offer, make_sku, make_stock_level
from tests.inventory.factories import make_purchase_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def _listener() -> None:
    WebhookEndpoint.objects.create(
        name="Till",
        url="https://example.org/hook",
        key_id="whk_1",
        secret="s" * 40,
        contact_email="it@example.org",
        events=[WebhookEvent.STOCK_LOW, WebhookEvent.STOCK_OUT],
    )


def told() -> list[tuple[str, Any]]:
    rows = WebhookDelivery.objects.order_by("pk")
    return [(row.event, row.payload["data"]["free"]) for row in rows]


def take(level: StockLevel, units: int, owner: str) -> None:
    reserve_stock([StockRequest(level.sku_id, units)], owner=owner)


@pytest.mark.usefixtures("_listener")
def test_running_low_and_out_is_told_once_each_time() -> None:
    level = make_stock_level(sku=make_sku(code="CUP"), on_hand=10)
    ReorderPolicy.objects.create(sku=level.sku, minimum_stock=4)
    assert tell_crossings() == 0
    take(level, 6, "cart:1")
    assert [tell_crossings(), tell_crossings()] == [1, 0]
    take(level, 1, "cart:2")
    assert tell_crossings() == 0
    take(level, 3, "cart:3")
    assert tell_crossings() == 1
    assert told() == [("stock.low", 4), ("stock.out", 0)]
    assert WebhookDelivery.objects.earliest("pk").payload["data"] == {
        "sku": "CUP",
        "product": level.sku.product.code,
        "warehouse": level.warehouse.code,
        "free": 4,
        "limit": 4,
    }
    # A little is back: neither low nor out anew. With enough of it the next fall is a new one.
    release_stock(owner="cart:2")
    assert tell_crossings() == 0
    receive_stock(sku_id=level.sku_id, quantity=20, key="r1")
    assert tell_crossings() == 0
    take(level, 18, "cart:4")
    assert tell_crossings() == 1
    assert told()[-1] == ("stock.low", 3)


@pytest.mark.usefixtures("_listener")
def test_without_a_typed_limit_the_reorder_point_holds() -> None:
    level = make_stock_level(on_hand=10)
    order = make_purchase_order(lines={make_offer(sku=level.sku): 5})
    order.lines.update(explanation={"facts": {"reorder_point": 7}})
    tell_crossings()
    take(level, 2, "cart:1")
    assert tell_crossings() == 0
    take(level, 1, "cart:2")
    assert tell_crossings() == 1
    assert told() == [("stock.low", 7)]


@pytest.mark.usefixtures("_listener")
def test_a_shop_that_begins_to_listen_is_not_flooded() -> None:
    make_stock_level(on_hand=0)
    assert tell_crossings() == 0
    assert StockLevel.objects.get().told == "out"
    assert not WebhookDelivery.objects.exists()


def test_while_nobody_listens_nothing_is_written() -> None:
    level = make_stock_level(on_hand=1)
    take(level, 1, "cart:1")
    assert tell_crossings() == 0
    assert StockLevel.objects.get().told == ""
