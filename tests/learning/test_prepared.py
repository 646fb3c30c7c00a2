"""Statements that are spelt once."""

from typing import Any

import pytest
from django.db.models import F, Value

from catalog.models import Product
from learning.prepared import Prepared
from tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db


def test_a_prepared_statement_answers_for_each_value_what_the_orm_does() -> None:
    first = make_product(slug="first", name_en="First", has_stock=True)
    second = make_product(slug="second", name_en="Second")
    asked = Prepared(
        lambda slug: Product.objects.filter(slug=slug).values_list(
            "name_en", "has_stock", "published_at", "pk"
        )
    )
    assert asked.rows("first") == [("First", True, first.published_at, first.pk)]
    assert asked.rows("second") == [("Second", False, second.published_at, second.pk)]
    assert asked.rows("third") == []


def test_lists_of_any_length_are_looked_for_beside_other_values() -> None:
    products = [make_product(code=f"C{number}") for number in range(4)]
    asked = Prepared(
        lambda keys, code: (
            Product.objects.filter(pk__in=keys)
            .exclude(code=code)
            .order_by("code")
            .values_list("code", "pk")
        )
    )
    keys = [product.pk for product in products]
    assert [code for code, _pk in asked.rows(keys, "C1")] == ["C0", "C2", "C3"]
    assert [code for code, _pk in asked.rows(keys[:2], "C0")] == ["C1"]
    assert asked.rows([], "C0") == []


def test_a_statement_is_spelt_once_for_each_number_of_values() -> None:
    spelt: list[Any] = []

    def build(keys: list[int]) -> Any:
        spelt.append(keys)
        return Product.objects.filter(pk__in=keys).values_list("pk")

    asked = Prepared(build)
    for keys in ([1], [2], [1, 2], [3, 4]):
        asked.rows(keys)
    assert [len(keys) for keys in spelt] == [1, 2]


def test_a_value_is_never_part_of_the_statement() -> None:
    make_product(slug="here")
    asked = Prepared(lambda slug: Product.objects.filter(slug=slug).values_list("pk"))
    assert asked.rows("here' OR '1' = '1") == []


def test_a_statement_that_would_change_a_value_is_refused() -> None:
    tea = make_category(slug="tea")
    changed = Prepared(
        lambda path: Product.objects.filter(category__path__startswith=path).values_list("pk")
    )
    with pytest.raises(ValueError, match="changes the values"):
        changed.rows(tea.path)
    product = make_product(category=tea)
    same = Prepared(
        lambda path: Product.objects.filter(category__path__startswith=Value(path)).values_list(
            "pk"
        )
    )
    assert same.rows(tea.path) == [(product.pk,)]


def test_instances_come_with_what_the_queryset_selects() -> None:
    tea = make_category(name_en="Tea")
    product = make_product(category=tea, slug="tin", has_stock=True)
    asked = Prepared(
        lambda slug: (
            Product.objects.filter(slug=slug)
            .select_related("brand", "category")
            .defer("attribute_slots")
            .annotate(twice=F("rating_count") * 2)
        )
    )
    Product.objects.update(rating_count=4)
    (found,) = asked.objects("tin")
    assert (found, found.category, found.brand) == (product, tea, None)
    assert (found.has_stock, found.published_at) == (True, product.published_at)
    assert found.get_deferred_fields() == {"attribute_slots"}
    assert found.twice == 8
    assert asked.objects("cup") == []
