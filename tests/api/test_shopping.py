"""A customer and a guest buy through the API; nobody sees what is another's."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import User
from ecomsite.api.models import IdempotentRequest
from inventory.models import StockLevel
from orders.models import Cart, Checkout, Order, Payment, ReturnRequest
from orders.services import fulfilment
from support.models import Review
from tests.api.factories import make_client, make_customer_client
from tests.factories import (
    make_order,
    make_product,
    make_sku,
    make_staff,
    make_stock_level,
    make_user,
)
from tests.orders.factories import place_and_pay
from tests.orders.selling import forget_defaults, make_shipping_method

pytestmark = pytest.mark.django_db

ADDRESS = {
    "recipient": "Li Na",
    "line": "1 Long Street",
    "city": "Hangzhou",
    "country": "CN",
    "postal_code": "310000",
}


@pytest.fixture(autouse=True)
def _test_payments(settings: Any) -> None:
    settings.PAYMENT_TEST = True


def send(client: Client, method: str, name: str, *args: Any, key: str = "", **body: Any) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return getattr(client, method)(
        reverse(name, args=args), body, content_type="application/json", headers=headers
    )


def make_shop() -> Any:
    """A cup at 19.99, five of them, and delivery at 10.00."""
    forget_defaults()
    method = make_shipping_method(((0, 0, 1_000),))
    sku = make_sku(code="CUP", price_minor=1999)
    make_stock_level(sku=sku, on_hand=5)
    return method


def order_body(method: Any, total: int, **changes: Any) -> dict[str, Any]:
    return {
        "email": "li@example.org",
        "address": ADDRESS,
        "shipping_method": method.pk,
        "payment_method": "test",
        "seen_total_minor": total,
        **changes,
    }


def person_of(order: Order) -> User:
    assert order.customer is not None
    return order.customer


def test_a_guest_buys_with_the_token_of_the_cart(client: Client) -> None:
    method = make_shop()
    added = send(client, "post", "api:cart-line-list", sku="CUP", quantity=2)
    assert added.status_code == 201
    token = added.json()["token"]
    guest = Client(headers={"x-cart-token": token})
    cart = guest.get(reverse("api:cart-detail")).json()
    assert [(row["sku"], row["quantity"], row["possible"]) for row in cart["lines"]] == [
        ("CUP", 2, 5)
    ]
    quote = guest.get(
        reverse("api:cart-quote"), {"country": "CN", "shipping_method": method.pk}
    ).json()
    assert (quote["goods_minor"], quote["shipping_minor"], quote["total_minor"]) == (
        3998,
        1000,
        4998,
    )
    assert [offer["id"] for offer in quote["shipping_methods"]] == [method.pk]
    assert "test" in {choice["code"] for choice in quote["payment_methods"]}
    placed = send(guest, "post", "api:order-list", key="order-0001", **order_body(method, 4998))
    assert placed.status_code == 201, placed.json()
    told = placed.json()
    assert (told["total_minor"], told["status"]) == (4998, "placed")
    assert told["payment"]["state"] in {"pending", "started"}
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (5, 2)
    own = guest.get(reverse("api:order-detail", args=[told["number"]]))
    assert own.json()["lines"][0]["sku"] == "CUP"
    assert client.get(reverse("api:order-detail", args=[told["number"]])).status_code == 404
    again = send(guest, "post", "api:order-list", key="order-0001", **order_body(method, 4998))
    assert again.json() == told
    other = send(guest, "post", "api:order-list", key="order-0001", **order_body(method, 1))
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert Order.objects.count() == 1
    assert Payment.objects.count() == 1


def test_an_order_whose_answer_was_lost_is_found_again_by_its_key() -> None:
    method = make_shop()
    client = make_customer_client()
    send(client, "post", "api:cart-line-list", sku="CUP")
    first = send(client, "post", "api:order-list", key="order-0001", **order_body(method, 2999))
    # As after a process that died between its commit and its answer.
    IdempotentRequest.objects.all().delete()
    again = send(client, "post", "api:order-list", key="order-0001", **order_body(method, 2999))
    assert again.status_code == 201
    assert again.json()["number"] == first.json()["number"]
    assert Order.objects.count() == 1


def test_another_price_than_the_one_seen_is_not_taken() -> None:
    method = make_shop()
    client = make_customer_client()
    send(client, "post", "api:cart-line-list", sku="CUP")
    refused = send(client, "post", "api:order-list", key="order-0001", **order_body(method, 2998))
    assert (refused.status_code, refused.json()["code"]) == (409, "price_changed")
    assert not Order.objects.exists()
    assert Cart.objects.get().state == "open"
    assert StockLevel.objects.get().reserved == 0
    placed = send(client, "post", "api:order-list", key="order-0001", **order_body(method, 2999))
    assert placed.status_code == 201


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"payment_method": "gold"}, "unknown_provider"),
        ({"shipping_method": 999_999}, "delivery_impossible"),
        ({"address": {**ADDRESS, "country": "AQ"}}, "no_delivery"),
    ],
    ids=["payment", "method", "country"],
)
def test_what_cannot_be_delivered_or_paid_is_not_ordered(change: Any, code: str) -> None:
    method = make_shop()
    client = make_customer_client()
    send(client, "post", "api:cart-line-list", sku="CUP")
    body = order_body(method, 2999, **change)
    refused = send(client, "post", "api:order-list", key="order-0001", **body)
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert not Order.objects.exists()
    assert Cart.objects.get().state == "open"


@pytest.mark.parametrize("quantity", [0, -1, 10**9, "１", "NaN", "2", 1.5, True, [], None])
def test_what_is_no_quantity_is_refused(quantity: Any) -> None:
    make_shop()
    client = make_customer_client()
    answer = send(client, "post", "api:cart-line-list", sku="CUP", quantity=quantity)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["quantity"])
    assert not Cart.objects.exists()


def test_lines_are_changed_and_taken_out_by_their_owner_alone() -> None:
    make_shop()
    client, stranger = make_customer_client(), make_customer_client()
    line = send(client, "post", "api:cart-line-list", sku="CUP", quantity=1).json()["lines"][0]
    send(stranger, "post", "api:cart-line-list", sku="CUP", quantity=1)
    for method in ("patch", "delete"):
        body: dict[str, Any] = {"quantity": 3} if method == "patch" else {}
        foreign = send(stranger, method, "api:cart-line-detail", line["id"], **body)
        assert (foreign.status_code, foreign.json()["code"]) == (409, "cart_changed")
    changed = send(client, "patch", "api:cart-line-detail", line["id"], quantity=9)
    assert changed.json()["lines"][0]["quantity"] == 5
    removed = send(client, "delete", "api:cart-line-detail", line["id"])
    assert removed.json()["lines"] == []
    assert stranger.get(reverse("api:cart-detail")).json()["units"] == 1


def test_a_code_that_does_not_apply_is_refused_with_its_reason() -> None:
    make_shop()
    client = make_customer_client()
    send(client, "post", "api:cart-line-list", sku="CUP")
    refused = send(client, "put", "api:cart-codes", codes=["NONE"])
    assert (refused.status_code, refused.json()["code"]) == (409, "code_refused")
    assert Cart.objects.get().codes == []


def test_orders_of_others_are_not_there() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=9)
    order = place_and_pay({sku: 2})
    owner = make_client(person_of(order), "shop")
    stranger = make_customer_client()
    assert [row["number"] for row in owner.get(reverse("api:order-list")).json()["results"]] == [
        order.number
    ]
    assert stranger.get(reverse("api:order-list")).json()["results"] == []
    assert stranger.get(reverse("api:order-detail", args=[order.number])).status_code == 404
    assert send(stranger, "post", "api:order-cancel", order.number).status_code == 404
    assert stranger.get(reverse("api:return-list", args=[order.number])).status_code == 404
    order.refresh_from_db()
    assert order.status == "paid"
    # A token for matters of staff is none for shopping.
    staff = make_client(make_staff(is_superuser=True), "orders:read")
    assert staff.get(reverse("api:order-list")).json()["code"] == "scope_missing"


def test_an_order_is_cancelled_while_nothing_was_sent() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=9)
    order = place_and_pay({sku: 2})
    owner = make_client(person_of(order), "shop")
    done = send(owner, "post", "api:order-cancel", order.number)
    assert (done.status_code, done.json()["status"]) == (200, "cancelled")
    assert StockLevel.objects.get().reserved == 0
    sent = place_and_pay({sku: 2})
    fulfilment.ship_order(order=sent, key="s1")
    late = send(make_client(person_of(sent), "shop"), "post", "api:order-cancel", sent.number)
    assert (late.status_code, late.json()["code"]) == (409, "not_allowed_now")


def test_goods_are_asked_back_once() -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=9)
    order = place_and_pay({sku: 2})
    fulfilment.ship_order(order=order, key="s1")
    owner = make_client(person_of(order), "shop")
    item = {"line": order.lines.get().pk, "quantity": 1, "reason": "damaged"}
    for _time in range(2):
        asked = send(owner, "post", "api:return-list", order.number, key="return-01", items=[item])
        assert asked.status_code == 201
    assert ReturnRequest.objects.count() == 1
    more = send(
        owner,
        "post",
        "api:return-list",
        order.number,
        key="return-02",
        items=[{**item, "quantity": 2}],
    )
    assert (more.status_code, more.json()["code"]) == (409, "wrong_units")
    listed = owner.get(reverse("api:return-list", args=[order.number])).json()
    assert [(row["status"], row["lines"][0]["reason"]) for row in listed] == [
        ("requested", "damaged")
    ]


def test_a_customer_reviews_a_product_once(client: Client) -> None:
    make_product(code="CUP")
    author = make_user()
    writer = make_client(author, "shop")
    written = send(writer, "post", "api:review-list", "CUP", stars=4, text="Keeps tea warm.")
    assert written.status_code == 201
    assert written.json()["is_verified_purchase"] is False
    again = send(writer, "post", "api:review-list", "CUP", stars=1, text="Changed my mind.")
    assert (again.status_code, again.json()["code"]) == (409, "already_reviewed_product")
    assert Review.objects.get().stars == 4
    told = client.get(reverse("api:review-list", args=["CUP"])).json()["results"]
    assert [(row["stars"], row["text"]) for row in told] == [(4, "Keeps tea warm.")]
    assert send(client, "post", "api:review-list", "CUP", stars=5, text="x").status_code == 401


def test_a_list_of_orders_costs_the_same_however_long_it_is(
    django_assert_num_queries: Any,
) -> None:
    person = make_user()
    client = make_client(person, "shop")
    for _number in range(12):
        make_order(customer=person)
    client.get(reverse("api:order-list"))
    # The token with its person, and the page.
    with django_assert_num_queries(2):
        assert len(client.get(reverse("api:order-list")).json()["results"]) == 12
    assert not Checkout.objects.exists()
