"""Keeps segments current: who joined, who left, and what each day looked like."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Sum
from django.utils import timezone
from numpy.typing import NDArray

from insights.models import (
    LookAlike,
    Segment,
    SegmentCorrection,
    SegmentDay,
    SegmentDeparture,
    SegmentMembership,
)
from insights.services.segment_rules import facts
from insights.services.segment_rules.compiling import customers_of
from insights.services.segment_rules.reading import read_rule
from learning.bulk import insert_columns

logger = structlog.get_logger(__name__)

IntArray = NDArray[np.int64]

MAX_ATTEMPTS = 5
BATCH = 500
REVENUE_DAYS = 90
DEPARTURES_KEPT_DAYS = 90
DAYS_KEPT = 800


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to be in a segment. The rest is as long where a model put them there."""

    customers: IntArray
    confidences: Sequence[float] = ()
    explanations: Sequence[str] = ()
    version_id: int | None = None


@dataclass(frozen=True, slots=True)
class Refreshed:
    size: int
    joined: int
    left: int


def refresh_segment(
    *, segment: Segment, moment: datetime | None = None, day: date | None = None
) -> Refreshed:
    """Find the customers of a segment anew, by its rule or by what was accepted.

    Those of a cluster are found for all clusters at once, by `assign_clusters`.
    """
    moment = moment or timezone.now()
    day = day or timezone.localdate(moment)
    match segment.kind:
        case Segment.Kind.CLUSTER:
            held = SegmentMembership.objects.filter(segment=segment)
            keys = facts.customers().filter(pk__in=held.values("customer"))
        case Segment.Kind.LOOK_ALIKE:
            accepted = LookAlike.objects.filter(audience__segment=segment)
            keys = facts.customers().filter(pk__in=accepted.values("customer"))
        case _:
            keys = customers_of(read_rule(segment.rule), moment=moment)
    found = np.array(list(keys.order_by().values_list("pk", flat=True)), dtype=np.int64)
    return write_members(segment=segment, wanted=Wanted(found), moment=moment, day=day)


@transaction.atomic
def write_members(*, segment: Segment, wanted: Wanted, moment: datetime, day: date) -> Refreshed:
    """Let those in who are wanted and the others go; what people corrected stays as they said.

    Whoever stays keeps the day of joining.
    """
    # One refresh of a segment at a time; SQLite has one writer anyway.
    Segment.objects.select_for_update().only("pk").get(pk=segment.pk)
    corrections = dict(
        SegmentCorrection.objects.filter(segment=segment).values_list("customer_id", "is_member")
    )
    put_in = np.array([key for key, is_in in corrections.items() if is_in], dtype=np.int64)
    put_out = np.array([key for key, is_in in corrections.items() if not is_in], dtype=np.int64)
    held = np.array(
        list(
            SegmentMembership.objects.filter(segment=segment)
            .order_by()
            .values_list("customer_id", flat=True)
        ),
        dtype=np.int64,
    )
    target = np.setdiff1d(np.union1d(wanted.customers, put_in), put_out)
    joined, left = np.setdiff1d(target, held), np.setdiff1d(held, target)
    if wanted.explanations:
        _write_reasons(segment, wanted, np.setdiff1d(wanted.customers, put_out), moment)
        joined_by_hand = np.setdiff1d(joined, wanted.customers)
        _add(segment, joined_by_hand, moment)
    else:
        _add(segment, joined, moment)
    _remove(segment, left, moment)
    refreshed = Refreshed(size=len(target), joined=len(joined), left=len(left))
    _write_day(segment, refreshed, moment, day)
    Segment.objects.filter(pk=segment.pk).update(
        size=refreshed.size, refreshed_at=timezone.now(), attempts=0
    )
    return refreshed


def sweep_uncounted() -> int:
    """Count what was made or changed and whose job was lost; returns how many."""
    done = 0
    for segment in list(Segment.objects.uncounted().filter(attempts__lt=MAX_ATTEMPTS)):
        # Counted first: a rule that breaks the process is not tried for ever.
        Segment.objects.filter(pk=segment.pk).update(attempts=F("attempts") + 1)
        now = timezone.now()
        done += refresh_one(segment=segment, moment=now, day=timezone.localdate(now))
    return done


def refresh_all(*, moment: datetime, day: date) -> int:
    """Every segment that is kept current but for the clusters; returns how many.

    Segments that ask for others come after them.
    """
    segments = list(Segment.objects.current().exclude(kind=Segment.Kind.CLUSTER).order_by("pk"))
    segments.sort(key=_asks_for_segments)
    done = 0
    for segment in segments:
        done += refresh_one(segment=segment, moment=moment, day=day)
    _forget(day)
    return done


def refresh_one(*, segment: Segment, moment: datetime, day: date) -> bool:
    """One of many; False, and a line in the log, where it fails."""
    try:
        refresh_segment(segment=segment, moment=moment, day=day)
    except Exception as error:  # one segment must not hold up the others
        logger.exception("segment_not_refreshed", segment=segment.pk, error=str(error))
        return False
    return True


def _asks_for_segments(segment: Segment) -> bool:
    return '"segment"' in str(segment.rule).replace("'", '"')


def _write_reasons(segment: Segment, wanted: Wanted, allowed: IntArray, moment: datetime) -> None:
    """Rows of a model: newcomers since now, the others since they came, all with fresh reasons."""
    since = dict(
        SegmentMembership.objects.filter(segment=segment).values_list("customer_id", "since")
    )
    kept = np.flatnonzero(np.isin(wanted.customers, allowed)).tolist()
    keys = [int(wanted.customers[place]) for place in kept]
    insert_columns(
        SegmentMembership,
        {
            "segment_id": [segment.pk] * len(keys),
            "customer_id": keys,
            "since": _moments([since.get(key, moment) for key in keys]),
            "model_version_id": [wanted.version_id] * len(keys),
            "confidence": [wanted.confidences[place] for place in kept],
            "explanation": [wanted.explanations[place] for place in kept],
        },
        unique_on=["segment_id", "customer_id"],
    )


def _add(segment: Segment, keys: IntArray, moment: datetime) -> None:
    insert_columns(
        SegmentMembership,
        {
            "segment_id": [segment.pk] * len(keys),
            "customer_id": keys,
            "since": _moments([moment] * len(keys)),
        },
    )


def _remove(segment: Segment, keys: IntArray, moment: datetime) -> None:
    gone = keys.tolist()
    for start in range(0, len(gone), BATCH):
        rows = SegmentMembership.objects.filter(
            segment=segment, customer__in=gone[start : start + BATCH]
        )
        leaving = list(rows.values_list("customer_id", "since"))
        insert_columns(
            SegmentDeparture,
            {
                "segment_id": [segment.pk] * len(leaving),
                "customer_id": [key for key, _since in leaving],
                "joined_at": _moments([since for _key, since in leaving]),
                "left_at": _moments([moment] * len(leaving)),
            },
        )
        rows.delete()


def _write_day(segment: Segment, refreshed: Refreshed, moment: datetime, day: date) -> None:
    inside = SegmentMembership.objects.filter(segment=segment).values("customer")
    sums = (
        facts.orders(moment, REVENUE_DAYS)
        .filter(currency=settings.CURRENCY, customer__in=inside)
        .order_by()
        .aggregate(orders=Count("pk"), revenue=Sum(F("total_minor") - F("refunded_minor")))
    )
    values: dict[str, Any] = {
        "size": refreshed.size,
        "orders_90_days": sums["orders"],
        "revenue_90_days_minor": sums["revenue"] or 0,
    }
    row, is_new = SegmentDay.objects.get_or_create(
        segment=segment,
        day=day,
        defaults={**values, "joined": refreshed.joined, "left": refreshed.left},
    )
    if not is_new:
        SegmentDay.objects.filter(pk=row.pk).update(
            joined=F("joined") + refreshed.joined, left=F("left") + refreshed.left, **values
        )


def _forget(day: date) -> None:
    """Departures and days that nobody asks for any more."""
    edge = day - timedelta(days=DEPARTURES_KEPT_DAYS)
    SegmentDeparture.objects.filter(left_at__date__lt=edge).delete()
    SegmentDay.objects.filter(day__lt=day - timedelta(days=DAYS_KEPT)).delete()


def _moments(moments: Sequence[datetime]) -> NDArray[np.datetime64]:
    return np.array(
        [one.astimezone(UTC).replace(tzinfo=None) for one in moments],
        dtype="datetime64[us]",
    )
