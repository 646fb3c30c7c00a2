"""A customer opens an account; a guest looks after an order."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from customers.models import Address
from orders.models import OrderAccessCode, ReturnRequest
from orders.services import access
from orders.services.fulfilment import ship_order
from outbox.models import Email
from tests.browser.conftest import fits
from tests.factories import make_stock_level
from tests.orders.factories import place_and_pay

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {
    "en-GB": {
        "path": "/en",
        "open": "Create an account",
        "confirm": "Confirm",
        "add": "Add an address",
        "save": "Save",
        "send": "Send a code",
        "show": "Show the order",
        "back": "Return items",
        "ask": "Request a return",
    },
    "zh-CN": {
        "path": "/zh-hans",
        "open": "注册账户",
        "confirm": "确认",
        "add": "添加地址",
        "save": "保存",
        "send": "发送验证码",
        "show": "查看订单",
        "back": "申请退货",
        "ask": "提交退货申请",
    },
}


def code_of_the_last_letter() -> str:
    letter = Email.objects.order_by("pk").last()
    assert letter is not None
    alone = [line.strip() for line in letter.text.splitlines() if line.startswith("    ")]
    (code,) = filter(None, alone)
    return code


def assert_in_order(page: Page) -> None:
    """Nothing sticks out, and axe finds nothing serious."""
    assert fits(page)
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []


def test_a_visitor_opens_an_account_and_keeps_an_address(page: Page, language: str) -> None:
    words = WORDS[language]
    page.goto(f"{words['path']}/account/signup/")
    assert_in_order(page)
    page.locator("[name=email]").fill("new@example.org")
    page.locator("[name=password1]").fill("quiet-lantern-42")
    page.locator("main").get_by_role("button", name=words["open"]).click()
    page.wait_for_url("**/confirm-email/")
    assert_in_order(page)
    page.locator("[name=code]").fill(code_of_the_last_letter())
    page.get_by_role("button", name=words["confirm"], exact=True).click()
    page.wait_for_url("**/account/")
    assert_in_order(page)
    page.goto(f"{words['path']}/account/addresses/")
    page.get_by_role("link", name=words["add"]).click()
    assert_in_order(page)
    page.locator("[name=recipient]").fill("李雷")
    page.locator("[name=country]").select_option("CN")
    page.locator("[name=city]").fill("上海")
    page.locator("[name=line]").fill("人民路 1 号")
    page.get_by_role("button", name=words["save"]).click()
    page.wait_for_url("**/addresses/")
    assert page.get_by_text("人民路 1 号").first.is_visible()
    assert Address.objects.get().is_default
    assert_in_order(page)


def test_a_guest_sends_something_back(page: Page, language: str) -> None:
    words = WORDS[language]
    order = place_and_pay({make_stock_level(on_hand=2).sku: 2})
    ship_order(order=order, key="parcel", carrier="SF", tracking_number="SF100200")
    page.goto(f"{words['path']}/orders/{order.number}/")
    page.wait_for_url("**/orders/?number=*")
    assert_in_order(page)
    page.locator("[name=email]").fill(order.email)
    page.get_by_role("button", name=words["send"]).click()
    page.wait_for_url("**/orders/code/")
    assert_in_order(page)
    access.send_access_code(request_id=OrderAccessCode.objects.get().pk)
    page.locator("[name=code]").fill(code_of_the_last_letter())
    page.get_by_role("button", name=words["show"]).click()
    page.wait_for_url(f"**/orders/{order.number}/")
    assert page.get_by_text("SF100200").is_visible()
    assert_in_order(page)
    page.get_by_role("link", name=words["back"]).click()
    assert_in_order(page)
    page.locator("select").first.select_option("1")
    page.locator("select").nth(1).select_option("damaged")
    page.get_by_role("button", name=words["ask"]).click()
    page.wait_for_url(f"**/orders/{order.number}/")
    assert ReturnRequest.objects.get().order == order
