"""How likely visits end in an order, while they last."""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import transaction

from customers.models import Consent
from insights.algorithms.probability import ProbabilityModel, strongest
from insights.algorithms.score_arrays import IntArray
from insights.algorithms.visit_progress import (
    ADD,
    CLICK,
    FEATURES,
    ORDER,
    REMOVE,
    SEARCH,
    VIEW,
    VisitEvents,
    look_at,
)
from insights.models import Interaction, Page, Visit, VisitPropensity
from insights.services.customer_features import end_of
from insights.services.score_history import ROWS_AT_A_TIME, places
from insights.services.segment_rules import facts
from learning import serving
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.bulk import insert_columns
from learning.models import ModelVersion

PIPELINE: Final = "insights.visit_purchase"
KINDS: Final = {
    Interaction.Kind.VIEW.value: VIEW,
    Interaction.Kind.CLICK.value: CLICK,
    Interaction.Kind.SEARCH.value: SEARCH,
    Interaction.Kind.ADD_TO_CART.value: ADD,
    Interaction.Kind.REMOVE_FROM_CART.value: REMOVE,
    Interaction.Kind.PURCHASE.value: ORDER,
}
LEARNED_DAYS: Final = 180
MOST_VISITS: Final = 200_000
# A visit that paused longer is over; its score stands as it was.
UNDER_WAY: Final = timedelta(minutes=30)
MOST_AT_ONCE: Final = 2_000
KEPT_DAYS: Final = 30
TOLD_FACTORS: Final = 4


@dataclass(frozen=True)
class ReadVisits:
    """visits: by place, oldest first. day: ordinal of each one's beginning."""

    events: VisitEvents
    ids: IntArray
    day: IntArray
    language: list[str]
    device: list[str]


def read_visits(*, as_of: date) -> ReadVisits:
    """Visits of people in the last half year, their events in order."""
    until = end_of(as_of)
    found = (
        Visit.objects.of_people()
        .between(until - timedelta(days=LEARNED_DAYS), until)
        .order_by("-started_at", "-pk")[:MOST_VISITS]
    )
    return _read(sorted(found, key=lambda visit: (visit.started_at, visit.pk)))


def score_visits(*, now: datetime) -> int:
    """Tell of the visits under way; returns how many. Safe to run twice.

    Visitors who refuse personal recommendations are not told of. Nothing is published, nothing
    is told.
    """
    _note_orders(now)
    served = serving.load(PIPELINE)
    if served.version is None:
        return 0
    refusing = set(facts.refusing(Consent.Purpose.PERSONALISATION).values_list("user", flat=True))
    visits = [
        visit
        for visit in Visit.objects.of_people()
        .filter(ended_at__gt=now - UNDER_WAY, started_at__gt=now - timedelta(days=1))
        .order_by("-ended_at")[:MOST_AT_ONCE]
        if visit.customer_id not in refusing and not visit.n_orders
    ]
    return _write(visits, model=served.model, version=served.version)


def forget_visits(*, now: datetime) -> int:
    """Scores of visits long over: they have done what they were for."""
    gone, _by_model = VisitPropensity.objects.filter(
        seen_at__lt=now - timedelta(days=KEPT_DAYS)
    ).delete()
    return gone


def _note_orders(now: datetime) -> None:
    """What became of visits that are over."""
    open_scores = list(
        VisitPropensity.objects.filter(
            has_ordered__isnull=True, seen_at__lte=now - UNDER_WAY
        ).order_by("seen_at")[:MOST_AT_ONCE]
    )
    ordered = {
        (visit.visitor_key, visit.started_at)
        for visit in Visit.objects.filter(
            visitor_key__in={one.visitor_key for one in open_scores}, n_orders__gt=0
        )
    }
    for score in open_scores:
        score.has_ordered = (score.visitor_key, score.started_at) in ordered
    VisitPropensity.objects.bulk_update(open_scores, ["has_ordered"], batch_size=500)


def _write(visits: Sequence[Visit], *, model: ProbabilityModel, version: ModelVersion) -> int:
    visits = sorted(visits, key=lambda visit: (visit.started_at, visit.pk))
    looks = look_at(_read(visits).events, only_last=True)
    if not len(looks.visit):
        return 0
    told, pushes = model.explain(looks.values)
    chosen = [visits[place] for place in looks.visit.tolist()]
    with transaction.atomic():
        insert_columns(
            VisitPropensity,
            {
                "visitor_key": [visit.visitor_key for visit in chosen],
                "customer_id": [visit.customer_id for visit in chosen],
                "started_at": _moments([visit.started_at for visit in chosen]),
                "seen_at": _moments([visit.ended_at for visit in chosen]),
                "value": told.round(6).tolist(),
                "confidence": np.maximum(told, 1 - told).round(4).tolist(),
                "model_version_id": [version.pk] * len(chosen),
                "explanation": [
                    json.dumps(_explanation(row, values).as_json())
                    for row, values in zip(pushes, looks.values, strict=True)
                ],
            },
            unique_on=["visitor_key", "started_at"],
        )
    return len(chosen)


def _explanation(pushes: Any, values: Any) -> Explanation:
    return Explanation(
        [
            Factor(
                FEATURES[place],
                None if np.isnan(values[place]) else round(float(values[place]), 2),
                Direction.UP if pushes[place] > 0 else Direction.DOWN,
                round(float(pushes[place]), 3),
            )
            for place in strongest(pushes, TOLD_FACTORS)
        ],
        unit="logit",
    )


def _read(visits: Sequence[Visit]) -> ReadVisits:
    ids = np.array([visit.pk for visit in visits], dtype=np.int64)
    order = np.argsort(ids)
    columns: list[array[int]] = [array("q") for _ in range(5)]
    pages = (Page.CART.value, Page.CHECKOUT.value)
    for first in range(0, len(ids), 500):
        rows = (
            Interaction.objects.filter(
                visit_id__in=ids[first : first + 500].tolist(), kind__in=list(KINDS)
            )
            .order_by("occurred_at", "pk")
            .values_list("visit_id", "kind", "product_id", "occurred_at", "page")
        )
        for visit_id, kind, product_id, moment, page in rows.iterator(chunk_size=ROWS_AT_A_TIME):
            told = (visit_id, KINDS[kind], product_id or -1, int(moment.timestamp()), page in pages)
            for column, value in zip(columns, told, strict=True):
                column.append(int(value))
    owner, kind_, product, second, checkout = (
        np.array(column, dtype=np.int64) for column in columns
    )
    place = order[places(ids[order], owner)] if len(owner) else owner
    by_visit = np.lexsort((np.arange(len(place)), second, place))
    zone = ZoneInfo(settings.TIME_ZONE)
    before: dict[str, int] = {}
    about = np.zeros((len(visits), 6))
    days = np.zeros(len(visits), dtype=np.int64)
    for at, visit in enumerate(visits):
        local = visit.started_at.astimezone(zone)
        days[at] = local.toordinal()
        about[at] = (
            before.get(visit.visitor_key, 0),
            np.nan if visit.is_returning is None else float(visit.is_returning),
            visit.source in (Visit.Source.EMAIL, Visit.Source.CAMPAIGN),
            visit.device == Visit.Device.PHONE,
            local.weekday() >= 5,  # Saturday and Sunday
            local.hour,
        )
        before[visit.visitor_key] = before.get(visit.visitor_key, 0) + 1
    return ReadVisits(
        events=VisitEvents(
            visit=place[by_visit],
            kind=kind_[by_visit],
            product=product[by_visit],
            second=second[by_visit],
            is_checkout=checkout[by_visit] > 0,
            about=about,
        ),
        ids=ids,
        day=days,
        language=[visit.language for visit in visits],
        device=[visit.device for visit in visits],
    )


def _moments(moments: Sequence[datetime]) -> Any:
    return np.array(
        [moment.astimezone(UTC).replace(tzinfo=None)
         for moment in moments],
        dtype="datetime64[us]",
    )  # fmt: skip
