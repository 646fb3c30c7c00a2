from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from catalog.models import Sku
from inventory.models import StockLevel
from orders.models import Cart, CartLine
from orders.services import carts
from recommendations.models import SimilarProductRule
from storefront.cart_cookie import CART_COOKIE, UNITS_COOKIE
from tests.factories import make_product, make_sku, make_stock_level
from tests.orders.checkouts import told
from tests.orders.selling import forget_defaults, make_discount
from tests.storefront.accounts import log_in, make_customer
from tests.storefront.factories import make_photo

pytestmark = pytest.mark.django_db
CountQueries = Callable[..., Any]


def make_goods(*, units: int = 10, name: str = "Blue mug", **fields: Any) -> Sku:
    product = make_product(name_en=name, name_zh_hans="蓝色杯子", has_stock=True)
    sku = make_sku(**{"price_minor": 1250, "product": product, **fields})
    make_stock_level(sku=sku, on_hand=units)
    return sku


def add(client: Client, sku: Sku, quantity: object = 1, **fields: str) -> Any:
    words = {"sku": str(sku.pk), "quantity": str(quantity), **fields}
    return client.post(reverse("storefront:cart-line-add"), words)


def see(client: Client) -> str:
    answer = client.get(reverse("storefront:cart-detail"))
    assert answer.status_code == 200
    return answer.content.decode()


def change(client: Client, line: CartLine, **fields: str) -> Any:
    return client.post(reverse("storefront:cart-line-change"), {"line": str(line.pk), **fields})


def test_a_guest_fills_a_cart_that_the_browser_keeps(client: Client) -> None:
    mug = make_goods()
    answer = add(client, mug, 2)
    assert answer["Location"] == reverse("storefront:cart-detail")
    assert told(answer) == ["“Blue mug” is in your cart."]
    cookie = answer.cookies[CART_COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 5_184_000)
    assert answer.cookies[UNITS_COOKIE].value == "2"
    page = see(client)
    assert "Blue mug" in page
    assert page.count("¥25.00") == 3
    assert Cart.objects.get().lines.get().quantity == 2


def test_looking_at_an_empty_cart_makes_none(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        page = see(client)
    assert "Your cart is empty" in page
    assert not [query for query in queries if not query["sql"].startswith("SELECT")]
    assert CART_COOKIE not in client.cookies
    assert not Cart.objects.exists()


def test_the_page_is_nobody_elses(client: Client) -> None:
    add(client, make_goods())
    answer = client.get(reverse("storefront:cart-detail"))
    assert "no-store" in answer["Cache-Control"]
    assert "Blue mug" not in see(Client())
    forged = Client()
    forged.cookies[CART_COOKIE] = Cart.objects.get().token
    assert "Blue mug" not in see(forged)


@pytest.mark.parametrize(
    "typed", ["0", "-1", "1e9", "1000", "１", "NaN", "1.5", "\x00", "", "9" * 5000]
)
def test_what_is_no_quantity_is_refused_with_a_message(client: Client, typed: str) -> None:
    mug = make_goods()
    answer = add(client, mug, typed)
    assert answer.status_code == 302
    assert told(answer) == ["Please enter a whole number between 1 and 999."]
    assert not Cart.objects.exists()
    add(client, mug, 3)
    answer = change(client, CartLine.objects.get(), typed=typed)
    assert told(answer)[-1] == "Please enter a whole number between 1 and 999."
    assert CartLine.objects.get().quantity == 3


@pytest.mark.parametrize("sku", ["0", "-1", "１", "abc", "\x00", "9" * 400])
def test_what_is_no_product_is_refused(client: Client, sku: str) -> None:
    answer = client.post(reverse("storefront:cart-line-add"), {"sku": sku, "quantity": "1"})
    assert answer.status_code == 302
    assert "not for sale" in told(answer)[0]


def test_ten_thousand_fields_are_refused_at_once(client: Client) -> None:
    fields = {f"field{number}": "1" for number in range(10_000)}
    for name in ("cart-line-add", "cart-line-change", "cart-code-add", "checkout-payment"):
        assert client.post(reverse(f"storefront:{name}"), fields).status_code == 400


def test_refused_forms_lead_back_to_their_page(client: Client) -> None:
    gone = make_goods(units=0)
    here = f"http://testserver{gone.product.get_absolute_url()}"
    answer = client.post(
        reverse("storefront:cart-line-add"),
        {"sku": str(gone.pk), "quantity": "1"},
        headers={"referer": here},
    )
    assert answer["Location"] == here
    assert told(answer) == ["“Blue mug” is sold out at the moment."]
    answer = client.post(
        reverse("storefront:cart-line-add"),
        {"sku": str(gone.pk), "quantity": "1"},
        headers={"referer": "https://elsewhere.example/"},
    )
    assert answer["Location"] == reverse("storefront:cart-detail")


def test_more_than_there_is_is_told(client: Client) -> None:
    answer = add(client, make_goods(units=3), 7)
    assert told(answer) == ["There are only 3 of “Blue mug”; all of them are in your cart."]
    assert CartLine.objects.get().quantity == 3


def test_buttons_and_field_change_the_quantity(client: Client) -> None:
    add(client, make_goods(), 2)
    line = CartLine.objects.get()
    page = see(client)
    assert 'name="quantity"' in page
    change(client, line, quantity="3", typed="2")
    line.refresh_from_db()
    assert line.quantity == 3
    answer = change(client, line, quantity="", typed="5")
    line.refresh_from_db()
    assert line.quantity == 5
    assert answer.cookies[UNITS_COOKIE].value == "5"


def test_a_line_is_taken_out(client: Client) -> None:
    add(client, make_goods())
    answer = client.post(
        reverse("storefront:cart-line-remove"), {"line": str(CartLine.objects.get().pk)}
    )
    assert told(answer)[-1] == "“Blue mug” is no longer in your cart."
    assert answer.cookies[UNITS_COOKIE]["max-age"] == 0
    assert "Your cart is empty" in see(client)


def test_another_visitors_line_cannot_be_touched(client: Client) -> None:
    mug = make_goods()
    add(client, mug, 2)
    line = CartLine.objects.get()
    stranger = Client()
    add(stranger, mug)
    for act in (
        change(stranger, line, typed="9"),
        stranger.post(reverse("storefront:cart-line-remove"), {"line": str(line.pk)}),
    ):
        assert act.status_code == 302
    line.refresh_from_db()
    assert line.quantity == 2


def test_the_page_tells_what_has_changed(client: Client) -> None:
    mug, vase, lamp, sofa = (make_goods(name=name) for name in ("Blue mug", "Vase", "Lamp", "Sofa"))
    for sku in (mug, vase, lamp, sofa):
        add(client, sku, 4)
    Sku.objects.filter(pk=mug.pk).update(price_minor=1500)
    StockLevel.objects.filter(sku=vase).update(on_hand=2)
    StockLevel.objects.filter(sku=lamp).update(on_hand=0)
    Sku.objects.filter(pk=sofa.pk).update(is_active=False)
    page = see(client)
    assert "The price has risen from ¥12.50 to ¥15.00 since you put it here." in page
    assert "Only 2 are left." in page
    assert "Sold out in the meantime. Please take it out." in page
    assert "No longer for sale. Please take it out." in page
    assert reverse("storefront:checkout-start") not in page
    answer = client.get(reverse("storefront:checkout-start"))
    assert answer["Location"] == reverse("storefront:cart-detail")
    # Looking changes nothing: the next look says the same.
    assert see(client).count("The price has risen") == 1


def test_a_code_is_taken_or_refused_with_its_reason(client: Client) -> None:
    forget_defaults()
    make_discount(code="SPRING10", name_en="Spring", benefit="percent", benefit_value=10)
    add(client, make_goods(), 2)
    address = reverse("storefront:cart-code-add")
    answer = client.post(address, {"code": " ｓｐｒｉｎｇ10 "})
    assert told(answer)[-1] == "“SPRING10” has been applied."
    page = see(client)
    assert "−¥2.50" in page
    assert "¥22.50" in page
    answer = client.post(address, {"code": "NOSUCH"})
    assert told(answer)[-1].startswith("“NOSUCH” could not be applied.")
    for typed in ("", "   ", "\x00", "x" * 10_000):
        assert told(client.post(address, {"code": typed}))[-1] == (
            "Please enter the code as it was given to you."
        )
    assert Cart.objects.get().codes == ["SPRING10"]
    client.post(reverse("storefront:cart-code-remove"), {"code": "SPRING10"})
    assert Cart.objects.get().codes == []


def test_codes_cannot_be_guessed_by_the_thousand(client: Client) -> None:
    add(client, make_goods())
    address = reverse("storefront:cart-code-add")
    answers = [client.post(address, {"code": f"GUESS{number}"}) for number in range(31)]
    assert told(answers[-1])[-1] == "That was too often. Please try again in an hour."


def test_a_guest_who_logs_in_finds_both_carts_in_one(client: Client) -> None:
    customer, mug, vase = make_customer(), make_goods(), make_goods(name="Vase")
    carts.add_to_cart(customer=customer, token="", sku_id=vase.pk, quantity=1)
    add(client, mug, 2)
    log_in(client, customer)
    assert client.cookies[UNITS_COOKIE].value == "3"
    page = see(client)
    assert "Blue mug" in page
    assert "Vase" in page
    assert client.cookies[CART_COOKIE].value == ""


def test_the_count_in_the_bar_follows_the_cart(client: Client) -> None:
    add(client, make_goods(), 4)
    client.cookies[UNITS_COOKIE] = "77"
    answer = client.get(reverse("storefront:cart-detail"))
    assert answer.cookies[UNITS_COOKIE].value == "4"
    assert '<span class="bar__count">4</span>' in see(client)


def test_what_goes_well_with_it_is_in_stock_and_not_in_the_cart(client: Client) -> None:
    mug, vase = make_goods(), make_goods(name="Vase")
    tray, gone = make_goods(name="Tray"), make_goods(name="Gone")
    type(gone.product).objects.filter(pk=gone.product_id).update(has_stock=False)
    for similar in (vase, tray, gone):
        SimilarProductRule.objects.create(
            product=mug.product, similar=similar.product, kind=SimilarProductRule.Kind.PIN
        )
    add(client, mug)
    add(client, vase)
    address = reverse("storefront:cart-complement-list")
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Tray" in part
    assert "Vase" not in part
    assert "Gone" not in part
    assert "<html" not in part
    assert 'data-placement="cart.complement"' in part
    assert "Tray" in client.get(address).content.decode()


@pytest.mark.parametrize("n_lines", [1, 5])
def test_a_cart_is_read_in_a_constant_number_of_queries(
    client: Client, n_lines: int, django_assert_num_queries: CountQueries
) -> None:
    for number in range(n_lines):
        sku = make_goods(name=f"Mug {number}")
        make_photo(sku.product)
        add(client, sku)
    see(client)
    # Lines with their stock, photos, and what the quote asks of the catalogue.
    with django_assert_num_queries(3):
        see(client)


def test_adding_takes_few_statements(
    client: Client, django_assert_num_queries: CountQueries
) -> None:
    first, second = make_goods(), make_goods(name="Vase")
    # In a test the transaction is a savepoint: two statements, as BEGIN and COMMIT are.
    with django_assert_num_queries(5):
        add(client, first)
    with django_assert_num_queries(8):
        add(client, second)
    with django_assert_num_queries(8):
        add(client, second)


def test_the_cart_is_chinese_in_chinese(client: Client) -> None:
    mug = make_goods()
    with translation.override("zh-hans"):
        answer = add(client, mug)
        assert told(answer) == ["“蓝色杯子”已加入购物车。"]
        page = see(client)
    for words in ("购物车", "去结算", "单价 ¥12.50", "我有优惠码"):
        assert words in page
