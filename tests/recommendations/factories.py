"""Shops with a past, as rows."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from catalog.models import Product, Sku
from customers.models import User
from orders.models import Order, OrderLine
from recommendations.models import Reason, SimilarProduct
from tests.factories import make_category, make_product
from tests.recommendations.algorithms.shops import make_themed_shop

FIRST_DAY = date(2026, 1, 1)
AS_OF = FIRST_DAY + timedelta(days=179)
PER_THEME = 10


def record_themed_shop(*, n_customers: int = 60, n_themes: int = 5) -> list[Product]:
    """Half a year of orders in which things of one theme go together; the products in order."""
    log = make_themed_shop(n_themes=n_themes, per_theme=PER_THEME, n_customers=n_customers)
    categories = [make_category(name_en=f"Theme {number}") for number in range(n_themes)]
    products = [
        make_product(
            name_en=f"Thing {number}",
            name_zh_hans=f"物件 {number}",
            category=categories[number // PER_THEME],
            price_from_minor=1000,
            has_stock=True,
        )
        for number in range(log.n_products)
    ]
    skus = Sku.objects.bulk_create(
        Sku(product=product, code=f"T{product.code}", price_minor=1000, currency="CNY")
        for product in products
    )
    people = User.objects.bulk_create(
        User(username=f"person-{number}", email=f"person-{number}@example.org")
        for number in range(n_customers)
    )
    baskets: dict[int, list[int]] = {}
    for entry in range(len(log)):
        baskets.setdefault(int(log.basket[entry]), []).append(entry)
    orders = Order.objects.bulk_create(
        Order(
            number=f"T{basket:06}",
            customer=people[int(log.customer[entries[0]])],
            status=Order.Status.SHIPPED,
            currency="CNY",
            goods_minor=1000 * len(entries),
            total_minor=1000 * len(entries),
            country="CN",
            placed_at=noon(FIRST_DAY + timedelta(days=int(log.day[entries[0]]))),
        )
        for basket, entries in baskets.items()
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            sku=skus[int(log.product[entry])],
            sku_code=skus[int(log.product[entry])].code,
            name="thing",
            quantity=1,
            quantity_shipped=1,
            unit_price_minor=1000,
        )
        for order, entries in zip(orders, baskets.values(), strict=True)
        for position, entry in enumerate(entries)
    )
    return products


def noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


def make_similar(product: Product, similar: Product, **fields: Any) -> SimilarProduct:
    rank = SimilarProduct.objects.filter(product=product).count() + 1
    defaults: dict[str, Any] = {
        "rank": rank,
        "score": 1.0 / rank,
        "reason": Reason.BOUGHT_TOGETHER,
        "confidence": 0.5,
        "explanation": {"facts": {"together": 12, "buyers": 40, "unit": "basket"}},
    }
    return SimilarProduct.objects.create(product=product, similar=similar, **{**defaults, **fields})


def make_product_to_sell(**fields: Any) -> Product:
    return make_product(**{"has_stock": True, **fields})
