"""What pages may cost: the same number of statements however many products there are."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Category, Product, Sku
from catalog.services import indexing, summaries, versions
from tests.factories import (
    make_brand,
    make_category,
    make_product,
    make_sku,
    make_stock_level,
    make_user,
)
from tests.storefront.factories import make_photo

pytestmark = pytest.mark.django_db(transaction=True)

FEW, MANY = 30, 300
MOST_BYTES = 60_000
LANGUAGES = ("en", "zh-hans")


def make_shop(n_products: int) -> list[Sku]:
    """Cups of ten brands in one category, each with a photo, a SKU and stock."""
    category = Category.objects.filter(slug="cups").first() or make_category(
        slug="cups", name_en="Cups", name_zh_hans="杯子"
    )
    brands = [make_brand() for _number in range(10)]
    there = Product.objects.count()
    for number in range(there, n_products):
        product = make_product(
            slug=f"cup-{number}",
            name_en=f"Blue cup {number}",
            name_zh_hans=f"蓝色杯子 {number}",
            category=category,
            brand=brands[number % 10],
            has_stock=True,
        )
        make_photo(product)
        make_stock_level(sku=make_sku(product=product, price_minor=1000 + number), on_hand=50)
    summaries.refresh_prices()
    indexing.reindex_all()
    return list(Sku.objects.order_by("pk"))


def statements(ask: Callable[[], Any]) -> int:
    """Of a request after a price has changed: nothing of the catalogue is kept any more."""
    ask()
    versions.renew_catalogue_version()
    with CaptureQueriesContext(connection) as asked:
        answer = ask()
    assert answer.status_code in (200, 302)
    return len(asked)


def costs(language: str, skus: list[Sku]) -> dict[str, int]:
    shop = f"/{language}"
    word = "blue cup" if language == "en" else "蓝色杯子"
    shopper = Client()
    for sku in skus[:5]:
        shopper.post(f"{shop}/cart/lines/add/", {"sku": sku.pk, "quantity": 2})
    return {
        "list": statements(lambda: Client().get(f"{shop}/search/")),
        "category": statements(lambda: Client().get(f"{shop}/categories/cups/")),
        "product": statements(lambda: Client().get(f"{shop}/products/cup-0/")),
        "search": statements(lambda: Client().get(f"{shop}/search/", {"q": word})),
        "add to cart": statements(
            lambda: Client().post(f"{shop}/cart/lines/add/", {"sku": skus[0].pk, "quantity": 1})
        ),
        "cart of five lines": statements(lambda: shopper.get(f"{shop}/cart/")),
    }


MOST = {
    "list": 8,
    "category": 8,
    "product": 10,
    "search": 6,
    "add to cart": 10,
    "cart of five lines": 6,
}


def test_pages_ask_the_database_as_often_for_300_products_as_for_30() -> None:
    skus = make_shop(FEW)
    few = {language: costs(language, skus) for language in LANGUAGES}
    skus = make_shop(MANY)
    many = {language: costs(language, skus) for language in LANGUAGES}
    assert many == few
    for counted in many.values():
        assert {page: n for page, n in counted.items() if n > MOST[page]} == {}


def test_kept_pages_ask_for_nothing_but_the_stock() -> None:
    make_shop(3)
    for path, n_statements in (
        ("/en/categories/cups/", 0),
        ("/en/categories/cups/?sort=price", 0),
        ("/en/search/", 0),
        ("/en/products/cup-0/", 1),
    ):
        Client().get(path)
        with CaptureQueriesContext(connection) as asked:
            answer = Client().get(path)
        assert answer.status_code == 200
        assert (path, len(asked)) == (path, n_statements)


def test_pages_travel_compressed() -> None:
    make_shop(3)
    for path in ("/en/", "/en/categories/cups/", "/en/products/cup-0/"):
        plain = Client().get(path)
        packed = Client().get(path, headers={"Accept-Encoding": "gzip, br"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert len(packed.content) < min(len(plain.content) / 2, MOST_BYTES)
        assert b"Blue cup 0" in gzip.decompress(packed.content)


def test_a_kept_page_greets_each_visitor_with_their_own_token_marks_and_words() -> None:
    skus = make_shop(3)
    product = skus[0].product
    first = Client()
    first.post("/en/compare/add/", {"product": product.pk, "next": "/en/products/cup-0/"})
    first.post("/en/cart/lines/add/", {"sku": skus[0].pk, "quantity": 7})
    page = first.get("/en/products/cup-0/").content.decode()
    assert "Remove from comparison" in page
    assert '<span class="bar__count">7</span>' in page
    assert "is in your cart" in page
    again = first.get("/en/products/cup-0/").content.decode()
    assert "is in your cart" not in again
    other = Client().get("/en/products/cup-0/").content.decode()
    assert "Remove from comparison" not in other
    assert "bar__count" not in other
    assert "is in your cart" not in other


def test_a_customer_sees_their_address_in_the_form_of_a_stock_alert_and_nobody_else_does() -> None:
    skus = make_shop(1)
    skus[0].stock_levels.update(on_hand=0)
    customer = Client()
    customer.force_login(make_user(email="reader@example.org"))
    assert 'value="reader@example.org"' in customer.get("/en/products/cup-0/").content.decode()
    assert "reader@example.org" not in Client().get("/en/products/cup-0/").content.decode()


def test_marks_of_holes_in_what_people_wrote_are_only_text() -> None:
    skus = make_shop(1)
    Product.objects.filter(pk=skus[0].product_id).update(name_en="Cup \ue000csrf\ue001")
    versions.renew_catalogue_version()
    answer = Client().get("/en/products/cup-0/")
    assert answer.status_code == 200
    assert "Cup \ue000csrf\ue001" in answer.content.decode()
