"""A customer judges a product."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from catalog.models import Product
from catalog.services import photos, summaries
from inventory.models import StockAlert
from tests.browser.chromium import close
from tests.browser.conftest import fits
from tests.catalog.algorithms.pictures import make_jpeg
from tests.factories import (
    make_brand,
    make_category,
    make_product,
    make_review,
    make_sku,
    make_stock_level,
)
from tests.storefront.factories import make_review_photo

pytestmark = pytest.mark.django_db(transaction=True)

PREFIX = {"en-GB": "/en", "zh-CN": "/zh-hans"}
WORDS = {
    "en-GB": {
        "close": "Close",
        "next": "Next photo",
        "compare": "Compare",
        "differs": "differs",
        "wish": "Add to wish list",
        "tell": "Tell me",
        "told": "We will write to you once",
        "verified": "Verified purchase",
        "stars": "5 stars",
        "send": "Send message",
        "required": "This field is required.",
    },
    "zh-CN": {
        "close": "关闭",
        "next": "下一张",
        "compare": "对比",
        "differs": "不同",
        "wish": "加入心愿单",
        "tell": "提醒我",
        "told": "到货后我们会发一封邮件",
        "verified": "已购买",
        "stars": "5 星",
        "send": "发送",
        "required": "该字段是必填项。",
    },
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
    for name in ("A small one, " + "x" * 80, "Large"):
        make_stock_level(sku=make_sku(product=cup, name=name, weight_grams=320), on_hand=3)
    make_sku(product=cup, name="Sold out one")
    for seed in (1, 2):
        photo = photos.add_photo(product=cup, content=make_jpeg(1000, 800, seed))
        photos.prepare_photo(photo=photo)
    review = make_review(
        product=cup,
        text="w" * 400,
        title="Lovely",
        is_verified_purchase=True,
        reply="Thank you.",
        helpful_count=2,
    )
    make_review_photo(review)
    make_product(slug="mug", name_en="Mug", name_zh_hans="马克杯", category=category)
    summaries.refresh_prices()
    Product.objects.update(has_stock=True)


def has_nothing_serious(page: Page) -> bool:
    found = [
        (problem["id"], problem["nodes"][0]["html"])
        for problem in Axe().run(page).response["violations"]
        if problem["impact"] in {"serious", "critical"}
    ]
    assert found == []
    return True


def test_photos_are_enlarged_above_the_page_and_by_keys(page: Page, language: str) -> None:
    words = WORDS[language]
    page.goto(f"{PREFIX[language]}/products/blue-cup/")
    assert fits(page)
    assert has_nothing_serious(page)
    first = page.locator("[data-photo]").first
    first.click()
    viewer = page.get_by_role("dialog")
    assert viewer.get_by_text("1 / 2").is_visible()
    viewer.get_by_role("button", name=words["next"]).click()
    assert viewer.get_by_text("2 / 2").is_visible()
    page.keyboard.press("ArrowRight")
    assert viewer.get_by_text("1 / 2").is_visible()
    assert has_nothing_serious(page)
    viewer.get_by_role("button", name=words["close"]).click()
    assert not viewer.is_visible()
    first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert not viewer.is_visible()
    assert page.url.endswith("/products/blue-cup/")


def test_the_page_shows_what_customers_say(page: Page, language: str) -> None:
    words = WORDS[language]
    page.goto(f"{PREFIX[language]}/products/blue-cup/")
    assert page.get_by_text(words["verified"], exact=True).is_visible()
    page.get_by_role("link", name=words["stars"]).click()
    page.wait_for_url("**/products/blue-cup/reviews/?stars=5")
    assert page.get_by_text("Lovely").is_visible()
    assert fits(page)
    assert has_nothing_serious(page)


def test_products_are_compared_and_wished_for(page: Page, language: str) -> None:
    words, prefix = WORDS[language], PREFIX[language]
    for slug in ("mug", "blue-cup"):
        page.goto(f"{prefix}/products/{slug}/")
        page.get_by_role("button", name=words["compare"], exact=True).click()
        page.get_by_role("button", name=words["wish"]).click()
    page.goto(f"{prefix}/compare/")
    assert page.get_by_text(words["differs"]).first.is_visible()
    assert page.locator(".compare__product").count() == 2
    assert fits(page)
    assert has_nothing_serious(page)
    page.goto(f"{prefix}/wish-list/")
    assert page.locator(".wish").count() == 2
    assert fits(page)
    assert has_nothing_serious(page)


def test_one_asks_to_be_told_when_a_variant_is_back(page: Page, language: str) -> None:
    words = WORDS[language]
    page.goto(f"{PREFIX[language]}/products/blue-cup/")
    page.locator("#alert-email").fill("wang@example.org")
    page.get_by_role("button", name=words["tell"], exact=True).click()
    page.get_by_text(words["told"]).wait_for()
    alert = StockAlert.objects.get()
    assert (alert.email, alert.sku.name) == ("wang@example.org", "Sold out one")
    page.goto(alert.get_absolute_url())
    assert has_nothing_serious(page)


def test_the_contact_form_says_what_is_missing(page: Page, language: str) -> None:
    words, prefix = WORDS[language], PREFIX[language]
    page.goto(f"{prefix}/contact/")
    page.get_by_role("button", name=words["send"], exact=True).click()
    assert page.get_by_text(words["required"]).first.is_visible()
    assert fits(page)
    assert has_nothing_serious(page)
    page.goto(f"{prefix}/pages/privacy/")
    assert fits(page)
    assert has_nothing_serious(page)


def test_without_scripts_photos_are_links_and_forms_still_work(
    chromium: Browser, live_server: LiveServer, language: str
) -> None:
    words = WORDS[language]
    context = chromium.new_context(
        java_script_enabled=False, base_url=live_server.url, locale=language
    )
    page = context.new_page()
    page.goto(f"{PREFIX[language]}/products/blue-cup/")
    photo = page.locator("[data-photo]").first.get_attribute("href") or ""
    assert page.request.get(photo).headers["content-type"] == "image/webp"
    page.get_by_role("button", name=words["compare"], exact=True).click()
    page.locator("#alert-email").fill("wang@example.org")
    page.get_by_role("button", name=words["tell"], exact=True).click()
    assert page.get_by_text(words["told"]).is_visible()
    page.goto(f"{PREFIX[language]}/compare/")
    assert page.locator(".compare__product").count() == 1
    close(context)
