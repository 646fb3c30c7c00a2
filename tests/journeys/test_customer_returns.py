"""A customer opens an account, buys, sends something back, and has the money again."""

from playwright.sync_api import Page

from inventory.models import StockLevel
from orders.models import Invoice, Order, ReturnPhoto, ReturnRequest
from orders.services import fulfilment, returns
from outbox.models import Email
from tests.browser.conftest import fits
from tests.catalog.algorithms.pictures import make_jpeg
from tests.factories import make_staff
from tests.journeys.shop import (
    CUP_MINOR,
    EMAIL,
    PASSWORD,
    Shop,
    code_of,
    come_to_the_last_step,
    do_jobs,
    newest_letter,
    order_and_pay,
    put_into_cart,
)
from tests.outbox.postbox import Postbox

Words = dict[str, str]


def open_account(page: Page, words: Words, postbox: Postbox) -> None:
    page.goto(f"{words['path']}/account/signup/")
    page.locator("[name=email]").fill(EMAIL)
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("main").get_by_role("button", name=words["open"]).click()
    page.wait_for_url("**/confirm-email/")
    do_jobs()
    page.locator("[name=code]").fill(code_of(newest_letter(postbox)))
    page.get_by_role("button", name=words["confirm"], exact=True).click()
    page.wait_for_url("**/account/")


def buy_two_cups(page: Page, words: Words, shop: Shop) -> Order:
    put_into_cart(page, words, shop.cup)
    put_into_cart(page, words, shop.cup)
    come_to_the_last_step(page, words, email=None)
    return Order.objects.get(number=order_and_pay(page, words))


def test_a_customer_buys_and_has_one_of_two_paid_back(
    page: Page, words: Words, shop: Shop, postbox: Postbox
) -> None:
    open_account(page, words, postbox)
    order = buy_two_cups(page, words, shop)
    do_jobs()
    assert order.customer is not None
    assert (order.customer.email, order.email) == (EMAIL, EMAIL)
    staff = make_staff()
    fulfilment.ship_order(
        order=order, key="parcel", carrier="SF", tracking_number="SF100200", user=staff
    )
    do_jobs()

    page.goto(f"{words['path']}/account/")
    page.locator("main").get_by_role("link", name=words["orders"], exact=True).first.click()
    page.wait_for_url("**/account/orders/")
    page.get_by_role("link", name=order.number).first.click()
    page.wait_for_url(f"**/orders/{order.number}/")
    assert page.get_by_text("SF100200").first.is_visible()
    page.get_by_role("link", name=words["send_back"]).click()
    line = order.lines.get()
    page.locator(f"[name=units_{line.pk}]").select_option("1")
    page.locator(f"[name=reason_{line.pk}]").select_option("damaged")
    page.locator("[name=note]").fill("裂了 cracked")
    page.locator("[name=photos]").set_input_files(
        {"name": "crack.jpg", "mimeType": "image/jpeg", "buffer": make_jpeg(900, 700, 3)}
    )
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(f"**/orders/{order.number}/")
    assert page.get_by_text("裂了 cracked").is_visible()
    do_jobs()
    assert ReturnPhoto.objects.get().state == ReturnPhoto.State.READY

    request = ReturnRequest.objects.get()
    returns.approve_return(request=request, user=staff, answer="寄到仓库 to the warehouse")
    page.reload()
    assert page.get_by_text("寄到仓库 to the warehouse").is_visible()
    returns.receive_return(request=request, user=staff)
    assert StockLevel.objects.get(sku=shop.cup).on_hand == 19
    amount = returns.suggested_refund(request=request).amount_minor
    assert amount == CUP_MINOR
    returns.refund_return(request=request, amount_minor=amount, user=staff)
    do_jobs()

    order.refresh_from_db()
    request.refresh_from_db()
    assert (order.refunded_minor, request.status) == (CUP_MINOR, ReturnRequest.Status.REFUNDED)
    page.reload()
    assert page.get_by_text(words["paid_back"]).first.is_visible()
    assert fits(page)
    credit_note = Invoice.objects.get(kind=Invoice.Kind.CREDIT_NOTE)
    assert credit_note.total_minor == CUP_MINOR
    href = page.get_by_role("link", name=credit_note.number).get_attribute("href") or ""
    document = page.request.get(href)
    assert document.headers["content-type"] == "application/pdf"
    assert document.body().startswith(b"%PDF")
    told = Email.objects.filter(reference=order.number, state=Email.State.SENT)
    assert list(told.order_by("pk").values_list("kind", flat=True)) == [
        "order_confirmation",
        "order_paid",
        "order_shipped",
        "return_approved",
        "return_received",
        "order_refunded",
    ]
    assert set(told.values_list("language", flat=True)) == {words["language"]}
