"""The steps of an order: which may follow which, what they give back, and who comes first."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone

from inventory.models import StockLevel
from orders.algorithms.carriers import tracking_url
from orders.algorithms.repaying import PaidLine, line_values, value_of_units
from orders.errors import NotAllowedNowError, OrdersError, RefundTooLargeError
from orders.models import Order, OrderAction, Payment, Refund, Shipment
from orders.services import fulfilment, payments, repayments, staff_steps
from orders.services.placing import RiskVerdict
from tests.factories import make_sku, make_staff, make_stock_level
from tests.orders.factories import place, place_and_capture, place_and_pay

pytestmark = pytest.mark.django_db


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Each on a thread and a connection of its own; what is refused comes back as its error."""
    together = Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return act()
        except OrdersError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))


def test_a_state_that_nobody_knows_is_refused_by_the_database() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=1)
    order = place({sku: 1})
    with pytest.raises(IntegrityError, match="orders_status_is_known"):
        Order.objects.filter(pk=order.pk).update(status="lost")


def test_money_for_an_order_under_review_is_noted_and_the_order_stays_there() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=5)
    order = place({sku: 1}, risk=RiskVerdict(score=0.9, is_held=True))
    fulfilment.mark_paid(order=order)
    assert (order.status, order.paid_at is not None) == ("held", True)
    fulfilment.release_order(order=order)
    assert order.status == "paid"


def test_an_order_on_delivery_leaves_first_and_is_paid_afterwards() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=5)
    order = place({sku: 2})
    Order.objects.filter(pk=order.pk).update(ships_before_payment=True)
    assert list(Order.objects.to_ship()) == [order]
    fulfilment.ship_order(order=order, key="s1")
    assert (order.status, order.paid_at) == ("shipped", None)
    assert order.invoices.get().contents["is_paid"] is False
    fulfilment.mark_paid(order=order)
    assert (order.status, order.paid_at is not None) == ("shipped", True)
    assert order.actions.filter(kind=OrderAction.Kind.PAYMENT).count() == 1


def test_money_for_a_cancelled_order_is_not_taken() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=5)
    order = place({sku: 1})
    fulfilment.cancel_order(order=order)
    with pytest.raises(NotAllowedNowError):
        fulfilment.mark_paid(order=order)
    assert order.paid_at is None
    assert not order.invoices.exists()


def test_cancelling_before_payment_asks_for_no_money_any_more() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=5)
    order = place({sku: 2})
    waiting = Payment.objects.create(
        order=order,
        provider="bank_transfer",
        state=Payment.State.PENDING,
        currency="CNY",
        amount_minor=order.total_minor,
        idempotency_key="p1",
    )
    fulfilment.cancel_order(order=order)
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert not Refund.objects.exists()
    assert StockLevel.objects.get().reserved == 0


def test_cancelling_a_paid_order_pays_everything_back() -> None:
    sku = make_sku(price_minor=1000)
    make_stock_level(sku=sku, on_hand=5)
    order = place_and_capture({sku: 2})
    fulfilment.cancel_order(order=order, reason="too late")
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.reason, refund.state) == (2000, "too late", "waiting")
    assert Payment.objects.get().refunded_minor == 2000
    with pytest.raises(NotAllowedNowError):
        fulfilment.cancel_order(order=order)
    assert Refund.objects.count() == 1


def test_cancelling_the_rest_pays_back_what_the_rest_cost() -> None:
    sku = make_sku(price_minor=1000)
    make_stock_level(sku=sku, on_hand=5)
    order = place_and_capture({sku: 3})
    line = order.lines.get()
    # 100 off the line: each unit cost a third of 2900.
    Order.objects.filter(pk=order.pk).update(discount_minor=100, total_minor=2900)
    type(line).objects.filter(pk=line.pk).update(discount_minor=100)
    order.refresh_from_db()
    fulfilment.ship_order(order=order, key="s1", quantities={line.pk: 1})
    fulfilment.cancel_order(order=order)
    refund = Refund.objects.get()
    assert refund.amount_minor == 1933
    assert refund.parts["lines"] == {str(line.pk): 2}


def test_orders_that_nobody_pays_in_time_free_their_goods() -> None:
    now = timezone.now()
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=9)
    late, early, paid, held = (place({sku: 1}) for _ in range(4))
    Order.objects.exclude(pk=early.pk).update(payment_due_at=now - timedelta(minutes=1))
    Order.objects.filter(pk=early.pk).update(payment_due_at=now + timedelta(minutes=1))
    fulfilment.mark_paid(order=paid)
    fulfilment.hold_order(order=held)
    assert fulfilment.cancel_overdue(now=now) == 1
    assert fulfilment.cancel_overdue(now=now) == 0
    for order in (late, early, paid, held):
        order.refresh_from_db()
    assert [o.status for o in (late, early, paid, held)] == ["cancelled", "placed", "paid", "held"]
    assert StockLevel.objects.get().reserved == 3


def test_an_order_is_complete_when_nothing_came_back_for_long(settings: Any) -> None:
    settings.ORDER_COMPLETE_AFTER_DAYS = 30
    now = timezone.now()
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=9)
    old, new = place_and_pay({sku: 1}), place_and_pay({sku: 1})
    fulfilment.ship_order(order=old, key="s1", shipped_at=now - timedelta(days=31))
    fulfilment.ship_order(order=new, key="s2", shipped_at=now - timedelta(days=29))
    assert fulfilment.complete_shipped(now=now) == 1
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.status, new.status) == ("completed", "shipped")


def test_a_part_of_the_money_goes_back_once_and_never_more_than_came() -> None:
    sku = make_sku(price_minor=1000)
    make_stock_level(sku=sku, on_hand=5)
    order, staff = place_and_capture({sku: 1}), make_staff()
    for _ in range(2):
        staff_steps.refund_part(order=order, amount_minor=600, reason="late", key="k1", user=staff)
    with pytest.raises(RefundTooLargeError):
        staff_steps.refund_part(order=order, amount_minor=401, reason="", key="k2", user=staff)
    for nothing in (0, -5):
        with pytest.raises(RefundTooLargeError):
            staff_steps.refund_part(order=order, amount_minor=nothing, reason="", key="k3")
    assert list(Refund.objects.values_list("amount_minor", flat=True)) == [600]
    assert repayments.refundable_minor(order=order) == 400
    action = order.actions.get(kind=OrderAction.Kind.REFUND)
    assert (action.done_by, "late" in action.note) == (staff, True)


def test_a_refund_that_is_done_leaves_a_credit_note() -> None:
    sku = make_sku(price_minor=1000)
    make_stock_level(sku=sku, on_hand=5)
    order = place_and_capture({sku: 1})
    refund = staff_steps.refund_part(order=order, amount_minor=600, reason="late", key="k1")
    payments.mark_refund_sent(refund=refund)
    order.refresh_from_db()
    note = order.invoices.get(kind="credit_note")
    assert (note.total_minor, order.refunded_minor) == (600, 600)
    assert note.contents["other_minor"] == 600


def test_units_of_a_line_add_up_to_the_line_however_they_come() -> None:
    worth = line_values([PaidLine(3, 1000, 100), PaidLine(1, 50)], discount=100, tax=0)
    assert worth == [900, 50]
    assert sum(value_of_units(1000, units=1, before=n, of=3) for n in range(3)) == 1000
    assert value_of_units(1000, units=2, before=1, of=3) == 667
    with pytest.raises(ValueError, match="more units"):
        value_of_units(1000, units=3, before=1, of=3)


def test_discounts_and_taxes_that_no_line_carries_are_shared_over_the_goods() -> None:
    lines = [PaidLine(1, 300), PaidLine(1, 700)]
    assert line_values(lines, discount=100, tax=0) == [270, 630]
    assert line_values(lines, discount=0, tax=130) == [339, 791]


def test_parcels_are_followed_at_their_carrier() -> None:
    assert tracking_url("SF Express", "SF 1/2") == (
        "https://www.sf-express.com/chn/sc/waybill/waybill-detail/SF%201%2F2"
    )
    assert tracking_url("圆通", "123").endswith("/123")
    assert tracking_url("Somebody's van", "123") == ""
    assert tracking_url("DHL", " ") == ""


@pytest.mark.django_db(transaction=True)
def test_of_shipping_and_cancelling_at_once_one_wins() -> None:
    sku = make_sku(price_minor=1000)
    make_stock_level(sku=sku, on_hand=20)
    for number in range(5):
        order = place_and_capture({sku: 2})
        seen = [Order.objects.get(pk=order.pk) for _ in range(4)]
        acts: list[Callable[[], Any]] = [
            partial(fulfilment.cancel_order, order=seen[0]),
            partial(fulfilment.ship_order, order=seen[1], key=f"a{number}"),
            partial(fulfilment.ship_order, order=seen[2], key=f"b{number}"),
            partial(
                staff_steps.refund_part,
                order=seen[3],
                amount_minor=1500,
                reason="",
                key=f"c{number}",
            ),
        ]
        answers = at_once(acts)
        order.refresh_from_db()
        line, payment = order.lines.get(), order.payments.get()
        assert payment.refunded_minor <= payment.captured_minor
        if order.status == "shipped":
            assert isinstance(answers[0], NotAllowedNowError)
            assert (line.quantity_shipped, line.quantity_cancelled) == (2, 0)
            assert Shipment.objects.filter(order=order).count() == 1
            assert payment.refunded_minor == 1500
        else:
            assert order.status == "cancelled"
            assert (line.quantity_shipped, line.quantity_cancelled) == (0, 2)
            assert not Shipment.objects.filter(order=order).exists()
            assert payment.refunded_minor == 2000
    level = StockLevel.objects.get()
    shipped = sum(
        line.quantity_shipped for order in Order.objects.all() for line in order.lines.all()
    )
    assert (level.on_hand, level.reserved) == (20 - shipped, 0)
