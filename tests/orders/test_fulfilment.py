import pytest
from django.db.models import Sum
from django.utils import timezone

from inventory.models import DemandRecord, Reservation, StockLevel, StockMovement
from orders.errors import NotAllowedNowError, WrongUnitsError
from orders.models import Order, OrderLine, Shipment
from orders.services import fulfilment, returns
from orders.services.returns import ReturnItem
from tests.factories import make_sku, make_stock_level
from tests.orders.factories import place, place_and_pay

pytestmark = pytest.mark.django_db


def stock() -> tuple[int, int]:
    level = StockLevel.objects.get()
    moved = StockMovement.objects.aggregate(units=Sum("quantity"))["units"]
    assert moved == level.on_hand
    return level.on_hand, level.reserved


def test_shipping_takes_units_out_of_stock_and_records_the_demand() -> None:
    sku = make_sku(price_minor=700)
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 4})
    shipment = fulfilment.ship_order(order=order, key="s1", carrier="SF")
    assert stock() == (6, 0)
    record = DemandRecord.objects.get()
    assert (record.units_requested, record.units_filled, record.unit_price_minor) == (4, 4, 700)
    assert record.occurred_on == timezone.localdate(order.placed_at)
    assert (order.status, order.shipped_at) == ("shipped", shipment.shipped_at)
    assert Reservation.objects.get().state == "fulfilled"


def test_the_same_shipment_sent_twice_moves_once() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 4})
    first = fulfilment.ship_order(order=order, key="s1")
    assert fulfilment.ship_order(order=order, key="s1") == first
    assert stock() == (6, 0)
    assert DemandRecord.objects.count() == 1


def test_an_order_may_leave_in_parts() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 4})
    line = order.lines.get()
    fulfilment.ship_order(order=order, key="s1", quantities={line.pk: 1})
    assert (order.status, order.shipped_at) == ("part_shipped", None)
    assert stock() == (9, 3)
    for wrong in (4, -1):
        with pytest.raises(WrongUnitsError):
            fulfilment.ship_order(order=order, key="s2", quantities={line.pk: wrong})
    assert Shipment.objects.count() == 1
    fulfilment.ship_order(order=order, key="s3")
    assert order.status == "shipped"
    assert stock() == (6, 0)
    assert DemandRecord.objects.aggregate(units=Sum("units_requested"))["units"] == 4


def test_cancelling_puts_everything_back_for_sale() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 4})
    fulfilment.cancel_order(order=order, reason="changed my mind")
    assert stock() == (10, 0)
    assert order.status == Order.Status.CANCELLED
    assert order.cancelled_at is not None
    assert OrderLine.objects.get().quantity_cancelled == 4
    assert not DemandRecord.objects.exists()
    with pytest.raises(NotAllowedNowError):
        fulfilment.ship_order(order=order, key="s1")
    assert not Shipment.objects.exists()


def test_cancelling_the_rest_of_a_part_shipped_order_keeps_what_went() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 4})
    fulfilment.ship_order(order=order, key="s1", quantities={order.lines.get().pk: 1})
    fulfilment.cancel_order(order=order)
    line = order.lines.get()
    assert (order.status, line.quantity_shipped, line.quantity_cancelled) == ("shipped", 1, 3)
    assert stock() == (9, 0)


def test_every_step_leaves_a_change_and_no_step_is_skipped() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=10)
    order = place({sku: 1})
    with pytest.raises(NotAllowedNowError, match="cannot become “shipped” now"):
        fulfilment.ship_order(order=order, key="s1")
    fulfilment.hold_order(order=order, note="address?")
    with pytest.raises(NotAllowedNowError):
        fulfilment.ship_order(order=order, key="s1")
    fulfilment.release_order(order=order)
    fulfilment.mark_paid(order=order)
    fulfilment.mark_paid(order=order)
    fulfilment.ship_order(order=order, key="s1")
    fulfilment.complete_order(order=order)
    steps = [change.to_status for change in order.status_changes.all()]
    assert steps == ["placed", "held", "placed", "paid", "shipped", "completed"]


def test_a_step_taken_on_stale_knowledge_is_refused() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 1})
    fulfilment.ship_order(order=order, key="s1")
    stale, other = Order.objects.get(), Order.objects.get()
    fulfilment.complete_order(order=stale)
    with pytest.raises(NotAllowedNowError):
        fulfilment.complete_order(order=other)
    assert order.status_changes.filter(to_status="completed").count() == 1


def test_the_map_of_steps_names_every_state() -> None:
    assert set(fulfilment.TRANSITIONS) == set(Order.Status)
    assert {to for steps in fulfilment.TRANSITIONS.values() for to in steps} <= set(Order.Status)


def test_returned_goods_go_back_to_stock_unless_damaged() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 4})
    fulfilment.ship_order(order=order, key="s1")
    line = order.lines.get()
    fine = returns.request_return(order=order, items=[ReturnItem(line.pk, 1)], key="r1")
    broken = returns.request_return(order=order, items=[ReturnItem(line.pk, 2)], key="r2")
    with pytest.raises(WrongUnitsError):
        returns.request_return(order=order, items=[ReturnItem(line.pk, 2)], key="r3")
    for request in (fine, broken):
        returns.approve_return(request=request)
    returns.receive_return(request=fine)
    damaged = broken.lines.get()
    returns.receive_return(request=broken, damaged_line_ids=[damaged.pk])
    assert stock() == (7, 0)
    line.refresh_from_db()
    assert line.quantity_returned == 3
    assert DemandRecord.objects.aggregate(units=Sum("units_requested"))["units"] == 4
    assert DemandRecord.objects.aggregate(units=Sum("units_returned"))["units"] == 3


def test_a_return_is_received_once_and_only_when_approved() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=10)
    order = place_and_pay({sku: 4})
    fulfilment.ship_order(order=order, key="s1")
    request = returns.request_return(
        order=order, items=[ReturnItem(order.lines.get().pk, 1)], key="r1"
    )
    assert returns.request_return(order=order, items=[ReturnItem(1, 1)], key="r1") == request
    with pytest.raises(NotAllowedNowError):
        returns.receive_return(request=request)
    returns.approve_return(request=request)
    returns.receive_return(request=request)
    with pytest.raises(NotAllowedNowError):
        returns.receive_return(request=request)
    assert stock() == (7, 0)
