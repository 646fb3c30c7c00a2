"""The nightly run: everything that the shop does by itself, in order."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import ProductPhoto
from catalog.services import photo_classification, photos
from ecomsite.backoffice.errors import AlreadyOperatingError
from ecomsite.backoffice.models import NightlyRun
from ecomsite.backoffice.services.summaries import refresh_product_cards
from ecomsite.backoffice.waiting import count_waiting
from inventory.services import demand, drafting, forecasts, stock
from learning import registry
from learning.claims import claimant, give_up_lost
from learning.models import DriftReport
from learning.services import monitoring, publishing, training
from support.services import review_classification

logger = structlog.get_logger(__name__)

Counts = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step; `work` answers with what it counted."""

    name: str
    work: Callable[[date], Counts]


def operate(*, as_of: date) -> NightlyRun:
    """Roll up demand, retrain what is due, forecast, draft orders, classify, watch for drift.

    A stage that fails is reported and the others still run. Running twice for a day changes
    nothing the second time.

    Raises AlreadyOperatingError when a run is under way.
    """
    run = _begin(as_of)
    # Whatever breaks outside a stage must not leave a claim behind: no night would run again.
    status = NightlyRun.Status.DONE_WITH_FAILURES
    try:
        passed = [_carry_out(stage, run) for stage in stages()]
        run.waiting = asdict(count_waiting())
        if all(passed):
            status = NightlyRun.Status.DONE
    finally:
        run.status = status
        run.finished_at = timezone.now()
        run.save()
    return run


def last_whole_day() -> date:
    """Yesterday by the shop's clock: today is not over."""
    return timezone.localdate() - timedelta(days=1)


def stages() -> Iterator[Stage]:
    """What a night consists of, in order."""
    yield Stage("install_shipped_models", _install_shipped)
    yield Stage("finish_publications", _finish_publications)
    yield Stage("release_reservations", _release_reservations)
    yield Stage("roll_up_demand", _roll_up_demand)
    yield Stage("refresh_product_cards", _refresh_product_cards)
    for registration in registry.registered():
        yield Stage(f"retrain {registration.name}", _Retraining(registration.name))
    yield Stage("forecast", _forecast)
    yield Stage("draft_purchase_orders", _draft_purchase_orders)
    yield Stage("classify_photos", _classify_photos)
    yield Stage("classify_reviews", _classify_reviews)
    yield Stage("watch_for_drift", _watch_for_drift)


def _begin(as_of: date) -> NightlyRun:
    give_up_lost(
        NightlyRun.objects.filter(status=NightlyRun.Status.RUNNING), status=NightlyRun.Status.LOST
    )
    try:
        with transaction.atomic():
            return NightlyRun.objects.create(as_of=as_of, **claimant())
    except IntegrityError:
        raise AlreadyOperatingError from None


def _carry_out(stage: Stage, run: NightlyRun) -> bool:
    start = time.perf_counter()
    report: dict[str, object] = {"stage": stage.name}
    try:
        report["counts"] = dict(stage.work(run.as_of))
    except Exception as error:  # one stage must not take the night down with it
        logger.exception("nightly_stage_failed", stage=stage.name)
        report["error"] = f"{type(error).__name__}: {error}"[:500]
    report["seconds"] = round(time.perf_counter() - start, 2)
    run.stages = [*run.stages, report]
    # The status stays "running" in the table until the last stage is over.
    run.save(update_fields=["stages", "heartbeat_at"])
    return "error" not in report


def _install_shipped(as_of: date) -> Counts:
    return {"installed": len(publishing.install_shipped_versions(as_of=as_of))}


def _finish_publications(as_of: date) -> Counts:
    return {"refreshed": publishing.refresh_stale_rows()}


def _release_reservations(as_of: date) -> Counts:
    return {"released": stock.release_expired(now=timezone.now())}


def _roll_up_demand(as_of: date) -> Counts:
    return {
        "records": demand.roll_up_demand(),
        "sold_out": demand.mark_sold_out(day=as_of),
    }


def _refresh_product_cards(as_of: date) -> Counts:
    return {"products": refresh_product_cards(as_of=as_of)}


@dataclass(frozen=True, slots=True)
class _Retraining:
    name: str

    def __call__(self, as_of: date) -> Counts:
        if not training.due(self.name, as_of=as_of):
            return {"outcome": "not due"}
        run = training.retrain(self.name, as_of=as_of)
        return {"outcome": run.status, "message": run.message, "rows": run.rows or 0}


def _forecast(as_of: date) -> Counts:
    return {"skus": forecasts.refresh_forecasts(as_of=as_of)}


def _draft_purchase_orders(as_of: date) -> Counts:
    drafted = drafting.draft_purchase_orders(as_of=as_of)
    return {
        "orders": drafted.orders,
        "lines": drafted.lines,
        "added": drafted.lines_added,
        "changed": drafted.lines_changed,
        "withdrawn": drafted.lines_withdrawn,
    }


def _classify_photos(as_of: date) -> Counts:
    """Here and now, not through the queue: a night without workers leaves nothing undone."""
    counts = {"prepared": 0, "classified": 0}
    # Each list is read to its end before the first write: on SQLite a half-read one holds an old
    # view of the database, and writing from that fails as soon as a worker wrote in between.
    tried = ProductPhoto.objects.filter(attempts__lt=photos.MAX_ATTEMPTS).order_by("pk")
    for photo in list(tried.unprepared()):
        photos.prepare_photo(photo=photo)
        counts["prepared"] += 1
    for photo in list(tried.unclassified()):
        photo_classification.classify_photo(photo=photo)
        counts["classified"] += 1
    return counts


def _classify_reviews(as_of: date) -> Counts:
    return {"classified": review_classification.sweep_unclassified_reviews()}


def _watch_for_drift(as_of: date) -> Counts:
    counts = {"measured": 0, "alarms": 0}
    for registration in registry.registered():
        report = monitoring.monitor(registration.name, as_of=as_of)
        if report is None:
            continue
        counts["measured"] += 1
        counts["alarms"] += report.status == DriftReport.Status.ALARM
    return counts
