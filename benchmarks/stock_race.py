"""A crowd at the last units: every buyer places an order at the same moment.

`manage.py benchmark stock_race --buyers 50 --stock 10` in an empty database, SQLite or PostgreSQL.
Each buyer has a thread and a connection; half of them have the same goods in the opposite order.
The orders are placed as the last step of the checkout does it, payment left out.
"""

import time
from argparse import ArgumentParser
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles
from threading import Barrier
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection, connections
from django.db.models import Sum
from django.test.utils import override_settings

from benchmarks.result import BenchmarkResult
from catalog.models import Product, Sku
from customers.services.addresses import AddressDetails
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.services.stock import receive_stock
from orders.errors import CartShortError
from orders.models import Checkout, Order, ShippingMethod, ShippingRate, ShippingZone
from orders.services import carts, checkout
from orders.services.placing import RiskVerdict

PRICE_MINOR = 1_000
# Measured on the same question: https://github.com/django-oscar/django-oscar 4.2.1 checks first
# and allocates later, without a condition.
OSCAR = {"buyers": 10, "stock": 5, "sold": 10}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a buyer was told: "sold", "short", or the name of an error that nobody planned."""

    kind: str
    milliseconds: float


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--buyers", type=int, default=50)
    parser.add_argument("--stock", type=int, default=10, help="units of each of the goods")
    parser.add_argument("--goods", type=int, default=2, help="different things in each basket")


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    if Order.objects.exists() or Product.objects.exclude(code__startswith="RACE-").exists():
        raise CommandError("This database belongs to a shop; the race wants an empty one.")
    skus = _make_goods(options["goods"], options["stock"])
    method = _make_method()
    waiting = [
        _make_checkout(skus[:: 1 if buyer % 2 else -1], method, buyer)
        for buyer in range(options["buyers"])
    ]
    start = time.perf_counter()
    with override_settings(PAYMENT_TEST=True):
        outcomes = _race(waiting)
    seconds = time.perf_counter() - start
    kinds = [outcome.kind for outcome in outcomes]
    times = sorted(outcome.milliseconds for outcome in outcomes)
    figures = {
        "sold": kinds.count("sold"),
        "told_that_it_is_gone": kinds.count("short"),
        "errors": len(kinds) - kinds.count("sold") - kinds.count("short"),
        "error_names": sorted(set(kinds) - {"sold", "short"}),
        "is_ledger_level": _is_ledger_level(skus),
        "is_promised_once": _is_promised_once(skus),
        "seconds": round(seconds, 2),
        "orders_tried_per_second": round(len(kinds) / seconds, 1),
        "median_ms": round(median(times), 1),
        "p95_ms": round(quantiles(times, n=20)[-1], 1),
    }
    return BenchmarkResult(
        "stock_race",
        figures,
        {"oscar_4_2_1": OSCAR},
        {
            "buyers": options["buyers"],
            "stock": options["stock"],
            "goods": options["goods"],
            "database": connection.vendor,
        },
    )


def _make_goods(count: int, units: int) -> list[Sku]:
    skus = []
    for _number in range(count):
        name = f"RACE-{uuid4().hex[:12]}"
        product = Product.objects.create(
            code=name, name=name, slug=name.lower(), status=Product.Status.PUBLISHED
        )
        sku = Sku.objects.create(
            product=product, code=name, price_minor=PRICE_MINOR, currency=settings.CURRENCY
        )
        receive_stock(sku_id=sku.pk, quantity=units, key=f"race:{name}")
        skus.append(sku)
    return skus


def _make_method() -> ShippingMethod:
    zone = ShippingZone.objects.create(name="Race", countries=["CN"])
    method = ShippingMethod.objects.create(zone=zone, name="Race", currency=settings.CURRENCY)
    ShippingRate.objects.create(method=method, price_minor=0)
    # The first zone that names a country serves it.
    ShippingZone.objects.filter(pk=zone.pk).update(position=0)
    ShippingZone.objects.exclude(pk=zone.pk).update(position=1)
    return method


def _make_checkout(skus: list[Sku], method: ShippingMethod, buyer: int) -> Checkout:
    token = ""
    for sku in skus:
        cart = carts.add_to_cart(customer=None, token=token, sku_id=sku.pk, quantity=1).cart
        token = cart.token
    address = AddressDetails(recipient="Race", line="Road 1", city="Beijing", country="CN")
    email = f"buyer{buyer}@example.org"
    checkout.give_address(cart=cart, email=email, language="en", address=address)
    checkout.choose_delivery(cart=cart, method=method)
    return Checkout.objects.select_related("cart").get(cart=cart)


def _race(waiting: list[Checkout]) -> list[Outcome]:
    together = Barrier(len(waiting))

    def buy(made: Checkout) -> Outcome:
        together.wait()
        start = time.perf_counter()
        try:
            kind = _place(made)
        finally:
            connections.close_all()
        return Outcome(kind, 1000 * (time.perf_counter() - start))

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(buy, waiting))


def _place(made: Checkout) -> str:
    try:
        checkout.place_checkout(
            checkout=made,
            key=made.idempotency_key,
            provider="test",
            note="",
            seen_total_minor=_total(made),
            risk=RiskVerdict(score=0.0),
        )
    except CartShortError:
        return "short"
    except Exception as error:  # noqa: BLE001  # whatever it is, it is counted and named
        return type(error).__name__
    return "sold"


def _total(made: Checkout) -> int:
    return PRICE_MINOR * made.cart.lines.count()


def _is_ledger_level(skus: list[Sku]) -> bool:
    moved = StockMovement.objects.filter(sku__in=skus).order_by().values_list("sku")
    return dict(moved.annotate(Sum("quantity"))) == dict(
        StockLevel.objects.filter(sku__in=skus).values_list("sku", "on_hand")
    )


def _is_promised_once(skus: list[Sku]) -> bool:
    held = Reservation.objects.held().filter(sku__in=skus).order_by().values_list("sku")
    promised = dict(held.annotate(Sum("quantity")))
    return all(
        level.reserved == promised.get(level.sku_id, 0) <= level.on_hand
        for level in StockLevel.objects.filter(sku__in=skus)
    )
