"""Lists, searches and suggestions in catalogues of a thousand to a hundred thousand products.

`manage.py benchmark catalogue_sizes --products 4000` in an empty database: it is filled with
made-up goods and left so, for other measurements. Statements and CPU time of this process are
those of the services, without the page around them, uncached.
"""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product as every_pair
from statistics import median
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.result import BenchmarkResult, cpu_seconds
from catalog.models import Attribute, Brand, Category, Product, ProductAttribute, Sku
from catalog.services import indexing
from catalog.services.browsing import browse, parse_filters
from catalog.services.suggesting import suggest
from learning.bulk import insert_columns

# Chinese and English of a colour, a look and a thing; names are their combinations.
COLOURS = [
    ("白色", "White"),
    ("墨绿", "Dark Green"),
    ("朱红", "Cinnabar"),
    ("靛蓝", "Indigo"),
    ("藕粉", "Blush"),
    ("炭黑", "Charcoal"),
    ("青瓷", "Celadon"),
    ("燕麦", "Oat"),
]
LOOKS = [
    ("手绘", "Hand-Painted"),
    ("哑光", "Matt"),
    ("条纹", "Striped"),
    ("素面", "Plain"),
    ("山水", "Landscape"),
    ("云纹", "Cloud"),
    ("梅花", "Plum Blossom"),
    ("竹节", "Bamboo"),
    ("复古", "Vintage"),
    ("轻便", "Light"),
]
THINGS = [
    ("茶壶", "Teapot"),
    ("盖碗", "Gaiwan"),
    ("马克杯", "Mug"),
    ("餐盘", "Plate"),
    ("台灯", "Table Lamp"),
    ("落地灯", "Floor Lamp"),
    ("靠垫", "Cushion"),
    ("毛毯", "Blanket"),
    ("笔记本", "Notebook"),
    ("帆布袋", "Canvas Bag"),
    ("围裙", "Apron"),
    ("花瓶", "Vase"),
]
MATERIALS = [
    ("陶瓷", "Stoneware"),
    ("棉", "Cotton"),
    ("竹", "Bamboo"),
    ("玻璃", "Glass"),
    ("羊毛", "Wool"),
]
PLACES = ["景德镇", "宜兴", "德化", "龙泉", "醴陵", "潮州", "唐山", "淄博"]
PLACES_EN = ["Jingdezhen", "Yixing", "Dehua", "Longquan", "Liling", "Chaozhou", "Tangshan", "Zibo"]
N_BRANDS = 40


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--products", type=int, default=4_000)
    parser.add_argument("--requests", type=int, default=30, help="of each kind; the median counts")


def measure(options: dict[str, Any]) -> BenchmarkResult:
    n_products = options["products"]
    if (there := Product.objects.count()) not in (0, n_products):
        raise CommandError(f"The database already has {there} products.")
    seconds = 0.0
    if not there:
        fill_catalogue(n_products)
        with cpu_seconds() as reading:
            indexing.reindex_all()
        seconds = reading.seconds
    figures: dict[str, Any] = {"index_ms_per_product": round(1000 * seconds / n_products, 2)}
    for name, request in _requests().items():
        figures |= _measure(name, request, options["requests"])
    return BenchmarkResult(
        "catalogue_sizes", figures, {}, {"products": n_products, "database": connection.vendor}
    )


def _requests() -> dict[str, Callable[[], Any]]:
    category = Category.objects.order_by("path").first()
    narrowed = parse_filters({"attr_colour": ["white", "indigo"], "stock": ["1"]})
    deep = ""
    for _page in range(40):
        deep = browse(size=20, cursor=deep, ordering="price").next_cursor or deep
    return {
        "list": lambda: browse(size=20),
        "list_deep": lambda: browse(size=20, ordering="price", cursor=deep),
        "category": lambda: browse(category=category, size=20),
        "category_narrowed": lambda: browse(category=category, filters=narrowed, size=20),
        "search_zh": lambda: browse(text="青瓷茶壶", size=20),
        "search_en": lambda: browse(text="celadon teapots", size=20),
        "search_wide": lambda: browse(text="茶壶", size=20),
        "search_pinyin": lambda: browse(text="qingci", size=20),
        "search_misspelt": lambda: browse(text="celedon teepot", size=20),
        "search_nothing": lambda: browse(text="zzzzqqqq", size=20),
        "suggest_zh": lambda: suggest("青"),
        "suggest_en": lambda: suggest("cela"),
    }


def _measure(name: str, request: Callable[[], Any], n_requests: int) -> dict[str, Any]:
    with CaptureQueriesContext(connection) as queries:
        request()
    times = []
    for _round in range(n_requests):
        with cpu_seconds() as spent:
            request()
        times.append(1000 * spent.seconds)
    return {f"{name}_sql": len(queries), f"{name}_cpu_ms": round(median(times), 2)}


def fill_catalogue(n_products: int) -> None:
    """Products with a SKU, three attributes, prices, ratings and sales; the same every time."""
    rng = np.random.default_rng(7)
    categories = [
        Category.objects.add_root(
            {"slug": f"thing-{number}", "name_zh_hans": chinese, "name_en": english}
        )
        for number, (chinese, english) in enumerate(THINGS)
    ]
    brands = Brand.objects.bulk_create(
        Brand(name=f"{PLACES_EN[number % 8]} No. {number}", slug=f"brand-{number}")
        for number in range(N_BRANDS)
    )
    attributes = [
        Attribute.objects.create(code=code, name_zh_hans=chinese, name_en=english)
        for code, chinese, english in (
            ("colour", "颜色", "Colour"),
            ("look", "样式", "Style"),
            ("material", "材质", "Material"),
        )
    ]
    names = list(every_pair(range(len(COLOURS)), range(len(LOOKS)), range(len(THINGS))))
    colour, look, thing = np.array([names[place % len(names)] for place in range(n_products)]).T
    place = rng.integers(0, len(PLACES), n_products)
    material = rng.integers(0, len(MATERIALS), n_products)
    price = np.round(np.exp(rng.normal(9.3, 0.8, n_products)), -2).astype(int) + 100
    is_rated = rng.random(n_products) < 0.7
    is_reduced = rng.random(n_products) < 0.2
    codes = [f"P{number:06}" for number in range(n_products)]
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    def said(language: int, number: int) -> str:
        where = (PLACES if language == 0 else PLACES_EN)[place[number]]
        words = (
            where,
            COLOURS[colour[number]][language],
            LOOKS[look[number]][language],
            THINGS[thing[number]][language],
        )
        return f"{(' ' if language else '').join(words)} {number}"

    def described(language: int, number: int) -> str:
        stuff, what = MATERIALS[material[number]][language], THINGS[thing[number]][language]
        if language:
            return f"A {what.lower()} of {stuff.lower()}, made by hand for every day. Keep it dry."
        return f"{stuff}制成的{what}，手工制作，日常使用。请保持干燥，避免阳光直射。"

    insert_columns(
        Product,
        {
            "code": codes,
            "slug": [code.lower() for code in codes],
            "status": [Product.Status.PUBLISHED.value] * n_products,
            "name": [said(0, number) for number in range(n_products)],
            "name_zh_hans": [said(0, number) for number in range(n_products)],
            "name_en": [said(1, number) for number in range(n_products)],
            "description": [described(0, number) for number in range(n_products)],
            "description_zh_hans": [described(0, number) for number in range(n_products)],
            "description_en": [described(1, number) for number in range(n_products)],
            "category_id": [categories[number].pk for number in thing],
            "brand_id": [brands[number].pk for number in rng.integers(0, N_BRANDS, n_products)],
            "price_from_minor": price,
            "compare_at_minor": [
                int(amount * 1.25) if reduced else None
                for amount, reduced in zip(price.tolist(), is_reduced.tolist(), strict=True)
            ],
            "price_currency": [settings.CURRENCY] * n_products,
            "has_stock": rng.random(n_products) < 0.9,
            "rating_average": [
                round(stars, 2) if rated else None
                for stars, rated in zip(
                    rng.uniform(2.5, 5, n_products).tolist(), is_rated.tolist(), strict=True
                )
            ],
            "rating_count": np.where(is_rated, rng.integers(1, 200, n_products), 0),
            "units_sold_30_days": rng.poisson(6, n_products),
            "published_at": np.array(
                [
                    np.datetime64((moment + timedelta(minutes=number)).replace(tzinfo=None), "s")
                    for number in range(n_products)
                ]
            ),
        },
    )
    by_code = {row["code"]: row["pk"] for row in Product.objects.values("code", "pk")}
    keys = [by_code[code] for code in codes]
    insert_columns(
        Sku,
        {
            "product_id": keys,
            "code": [f"S{code}" for code in codes],
            "price_minor": price,
            "currency": [settings.CURRENCY] * n_products,
        },
    )
    for attribute, values, chosen in (
        (attributes[0], COLOURS, colour),
        (attributes[1], LOOKS, look),
        (attributes[2], MATERIALS, material),
    ):
        insert_columns(
            ProductAttribute,
            {
                "product_id": keys,
                "attribute_id": [attribute.pk] * n_products,
                "value": [values[number][0] for number in chosen],
                "value_zh_hans": [values[number][0] for number in chosen],
                "value_en": [values[number][1] for number in chosen],
            },
        )
