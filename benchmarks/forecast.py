"""Forecasts and quantiles of demand against the usual methods, on a real order history.

Three rolling origins, 28 days each, at the end of the history; settings are chosen inside what
was known before the earliest of them. Orders are read and cleaned by the shop's own importer.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import holidays
import numpy as np
from django.conf import settings
from django.core.management.base import CommandError

from benchmarks.result import BenchmarkResult, cpu_seconds
from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.cold_start import expect_of_neighbours, word_weights
from inventory.algorithms.demand_challenger import challenge
from inventory.algorithms.demand_evaluation import DemandFeatures, normal_bounds
from inventory.algorithms.demand_levels import fit_levels
from inventory.algorithms.demand_model import DemandModel, DemandSettings
from inventory.algorithms.demand_training import (
    HORIZON,
    choose_settings,
    fit_demand_model,
    forecast,
)
from inventory.algorithms.history import (
    Calendar,
    DemandHistory,
    clean_history,
    has_enough_history,
)
from inventory.algorithms.lead_times import draw_lead_times
from inventory.algorithms.levels import (
    moving_mean,
    seasonal_naive,
    syntetos_boylan,
    weekday_trend_regression,
)
from inventory.algorithms.metrics import coverage, pinball, point_scores
from inventory.algorithms.shop_total import fit_group_totals
from orders.algorithms import online_retail, shop_layout
from orders.algorithms.order_files import Faults
from orders.algorithms.order_history import OrderHistory, demand_days

BACK = (28, 56, 84)
PROBABILITIES = np.array([0.5, 0.9, 0.95, 0.99])
NORMAL_Z = np.array([0.0, 1.2816, 1.6449, 2.3263])
LEAD_MEANS = np.array([4.0, 7.0, 14.0])
LEAD_SPREAD = 0.43
DRAWS = 200
WINDOWS = 5
SEED = 7
SKUS_FOR_SPEED = 100_000
DAYS_FOR_SPEED = 364
STOCKED_OUT_SHARE = 0.3
STOCKED_OUT_DAYS = 14
LAUNCHED_FROM = 100

Method = Callable[[DemandHistory], FloatArray]


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of order files (CSV)")
    parser.add_argument("--format", default="online-retail", choices=["online-retail", "shop"])
    parser.add_argument("--holidays", default="GB-ENG", help="country of the shop, empty for none")


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    orders = _load(options["data"], options["format"])
    features = _features(orders, options["holidays"])
    origins = [features.history.n_days - back for back in BACK]
    earliest = replace(features, origin=min(origins)).known()
    with cpu_seconds() as choosing:
        chosen = choose_settings(earliest.history, earliest.revenue)
    methods: dict[str, Method] = {
        "model": lambda known: forecast(known, chosen),
        "seasonal_naive": lambda known: seasonal_naive(known.units, horizon=HORIZON),
        "moving_mean_28": lambda known: _flat(moving_mean(known.units, known.observed, window=28)),
        "sba": lambda known: _flat(syntetos_boylan(known.units)),
        "linear_regression": lambda known: weekday_trend_regression(
            known.units, known.observed, known.calendar.weekdays, horizon=HORIZON
        ),
    }
    scored = {name: _score(features, origins, method) for name, method in methods.items()}
    quantiles = {
        name: _score_quantiles(features, origins, chosen, name=name)
        for name in ("model", "normal_safety_stock")
    }
    figures = scored.pop("model") | quantiles["model"]
    figures |= {
        "wrmsse_against_sba": figures["wrmsse"] / scored["sba"]["wrmsse"] - 1.0,
        "wrmsse_against_regression": (
            figures["wrmsse"] / scored["linear_regression"]["wrmsse"] - 1.0
        ),
        "better_than_regression_on_every_origin": all(
            ours < theirs
            for ours, theirs in zip(
                figures["wrmsse_per_origin"],
                scored["linear_regression"]["wrmsse_per_origin"],
                strict=True,
            )
        ),
        "choose_settings_cpu_seconds": round(choosing.seconds, 3),
    }
    figures |= _challenger(features, origins, chosen)
    figures |= _shop_totals(features, origins, chosen)
    stocked_out, unmasked = _stock_outs(features, origins, chosen)
    figures |= stocked_out
    launches, launch_baselines = _cold_start(features, orders)
    figures |= launches
    figures |= _speed(features)
    return BenchmarkResult(
        benchmark="forecast",
        figures=figures,
        baselines=scored
        | {"normal_safety_stock": quantiles["normal_safety_stock"]}
        | {"stock_outs_read_as_zero": unmasked}
        | launch_baselines,
        setup={
            "data": [str(path.name) for path in _files(options["data"])],
            "skus": features.history.n_skus,
            "days": features.history.n_days,
            "skus_per_origin": [
                int(has_enough_history(features.history.until(origin)).sum()) for origin in origins
            ],
            "origins": [features.history.calendar.day(origin).isoformat() for origin in origins],
            "horizon_days": HORIZON,
            "lead_time_days": LEAD_MEANS.tolist(),
            "lead_time_spread": LEAD_SPREAD,
            "seed": SEED,
            "settings": {
                "bulk_multiple": chosen.bulk_multiple,
                "bulk_power": chosen.bulk_power,
                "total_share": chosen.total_share,
                "alphas": list(chosen.alphas),
                "season_share": chosen.season_share,
                "trend_share": chosen.trend_share,
            },
        },
    )


def _files(folder: Path) -> list[Path]:
    files = sorted([*folder.glob("*.csv"), *folder.glob("*.csv.gz")])
    if not files:
        raise CommandError(f"There are no order files (*.csv, *.csv.gz) in {folder}.")
    return files


def _load(folder: Path, layout: str) -> OrderHistory:
    """As the importer reads it; a row that it would refuse ends the benchmark."""
    if layout == "online-retail":
        return online_retail.load(_files(folder))
    faults = Faults()
    history = shop_layout.read(_files(folder), currency=str(settings.CURRENCY), faults=faults)
    if faults.count:
        raise CommandError(f"{faults.count} rows cannot be read; the first: {faults.first[0]}")
    return history


def _features(orders: OrderHistory, country: str) -> DemandFeatures:
    cells = demand_days(orders)
    first, last = int(cells.day.min()), int(cells.day.max())
    sku_ids, rows = np.unique(cells.sku, return_inverse=True)
    units = np.zeros((len(sku_ids), last - first + 1))
    revenue = np.zeros_like(units)
    np.add.at(units, (rows, cells.day - first), cells.units)
    np.add.at(revenue, (rows, cells.day - first), cells.units * cells.unit_price)
    start = date(1970, 1, 1) + timedelta(days=first)
    lead_mean = LEAD_MEANS[np.random.default_rng(SEED).integers(0, 3, len(sku_ids))]
    history = clean_history(units, _calendar(start, units.shape[1] + HORIZON, country))
    return DemandFeatures(
        sku_ids=sku_ids,
        history=history,
        revenue=revenue,
        lead_mean=lead_mean,
        lead_sd=LEAD_SPREAD * lead_mean,
        review_days=np.ones(len(sku_ids), dtype=np.int64),
        origin=history.n_days,
    )


def _calendar(start: date, n_days: int, country: str) -> Calendar:
    days = [start + timedelta(days=number) for number in range(n_days)]
    name, _, subdivision = country.partition("-")
    known = (
        holidays.country_holidays(
            name, subdiv=subdivision or None, years=range(days[0].year, days[-1].year + 1)
        )
        if name
        else {}
    )
    return Calendar(start, np.array([day in known for day in days], dtype=np.bool_))


def _flat(level: FloatArray) -> FloatArray:
    return np.repeat(level[:, None], HORIZON, axis=1)


def _window(features: DemandFeatures, origin: int) -> tuple[DemandFeatures, FloatArray, FloatArray]:
    """What was known at an origin of the SKUs worth a forecast, what came, recent revenue."""
    rows = has_enough_history(features.history.until(origin))
    known = replace(features.of(rows), origin=origin).known()
    actual = features.history.units[rows][:, origin : origin + HORIZON].astype(np.float64)
    return known, actual, known.revenue[:, -HORIZON:].sum(axis=1)


def _score(features: DemandFeatures, origins: list[int], method: Method) -> dict[str, Any]:
    scores = []
    with cpu_seconds() as spent:
        for origin in origins:
            known, actual, revenue = _window(features, origin)
            scores.append(point_scores(method(known.history), actual, known.history, revenue))
    return {
        "wrmsse": float(np.mean([score.wrmsse for score in scores])),
        "wrmsse_per_origin": [round(score.wrmsse, 4) for score in scores],
        "rmsse": float(np.mean([score.rmsse for score in scores])),
        "total_rmsse": float(np.mean([score.total_rmsse for score in scores])),
        "wape_28": float(np.mean([score.wape_28 for score in scores])),
        "bias": float(np.mean([score.bias for score in scores])),
        "cpu_seconds": round(spent.seconds, 3),
    }


def _score_quantiles(
    features: DemandFeatures, origins: list[int], chosen: DemandSettings, *, name: str
) -> dict[str, Any]:
    """Demand over lead time and a day: scaled pinball weighted by revenue, and coverage."""
    losses, shares = [], []
    with cpu_seconds() as spent:
        for origin in origins:
            known, actual, revenue = _window(features, origin)
            lengths = _lengths(known)
            bounds = (
                _model_bounds(known, chosen, lengths)
                if name == "model"
                else np.maximum(0.0, _normal(known.history, lengths))
            )
            loss, share = _judge(known, actual, revenue, bounds)
            losses.append(loss)
            shares.append(share)
    mean = np.mean(shares, axis=0)
    return {
        "lead_time_pinball_per_origin": [round(loss, 4) for loss in losses],
        "coverage_90": float(mean[1]),
        "coverage_95": float(mean[2]),
        "coverage_99": float(mean[3]),
        "quantiles_cpu_seconds": round(spent.seconds, 3),
    }


def _lengths(known: DemandFeatures) -> IntArray:
    """What a method knows of its windows: lead times drawn around each supplier's mean."""
    draws = draw_lead_times(known.lead_mean, known.lead_sd, n_draws=DRAWS, seed=SEED)
    lengths: IntArray = np.minimum(draws + known.review_days[:, None], HORIZON)
    return lengths


def _windows_to_come(known: DemandFeatures) -> IntArray:
    """Windows that it is judged on, drawn for each SKU apart, shape (n_skus, WINDOWS)."""
    shape, scale = (known.lead_mean / known.lead_sd) ** 2, known.lead_sd**2 / known.lead_mean
    rng = np.random.default_rng(SEED + 1)
    drawn = rng.gamma(shape[:, None], scale[:, None], size=(len(shape), WINDOWS))
    days = np.maximum(1, np.rint(drawn)).astype(np.int64)
    windows: IntArray = np.minimum(days + known.review_days[:, None], HORIZON)
    return windows


def _model_bounds(known: DemandFeatures, chosen: DemandSettings, lengths: IntArray) -> FloatArray:
    model: DemandModel = fit_demand_model(
        known.history,
        known.sku_ids,
        lead_mean=known.lead_mean,
        lead_sd=known.lead_sd,
        review_days=known.review_days,
        settings=chosen,
    )
    n_days = known.history.n_days
    calendar = known.history.calendar.extended_to(n_days + HORIZON)
    ahead = slice(n_days, n_days + HORIZON)
    means = model.window_mean(lengths, calendar.weekdays[ahead], calendar.is_closed[ahead])
    return np.stack([model.window_quantile(means, share) for share in PROBABILITIES], axis=1)


def _normal(history: DemandHistory, lengths: IntArray) -> FloatArray:
    """The textbook's safety stock around the mean of twelve weeks."""
    upper = normal_bounds(history, lengths)
    middle = history.units[:, -84:].mean(axis=1, dtype=np.float64) * lengths.mean(axis=1)
    return np.concatenate([middle[:, None], upper], axis=1)


def _judge(
    known: DemandFeatures, actual: FloatArray, revenue: FloatArray, bounds: FloatArray
) -> tuple[float, FloatArray]:
    steps = np.abs(np.diff(known.history.units.astype(np.float64), axis=1))
    lived = np.arange(1, known.history.n_days) > known.history.first_day[:, None]
    scale = (steps * lived).sum(axis=1) / np.maximum(1, lived.sum(axis=1))
    scale = np.maximum(scale * (known.lead_mean + 1.0), 1e-9)
    weights = revenue / max(float(revenue.sum()), 1e-9)
    running = np.concatenate([np.zeros((len(actual), 1)), actual.cumsum(axis=1)], axis=1)
    lengths = _windows_to_come(known)
    losses, shares = [], []
    for window in range(WINDOWS):
        came = running[np.arange(len(actual)), lengths[:, window]]
        loss = pinball(bounds, came, PROBABILITIES) / scale[:, None]
        losses.append(float((weights[:, None] * loss).sum(axis=0).mean()))
        shares.append(coverage(bounds, came))
    return float(np.mean(losses)), np.mean(shares, axis=0)


def _challenger(
    features: DemandFeatures, origins: list[int], chosen: DemandSettings
) -> dict[str, Any]:
    """Whether boosting would have been promoted at each origin, and by what evidence."""
    judged = []
    with cpu_seconds() as spent:
        for origin in origins:
            known, _actual, _revenue = _window(features, origin)
            judged.append(challenge(known.history, chosen, known.revenue))
    return {
        "challenger_promoted_per_origin": [one.is_promoted for one in judged],
        "challenger_gain_per_origin": [
            round(one.evidence.get("challenger_gain", 0.0), 4) for one in judged
        ],
        "challenger_cpu_seconds": round(spent.seconds, 3),
    }


def _shop_totals(
    features: DemandFeatures, origins: list[int], chosen: DemandSettings
) -> dict[str, float]:
    """The forecast of the shop's own total, for the same SKUs as those of the others."""
    errors, missed = [], []
    for origin in origins:
        known, actual, _revenue = _window(features, origin)
        levels = fit_levels(known.history, chosen)
        total, _groups = fit_group_totals(known.history, levels.profile, levels.season)
        calendar = known.history.calendar.extended_to(origin + HORIZON)
        ahead = slice(origin, origin + HORIZON)
        shape = levels.profile.over(calendar.weekdays[ahead], calendar.is_closed[ahead])
        expected, _low, _high = total.predict(shape)
        came = actual.sum(axis=0)
        steps = np.diff(known.history.units.sum(axis=0, dtype=np.float64))
        errors.append(np.sqrt(((expected - came) ** 2).mean() / (steps**2).mean()))
        missed.append(float(expected.sum() / came.sum()) - 1.0)
    return {
        "own_total_rmsse": float(np.mean(errors)),
        "own_total_bias": float(np.mean(missed)),
        "own_total_abs_bias_mean": float(np.mean(np.abs(missed))),
    }


def _stock_outs(
    features: DemandFeatures, origins: list[int], chosen: DemandSettings
) -> tuple[dict[str, float], dict[str, float]]:
    """Bias on SKUs that were sold out for 14 of the last 28 days, beside the same SKUs whole."""
    sums = {"whole": 0.0, "masked": 0.0, "zero": 0.0}
    sold = 0.0
    for origin in origins:
        known, actual, _revenue = _window(features, origin)
        rng = np.random.default_rng(SEED)
        hit = rng.random(known.history.n_skus) < STOCKED_OUT_SHARE
        starts = origin - HORIZON + rng.integers(0, HORIZON - STOCKED_OUT_DAYS + 1, len(hit))
        days = np.arange(origin)
        empty = hit[:, None] & (days >= starts[:, None])
        empty &= days < starts[:, None] + STOCKED_OUT_DAYS
        units = np.where(empty, 0.0, known.history.units)
        calendar = known.history.calendar
        for name, history in (
            ("whole", known.history),
            ("masked", clean_history(units, calendar, empty)),
            ("zero", clean_history(units, calendar)),
        ):
            sums[name] += float(forecast(history, chosen)[hit].sum())
        sold += float(actual[hit].sum())
    whole, masked, zero = (sums[name] / sold - 1.0 for name in ("whole", "masked", "zero"))
    return (
        {
            "bias_without_stock_outs": whole,
            "bias_with_stock_outs": masked,
            "stock_out_bias_points": 100.0 * abs(masked - whole),
        },
        {"bias": zero, "stock_out_bias_points": 100.0 * abs(zero - whole)},
    )


def _cold_start(
    features: DemandFeatures, orders: OrderHistory
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Units a day in the first 28 days of SKUs launched after day 100, predicted at launch."""
    history = features.history
    units = history.units.astype(np.float64)
    first = history.first_day
    words = word_weights([orders.names[sku] for sku in features.sku_ids.tolist()])
    seen = np.minimum(first, history.n_days - 1)
    rows = np.arange(history.n_skus)
    bought = units[rows, seen]
    price = np.divide(
        features.revenue[rows, seen], bought, out=np.full(len(rows), np.nan), where=bought > 0
    )
    launched = (first >= LAUNCHED_FROM) & (first < history.n_days - HORIZON)
    told: dict[str, list[FloatArray]] = {"model": [], "mean": [], "geometric": [], "came": []}
    with cpu_seconds() as spent:
        for day in np.unique(first[launched]).tolist():
            new = np.flatnonzero(launched & (first == day))
            known = np.flatnonzero(first <= day - HORIZON)
            level = units[known, :day].sum(axis=1) / (day - first[known])
            told["model"].append(
                expect_of_neighbours(words, price, new=new, known=known, level=level)
            )
            told["mean"].append(np.full(len(new), level.mean()))
            told["geometric"].append(np.full(len(new), np.expm1(np.log1p(level).mean())))
            told["came"].append(units[new, day : day + HORIZON].mean(axis=1))
    logs = {name: np.log1p(np.concatenate(values)) for name, values in told.items()}
    error = {
        name: float(np.sqrt(((values - logs["came"]) ** 2).mean())) for name, values in logs.items()
    }
    return {
        "cold_start_skus": float(len(logs["came"])),
        "cold_start_rmsle": error["model"],
        "cold_start_against_global_mean": error["model"] / error["mean"] - 1.0,
        "cold_start_against_mean_of_logs": error["model"] / error["geometric"] - 1.0,
        "cold_start_cpu_seconds": round(spent.seconds, 3),
    }, {
        "global_mean_of_logs": {"cold_start_rmsle": error["geometric"]},
        "global_mean": {"cold_start_rmsle": error["mean"]},
    }


def _speed(features: DemandFeatures) -> dict[str, float]:
    """CPU seconds for a shop of 100,000 SKUs and a year, made by repeating this one."""
    units = features.history.units
    across = -(-SKUS_FOR_SPEED // len(units))
    along = -(-DAYS_FOR_SPEED // units.shape[1])
    big = np.tile(units, (across, along))[:SKUS_FOR_SPEED, :DAYS_FOR_SPEED]
    history = clean_history(big, _calendar(features.history.calendar.start_on, 400, ""))
    with cpu_seconds() as levels:
        fit_levels(history, DemandSettings())
    count = history.n_skus
    with cpu_seconds() as whole:
        fit_demand_model(
            history,
            np.arange(count),
            lead_mean=np.full(count, 7.0),
            lead_sd=np.full(count, 3.0),
            review_days=np.ones(count, dtype=np.int64),
        )
    return {
        "levels_100k_skus_cpu_seconds": round(levels.seconds, 2),
        "fit_100k_skus_cpu_seconds": round(whole.seconds, 2),
    }
