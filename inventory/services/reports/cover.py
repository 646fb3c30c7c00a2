"""For how many days the stock lasts at what is expected to be asked for."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import F, FloatField, Sum
from django.db.models.functions import Cast

from inventory.models import DemandDay, DemandForecast, StockLevel
from inventory.services.reports.choice import Choice
from inventory.services.transfers import units_on_the_way

LOOK_BACK_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class CoverRow:
    """free: what may be promised. daily: units a day, from the forecast or else from the past."""

    sku_id: int
    free: int
    on_the_way: int
    daily: float
    is_forecast: bool

    @property
    def days(self) -> float | None:
        """None where nobody asks for it."""
        return self.free / self.daily if self.daily > 0 else None


@dataclass(frozen=True, slots=True)
class CoverReport:
    rows: list[CoverRow]

    def n_within(self, days: int) -> int:
        return sum(row.days is not None and row.days < days for row in self.rows)

    @property
    def n_unasked(self) -> int:
        return sum(row.days is None for row in self.rows)


def days_of_cover(choice: Choice, *, today: date) -> CoverReport:
    """What has stock or demand; what runs out first comes first."""
    free: dict[int, int] = dict(
        choice.of(StockLevel.objects.all())
        .order_by()
        .values_list("sku")
        .annotate(units=Sum(F("on_hand") - F("reserved")))
    )
    expected: dict[int, float] = dict(
        choice.of(DemandForecast.objects.in_force())
        .order_by()
        .values_list("sku")
        .annotate(daily=Sum(F("units") / Cast("horizon_days", FloatField())))
    )
    past = choice.of(DemandDay.objects.filter(day__gt=today - timedelta(days=LOOK_BACK_DAYS)))
    asked: dict[int, int] = dict(
        past.order_by().values_list("sku").annotate(units=Sum("units_requested"))
    )
    way = {} if choice.warehouse is None else units_on_the_way(warehouse=choice.warehouse)
    rows = []
    for sku_id in sorted(free.keys() | expected.keys() | asked.keys()):
        is_forecast = sku_id in expected
        daily = expected[sku_id] if is_forecast else asked.get(sku_id, 0) / LOOK_BACK_DAYS
        if free.get(sku_id, 0) or daily > 0:
            rows.append(
                CoverRow(sku_id, free.get(sku_id, 0), way.get(sku_id, 0), daily, is_forecast)
            )
    rows.sort(key=lambda row: (row.days if row.days is not None else float("inf"), row.sku_id))
    return CoverReport(rows)
