"""What events of the calendar do to demand, as far as the shop has learned it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from django.db.models import Max, Min, Q, QuerySet, Sum

from inventory.models import CalendarEvent, DemandDay
from learning import serving
from learning.serving import Served

AROUND_DAYS: Final = 28
Source = Literal["typed", "closed", "name", "kind", "holiday", "none"]


@dataclass(frozen=True, slots=True)
class EventEffect:
    """factor: what demand is multiplied by. source: who says so; "none" where nothing is known."""

    factor: float
    source: Source


@dataclass(frozen=True, slots=True)
class LearnedEffects:
    """Factors by kind, by kind and name, and of a public holiday; empty before a version is."""

    by_kind: Mapping[str, float]
    by_name: Mapping[tuple[str, str], float]
    holiday: float | None

    def of(self, event: CalendarEvent) -> EventEffect:
        if event.factor is not None:
            return EventEffect(event.factor, "typed")
        if event.kind == CalendarEvent.Kind.CLOSURE:
            return EventEffect(0.0, "closed")
        if event.kind == CalendarEvent.Kind.HOLIDAY and self.holiday is not None:
            return EventEffect(self.holiday, "holiday")
        named = self.by_name.get((event.kind, event.name))
        if named is not None:
            return EventEffect(named, "name")
        if event.kind in self.by_kind:
            return EventEffect(self.by_kind[event.kind], "kind")
        return EventEffect(1.0, "none")


@dataclass(frozen=True, slots=True)
class MeasuredEffect:
    """Units a day in the days of an event that are over, and in the four weeks around it."""

    days: int
    daily: float
    usual_days: int
    usual_daily: float

    @property
    def factor(self) -> float | None:
        return self.daily / self.usual_daily if self.usual_daily > 0 else None


def learned_effects(served: Served | None = None) -> LearnedEffects:
    """Of the version in force. served: where it was loaded already."""
    served = served or serving.load("inventory.demand")
    if served.version is None:
        return LearnedEffects({}, {}, None)
    factors = served.model.event_factors
    return LearnedEffects(factors.by_kind, factors.by_name, float(served.model.profile.closed_day))


def measured_effect(*, event: CalendarEvent) -> MeasuredEffect | None:
    """What sold in the days of an event beside what sold around them; None before its first day.

    A plain mean of all days, sold-out ones too, for people to compare with; what the forecast
    takes is learned from all events together.
    """
    first, last = (
        event.starts_on - timedelta(days=AROUND_DAYS),
        event.ends_on + timedelta(days=AROUND_DAYS),
    )
    known = DemandDay.objects.aggregate(first=Min("day"), last=Max("day"))
    if known["last"] is None or known["last"] < event.starts_on:
        return None
    first, last = max(first, known["first"]), min(last, known["last"])
    within = Q(day__range=(event.starts_on, event.ends_on))
    sums = (
        _demand_of(event)
        .filter(day__range=(first, last))
        .aggregate(
            during=Sum("units_requested", filter=within),
            around=Sum("units_requested", filter=~within),
        )
    )
    days = max(0, (min(last, event.ends_on) - max(first, event.starts_on)).days + 1)
    usual_days = (last - first).days + 1 - days
    if not days:
        return None
    return MeasuredEffect(
        days=days,
        daily=(sums["during"] or 0) / days,
        usual_days=usual_days,
        usual_daily=(sums["around"] or 0) / max(1, usual_days),
    )


def _demand_of(event: CalendarEvent) -> QuerySet[DemandDay]:
    skus, paths = list(event.skus.all()), [one.path for one in event.categories.all()]
    concerned = Q()
    if skus:
        concerned |= Q(sku__in=skus)
    for path in paths:
        concerned |= Q(sku__product__category__path__startswith=path)
    return DemandDay.objects.filter(concerned)
