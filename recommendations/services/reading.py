"""Reads the catalogue, orders and visits into the arrays that recommenders learn from."""

from array import array
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from django.db.models import F
from django.utils import timezone

from catalog.models import Product
from customers.models import User
from insights.models import Interaction
from orders.models import Order, OrderLine
from recommendations.algorithms.shopping_log import BoolArray, IntArray, ShoppingLog

# Orders keep their worth for a year and more; what was looked at in spring says little in autumn.
VISIT_DAYS = 120
ROWS_PER_READ = 10_000
EPOCH = date(1970, 1, 1)

# Beside a purchase, which counts 1; training then decides how much behaviour counts at all.
WEIGHTS: dict[str, float] = {
    Interaction.Kind.ADD_TO_CART: 1.0,
    Interaction.Kind.CLICK: 0.5,
    Interaction.Kind.VIEW: 0.5,
}


@dataclass(frozen=True)
class Catalogue:
    """Published products by rising key; every sequence has n_products entries.

    names: in all languages. categories: keys, -1 for none. prices: minor units, 0 for none.
    """

    product_ids: IntArray
    names: list[str]
    categories: IntArray
    prices: IntArray

    def index_of(self, product_ids: IntArray) -> IntArray:
        """Places in the catalogue, -1 for what is not in it."""
        if not len(self.product_ids):
            return np.full(len(product_ids), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.product_ids, product_ids), len(self.product_ids) - 1)
        return np.where(self.product_ids[at] == product_ids, at, -1)


@dataclass(frozen=True)
class ShopRecord:
    """What the shop recorded up to a day.

    basket_country: index into `countries` for each basket number, -1 for a visit.
    lines_dropped: entries of products that are not for sale any more.
    """

    log: ShoppingLog
    catalogue: Catalogue
    basket_country: IntArray
    countries: list[str]
    lines_dropped: int


def read_catalogue() -> Catalogue:
    rows = (
        Product.objects.published()
        .order_by("pk")
        .values_list("pk", "name_zh_hans", "name_en", "category_id", "price_from_minor")
    )
    read = list(rows.iterator(chunk_size=ROWS_PER_READ))
    return Catalogue(
        product_ids=np.array([row[0] for row in read], dtype=np.int64),
        names=[" ".join(filter(None, {row[1]: None, row[2]: None})) for row in read],
        categories=np.array([-1 if row[3] is None else row[3] for row in read], dtype=np.int64),
        prices=np.array([row[4] or 0 for row in read], dtype=np.int64),
    )


def read_shop(*, as_of: date) -> ShopRecord:
    """Orders that stand, and visits, up to the end of `as_of` in the shop's own time."""
    catalogue = read_catalogue()
    until = timezone.make_aware(datetime.combine(as_of + timedelta(days=1), time.min))
    orders = list(
        Order.objects.exclude(status=Order.Status.CANCELLED)
        .filter(placed_at__lt=until)
        .order_by("pk")
        .values_list("pk", "customer_id", "placed_at", "country")
        .iterator(chunk_size=ROWS_PER_READ)
    )
    basket, product = _order_lines(np.array([row[0] for row in orders], dtype=np.int64), until)
    countries = sorted({row[3] for row in orders})
    country_index = {country: index for index, country in enumerate(countries)}
    customers = np.array(
        # A guest is nobody we met before: each order is its own person.
        [row[1] or -1 - at for at, row in enumerate(orders)],
        dtype=np.int64,
    )
    days = np.array([_day(row[2]) for row in orders], dtype=np.int64)
    bought = ShoppingLog(
        customer=customers[basket],
        basket=basket,
        product=catalogue.index_of(product),
        day=days[basket],
        weight=np.ones(len(basket)),
        purchased=np.ones(len(basket), dtype=np.bool_),
        n_products=len(catalogue.product_ids),
    )
    seen = _visits(catalogue, until=until, first_basket=len(orders))
    log = _joined(bought, seen)
    for_sale: BoolArray = log.product >= 0
    n_visits = int(seen.basket.max()) + 1 - len(orders) if len(seen) else 0
    return ShopRecord(
        log=log.where(for_sale),
        catalogue=catalogue,
        basket_country=np.array(
            [country_index[row[3]] for row in orders] + [-1] * n_visits, dtype=np.int64
        ),
        countries=countries,
        lines_dropped=int((~for_sale).sum()),
    )


def read_languages(customers: IntArray) -> list[str]:
    """The language of each customer, "" for visitors and guests, whose keys are negative."""
    spoken = dict(User.objects.exclude(language="").values_list("pk", "language"))
    return [spoken.get(int(customer), "") for customer in customers]


def read_brands(product_ids: IntArray) -> IntArray:
    """The brand of each product, -1 for none."""
    brands = dict(Product.objects.exclude(brand=None).values_list("pk", "brand_id"))
    return np.array([brands.get(int(product), -1) for product in product_ids], dtype=np.int64)


def _order_lines(order_ids: IntArray, until: datetime) -> tuple[IntArray, IntArray]:
    """For each line that was not cancelled, the place of its order and its product's key."""
    orders, products = array("q"), array("q")
    lines = (
        OrderLine.objects.exclude(order__status=Order.Status.CANCELLED)
        .filter(order__placed_at__lt=until, quantity_cancelled__lt=F("quantity"))
        .order_by("order_id", "position")
        .values_list("order_id", "sku__product_id")
    )
    for order_id, product_id in lines.iterator(chunk_size=ROWS_PER_READ):
        orders.append(order_id)
        products.append(product_id)
    placed = np.searchsorted(order_ids, np.frombuffer(orders, dtype=np.int64))
    return placed, np.frombuffer(products, dtype=np.int64)


def _visits(catalogue: Catalogue, *, until: datetime, first_basket: int) -> ShoppingLog:
    """What visitors looked at; a visitor's day is a visit, numbered after the orders."""
    rows = (
        Interaction.objects.until(until)
        .of_kinds(*WEIGHTS)
        .filter(product__isnull=False, occurred_at__gte=until - timedelta(days=VISIT_DAYS))
        .order_by("occurred_at", "pk")
        .values_list("visitor_key", "customer_id", "product_id", "occurred_at", "kind")
    )
    visits: dict[tuple[str, int], int] = {}
    visitors: dict[str, int] = {}
    customer, basket, product, day = array("q"), array("q"), array("q"), array("q")
    weight = array("d")
    for key, customer_id, product_id, occurred_at, kind in rows.iterator(chunk_size=ROWS_PER_READ):
        on = _day(occurred_at)
        basket.append(first_basket + visits.setdefault((key, on), len(visits)))
        # Below the guests of orders, so that no two unknown people become one.
        unknown = -1 - first_basket - visitors.setdefault(key, len(visitors))
        customer.append(customer_id or unknown)
        product.append(product_id)
        day.append(on)
        weight.append(WEIGHTS[kind])
    return ShoppingLog(
        customer=np.frombuffer(customer, dtype=np.int64),
        basket=np.frombuffer(basket, dtype=np.int64),
        product=catalogue.index_of(np.frombuffer(product, dtype=np.int64)),
        day=np.frombuffer(day, dtype=np.int64),
        weight=np.frombuffer(weight, dtype=np.float64),
        purchased=np.zeros(len(product), dtype=np.bool_),
        n_products=len(catalogue.product_ids),
    )


def _joined(first: ShoppingLog, second: ShoppingLog) -> ShoppingLog:
    return ShoppingLog(
        customer=np.concatenate([first.customer, second.customer]),
        basket=np.concatenate([first.basket, second.basket]),
        product=np.concatenate([first.product, second.product]),
        day=np.concatenate([first.day, second.day]),
        weight=np.concatenate([first.weight, second.weight]),
        purchased=np.concatenate([first.purchased, second.purchased]),
        n_products=first.n_products,
    )


def _day(moment: datetime) -> int:
    return (timezone.localtime(moment).date() - EPOCH).days
