"""What comes of an order: too much, too little, broken, dearer, with an expiry, or never."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from inventory.errors import (
    ForeignLineError,
    ImplausibleDayError,
    NotAllowedNowError,
    NothingOpenError,
    OverReceiptError,
)
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderLine,
    StockBatch,
    StockLevel,
    StockMovement,
)
from inventory.services import purchasing
from inventory.services.drafting import draft_purchase_orders
from inventory.services.purchasing import Arrival
from learning.models import Decision
from tests.factories import make_offer, make_sku, make_staff
from tests.inventory.factories import LAST_DAY, make_purchase_order, make_replenished_sku

pytestmark = pytest.mark.django_db
A_DAY = date(2026, 3, 10)


def make_two_lines(status: str = "sent") -> tuple[PurchaseOrder, PurchaseOrderLine, int]:
    """An order of 10 and 20 units, its first line and the key of the second."""
    one = make_offer()
    order = make_purchase_order(
        lines={one: 10, make_offer(supplier=one.supplier): 20}, status=status
    )
    first, second = order.lines.order_by("pk")
    return order, first, second.pk


def test_a_line_of_another_order_is_refused_with_a_message() -> None:
    order, first, _second = make_two_lines()
    other = make_purchase_order(lines={make_offer(): 5}, status="sent").lines.get()
    for lines in ([other.pk], [first.pk, first.pk], [0]):
        with pytest.raises(ForeignLineError, match=f"a line of {order.number}, named once"):
            purchasing.receive_goods(order, arrivals=[Arrival(line, 1) for line in lines], key="d1")
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.SENT
    assert not GoodsReceipt.objects.exists()


def test_more_than_was_ordered_is_taken_only_when_staff_say_so_and_within_bounds() -> None:
    order, first, _second = make_two_lines()
    with pytest.raises(OverReceiptError):
        purchasing.receive_goods(order, arrivals=[Arrival(first.pk, 11)], key="d1")
    with pytest.raises(OverReceiptError, match="only 15 are still to come"):
        purchasing.receive_goods(
            order, arrivals=[Arrival(first.pk, 16)], key="d1", takes_surplus=True
        )
    assert not StockMovement.objects.exists()
    purchasing.receive_goods(
        order, arrivals=[Arrival(first.pk, 14, damaged=1)], key="d1", takes_surplus=True
    )
    first.refresh_from_db()
    assert first.quantity_received == 15
    assert StockLevel.objects.get(sku=first.sku).on_hand == 14
    # What came too much of one line is not missing from the other.
    assert list(order.lines.awaited().values_list("quantity", flat=True)) == [20]


def test_a_pack_too_much_of_a_small_line_may_be_kept() -> None:
    order = make_purchase_order(lines={make_offer(pack_size=12): 12}, status="sent")
    purchasing.receive_goods(
        order, arrivals=[Arrival(order.lines.get().pk, 24)], key="d1", takes_surplus=True
    )
    assert order.status == PurchaseOrder.Status.RECEIVED


def test_the_rest_that_never_comes_is_closed_by_line_or_whole() -> None:
    order, first, second = make_two_lines()
    buyer = make_staff()
    with pytest.raises(NotAllowedNowError):
        purchasing.close_rest(order, user=buyer)
    purchasing.receive_goods(order, arrivals=[Arrival(first.pk, 4), Arrival(second, 5)], key="d1")
    purchasing.close_line(first, user=buyer, reason="not made any more")
    assert order.lines.awaited().get().pk == second
    with pytest.raises(NothingOpenError):
        purchasing.close_line(first, user=buyer)
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.PART_RECEIVED
    purchasing.close_rest(order, user=buyer)
    assert order.status == PurchaseOrder.Status.RECEIVED
    assert order.closed_at is not None
    closed = Decision.objects.filter(action="close").order_by("pk")
    assert [decision.done["closed_short"] for decision in closed] == [
        [{"sku": first.sku.code, "missing": 6}],
        [{"sku": order.lines.get(pk=second).sku.code, "missing": 15}],
    ]
    assert closed[0].reason == "not made any more"
    with pytest.raises(NotAllowedNowError):
        purchasing.close_rest(order, user=buyer)


def test_what_closed_lines_left_ends_with_the_last_delivery() -> None:
    order, first, second = make_two_lines()
    purchasing.receive_goods(order, arrivals=[Arrival(first.pk, 4)], key="d1")
    purchasing.close_line(first, user=make_staff())
    purchasing.receive_goods(order, arrivals=[Arrival(second, 20)], key="d2")
    assert order.status == PurchaseOrder.Status.RECEIVED


def test_batch_expiry_and_actual_cost_are_written_down() -> None:
    order, first, second = make_two_lines()
    purchasing.receive_goods(
        order,
        arrivals=[
            Arrival(first.pk, 6, unit_cost_minor=1100, batch="B7", expires_on=A_DAY),
            Arrival(second, 5, expires_on=timezone.localdate() + timedelta(days=90)),
        ],
        key="d1",
    )
    batches = {batch.sku_id: batch for batch in StockBatch.objects.all()}
    assert (batches[first.sku_id].code, batches[first.sku_id].expires_on) == ("B7", A_DAY)
    day = timezone.localdate() + timedelta(days=90)
    assert batches[order.lines.get(pk=second).sku_id].code == day.isoformat()
    booked = GoodsReceiptLine.objects.get(line=first)
    assert (booked.unit_cost_minor, booked.batch) == (1100, batches[first.sku_id])
    assert StockMovement.objects.get(sku=first.sku, kind="receipt").unit_cost_minor == 1100


def test_a_supplier_confirms_with_his_number_and_day_and_may_do_so_again() -> None:
    order, first, _second = make_two_lines(status="approved")
    buyer = make_staff()
    with pytest.raises(NotAllowedNowError):
        purchasing.acknowledge_purchase_order(order, user=buyer)
    purchasing.send_purchase_order(order, user=buyer)
    in_ten, in_twelve = (timezone.localdate() + timedelta(days=days) for days in (10, 12))
    purchasing.acknowledge_purchase_order(order, user=buyer, reference="AB-77", promised_on=in_ten)
    assert (order.status, order.supplier_reference, order.expected_on) == (
        "acknowledged",
        "AB-77",
        in_ten,
    )
    purchasing.receive_goods(order, arrivals=[Arrival(first.pk, 1)], key="d1")
    purchasing.acknowledge_purchase_order(order, user=buyer, promised_on=in_twelve)
    assert (order.status, order.supplier_reference, order.expected_on) == (
        "part_received",
        "AB-77",
        in_twelve,
    )
    assert Decision.objects.filter(action="acknowledge").count() == 2


@pytest.mark.parametrize("days", [-1, 800])
def test_a_day_that_nobody_can_mean_is_no_promise(days: int) -> None:
    order = make_purchase_order(lines={make_offer(): 5}, status="sent", sent_at=timezone.now())
    with pytest.raises(ImplausibleDayError):
        purchasing.acknowledge_purchase_order(
            order, user=make_staff(), promised_on=timezone.localdate() + timedelta(days=days)
        )
    order.refresh_from_db()
    assert (order.status, order.expected_on) == ("sent", None)


def test_an_order_that_should_be_here_is_late_until_it_is() -> None:
    order = make_purchase_order(lines={make_offer(): 5}, status="sent", expected_on=A_DAY)
    assert not PurchaseOrder.objects.late(today=A_DAY).exists()
    assert PurchaseOrder.objects.late(today=A_DAY + timedelta(days=1)).get() == order
    purchasing.receive_goods(order, arrivals=[Arrival(order.lines.get().pk, 5)], key="d1")
    assert not PurchaseOrder.objects.late(today=A_DAY + timedelta(days=1)).exists()


def test_what_was_closed_short_is_ordered_anew() -> None:
    offer = make_replenished_sku()
    order = make_purchase_order(lines={offer: 100}, status="sent")
    purchasing.receive_goods(order, arrivals=[Arrival(order.lines.get().pk, 1)], key="d1")
    draft_purchase_orders(as_of=LAST_DAY)
    assert not PurchaseOrder.objects.drafts().exists()
    # Something else keeps the order open.
    order.lines.create(sku=make_sku(), quantity=5, unit_cost_minor=1)
    purchasing.close_line(order.lines.get(sku=offer.sku), user=make_staff())
    draft_purchase_orders(as_of=LAST_DAY)
    assert PurchaseOrder.objects.drafts().get().lines.get().sku == offer.sku
