"""Forecasts as rows that pages read: writing them, and what a chart needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from django.db.models import QuerySet

from catalog.models import Sku
from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_model import DemandModel
from inventory.models import CalendarEvent, DemandDay, DemandForecast, PurchaseOrderLine
from inventory.services.accuracy import widened_by
from inventory.services.assumptions import assume_suppliers
from inventory.services.calendar import calendar_from
from inventory.services.events import as_events, effects_ahead, suggest_events
from inventory.services.forecast_rows import (
    HORIZON_DAYS,
    LONGEST_WINDOW_DAYS,
    outlook_of,
    windows_of,
    write_rows,
)
from inventory.services.totals import KEPT_WEEKLY_DAYS, write_totals
from learning import serving
from learning.models import ModelVersion
from learning.serving import Served

BATCH: Final = 5_000
NOTHING: Final = 1e-9
# Old forecasts are kept to be held against what happened: every day for two weeks, then one a
# week for a quarter.
KEPT_DAILY_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class DayOfChart:
    """One day of a chart: what was sold, or what is expected with its band."""

    day: date
    sold: int | None = None
    was_out_of_stock: bool = False
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class ForecastChart:
    days: Sequence[DayOfChart]
    forecast: DemandForecast | None
    factors: Sequence[dict[str, Any]]


def write_forecasts(*, version: ModelVersion, model: DemandModel, as_of: date) -> int:
    """Replace the forecasts in force by those of a version; returns how many SKUs.

    Batches are short transactions: a page sees the old or the new forecast of a SKU. Writing the
    same day again changes the rows in place, so purchase orders keep pointing at them.
    """
    model = _of_skus_that_are_left(model)
    # Before the windows: a run tomorrow must find the same lead times as this one.
    assume_suppliers(sku_ids=model.sku_ids.tolist())
    suggest_events(as_of=as_of)
    effects = effects_ahead(model=model, as_of=as_of, n_days=LONGEST_WINDOW_DAYS)
    windows = windows_of(model.sku_ids.tolist())
    widened = widened_by(before=as_of)
    n_days = HORIZON_DAYS
    plain, planned = np.zeros(n_days), np.zeros(n_days)
    groups = model.group_totals.groups
    by_group = np.zeros((2, len(groups), n_days))
    for start in range(0, len(model.sku_ids), BATCH):
        rows = np.arange(start, min(start + BATCH, len(model.sku_ids)))
        outlook = outlook_of(model, rows, effects, windows.of(rows), as_of=as_of, widened=widened)
        write_rows(outlook, version=version, as_of=as_of)
        places = np.searchsorted(groups, outlook.model.group)
        for side, units in enumerate((outlook.plain, outlook.daily)):
            np.add.at(by_group[side], places, units)
    DemandForecast.objects.in_force().exclude(as_of=as_of).update(is_current=False)
    DemandForecast.objects.in_force().exclude(model_version=version).update(is_current=False)
    plain, planned = by_group.sum(axis=1)
    write_totals(
        version=version,
        model=model,
        as_of=as_of,
        factors=_ratio(planned, plain),
        group_factors=_ratio(by_group[1], by_group[0]),
    )
    _prune(as_of=as_of)
    return len(model.sku_ids)


def _ratio(planned: FloatArray, plain: FloatArray) -> FloatArray:
    """What plans and seasons make of usual days, 1 where nothing is expected."""
    ratio: FloatArray = np.divide(planned, plain, out=np.ones_like(plain), where=plain > 0)
    return ratio


def _of_skus_that_are_left(model: DemandModel) -> DemandModel:
    """A product may have been deleted since the model learned of it."""
    left = np.array(sorted(QuerySet(Sku).values_list("pk", flat=True)), dtype=np.int64)
    rows = np.flatnonzero(np.isin(model.sku_ids, left))
    return model if len(rows) == len(model.sku_ids) else model.of(rows)


def _prune(*, as_of: date) -> None:
    used = PurchaseOrderLine.objects.filter(forecast__isnull=False).values("forecast_id")
    old = DemandForecast.objects.filter(is_current=False).exclude(pk__in=used)
    kept_weekday = 2  # Monday, as databases count from Sunday = 1
    old.filter(as_of__lt=as_of - timedelta(days=KEPT_DAILY_DAYS)).exclude(
        as_of__week_day=kept_weekday
    ).delete()
    old.filter(as_of__lt=as_of - timedelta(days=KEPT_WEEKLY_DAYS)).delete()


def refresh_forecasts(*, as_of: date) -> int:
    """Forecast again from the active version, without learning anew; 0 when there is none."""
    served = serving.load("inventory.demand")
    if served.version is None:
        return 0
    return write_forecasts(version=served.version, model=served.model, as_of=as_of)


def factors_by_day(*, sku_id: int) -> list[dict[str, float]]:
    """What each day of the SKU's forecast in force is the product of, by name of the factor.

    Worked out anew from the version and plans of today; empty where the model has no such SKU.
    """
    forecast = (
        DemandForecast.objects.in_force()
        .filter(sku_id=sku_id)
        .select_related("sku__product__category")
        .first()
    )
    if forecast is None:
        return []
    first_day = forecast.as_of + timedelta(days=1)
    events = (
        CalendarEvent.objects.active()
        .between(first_day, forecast.as_of + timedelta(days=HORIZON_DAYS))
        .concerning(forecast.sku)
    )
    return factors_of(
        forecast=forecast, served=serving.load("inventory.demand"), events=list(events)
    )


def factors_of(
    *, forecast: DemandForecast, served: Served, events: Sequence[CalendarEvent]
) -> list[dict[str, float]]:
    """The factors of each day of a forecast. events: active, in its days, and of its SKU."""
    row = int(served.model.rows([forecast.sku_id])[0])
    if served.version is None or row < 0:
        return []
    model: DemandModel = served.model.of(np.array([row]))
    first_day = forecast.as_of + timedelta(days=1)
    calendar = calendar_from(first_day, HORIZON_DAYS)
    planned = effects_ahead(
        model=model,
        as_of=forecast.as_of,
        n_days=HORIZON_DAYS,
        events=as_events(events, first_day=first_day),
    )
    effects = model.effects(first_day, HORIZON_DAYS, planned)
    return [
        {
            name: value
            for name, value in model.explain(
                0,
                calendar.weekdays[number : number + 1],
                calendar.is_closed[number : number + 1],
                [effect.on(number) for effect in effects],
            )
            if name == "level" or abs(value - 1.0) > NOTHING
        }
        for number in range(HORIZON_DAYS)
    ]


def past_days(*, sku_id: int, last_day: date, n_days: int) -> list[DayOfChart]:
    """What was asked for of a SKU on each of the days up to the last one, oldest first."""
    first_day = last_day - timedelta(days=n_days - 1)
    sold: dict[date, int] = {}
    empty: set[date] = set()
    for row in DemandDay.objects.filter(sku_id=sku_id, day__range=(first_day, last_day)):
        sold[row.day] = sold.get(row.day, 0) + row.units_requested
        if row.was_out_of_stock:
            empty.add(row.day)
    return [
        DayOfChart(day=day, sold=sold.get(day, 0), was_out_of_stock=day in empty)
        for day in (first_day + timedelta(days=number) for number in range(n_days))
    ]


def forecast_chart(*, sku_id: int, history_days: int = 91) -> ForecastChart:
    """Demand of a SKU before, and expected demand after, the forecast in force."""
    forecast = (
        DemandForecast.objects.in_force()
        .filter(sku_id=sku_id)
        .select_related("model_version")
        .order_by("-as_of", "pk")
        .first()
    )
    last = (
        forecast.as_of
        if forecast is not None
        else DemandDay.objects.filter(sku_id=sku_id)
        .order_by("-day")
        .values_list("day", flat=True)
        .first()
    )
    if last is None:
        return ForecastChart([], None, [])
    days = past_days(sku_id=sku_id, last_day=last, n_days=history_days)
    if forecast is not None:
        days += [
            DayOfChart(day=last + timedelta(days=number), expected=mean, lower=low, upper=high)
            for number, (mean, low, high) in enumerate(
                zip(
                    forecast.daily_units,
                    forecast.lower_units,
                    forecast.upper_units,
                    strict=True,
                ),
                1,
            )
        ]
    factors = [] if forecast is None else list(forecast.explanation.get("factors", []))
    return ForecastChart(days, forecast, factors)
