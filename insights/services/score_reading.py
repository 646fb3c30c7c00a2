"""What pages tell of expectations: of one customer, and of those worth winning back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, OuterRef, QuerySet, Subquery

from customers.models import Consent, User
from customers.services.consents import read_consents
from insights.models import (
    CategoryAffinity,
    ChurnScore,
    CustomerScore,
    CustomerValue,
    PurchasePropensity,
    WritingTime,
)
from insights.services.segment_rules import facts
from learning.models import ModelVersion, TrainingRun

# Which pipeline writes which rows, in the order in which a page tells of them.
PIPELINES: tuple[tuple[type[CustomerScore], str], ...] = (
    (PurchasePropensity, "insights.purchase"),
    (ChurnScore, "insights.churn"),
    (CustomerValue, "insights.customer_value"),
    (WritingTime, "insights.writing_time"),
)
AFFINITY_PIPELINE = "insights.affinity"


@dataclass(frozen=True)
class Expectations:
    """Of one customer. missing: by pipeline, why nothing is told.

    allows_letters: her newest word on letters; None where she never said any.
    """

    customer: User
    purchase: PurchasePropensity | None
    churn: ChurnScore | None
    value: CustomerValue | None
    writing: WritingTime | None
    affinities: Sequence[CategoryAffinity]
    missing: dict[str, str]
    refuses_profiling: bool
    allows_letters: bool


def read_expectations(customer: User) -> Expectations:
    found = {
        name: model._default_manager.select_related("model_version", "marked_wrong_by")
        .filter(customer=customer)
        .first()
        for model, name in PIPELINES
    }
    affinities = list(
        CategoryAffinity.objects.filter(customer=customer)
        .select_related("category", "model_version")
        .order_by("rank")
    )
    absent = [name for name, row in found.items() if row is None]
    absent += [] if affinities else [AFFINITY_PIPELINE]
    said = read_consents(user=customer)
    return Expectations(
        customer=customer,
        purchase=found["insights.purchase"],
        churn=found["insights.churn"],
        value=found["insights.customer_value"],
        writing=found["insights.writing_time"],
        affinities=affinities,
        missing={name: why_missing(name) for name in absent},
        refuses_profiling=refuses_profiling(customer),
        allows_letters=said[Consent.Purpose.MARKETING],
    )


def refuses_profiling(customer: User) -> bool:
    return facts.refusing(Consent.Purpose.PERSONALISATION).filter(user=customer).exists()


def why_missing(pipeline: str) -> str:
    """What the last training said when it had too little; empty where a version is published."""
    if ModelVersion.objects.of(pipeline).active().exists():
        return ""
    last = TrainingRun.objects.of(pipeline).exclude(status=TrainingRun.Status.RUNNING).first()
    if last is None:
        return "never"
    if last.status == TrainingRun.Status.REJECTED:
        return "rejected"
    return last.message if last.status == TrainingRun.Status.NOT_ENOUGH_DATA else "never"


def worth_winning_back() -> QuerySet[ChurnScore]:
    """Customers by what is at stake with them; with their value and best time to write."""
    value = CustomerValue.objects.filter(customer=OuterRef("customer"))
    writing = WritingTime.objects.standing().filter(customer=OuterRef("customer"))
    found: QuerySet[ChurnScore] = (
        ChurnScore.objects.select_related("customer", "model_version")
        .annotate(
            year_minor=Subquery(value.values("value")[:1]),
            year_if_active_minor=Subquery(value.values("value_if_active_minor")[:1]),
            write_on=Subquery(writing.values("weekday")[:1]),
            write_at=Subquery(writing.values("hour")[:1]),
        )
        .order_by(F("at_stake_minor").desc(), "pk")
    )
    return found
