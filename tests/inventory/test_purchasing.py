from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.errors import (
    EmptyOrderError,
    NotAllowedNowError,
    NothingArrivedError,
    OverReceiptError,
    WrongQuantityError,
)
from inventory.models import GoodsReceipt, PurchaseOrder, StockLevel, StockMovement
from inventory.services import purchasing, suppliers
from inventory.services.purchasing import Arrival
from learning.errors import AlreadyReviewedError
from learning.models import Decision
from tests.factories import make_offer, make_staff, make_supplier
from tests.inventory.factories import make_purchase_order

pytestmark = pytest.mark.django_db


def test_an_order_goes_from_draft_to_the_shelf() -> None:
    buyer, offer = make_staff(), make_offer()
    order = make_purchase_order(lines={offer: 24})
    purchasing.approve_purchase_order(order, user=buyer)
    assert order.lines.get().status == "accepted"
    purchasing.send_purchase_order(order, user=buyer)
    assert order.expected_on == timezone.localdate() + timedelta(days=7)
    line = order.lines.get()
    purchasing.receive_goods(order, arrivals=[Arrival(line.pk, 10)], key="d1", user=buyer)
    assert order.status == PurchaseOrder.Status.PART_RECEIVED
    purchasing.receive_goods(
        order, arrivals=[Arrival(line.pk, 12, damaged=2, unit_cost_minor=950)], key="d2"
    )
    assert order.status == PurchaseOrder.Status.RECEIVED
    assert StockLevel.objects.get(sku=offer.sku).on_hand == 22
    assert list(
        StockMovement.objects.order_by("pk").values_list("kind", "quantity", "unit_cost_minor")
    ) == [("receipt", 10, 1000), ("receipt", 12, 950)]
    assert list(Decision.objects.order_by("pk").values_list("action", flat=True)) == [
        "accept",
        "approve",
        "send",
        "receive",
        "receive",
    ]


def test_a_delivery_booked_twice_comes_in_once() -> None:
    offer = make_offer()
    order = make_purchase_order(lines={offer: 24}, status="sent")
    arrivals = [Arrival(order.lines.get().pk, 6)]
    first = purchasing.receive_goods(order, arrivals=arrivals, key="note-7")
    assert purchasing.receive_goods(order, arrivals=arrivals, key="note-7") == first
    assert StockLevel.objects.get().on_hand == 6
    assert order.lines.get().quantity_received == 6


def test_more_than_was_ordered_is_refused_whole() -> None:
    one = make_offer()
    two = make_offer(supplier=one.supplier)
    order = make_purchase_order(lines={one: 5, two: 5}, status="sent")
    lines = {line.sku_id: line.pk for line in order.lines.all()}
    with pytest.raises(OverReceiptError):
        purchasing.receive_goods(
            order,
            arrivals=[Arrival(lines[one.sku_id], 5), Arrival(lines[two.sku_id], 4, damaged=2)],
            key="d1",
        )
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.SENT
    assert not GoodsReceipt.objects.exists()
    assert not StockMovement.objects.exists()


@pytest.mark.parametrize("arrived", [[], [0], [0, 0]])
def test_a_delivery_that_brought_nothing_is_refused(arrived: list[int]) -> None:
    one = make_offer()
    order = make_purchase_order(lines={one: 5, make_offer(supplier=one.supplier): 5}, status="sent")
    lines = order.lines.order_by("pk")
    with pytest.raises(NothingArrivedError):
        purchasing.receive_goods(
            order,
            arrivals=[Arrival(line.pk, units) for line, units in zip(lines, arrived, strict=False)],
            key="d1",
        )
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.SENT
    assert not GoodsReceipt.objects.exists()


def test_a_delivery_that_came_broken_is_a_delivery() -> None:
    order = make_purchase_order(lines={make_offer(): 5}, status="sent")
    purchasing.receive_goods(order, arrivals=[Arrival(order.lines.get().pk, 0, damaged=5)], key="d")
    assert order.status == PurchaseOrder.Status.RECEIVED


def test_steps_out_of_order_are_refused() -> None:
    buyer = make_staff()
    order = make_purchase_order(lines={make_offer(): 5})
    with pytest.raises(NotAllowedNowError):
        purchasing.send_purchase_order(order, user=buyer)
    with pytest.raises(NotAllowedNowError):
        purchasing.receive_goods(order, arrivals=[], key="d1")
    purchasing.approve_purchase_order(order, user=buyer)
    with pytest.raises(NotAllowedNowError):
        purchasing.approve_purchase_order(order, user=buyer)
    with pytest.raises(NotAllowedNowError):
        purchasing.accept_line(order.lines.get(), user=buyer)
    purchasing.cancel_purchase_order(order, user=buyer, reason="wrong supplier")
    with pytest.raises(NotAllowedNowError):
        purchasing.send_purchase_order(order, user=buyer)
    assert order.status == PurchaseOrder.Status.CANCELLED


def test_a_second_copy_of_the_page_cannot_approve_again() -> None:
    order = make_purchase_order(lines={make_offer(): 5})
    stale = PurchaseOrder.objects.get(pk=order.pk)
    purchasing.approve_purchase_order(order, user=make_staff())
    with pytest.raises(NotAllowedNowError):
        purchasing.approve_purchase_order(stale, user=make_staff())
    assert Decision.objects.filter(action="approve").count() == 1


def test_an_order_whose_lines_are_all_rejected_is_not_approved() -> None:
    buyer = make_staff()
    order = make_purchase_order(lines={make_offer(): 5})
    purchasing.reject_line(order.lines.get(), user=buyer, reason="sells no more")
    with pytest.raises(EmptyOrderError):
        purchasing.approve_purchase_order(order, user=buyer)
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.DRAFT


@pytest.mark.parametrize("quantity", [0, 11, 23, 30])
def test_a_correction_must_fit_packs_and_minimum(quantity: int) -> None:
    offer = make_offer(pack_size=12, minimum_order_quantity=24)
    line = make_purchase_order(lines={offer: 24}).lines.get()
    with pytest.raises(WrongQuantityError):
        purchasing.correct_line(line, quantity=quantity, user=make_staff())
    line.refresh_from_db()
    assert (line.quantity, line.status) == (24, "proposed")


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_correction_orders_something_also_without_an_offer(quantity: int) -> None:
    order = make_purchase_order(lines={make_offer(): 24})
    order.lines.update(offer=None)
    with pytest.raises(WrongQuantityError):
        purchasing.correct_line(order.lines.get(), quantity=quantity, user=make_staff())
    line = order.lines.get()
    assert (line.quantity, line.status) == (24, "proposed")


def test_a_correction_keeps_what_was_proposed_and_is_made_once() -> None:
    buyer = make_staff()
    line = make_purchase_order(lines={make_offer(pack_size=12): 24}).lines.get()
    purchasing.correct_line(line, quantity=36, user=buyer, reason="a fair is coming")
    assert (line.quantity, line.quantity_proposed, line.status) == (36, 24, "corrected")
    with pytest.raises(AlreadyReviewedError):
        purchasing.accept_line(line, user=buyer)
    decision = Decision.objects.get()
    assert (decision.proposed["quantity"], decision.done) == (24, {"quantity": 36})
    assert decision.reason == "a fair is coming"


def test_lead_times_are_learned_from_five_deliveries() -> None:
    supplier, now = make_supplier(lead_time_days=7.0, lead_time_sd_days=3.0), timezone.now()
    offer = make_offer(supplier=supplier)
    for number, days in enumerate([2, 4, 4, 6, 4]):
        if number == 4:
            assert suppliers.lead_times()[supplier.pk].mean_days == 7.0
        order = make_purchase_order(
            lines={offer: 1}, status="sent", sent_at=now - timedelta(days=days)
        )
        purchasing.receive_goods(
            order,
            arrivals=[Arrival(order.lines.get().pk, 1)],
            key=f"d{number}",
            received_at=now,
        )
    learned = suppliers.lead_times()[supplier.pk]
    assert (learned.mean_days, learned.receipts) == (4.0, 5)
    assert learned.sd_days == pytest.approx(2**0.5)
