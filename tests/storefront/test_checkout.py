from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from catalog.models import Product, Sku
from customers.models import Address
from inventory.models import Reservation, StockLevel
from orders.models import Cart, Checkout, Discount, Order, Payment, ShippingMethod
from orders.services import carts
from tests.factories import make_product, make_sku, make_stock_level, make_user
from tests.orders.checkouts import (
    browser_of,
    make_cart,
    make_checkout,
    only_shipping_method,
    send_order,
    told,
)
from tests.orders.selling import make_discount
from tests.storefront.accounts import make_customer

pytestmark = pytest.mark.django_db

ANSWERS = {
    "email": "li@example.org",
    "recipient": "Li Hua",
    "phone": "13800138000",
    "country": "CN",
    "city": "Beijing",
    "line": "Jianguo Road 93",
}


@pytest.fixture(autouse=True)
def _test_payments(settings: Any) -> None:
    settings.PAYMENT_TEST = True


@pytest.fixture
def method() -> ShippingMethod:
    return only_shipping_method(name_en="Parcel", name_zh_hans="快递")


def make_goods(*, units: int = 10, **fields: Any) -> Sku:
    sku = make_sku(**{"price_minor": 1000, "product": make_product(name_en="Blue mug"), **fields})
    make_stock_level(sku=sku, on_hand=units)
    return sku


def at(step: str) -> str:
    return reverse(f"storefront:checkout-{step}")


def text(client: Client, step: str) -> str:
    answer = client.get(at(step))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def test_a_guest_goes_from_the_cart_to_the_payment(method: ShippingMethod) -> None:
    mug = make_goods()
    cart = make_cart({mug: 2})
    client = browser_of(cart)
    assert client.get(at("start"))["Location"] == at("address")
    answer = client.post(at("address"), ANSWERS)
    assert answer["Location"] == at("delivery")
    assert "¥8.00" in text(client, "delivery")
    answer = client.post(at("delivery"), {"method": str(method.pk)})
    assert answer["Location"] == at("payment")
    assert StockLevel.objects.get().reserved == 2
    page = text(client, "payment")
    for words in (
        "Order and pay ¥28.00",
        "Jianguo Road 93",
        "li@example.org",
        "holding your items",
    ):
        assert words in page
    answer = send_order(client, Checkout.objects.get(), total_minor=2800, note="Ring twice")
    order = Order.objects.get()
    assert answer["Location"] == reverse("storefront:payment-detail", args=[order.number])
    assert (order.total_minor, order.note, order.customer) == (2800, "Ring twice", None)
    assert Payment.objects.get().amount_minor == 2800
    # The browser that placed it may see it; another one may not.
    assert client.get(answer["Location"]).status_code == 200
    assert Client().get(answer["Location"]).status_code == 302


def test_looking_at_the_steps_writes_nothing(method: ShippingMethod) -> None:
    made = make_checkout({make_goods(): 1}, method=method)
    before = (made.idempotency_key, made.updated_at)
    client = browser_of(made.cart)
    for step in ("address", "delivery", "payment"):
        text(client, step)
    made.refresh_from_db()
    assert (made.idempotency_key, made.updated_at) == before
    assert not Reservation.objects.exists()


def test_steps_that_have_no_answer_yet_come_first(method: ShippingMethod) -> None:
    client = browser_of(make_cart({make_goods(): 1}))
    assert client.get(at("payment"))["Location"] == at("address")
    assert client.get(at("delivery"))["Location"] == at("address")
    client.post(at("address"), ANSWERS)
    assert client.get(at("payment"))["Location"] == at("delivery")
    assert Client().get(at("address"))["Location"] == reverse("storefront:cart-detail")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("email", "li", "Enter a valid email address."),
        ("email", "", "This field is required."),
        ("recipient", "x" * 121, "at most 120 characters"),
        ("city", "a\x00b", "Null characters are not allowed."),
        ("line", "", "This field is required."),
        ("country", "XX", "Select a valid choice."),
    ],
)
def test_what_is_wrong_with_an_address_stands_at_its_field(
    method: ShippingMethod, field: str, typed: str, words: str
) -> None:
    client = browser_of(make_cart({make_goods(): 1}))
    answer = client.post(at("address"), {**ANSWERS, field: typed})
    assert answer.status_code == 200
    page = answer.content.decode()
    start = page.index(f'id="id_{field}_error"')
    assert words in page[start : start + 400]
    assert not Checkout.objects.exists()


def test_the_browser_remembers_where_something_goes(method: ShippingMethod) -> None:
    client = browser_of(make_cart({make_goods(): 1}))
    assert client.post(at("address"), {**ANSWERS, "country": "XX"}).cookies.get("country") is None
    assert client.post(at("address"), ANSWERS).cookies["country"].value == "CN"


def test_a_country_without_delivery_is_said_at_the_field(method: ShippingMethod) -> None:
    client = browser_of(make_cart({make_goods(): 1}))
    answer = client.post(at("address"), {**ANSWERS, "country": "DE"})
    page = answer.content.decode()
    assert "We do not deliver to this country or region yet." in page
    assert page.index("id_country_error") < page.index("We do not deliver")
    assert not Checkout.objects.exists()


def test_a_customer_chooses_from_the_address_book(method: ShippingMethod) -> None:
    customer, stranger = make_customer(), make_user()
    home = Address.objects.create(
        user=customer, recipient="Li", line="Home 1", city="Wuhan", country="CN", is_default=True
    )
    others = Address.objects.create(
        user=stranger, recipient="Wu", line="Secret 9", city="Xi'an", country="CN"
    )
    make_cart({make_goods(): 1}, customer=customer)
    client = Client()
    client.force_login(customer)
    page = text(client, "address")
    assert "Home 1" in page
    assert "Secret 9" not in page
    assert str(customer.email) in page
    words = {"email": str(customer.email)}
    answer = client.post(at("address"), {**words, "book": str(others.pk)})
    assert answer.status_code == 200
    assert not Checkout.objects.exists()
    answer = client.post(at("address"), {**words, "book": str(home.pk)})
    assert answer["Location"] == at("delivery")
    assert Checkout.objects.get().address["line"] == "Home 1"
    answer = client.post(at("address"), {**ANSWERS, "book": "new", "keeps": "on"})
    assert answer["Location"] == at("delivery")
    assert Checkout.objects.get().address["line"] == "Jianguo Road 93"
    assert Address.objects.filter(user=customer).count() == 2


def test_units_that_are_gone_lead_back_to_the_cart(method: ShippingMethod) -> None:
    mug = make_goods(units=3)
    made = make_checkout({mug: 3}, method=method)
    client = browser_of(made.cart)
    client.post(at("delivery"), {"method": str(method.pk)})
    text(client, "payment")
    Reservation.objects.all().delete()
    StockLevel.objects.update(on_hand=1, reserved=0)
    made.refresh_from_db()
    answer = send_order(client, made, total_minor=3800)
    assert answer["Location"] == reverse("storefront:cart-detail")
    assert told(answer) == ["Only 1 of “Blue mug” is left; you asked for 3."]
    page = client.get(answer["Location"]).content.decode()
    assert "Only 1 is left." in page
    assert not Order.objects.exists()


@pytest.mark.parametrize("step", ["start", "address", "delivery", "payment"])
def test_what_sold_out_on_the_way_is_named_at_once(method: ShippingMethod, step: str) -> None:
    made = make_checkout({make_goods(units=3): 3}, method=method)
    client = browser_of(made.cart)
    StockLevel.objects.update(on_hand=0)
    answer = client.get(at(step))
    assert answer["Location"] == reverse("storefront:cart-detail")
    assert told(answer) == ["“Blue mug” is sold out at the moment."]
    Product.objects.update(status=Product.Status.WITHDRAWN)
    assert told(client.get(at(step)))[-1] == "“Blue mug” is no longer for sale."


def test_a_changed_price_is_shown_before_it_is_charged(method: ShippingMethod) -> None:
    made = make_checkout({make_goods(): 2}, method=method)
    client = browser_of(made.cart)
    Sku.objects.update(price_minor=1200)
    answer = send_order(client, made, total_minor=2800, note="Ring twice")
    assert answer["Location"] == at("payment")
    assert told(answer) == ["Prices have changed; please look at the new total."]
    page = text(client, "payment")
    assert "Order and pay ¥32.00" in page
    assert "Ring twice" in page
    assert not Order.objects.exists()
    send_order(client, made, total_minor=3200)
    assert Order.objects.get().total_minor == 3200


def test_sending_the_button_again_leads_to_the_same_order(method: ShippingMethod) -> None:
    made = make_checkout({make_goods(): 2}, method=method)
    client = browser_of(made.cart)
    first = send_order(client, made, total_minor=2800)
    second = send_order(client, made, total_minor=2800)
    order = Order.objects.get()
    page = reverse("storefront:payment-detail", args=[order.number])
    assert first["Location"] == second["Location"] == page
    other = send_order(client, made, total_minor=2800, note="and a ribbon")
    assert other["Location"] == page
    assert told(other)[-1] == "This checkout was already sent with other contents."
    for step in ("start", "address", "delivery", "payment"):
        assert client.get(at(step))["Location"] == page
    assert Payment.objects.count() == 1
    assert "Your cart is empty" in client.get(reverse("storefront:cart-detail")).content.decode()


def test_a_page_from_before_a_change_is_shown_anew(method: ShippingMethod) -> None:
    mug = make_goods()
    made = make_checkout({mug: 1}, method=method)
    client = browser_of(made.cart)
    carts.add_to_cart(customer=None, token=made.cart.token, sku_id=mug.pk, quantity=1)
    answer = send_order(client, made, total_minor=1800)
    assert answer["Location"] == at("payment")
    assert "changed in the meantime" in told(answer)[0]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"key": ""},
        {"key": "\x00"},
        {"key": "x" * 5000},
        {"seen_total": "１"},
        {"seen_total": "NaN"},
        {"seen_total": "-1"},
        {"seen_total": "9" * 400},
        {"provider": ""},
        {"provider": "gold"},
        {"note": "x" * 501},
        {"note": "\x00"},
    ],
)
def test_what_the_page_did_not_say_orders_nothing(
    method: ShippingMethod, changes: dict[str, str]
) -> None:
    made = make_checkout({make_goods(): 1}, method=method)
    answer = send_order(browser_of(made.cart), made, total_minor=1800, **changes)
    assert answer.status_code == 302
    assert told(answer)
    assert not Order.objects.exists()
    assert Cart.objects.get().state == Cart.State.OPEN


def test_nobody_pays_for_the_cart_of_somebody_else(method: ShippingMethod) -> None:
    made = make_checkout({make_goods(): 1}, method=method, customer=make_customer())
    stranger = Client()
    stranger.force_login(make_customer())
    for client in (Client(), stranger, browser_of(made.cart)):
        send_order(client, made, total_minor=1800)
    assert not Order.objects.exists()


def test_a_discount_is_shown_and_charged_alike(method: ShippingMethod) -> None:
    make_discount(code="TENTH", name_en="A tenth", benefit="percent", benefit_value=10)
    made = make_checkout({make_goods(): 2}, method=method)
    client = browser_of(made.cart)
    answer = client.post(
        reverse("storefront:cart-code-add"), {"code": "tenth", "next": at("payment")}
    )
    assert answer["Location"] == at("payment")
    page = text(client, "payment")
    assert "−¥2.00" in page
    assert "Order and pay ¥26.00" in page
    made.refresh_from_db()
    send_order(client, made, total_minor=2600)
    assert Order.objects.get().discount_minor == 200


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_code_that_ended_meanwhile_is_named(method: ShippingMethod, is_shown: bool) -> None:
    discount = make_discount(code="TENTH", name_en="A tenth", benefit="percent", benefit_value=10)
    made = make_checkout({make_goods(): 2}, method=method)
    client = browser_of(made.cart)
    client.post(reverse("storefront:cart-code-add"), {"code": "tenth", "next": at("payment")})
    assert 'name="seen_codes" value="TENTH"' in text(client, "payment")
    made.refresh_from_db()
    Discount.objects.filter(pk=discount.pk).update(is_active=False)
    # A page that showed it as ended already promised a price that is another one for some reason.
    seen = {"seen_codes": "TENTH"} if is_shown else {}
    answer = send_order(client, made, total_minor=2600, **seen)
    assert answer["Location"] == at("payment")
    ended = "The code “TENTH” no longer applies. This code is not valid."
    changed = "Prices have changed; please look at the new total."
    assert told(answer) == [f"{ended} Please look at the new total." if is_shown else changed]
    assert not Order.objects.exists()


def test_an_unknown_way_of_delivery_is_refused(method: ShippingMethod) -> None:
    made = make_checkout({make_goods(): 1}, method=method)
    client = browser_of(made.cart)
    for typed in ("", "0", "99999999", "１", "\x00"):
        answer = client.post(at("delivery"), {"method": typed})
        assert "Please choose a delivery method." in answer.content.decode()
    assert not Reservation.objects.exists()


def test_the_steps_are_chinese_in_chinese(method: ShippingMethod) -> None:
    made = make_checkout({make_goods(): 1}, method=method)
    client = browser_of(made.cart)
    with translation.override("zh-hans"):
        assert "配送方式" in text(client, "delivery")
        assert "收货信息" in text(client, "address")
        assert "提交订单并支付 ¥18.00" in text(client, "payment")
