"""Parts of pages that are kept until the catalogue changes."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from catalog.models import Attribute, Product, ProductAttribute, Sku
from catalog.services import indexing, products, summaries, versions
from customers.models import User
from inventory.services import stock
from storefront.fragments import Fragments, kept
from tests.factories import make_category, make_product, make_sku, make_stock_level, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/en/categories/cups/"


@pytest.fixture
def cup() -> Product:
    product = make_product(
        name_en="Blue cup", category=make_category(slug="cups", name_en="Cups"), has_stock=True
    )
    make_stock_level(sku=make_sku(product=product, price_minor=1999), on_hand=2)
    summaries.refresh_prices()
    product.refresh_from_db()
    return product


@pytest.fixture
def dead_cache(settings: Any) -> Iterator[None]:
    """A cache server that nobody answers at."""
    before = settings.CACHES
    settings.CACHES = {
        "default": {**before["default"], "LOCATION": "unix:///nowhere/valkey.sock?db=1"}
    }
    versions.forget_catalogue_version()
    yield
    settings.CACHES = before
    versions.forget_catalogue_version()


def shown(client: Client, path: str = PAGE) -> str:
    return client.get(path).content.decode()


def test_a_kept_page_asks_the_database_nothing(
    client: Client, cup: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = shown(client)
    with django_assert_num_queries(0):
        again = shown(client)
    assert "Blue cup" in again
    assert again.count("card__name") == first.count("card__name") == 1


def test_a_new_price_is_shown_at_once(client: Client, cup: Product) -> None:
    assert "¥19.99" in shown(client)
    Sku.objects.update(price_minor=1499)
    summaries.refresh_prices(product_ids=[cup.pk])
    page = shown(client)
    assert "¥14.99" in page
    assert "¥19.99" not in page


def test_a_price_that_changes_while_a_page_is_read_is_shown_by_the_next(
    client: Client, cup: Product
) -> None:
    changed: list[bool] = []

    def change_after(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Somebody saves a new price right after the page has read the present one."""
        answer = execute(sql, params, many, context)
        if not changed and sql.startswith("SELECT") and 'FROM "catalog_sku"' in sql:
            changed.append(True)
            # The rows stand in the cursor that is still read.
            with ThreadPoolExecutor(max_workers=1) as office:
                office.submit(save_price).result()
        return answer

    def save_price() -> None:
        try:
            Sku.objects.update(price_minor=1499)
            summaries.refresh_prices(product_ids=[cup.pk])
        finally:
            connection.close()

    address = cup.get_absolute_url()
    versions.renew_catalogue_version()
    with connection.execute_wrapper(change_after):
        shown(client, address)
    assert changed
    page = shown(client, address)
    assert "¥14.99" in page
    assert "¥19.99" not in page


def test_the_version_is_renewed_once_the_new_price_can_be_read(
    cup: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew, seen = cache.set_many, []

    def look(*args: Any, **options: Any) -> Any:
        """What another process reads that learns of the new version at this moment."""
        seen.append(Product.objects.get(pk=cup.pk).price_from_minor)
        return renew(*args, **options)

    Sku.objects.update(price_minor=1499)
    monkeypatch.setattr(cache, "set_many", look)
    summaries.refresh_prices()
    assert seen == [1499]


def test_the_last_unit_sold_is_shown_at_once(client: Client, cup: Product) -> None:
    assert "Sold out" not in shown(client)
    summaries.record_availability(available_product_ids=[], among=[cup.pk])
    assert "Sold out" in shown(client)


def test_goods_that_arrive_are_shown_at_once(client: Client, cup: Product) -> None:
    summaries.record_availability(available_product_ids=[], among=[cup.pk])
    assert "Sold out" in shown(client)
    stock.adjust_stock(sku_id=cup.skus.get().pk, quantity=5, key="found", note="found again")
    assert "Sold out" not in shown(client)


def test_a_withdrawn_product_is_gone_at_once(client: Client, cup: Product) -> None:
    assert "Blue cup" in shown(client)
    assert "Blue cup" in shown(client, "/en/")
    products.withdraw_products(products=Product.objects.filter(pk=cup.pk))
    assert "Blue cup" not in shown(client)
    assert "Blue cup" not in shown(client, "/en/")


def test_what_staff_save_is_shown_at_once(client: Client, cup: Product) -> None:
    assert "<h1>Cups</h1>" in shown(client)
    staff = User.objects.create_superuser("owner", "owner@example.org", "a long secret")
    office = Client()
    office.force_login(staff)
    category = cup.category
    assert category is not None
    answer = office.post(
        f"/admin/catalog/category/{category.pk}/change/",
        {
            "name_en": "Mugs",
            "name_zh_hans": "杯子",
            "slug": "cups",
            "photo_labels": "[]",
            "parent": "",
        },
    )
    assert answer.status_code == 302
    assert "<h1>Mugs</h1>" in shown(client)


def test_strangers_make_no_page_be_written_anew(cup: Product) -> None:
    before = versions.catalogue_version()
    stranger = Client()
    assert stranger.post("/admin/login/", {}).status_code == 200
    assert stranger.post("/admin/catalog/sku/add/", {}).status_code == 302
    customer = Client()
    customer.force_login(make_user())
    customer.post("/admin/catalog/sku/add/", {})
    office = Client()
    office.force_login(User.objects.create_superuser("owner", "owner@example.org", "a secret"))
    assert office.post("/admin/no-such-screen/", {}).status_code == 404
    versions.forget_catalogue_version()
    assert versions.catalogue_version() == before


def test_what_is_as_it_was_makes_no_page_be_written_anew(cup: Product) -> None:
    rating = {cup.pk: summaries.Rating(average=4.5, count=2)}
    assert summaries.record_ratings(ratings=rating, among=[cup.pk]) == 1
    assert summaries.record_sales(units_30_days={cup.pk: 3}, among=[cup.pk]) == 1
    indexing.index_products(product_ids=[cup.pk])
    versions.forget_catalogue_version()
    before = versions.catalogue_version()
    assert summaries.record_ratings(ratings=rating, among=[cup.pk]) == 0
    assert summaries.record_sales(units_30_days={cup.pk: 3}, among=[cup.pk]) == 0
    indexing.recheck_all()
    versions.forget_catalogue_version()
    assert versions.catalogue_version() == before


def test_each_thing_that_changes_makes_pages_be_written_anew(cup: Product) -> None:
    def renews(change: Callable[[], object]) -> bool:
        versions.forget_catalogue_version()
        before = versions.catalogue_version()
        change()
        versions.forget_catalogue_version()
        return versions.catalogue_version() != before

    rating = {cup.pk: summaries.Rating(average=4.5, count=2)}
    colour = Attribute.objects.create(code="colour", name="Colour")
    make_sku(product=cup, code="RED-1")
    assert renews(lambda: summaries.record_ratings(ratings=rating, among=[cup.pk]))
    assert renews(lambda: summaries.record_ratings(ratings={}, among=[cup.pk]))
    assert renews(lambda: summaries.record_sales(units_30_days={cup.pk: 3}, among=[cup.pk]))
    assert renews(lambda: indexing.index_products(product_ids=[cup.pk]))
    # A word that the product has already: only what it can be narrowed by is new.
    ProductAttribute.objects.create(product=cup, attribute=colour, value_en="Blue cup")
    assert renews(lambda: indexing.index_products(product_ids=[cup.pk]))
    assert renews(lambda: call_command("reindex_products"))


def test_a_change_that_is_taken_back_renews_nothing(cup: Product) -> None:
    before = versions.catalogue_version()
    with transaction.atomic():
        summaries.refresh_prices()
        transaction.set_rollback(True)
    assert versions.catalogue_version() == before


def test_each_language_is_kept_for_itself(client: Client, cup: Product) -> None:
    Product.objects.update(name_zh_hans="蓝色杯子")
    assert "Blue cup" in shown(client)
    assert "蓝色杯子" in shown(client, "/zh-hans/categories/cups/")
    assert "Blue cup" in shown(client)


def test_nothing_of_one_visitor_is_kept_for_the_next(cup: Product) -> None:
    first = Client(enforce_csrf_checks=True)
    first.cookies["cart_units"] = "7"
    page = first.get(f"{PAGE}?secret=1").content.decode()
    assert '<span class="bar__count">7</span>' in page
    assert "secret=1" in page
    second = Client(enforce_csrf_checks=True)
    other = second.get(PAGE).content.decode()
    assert "bar__count" not in other
    assert "secret=1" not in other
    # The token of a form is masked anew on every page, so only using it tells whose it is.
    for visitor, written, status in (
        (first, page, 302),
        (second, other, 302),
        (second, page, 403),
        (first, other, 403),
    ):
        (token, *_same) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', written)
        words = {"csrfmiddlewaretoken": token, "language": "en"}
        assert visitor.post(reverse("set_language"), words).status_code == status


@pytest.mark.parametrize("cookie", ["-1", "²", "1e9", "99999", "<b>", ""])
def test_a_count_that_is_none_is_left_out(client: Client, cup: Product, cookie: str) -> None:
    client.cookies["cart_units"] = cookie
    assert "bar__count" not in shown(client)


def test_pages_do_without_the_cache(client: Client, cup: Product, dead_cache: None) -> None:
    assert "¥19.99" in shown(client)
    Sku.objects.update(price_minor=1499)
    summaries.refresh_prices(product_ids=[cup.pk])
    assert "¥14.99" in shown(client)


def test_nothing_is_kept_where_making_it_failed() -> None:
    with pytest.raises(ZeroDivisionError):
        kept("a number", make=lambda: 1 // 0)
    assert kept("a number", make=lambda: 7) == 7
    assert kept("a number", make=lambda: 8) == 7


def test_the_least_used_makes_room() -> None:
    fragments = Fragments(most=2)
    fragments.put("a", 1, version="v")
    fragments.put("b", 2, version="v")
    assert fragments.get("a", version="v") == 1
    fragments.put("c", 3, version="v")
    assert fragments.get("b", version="v") is None
    assert fragments.get("a", version="v") == 1
    assert fragments.get("a", version="w") is None


def test_an_emptied_cache_forgets_what_processes_keep(client: Client, cup: Product) -> None:
    assert "¥19.99" in shown(client)
    Product.objects.update(price_from_minor=1499)
    assert "¥19.99" in shown(client)
    cache.clear()
    versions.forget_catalogue_version()
    assert "¥14.99" in shown(client)
