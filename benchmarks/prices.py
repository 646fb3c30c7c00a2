"""What a change of price does, and what a new product costs, on a real order history.

The history is read by the shop's own importer into a database of its own beside the shop's (as
tests do), and both models are learned by the shop's own pipelines. Elasticities are judged on three
windows of four weeks that they have not seen, predicted prices on the SKUs that came last. Orders
name no categories: the last word of a product's name stands for them.
"""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import Max

from benchmarks.result import BenchmarkResult, cpu_seconds, peak_memory_mb
from inventory.algorithms.elasticity_evaluation import (
    NoReaction,
    PriceFeatures,
    figures,
    fit_unpooled,
)
from inventory.algorithms.price_prediction_evaluation import figures as price_figures
from inventory.algorithms.price_prediction_evaluation import (
    fit_group_median,
    fit_hashed_ridge,
    fit_median,
)
from inventory.algorithms.price_prediction_training import PriceExamples
from inventory.models import DemandDay
from inventory.price_pipelines import ElasticityPipeline, PricePredictionPipeline
from orders.models import OrderImport
from orders.services.imports import import_orders

WEEKS_BACK = (4, 8, 12)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of order files (CSV)")
    parser.add_argument(
        "--format", default="online-retail", choices=OrderImport.Layout.values, dest="layout"
    )


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    folder: Path = options["data"]
    files = sorted([*folder.glob("*.csv"), *folder.glob("*.csv.gz")])
    if not files:
        raise CommandError(f"There are no order files (*.csv, *.csv.gz) in {folder}.")
    shop = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        report = import_orders(files, layout=options["layout"])
        if report.status != OrderImport.Status.DONE:
            raise CommandError(report.message)
        return _measure(files)
    finally:
        connection.creation.destroy_test_db(shop, verbosity=0)


def _measure(files: list[Path]) -> BenchmarkResult:
    as_of = DemandDay.objects.aggregate(day=Max("day"))["day"]
    elasticity, learning = ElasticityPipeline(), PricePredictionPipeline()
    with cpu_seconds() as reading:
        raw, _provenance = elasticity.collect(as_of)
        features = elasticity.build_features(elasticity.clean(raw)[0])
    with cpu_seconds() as fitting:
        model = elasticity.train(features)
    ours, none, alone = _elasticities(elasticity, features)
    examples, _provenance = learning.collect(as_of)
    known, holdout = learning.split(learning.clean(examples)[0])
    with cpu_seconds() as pricing:
        predictor = learning.train(known)
    predicted = price_figures(predictor, holdout)
    baselines = {
        "global_median": price_figures(fit_median(known), holdout),
        "category_median": price_figures(fit_group_median(known), holdout),
        "hashed_ridge": price_figures(fit_hashed_ridge(known), holdout),
    }
    # Both files are what a worker loads.
    sizes = {"elasticity_bytes": len(model.to_bytes()), "price_bytes": len(predictor.to_bytes())}
    return BenchmarkResult(
        benchmark="prices",
        figures={
            **{f"elasticity_{name}": value for name, value in ours.items()},
            "elasticity_gain_on_no_reaction": 1.0 - ours["mae_log_moved"] / none["mae_log_moved"],
            "elasticity_gain_on_unpooled": 1.0 - ours["mae_log_moved"] / alone["mae_log_moved"],
            "elasticity_pooled": model.pooled,
            "elasticity_spread": model.pooled_spread,
            "skus_with_enough_variation": elasticity.parameters(model)[
                "skus_with_enough_price_variation"
            ],
            **{f"price_{name}": value for name, value in predicted.items()},
            "price_gain_on_hashed_ridge": (
                1.0 - predicted["mae_log"] / baselines["hashed_ridge"]["mae_log"]
            ),
            "price_error_interval": _interval(predictor, fit_hashed_ridge(known), holdout),
            "elasticity_read_cpu_seconds": round(reading.seconds, 2),
            "elasticity_fit_cpu_seconds": round(fitting.seconds, 2),
            "price_fit_cpu_seconds": round(pricing.seconds, 2),
            "peak_rss_mb": peak_memory_mb(),
            **sizes,
        },
        baselines={"no_reaction": none, "unpooled": alone, **baselines},
        setup={
            "data": [path.name for path in files],
            "database": connection.vendor,
            "as_of": as_of.isoformat(),
            "weeks": features.panel.n_weeks,
            "skus": features.panel.n_skus,
            "sku_weeks": len(features.panel),
            "windows_weeks_back": list(WEEKS_BACK),
            "priced_skus": len(known),
            "held_out_skus": len(holdout) - holdout.known,
            "penalty": predictor.penalty,
            "neighbour_share": predictor.neighbour_share,
            "plain_share": predictor.plain_share,
        },
    )


def _elasticities(
    pipeline: ElasticityPipeline, features: PriceFeatures
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Mean figures over the windows, of the model, of no reaction, of each SKU alone."""
    found: tuple[list[Mapping[str, float]], ...] = ([], [], [])
    for back in WEEKS_BACK:
        window = replace(features, origin=features.panel.n_weeks - back)
        known = window.known()
        methods: tuple[Any, ...] = (pipeline.train(known), NoReaction(), fit_unpooled(known.panel))
        for kept, method in zip(found, methods, strict=True):
            kept.append(figures(method, window))
    return tuple(  # type: ignore[return-value]  # of three
        {
            **{name: float(np.mean([one[name] for one in windows])) for name in windows[0]},
            "mae_log_moved_per_window": [round(one["mae_log_moved"], 4) for one in windows],
        }
        for windows in found
    )


def _interval(model: Any, other: Any, holdout: PriceExamples) -> list[float]:
    """Middle 95 % of how much smaller the mean error is than the other's (bootstrap, 2,000)."""
    newer = holdout.part(holdout.known, len(holdout))
    ours = np.abs(np.log([one.price for one in model.predict(newer.listings)]) - newer.log_price)
    theirs = np.abs(other.log_prices_of(newer.listings) - newer.log_price)
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(ours), size=(2_000, len(ours)))
    gains = (theirs - ours)[drawn].mean(axis=1)
    return [round(float(bound), 4) for bound in np.quantile(gains, [0.025, 0.975])]
