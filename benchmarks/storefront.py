"""What pages of the shop cost: SQL statements, CPU time in process, bytes.

`manage.py benchmark storefront --products 4000`: in a database of its own (as tests make), which is
removed again, on whatever DATABASE_URL names. Requests go to the WSGI application, as a web server
hands them over, uncompressed. Uncached: the catalogue is declared changed before each request, as
by a new price, so that nothing kept of it is used; bar and foot, which know no prices, stay.
Cached: nothing changed since the request before. What is kept lies in the memory of this process,
so no server of the cache is needed or measured.

Baseline: the figures of django-oscar 4.2.1 on as many products, taken on another machine, on which
the fixed loop of `calibration_ms` took 113 ms. As a loaded machine is slower than a quiet one, the
loop runs after every few requests here, and `..._cpu_ms_at_113` is what the request would have
taken at that speed. `within_limits` is judged by it.
"""

import gzip
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from benchmarks.catalogue_sizes import fill_catalogue
from benchmarks.result import CALIBRATION_STEPS, BenchmarkResult, cpu_seconds
from benchmarks.wsgi_browser import Answer, Browser
from catalog.models import Category, Product, ProductPhoto, Sku
from catalog.services import indexing
from catalog.services.versions import forget_catalogue_version, renew_catalogue_version
from customers.models import User
from inventory.models import StockLevel
from inventory.services.stock import default_warehouse
from learning.bulk import insert_columns
from support.models import Review

CARDS = 20
LINES = 5
REVIEWS = 40
# On the machine of the baselines.
CALIBRATION_MS = 113
# The loop beside the requests is this part of the whole one.
CALIBRATION_PART = 10
# A process that serves a shop is warm: one request comes after another, not after a loop.
REQUESTS_A_LOOP = 5


@dataclass(frozen=True, slots=True)
class Page:
    """is_kept: whether what it shows may be kept. Limits: statements, ms uncached, ms cached."""

    request: Callable[[], Answer]
    is_kept: bool
    most_sql: int | None = None
    most_ms: float | None = None
    most_cached_ms: float | None = None


OSCAR = {
    "list": {"sql": 126, "cpu_ms": 359},
    "category": {"sql": 129, "cpu_ms": 298},
    "product": {"sql": 22, "cpu_ms": 25},
    "search": {"sql": 10, "cpu_ms": 245},
    "add_to_cart": {"sql": 24, "cpu_ms": 22},
    "cart_of_five": {"sql": 28, "cpu_ms": 37},
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--products", type=int, default=4_000)
    parser.add_argument("--requests", type=int, default=60, help="of each page; the median counts")


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    figures: dict[str, Any] = {}
    with scratch_database(), shop_settings():
        fill_shop(options["products"])
        for name, page in _pages().items():
            figures |= _measure(name, page, options["requests"])
    return BenchmarkResult(
        "storefront",
        {**figures, "within_limits": not any(n.endswith("_beyond_limit") for n in figures)},
        {"oscar 4.2.1": {f"{n}_{k}": v for n, row in OSCAR.items() for k, v in row.items()}},
        {
            "products": options["products"],
            "cards": CARDS,
            "database": connection.vendor,
            "requests": options["requests"],
        },
    )


@contextmanager
def scratch_database() -> Iterator[None]:
    shop = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(shop, verbosity=0)


@contextmanager
def shop_settings() -> Iterator[None]:
    storages = dict(settings.STORAGES)
    # Names of static files are looked up in a manifest that only a prepared shop has.
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        DEBUG=False,
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        STORAGES=storages,
        CARDS_PER_PAGE=CARDS,
        ALLOWED_HOSTS=["testserver"],
        SECURE_SSL_REDIRECT=False,
    ):
        forget_catalogue_version()
        yield
    forget_catalogue_version()


def fill_shop(n_products: int) -> None:
    """The made-up catalogue with photos, stock and, on one product, reviews."""
    fill_catalogue(n_products)
    indexing.reindex_all()
    products = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    sizes = {
        name: {"name": f"photos/{name}.webp", "width": side, "height": side}
        for name, side in (("small", 320), ("medium", 800), ("large", 1600))
    }
    ProductPhoto.objects.bulk_create(
        (
            ProductPhoto(
                product_id=pk,
                file="photos/large.webp",
                width=1600,
                height=1600,
                renditions=sizes,
                state=ProductPhoto.State.READY,
                sha256=f"{pk:064x}",
            )
            for pk in products
        ),
        batch_size=500,
    )
    warehouse = default_warehouse()
    skus = list(Sku.objects.order_by("pk").values_list("pk", flat=True))
    insert_columns(
        StockLevel,
        {
            "sku_id": skus,
            "warehouse_id": [warehouse.pk] * len(skus),
            "on_hand": [10_000] * len(skus),
            "updated_at": [timezone.now()] * len(skus),
        },
    )
    product = _product()
    for number in range(REVIEWS):
        Review.objects.create(
            product=product,
            author=User.objects.create(username=f"reader-{number}", first_name=f"R{number}"),
            stars=1 + number % 5,
            text="Made well, and it arrived two days early. I would buy it again.",
            status=Review.Status.PUBLISHED,
            written_at=timezone.now() - timedelta(days=number),
        )


def _product() -> Product:
    return Product.objects.filter(has_stock=True).order_by("-units_sold_30_days", "pk")[0]


def _pages() -> dict[str, Page]:
    with translation.override("en"):
        category = Category.objects.order_by("path")[0]
        home, listing = reverse("storefront:home"), reverse("storefront:search")
        shelf, product = category.get_absolute_url(), _product().get_absolute_url()
        add, cart = reverse("storefront:cart-line-add"), reverse("storefront:cart-detail")
    chinese = listing.replace("/en/", "/zh-hans/", 1)
    application = get_wsgi_application()
    visitor, shopper = Browser(application), Browser(application)
    skus = list(
        Sku.objects.filter(product__has_stock=True).order_by("pk").values_list("pk", flat=True)
    )
    for sku in skus[:LINES]:
        shopper.post(add, sku=str(sku), quantity="2")

    def add_to_cart() -> Answer:
        # A new visitor each time, as in the baseline.
        return Browser(application).post(add, sku=str(skus[0]), quantity="1")

    return {
        "home": Page(lambda: visitor.get(home), is_kept=True),
        "list": Page(lambda: visitor.get(listing), True, 8, 15, 2),
        "category": Page(lambda: visitor.get(shelf), True, 8, 15, 2),
        "product": Page(lambda: visitor.get(product), True, 10, 10, 2),
        "search_en": Page(lambda: visitor.get(listing, q="celadon teapots"), False, 6, 15),
        "search_zh": Page(lambda: visitor.get(chinese, q="青瓷茶壶"), False, 6, 15),
        "add_to_cart": Page(add_to_cart, False, 10, 8),
        "cart_of_five": Page(lambda: shopper.get(cart), False, 6, 8),
    }


def _measure(name: str, page: Page, n_requests: int) -> dict[str, Any]:
    for _warm in range(3):
        answer = page.request()
        if answer.status not in (200, 302):
            raise RuntimeError(f"{name} answered {answer.status}")
    # A cart is asked anew each time, and nothing kept of the catalogue but the rules of prices.
    before = None if "cart" in name else renew_catalogue_version
    figures = _figures(name, page, n_requests, before, page.most_ms, page.most_sql)
    if page.is_kept:
        figures |= _figures(f"{name}_cached", page, n_requests, None, page.most_cached_ms)
    if answer.body:
        figures[f"{name}_bytes"] = len(answer.body)
        figures[f"{name}_gzip_bytes"] = len(gzip.compress(answer.body, 6))
    return figures


def _figures(
    name: str,
    page: Page,
    n_requests: int,
    before: Callable[[], None] | None,
    most_ms: float | None,
    most_sql: int | None = None,
) -> dict[str, Any]:
    spent, loops = [], []
    before = before or _nothing
    before()
    with CaptureQueriesContext(connection) as queries:
        page.request()
    # The next request empties the log that it looks into.
    n_statements = len(queries)
    for number in range(n_requests):
        before()
        with cpu_seconds() as request:
            page.request()
        spent.append(1000 * request.seconds)
        if number % REQUESTS_A_LOOP == 0:
            with cpu_seconds() as loop:
                _count(CALIBRATION_STEPS // CALIBRATION_PART)
            loops.append(1000 * loop.seconds * CALIBRATION_PART)
    scaled = round(median(spent) * CALIBRATION_MS / median(loops), 2)
    figures: dict[str, Any] = {
        f"{name}_sql": n_statements,
        f"{name}_cpu_ms": round(median(spent), 2),
        f"{name}_cpu_ms_at_{CALIBRATION_MS}": scaled,
    }
    too_slow = most_ms is not None and scaled > most_ms
    if too_slow or (most_sql is not None and n_statements > most_sql):
        figures[f"{name}_beyond_limit"] = f"{most_sql} statements, {most_ms} ms"
    return figures


def _nothing() -> None:
    """Before a request to a page of which nothing changed."""


def _count(steps: int) -> int:
    total = 0
    for step in range(steps):
        total += step
    return total
