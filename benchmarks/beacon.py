"""How many events of visitors the whole shop takes, and whether they are stored as fast.

`manage.py benchmark beacon --json`: makes a shop in a folder of its own, starts it as `make run`
does (gunicorn, workers, Valkey), and lets a second process report batches of events: first as fast
as they are accepted, then at a steady rate, after which it waits until all are stored. The driver
runs on the same processors as the shop.
"""

import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.load import _environment, _family, _free_port, _run, running_shop
from benchmarks.result import BenchmarkResult

STORED_WITHIN = 180
TICKS = os.sysconf("SC_CLK_TCK")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--products", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--batch", type=int, default=12, help="events in a message")
    parser.add_argument("--rate", type=int, default=2_000, help="of the steady part, events/s")


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    products, seconds, connections, batch, rate = (
        options[name] for name in ("products", "seconds", "connections", "batch", "rate")
    )
    # Whoever ends this command ends the shop with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="shop-beacon-", ignore_cleanup_errors=True) as folder:
        place, port = Path(folder), _free_port()
        environment = {**_environment(place, port), "LOG_LEVEL": "ERROR"}
        _run(["benchmarks.load_shop", products], environment)
        with running_shop(environment, port) as supervisor:
            asked: list[Any] = ["benchmarks.beacon_driver", port]
            # The first message of each process reads templates and rules.
            _run([*asked, 2, connections, batch, products, 0], environment)
            before = _cpu_seconds(supervisor.pid)
            fast = json.loads(_run([*asked, seconds, connections, batch, products, 0], environment))
            fast |= _spent(before, _cpu_seconds(supervisor.pid), fast["events_accepted"])
            _wait_until_stored(place)
            there = _stored(place)
            began = time.monotonic()
            steady = json.loads(
                _run([*asked, seconds, connections, batch, products, rate], environment)
            )
            steady["seconds_until_stored"] = _wait_for(
                place, there + steady["events_accepted"], began + seconds
            )
            steady["events_stored"] = _stored(place) - there
    return BenchmarkResult(
        "beacon",
        {
            **{f"fastest_{name}": value for name, value in fast.items()},
            **{f"steady_{name}": value for name, value in steady.items()},
        },
        {},
        {
            "products": products,
            "seconds": seconds,
            "connections": connections,
            "events_in_a_message": batch,
            "steady_rate": rate,
            "load_average_at_end": os.getloadavg()[0],
        },
    )


def _cpu_seconds(pid: int) -> dict[str, float]:
    """By kind of process: user and system time so far."""
    spent: dict[str, float] = {}
    for child, name in _family(pid).items():
        try:
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        kind = name.split()[0]
        spent[kind] = spent.get(kind, 0.0) + (int(fields[11]) + int(fields[12])) / TICKS
    return spent


def _spent(before: Mapping[str, float], after: Mapping[str, float], events: int) -> dict[str, Any]:
    seconds = {
        kind: round(spent - before.get(kind, 0.0), 2)
        for kind, spent in after.items()
        if spent - before.get(kind, 0.0) >= 0.05
    }
    web = seconds.get("gunicorn", 0.0)
    return {
        "cpu_seconds": seconds,
        "web_cpu_microseconds_an_event": round(1e6 * web / max(events, 1), 1),
    }


def _stored(place: Path) -> int:
    with closing(sqlite3.connect(f"file:{place}/shop.sqlite3?mode=ro", uri=True)) as database:
        found = database.execute("SELECT count(*) FROM insights_interaction").fetchone()
    return int(found[0])


def _wait_until_stored(place: Path) -> None:
    """Until nothing more comes in for longer than a flush takes."""
    until, number = time.monotonic() + STORED_WITHIN, -1
    while number != (now := _stored(place)) and time.monotonic() < until:
        number = now
        time.sleep(13)


def _wait_for(place: Path, number: int, since: float) -> float | None:
    """Seconds after the last message until so many rows are there; None if they never are."""
    while time.monotonic() < since + STORED_WITHIN:
        if _stored(place) >= number:
            return round(max(0.0, time.monotonic() - since), 1)
        time.sleep(0.5)
    return None
