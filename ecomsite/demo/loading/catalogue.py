"""Categories, brands, products, SKUs, suppliers and their offers."""

from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.utils.text import slugify

from catalog.models import Attribute, Brand, Category, Product, ProductAttribute, Sku
from catalog.services.summaries import refresh_prices
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.loading.prices import load_price_history
from ecomsite.demo.specification import Bilingual, Specification
from ecomsite.demo.supply import REVIEW_DAYS, price_breaks, unit_cost
from ecomsite.demo.trade import DAY, Trade
from inventory.models import PriceBreak, ReorderPolicy, Supplier, SupplierOffer

BATCH = 500
ATTRIBUTES = {
    "material": Bilingual("材质", "Material"),
    "colour": Bilingual("颜色", "Colour"),
    "kind": Bilingual("品类", "Type"),
}


@dataclass(frozen=True)
class Keys:
    """Primary keys by place in the specification."""

    products: list[int]
    skus: list[int]
    suppliers: list[int]


def load_catalogue(specification: Specification, trade: Trade, clock: Clock) -> Keys:
    categories = {
        category.slug: Category.objects.add_root(
            {
                "slug": category.slug,
                "photo_labels": list(category.photo_labels),
                **_texts("name", category.name),
                **_texts("description", category.description),
            }
        )
        for category in specification.categories
    }
    brands = {
        name: Brand.objects.create(name=name, slug=slugify(name))
        for name in dict.fromkeys(product.brand for product in specification.products)
    }
    Product.objects.bulk_create(
        [
            Product(
                code=product.code,
                slug=slugify(product.name.en),
                status=Product.Status.PUBLISHED,
                category=categories[product.kind.category],
                brand=brands[product.brand],
                published_at=clock.moment(max(int(trade.launched[place]), 0) * DAY + 8 * 3600),
                **_texts("name", product.name),
                **_texts("description", product.description),
            )
            for place, product in enumerate(specification.products)
        ],
        batch_size=BATCH,
    )
    by_code = dict(Product.objects.values_list("code", "pk"))
    product_ids = [by_code[product.code] for product in specification.products]
    _load_attributes(specification, product_ids)
    sku_ids = _load_skus(specification, trade, product_ids)
    load_price_history(trade, sku_ids, clock)
    refresh_prices()
    return Keys(product_ids, sku_ids, _load_suppliers(specification, trade, sku_ids))


def _texts(field: str, text: Bilingual) -> dict[str, str]:
    return {f"{field}_zh_hans": text.zh, f"{field}_en": text.en}


def _load_attributes(specification: Specification, product_ids: list[int]) -> None:
    attributes = {
        code: Attribute.objects.create(code=code, **_texts("name", name))
        for code, name in ATTRIBUTES.items()
    }
    ProductAttribute.objects.bulk_create(
        [
            ProductAttribute(
                product_id=product_id, attribute=attributes[code], **_texts("value", value)
            )
            for product_id, product in zip(product_ids, specification.products, strict=True)
            for code, value in (
                ("material", product.kind.material),
                ("colour", product.colour),
                ("kind", product.kind.noun),
            )
        ],
        batch_size=BATCH,
    )


def _load_skus(specification: Specification, trade: Trade, product_ids: list[int]) -> list[int]:
    factors, discounts = trade.prices.factor[-1].tolist(), trade.prices.discount[-1].tolist()
    skus = []
    place = 0
    for number, product in enumerate(specification.products):
        for position, sku in enumerate(product.skus):
            price = trade.goods.price(place, factors[number], discounts[number])
            before = trade.goods.list_price(place, factors[number])
            skus.append(
                Sku(
                    product_id=product_ids[number],
                    code=sku.code,
                    price_minor=price,
                    compare_at_minor=before if before > price else None,
                    currency=settings.CURRENCY,
                    weight_grams=sku.weight_grams,
                    position=position,
                    **_texts("name", sku.name),
                )
            )
            place += 1
    Sku.objects.bulk_create(skus, batch_size=BATCH)
    by_code = dict(Sku.objects.values_list("code", "pk"))
    return [by_code[sku.code] for sku in skus]


def _load_suppliers(specification: Specification, trade: Trade, sku_ids: list[int]) -> list[int]:
    suppliers = [
        Supplier.objects.create(
            code=supplier.code,
            name=supplier.name,
            email=f"orders@{supplier.code}.example.com",
            currency=settings.CURRENCY,
            lead_time_days=supplier.lead_time_days,
            lead_time_sd_days=supplier.lead_time_sd_days,
        )
        for supplier in specification.suppliers
    ]
    SupplierOffer.objects.bulk_create(
        [
            SupplierOffer(
                supplier=suppliers[number],
                sku_id=sku_id,
                supplier_code=f"{suppliers[number].code[:3].upper()}-{place + 1001}",
                unit_cost_minor=int(trade.goods.cost_minor[place]),
                minimum_order_quantity=specification.suppliers[number].minimum_order_quantity,
                pack_size=specification.suppliers[number].pack_size,
            )
            for place, (sku_id, number) in enumerate(
                zip(sku_ids, trade.goods.supplier.tolist(), strict=True)
            )
        ],
        batch_size=BATCH,
    )
    number_of = {supplier.pk: place for place, supplier in enumerate(suppliers)}
    breaks = []
    for offer in SupplierOffer.objects.order_by("pk"):
        steps = price_breaks(specification.suppliers[number_of[offer.supplier_id]])
        breaks += [
            PriceBreak(
                offer=offer,
                from_quantity=quantity,
                unit_cost_minor=unit_cost(offer.unit_cost_minor, quantity, steps),
            )
            for quantity, _share in steps
        ]
    PriceBreak.objects.bulk_create(breaks, batch_size=BATCH)
    _load_policies(trade, sku_ids)
    return [supplier.pk for supplier in suppliers]


def _load_policies(trade: Trade, sku_ids: list[int]) -> None:
    """By sales: the first fifth must hardly ever run out, the slow half may now and then."""
    sold = np.zeros(trade.goods.n_skus)
    for order in trade.orders:
        for line in order.lines:
            sold[line.sku] += line.quantity * line.unit_price_minor
    rank = np.argsort(np.argsort(-sold, kind="stable"), kind="stable") / len(sold)
    ReorderPolicy.objects.bulk_create(
        [
            ReorderPolicy(
                sku_id=sku_id,
                service_level=0.97 if share < 0.2 else 0.95 if share < 0.5 else 0.9,
                review_period_days=REVIEW_DAYS,
            )
            for sku_id, share in zip(sku_ids, rank.tolist(), strict=True)
        ],
        batch_size=BATCH,
    )
