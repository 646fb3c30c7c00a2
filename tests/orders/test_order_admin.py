"""Staff run orders and returns: what each role may, what lists cost, what was typed."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import User
from ecomsite.backoffice import roles
from inventory.models import StockLevel
from orders.models import Order, OrderAction, Refund, ReturnRequest, Shipment
from orders.services import fulfilment, letters, returns
from orders.services.returns import ReturnItem
from outbox.models import Email
from tests.factories import make_order, make_sku, make_staff, make_stock_level, make_user
from tests.orders.factories import place, place_and_capture
from tests.orders.selling import forget_defaults, make_shipping_method, make_shipping_zone

pytestmark = pytest.mark.django_db
ENGLISH: Any = {"accept-language": "en"}


def staff_of(role: str) -> User:
    person = make_staff()
    person.groups.add(Group.objects.get(name=role))
    return person


def make_paid(units: int = 3, *, price_minor: int = 1000) -> Order:
    sku = make_sku(price_minor=price_minor)
    make_stock_level(sku=sku, on_hand=units)
    return place_and_capture({sku: units})


def post(client: Client, step: str, order: Order, **fields: Any) -> Any:
    address = reverse(f"admin:orders_order_{step}", args=[order.pk])
    return client.post(address, fields, follow=True, headers=ENGLISH)


@pytest.fixture
def _manager(client: Client) -> None:
    client.force_login(staff_of(roles.MANAGER))


@pytest.mark.usefixtures("_manager")
def test_a_list_of_a_hundred_orders_costs_the_same_as_of_one(client: Client) -> None:
    sku = make_sku()

    def statements(n_orders: int) -> int:
        for _ in range(n_orders):
            make_order(lines={sku: 1}, customer=make_user(), risk={"score": 0.5})
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = client.get(reverse("admin:orders_order_changelist"), {"all": ""})
        assert answer.status_code == 200
        return len(captured)

    few = statements(2)
    many = statements(98)
    assert many <= few <= 15


@pytest.mark.usefixtures("_manager")
def test_orders_are_found_by_number_name_address_and_sku(client: Client) -> None:
    sku = make_sku(code="TEA-77")
    order = make_order(
        lines={sku: 1}, email="zhang@example.org", shipping_address={"recipient": "张伟"}
    )
    make_order()
    for term in (order.number, "张伟", "zhang@", "TEA-77"):
        page = client.get(reverse("admin:orders_order_changelist"), {"q": term}, headers=ENGLISH)
        assert [row.number for row in page.context["cl"].result_list] == [order.number], term
    nothing = client.get(reverse("admin:orders_order_changelist"), {"q": "nobody"})
    assert list(nothing.context["cl"].result_list) == []
    odd = client.get(reverse("admin:orders_order_changelist"), {"q": "\x00", "p": "-1"})
    assert odd.status_code in {200, 302}


@pytest.mark.usefixtures("_manager")
@pytest.mark.parametrize(
    ("group", "found"),
    [
        ("to_pay", {"unpaid"}),
        ("to_ship", {"paid", "on delivery"}),
        ("held", {"held"}),
        ("open", {"unpaid", "paid", "on delivery", "held"}),
        ("finished", {"cancelled"}),
    ],
)
def test_orders_are_listed_by_what_is_to_be_done(
    client: Client, group: str, found: set[str]
) -> None:
    make_order(number="unpaid")
    make_order(number="paid", status="paid", paid_at="2026-03-02T10:00Z")
    make_order(number="on delivery", ships_before_payment=True)
    make_order(number="held", status="held")
    make_order(number="cancelled", status="cancelled")
    page = client.get(reverse("admin:orders_order_changelist"), {"group": group})
    assert {row.number for row in page.context["cl"].result_list} == found


@pytest.mark.usefixtures("_manager")
def test_the_page_of_an_order_shows_everything_on_it(client: Client) -> None:
    order = make_paid()
    letters.write_confirmation(order=order)
    fulfilment.ship_order(order=order, key="s1", quantities={order.lines.get().pk: 1})
    post(client, "note", order, text="called her")
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(reverse("admin:orders_order_change", args=[order.pk]), headers=ENGLISH)
    page = answer.content.decode()
    invoice = order.invoices.get()
    for word in ("¥30.00", "called her", invoice.number, "Your order", "partly shipped"):
        assert word in page
    assert len(captured) <= 40


@pytest.mark.usefixtures("_manager")
def test_a_part_is_shipped_with_its_tracking(client: Client) -> None:
    order = make_paid(3)
    line = order.lines.get()
    fields = {
        f"units_{line.pk}": "2",
        "carrier": "DHL",
        "tracking_number": "123",
        "key": "once",
    }
    for _ in range(2):
        post(client, "ship", order, **fields)
    shipment = Shipment.objects.get()
    assert (shipment.carrier, shipment.tracking_number) == ("DHL", "123")
    order.refresh_from_db()
    assert order.status == "part_shipped"


@pytest.mark.usefixtures("_manager")
@pytest.mark.parametrize("units", ["４", "-1", "1e3", "NaN", "999999999", "4", "", "0"])
def test_units_that_make_no_sense_ship_nothing(client: Client, units: str) -> None:
    order = make_paid(3)
    answer = post(client, "ship", order, **{f"units_{order.lines.get().pk}": units})
    assert answer.status_code == 200
    assert not Shipment.objects.exists()
    order.refresh_from_db()
    assert order.status == "paid"


@pytest.mark.usefixtures("_manager")
def test_orders_are_held_released_and_cancelled_with_a_reason(client: Client) -> None:
    order = make_paid()
    post(client, "hold", order, reason="address?")
    post(client, "release", order, reason="asked her")
    post(client, "cancel", order, reason="does not want it")
    notes = [(step.to_status, step.note) for step in order.status_changes.all()][-3:]
    assert notes == [
        ("held", "address?"),
        ("paid", "asked her"),
        ("cancelled", "does not want it"),
    ]
    assert Refund.objects.get().amount_minor == 3000


@pytest.mark.usefixtures("_manager")
@pytest.mark.parametrize("amount", ["30.01", "0", "-1", "x", "1e9", "NaN", "1.001", ""])
def test_amounts_that_cannot_be_paid_back_are_refused(client: Client, amount: str) -> None:
    order = make_paid()
    answer = post(client, "refund", order, amount=amount, key="k")
    assert answer.status_code == 200
    assert not Refund.objects.exists()


@pytest.mark.usefixtures("_manager")
def test_a_part_is_paid_back_once(client: Client) -> None:
    order = make_paid()
    for _ in range(2):
        post(client, "refund", order, amount="12.50", reason="scratched", key="k")
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.reason) == (1250, "scratched")


@pytest.mark.usefixtures("_manager")
def test_a_letter_is_sent_again_only_from_its_own_order(client: Client) -> None:
    order, other = make_paid(), make_paid()
    for one in (order, other):
        letters.write_confirmation(order=one)
    Email.objects.update(state="sent", sent_at=order.placed_at)
    own = Email.objects.get(reference=order.number, kind="order_confirmation")
    foreign = Email.objects.get(reference=other.number, kind="order_confirmation")
    post(client, "letter", order, email=str(own.pk))
    assert post(client, "letter", order, email=str(foreign.pk)).status_code == 404
    own.refresh_from_db()
    foreign.refresh_from_db()
    assert (own.state, foreign.state) == ("waiting", "sent")
    assert order.actions.filter(kind=OrderAction.Kind.LETTER).count() == 1


STEPS = {
    "ship": "orders.ship_order",
    "cancel": "orders.cancel_order",
    "hold": "orders.hold_order",
    "pay": "orders.pay_order",
    "refund": "orders.refund_order",
    "invoice": "orders.pay_order",
}


@pytest.mark.parametrize("role", [roles.SUPPORT_AGENT, roles.BUYER, roles.CATALOGUE_EDITOR])
@pytest.mark.parametrize("step", list(STEPS))
def test_a_step_is_refused_to_roles_without_its_permission(
    client: Client, role: str, step: str
) -> None:
    person = staff_of(role)
    client.force_login(person)
    order = make_paid()
    fields = {"amount": "1", "key": "k", f"units_{order.lines.get().pk}": "1"}
    answer = post(client, step, order, **fields)
    allowed = person.has_perm(STEPS[step]) and person.has_perm("orders.view_order")
    assert answer.status_code == (200 if allowed else 403)
    order.refresh_from_db()
    if not allowed:
        assert order.status == "paid"
        assert not Refund.objects.exists()
        assert not Shipment.objects.exists()


def test_agents_cancel_and_hold_but_pay_nothing_back() -> None:
    agent, manager = staff_of(roles.SUPPORT_AGENT), staff_of(roles.MANAGER)
    permissions = ("ship", "cancel", "hold", "pay", "refund", "place")
    assert [agent.has_perm(f"orders.{name}_order") for name in permissions] == [
        False,
        True,
        True,
        False,
        False,
        True,
    ]
    assert all(manager.has_perm(f"orders.{name}_order") for name in permissions)


@pytest.mark.usefixtures("_manager")
def test_nothing_happens_by_looking(client: Client) -> None:
    order = make_paid()
    for step in STEPS:
        client.get(reverse(f"admin:orders_order_{step}", args=[order.pk]))
    order.refresh_from_db()
    assert order.status == "paid"
    assert not Refund.objects.exists()


@pytest.mark.usefixtures("_manager")
def test_the_papers_list_what_is_open(client: Client) -> None:
    first, second = make_paid(2), make_paid(5)
    shipped = make_paid(1)
    fulfilment.ship_order(order=shipped, key="s1")
    chosen = f"{first.pk}-{second.pk}-{shipped.pk}-x-99999999999999"
    picks = client.get(reverse("admin:orders_order_pick_list"), {"orders": chosen}, headers=ENGLISH)
    assert [pick.units for pick in picks.context["picks"]] == [2, 5]
    slips = client.get(
        reverse("admin:orders_order_packing_slips"), {"orders": chosen}, headers=ENGLISH
    )
    page = slips.content.decode()
    assert (first.number in page, shipped.number in page) == (True, False)
    everything = client.get(reverse("admin:orders_order_pick_list"), headers=ENGLISH)
    assert [pick.units for pick in everything.context["picks"]] == [2, 5]
    client.force_login(staff_of(roles.SUPPORT_AGENT))
    assert client.get(reverse("admin:orders_order_pick_list")).status_code == 403


@pytest.mark.usefixtures("_manager")
def test_a_return_is_answered_received_and_paid_back_by_staff(client: Client) -> None:
    order = make_paid(2)
    fulfilment.ship_order(order=order, key="s1")
    line = order.lines.get()
    request = returns.request_return(order=order, items=[ReturnItem(line.pk, 2)], key="r1")

    def step(name: str, **fields: Any) -> Any:
        address = reverse(f"admin:orders_returnrequest_{name}", args=[request.pk])
        return client.post(address, fields, follow=True, headers=ENGLISH)

    silent = step("answer", decision="refuse", answer=" ")
    assert "Please say why; the customer reads it." in silent.content.decode()
    step("answer", decision="approve", answer="To Hangzhou, please.")
    part = request.lines.get()
    step("receive", **{f"state_{part.pk}": "damaged", "note": "broken"})
    step("refund", amount="20.01")
    assert not Refund.objects.exists()
    step("refund", amount="15")
    request.refresh_from_db()
    assert (request.status, request.answer) == ("received", "To Hangzhou, please.")
    assert StockLevel.objects.get().on_hand == 0
    assert Refund.objects.get().amount_minor == 1500
    page = client.get(reverse("admin:orders_returnrequest_change", args=[request.pk]))
    assert "broken" in page.content.decode()
    client.force_login(staff_of(roles.SUPPORT_AGENT))
    assert step("refund", amount="1").status_code == 403


@pytest.mark.usefixtures("_manager")
def test_staff_place_an_order_for_a_customer(client: Client, settings: Any) -> None:
    settings.PAYMENT_TEST = True
    settings.STAFF_DISCOUNT_MAX_PERCENT = 20
    forget_defaults()
    method = make_shipping_method([(0, 0, 800)], zone=make_shipping_zone(countries=["CN"]))
    sku = make_sku(code="TEA-1", price_minor=1000)
    make_stock_level(sku=sku, on_hand=5)
    customer = make_user(email="li@example.org")
    fields = {
        "key": "0" * 32,
        "rows": "TEA-1 2\n",
        "email": "Li@example.org",
        "recipient": "Li Hua",
        "line": "Jianguo Road 93",
        "city": "Beijing",
        "country": "CN",
        "shipping_method": method.pk,
        "provider": "test",
        "discount": "4.01",
        "language": "en",
    }
    address = reverse("admin:orders_order_place")
    refused = client.post(address, fields, headers=ENGLISH)
    assert "At most ¥4.00 can be taken off" in refused.content.decode()
    assert not Order.objects.exists()
    for _ in range(2):
        client.post(address, {**fields, "discount": "4.00"}, headers=ENGLISH)
    order = Order.objects.get()
    assert (order.customer, order.total_minor) == (customer, 2400)
    assert StockLevel.objects.get().reserved == 2
    assert order.actions.get(kind=OrderAction.Kind.MANUAL).done_by is not None
    assert order.payments.get().amount_minor == 2400
    unknown = client.post(address, {**fields, "rows": "NONE 1", "key": "1" * 32}, headers=ENGLISH)
    assert "NONE is not for sale." in unknown.content.decode()
    client.force_login(staff_of(roles.BUYER))
    assert client.get(address).status_code == 403


def test_returns_are_counted_where_somebody_waits() -> None:
    order, imported = make_paid(), make_order()
    ReturnRequest.objects.create(
        order=imported, status="received", key="old", requested_at=imported.placed_at
    )
    for number, status in enumerate(ReturnRequest.Status.values):
        ReturnRequest.objects.create(
            order=order, status=status, key=f"r{number}", requested_at=order.placed_at
        )
    waiting = set(ReturnRequest.objects.waiting().values_list("status", flat=True))
    assert waiting == {"requested", "received"}
    assert ReturnRequest.objects.waiting().count() == 2


def test_placing_by_the_shop_itself_is_no_manual_order() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=1)
    assert not place({sku: 1}).actions.filter(kind=OrderAction.Kind.MANUAL).exists()
