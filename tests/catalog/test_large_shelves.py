"""Lists and suggestions of a shop with very many products."""

import time

import pytest

from catalog.services import shelves, suggesting
from catalog.services.browsing import browse
from catalog.services.indexing import reindex_all
from catalog.services.suggesting import suggest
from tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db


def test_products_of_a_large_shelf_are_counted_again_after_half_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shelves, "LARGE", 2)
    monkeypatch.setattr(shelves, "_tables", shelves._Tables())
    now = time.monotonic()
    monkeypatch.setattr("catalog.services.shelves.time.monotonic", lambda: now)
    category = make_category()
    for _number in range(2):
        make_product(category=category)
    assert browse(category=category).total == 2
    late = make_product(category=category)
    shelf = browse(category=category)
    # The product itself is shown at once.
    assert late.pk in {card.pk for card in shelf.products}
    assert shelf.total == 2
    now += shelves.KEPT_SECONDS + 1
    assert browse(category=category).total == 3


def test_a_small_shelf_is_counted_each_time() -> None:
    category = make_category()
    make_product(category=category)
    assert browse(category=category).total == 1
    make_product(category=category)
    assert browse(category=category).total == 2


def test_what_begins_so_is_suggested_alike_among_many_and_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(6):
        make_product(
            name_en=f"Celadon bowl {number}",
            units_sold_30_days=number,
            has_stock=number != 5,
        )
    make_product(name_en="Oak bench", units_sold_30_days=50, has_stock=True)
    reindex_all()
    monkeypatch.setattr(suggesting, "COMMON_PRODUCTS", 1)
    found = [str(product) for product in suggest("cela", limit=3).products]
    assert found == ["Celadon bowl 4", "Celadon bowl 3", "Celadon bowl 2"]
    monkeypatch.setattr(suggesting, "BEST_SELLERS", 2)
    suggesting._best.cache_clear()
    try:
        assert [str(product) for product in suggest("cela", limit=3).products] == found
    finally:
        suggesting._best.cache_clear()
