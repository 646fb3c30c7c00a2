"""Shelves: what a list of products holds, how it is narrowed, and how it is paged."""

import random
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.http import QueryDict
from django.utils import timezone

from catalog.models import Attribute, Brand, Category, Product, ProductAttribute
from catalog.services import indexing
from catalog.services.browsing import ORDERINGS, Shelf, browse, parse_filters
from catalog.services.cards import ProductCard
from tests.factories import make_brand, make_category, make_product

pytestmark = pytest.mark.django_db
QueryCount = Callable[[int], Any]


def make_shelf(n_products: int, *, seed: int = 1) -> Category:
    """Products that differ in everything that lists are narrowed and ordered by."""
    chance = random.Random(seed)  # noqa: S311  # the same goods every time
    category = make_category()
    brands = [make_brand() for _number in range(3)]
    colour = Attribute.objects.create(code="colour", name_en="Colour", name_zh_hans="颜色")
    size = Attribute.objects.create(code="size", name_en="Size", name_zh_hans="尺寸")
    for _number in range(n_products):
        price = chance.choice([None, chance.randrange(100, 20_000)])
        product = make_product(
            category=category,
            brand=chance.choice([None, *brands]),
            price_from_minor=price,
            compare_at_minor=price + 500 if price and chance.random() < 0.4 else None,
            has_stock=chance.random() < 0.7,
            rating_average=chance.choice([None, 1.5, 3.9, 4.0, 5.0]),
            rating_count=chance.randrange(3),
            units_sold_30_days=chance.randrange(4),
        )
        for attribute, values in ((colour, ["Red", "Blue", "Moss green"]), (size, ["S", "L"])):
            if chance.random() < 0.8:
                value = chance.choice(values)
                ProductAttribute.objects.create(
                    product=product, attribute=attribute, value_en=value, value_zh_hans=value
                )
    indexing.index_products(product_ids=Product.objects.values_list("pk", flat=True))
    return category


def goods(cards: Iterable[ProductCard]) -> list[Product]:
    products = Product.objects.in_bulk([card.pk for card in cards])
    return [products[card.pk] for card in cards]


def all_pages(**asked: Any) -> list[ProductCard]:
    seen: list[ProductCard] = []
    cursor = ""
    while True:
        shelf = browse(cursor=cursor, **asked)
        seen += shelf.products
        cursor = shelf.next_cursor
        if not cursor:
            return seen


def options(shelf: Shelf) -> dict[tuple[str, str], int]:
    return {
        (facet.code, option.value): option.count
        for facet in shelf.facets
        for option in facet.options
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_option_leaves_as_many_products_as_it_says(seed: int) -> None:
    category = make_shelf(40, seed=seed)
    chosen = {"brand": [Brand.objects.first().slug], "attr_colour": ["red", "moss-green"]}  # type: ignore[union-attr]  # the shelf has brands
    for query in ({}, chosen, {"stock": ["1"], "rating": ["3"]}, {"offer": ["1"]}):
        shelf = browse(category=category, filters=parse_filters(query))
        assert shelf.total == len(
            all_pages(category=category, filters=parse_filters(query), size=7)
        )
        for facet in shelf.facets:
            for option in facet.options:
                adds_up = facet.kind == "several"
                kept = [value for value in query.get(facet.code, []) if adds_up]
                alone = parse_filters({**query, facet.code: [option.value]})
                left = browse(category=category, filters=alone).total
                assert option.count == left, (query, facet.code, option)
                more = parse_filters({**query, facet.code: [*kept, option.value]})
                assert browse(category=category, filters=more).total >= left


def test_the_facets_of_a_shelf() -> None:
    category = make_category()
    oak, pine = make_brand(name="Oak", slug="oak"), make_brand(name="Pine", slug="pine")
    make_product(category=category, brand=oak, price_from_minor=1_000, has_stock=True)
    make_product(category=category, brand=oak, price_from_minor=9_000, rating_average=4.5)
    make_product(category=category, brand=pine, price_from_minor=9_500, compare_at_minor=9_900)
    make_product(category=category, brand=pine, status=Product.Status.DRAFT)
    make_product(brand=pine)
    shelf = browse(category=category, filters=parse_filters({"brand": ["pine"]}))
    assert [product.brand for product in goods(shelf.products)] == [pine]
    assert (shelf.total, shelf.price_lowest_minor, shelf.price_highest_minor) == (1, 9_500, 9_500)
    assert options(shelf) == {("brand", "oak"): 2, ("brand", "pine"): 1, ("offer", "1"): 1}
    assert [(chip.label, chip.remaining) for chip in shelf.chips] == [("Brand: Pine", "")]


def test_a_category_holds_what_lies_below_it() -> None:
    top = make_category()
    below = Category.objects.add_child(
        top, {"slug": "below", "name_en": "Below", "name_zh_hans": "下级"}
    )
    inside = make_product(category=below)
    make_product(category=make_category())
    assert goods(browse(category=top).products) == [inside]


@pytest.mark.parametrize("ordering", [name for name in ORDERINGS if name != "relevance"])
def test_pages_show_every_product_once_forwards_and_backwards(ordering: str) -> None:
    category = make_shelf(23)
    whole = list(browse(category=category, ordering=ordering, size=100).products)
    assert len(whole) == 23
    assert all_pages(category=category, ordering=ordering, size=5) == whole
    last = browse(category=category, ordering=ordering, size=5)
    while last.next_cursor:
        last = browse(category=category, ordering=ordering, size=5, cursor=last.next_cursor)
    back = list(last.products)
    while last.previous_cursor:
        last = browse(category=category, ordering=ordering, size=5, cursor=last.previous_cursor)
        back = [*last.products, *back]
    assert back[-23:] == whole
    assert last.previous_cursor == ""


def test_orderings_are_what_they_are_called() -> None:
    category = make_category()
    cheap = make_product(category=category, price_from_minor=100, units_sold_30_days=1)
    dear = make_product(category=category, price_from_minor=900, rating_average=4.0)
    unpriced = make_product(category=category, published_at=timezone.now())

    def shown(ordering: str) -> list[Product]:
        return goods(browse(category=category, ordering=ordering).products)

    assert shown("price") == [cheap, dear, unpriced]
    assert shown("-price") == [dear, cheap, unpriced]
    assert shown("popular") == [cheap, unpriced, dear]
    assert shown("new") == [unpriced, dear, cheap]
    assert shown("rating") == [dear, unpriced, cheap]
    assert shown("no such thing") == shown("popular")


def test_what_arrives_meanwhile_moves_no_later_page() -> None:
    category = make_category()
    for units in range(6):
        make_product(category=category, units_sold_30_days=units)
    first = browse(category=category, size=3)
    second = browse(category=category, size=3, cursor=first.next_cursor)
    make_product(category=category, units_sold_30_days=99)
    assert browse(category=category, size=3, cursor=first.next_cursor).products == second.products


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "A" * 5_000,
        "bnVsbA",
        "WyJwb3B1bGFyIiwwLDFd",
        # Of another ordering; with no number; with a number that is none.
        "WyJwcmljZSIsMCwxLDFd",
        "WyJwb3B1bGFyIiwwLDEsIngiXQ",
        "WyJwb3B1bGFyIiwwLDEsTmFOXQ",
        "WyJwb3B1bGFyIiwwLDEsMWU5OTld",
        "WyJwb3B1bGFyIiw1LDEsMV0",
        "[" * 250,
    ],
)
def test_a_damaged_cursor_is_the_first_page(cursor: str) -> None:
    product = make_product()
    shelf = browse(cursor=cursor)
    assert (goods(shelf.products), shelf.previous_cursor) == ([product], "")


def test_nonsense_narrows_nothing() -> None:
    nonsense = QueryDict(
        "brand=a b&brand=%00&price_min=NaN&price_max=-1&price=1e9&rating=９&stock=yes&offer="
        "&attr_=x&attr_a b=x&attr_colour=%00&unknown=1&price=%EF%BC%91-"
    )
    assert parse_filters(nonsense).are_empty
    crowd = parse_filters({f"attr_{number}": ["x"] * 900 for number in range(900)})
    assert len(crowd.attributes) == 10
    assert len(parse_filters({"brand": [f"b{number}" for number in range(900)]}).brands) == 30


def test_filters_are_read_back_from_their_own_address() -> None:
    filters = parse_filters(
        QueryDict(
            "brand=oak&brand=pine&price_min=10&price_max=99.5&attr_colour=red&attr_colour=蓝"
            "&stock=1&rating=4&offer=1"
        )
    )
    assert (filters.price_min_minor, filters.price_max_minor) == (1_000, 9_950)
    assert filters.attributes == {"colour": ("red", "蓝")}
    assert parse_filters(parse_qs(filters.query())) == filters
    assert parse_filters(parse_qs(filters.without("attr_colour", "red").query())).attributes == {
        "colour": ("蓝",)
    }


def test_a_value_that_no_product_has_leaves_nothing() -> None:
    make_shelf(5)
    for query in ({"attr_colour": ["none"]}, {"attr_none": ["none"]}, {"brand": ["none"]}):
        shelf = browse(filters=parse_filters(query))
        assert (shelf.total, shelf.products) == (0, ())
        assert len(shelf.chips) == 1


@pytest.mark.parametrize("n_products", [3, 30])
def test_a_shelf_takes_as_many_queries_for_any_number_of_products(
    n_products: int, django_assert_num_queries: QueryCount
) -> None:
    category = make_shelf(n_products)
    narrowed = parse_filters({"attr_colour": ["red"], "stock": ["1"]})
    with django_assert_num_queries(4):
        shelf = browse(category=category, filters=narrowed)
        assert {card.renditions for card in shelf.products} <= {None}


def test_every_page_of_a_long_list_starts_at_an_index(
    django_assert_num_queries: QueryCount,
) -> None:
    category = make_shelf(30)
    first = browse(ordering="price", size=5)
    deep = browse(ordering="price", size=5, cursor=first.next_cursor)
    with django_assert_num_queries(4) as queries:
        browse(ordering="price", size=5, cursor=deep.next_cursor, category=category)
    assert not any("OFFSET" in query["sql"] for query in queries.captured_queries)
