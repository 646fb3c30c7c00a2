"""The learned recommenders beside simple ones and the package `implicit`, on anybody's files.

`manage.py benchmark recommendations --data DIR` with files in the layouts of
`benchmarks.recommendation_sets`. All products are ranked, no negatives are sampled. Every method
runs in a process of its own with one thread; what it can be told is chosen on the end of what it
may learn from, the baselines with as many tries as ours. Intervals are of 2,000 bootstrap draws of
people, paired where methods are compared. `implicit_cosine` is untuned with 400 neighbours: what
ours costs is told beside it. Without the package its rows are left out.
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.core.management.base import CommandError

from benchmarks.recommendation_methods import OURS, methods
from benchmarks.recommendation_sets import AGAIN, Question, UnreadableSetError, questions_in
from benchmarks.result import BenchmarkResult
from orders.algorithms.order_files import RefusedFileError
from recommendations.algorithms.evaluation import Returns, discover_quality
from recommendations.algorithms.histories import held_matrix
from recommendations.algorithms.list_examination import list_figures
from recommendations.algorithms.metrics import ListQuality, bootstrap_interval

ROOT = Path(__file__).resolve().parent.parent
QUALITIES = ("ndcg", "recall", "hit_rate")
VERSIONS = ("numpy", "scipy", "implicit")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder, or one file")
    parser.add_argument(
        "--from",
        dest="from_day",
        type=date.fromisoformat,
        help="orders: learn from what was before this day instead of from all but last baskets",
    )
    parser.add_argument("--only", help="measure only sets whose name holds this")


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    data: Path = options["data"]
    if not data.exists():
        raise CommandError(f"{data} does not exist.")
    figures: dict[str, Any] = {}
    baselines: dict[str, dict[str, Any]] = {}
    sets: dict[str, Any] = {}
    try:
        for question in questions_in(data, from_day=options["from_day"]):
            if (options["only"] or "") not in question.name:
                continue
            if not len(question.people):
                raise CommandError(f"{question.name}: nothing could be held out.")
            measured = _measure_set(question)
            sets[question.name] = question.described()
            figures[question.name] = measured.pop(OURS)
            for name, found in measured.items():
                baselines.setdefault(name, {})[question.name] = found
    except (UnreadableSetError, RefusedFileError) as error:
        raise CommandError(str(error)) from error
    if not figures:
        raise CommandError(
            f"{data} holds no train.txt with test.txt, no other .txt and no .csv of orders."
        )
    return BenchmarkResult(
        "recommendations",
        figures,
        baselines,
        {
            "sets": sets,
            "orders_from": str(options["from_day"] or "last basket of everybody"),
            "bootstrap_draws": 2_000,
            "seed": 0,
            "threads": 1,
            "versions": {name: held for name in VERSIONS if (held := _version(name))},
        },
    )


def _measure_set(question: Question) -> dict[str, dict[str, Any]]:
    held = held_matrix(question.known)
    returns = Returns(question.people, held[question.people], question.targets)
    told: dict[str, dict[str, Any]] = {}
    qualities: dict[str, ListQuality] = {}
    with TemporaryDirectory(prefix="recommendations-") as folder:
        question.write(Path(folder))
        for method in methods(question.kind):
            cost = _run(Path(folder), method, tries=told[OURS]["tries"] if told else 0)
            lists = np.load(Path(folder) / f"{method}.npy")
            quality = qualities[method] = discover_quality(lists, returns)
            told[method] = {
                **_figures(lists, quality, held=held, targets=question.targets),
                **cost,
            }
    at = question.length
    ours = told[OURS]
    for method, quality in qualities.items():
        if method == OURS:
            continue
        for name in QUALITIES:
            gain = bootstrap_interval(getattr(qualities[OURS], name) - getattr(quality, name))
            told[method][f"our_gain_{name}_at_{at}"] = [
                round(each, 4) for each in (gain.mean, gain.low, gain.high)
            ]
        theirs = told[method][f"ndcg_at_{at}"]
        told[method]["our_gain_ndcg_percent"] = (
            round(100 * (ours[f"ndcg_at_{at}"] / theirs - 1), 1) if theirs else None
        )
    if question.kind != AGAIN and "implicit_cosine" in told:
        fit = told["implicit_cosine"]["fit_cpu_seconds"]
        ours["fit_cpu_of_implicit_cosine"] = round(ours["fit_cpu_seconds"] / max(fit, 0.01), 2)
    return told


def _run(folder: Path, method: str, *, tries: int) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603  # our own module
        [
            sys.executable,
            "-m",
            "benchmarks.recommendation_methods",
            str(folder),
            method,
            str(tries),
        ],
        env={**os.environ, **ONE_THREAD, "PYTHONWARNINGS": "ignore"},
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _figures(lists: Any, quality: ListQuality, *, held: Any, targets: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: round(value, 4)
        for name, value in list_figures(lists, quality, held=held, targets=targets).items()
    }
    for name in QUALITIES:
        interval = bootstrap_interval(getattr(quality, name))
        found[f"{name}_at_{lists.shape[1]}_interval"] = [
            round(interval.low, 4),
            round(interval.high, 4),
        ]
    return found


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
