"""An owner brings the shop's history: by command, by upload, and with the plug pulled half-way."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from catalog.models import Product
from customers.models import User
from inventory.models import DemandDay, StockMovement
from learning.models import Anomaly
from orders.errors import RefusedUploadError
from orders.models import Order, OrderImport, OrderLine
from orders.services.imports import start_import, sweep_imports
from tests.factories import make_staff
from tests.orders.algorithms.retail_files import make_file, make_line

ROOT = Path(__file__).resolve().parent.parent.parent


def wait_until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("import_orders", *map(str, arguments), stdout=out)
    return out.getvalue()


def many_lines(count: int) -> list[str]:
    return [
        make_line(
            str(600000 + n // 12),
            code=f"{10000 + n % 500}",
            description=f"THING {n % 500}",
            date=f"2026-03-{1 + n // 12 % 28:02} 10:00:00",
            customer=str(17000 + n // 12 % 300),
        )
        for n in range(count)
    ]


@pytest.mark.django_db
def test_an_owner_tries_dry_imports_exports_and_imports_again(tmp_path: Path) -> None:
    path = make_file(tmp_path, *many_lines(240), make_line("C700001", "10001", "THING 1", -2))
    tried = run(path, "--format", "online-retail", "--dry-run")
    assert "20 orders" in tried
    assert "Dry run: nothing was written." in tried
    assert not Order.objects.exists()

    done = run(path, "--format", "online-retail")
    assert "241 rows read" in done
    assert (Order.objects.count(), OrderLine.objects.count()) == (20, 240)
    assert Anomaly.objects.filter(check_name="unmatched_cancellations").exists()

    export = tmp_path / "history.csv.gz"
    call_command("export_orders", str(export), stdout=io.StringIO())
    assert "Everything in the file was here already." in run(export, "--format", "shop")
    assert Order.objects.count() == 20


@pytest.mark.django_db
def test_an_owner_is_told_which_row_is_wrong(tmp_path: Path) -> None:
    path = make_file(tmp_path, *many_lines(30), make_line(date="31/31/2011"))
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 row cannot be read; nothing was imported"):
        call_command("import_orders", str(path), "--format", "online-retail", stdout=out)
    assert "orders.csv row 32: date '31/31/2011' is not a date" in out.getvalue()
    assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_while_it_writes_leaves_nothing_and_can_be_repeated(
    tmp_path: Path,
) -> None:
    path = make_file(tmp_path, *many_lines(60_000))
    command = [sys.executable, "manage.py", "import_orders", str(path)]
    killed = subprocess.Popen(
        [*command, "--format", "online-retail", "--verbosity", "2"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(), "LANGUAGE_CODE": "en"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert killed.stderr is not None
    seen = []
    for line in killed.stderr:
        seen.append(line)
        # Products, customers, orders and their lines are written by then.
        if line.startswith("movements of stock"):
            killed.send_signal(signal.SIGKILL)
            break
    killed.stderr.close()
    assert killed.wait(timeout=60) == -signal.SIGKILL, "".join(seen)

    for model in (Product, User, Order, OrderLine, StockMovement, DemandDay, Anomaly):
        assert not model.objects.exists()
    assert OrderImport.objects.get().status == OrderImport.Status.RUNNING
    run(path, "--format", "online-retail")
    assert Order.objects.count() == 5_000
    lost, done = OrderImport.objects.order_by("pk")
    assert (lost.status, done.status) == ("failed", "done")


def database_url() -> str:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    user = settings["USER"] + (f":{settings['PASSWORD']}" if settings["PASSWORD"] else "")
    return f"postgres://{user}@{settings['HOST']}:{settings['PORT'] or 5432}/{settings['NAME']}"


@pytest.mark.usefixtures("celery_worker")
def test_an_uploaded_file_is_imported_in_the_background(tmp_path: Path) -> None:
    path = make_file(tmp_path, *many_lines(120), packed=True, name="history.csv.gz")
    job = start_import(
        file=SimpleUploadedFile("history.csv.gz", path.read_bytes()),
        layout="online-retail",
        user=make_staff(),
    )
    assert job.status == OrderImport.Status.WAITING
    wait_until(lambda: OrderImport.objects.get().status == OrderImport.Status.DONE)
    job.refresh_from_db()
    assert (job.rows_done, job.rows_total, job.counts["orders"]) == (120, 120, 10)
    assert Order.objects.filter(imported_by=job).count() == 10


@pytest.mark.usefixtures("celery_worker")
def test_an_upload_whose_worker_died_is_found_by_the_sweep(tmp_path: Path) -> None:
    path = make_file(tmp_path, *many_lines(120))
    job = OrderImport.objects.create(
        layout="online-retail",
        file=SimpleUploadedFile("history.csv", path.read_bytes()),
        file_name="history.csv",
        status=OrderImport.Status.RUNNING,
        attempts=1,
        heartbeat_at=timezone.now() - timedelta(hours=1),
    )
    assert sweep_imports() == [job.pk]
    wait_until(lambda: OrderImport.objects.get().status == OrderImport.Status.DONE)
    job.refresh_from_db()
    assert job.attempts == 2
    assert Order.objects.count() == 10


@pytest.mark.django_db
def test_an_upload_without_contents_is_not_taken() -> None:
    with pytest.raises(RefusedUploadError, match="was not taken: it is empty"):
        start_import(file=SimpleUploadedFile("history.csv", b""), layout="shop", user=make_staff())
    assert not OrderImport.objects.exists()
