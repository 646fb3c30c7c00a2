"""What search engines and other machines read of the shop."""

import json
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Category, Product
from catalog.services import summaries
from storefront import seo
from storefront.models import StaticPage
from storefront.pages import sitemap
from tests.factories import (
    make_brand,
    make_category,
    make_product,
    make_review,
    make_sku,
    make_stock_level,
)
from tests.storefront.factories import make_photo

pytestmark = pytest.mark.django_db
SHOP = "http://127.0.0.1:8000"
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


class Head(HTMLParser):
    """Links, metas and structured data of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.metas: dict[str, str | None] = {}
        self.data: list[Any] = []
        self._is_data = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "link":
            self.links.append(found)
        if tag == "meta" and (name := found.get("property") or found.get("name")):
            self.metas[name] = found.get("content")
        self._is_data = tag == "script" and found.get("type") == "application/ld+json"

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.data.append(json.loads(data))
            self._is_data = False

    def things(self, kind: str) -> list[Any]:
        return [thing for block in self.data for thing in block["@graph"] if thing["@type"] == kind]

    @property
    def alternates(self) -> dict[str | None, str | None]:
        return {
            link["hreflang"]: link["href"] for link in self.links if link.get("rel") == "alternate"
        }

    @property
    def canonical(self) -> list[str | None]:
        return [link["href"] for link in self.links if link.get("rel") == "canonical"]


def read(client: Client, address: str) -> Head:
    answer = client.get(address)
    assert answer.status_code == 200
    return Head(answer.content.decode())


def make_cup(**fields: Any) -> Product:
    product = make_product(
        **{
            "slug": "blue-cup",
            "name_en": "Blue cup",
            "name_zh_hans": "蓝色杯子",
            "description_en": "Keeps the tea warm.",
            "category": make_category(slug="cups", name_en="Cups", name_zh_hans="杯子"),
            "brand": make_brand(name="Qing"),
            **fields,
        }
    )
    make_stock_level(sku=make_sku(product=product, code="CUP-S", price_minor=1999), on_hand=3)
    make_sku(product=product, code="CUP-L", price_minor=2550)
    make_photo(product)
    summaries.refresh_prices()
    return product


def test_a_page_names_its_address_in_both_languages_without_filters(client: Client) -> None:
    make_cup()
    for address in ("/en/products/blue-cup/?utm=1", "/en/products/blue-cup/"):
        head = read(client, address)
        assert head.canonical == [f"{SHOP}/en/products/blue-cup/"]
        assert head.alternates == {
            "en": f"{SHOP}/en/products/blue-cup/",
            "zh-hans": f"{SHOP}/zh-hans/products/blue-cup/",
            "x-default": f"{SHOP}/en/products/blue-cup/",
        }
    narrowed = read(client, "/zh-hans/categories/cups/?sort=price&price_min=3")
    assert narrowed.canonical == [f"{SHOP}/zh-hans/categories/cups/"]


def test_the_data_of_a_product_say_what_the_page_says(client: Client) -> None:
    product = make_cup()
    make_review(product=product, stars=5, author_name="Ann", text="Lovely.")
    make_review(product=product, stars=4)
    [data] = read(client, "/en/products/blue-cup/").things("Product")
    assert (data["name"], data["sku"], data["brand"]["name"]) == ("Blue cup", product.code, "Qing")
    assert data["description"] == "Keeps the tea warm."
    assert data["image"] == [f"{SHOP}/media/photos/cup-large.webp"]
    assert data["url"] == f"{SHOP}/en/products/blue-cup/"
    assert [
        (offer["sku"], offer["price"], offer["priceCurrency"], offer["availability"])
        for offer in data["offers"]
    ] == [
        ("CUP-S", "19.99", "CNY", "https://schema.org/InStock"),
        ("CUP-L", "25.50", "CNY", "https://schema.org/OutOfStock"),
    ]
    rating = data["aggregateRating"]
    assert (rating["ratingValue"], rating["reviewCount"]) == (4.5, 2)
    assert [review["reviewRating"]["ratingValue"] for review in data["review"]] == [4, 5]


def test_a_product_nobody_rated_claims_no_rating(client: Client) -> None:
    make_cup()
    [data] = read(client, "/en/products/blue-cup/").things("Product")
    assert "aggregateRating" not in data
    assert "review" not in data


def test_prices_are_written_for_machines_in_every_language(client: Client) -> None:
    make_cup()
    [data] = read(client, "/zh-hans/products/blue-cup/").things("Product")
    assert data["name"] == "蓝色杯子"
    assert data["offers"][0]["price"] == "19.99"


def test_the_trail_leads_from_home_to_the_product(client: Client) -> None:
    make_cup()
    [trail] = read(client, "/en/products/blue-cup/").things("BreadcrumbList")
    steps = trail["itemListElement"]
    assert [(step["position"], step["name"], step["item"]) for step in steps] == [
        (1, "Home", f"{SHOP}/en/"),
        (2, "Cups", f"{SHOP}/en/categories/cups/"),
        (3, "Blue cup", f"{SHOP}/en/products/blue-cup/"),
    ]
    [trail] = read(client, "/en/categories/cups/").things("BreadcrumbList")
    assert [step["name"] for step in trail["itemListElement"]] == ["Home", "Cups"]


def test_the_home_page_says_who_the_shop_is_and_how_to_search_it(client: Client) -> None:
    head = read(client, "/en/")
    [shop] = head.things("Organization")
    [site] = head.things("WebSite")
    assert shop["name"] == "Zhanggui"
    template = site["potentialAction"]["target"]["urlTemplate"]
    assert template == f"{SHOP}/en/search/?q={{search_term_string}}"


def test_no_text_of_a_product_ends_its_data(client: Client) -> None:
    nasty = "</script><script>alert(1)</script><!-- & \u2028 \" '"
    make_cup(name_en=nasty, description_en=nasty)
    page = client.get("/en/products/blue-cup/").content.decode()
    assert "<script>alert" not in page
    [data] = Head(page).things("Product")
    assert data["name"] == nasty
    assert seo.json_ld({"name": nasty}).count("</script") == 1


def test_every_page_that_is_shared_says_what_it_is(client: Client) -> None:
    make_cup()
    Category.objects.update(description_en='For "tea" & coffee.')
    StaticPage.objects.filter(slug="delivery").update(title_en="Delivery", body_en="By **parcel**.")
    for path, title, description in (
        ("/en/", "Zhanggui", "Things for everyday life, chosen with care."),
        ("/en/categories/cups/", "Cups", 'For "tea" & coffee.'),
        ("/en/pages/delivery/", "Delivery", "By parcel."),
    ):
        metas = read(client, path).metas
        assert (metas["og:title"], metas["og:description"]) == (title, description), path
        assert metas["description"] == description
        assert (metas["og:type"], metas["og:url"]) == ("website", f"{SHOP}{path}")
        assert metas["og:locale"] == "en"
    metas = read(client, "/en/categories/cups/").metas
    assert metas["og:image"] == f"{SHOP}/media/photos/cup-large.webp"
    assert read(client, "/zh-hans/").metas["og:locale"] == "zh_Hans"


def test_a_shared_product_is_shown_with_its_photo(client: Client) -> None:
    make_cup()
    metas = read(client, "/en/products/blue-cup/").metas
    assert metas["og:title"] == "Blue cup"
    assert metas["og:image"] == f"{SHOP}/media/photos/cup-large.webp"
    assert (metas["og:image:width"], metas["og:image:height"]) == ("1600", "1600")
    assert metas["og:url"] == f"{SHOP}/en/products/blue-cup/"
    assert metas["product:price:amount"] == "19.99"
    assert metas["description"] == "Keeps the tea warm."


def locations(xml: bytes) -> list[str | None]:
    return [entry.text for entry in ET.fromstring(xml).findall(".//s:loc", MAP)]  # noqa: S314


def test_the_map_of_the_site_lists_what_customers_may_see(client: Client) -> None:
    make_cup()
    make_product(slug="draft", status=Product.Status.DRAFT)
    StaticPage.objects.filter(slug="about").update(is_published=False)
    index = client.get("/sitemap.xml")
    assert index.headers["Content-Type"].startswith("application/xml")
    assert locations(index.content) == [
        f"{SHOP}/sitemaps/shop/1.xml",
        f"{SHOP}/sitemaps/products/1.xml",
    ]
    products = locations(client.get("/sitemaps/products/1.xml").content)
    assert products == [
        f"{SHOP}/zh-hans/products/blue-cup/",
        f"{SHOP}/en/products/blue-cup/",
    ]
    shop = locations(client.get("/sitemaps/shop/1.xml").content)
    assert f"{SHOP}/en/" in shop
    assert f"{SHOP}/zh-hans/categories/cups/" in shop
    assert f"{SHOP}/en/pages/delivery/" in shop
    assert f"{SHOP}/en/pages/about/" not in shop


def test_each_page_of_the_map_names_its_other_languages(client: Client) -> None:
    make_cup()
    root = ET.fromstring(client.get("/sitemaps/products/1.xml").content)  # noqa: S314
    for entry in root.findall("s:url", MAP):
        assert {
            link.get("hreflang"): link.get("href") for link in entry.findall("x:link", MAP)
        } == {
            "en": f"{SHOP}/en/products/blue-cup/",
            "zh-hans": f"{SHOP}/zh-hans/products/blue-cup/",
            "x-default": f"{SHOP}/en/products/blue-cup/",
        }
        changed = entry.findtext("s:lastmod", namespaces=MAP)
        assert changed is not None
        assert datetime.fromisoformat(changed).tzinfo is not None


def test_a_large_shop_has_several_pages_each_in_one_query(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(sitemap, "PLACES_PER_PAGE", 2)
    for number in range(5):
        make_product(slug=f"cup-{number}")
    assert len(locations(client.get("/sitemap.xml").content)) == 4
    listed: list[str | None] = []
    for number in (1, 2, 3):
        with django_assert_num_queries(1):
            answer = client.get(f"/sitemaps/products/{number}.xml")
        listed += locations(answer.content)
    assert len(listed) == len(set(listed)) == 10
    assert client.get("/sitemaps/products/4.xml").status_code == 404


@pytest.mark.parametrize("path", ["products/0", "products/999999999999", "nothing/1"])
def test_a_map_that_does_not_exist_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/sitemaps/{path}.xml").status_code == 404


def test_robots_are_told_what_is_not_theirs_and_where_the_map_is(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()
    assert f"Sitemap: {SHOP}/sitemap.xml" in text.splitlines()
    assert "Disallow: /admin/" in text.splitlines()
    assert "Disallow: /*/account/" in text.splitlines()
