"""The cart in a browser that runs scripts; the way to the order is walked in `tests/journeys`."""

import pytest
from playwright.sync_api import Page

from orders.models import Cart
from tests.browser.conftest import PHONE
from tests.factories import make_product, make_sku, make_stock_level
from tests.orders.checkouts import only_shipping_method

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    only_shipping_method(name_en="Parcel", name_zh_hans="快递")
    cup = make_product(slug="blue-cup", name_en="Blue cup", name_zh_hans="蓝色杯子", has_stock=True)
    make_stock_level(sku=make_sku(product=cup, price_minor=1000), on_hand=5)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("language", ["zh-CN"], indirect=True)
@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
def test_the_cart_changes_in_its_place(page: Page) -> None:
    page.goto("/zh-hans/products/blue-cup/")
    page.locator("#buy [name=quantity]").fill("2")
    press(page, "加入购物车")
    page.get_by_role("heading", level=1, name="购物车").wait_for()
    page.evaluate("window.isTheSamePage = true")
    press(page, "蓝色杯子 增加一件")
    page.locator(".cart__amount", has_text="¥30.00").wait_for()
    page.locator(".bar__count", has_text="3").wait_for()
    page.locator("[name=typed]").fill("1")
    page.locator("[name=typed]").press("Enter")
    page.locator(".cart__amount", has_text="¥10.00").wait_for()
    page.locator(".bar__count", has_text="1").wait_for()
    assert page.evaluate("window.isTheSamePage") is True
    assert Cart.objects.get().lines.get().quantity == 1
