"""A discount code lowers the total; one that does not says why."""

from playwright.sync_api import Page

from orders.models import Discount, Order
from tests.browser.conftest import fits
from tests.journeys.shop import (
    CUP_MINOR,
    DELIVERY_MINOR,
    Shop,
    come_to_the_last_step,
    order_and_pay,
    put_into_cart,
)
from tests.orders.selling import make_discount

Words = dict[str, str]


def enter_code(page: Page, code: str) -> None:
    if not page.locator("[name=code]#cart-code").is_visible():
        page.locator(".cart__code summary").click()
    page.locator("#cart-code").fill(code)
    page.locator("#cart-code").press("Enter")


def test_the_right_code_lowers_the_total_and_others_say_why(
    page: Page, words: Words, shop: Shop
) -> None:
    make_discount(code="TENTH", use_limit=1)
    Discount.objects.filter(pk=make_discount(code="ALLGONE", use_limit=1).pk).update(times_used=1)
    put_into_cart(page, words, shop.cup)
    page.goto(f"{words['path']}/cart/")
    total = page.locator(".totals > div:last-of-type dd")
    assert total.inner_text() == "¥50.00"
    for code, sentence in (("nosuch", "unknown_code"), ("allgone", "used_up_code")):
        enter_code(page, code)
        page.get_by_role("alert").filter(has_text=words[sentence]).wait_for()
        assert total.inner_text() == "¥50.00"
    enter_code(page, " tenth ")
    page.get_by_role("status").filter(has_text=words["code_taken"]).wait_for()
    assert total.inner_text() == "¥45.00"
    assert fits(page)
    come_to_the_last_step(page, words)
    assert page.get_by_text("¥55.00").first.is_visible()
    number = order_and_pay(page, words)
    order = Order.objects.get(number=number)
    assert (order.discount_minor, order.total_minor) == (
        CUP_MINOR // 10,
        CUP_MINOR * 9 // 10 + DELIVERY_MINOR,
    )
    assert Discount.objects.get(code="TENTH").times_used == 1


def test_a_code_that_another_used_up_meanwhile_is_not_used(
    page: Page, words: Words, shop: Shop
) -> None:
    discount = make_discount(code="TENTH", use_limit=1)
    put_into_cart(page, words, shop.cup)
    page.goto(f"{words['path']}/cart/")
    enter_code(page, "TENTH")
    page.get_by_role("status").filter(has_text=words["code_taken"]).wait_for()
    come_to_the_last_step(page, words)
    Discount.objects.filter(pk=discount.pk).update(times_used=1)
    page.get_by_role("button", name=words["order"]).click()
    page.get_by_role("status").first.wait_for()
    page.wait_for_url("**/checkout/payment/")
    assert Order.objects.count() == 0
    # The new total is shown, and is what the button says.
    assert page.get_by_role("button", name=words["order"]).inner_text().endswith("¥60.00")
    order = Order.objects.get(number=order_and_pay(page, words))
    assert (order.discount_minor, order.total_minor) == (0, CUP_MINOR + DELIVERY_MINOR)
