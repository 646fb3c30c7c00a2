"""How well the search finds the goods of the demo shop, by kind of query.

Each query names a product that must be among the first five; shares are floors, below what was
measured, so that a change that loses whole kinds of queries is seen.
"""

import random

import pytest
from django.utils.text import slugify
from pypinyin import lazy_pinyin

from catalog.models import Attribute, Brand, Category, Product, ProductAttribute
from catalog.services import indexing
from catalog.services.browsing import browse
from ecomsite.demo.specification import ProductSpec, specification

pytestmark = pytest.mark.django_db
FIRST = 5
SAMPLE = 60
# Codes of the demo catalogue by what somebody types; synonyms are left to the staff.
BY_HAND = {
    "龙井": "TEA001",
    "龍井": "TEA001",
    "龙井茶叶": "TEA001",
    "longjing": "TEA001",
    "long jing": "TEA001",
    "longjing tea": "TEA001",
    "jasmin silver needle": "TEA004",
    "lapsang": "TEA005",
    "tieguanyin": "TEA006",
    "铁观音": "TEA006",
    "铁冠音": "TEA006",
    "puer": "TEA007",
    "普洱茶": "TEA007",
}


def load_demo_catalogue() -> list[ProductSpec]:
    """Texts, categories, brands and attributes; no photos and no sales."""
    goods = specification()
    categories = {
        entry.slug: Category.objects.create(
            path=f"{place:04}",
            depth=1,
            slug=entry.slug,
            name_zh_hans=entry.name.zh,
            name_en=entry.name.en,
        )
        for place, entry in enumerate(goods.categories, start=1)
    }
    brands = {
        name: Brand.objects.create(name=name, slug=slugify(name))
        for name in dict.fromkeys(product.brand for product in goods.products)
    }
    kind = Attribute.objects.create(code="kind", name_en="Type", name_zh_hans="品类")
    for entry in goods.products:
        product = Product.objects.create(
            code=entry.code,
            slug=slugify(entry.name.en),
            status=Product.Status.PUBLISHED,
            category=categories[entry.kind.category],
            brand=brands[entry.brand],
            name_zh_hans=entry.name.zh,
            name_en=entry.name.en,
            description_zh_hans=entry.description.zh,
            description_en=entry.description.en,
        )
        ProductAttribute.objects.create(
            product=product,
            attribute=kind,
            value_zh_hans=entry.kind.noun.zh,
            value_en=entry.kind.noun.en,
        )
    indexing.reindex_all()
    return list(goods.products)


def misspell(name: str, chance: random.Random) -> str:
    """One letter of the longest word is lost, doubled, replaced or swapped with its neighbour."""
    words = name.split()
    longest = max(range(len(words)), key=lambda place: len(words[place]))
    word = words[longest]
    at = chance.randrange(1, len(word) - 1)
    words[longest] = chance.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + chance.choice("aeioustn") + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )
    return " ".join(words)


def share_found(queries: dict[str, str]) -> float:
    """queries: the code of the product that is meant, by text."""
    n_found = sum(
        code in {product.code for product in browse(text=text, size=FIRST).products}
        for text, code in queries.items()
    )
    return n_found / len(queries)


def test_the_search_finds_the_goods_of_the_demo_shop() -> None:
    goods = load_demo_catalogue()
    chance = random.Random(11)  # noqa: S311  # the same queries every time
    sample = chance.sample(goods, SAMPLE)
    kinds = {
        "Chinese name": ({entry.name.zh: entry.code for entry in sample}, 1.0),
        "English name": ({entry.name.en: entry.code for entry in sample}, 1.0),
        "English, in capitals and plural": (
            {f"{entry.name.en.upper()}S": entry.code for entry in sample},
            0.95,
        ),
        "English, misspelt": (
            {misspell(entry.name.en, chance): entry.code for entry in sample},
            0.85,
        ),
        "Chinese with the kind": (
            {f"{entry.name.zh}{entry.kind.noun.zh}": entry.code for entry in sample},
            0.9,
        ),
        "pinyin of the name": (
            {"".join(lazy_pinyin(entry.name.zh)): entry.code for entry in sample},
            0.9,
        ),
        "by hand": (BY_HAND, 0.9),
    }
    shares = {kind: share_found(queries) for kind, (queries, _floor) in kinds.items()}
    assert {kind: share for kind, share in shares.items() if share < kinds[kind][1]} == {}, shares
