"""A guest finds a thing, judges it, buys it, and looks after the order later."""

import re

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Reservation, StockLevel
from orders.models import Order, Payment
from outbox.models import Email
from tests.browser.chromium import DESK, PHONE
from tests.browser.conftest import fits
from tests.journeys.shop import (
    CUP_MINOR,
    DELIVERY_MINOR,
    EMAIL,
    Shop,
    code_of,
    come_to_the_last_step,
    do_jobs,
    newest_letter,
    order_and_pay,
    order_button,
    put_into_cart,
    words_of,
)
from tests.outbox.postbox import Postbox

Words = dict[str, str]


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_a_guest_finds_judges_buys_and_gets_letters(
    page: Page, words: Words, shop: Shop, postbox: Postbox
) -> None:
    page.goto("/")
    page.locator("[name=q]").fill(words["search"])
    page.locator("[name=q]").press("Enter")
    page.wait_for_url("**/search/?q=*")
    assert fits(page)
    page.locator("main").get_by_role("link", name=words["cup"]).first.click()
    page.get_by_role("heading", level=1, name=words["cup"]).wait_for()
    for judged in (words["in_stock"], "¥50.00", "A lovely cup for tea."):
        assert page.get_by_text(judged).first.is_visible()
    page.get_by_role("button", name=words["add"], exact=True).click()
    page.get_by_role("status").filter(has_text=words["cup"]).wait_for()
    come_to_the_last_step(page, words)
    assert fits(page)
    assert page.get_by_text("¥60.00").first.is_visible()
    number = order_and_pay(page, words)
    assert fits(page)
    assert page.get_by_text(number).first.is_visible()

    order = Order.objects.get()
    assert (order.number, order.status, order.email) == (number, "paid", EMAIL)
    assert (order.goods_minor, order.shipping_minor) == (CUP_MINOR, DELIVERY_MINOR)
    assert order.total_minor == CUP_MINOR + DELIVERY_MINOR
    assert (order.customer, order.language) == (None, words["language"])
    do_jobs()
    assert list(Email.objects.order_by("pk").values_list("kind", "state", "language")) == [
        ("order_confirmation", "sent", words["language"]),
        ("order_paid", "sent", words["language"]),
    ]
    confirmation, paid = postbox.taken
    for letter in (confirmation, paid):
        assert letter["To"] == EMAIL
        assert number in letter["Subject"]
    assert words["cup"] in words_of(confirmation)
    (invoice,) = paid.iter_attachments()
    assert invoice.get_content().startswith(b"%PDF")


def test_a_guest_sees_the_order_by_a_code_from_a_letter(
    page: Page,
    words: Words,
    shop: Shop,
    postbox: Postbox,
) -> None:
    put_into_cart(page, words, shop.cup)
    come_to_the_last_step(page, words)
    number = order_and_pay(page, words)
    page.context.clear_cookies()
    page.goto(f"{words['path']}/orders/{number}/")
    page.wait_for_url("**/orders/?number=*")
    assert page.locator("[name=number]").input_value() == number
    page.locator("[name=email]").fill(EMAIL)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/orders/code/")
    do_jobs()
    page.locator("[name=code]").fill("000000")
    page.locator("main form button[type=submit]").click()
    page.get_by_role("alert").wait_for()
    page.locator("[name=code]").fill(code_of(newest_letter(postbox)))
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(f"**/orders/{number}/")
    assert page.get_by_text(words["cup"]).first.is_visible()
    assert page.get_by_text("¥60.00").first.is_visible()
    assert fits(page)


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["scripts", "no_scripts"])
def test_a_double_click_on_paying_makes_one_order_and_one_payment(
    page: Page, words: Words, shop: Shop
) -> None:
    put_into_cart(page, words, shop.cup)
    come_to_the_last_step(page, words)
    # The second click calls off the page that the first one asked for.
    order_button(page, words).dblclick()
    expect(page).to_have_url(re.compile(r"/orders/[^/]+/payment/$"), timeout=30_000)
    page.locator("[name=answer][value=succeed]").dblclick()
    expect(page).to_have_url(re.compile(r"/orders/[^/]+/thanks/$"), timeout=30_000)
    page.wait_for_load_state()
    order, payment = Order.objects.get(), Payment.objects.get()
    assert (order.status, payment.state) == ("paid", "captured")
    assert payment.captured_minor == order.total_minor
    assert Reservation.objects.held().count() == 1
    level = StockLevel.objects.get(sku=shop.cup)
    assert (level.on_hand, level.reserved) == (20, 1)


def test_going_back_after_paying_leads_to_the_order(page: Page, words: Words, shop: Shop) -> None:
    put_into_cart(page, words, shop.cup)
    come_to_the_last_step(page, words)
    key = page.locator("[name=key]").input_value()
    total = page.locator("[name=seen_total]").input_value()
    number = order_and_pay(page, words)
    # The page of paying, the last step, delivery and address, as the history has them.
    for _step in range(4):
        page.go_back()
        page.wait_for_url(f"**/orders/{number}/**")
    page.go_back()
    page.wait_for_url("**/cart/")
    page.get_by_role("heading", name=words["cart_empty"]).wait_for()
    # The form of the last step, sent once more.
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    again = page.request.post(
        f"{words['path']}/checkout/payment/",
        form={"key": key, "seen_total": total, "provider": "test", "csrfmiddlewaretoken": token},
    )
    assert number in again.url
    assert (Order.objects.count(), Payment.objects.count()) == (1, 1)


@pytest.mark.parametrize("runs_scripts", [False], ids=["no_scripts"])
def test_without_scripts_one_gets_from_home_to_paid(page: Page, words: Words, shop: Shop) -> None:
    page.goto("/")
    page.get_by_role("link", name=words["cup"]).first.click()
    page.get_by_role("heading", level=1, name=words["cup"]).wait_for()
    page.get_by_role("button", name=words["add"], exact=True).click()
    page.get_by_role("status").filter(has_text=words["cup"]).wait_for()
    page.locator("[data-cart-link]").click()
    page.wait_for_url("**/cart/")
    page.locator("[name=typed]").fill("2")
    page.locator("noscript button, [name=line] ~ button[type=submit]").first.click()
    assert page.get_by_text("¥100.00").first.is_visible()
    come_to_the_last_step(page, words)
    number = order_and_pay(page, words)
    order = Order.objects.get(number=number)
    assert (order.status, order.goods_minor) == ("paid", 2 * CUP_MINOR)
