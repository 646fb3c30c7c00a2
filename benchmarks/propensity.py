"""Whether a visit ends in a purchase: boosted and plain regression against usual methods.

`manage.py benchmark propensity --data FILE` where FILE (or a folder with one) is a CSV, plain or
.gz, in the layout of UCI "Online Shoppers Purchasing Intention" (Sakar et al. 2018). The column
PageValues is left out: it is known once a visit is over, and nearly is its outcome.

Repeated stratified splits (a fifth held out), and by time: each later month told by the months
before it. Everything is chosen inside the training part, by `probability_training`.
"""

import csv
import gzip
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.core.management.base import CommandError

from benchmarks.result import BenchmarkResult, cpu_seconds
from insights.algorithms.probability import ProbabilityModel
from insights.algorithms.probability_examples import Examples
from insights.algorithms.probability_metrics import (
    auc,
    brier,
    calibration_error_by_rank,
    group_figures,
    paired_bootstrap,
    probability_figures,
)
from insights.algorithms.probability_training import fit_and_tell, fit_probability
from insights.algorithms.score_arrays import FloatArray, IntArray
from learning.algorithms.fingerprint import fingerprint

MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "June"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
PAGES: Final = ("Administrative", "Informational", "ProductRelated")
CODES: Final = ("OperatingSystems", "Browser", "Region", "TrafficType")
LEFT_OUT: Final = "PageValues"
HELD_OUT: Final = 0.2
FEWEST_TO_TELL: Final = 500
DRAWS: Final = 1_000


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="CSV of visits, or its folder")
    parser.add_argument("--repeats", type=int, default=10, help="stratified splits")


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    table = _read(options["data"])
    examples, groups = _examples(table)
    month = _months(table["Month"])
    splits = [_stratified(examples.happened, seed) for seed in range(options["repeats"])]
    with cpu_seconds() as spent:
        repeated = [_compare(examples, *split) for split in splits]
    figures: dict[str, Any] = {
        **_means(repeated, "model"),
        "cpu_seconds_per_split": round(spent.seconds / max(1, len(splits)), 2),
    }
    # By time a season cannot be told from a month that was never seen: the column is left out.
    timeless = examples.with_columns([name for name in examples.features if name != "month"])
    by_month, months_told = {}, []
    for last in range(12):
        known, asked = np.flatnonzero(month < last), np.flatnonzero(month == last)
        if len(known) < FEWEST_TO_TELL or not 0 < timeless.happened[asked].sum() < len(asked):
            continue
        by_month[MONTHS[last]] = _compare(timeless, known, asked)
        months_told.append((asked, by_month[MONTHS[last]]))
    figures["by_month"] = {
        name: {method: _figures(one[method]) for method in ("model", "logistic")}
        for name, one in by_month.items()
    }
    figures["all_months_told_by_earlier_ones"] = _pooled(examples, months_told)
    known, asked = splits[0]
    model, choice = fit_and_tell(examples.of(known))
    told = model.predict(examples.values[asked])
    happened = examples.happened[asked]
    figures["first_split"] = {
        "chosen": {
            "boosted_share": choice.boosted_share,
            "tree_size": choice.tree_size,
            "penalty": choice.penalty,
            "isotonic": choice.has_steps,
        },
        "intervals": _intervals(happened, told),
        "artefact_kb": round(len(model.to_bytes()) / 1e3, 1),
        "groups": {
            name: _rounded(found)
            for name, found in group_figures(
                happened,
                told,
                {name: [labels[row] for row in asked.tolist()] for name, labels in groups.items()},
            ).items()
        },
    }
    return BenchmarkResult(
        benchmark="propensity",
        figures=figures,
        baselines={name: _means(repeated, name) for name in ("logistic", "constant")},
        setup={
            "visits": len(examples),
            "bought": int(examples.happened.sum()),
            "features": list(examples.features),
            "left_out": LEFT_OUT,
            "repeats": len(splits),
            "held_out_share": HELD_OUT,
            "bins": 10,
            "fingerprint": fingerprint(examples.values, examples.happened),
        },
    )


Told = dict[str, tuple[FloatArray, FloatArray]]


def _compare(examples: Examples, known: IntArray, asked: IntArray) -> Told:
    """What happened and what each method told, on the same rows."""
    happened = examples.happened[asked]
    training = examples.of(known)
    methods: dict[str, Callable[[Examples], ProbabilityModel]] = {
        "model": fit_probability,
        "logistic": lambda part: fit_probability(part, with_trees=False),
    }
    told = {
        name: (happened, fit(training).predict(examples.values[asked]))
        for name, fit in methods.items()
    }
    told["constant"] = (happened, np.full(len(asked), training.happened.mean()))
    return told


def _stratified(happened: FloatArray, seed: int) -> tuple[IntArray, IntArray]:
    rng = np.random.default_rng(seed)
    asked = np.zeros(len(happened), dtype=np.bool_)
    for kind in (0.0, 1.0):
        rows = rng.permutation(np.flatnonzero(happened == kind))
        asked[rows[: round(HELD_OUT * len(rows))]] = True
    return np.flatnonzero(~asked), np.flatnonzero(asked)


def _means(repeated: Sequence[Told], method: str) -> dict[str, Any]:
    """Mean, and the spread over the splits: the middle 95 % of them."""
    tables = [probability_figures(*one[method]) for one in repeated]
    found: dict[str, Any] = {}
    for name in ("auc", "brier", "log_loss", "calibration_error", "calibration_error_by_rank"):
        values = np.array([table[name] for table in tables])
        low, high = np.percentile(values, [2.5, 97.5])
        found[name] = round(float(values.mean()), 4)
        found[f"{name}_over_splits"] = [round(float(low), 4), round(float(high), 4)]
    return found


def _pooled(examples: Examples, told: Sequence[tuple[IntArray, Told]]) -> dict[str, Any]:
    if not told:
        return {}
    happened = np.concatenate([examples.happened[asked] for asked, _one in told])
    pooled = {
        method: np.concatenate([one[method][1] for _asked, one in told])
        for method in ("model", "logistic", "constant")
    }
    found: dict[str, Any] = {
        name: _rounded(probability_figures(happened, one)) for name, one in pooled.items()
    }
    found["intervals"] = _intervals(happened, pooled["model"])
    gain = paired_bootstrap(
        lambda rows: (
            auc(happened[rows], pooled["model"][rows])
            - auc(happened[rows], pooled["logistic"][rows])
        ),
        n_rows=len(happened),
        draws=DRAWS,
    )
    found["auc_gain_on_logistic"] = [round(one, 4) for one in (gain.value, gain.low, gain.high)]
    return found


def _intervals(happened: FloatArray, told: FloatArray) -> dict[str, list[float]]:
    statistics = {
        "auc": auc,
        "brier": brier,
        "calibration_error_by_rank": calibration_error_by_rank,
    }
    found = {}
    for name, statistic in statistics.items():
        interval = paired_bootstrap(
            lambda rows, statistic=statistic: statistic(happened[rows], told[rows]),  # type: ignore[misc]  # bound at once
            n_rows=len(happened),
            draws=DRAWS,
        )
        found[name] = [round(one, 4) for one in (interval.value, interval.low, interval.high)]
    return found


def _figures(told: tuple[FloatArray, FloatArray]) -> dict[str, float]:
    return _rounded(probability_figures(*told))


def _rounded(found: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in found.items()}


def _read(data: Path) -> dict[str, list[str]]:
    if data.is_dir():
        files = sorted(path for path in data.iterdir() if path.name.endswith((".csv", ".csv.gz")))
        if not files:
            raise CommandError(f"{data} holds no .csv or .csv.gz file.")
        data = files[0]
    if not data.exists():
        raise CommandError(f"{data} does not exist.")
    with gzip.open(data, "rt") if data.name.endswith(".gz") else data.open() as file:
        rows = list(csv.DictReader(file))
    wanted = (
        *PAGES,
        *(f"{one}_Duration" for one in PAGES),
        *CODES,
        *("BounceRates", "ExitRates", "SpecialDay", "Month", "VisitorType", "Weekend", "Revenue"),
    )
    missing = [name for name in wanted if not rows or name not in rows[0]]
    if missing:
        raise CommandError(f"{data} lacks {', '.join(missing)}.")
    return {name: [row[name] for row in rows] for name in wanted}


def _examples(table: Mapping[str, list[str]]) -> tuple[Examples, dict[str, list[str]]]:
    """Columns as a shop has them while a visit lasts, and the groups to report by."""
    number = {
        name: np.array(table[name], dtype=np.float64)
        for name in table
        if name not in ("Month", "VisitorType", "Weekend", "Revenue")
    }
    pages = np.sum([number[name] for name in PAGES], axis=0)
    columns: dict[str, FloatArray] = {}
    for name in PAGES:
        seconds = number[f"{name}_Duration"]
        columns[f"{name}_pages"] = number[name]
        columns[f"{name}_seconds"] = seconds
        columns[f"{name}_seconds_a_page"] = seconds / np.maximum(number[name], 1.0)
    columns["bounce_rate"] = number["BounceRates"]
    columns["exit_rate"] = number["ExitRates"]
    columns["exit_less_bounce"] = number["ExitRates"] - number["BounceRates"]
    columns["exits_expected"] = number["ExitRates"] * pages
    columns["bounces_expected"] = number["BounceRates"] * pages
    logs = set(columns)
    columns["special_day"] = number["SpecialDay"]
    columns["weekend"] = _is_true(table["Weekend"])
    columns["is_new"] = np.array([one == "New_Visitor" for one in table["VisitorType"]], float)
    for name in CODES:
        columns[name] = number[name]
    columns["month"] = _months(table["Month"]).astype(np.float64)
    # Codes have no order: the regression sees the common ones one by one.
    for name in (*CODES, "month"):
        codes, counts = np.unique(columns[name], return_counts=True)
        for code in codes[counts >= 0.01 * len(pages)].tolist():
            if name != "month":
                columns[f"{name}_{code:g}"] = (columns[name] == code).astype(np.float64)
    happened = _is_true(table["Revenue"])
    examples = Examples(
        features=tuple(columns),
        is_log=np.array([name in logs for name in columns]),
        values=np.column_stack(list(columns.values())),
        happened=happened,
        person=np.arange(len(happened)),
        learned_until=date(1970, 1, 1),
    )
    groups = {
        "visitor": table["VisitorType"],
        "region": table["Region"],
        "weekend": [str(int(one)) for one in columns["weekend"]],
    }
    return replace(examples, values=examples.values), groups


def _is_true(texts: Sequence[str]) -> FloatArray:
    return np.array([text.strip().upper() in ("TRUE", "1") for text in texts], dtype=np.float64)


def _months(texts: Sequence[str]) -> IntArray:
    known = {name[:3].lower(): place for place, name in enumerate(MONTHS)}
    return np.array([known[text.strip()[:3].lower()] for text in texts], dtype=np.int64)
