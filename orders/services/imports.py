"""Bring in a history of orders from files: all of it, or nothing.

The files are read and cleaned first, outside any transaction. What is new then goes in within one
transaction together with the note that it is done, so that a process killed at any moment leaves
nothing half-imported.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import User
from learning.claims import claimant, is_lost
from learning.jobs import send_on_commit
from learning.models import Anomaly
from orders.algorithms.order_book import build
from orders.errors import ImportRunningError, RefusedUploadError
from orders.models import OrderImport
from orders.services import planning, recording
from orders.services.reading import Reading, fingerprint, read_history, repair_row, unreadable

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
# Writing is one transaction without a sign of life; the largest history measured took a minute.
SILENT_FOR = timedelta(minutes=30)
SECONDS_BETWEEN_SIGNS = 1.0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found and did."""

    status: OrderImport.Status
    rows: int
    message: str
    counts: dict[str, int] = field(default_factory=dict)
    repairs: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    problem_count: int = 0


def import_orders(
    paths: Sequence[Path],
    *,
    layout: str,
    until: date | None = None,
    is_dry_run: bool = False,
    user: User | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> ImportReport:
    """Import files now, in this process.

    until: the last day that is imported. is_dry_run: read, clean and compare, write nothing.
    Raises ImportRunningError while another import is at work.
    """
    tell = on_progress or (lambda _stage, _done, _total: None)
    if is_dry_run:
        return _dry_run(paths, layout=layout, until=until, tell=tell)
    give_up_lost()
    try:
        with transaction.atomic():
            # At work from its first moment: it has no file that a sweep could take up.
            job = OrderImport.objects.create(
                layout=layout,
                file_name=", ".join(path.name for path in paths)[:255],
                until=until,
                started_by=user,
                status=OrderImport.Status.RUNNING,
                attempts=1,
                heartbeat_at=timezone.now(),
                **claimant(),
            )
    except IntegrityError:
        raise _running_error() from None
    return _work(job, paths, tell=tell)


def start_import(
    *,
    file: "UploadedFile[bytes]",
    layout: str,
    user: User,
    until: date | None = None,
    is_dry_run: bool = False,
) -> OrderImport:
    """Take an uploaded file; a job reads it. Raises RefusedUploadError."""
    name = Path(file.name or "").name
    if not file.size:
        raise RefusedUploadError(name, reason=_("it is empty"))
    if file.size > settings.IMPORT_MAX_BYTES:
        limit = settings.IMPORT_MAX_BYTES // 1024**2
        raise RefusedUploadError(name, reason=_("it is larger than %(mb)d MB") % {"mb": limit})
    job = OrderImport.objects.create(
        layout=layout,
        file=file,
        file_name=name[:255],
        until=until,
        is_dry_run=is_dry_run,
        started_by=user,
    )
    send_on_commit("orders.import_orders", job.pk)
    return job


def run_import(*, job: OrderImport) -> None:
    """Do a job that waits, or one whose process died. Doing it twice does it once."""
    try:
        is_ours = _claim(job)
    except ImportRunningError:
        # It waits for the next sweep.
        return
    if is_ours:
        _work(job, None, tell=lambda _stage, _done, _total: None)


def give_up_lost() -> int:
    """Imports whose process died wait again, or are given up; returns how many.

    Nothing of them is in the shop: what they wrote was one transaction that did not end.
    """
    lost = 0
    for job in OrderImport.objects.filter(status=OrderImport.Status.RUNNING):
        if not is_lost(job, SILENT_FOR):
            continue
        again = bool(job.file) and job.attempts < MAX_ATTEMPTS
        lost += OrderImport.objects.filter(
            pk=job.pk, status=OrderImport.Status.RUNNING, attempts=job.attempts
        ).update(
            status=OrderImport.Status.WAITING if again else OrderImport.Status.FAILED,
            message="" if again else _("The process that ran it died; nothing was imported."),
            finished_at=None if again else timezone.now(),
        )
    return lost


def sweep_imports() -> list[int]:
    """Send the jobs of uploads that still wait again; returns their keys."""
    give_up_lost()
    waiting = list(
        OrderImport.objects.filter(status=OrderImport.Status.WAITING)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for key in waiting[:1]:
        send_on_commit("orders.import_orders", key)
    return waiting


def _claim(job: OrderImport) -> bool:
    """Make it the one that runs; False when it does not wait (any more)."""
    give_up_lost()
    waiting = OrderImport.objects.filter(pk=job.pk, status=OrderImport.Status.WAITING)
    try:
        with transaction.atomic():
            is_ours = waiting.update(
                status=OrderImport.Status.RUNNING,
                attempts=F("attempts") + 1,
                heartbeat_at=timezone.now(),
                **claimant(),
            )
    except IntegrityError:
        raise _running_error() from None
    job.refresh_from_db()
    return bool(is_ours)


def _running_error() -> ImportRunningError:
    jobs = OrderImport.objects.order_by("-pk")
    # One that ended since was at work a moment ago; the next try succeeds.
    other = jobs.filter(status=OrderImport.Status.RUNNING).first() or jobs.first()
    return ImportRunningError(other.pk if other else 0)


def _work(
    job: OrderImport, paths: Sequence[Path] | None, *, tell: Callable[[str, int, int], None]
) -> ImportReport:
    """paths: None for the file that was uploaded."""
    try:
        report = _import(job, [Path(job.file.path)] if paths is None else paths, tell=tell)
    except BaseException as error:
        _finish(
            job,
            ImportReport(
                OrderImport.Status.FAILED,
                job.rows_done,
                _("Nothing was imported: %(error)s")
                % {"error": f"{type(error).__name__}: {error}"[:500]},
            ),
        )
        raise
    logger.info("orders_imported", job=job.pk, status=report.status, **report.counts)
    return report


def _import(
    job: OrderImport, paths: Sequence[Path], *, tell: Callable[[str, int, int], None]
) -> ImportReport:
    signs = _Signs(job, tell)
    try:
        digest = fingerprint(paths)
    except OSError as error:
        report = _report_of(unreadable(error))
        _finish(job, report)
        return report
    OrderImport.objects.filter(pk=job.pk).update(sha256=digest)
    if before := _already_done(job, digest):
        report = ImportReport(
            OrderImport.Status.DONE,
            before.rows_total,
            _("The same files came in with import #%(number)d; nothing was changed.")
            % {"number": before.pk},
        )
        _finish(job, report)
        return report
    reading = read_history(paths, layout=job.layout, until=job.until, on_progress=signs.tell)
    if reading.history is None or job.is_dry_run:
        report = _report_of(reading)
        _finish(job, report)
        return report
    planned = planning.plan(build(reading.history))
    signs.tell("writing", reading.rows, reading.rows, force=True)
    repairs = [repair_row(repair) for repair in reading.repairs]
    with transaction.atomic():
        counts = recording.record(planned, source=job, tell=tell)
        _store_anomalies(repairs, source=f"orders.import:{digest[:16]}:{job.until or ''}")
        report = ImportReport(
            OrderImport.Status.DONE,
            reading.rows,
            _("Everything in the file was here already.") if planned.is_empty else "",
            counts=counts,
            repairs=repairs,
        )
        _finish(job, report)
    return report


def _dry_run(
    paths: Sequence[Path],
    *,
    layout: str,
    until: date | None,
    tell: Callable[[str, int, int], None],
) -> ImportReport:
    return _report_of(read_history(paths, layout=layout, until=until, on_progress=tell))


def _report_of(reading: Reading) -> ImportReport:
    """What reading found and what importing it would write, without writing."""
    if reading.history is None:
        return ImportReport(
            OrderImport.Status.REFUSED,
            reading.rows,
            reading.refusal,
            problems=list(reading.problems),
            problem_count=reading.problem_count,
        )
    return ImportReport(
        OrderImport.Status.DONE,
        reading.rows,
        _("Dry run: nothing was written."),
        counts=planning.plan(build(reading.history)).counts(),
        repairs=[repair_row(repair) for repair in reading.repairs],
    )


def _already_done(job: OrderImport, digest: str) -> OrderImport | None:
    return (
        OrderImport.objects.filter(
            status=OrderImport.Status.DONE,
            sha256=digest,
            layout=job.layout,
            until=job.until,
            is_dry_run=False,
        )
        .exclude(pk=job.pk)
        .first()
    )


def _store_anomalies(repairs: Sequence[dict[str, Any]], *, source: str) -> None:
    for repair in repairs:
        Anomaly.objects.update_or_create(
            source=source,
            check_name=repair["check"],
            defaults={
                "handling": repair["handling"],
                "rows": repair["rows"],
                "detail": repair["detail"],
                "examples": repair["examples"],
            },
        )


def _finish(job: OrderImport, report: ImportReport) -> None:
    job.status = report.status
    job.stage = ""
    job.rows_total = job.rows_done = report.rows
    job.counts = report.counts
    job.repairs = report.repairs
    job.problems = report.problems
    job.problem_count = report.problem_count
    job.message = report.message
    job.heartbeat_at = job.finished_at = timezone.now()
    job.save(
        update_fields=[
            *("status", "stage", "rows_total", "rows_done", "counts", "repairs", "problems"),
            *("problem_count", "message", "heartbeat_at", "finished_at"),
        ]
    )


@dataclass(slots=True)
class _Signs:
    """Writes how far the job is, at most once a second."""

    job: OrderImport
    also_tell: Callable[[str, int, int], None]
    _last: float = 0.0
    _stage: str = ""

    def tell(self, stage: str, done: int, total: int, *, force: bool = False) -> None:
        self.also_tell(stage, done, total)
        now = time.monotonic()
        if not force and stage == self._stage and now - self._last < SECONDS_BETWEEN_SIGNS:
            return
        self._last, self._stage = now, stage
        OrderImport.objects.filter(pk=self.job.pk).update(
            stage=stage, rows_done=done, rows_total=total, heartbeat_at=timezone.now()
        )
