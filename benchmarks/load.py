"""The whole shop under load: web server, workers and Valkey, driven by a second process.

`manage.py benchmark load --json`: makes a shop in a folder of its own, starts it as `make run`
does, lets visitors in (see `benchmarks.load_driver`) and ends every process it started. Measured
is what a visitor waits for, with the driver on the same processors as the shop.
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.core.management.base import CommandError

from benchmarks.result import BenchmarkResult

REPOSITORY = Path(__file__).resolve().parent.parent
OPENS_WITHIN, CLOSES_WITHIN = 240, 60


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--products", type=int, default=4_000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--connections", type=int, default=8)


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    products, seconds, connections = (
        options[name] for name in ("products", "seconds", "connections")
    )
    # Whoever ends this command ends the shop with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="shop-load-", ignore_cleanup_errors=True) as folder:
        place, port = Path(folder), _free_port()
        environment = _environment(place, port)
        _run(["benchmarks.load_shop", products], environment)
        with running_shop(environment, port) as supervisor:
            # The first visit of each process reads templates and rules.
            _drive(port, 5, connections, products, environment)
            figures = _drive(port, seconds, connections, products, environment)
            family = _family(supervisor.pid)
            figures["memory_mb"] = {name: _memory_mb(pid) for pid, name in family.items()}
            figures["memory_mb_sum"] = round(sum(figures["memory_mb"].values()), 1)
        figures["processes_left"] = sum(Path(f"/proc/{pid}").exists() for pid in family)
        figures |= _what_remains(place)
    return BenchmarkResult(
        "load",
        figures,
        {},
        {
            "products": products,
            "connections": connections,
            "mix": "browse 80, search 15, checkout 5",
            "load_average_at_end": os.getloadavg()[0],
        },
    )


def _environment(folder: Path, port: int) -> dict[str, str]:
    """Of a shop that knows nothing of the one this command is called in."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **inherited,
        "VAR_DIR": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SECRET_KEY": "of a shop that lives for a minute",
        "PAYMENT_TEST": "1",
        # Visitors come from many addresses, or the limits of forms would turn them away.
        "NUM_PROXIES": "1",
        "LOG_LEVEL": "WARNING",
    }


@contextmanager
def running_shop(environment: Mapping[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    supervisor = subprocess.Popen(  # our own program
        [sys.executable, "-m", "ecomsite.running"],
        cwd=REPOSITORY,
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_ready(supervisor, port)
        yield supervisor
    finally:
        supervisor.send_signal(signal.SIGTERM)
        try:
            supervisor.wait(CLOSES_WITHIN)
        except subprocess.TimeoutExpired:
            # Its children end with it.
            supervisor.kill()
            supervisor.wait()


def _wait_until_ready(supervisor: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + OPENS_WITHIN
    while time.monotonic() < until:
        if supervisor.poll() is not None:
            raise CommandError("The shop did not start.")
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            pass
        time.sleep(1)
    raise CommandError(f"The shop is not ready after {OPENS_WITHIN} s.")


def _drive(
    port: int, seconds: int, connections: int, products: int, environment: Mapping[str, str]
) -> dict[str, Any]:
    said = _run(["benchmarks.load_driver", port, seconds, connections, products], environment)
    figures: dict[str, Any] = json.loads(said)
    return figures


def _run(module: list[Any], environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", *map(str, module)]
    done = subprocess.run(  # noqa: S603  # our own program
        command, cwd=REPOSITORY, env=dict(environment), check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> dict[int, str]:
    """Every process below this one: number and what it is."""
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        tasks = Path(f"/proc/{parent}/task")
        for task in tasks.iterdir() if tasks.exists() else ():
            for child in map(int, (task / "children").read_text().split()):
                waiting.append(child)
                found[child] = f"{_name(child)} {child}"
    return found


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    for name in ("gunicorn", "beat", "training@", "quick@", "valkey"):
        if any(name in word for word in words):
            return name.rstrip("@")
    return words[0].rsplit("/", 1)[-1][:20]


def _memory_mb(pid: int) -> float:
    """Its share: pages that several processes hold count in part to each."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    held = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return round(int(held.split()[1]) / 1024, 1)


def _what_remains(folder: Path) -> dict[str, Any]:
    """Whether all adds up after the storm: nothing promised twice, every order with its line."""
    with closing(sqlite3.connect(folder / "shop.sqlite3")) as shop:

        def count(statement: str) -> int:
            return int(shop.execute(statement).fetchone()[0])

        return {
            "orders_stored": count("SELECT count(*) FROM orders_order"),
            "levels_beyond_stock": count(
                "SELECT count(*) FROM inventory_stocklevel WHERE reserved > on_hand"
            ),
            "orders_without_lines": count(
                "SELECT count(*) FROM orders_order WHERE id NOT IN "
                "(SELECT order_id FROM orders_orderline)"
            ),
        }
