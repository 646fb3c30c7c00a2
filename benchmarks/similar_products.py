"""Similar products: the item graph against popularity, plain cosine and likeness of names.

`manage.py benchmark similar_products --data DIR` where DIR holds order files (CSV, plain or .gz) in
the layout `online-retail` or `shop`. The last orders are held out by time; settings are chosen on
the last orders of the rest. Asked are product pages ("what else is in this basket?") and returning
customers ("what do they buy for the first time?"); see `recommendations.algorithms.evaluation`.
Intervals are paired by customer, 2,000 bootstrap draws.
"""

from argparse import ArgumentParser
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import CommandError

from benchmarks.result import BenchmarkResult, cpu_seconds, peak_memory_mb
from learning.algorithms.fingerprint import fingerprint
from orders.algorithms import online_retail, shop_layout
from orders.algorithms.order_files import Faults
from orders.algorithms.order_history import NOBODY, Kind, OrderHistory
from recommendations.algorithms.content import ContentNeighbours
from recommendations.algorithms.evaluation import (
    by_customer,
    discover_quality,
    graph_lists,
    page_quality,
)
from recommendations.algorithms.examination import (
    LIST_LENGTH,
    Answers,
    Examination,
    figures,
    group_figures,
    popular_answers,
    set_examination,
)
from recommendations.algorithms.item_graph import GraphSettings
from recommendations.algorithms.item_graph_training import fit_item_graph
from recommendations.algorithms.metrics import bootstrap_interval
from recommendations.algorithms.popularity import RECENT_DAYS, fit_popularity
from recommendations.algorithms.shopping_log import ShoppingLog, cut_day, purchase_log
from recommendations.algorithms.similar import rank_lists, similar_entries
from recommendations.algorithms.tuning import VALIDATION_SHARE, choose_settings
from recommendations.services.reading import EPOCH

COSINE = GraphSettings(
    unit="customer", source_exponent=0.5, unit_exponent=0.0, target_exponent=0.5, neighbours=400
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder, or file, of orders")
    parser.add_argument("--format", choices=["online-retail", "shop"], default="online-retail")
    parser.add_argument("--holdout", type=float, default=0.15, help="share of orders held out")


def measure(options: dict[str, Any]) -> BenchmarkResult:
    history = _history(options["data"], options["format"])
    log = _log(history)
    if not len(log):
        raise CommandError(f"{options['data']} holds no sales.")
    from_day = cut_day(log, share=options["holdout"])
    exam = set_examination(log, from_day=from_day)
    if not len(exam.pages.product) or not len(exam.past):
        raise CommandError("Too few orders of two or more products to hold any out.")
    content = _content(history)
    with cpu_seconds() as choosing:
        choice = choose_settings(exam.past, content)
    with cpu_seconds() as fitting:
        graph = fit_item_graph(exam.past, choice.settings)
    peak_after_training = peak_memory_mb()
    with cpu_seconds() as listing:
        similar_entries(graph, content, content_weight=choice.content_weight, limit=20)
    ours = Answers(
        lists=rank_lists(graph, content, content_weight=choice.content_weight, limit=LIST_LENGTH),
        unseen=graph_lists(graph, exam.returns, limit=LIST_LENGTH),
    )
    baselines = _baselines(exam, content, from_day=from_day)
    return BenchmarkResult(
        benchmark="similar_products",
        figures={
            **_rounded(ours, exam),
            "choose_cpu_seconds": round(choosing.seconds, 2),
            "fit_cpu_seconds": round(fitting.seconds, 2),
            "explain_20_per_product_cpu_seconds": round(listing.seconds, 2),
            "peak_memory_after_training_mb": peak_after_training,
            "artefact_mb": round(len(graph.to_bytes()) / 1e6, 2),
            "groups": group_figures(
                ours,
                exam,
                basket_country=_basket_country(history),
                countries=history.countries,
            ),
        },
        baselines={
            name: _that_apply(name, {**_rounded(answers, exam), **_gains(ours, answers, exam)})
            for name, answers in baselines.items()
        },
        setup={
            "products": log.n_products,
            "lines": len(log),
            "orders": log.n_baskets(),
            "holdout_from": str(EPOCH + timedelta(days=from_day)),
            "validation_from": str(EPOCH + timedelta(days=choice.validation_from_day)),
            "validation_share": VALIDATION_SHARE,
            "pages_asked": len(exam.pages.product),
            "tries": choice.tries,
            "settings": {**asdict(choice.settings), "content_weight": choice.content_weight},
            "seed": 0,
            "fingerprint": fingerprint(log.customer, log.basket, log.product, log.day),
        },
    )


def _baselines(
    exam: Examination, content: ContentNeighbours, *, from_day: int
) -> dict[str, Answers]:
    cosine = fit_item_graph(exam.past, COSINE)
    alike = np.full((len(exam.buyers), LIST_LENGTH), -1, dtype=np.int64)
    for product, found in enumerate(content.neighbours(range(len(exam.buyers)), limit=LIST_LENGTH)):
        alike[product, : len(found)] = [each.product for each in found]
    cosine_lists = np.full_like(alike, -1)
    for product in range(len(exam.buyers)):
        near = cosine.neighbours(product, limit=LIST_LENGTH)
        cosine_lists[product, : len(near)] = [each.product for each in near]
    all_time = fit_popularity(exam.past, as_of_day=from_day, days=None)
    recent = fit_popularity(exam.past, as_of_day=from_day, days=RECENT_DAYS)
    return {
        "popularity_all_time": popular_answers(all_time, exam),
        "popularity_30_days": popular_answers(recent, exam),
        "item_cosine": Answers(
            lists=cosine_lists, unseen=graph_lists(cosine, exam.returns, limit=LIST_LENGTH)
        ),
        "names_alone": Answers(
            lists=alike, unseen=np.full((len(exam.returns.customer), LIST_LENGTH), -1)
        ),
    }


def _rounded(answers: Answers, exam: Examination) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: round(value, 4) for name, value in figures(answers, exam).items()
    }
    pages = by_customer(page_quality(answers.lists, exam.pages), exam.pages.customer)
    for name in ("ndcg", "recall", "hit_rate"):
        interval = bootstrap_interval(getattr(pages, name))
        found[f"{name}_at_10_interval"] = [round(interval.low, 4), round(interval.high, 4)]
    return found


def _gains(ours: Answers, theirs: Answers, exam: Examination) -> dict[str, list[float]]:
    """Ours less theirs: mean, lower and upper end of the paired interval."""
    pages = [
        by_customer(page_quality(each.lists, exam.pages), exam.pages.customer)
        for each in (ours, theirs)
    ]
    discover = [discover_quality(each.unseen, exam.returns) for each in (ours, theirs)]
    gains = {}
    for prefix, (mine, other) in (("", pages), ("discover_", discover)):
        for name in ("ndcg", "recall", "hit_rate"):
            interval = bootstrap_interval(getattr(mine, name) - getattr(other, name))
            gains[f"our_gain_{prefix}{name}_at_10"] = [
                round(value, 4) for value in (interval.mean, interval.low, interval.high)
            ]
    return gains


def _that_apply(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Names say nothing of a customer, so they are not asked what one discovers."""
    if name != "names_alone":
        return found
    return {key: value for key, value in found.items() if "discover" not in key}


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


def _log(history: OrderHistory) -> ShoppingLog:
    sold = np.flatnonzero(history.kind == Kind.SALE)
    customer = history.customer[sold]
    # A guest is nobody we met before: each order is its own person.
    customer = np.where(customer == NOBODY, -2 - history.order[sold], customer)
    return purchase_log(
        customer=customer,
        basket=history.order[sold],
        product=history.sku[sold],
        day=history.day[sold],
        n_products=len(history.skus),
    )


def _content(history: OrderHistory) -> ContentNeighbours:
    """Names and the last price of each SKU; a history knows no categories."""
    last = np.zeros(len(history.skus), dtype=np.int64)
    sold = history.kind == Kind.SALE
    last[history.sku[sold]] = history.unit_price[sold]
    return ContentNeighbours(
        names=history.names, categories=[-1] * len(history.skus), prices=last
    ).fit()


def _basket_country(history: OrderHistory) -> np.ndarray[Any, np.dtype[np.int64]]:
    country = np.full(len(history.orders), -1, dtype=np.int64)
    country[history.order] = history.country
    return country
