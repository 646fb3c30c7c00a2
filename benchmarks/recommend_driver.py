"""The two processes of `recommend_latency`: one fills a shop, the other asks it for rows."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

LISTED = 6
ORDERS_EACH = 8
LINES_EACH = 4
SEED = 11


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecomsite.settings")
    import django  # noqa: PLC0415  # the settings come first

    django.setup()
    from django.test import override_settings  # noqa: PLC0415

    step, options = sys.argv[1], json.loads(sys.argv[2])
    memory = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    with override_settings(CACHES=memory):
        sys.stdout.write(json.dumps(fill(options) if step == "fill" else ask(options)) + "\n")


def fill(options: Mapping[str, int]) -> dict[str, Any]:
    from django.core.management import call_command  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from benchmarks.catalogue_sizes import fill_catalogue  # noqa: PLC0415
    from catalog.models import Product, Sku  # noqa: PLC0415
    from customers.models import User  # noqa: PLC0415
    from learning.bulk import insert_columns  # noqa: PLC0415
    from orders.models import Order, OrderLine  # noqa: PLC0415
    from recommendations.models import Recommendation, SimilarProduct  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    fill_catalogue(options["products"])
    Product.objects.update(has_stock=True)
    rng = np.random.default_rng(SEED)
    products = np.array(Product.objects.order_by("pk").values_list("pk", flat=True))
    listed = products[rng.integers(0, len(products), (len(products), 2 * LISTED))]
    owners: list[int] = []
    others: list[int] = []
    ranks: list[int] = []
    for own, row in zip(products.tolist(), listed.tolist(), strict=True):
        distinct = [pk for pk in dict.fromkeys(row) if pk != own][:LISTED]
        owners += [own] * len(distinct)
        others += distinct
        ranks += range(1, len(distinct) + 1)
    facts = json.dumps({"facts": {"together": 12, "buyers": 40, "unit": "basket"}})
    insert_columns(
        SimilarProduct,
        {
            "product_id": owners,
            "similar_id": others,
            "rank": ranks,
            "score": [1.0 / rank for rank in ranks],
            "reason": ["bought_together"] * len(ranks),
            "confidence": [0.3] * len(ranks),
            "explanation": [facts] * len(ranks),
        },
    )
    names = [f"person-{number}" for number in range(max(options["users"], options["customers"]))]
    insert_columns(User, {"username": names, "email": [f"{name}@example.org" for name in names]})
    customers = list(
        User.objects.order_by("pk").values_list("pk", flat=True)[: options["customers"]]
    )
    skus = np.array(Sku.objects.order_by("pk").values_list("pk", flat=True))
    now = timezone.now()
    orders = Order.objects.bulk_create(
        (
            Order(
                number=f"B{customer}-{number}",
                customer_id=customer,
                status=Order.Status.SHIPPED,
                currency="CNY",
                goods_minor=0,
                total_minor=0,
                country="CN",
                placed_at=now - timedelta(days=30 * number + 1),
            )
            for customer in customers
            for number in range(ORDERS_EACH)
        ),
        batch_size=500,
    )
    lines = rng.integers(0, len(skus), (len(orders), LINES_EACH))
    OrderLine.objects.bulk_create(
        (
            OrderLine(
                order=order,
                position=position,
                sku_id=int(skus[at]),
                sku_code="x",
                name="x",
                quantity=1,
                unit_price_minor=0,
            )
            for order, row in zip(orders, lines.tolist(), strict=True)
            for position, at in enumerate(row)
        ),
        batch_size=500,
    )
    prepared = rng.integers(0, len(products), (len(customers), 20))
    Recommendation.objects.bulk_create(
        (
            Recommendation(
                customer_id=customer,
                placement="home.buy_again",
                product_id=int(products[at]),
                rank=rank,
                score=1.0 / rank,
                reason="bought_before",
                explanation={"facts": {"times": 2}},
            )
            for customer, row in zip(customers, prepared.tolist(), strict=True)
            for rank, at in enumerate(dict.fromkeys(row), start=1)
        ),
        batch_size=500,
    )
    _publish(products, options["neighbours"], rng)
    return {}


def _publish(products: Any, n_neighbours: int, rng: Any) -> None:
    from learning import artefacts  # noqa: PLC0415
    from learning.models import ModelVersion  # noqa: PLC0415
    from recommendations.algorithms.neighbours import (  # noqa: PLC0415
        Edges,
        NeighbourModel,
        NeighbourSettings,
    )
    from recommendations.algorithms.sequence import NextItemModel, SequenceSettings  # noqa: PLC0415

    n_products = len(products)
    for name in ("recommendations.item_neighbours", "recommendations.next_item"):
        graph = Edges(
            starts=np.arange(0, n_products * n_neighbours + 1, n_neighbours),
            targets=rng.integers(0, n_products, n_products * n_neighbours).astype(np.int32),
            values=rng.random(n_products * n_neighbours).astype(np.float32),
        )
        shared: dict[str, Any] = {
            "product_ids": products,
            "graph": graph,
            "learned_until_day": 0,
            "choice": {},
        }
        model: Any = (
            NeighbourModel(people=None, settings=NeighbourSettings(), **shared)
            if name.endswith("neighbours")
            else NextItemModel(settings=SequenceSettings(), **shared)
        )
        stored = artefacts.store(pipeline=name, data=model.to_bytes(), file_format=model.format)
        ModelVersion.objects.create(
            pipeline=name,
            number=1,
            as_of=date(2026, 1, 1),
            status=ModelVersion.Status.ACTIVE,
            file=stored.name,
            sha256=stored.sha256,
            size_bytes=stored.size_bytes,
            format=model.format,
            metrics={},
        )


def ask(options: Mapping[str, int]) -> dict[str, Any]:
    from catalog.models import Product  # noqa: PLC0415
    from customers.models import User  # noqa: PLC0415
    from insights.services.visitors import Visitor  # noqa: PLC0415
    from recommendations.services.histories import Context  # noqa: PLC0415
    from recommendations.services.placing import Row, recommend_products  # noqa: PLC0415

    rng = np.random.default_rng(SEED + 1)
    products = np.array(Product.objects.order_by("pk").values_list("pk", flat=True))
    customers = list(
        User.objects.order_by("pk").values_list("pk", flat=True)[: options["customers"]]
    )
    before = _memory_mb()

    def some(most: int) -> list[int]:
        found: list[int] = products[
            rng.integers(0, len(products), rng.integers(1, most + 1))
        ].tolist()
        return found

    def visitor(number: int) -> Visitor:
        """Every other one is a customer; all of them look around."""
        known = int(rng.choice(customers)) if number % 2 else None
        return Visitor(key=f"{number:032x}", customer_id=known, may_personalise=True)

    kinds: dict[str, tuple[int, Callable[[int], tuple[str, Visitor, Context]]]] = {
        "guess_you_like": (
            options["calls"],
            lambda number: ("home.guess_you_like", visitor(number), Context(viewed=some(12))),
        ),
        "buy_again": (
            options["calls"] // 4,
            lambda number: ("home.buy_again", visitor(2 * number + 1), Context()),
        ),
        "similar": (
            options["calls"] // 4,
            lambda _number: ("product.similar", Visitor(), Context(product_id=some(1)[0])),
        ),
        "complement": (
            options["calls"] // 4,
            lambda number: ("cart.complement", visitor(number), Context(cart=some(5))),
        ),
    }
    figures, rows_of = {}, {}
    for name, (calls, make) in kinds.items():
        cpu, wall, sizes = [], [], []
        for number in range(-20, calls):
            placement, who, context = make(abs(number))
            started, started_cpu = time.perf_counter(), time.process_time()
            row: Row = recommend_products(placement=placement, visitor=who, context=context)
            if number >= 0:
                cpu.append(1000 * (time.process_time() - started_cpu))
                wall.append(1000 * (time.perf_counter() - started))
                sizes.append(len(row.shown))
        figures[name] = {
            **{f"cpu_p{at}_ms": round(float(np.percentile(cpu, at)), 2) for at in (50, 95, 99)},
            **{f"wall_p{at}_ms": round(float(np.percentile(wall, at)), 2) for at in (50, 95, 99)},
        }
        rows_of[name] = round(float(np.mean(sizes)), 2)
    after = _memory_mb()
    return {
        "figures": figures,
        "memory": {
            "memory_mb": after["anonymous"],
            "memory_of_files_mb": after["files"],
            "memory_before_mb": before["anonymous"],
        },
        "load_average": os.getloadavg()[0],
        "rows_of": rows_of,
    }


def _memory_mb() -> dict[str, float]:
    """anonymous: this process's own. files: mapped, and shared by all that map them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {
        line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith("Rss")
    }
    return {"anonymous": round(sizes["RssAnon"], 1), "files": round(sizes["RssFile"], 1)}


if __name__ == "__main__":
    main()
