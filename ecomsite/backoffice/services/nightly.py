"""The nightly run: everything that the shop does by itself, in order."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import ProductPhoto
from catalog.services import photo_classification, photos, pictures
from customers.services import personal_data
from ecomsite.backoffice.errors import AlreadyOperatingError
from ecomsite.backoffice.models import NightlyRun
from ecomsite.backoffice.services.summaries import refresh_product_cards
from ecomsite.backoffice.waiting import count_waiting
from insights.services import (
    purchases,
    risk_decisions,
    rolling_up,
    score_nights,
    segment_nights,
    unusual,
)
from inventory.services import approvals, classes, demand, drafting, forecasts, scoring, stock
from learning import registry
from learning.claims import claimant, give_up_lost
from learning.models import DriftReport
from learning.services import monitoring, publishing, training
from recommendations.services import experiments_reading, measuring, preparing
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
    yield Stage("roll_up_behaviour", _roll_up_behaviour)
    yield Stage("score_rfm", _score_rfm)
    yield Stage("forget_old", _forget_old)
    yield Stage("refresh_risk", _refresh_risk)
    for registration in registry.registered():
        yield Stage(f"retrain {registration.name}", _Retraining(registration.name))
    yield Stage("refresh_scores", _refresh_scores)
    yield Stage("prepare_recommendations", _prepare_recommendations)
    yield Stage("read_experiments", _read_experiments)
    yield Stage("forecast", _forecast)
    yield Stage("classify_stock", _classify_stock)
    yield Stage("draft_purchase_orders", _draft_purchase_orders)
    yield Stage("approve_small_orders", _approve_small_orders)
    yield Stage("score_order_lines", _score_order_lines)
    yield Stage("classify_photos", _classify_photos)
    yield Stage("classify_reviews", _classify_reviews)
    yield Stage("refresh_segments", _refresh_segments)
    yield Stage("measure_fairness", _measure_fairness)
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


def _roll_up_behaviour(as_of: date) -> Counts:
    recorded = purchases.record_purchases()
    counts = rolling_up.roll_up(as_of=as_of)
    return {
        "bought_orders": recorded,
        **counts,
        "oddities": unusual.watch_days(as_of=as_of) + unusual.watch_hours(),
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


def _read_experiments(as_of: date) -> Counts:
    return {"days": experiments_reading.read_experiments(as_of=as_of)}


def _prepare_recommendations(as_of: date) -> Counts:
    prepared = preparing.prepare_buy_again(as_of=as_of)
    return {
        "trending": preparing.find_trending(as_of=as_of),
        "customers": prepared.customers,
        "changed": prepared.changed,
        "taken_away": prepared.withdrawn,
        "placement_days": measuring.roll_up_placements(as_of=as_of),
    }


def _refresh_scores(as_of: date) -> Counts:
    """After models were learned, before segments and campaigns are made of their rows."""
    return score_nights.refresh_scores(as_of=as_of)


def _forecast(as_of: date) -> Counts:
    return {"skus": forecasts.refresh_forecasts(as_of=as_of)}


def _forget_old(as_of: date) -> Counts:
    """Before models learn: what was kept long enough is not learned from once more."""
    return personal_data.forget_old(now=timezone.now())


def _refresh_risk(as_of: date) -> Counts:
    return risk_decisions.refresh_risk(as_of=as_of)


def _classify_stock(as_of: date) -> Counts:
    return {**classes.classify_stock(as_of=as_of).counts}


def _draft_purchase_orders(as_of: date) -> Counts:
    drafted = drafting.draft_purchase_orders(as_of=as_of)
    return {
        "orders": drafted.orders,
        "lines": drafted.lines,
        "added": drafted.lines_added,
        "changed": drafted.lines_changed,
        "withdrawn": drafted.lines_withdrawn,
    }


def _approve_small_orders(as_of: date) -> Counts:
    done = approvals.approve_automatically()
    return {"approved": done.approved, "cost_minor": done.cost_minor, "left": done.left}


def _score_order_lines(as_of: date) -> Counts:
    scored = scoring.score_lines(as_of=as_of)
    return {
        "on_receipt": scored.received,
        "after_their_time": scored.covered,
        "saved_minor": scored.saved_minor,
    }


def _classify_photos(as_of: date) -> Counts:
    """Here and now, not through the queue: a night without workers leaves nothing undone."""
    counts = {"prepared": 0, "classified": 0}
    # Each list is read to its end before the first write: on SQLite a half-read one holds an old
    # view of the database, and writing from that fails as soon as a worker wrote in between.
    tried = ProductPhoto.objects.filter(attempts__lt=pictures.MAX_ATTEMPTS).order_by("pk")
    for photo in list(tried.unprepared()):
        photos.prepare_photo(photo=photo)
        counts["prepared"] += 1
    for photo in list(tried.unclassified()):
        photo_classification.classify_photo(photo=photo)
        counts["classified"] += 1
    return counts


def _classify_reviews(as_of: date) -> Counts:
    return {"classified": review_classification.sweep_unclassified_reviews()}


def _score_rfm(as_of: date) -> Counts:
    return segment_nights.score_rfm(as_of=as_of)


def _refresh_segments(as_of: date) -> Counts:
    return segment_nights.refresh_segments(as_of=as_of)


def _measure_fairness(as_of: date) -> Counts:
    return segment_nights.measure_fairness(as_of=as_of)


def _watch_for_drift(as_of: date) -> Counts:
    counts = {"measured": 0, "alarms": 0}
    for registration in registry.registered():
        report = monitoring.monitor(registration.name, as_of=as_of)
        if report is None:
            continue
        counts["measured"] += 1
        counts["alarms"] += report.status == DriftReport.Status.ALARM
    return counts
