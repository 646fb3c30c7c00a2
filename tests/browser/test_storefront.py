"""A customer looks around."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from catalog.models import Product
from catalog.services import summaries
from tests.browser.chromium import close
from tests.browser.conftest import PHONE, fits
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
    "en-GB": {
        "cup": "Blue cup",
        "cups": "Cups",
        "stock": "In stock",
        "other": "简体中文",
        "filter": "Filter",
        "menu": "Menu",
        "found": "Results for “blue”",
        "missing": "This page does not exist",
        "offline": "No connection",
    },
    "zh-CN": {
        "cup": "蓝色杯子",
        "cups": "杯子",
        "stock": "有货",
        "other": "English",
        "filter": "筛选",
        "menu": "菜单",
        "found": "“blue”的搜索结果",
        "missing": "这个页面不存在",
        "offline": "没有网络连接",
    },
}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def barriers(page: Page) -> list[str]:
    """What axe-core holds against a page."""
    found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]


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
    make_product(slug="red-cup", name_en="Red cup", name_zh_hans="红色杯子", category=category)
    call_command("reindex_products", verbosity=0)


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
    if page.viewport_size == PHONE:
        page.locator("summary", has_text=WORDS[language]["menu"]).click()
    page.get_by_role("button", name=WORDS[language]["other"]).click()
    other = {"en-GB": "zh-CN", "zh-CN": "en-GB"}[language]
    page.get_by_role("heading", level=1, name=WORDS[other]["cup"]).wait_for()
    assert page.url.endswith("/products/blue-cup/")


def test_a_shelf_is_narrowed_where_one_stands(page: Page, language: str) -> None:
    words = WORDS[language]
    page.goto("/")
    page.goto(page.url + "categories/cups/")
    assert page.locator(".card").count() == 2
    if page.viewport_size == PHONE:
        page.get_by_text(words["filter"], exact=True).click()
    page.evaluate("window.here = true")
    page.get_by_role("checkbox", name=words["stock"]).check()
    page.wait_for_url("**stock=1**")
    page.locator(".chip", has_text=words["stock"]).wait_for()
    assert page.locator(".card").count() == 1
    assert page.evaluate("window.here") is True
    assert page.get_by_role("checkbox", name=words["stock"]).is_visible()
    page.go_back()
    page.wait_for_url("**/categories/cups/")
    assert page.locator(".card").count() == 2


def test_suggestions_are_walked_with_the_arrow_keys(page: Page, language: str) -> None:
    page.goto("/")
    box = page.locator("#search-text")
    box.press_sequentially("blue")
    page.get_by_role("option", name=WORDS[language]["cup"]).wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") is not None
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert page.get_by_role("option").count() == 0
    box.press("Enter")
    page.get_by_role("heading", level=1, name=WORDS[language]["found"]).wait_for()
    assert page.locator(".card").count() == 1
    assert fits(page)


def test_pages_hold_no_barriers_in_either_scheme(page: Page, language: str) -> None:
    page.goto("/")
    home = page.url
    for path in ("", "categories/cups/", "search/?q=blue", "search/?q=qqqqqq", "nothing/"):
        page.goto(home + path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert barriers(page) == [], (path, scheme)
        assert fits(page)


def test_a_missing_page_offers_the_search(page: Page, language: str) -> None:
    page.goto("/")
    answer = page.goto(page.url + "nothing/")
    assert answer is not None
    assert answer.status == 404
    page.get_by_role("heading", level=1, name=WORDS[language]["missing"]).wait_for()
    page.locator("#search-text").fill("blue")
    page.locator("#search-text").press("Enter")
    page.get_by_role("heading", level=1, name=WORDS[language]["found"]).wait_for()


def test_without_a_connection_a_page_says_so(page: Page, language: str) -> None:
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.goto(page.url + "categories/cups/")
    page.get_by_role("heading", level=1, name=WORDS[language]["offline"]).wait_for()


def test_lists_do_without_scripts(
    chromium: Browser, live_server: LiveServer, language: str
) -> None:
    words = WORDS[language]
    context = chromium.new_context(
        viewport=PHONE, locale=language, base_url=live_server.url, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/")
    page.locator("summary", has_text=words["menu"]).click()
    page.get_by_role("link", name=words["cups"]).first.click()
    page.get_by_text(words["filter"], exact=True).click()
    page.get_by_role("checkbox", name=words["stock"]).check()
    page.locator("#facets button[type=submit]").click()
    assert "stock=1" in page.url
    assert page.locator(".card").count() == 1
    close(context)
