"""Importing a history of orders: time, memory, and how long other writers have to wait.

Works in a database of its own beside the shop's (as tests do) on whatever DATABASE_URL names, and
removes it. The CPU time of a database server is not in the figures; its wall-clock time is.
"""

import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction

from benchmarks.result import BenchmarkResult, peak_memory_mb
from learning.bulk import insert_columns
from orders.models import OrderImport, OrderLine
from orders.services.imports import ImportReport, import_orders

SAMPLE_LINES = 50_000
# Positions of the copies, out of the way of the real ones.
BEHIND = 1_000_000


@dataclass(slots=True)
class Spent:
    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def clock() -> Iterator[Spent]:
    spent, wall, cpu = Spent(), time.perf_counter(), time.process_time()
    yield spent
    spent.wall = round(time.perf_counter() - wall, 2)
    spent.cpu = round(time.process_time() - cpu, 2)


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
        return _measure(files, options["layout"])
    finally:
        connection.creation.destroy_test_db(shop, verbosity=0)


def _measure(files: list[Path], layout: str) -> BenchmarkResult:
    stages: dict[str, float] = {}

    def note(stage: str, _done: int, _total: int) -> None:
        stages.setdefault(stage, time.perf_counter())

    with clock() as dry:
        _done(import_orders(files, layout=layout, is_dry_run=True))
    with clock() as first:
        report = _done(import_orders(files, layout=layout, on_progress=note))
        ended = time.perf_counter()
    peak_mb = peak_memory_mb()
    # Without the note that these files came in, every line is compared again.
    OrderImport.objects.update(sha256="")
    with clock() as again:
        repeated = _done(import_orders(files, layout=layout))
    columns, objects = _write_lines()
    return BenchmarkResult(
        benchmark="import_orders",
        figures={
            "wall_seconds": first.wall,
            "cpu_seconds": first.cpu,
            "peak_rss_mb": peak_mb,
            "rows": report.rows,
            "rows_per_wall_second": round(report.rows / max(first.wall, 0.01)),
            "writing_wall_seconds": round(ended - stages.get("writing", ended), 2),
            "dry_run_wall_seconds": dry.wall,
            "second_import_wall_seconds": again.wall,
            "second_import_rows_written": sum(repeated.counts.values()),
            "order_lines_per_second": columns,
        },
        baselines={"bulk_create": {"order_lines_per_second": objects}},
        setup={
            "data": [path.name for path in files],
            "layout": layout,
            "database": connection.vendor,
            "sample_lines": SAMPLE_LINES,
            "written": report.counts,
            "repairs": {repair["check"]: repair["rows"] for repair in report.repairs},
        },
    )


def _done(report: ImportReport) -> ImportReport:
    if report.status != OrderImport.Status.DONE:
        raise CommandError(report.message)
    return report


def _write_lines() -> tuple[int, int]:
    """Lines a second as columns, and as objects through bulk_create; both are taken back."""
    lines = list(OrderLine.objects.order_by("pk")[:SAMPLE_LINES])
    names = [f.attname for f in OrderLine._meta.concrete_fields if not f.primary_key]
    columns: dict[str, list[Any]] = {
        name: [getattr(line, name) for line in lines] for name in names
    }
    columns["position"] = [position + BEHIND for position in columns["position"]]
    with transaction.atomic():
        with clock() as as_columns:
            insert_columns(OrderLine, columns)
        transaction.set_rollback(True)
    with transaction.atomic():
        with clock() as as_objects:
            source = zip(*columns.values(), strict=True)
            while batch := list(islice(source, 500)):
                OrderLine.objects.bulk_create(
                    OrderLine(**dict(zip(names, values, strict=True))) for values in batch
                )
        transaction.set_rollback(True)
    return tuple(  # type: ignore[return-value]  # of two
        round(len(lines) / max(spent.wall, 0.01)) for spent in (as_columns, as_objects)
    )
