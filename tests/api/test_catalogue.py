"""The catalogue through the API."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Category, Product
from catalog.services.versions import forget_catalogue_version, renew_catalogue_version
from tests.factories import make_brand, make_category, make_product, make_sku, make_stock_level

pytestmark = pytest.mark.django_db
LIST = "api:product-list"


def test_a_product_is_read_by_code_and_by_slug(client: Client) -> None:
    product = make_product(code="CUP-1", slug="blue-cup", name_en="Blue cup", name_zh_hans="蓝杯")
    sku = make_sku(product=product, code="CUP-1-S", price_minor=1999)
    make_stock_level(sku=sku, on_hand=7, reserved=2)
    for name in ("CUP-1", "blue-cup"):
        told = client.get(reverse("api:product-detail", args=[name])).json()
        assert told["code"] == "CUP-1"
        assert told["name"] == "Blue cup"
        assert [(one["code"], one["price_minor"]) for one in told["skus"]] == [("CUP-1-S", 1999)]
    in_chinese = client.get(
        reverse("api:product-detail", args=["CUP-1"]), headers={"accept-language": "zh-hans"}
    )
    assert in_chinese.json()["name"] == "蓝杯"
    units = client.get(reverse("api:product-availability", args=["CUP-1"])).json()
    assert units == [{"sku": "CUP-1-S", "units": 5}]


def test_what_is_not_published_is_not_there(client: Client) -> None:
    make_product(code="DRAFT", status=Product.Status.DRAFT)
    answer = client.get(reverse("api:product-detail", args=["DRAFT"]))
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert client.get(reverse(LIST)).json()["total"] == 0


def test_a_list_is_narrowed_and_walked_to_its_end(client: Client) -> None:
    category, brand = make_category(slug="cups"), make_brand(slug="ru")
    for number in range(5):
        make_product(code=f"C{number}", category=category, brand=brand)
    make_product(code="OTHER")
    seen: list[str] = []
    query: dict[str, Any] = {"category": "cups", "brand": "ru", "size": 2, "ordering": "new"}
    for _page in range(3):
        told = client.get(reverse(LIST), query).json()
        assert told["total"] == 5
        seen += [row["code"] for row in told["results"]]
        query["cursor"] = told["next_cursor"]
    assert sorted(seen) == ["C0", "C1", "C2", "C3", "C4"]
    assert query["cursor"] is None


def test_a_list_costs_the_same_however_long_it_is(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    for _number in range(30):
        make_product(brand=make_brand(), category=make_category())
    with django_assert_max_num_queries(6):
        assert len(client.get(reverse(LIST), {"size": 30}).json()["results"]) == 30


@pytest.mark.parametrize(
    "query",
    [
        {"page": "-1"},
        {"page": "1000000000"},
        {"size": "0"},
        {"size": "-1"},
        {"size": "１"},
        {"size": "1e9"},
        {"size": "NaN"},
        {"cursor": "nonsense"},
        {"q": "cup\x00"},
        {"q": "x" * 100_000},
        {"ordering": "loudest"},
        {"price_min": "NaN"},
        {"category": "no slug"},
    ],
    ids=lambda query: str(query)[:30],
)
def test_nonsense_is_refused_with_the_field_that_holds_it(
    client: Client, query: dict[str, str]
) -> None:
    answer = client.get(reverse(LIST), query)
    assert answer.status_code == 400
    told = answer.json()
    assert told["code"] in {"invalid", "invalid_cursor"}
    if told["code"] == "invalid":
        assert list(told["fields"]) == list(query)


def test_what_did_not_change_is_not_sent_again(
    client: Client, django_assert_num_queries: Any
) -> None:
    make_product(code="CUP")
    first = client.get(reverse(LIST))
    etag = first.headers["ETag"]
    with django_assert_num_queries(0):
        again = client.get(reverse(LIST), headers={"if-none-match": etag})
    assert again.status_code == 304
    assert again.content == b""
    in_chinese = {"if-none-match": etag, "accept-language": "zh-hans"}
    assert client.get(reverse(LIST), headers=in_chinese).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_change_of_the_catalogue_ends_what_clients_kept(client: Client) -> None:
    product = make_product(code="CUP")
    etag = client.get(reverse(LIST)).headers["ETag"]
    Product.objects.filter(pk=product.pk).update(status=Product.Status.WITHDRAWN)
    renew_catalogue_version()
    forget_catalogue_version()
    answer = client.get(reverse(LIST), headers={"if-none-match": etag})
    assert answer.status_code == 200
    assert answer.json()["total"] == 0


def test_below_the_api_every_refusal_has_one_shape(client: Client) -> None:
    unknown = client.get("/api/v1/nowhere/")
    assert unknown.status_code == 404
    assert unknown.json()["code"] == "not_found"
    wrong_method = client.delete(reverse(LIST))
    assert wrong_method.status_code == 405
    assert wrong_method.json()["code"] == "method_not_allowed"
    no_json = client.get(reverse(LIST), headers={"accept": "application/xml"})
    assert no_json.status_code == 406
    assert no_json.json()["code"] == "not_acceptable"


def test_categories_name_the_one_above(client: Client) -> None:
    top = make_category(slug="kitchen")
    Category.objects.add_child(top, {"slug": "cups", "name_en": "Cups", "name_zh_hans": "杯子"})
    told = client.get(reverse("api:category-list")).json()
    assert [(row["slug"], row["parent"], row["depth"]) for row in told] == [
        ("kitchen", None, 1),
        ("cups", "kitchen", 2),
    ]


def test_the_page_of_the_schema_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get(reverse("api:docs"))
    assert page.status_code == 200
    assert "https://" not in page.content.decode()
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
