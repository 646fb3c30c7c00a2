"""How long what lies in the warehouse will last."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from inventory.algorithms.running_out import cumulative_demand
from inventory.models import DemandForecast, StockLevel

LONGEST_DAYS: Final = 120


@dataclass(frozen=True, slots=True)
class StockDay:
    """Units left in the evening: in the middle case, and where demand is as high as in 10 %."""

    day: date
    middle: float
    low: float


@dataclass(frozen=True, slots=True)
class StockProjection:
    """runs_out_on: the first evening with nothing left, None beyond 120 days."""

    available: int
    days: list[StockDay]
    runs_out_on: date | None
    runs_out_early_on: date | None
    """The same in the 10 % case."""


def project_stock(*, sku_id: int) -> StockProjection | None:
    """What is left of a SKU day by day, if nothing is delivered; None without a forecast.

    Counts what is on hand and not set aside, in the warehouse that the forecast is for. Days end
    where the stock of the middle case does.
    """
    forecast = DemandForecast.objects.in_force().filter(sku_id=sku_id).order_by("-as_of").first()
    return None if forecast is None else project_stock_of(forecast=forecast)


def project_stock_of(*, forecast: DemandForecast) -> StockProjection:
    """The same for a forecast at hand."""
    level = StockLevel.objects.filter(
        sku_id=forecast.sku_id, warehouse_id=forecast.warehouse_id
    ).first()
    available = max(0, level.on_hand - level.reserved) if level else 0
    quantiles = forecast.lead_time_quantiles
    taken = cumulative_demand(
        np.array(forecast.daily_units, dtype=np.float64),
        n_days=LONGEST_DAYS,
        cover_days=forecast.cover_days or 1,
        median=float(quantiles.get("0.5", 0.0)),
        ninetieth=float(quantiles.get("0.9", 0.0)),
    )
    middle, low = (np.maximum(0.0, available - units) for units in taken)
    ends = [_first_empty(left) for left in (middle, low)]
    shown = LONGEST_DAYS if ends[0] is None else ends[0] + 1
    days = [forecast.as_of + timedelta(days=number) for number in range(1, LONGEST_DAYS + 1)]
    return StockProjection(
        available=available,
        days=[
            StockDay(day, float(usual), float(bad))
            for day, usual, bad in zip(days[:shown], middle[:shown], low[:shown], strict=True)
        ],
        runs_out_on=None if ends[0] is None else days[ends[0]],
        runs_out_early_on=None if ends[1] is None else days[ends[1]],
    )


def _first_empty(left: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> int | None:
    empty = np.flatnonzero(left < 0.5)  # less than half a unit is none
    return int(empty[0]) if len(empty) else None
