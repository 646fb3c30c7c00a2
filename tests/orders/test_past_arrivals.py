"""Products and customers that come with a history."""

from datetime import UTC, datetime

import pytest

from catalog.models import Product, Sku
from catalog.services.imports import PastProduct, add_past_products, count_new_products
from customers.models import User
from customers.services.imports import PastCustomer, add_past_customers, count_new_customers
from tests.factories import make_product, make_user

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def past_product(code: str, name: str = "Tea", price: int | None = 100) -> PastProduct:
    return PastProduct(code, name, price, FIRST)


def test_codes_that_look_alike_in_an_address_get_addresses_of_their_own() -> None:
    make_product(slug="tea-a-1")
    products = [past_product(code) for code in ("A-1", "A 1", "a-1", "茶")]
    assert count_new_products(products=products) == 4
    add_past_products(products=products, currency="CNY")
    assert count_new_products(products=products) == 0
    slugs = set(Product.objects.values_list("slug", flat=True))
    assert len(slugs) == 5
    assert "" not in slugs
    assert all(product.get_absolute_url() for product in Product.objects.all())


def test_what_never_had_a_price_stays_a_draft() -> None:
    add_past_products(products=[past_product("LOST", price=None)], currency="CNY")
    sku = Sku.objects.get()
    assert (sku.is_active, sku.price_minor, sku.product.status) == (False, 0, "draft")
    assert sku.product.published_at is None


def test_a_product_without_its_sku_gets_one() -> None:
    product = make_product(code="A-1")
    keys = add_past_products(products=[past_product("A-1")], currency="CNY")
    assert Sku.objects.get().product == product
    assert keys == {"A-1": Sku.objects.get().pk}
    assert add_past_products(products=[past_product("A-1")], currency="CNY") == keys


def test_a_customer_with_a_known_address_is_that_account() -> None:
    account = make_user(email="li@example.org")
    people = [
        PastCustomer("7", "li@example.org", "China", FIRST),
        PastCustomer("8", "wang@example.org", "China", FIRST),
        PastCustomer("9", "wang@example.org", "China", FIRST),
        PastCustomer("10", "", "China", FIRST),
    ]
    assert count_new_customers(customers=people) == 3
    keys = add_past_customers(customers=people)
    assert count_new_customers(customers=people) == 0
    assert keys["7"] == account.pk
    wang = User.objects.get(email="wang@example.org")
    assert (wang.external_reference, wang.country, wang.date_joined) == ("8", "China", FIRST)
    assert User.objects.get(external_reference="9").email is None
    assert not any(user.has_usable_password() for user in User.objects.exclude(pk=account.pk))
    assert add_past_customers(customers=people) == keys
