"""Groups of customers and look-alikes on a history of orders, against dumb methods.

`manage.py benchmark segments --data DIR` where DIR holds order files (CSV, plain or .gz) in the
layout `online-retail` or `shop`. A history knows no categories: the SKUs that sell most stand for
them. One customer in four is held out, as in the pipelines, whose own stages are measured.

Groups: how much of the differences between held-out customers lies between the groups, against as
many groups by money alone; whether groups found among held-out customers alone are the same.

Look-alikes: four segments as an owner would write them; held-out customers are ranked by what was
learned of the others, without the features that the rule itself speaks of, against the share of
members among buyers of a customer's favourite.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.core.management.base import CommandError

from benchmarks.result import BenchmarkResult, cpu_seconds
from insights.algorithms.customer_table import CustomerTable, FloatArray, IntArray
from insights.segment_pipelines import (
    ClusterInput,
    ClustersPipeline,
    LookAlikeInput,
    LookAlikesPipeline,
)
from learning.algorithms.fingerprint import fingerprint
from orders.algorithms import online_retail, shop_layout
from orders.algorithms.order_files import Faults
from orders.algorithms.order_history import NOBODY, Kind, OrderHistory

STANDING_FOR_CATEGORIES: Final = 40
SECONDS_A_DAY: Final = 86_400
RECENT_DAYS: Final = 90
FREQUENT_ORDERS: Final = 3


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder, or file, of orders")
    parser.add_argument("--format", choices=["online-retail", "shop"], default="online-retail")


def measure(options: dict[str, Any]) -> BenchmarkResult:
    table, recent = _table(_history(options["data"], options["format"]))
    if len(table) < 200:
        raise CommandError("Fewer than 200 customers who ordered.")
    clusters = ClustersPipeline()
    training, holdout = clusters.split(ClusterInput(table, {}))
    with cpu_seconds() as grouping:
        model = clusters.train(training)
    groups = clusters.evaluate(model, holdout)
    by_money = clusters.evaluate(clusters.train_baseline(training), holdout)

    alike = LookAlikesPipeline()
    seeds = _seeds(table, recent)
    names = dict(enumerate(seeds, start=1))
    told = alike.build_features(
        LookAlikeInput(
            table,
            {key: seeds[name][0] for key, name in names.items()},
            {key: seeds[name][1] for key, name in names.items()},
        )
    )
    training_alike, holdout_alike = alike.split(told)
    with cpu_seconds() as learning:
        learned = alike.train(training_alike)
    found = alike.evaluate(learned, holdout_alike)
    dumb = alike.evaluate(alike.train_baseline(training_alike), holdout_alike)
    return BenchmarkResult(
        benchmark="segments",
        figures={
            "groups": model.choice["groups"],
            "groups_tried": model.choice["tried"],
            **{f"groups_{name}": round(value, 4) for name, value in groups.metrics.items()},
            "groups_cpu_seconds": round(grouping.seconds, 2),
            **{f"look_alikes_{name}": round(value, 4) for name, value in found.metrics.items()},
            "look_alikes_by_segment": {
                names[int(code.partition(":")[2])]: {
                    **{name: round(value, 4) for name, value in figures.items()},
                    **{
                        name: learned.seeds[int(code.partition(":")[2])].choice[name]
                        for name in ("method", "validation_auc", "validation_auc_of_other")
                    },
                }
                for code, figures in found.groups.items()
                if code.startswith("segment:")
            },
            "look_alikes_cpu_seconds": round(learning.seconds, 2),
        },
        baselines={
            "groups_by_money": {
                "groups_explained_share": round(by_money.metrics["explained_share"], 4)
            },
            "favourite": {"look_alikes_auc": round(dumb.metrics["auc"], 4)},
        },
        setup={
            "customers": len(table),
            "held_out": len(holdout.table),
            "standing_for_categories": STANDING_FOR_CATEGORIES,
            "seed": 20,
            "fingerprint": fingerprint(table.recency_days, table.orders, table.spend_minor),
        },
    )


def _history(data: Path, layout: str) -> OrderHistory:
    if not data.exists():
        raise CommandError(f"{data} does not exist.")
    files = (
        [data]
        if data.is_file()
        else sorted(path for path in data.iterdir() if path.name.endswith((".csv", ".csv.gz")))
    )
    if not files:
        raise CommandError(f"{data} holds no .csv or .csv.gz file.")
    if layout == "online-retail":
        return online_retail.load(files)
    return shop_layout.read(files, currency=settings.CURRENCY, faults=Faults())


def _table(history: OrderHistory) -> tuple[CustomerTable, IntArray]:
    """Customers with what the history tells of them, and their orders of the last days."""
    sold = np.flatnonzero((history.kind == Kind.SALE) & (history.customer != NOBODY))
    if not len(sold):
        raise CommandError("The history holds no sales of known customers.")
    who, place = np.unique(history.customer[sold], return_inverse=True)
    day = history.placed_at[sold] // SECONDS_A_DAY
    last_day = int(day.max())
    n = len(who)

    def extreme(pick: Any, start: int) -> IntArray:
        found = np.full(n, start, dtype=np.int64)
        pick.at(found, place, day)
        return found

    pairs, at = np.unique(
        place * (history.order.max() + 1) + history.order[sold], return_index=True
    )
    buyer = pairs // (history.order.max() + 1)
    amount = history.quantity[sold] * history.unit_price[sold]
    spend = np.bincount(place, weights=amount.astype(np.float64), minlength=n).astype(np.int64)
    sizes = np.bincount(history.sku[sold], minlength=len(history.skus))
    best = np.sort(np.argsort(-sizes, kind="stable")[:STANDING_FOR_CATEGORIES])
    column = np.full(len(history.skus), -1)
    column[best] = np.arange(len(best))
    units = np.zeros((n, len(best)))
    known = column[history.sku[sold]] >= 0
    np.add.at(units, (place[known], column[history.sku[sold]][known]), 1.0)
    country = np.array(history.countries)[history.country[sold]]
    of_customer = np.empty(n, dtype=country.dtype)
    of_customer[place] = country
    nothing = np.zeros(n, dtype=np.int64)
    table = CustomerTable(
        customers=np.arange(1, n + 1),
        recency_days=last_day - extreme(np.maximum, 0),
        tenure_days=last_day - extreme(np.minimum, 10**9),
        orders=np.bincount(buyer, minlength=n).astype(np.int64),
        spend_minor=spend,
        units=units,
        returns=nothing,
        reviews=nothing,
        views=nothing,
        cart_adds=nothing,
        searches=nothing,
        language=np.full(n, "en"),
        country=of_customer.astype(np.str_),
        category_ids=np.arange(1, len(best) + 1),
    )
    lately = day[at] > last_day - RECENT_DAYS
    return table, np.bincount(buyer[lately], minlength=n).astype(np.int64)


def _seeds(table: CustomerTable, recent: IntArray) -> dict[str, tuple[FloatArray, tuple[str, ...]]]:
    """Who is in each segment, and what its rule speaks of."""
    largest = int(table.units.sum(axis=0).argmax())
    lapsed = (table.recency_days > RECENT_DAYS) & (table.orders >= 2)
    seeds = {
        "three_orders_in_90_days": (recent >= FREQUENT_ORDERS, ("orders",)),
        "top_fifth_by_spend": (
            table.spend_minor >= np.quantile(table.spend_minor, 0.8),
            ("orders",),
        ),
        "away_for_90_days": (lapsed, ("orders",)),
        "bought_the_best_seller": (table.units[:, largest] > 0, ("goods",)),
    }
    return {name: (rows.astype(np.float64), told) for name, (rows, told) in seeds.items()}
