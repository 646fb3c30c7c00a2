"""What a row of recommendations costs: `manage.py benchmark recommend_latency --products 100000`.

Through the real service, with everything of it: a SQLite file with the catalogue, published lists,
orders of customers; versions of `item_neighbours` and `next_item` with so many random neighbours
per product, served from mapped files. A process of its own asks, as a web worker would, after one
row of each kind has warmed it up; its memory is what this process holds. CPU and wall time are of
`recommend_products` as a whole: statements, rules, variety, reasons and cards.

Who the visitors are is not stored anywhere, so their number costs nothing but an index: `--users`
makes as many rows of people, each of `--customers` with orders and prepared rows.

Baseline: the scorer that was measured before there was a shop (no Django, no database, no HTTP):
100,000 x 100 neighbours, CPU p50 0.47 ms, p99 0.93 ms.
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from benchmarks.result import BenchmarkResult

LIMITS = {"cpu_p99_ms": 5.0, "wall_p99_ms": 10.0, "memory_mb": 150.0}
SCORER_ALONE = {"cpu_p50_ms": 0.47, "cpu_p99_ms": 0.93}
ROOT = Path(__file__).resolve().parent.parent


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--neighbours", type=int, default=100, help="of each product in a model")
    parser.add_argument("--customers", type=int, default=2_000, help="with orders")
    parser.add_argument("--users", type=int, default=1_000_000, help="rows of people in all")
    parser.add_argument("--calls", type=int, default=2_000)


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    with TemporaryDirectory(prefix="recommend-latency-") as folder:
        environment = {
            **os.environ,
            "VAR_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
            "DEBUG": "0",
            "SECRET_KEY": settings.SECRET_KEY,
        }
        told = {}
        for step in ("fill", "ask"):
            answer = subprocess.run(  # noqa: S603  # our own module
                [
                    sys.executable,
                    "-m",
                    "benchmarks.recommend_driver",
                    step,
                    json.dumps(_plain(options)),
                ],
                env=environment,
                cwd=ROOT,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            told = json.loads(answer.stdout.strip().splitlines()[-1])
    figures = told["figures"]
    guess = figures["guess_you_like"]
    return BenchmarkResult(
        "recommend_latency",
        {
            **{
                f"{name}_{key}": value
                for name, row in figures.items()
                for key, value in row.items()
            },
            **told["memory"],
            "within_limits": guess["cpu_p99_ms"] <= LIMITS["cpu_p99_ms"]
            and guess["wall_p99_ms"] <= LIMITS["wall_p99_ms"]
            and told["memory"]["memory_mb"] <= LIMITS["memory_mb"],
            "limits": LIMITS,
        },
        {"scorer alone, measured before": SCORER_ALONE},
        {**_plain(options), "load_average": told["load_average"], "rows_of": told["rows_of"]},
    )


def _plain(options: Mapping[str, Any]) -> dict[str, int]:
    return {
        name: options[name] for name in ("products", "neighbours", "customers", "users", "calls")
    }
