"""The goods of the demo shop: complete, in both languages, drawable."""

import re

from ecomsite.demo.drawing import studio
from ecomsite.demo.drawing.look import DRAWINGS
from ecomsite.demo.drawing.palette import SWATCHES
from ecomsite.demo.drawing.patterns import PATTERNS
from ecomsite.demo.seasons import PEAKS
from ecomsite.demo.specification import specification

# Advertising law forbids superlatives; a shop owner should not have to weed them out.
BANNED = ("最好", "最佳", "第一品牌", "顶级", "极致", "独家", "国家级", "万能", "永久", "首选")


def test_three_hundred_products_in_a_dozen_categories() -> None:
    shop = specification()
    assert len(shop.categories) == 12
    assert len(shop.products) == 300
    assert min(len(category.products) for category in shop.categories) >= 20


def test_codes_and_names_are_unique_in_both_languages() -> None:
    products = specification().products
    for names in (
        [product.code for product in products],
        [product.name.zh for product in products],
        [product.name.en for product in products],
        [sku.code for product in products for sku in product.skus],
    ):
        assert len(set(names)) == len(names)


def test_every_text_is_written_in_its_own_language() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for product in specification().products:
        for text in (product.name, product.description, product.kind.material, product.colour):
            assert chinese.search(text.zh), text
            assert not chinese.search(text.en), text


def test_no_description_boasts() -> None:
    for product in specification().products:
        text = product.name.zh + product.description.zh
        assert not [word for word in BANNED if word in text], product.name.zh


def test_everything_that_a_product_refers_to_exists() -> None:
    shop = specification()
    suppliers = {supplier.code for supplier in shop.suppliers}
    assert {product.kind.supplier for product in shop.products} == suppliers
    assert studio.draw is not None
    for product in shop.products:
        look = product.look
        assert look.kind in DRAWINGS
        assert look.colour in SWATCHES
        assert not look.accent or look.accent in SWATCHES
        assert not look.pattern or look.pattern in PATTERNS
        assert product.backdrop in SWATCHES
        assert product.kind.season in PEAKS


def test_prices_leave_a_margin() -> None:
    for product in specification().products:
        for sku in product.skus:
            assert 0 < sku.cost_minor < 0.6 * sku.price_minor
            assert sku.price_minor % 100 == 0


def test_the_small_shop_shows_every_category() -> None:
    small = specification(small=True)
    assert len(small.categories) == 12
    assert 24 <= len(small.products) <= 40
