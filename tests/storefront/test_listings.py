"""Looking along the shelves: categories and search."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from catalog.services import summaries
from tests.factories import make_brand, make_category, make_product, make_sku
from tests.storefront.factories import make_photo

pytestmark = pytest.mark.django_db


def make_shelf(*, products: int, slug: str = "cups", **fields: object) -> list[Product]:
    """A category of products that cost 10.00, 11.00 and so on, the last one selling best."""
    category = make_category(slug=slug, name_en="Cups", name_zh_hans="杯子")
    made = []
    for number in range(products):
        product = make_product(
            category=category,
            name_en=f"Cup {number:02}",
            name_zh_hans=f"杯子 {number:02}",
            units_sold_30_days=number,
            has_stock=True,
            **fields,
        )
        make_sku(product=product, price_minor=1000 + 100 * number)
        made.append(product)
    summaries.refresh_prices()
    call_command("reindex_products", verbosity=0)
    return made


def names(page: str) -> list[str]:
    return re.findall(r'class="card__name">([^<]+)<', page)


def link(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}"\s+href="([^"]+)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_a_category_is_walked_forth_and_back_by_its_links(client: Client, settings: Any) -> None:
    settings.CARDS_PER_PAGE = 2
    make_shelf(products=5)
    first = client.get("/en/categories/cups/").content.decode()
    assert names(first) == ["Cup 04", "Cup 03"]
    assert 'rel="prev"' not in first
    second = client.get(link(first, "next")).content.decode()
    assert names(second) == ["Cup 02", "Cup 01"]
    third = client.get(link(second, "next")).content.decode()
    assert names(third) == ["Cup 00"]
    assert 'rel="next"' not in third
    assert names(client.get(link(third, "prev")).content.decode()) == ["Cup 02", "Cup 01"]


def test_a_shelf_is_put_in_the_order_that_is_asked_for(client: Client) -> None:
    make_shelf(products=3)
    page = client.get("/en/categories/cups/", {"sort": "price"}).content.decode()
    assert names(page) == ["Cup 00", "Cup 01", "Cup 02"]
    assert '<option value="price" selected>' in page


def test_filters_narrow_a_shelf_and_can_be_taken_away(client: Client) -> None:
    blue = make_brand(name="Blue Kiln", slug="blue-kiln")
    cups = make_shelf(products=3)
    Product.objects.filter(pk=cups[1].pk).update(brand=blue)
    Product.objects.filter(pk=cups[2].pk).update(brand=make_brand())
    page = client.get("/en/categories/cups/", {"brand": "blue-kiln"}).content.decode()
    assert names(page) == ["Cup 01"]
    assert "1 product" in page
    chip = re.search(r'class="chip"\s+href="([^"]+)">Brand: Blue Kiln', page)
    assert chip is not None
    assert len(names(client.get(chip[1].replace("&amp;", "&")).content.decode())) == 3


def test_filters_that_nothing_fits_say_so(client: Client) -> None:
    make_shelf(products=2)
    page = client.get("/en/categories/cups/", {"rating": "5"}).content.decode()
    assert names(page) == []
    assert "Nothing fits all of these filters" in page


def test_a_search_shows_what_it_found_and_keeps_its_words(client: Client) -> None:
    make_shelf(products=3)
    make_product(name_en="Kettle", name_zh_hans="水壶")
    call_command("reindex_products", verbosity=0)
    page = client.get("/en/search/", {"q": "  kettle \x00\n"}).content.decode()
    assert names(page) == ["Kettle"]
    assert 'value="kettle"' in page
    assert 'data-query="kettle"' in page


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("/en", "round kettle", "Nothing has all of these words; showing what comes near."),
        ("/zh-hans", "圆形 水壶", "没有商品包含全部词语，以下是相近的商品。"),
    ],
)
def test_a_search_that_only_comes_near_says_so(
    client: Client, path: str, text: str, sentence: str
) -> None:
    make_product(name_en="Kettle", name_zh_hans="水壶")
    make_product(name_en="Round tray", name_zh_hans="圆形 托盘")
    call_command("reindex_products", verbosity=0)
    page = client.get(f"{path}/search/", {"q": text}).content.decode()
    assert sentence in page
    assert len(names(page)) == 2
    exact = client.get(f"{path}/search/", {"q": text.split()[1]}).content.decode()
    assert sentence not in exact


def test_a_search_without_a_result_helps(client: Client) -> None:
    make_shelf(products=2)
    page = client.get("/en/search/", {"q": "qqqqqq"}).content.decode()
    assert "Nothing found for “qqqqqq”" in page
    assert names(page) == ["Cup 01", "Cup 00"]
    assert '/en/categories/cups/">Cups</a>' in page


def test_an_empty_search_asks_for_words(client: Client) -> None:
    make_shelf(products=1)
    answer = client.get("/en/search/", {"q": " \x00 "})
    assert answer.status_code == 200
    assert "Type what you are looking for" in answer.content.decode()


@pytest.mark.parametrize("text", ["x" * 101, "杯" * 100_000])
def test_a_search_that_is_too_long_is_refused_in_words(client: Client, text: str) -> None:
    make_shelf(products=1)
    answer = client.get("/en/search/", {"q": text})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "Please search for 100 characters at most." in page
    assert names(page) == ["Cup 00"]
    assert len(page) < 20_000


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "\x00"},
        {"cursor": "x" * 100_000},
        {"page": "-1", "sort": "１"},
        {"price": "NaN", "rating": "1e9", "brand": "\x00", "attr_\x00": "１", "stock": "-1"},
        {"brand": ["x" * 200] * 500},
    ],
)
def test_nonsense_in_an_address_is_passed_over(
    client: Client, query: dict[str, str | list[str]]
) -> None:
    make_shelf(products=2)
    for path in ("/en/categories/cups/", "/en/search/"):
        answer = client.get(path, {"q": "cup", **query})
        assert answer.status_code == 200
        assert names(answer.content.decode()) == ["Cup 01", "Cup 00"]


def test_names_and_words_are_escaped(client: Client) -> None:
    make_shelf(products=1)
    Product.objects.update(name_en='<img src=x onerror="1">')
    for path in ("/en/", "/en/categories/cups/", "/en/search/?q=%3Cscript%3E"):
        page = client.get(path).content.decode()
        assert '<img src=x onerror="1">' not in page
        assert "<script>" not in page.replace("<script ", "")
    assert "&lt;img src=x" in client.get("/en/categories/cups/").content.decode()


@pytest.mark.parametrize("products", [3, 60])
def test_lists_ask_the_database_a_fixed_number_of_times(
    client: Client, products: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for product in make_shelf(products=products):
        make_photo(product)
    with django_assert_max_num_queries(8):
        client.get("/en/categories/cups/", {"stock": "1"})
    with django_assert_max_num_queries(6):
        client.get("/en/search/", {"q": "cup"})
    with django_assert_max_num_queries(3):
        client.get("/en/search/suggestions/", {"q": "cu"})


def test_suggestions_lead_to_places_and_products(client: Client) -> None:
    make_shelf(products=1)
    page = client.get("/en/search/suggestions/", {"q": "cup"}).content.decode()
    assert 'role="option"' in page
    assert 'href="/en/categories/cups/"' in page
    assert "¥10.00" in page


@pytest.mark.parametrize("text", ["", " ", "\x00", "x" * 100_000])
def test_suggestions_for_nothing_are_none(client: Client, text: str) -> None:
    make_shelf(products=1)
    answer = client.get("/en/search/suggestions/", {"q": text})
    assert answer.status_code == 200
    assert 'role="option"' not in answer.content.decode()


def test_a_product_without_a_photo_shows_its_first_letter(client: Client) -> None:
    make_shelf(products=1)
    page = client.get("/zh-hans/categories/cups/").content.decode()
    assert '<span class="no-photo" aria-hidden="true">杯</span>' in page
