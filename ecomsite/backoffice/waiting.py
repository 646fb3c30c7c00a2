"""How much waits for a person, in one query."""

from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from catalog.models import PhotoClassification
from inventory.models import PurchaseOrder
from learning.models import Anomaly, DriftReport, ModelVersion
from support.models import ReviewClassification


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers of rows that ask for a decision.

    photos, reviews: proposals that the model itself is not sure of.
    drift: active versions whose newest report is an alarm.
    damaged: active versions whose file was refused.
    """

    purchase_orders: int = 0
    photos: int = 0
    reviews: int = 0
    anomalies: int = 0
    drift: int = 0
    damaged: int = 0

    @property
    def total(self) -> int:
        return (
            self.purchase_orders
            + self.photos
            + self.reviews
            + self.anomalies
            + self.drift
            + self.damaged
        )


def count_waiting() -> Waiting:
    """Every count as a subquery of one statement: the sidebar of each page asks for it."""
    counts = {
        "purchase_orders": PurchaseOrder.objects.drafts(),
        "photos": PhotoClassification.objects.awaiting_review().filter(needs_person=True),
        "reviews": ReviewClassification.objects.awaiting_review().filter(needs_person=True),
        "anomalies": Anomaly.objects.open(),
        "drift": alarms(),
        "damaged": damaged_versions(),
    }
    # Any table that is never empty will do to hang the subqueries on.
    one = ContentType.objects.order_by("pk")
    found = one.annotate(**{f"n_{name}": _count(rows) for name, rows in counts.items()}).first()
    if found is None:
        return Waiting()
    return Waiting(**{name: getattr(found, f"n_{name}") for name in counts})


def alarms() -> QuerySet[DriftReport]:
    """The newest report of each active version, where it is an alarm."""
    newest = (
        DriftReport.objects.filter(version=OuterRef("version"))
        .order_by("-measured_on", "-pk")
        .values("pk")[:1]
    )
    return DriftReport.objects.filter(
        status=DriftReport.Status.ALARM,
        version__status=ModelVersion.Status.ACTIVE,
        pk=Subquery(newest),
    )


def damaged_versions() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.active().filter(damaged_at__isnull=False)


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), 0)
