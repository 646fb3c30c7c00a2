"""Who orders nothing in 90 days, and what customers spend in them, against usual methods.

`manage.py benchmark churn --data DIR` where DIR holds order files (CSV, plain or .gz) in the
layout `online-retail` or `shop`. Several origins, 28 days apart: what is told at one is learned
from files read up to that day alone, so that nothing later repairs anything earlier; what came is
read from the whole. Logistic regression on recency, frequency and money (RFM) in the same run;
intervals are paired by customer.
"""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.core.management.base import CommandError

from benchmarks.result import BenchmarkResult, cpu_seconds
from insights.algorithms.customer_history import CustomerHistory, RepeatTable, repeat_table
from insights.algorithms.customer_outlook import STEP_DAYS, OutlookModel
from insights.algorithms.customer_outlook_training import (
    fit_outlook_and_tell,
    fit_rfm,
)
from insights.algorithms.probability_metrics import (
    auc,
    brier,
    calibration_error_by_rank,
    group_figures,
    paired_bootstrap,
    probability_figures,
    reliability,
)
from insights.algorithms.repeat_buying_training import fit_and_level, fit_repeat_buying
from insights.algorithms.score_arrays import FloatArray
from insights.algorithms.value_baselines import (
    Expected,
    deciles,
    expect,
    past_rate,
    rfm_means,
    value_figures,
)
from learning.algorithms.fingerprint import fingerprint
from orders.algorithms import online_retail, shop_layout
from orders.algorithms.order_files import Faults
from orders.algorithms.order_history import NOBODY, Kind, OrderHistory

EPOCH: Final = date(1970, 1, 1).toordinal()
SECONDS_A_DAY: Final = 86_400
DRAWS: Final = 1_000


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder, or file, of orders")
    parser.add_argument("--format", choices=["online-retail", "shop"], default="online-retail")
    parser.add_argument("--horizon", type=int, default=90, help="days, in steps of 30")
    parser.add_argument("--origins", type=int, default=3)


@dataclass(frozen=True)
class _Told:
    """Of one origin: what came, what each method told, and the labels of groups."""

    origin: date
    happened: FloatArray
    told: dict[str, FloatArray]
    groups: dict[str, list[str]]
    table: RepeatTable
    came: Expected
    expected: dict[str, Expected]
    chosen: dict[str, Any]
    cpu_seconds: float


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    horizon = int(options["horizon"])
    if horizon <= 0 or horizon % STEP_DAYS:
        raise CommandError(f"--horizon takes multiples of {STEP_DAYS}.")
    files = _files(options["data"])
    whole = _load(files, options["format"], until=None)
    history = _history(whole)
    if not len(history):
        raise CommandError(f"{options['data']} holds no orders of known customers.")
    last = int(history.day.max())
    seen = []
    for back in range(int(options["origins"])):
        day = last - horizon - 28 * back
        if day - int(history.day.min()) < 2 * STEP_DAYS:
            break
        seen.append(_one_origin(files, options["format"], whole, history, day, horizon))
    if not seen:
        raise CommandError("The orders span too few days to hold a horizon out.")
    by_origin = {
        str(one.origin): {
            "rows": len(one.happened),
            "churned_share": round(float(one.happened.mean()), 4),
            **{
                name: _rounded(probability_figures(one.happened, told))
                for name, told in one.told.items()
            },
            "gain_on_rfm": _gains(one),
            "reliability": [
                (n, round(mean, 3), round(share, 3))
                for n, mean, share in reliability(one.happened, one.told["model"])
            ],
            "groups": {
                name: _rounded(found)
                for name, found in group_figures(
                    one.happened, one.told["model"], one.groups
                ).items()
            },
            "value": {
                name: _rounded(value_figures(told, one.came)) for name, told in one.expected.items()
            },
            "value_gains": _value_gains(one),
            "value_deciles": [
                (n, round(mean / 100, 2), round(came / 100, 2))
                for n, mean, came in deciles(one.expected["model"].spend, one.came.spend)
            ],
            "chosen": one.chosen,
            "fit_cpu_seconds": one.cpu_seconds,
        }
        for one in seen
    }
    methods = [name for name in seen[0].told if all(name in one.told for one in seen)]
    values = [name for name in seen[0].expected if all(name in one.expected for one in seen)]
    return BenchmarkResult(
        benchmark="churn",
        figures={
            "churn": _mean_over(seen, "model"),
            "value": _mean_value(seen, "model"),
            "by_origin": by_origin,
        },
        baselines={
            **{name: _mean_over(seen, name) for name in methods if name != "model"},
            **{f"value_{name}": _mean_value(seen, name) for name in values if name != "model"},
        },
        setup={
            "origins": [str(one.origin) for one in seen],
            "horizon_days": horizon,
            "customers": history.n_customers,
            "orders": len(history),
            "churned": "no order of goods within the horizon",
            "fingerprint": fingerprint(history.customer, history.day, history.amount),
        },
    )


def _one_origin(
    files: list[Path],
    layout: str,
    whole: OrderHistory,
    history: CustomerHistory,
    day: int,
    horizon: int,
) -> _Told:
    until = (day + 1 - EPOCH) * SECONDS_A_DAY
    read = _load(files, layout, until=until)
    known = _history(read).until(day)
    first = int(known.day.min())
    with cpu_seconds() as spent:
        model, choice = fit_outlook_and_tell(known, first_day=first, day=day)
    plain, _choice = fit_outlook_and_tell(known, first_day=first, day=day, with_trees=False)
    outlook = model.tell(known, day=day, months=horizon // STEP_DAYS)
    # Places are numbered as customers came: those of the whole are others.
    place = {name: at for at, name in enumerate(whole.customers)}
    same = np.array([place[name] for name in read.customers], dtype=np.int64)
    orders, spend = history.orders_between(day, day + horizon)
    happened = (orders[same[outlook.customer]] == 0).astype(np.float64)
    told = {
        "model": outlook.no_order,
        "logistic": plain.tell(known, day=day, months=horizon // STEP_DAYS).no_order,
    }
    rfm = fit_rfm(known, first_day=first, day=day, horizon=horizon)
    if rfm is not None:
        told["rfm"] = rfm.no_order(outlook.values)
    table = repeat_table(known, day=day)
    rhythm = model.rhythm
    told["bg_nbd"] = rhythm.none_within(table.repeats, table.last, table.age, days=horizon)
    frequency = OutlookModel.columns.index("order_days")
    told["order_count_alone"] = 1.0 / (1.0 + outlook.values[:, frequency])
    came = Expected(orders[same[table.customer]].astype(np.float64), spend[same[table.customer]])
    levelled = fit_and_level(known, day=day, horizon=horizon)
    expected = {
        "model": expect(levelled, table, horizon=horizon),
        "not_levelled": expect(fit_repeat_buying(known, day=day), table, horizon=horizon),
        "past_rate": past_rate(table, horizon=horizon),
    }
    means = rfm_means(known, table, day=day, horizon=horizon)
    if means is not None:
        expected["rfm_means"] = means
    country = np.full(known.n_customers, -1, dtype=np.int64)
    of_somebody = read.customer != NOBODY
    country[read.customer[of_somebody]] = read.country[of_somebody]
    labels = [read.countries[at] if at >= 0 else "" for at in country[outlook.customer].tolist()]
    several = outlook.values[:, frequency] > 1
    return _Told(
        origin=date.fromordinal(day),
        happened=happened,
        told=told,
        groups={
            "country": labels,
            "orders": ["several" if one else "one" for one in several.tolist()],
        },
        table=table,
        came=came,
        expected=expected,
        chosen={
            "boosted_share": choice.boosted_share,
            "tree_size": choice.tree_size,
            "penalty": choice.penalty,
            "isotonic": choice.has_steps,
            "leaves_at_once": rhythm.leaves_at_once,
            "rate_factor": round(levelled.rate_factor, 3),
            "spend_factor": round(levelled.spend_factor, 3),
        },
        cpu_seconds=round(spent.seconds, 2),
    )


def _gains(one: _Told) -> dict[str, list[float]]:
    """Ours less RFM's on the same customers: value, lower and upper end."""
    if "rfm" not in one.told:
        return {}
    ours, theirs = one.told["model"], one.told["rfm"]
    found = {}
    for name, statistic in (
        ("auc", auc),
        ("brier", brier),
        ("calibration_error_by_rank", calibration_error_by_rank),
    ):
        interval = paired_bootstrap(
            lambda rows, statistic=statistic: (  # type: ignore[misc]  # bound at once
                statistic(one.happened[rows], ours[rows])
                - statistic(one.happened[rows], theirs[rows])
            ),
            n_rows=len(ours),
            draws=DRAWS,
        )
        found[name] = [round(value, 4) for value in (interval.value, interval.low, interval.high)]
    return found


def _value_gains(one: _Told) -> dict[str, list[float]]:
    """Absolute error by customer, ours less another's: mean, lower and upper end."""
    found = {}
    for name in ("past_rate", "rfm_means"):
        if name not in one.expected:
            continue
        for what in ("orders", "spend"):
            ours = np.abs(getattr(one.expected["model"], what) - getattr(one.came, what))
            theirs = np.abs(getattr(one.expected[name], what) - getattr(one.came, what))
            difference = ours - theirs
            interval = paired_bootstrap(
                lambda rows, difference=difference: float(difference[rows].mean()),  # type: ignore[misc]  # bound at once
                n_rows=len(difference),
                draws=DRAWS,
            )
            found[f"mae_{what}_less_{name}"] = [
                round(value, 4) for value in (interval.value, interval.low, interval.high)
            ]
    return found


def _mean_over(seen: list[_Told], method: str) -> dict[str, float]:
    tables = [probability_figures(one.happened, one.told[method]) for one in seen]
    return {name: round(float(np.mean([table[name] for table in tables])), 4) for name in tables[0]}


def _mean_value(seen: list[_Told], method: str) -> dict[str, float]:
    tables = [value_figures(one.expected[method], one.came) for one in seen]
    return {name: round(float(np.mean([table[name] for table in tables])), 4) for name in tables[0]}


def _rounded(found: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in found.items()}


def _files(data: Path) -> list[Path]:
    if not data.exists():
        raise CommandError(f"{data} does not exist.")
    if data.is_file():
        return [data]
    files = sorted(path for path in data.iterdir() if path.name.endswith((".csv", ".csv.gz")))
    if not files:
        raise CommandError(f"{data} holds no .csv or .csv.gz file.")
    return files


def _load(files: list[Path], layout: str, *, until: int | None) -> OrderHistory:
    if layout == "online-retail":
        return online_retail.load(files, until=until)
    return shop_layout.read(files, currency=settings.CURRENCY, faults=Faults())


def _history(orders: OrderHistory) -> CustomerHistory:
    """Sales to known customers by order; what was cancelled or brought back counts as a return."""
    sold = (orders.kind == Kind.SALE) & (orders.customer != NOBODY)
    number, first, place = np.unique(orders.order[sold], return_index=True, return_inverse=True)
    customer, day = orders.customer[sold][first], orders.day[sold][first] + EPOCH
    by_day = np.argsort(day, kind="stable")
    money = (orders.quantity * orders.unit_price)[sold].astype(np.float64)
    n_orders = len(number)
    back = np.isin(orders.kind, (Kind.RETURN, Kind.CANCELLATION)) & (orders.customer != NOBODY)
    returns = np.unique(
        np.stack([orders.customer[back], orders.day[back] + EPOCH], axis=1), axis=0
    ).reshape(-1, 2)
    nothing = np.zeros(0, dtype=np.int64)
    return CustomerHistory(
        n_customers=len(orders.customers),
        customer=customer[by_day],
        day=day[by_day],
        amount=np.asarray(np.bincount(place, weights=money, minlength=n_orders)[by_day], float),
        units=np.asarray(
            np.bincount(place, weights=orders.quantity[sold], minlength=n_orders)[by_day], float
        ),
        lines=np.bincount(place, minlength=n_orders).astype(np.float64)[by_day],
        discount=np.zeros(n_orders),
        return_customer=returns[:, 0],
        return_day=returns[:, 1],
        visit_customer=nothing,
        visit_day=nothing,
        visit_carts=nothing,
    )
