"""A customer looks around."""

import pytest
from playwright.sync_api import Page

from catalog.models import Product
from catalog.services import summaries
from tests.browser.conftest import fits
from tests.factories import (
    make_brand,
    make_category,
    make_product,
    make_review,
    make_sku,
    make_stock_level,
)

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {
    "en-GB": {"cup": "Blue cup", "cups": "Cups", "stock": "In stock", "other": "简体中文"},
    "zh-CN": {"cup": "蓝色杯子", "cups": "杯子", "stock": "有货", "other": "English"},
}


@pytest.fixture(autouse=True)
def _shop() -> None:
    category = make_category(slug="cups", name_en="Cups", name_zh_hans="杯子")
    cup = make_product(
        slug="blue-cup",
        name_en="Blue cup",
        name_zh_hans="蓝色杯子",
        category=category,
        brand=make_brand(name="青" * 40),
    )
    make_stock_level(sku=make_sku(product=cup, name="x" * 100), on_hand=50)
    make_review(product=cup, text="w" * 400)
    summaries.refresh_prices()
    Product.objects.update(has_stock=True)


def test_from_the_front_door_to_a_product(page: Page, language: str) -> None:
    words = WORDS[language]
    page.goto("/")
    assert fits(page)
    page.get_by_role("link", name=words["cups"]).first.click()
    assert page.get_by_role("heading", level=1).inner_text() == words["cups"]
    assert fits(page)
    page.get_by_role("link", name=words["cup"]).first.click()
    assert page.get_by_role("heading", level=1).inner_text() == words["cup"]
    assert page.get_by_text(words["stock"]).is_visible()
    assert page.get_by_text("¥19.99").first.is_visible()
    assert fits(page)


def test_the_language_is_changed_where_one_is(page: Page, language: str) -> None:
    page.goto("/")
    page.goto(page.url + "products/blue-cup/")
    page.get_by_role("button", name=WORDS[language]["other"]).click()
    other = {"en-GB": "zh-CN", "zh-CN": "en-GB"}[language]
    page.get_by_role("heading", level=1, name=WORDS[other]["cup"]).wait_for()
    assert page.url.endswith("/products/blue-cup/")
