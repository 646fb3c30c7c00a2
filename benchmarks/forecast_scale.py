"""A night's forecasts and drafts of a large shop: time and memory, database included.

`manage.py benchmark forecast_scale --skus 100000` in a migrated, empty database: it is filled with
SKUs, suppliers and a year of demand that the seed decides. The CPU time of a database server is
not in the figures; its wall-clock time is.
"""

import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.result import BenchmarkResult, peak_memory_mb
from catalog.models import Product, Sku
from inventory.algorithms.demand_evaluation import train_demand_model
from inventory.models import DemandDay, DemandForecast, StockLevel, Supplier, SupplierOffer
from inventory.pipelines import DemandPipeline
from inventory.services.drafting import draft_purchase_orders
from inventory.services.forecasts import write_forecasts
from inventory.services.stock import default_warehouse
from learning.bulk import insert_columns
from learning.models import ModelVersion

LAST_DAY = date(2026, 3, 1)
SEED = 7
SHARE_OF_SALE_DAYS = 0.18
BLOCK = 5_000
# Of those that lie full, nothing is ordered.
FULL_SHARE = 0.6


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--skus", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=365)


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    if Product.objects.exists():
        raise CommandError("The database is not empty.")
    n_skus, n_days = options["skus"], options["days"]
    figures: dict[str, Any] = {}
    rows = _fill(n_skus, n_days)
    figures["peak_memory_filling_mb"] = peak_memory_mb()
    pipeline = DemandPipeline()
    with _clock(figures, "read"):
        raw, _provenance = pipeline.collect(LAST_DAY)
    with _clock(figures, "features"):
        features = pipeline.build_features(raw)
    del raw
    with _clock(figures, "learn"):
        model = train_demand_model(features)
    del features
    version = ModelVersion.objects.create(
        pipeline=pipeline.name,
        number=1,
        status=ModelVersion.Status.ACTIVE,
        as_of=LAST_DAY,
        size_bytes=0,
    )
    with _clock(figures, "write"):
        write_forecasts(version=version, model=model, as_of=LAST_DAY)
    with _clock(figures, "write_again"):
        write_forecasts(version=version, model=model, as_of=LAST_DAY)
    figures["peak_memory_forecasts_mb"] = peak_memory_mb()
    with _clock(figures, "draft"):
        drafted = draft_purchase_orders(as_of=LAST_DAY)
    stages = ("read", "features", "learn", "write", "draft")
    return BenchmarkResult(
        benchmark="forecast_scale",
        figures={
            "wall_seconds": round(sum(figures[f"{one}_wall_seconds"] for one in stages), 1),
            "cpu_seconds": round(sum(figures[f"{one}_cpu_seconds"] for one in stages), 1),
            **figures,
            "peak_memory_mb": peak_memory_mb(),
            "forecasts": DemandForecast.objects.count(),
            "lines": drafted.lines,
        },
        baselines={},
        setup={
            "database": connection.vendor,
            "skus": n_skus,
            "days": n_days,
            "demand_days": rows,
            "seed": SEED,
        },
    )


@contextmanager
def _clock(figures: dict[str, Any], stage: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    figures[f"{stage}_wall_seconds"] = round(time.perf_counter() - wall, 2)
    figures[f"{stage}_cpu_seconds"] = round(time.process_time() - cpu, 2)


# Without a transaction each row is one of its own.
@transaction.atomic
def _fill(n_skus: int, n_days: int) -> int:
    """Products, SKUs, offers, stock and demand; returns how many demand days."""
    rng = np.random.default_rng(SEED)
    numbers = np.arange(1, n_skus + 1)
    prices = rng.integers(300, 9_000, n_skus)
    texts = [f"Product {number}" for number in numbers.tolist()]
    codes = [f"SCALE-{number:07}" for number in numbers.tolist()]
    long_ago = timezone.now() - timedelta(days=400)
    insert_columns(
        Product,
        {"code": codes, "name_en": texts, "slug": [code.lower() for code in codes]},
    )
    products = np.array(list(Product.objects.order_by("code").values_list("pk", flat=True)))
    insert_columns(Sku, {"product_id": products, "code": codes, "price_minor": prices})
    Sku.objects.update(created_at=long_ago)
    sku_ids = np.array(list(Sku.objects.order_by("code").values_list("pk", flat=True)))
    warehouse = default_warehouse()
    suppliers = [
        Supplier.objects.create(code=f"scale-{number}", name=f"Supplier {number}", currency="CNY")
        for number in range(50)
    ]
    insert_columns(
        SupplierOffer,
        {
            "sku_id": sku_ids,
            "supplier_id": np.array([one.pk for one in suppliers])[numbers % len(suppliers)],
            "unit_cost_minor": prices // 2,
        },
    )
    full = rng.random(n_skus) < FULL_SHARE
    insert_columns(
        StockLevel,
        {
            "sku_id": sku_ids,
            "warehouse_id": np.full(n_skus, warehouse.pk),
            "on_hand": np.where(full, 100_000, 0),
            "updated_at": np.full(n_skus, np.datetime64("2026-03-01T00:00:00")),
        },
    )
    return sum(
        _fill_demand(sku_ids[start : start + BLOCK], prices[start : start + BLOCK], n_days, rng)
        for start in range(0, n_skus, BLOCK)
    )


def _fill_demand(
    sku_ids: np.ndarray[Any, Any],
    prices: np.ndarray[Any, Any],
    n_days: int,
    rng: np.random.Generator,
) -> int:
    share = np.clip(rng.gamma(1.5, SHARE_OF_SALE_DAYS / 1.5, (len(sku_ids), 1)), 0.01, 0.95)
    weekday = np.array([1.0, 1.1, 1.2, 1.3, 1.4, 0.6, 0.4])[np.arange(n_days) % 7]
    rows, days = np.nonzero(rng.random((len(sku_ids), n_days)) < share * weekday)
    units = 1 + rng.geometric(0.25, len(rows))
    first = np.datetime64(LAST_DAY - timedelta(days=n_days - 1))
    return insert_columns(
        DemandDay,
        {
            "sku_id": sku_ids[rows],
            "warehouse_id": np.full(len(rows), default_warehouse().pk),
            "day": first + days,
            "units_requested": units,
            "units_filled": units,
            "unit_price_minor": prices[rows],
        },
    )
