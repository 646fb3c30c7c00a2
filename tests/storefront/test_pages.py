"""What customers see."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product, ProductPhoto
from catalog.services import summaries
from support.models import Review
from tests.factories import (
    make_brand,
    make_category,
    make_product,
    make_review,
    make_sku,
    make_stock_level,
)

pytestmark = pytest.mark.django_db


def make_shop(*, products: int, **fields: object) -> list[Product]:
    """Products for sale with a price, a photo, a stock and a review each."""
    category = make_category(slug="cups", name_en="Cups", name_zh_hans="杯子")
    brand = make_brand()
    made = []
    for number in range(products):
        product = make_product(category=category, brand=brand, units_sold_30_days=number, **fields)
        make_stock_level(sku=make_sku(product=product, price_minor=1000 + number), on_hand=5)
        ProductPhoto.objects.create(
            product=product,
            file="photos/cup.webp",
            width=800,
            height=800,
            sha256=f"{number:064}",
            state=ProductPhoto.State.READY,
            renditions={
                size: {"name": f"photos/cup-{size}.webp", "width": side, "height": side}
                for size, side in (("small", 320), ("medium", 800), ("large", 800))
            },
        )
        make_review(product=product)
        made.append(product)
    summaries.refresh_prices()
    Product.objects.update(has_stock=True)
    return made


def test_the_home_page_leads_to_categories_and_best_sellers(client: Client) -> None:
    make_shop(products=3)
    page = client.get("/en/").content.decode()
    assert 'href="/en/categories/cups/"' in page
    assert "Product" in page
    assert "¥10.02" in page


def test_a_visitor_is_sent_to_the_language_the_browser_asks_for(client: Client) -> None:
    chinese = client.get("/", headers={"accept-language": "zh-CN,zh;q=0.9"})
    english = client.get("/", headers={"accept-language": "en-GB"})
    assert chinese.headers["Location"] == "/zh-hans/"
    assert english.headers["Location"] == "/en/"


def test_both_languages_show_their_own_names(client: Client) -> None:
    [product] = make_shop(products=1, name_en="Blue cup", name_zh_hans="蓝色杯子")
    assert "Blue cup" in client.get(f"/en/products/{product.slug}/").content.decode()
    chinese = client.get(f"/zh-hans/products/{product.slug}/").content.decode()
    assert "蓝色杯子" in chinese
    assert "Blue cup" not in chinese


@pytest.mark.parametrize("products", [3, 60])
def test_pages_ask_the_database_a_fixed_number_of_times(
    client: Client, products: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    made = make_shop(products=products)
    with django_assert_max_num_queries(8):
        client.get("/en/categories/cups/")
    # How placements are set up is among them, which a process reads once.
    with django_assert_max_num_queries(18):
        client.get("/en/")
    # And so are the rules of delivery.
    with django_assert_max_num_queries(16):
        client.get(f"/en/products/{made[0].slug}/")


def test_a_draft_product_is_not_found(client: Client) -> None:
    product = make_product(status=Product.Status.DRAFT)
    assert client.get(f"/en/products/{product.slug}/").status_code == 404


def test_a_hidden_review_is_not_shown(client: Client) -> None:
    product = make_product()
    make_review(product=product, text="Shown to all.")
    make_review(product=product, text="Taken down.", status=Review.Status.HIDDEN)
    page = client.get(f"/en/products/{product.slug}/").content.decode()
    assert "Shown to all." in page
    assert "Taken down." not in page


def test_what_customers_wrote_is_escaped(client: Client) -> None:
    product = make_product()
    make_review(product=product, text="<script>alert(1)</script>")
    page = client.get(f"/en/products/{product.slug}/").content.decode()
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("number", ["-1", "0", "999999999", "abc", "１", "\x00"])
def test_a_page_that_does_not_exist_shows_the_nearest(client: Client, number: str) -> None:
    make_shop(products=2)
    answer = client.get("/en/categories/cups/", {"page": number, "sort": number})
    assert answer.status_code == 200
    assert "Product" in answer.content.decode()


def test_a_product_without_stock_says_so(client: Client) -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=3, reserved=3)
    assert "Sold out" in client.get(f"/en/products/{sku.product.slug}/").content.decode()


def test_reading_a_page_writes_nothing(client: Client) -> None:
    [product] = make_shop(products=1)
    before = Product.objects.values().get()
    client.get(f"/en/products/{product.slug}/")
    assert Product.objects.values().get() == before
    assert "sessionid" not in client.cookies


def test_photos_but_nothing_else_of_the_media_folder_is_served(
    client: Client, settings: object
) -> None:
    folder = settings.MEDIA_ROOT  # type: ignore[attr-defined]  # pytest-django's wrapper
    for name in ("photos/a.webp", "imports/orders.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    assert client.get("/media/imports/orders.csv").status_code == 404
    assert client.get("/media/photos/../imports/orders.csv").status_code == 404


def test_a_card_shows_the_currency_that_the_product_is_sold_in(client: Client) -> None:
    product = make_product(has_stock=True)
    make_sku(product=product, price_minor=255, currency="GBP")
    summaries.refresh_prices()
    page = client.get("/en/").content.decode()
    assert "£2.55" in page
    assert "¥2.55" not in page
