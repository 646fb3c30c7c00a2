"""What changed since the last forecast, and which factor did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log
from typing import Any, Final

from django.db.models import F, FloatField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Abs

from inventory.models import DemandForecast

LOOKED_BACK_DAYS: Final = 7
NOTHING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class ForecastChange:
    """units: over the horizon. factor: the one that changed most; empty where none is told."""

    forecast: DemandForecast
    before_on: date
    units_before: float
    units_after: float
    factor: str
    factor_before: float
    factor_after: float

    @property
    def units(self) -> float:
        return self.units_after - self.units_before


def changed_forecasts(*, as_of: date) -> QuerySet[DemandForecast]:
    """Forecasts of `as_of` that differ from the one before, furthest first.

    Adds `units_before`, `units_changed` and `gap`, the size of the change. The one before is the
    newest of the last seven days; SKUs without one are new, not changed.
    """
    before = DemandForecast.objects.filter(
        as_of=_before(as_of) or date.min,
        sku_id=OuterRef("sku_id"),
        warehouse_id=OuterRef("warehouse_id"),
    )
    return (
        DemandForecast.objects.filter(as_of=as_of)
        .annotate(units_before=Subquery(before.values("units")[:1], output_field=FloatField()))
        .filter(units_before__isnull=False)
        .annotate(units_changed=F("units") - F("units_before"))
        .annotate(gap=Abs(F("units_changed")))
        .filter(gap__gt=NOTHING)
        .order_by("-gap", "sku_id")
    )


def explain_changes(*, forecasts: Sequence[DemandForecast]) -> list[ForecastChange]:
    """Which factor moved each of some changed forecasts of one day."""
    if not forecasts:
        return []
    before_on = _before(forecasts[0].as_of) or date.min
    earlier = {
        (row.sku_id, row.warehouse_id): row
        for row in DemandForecast.objects.filter(
            as_of=before_on, sku_id__in=[row.sku_id for row in forecasts]
        )
    }
    return [_change(row, earlier[row.sku_id, row.warehouse_id]) for row in forecasts]


def biggest_changes(*, as_of: date, limit: int = 20) -> list[ForecastChange]:
    """SKUs whose forecast of `as_of` lies furthest from the one before, furthest first."""
    rows = changed_forecasts(as_of=as_of).select_related("sku__product")
    return explain_changes(forecasts=list(rows[:limit]))


def _before(as_of: date) -> date | None:
    """The day of the forecasts before."""
    newest: date | None = DemandForecast.objects.filter(
        as_of__lt=as_of, as_of__gte=as_of - timedelta(days=LOOKED_BACK_DAYS)
    ).aggregate(day=Max("as_of"))["day"]
    return newest


def _change(after: DemandForecast, before: DemandForecast) -> ForecastChange:
    now, then = _factors(after.explanation), _factors(before.explanation)
    names = [*now, *(name for name in then if name not in now)]
    moved = max(
        names, key=lambda name: _distance(now.get(name, 1.0), then.get(name, 1.0)), default=""
    )
    return ForecastChange(
        forecast=after,
        before_on=before.as_of,
        units_before=before.units,
        units_after=after.units,
        factor=moved,
        factor_before=then.get(moved, 1.0),
        factor_after=now.get(moved, 1.0),
    )


def _factors(explanation: dict[str, Any]) -> dict[str, float]:
    return {one["name"]: float(one["value"]) for one in explanation.get("factors", [])}


def _distance(one: float, other: float) -> float:
    return abs(log(max(one, NOTHING) / max(other, NOTHING)))
