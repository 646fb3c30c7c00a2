"""Forecasts as rows that pages read: writing them, and what a chart needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from django.db import transaction

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.demand_model import DemandModel
from inventory.algorithms.lead_times import draw_lead_times
from inventory.models import (
    DemandDay,
    DemandForecast,
    PurchaseOrderLine,
    ReorderPolicy,
    TotalForecast,
)
from inventory.services.assumptions import assume_suppliers
from inventory.services.calendar import calendar_from
from inventory.services.stock import default_warehouse
from inventory.services.suppliers import (
    lead_time_of,
    lead_times,
    preferred_offers,
)
from learning import serving
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.models import ModelVersion

HORIZON_DAYS: Final = 28
LONGEST_WINDOW_DAYS: Final = 120
DRAWS: Final = 200
BATCH: Final = 500
QUANTILES: Final = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
# Old forecasts are kept to be held against what happened: every day for two weeks, then one a
# week for a quarter.
KEPT_DAILY_DAYS: Final = 14
KEPT_WEEKLY_DAYS: Final = 91


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


@dataclass(frozen=True, slots=True)
class Windows:
    """Lead time and review of each SKU of a model, shape (n_skus,)."""

    lead_mean: FloatArray
    lead_sd: FloatArray
    review_days: IntArray


def windows_of(sku_ids: Sequence[int]) -> Windows:
    """How long the stock of each SKU must last until the next delivery."""
    offers, known = preferred_offers(), lead_times()
    leads = [lead_time_of(offers.get(sku_id), known) for sku_id in sku_ids]
    reviews = dict(ReorderPolicy.objects.values_list("sku_id", "review_period_days"))
    return Windows(
        lead_mean=np.array([lead.mean_days for lead in leads], dtype=np.float64),
        lead_sd=np.array([lead.sd_days for lead in leads], dtype=np.float64),
        review_days=np.array([reviews.get(sku_id, 1) for sku_id in sku_ids], dtype=np.int64),
    )


def window_means(model: DemandModel, windows: Windows, *, as_of: date) -> FloatArray:
    """Expected units over lead time and review from the day after `as_of`, shape (n_skus,)."""
    calendar = calendar_from(as_of + timedelta(days=1), LONGEST_WINDOW_DAYS)
    draws = draw_lead_times(windows.lead_mean, windows.lead_sd, n_draws=DRAWS)
    days = np.minimum(draws + windows.review_days[:, None], LONGEST_WINDOW_DAYS)
    return model.window_mean(days, calendar.weekdays, calendar.is_closed)


def write_forecasts(*, version: ModelVersion, model: DemandModel, as_of: date) -> int:
    """Replace the forecasts in force by those of a version; returns how many SKUs.

    Batches are short transactions: a page sees the old or the new forecast of a SKU. Writing the
    same day again changes the rows in place, so purchase orders keep pointing at them.
    """
    warehouse = default_warehouse()
    # Before the windows: a run tomorrow must find the same lead times as this one.
    assume_suppliers(sku_ids=model.sku_ids.tolist())
    calendar = calendar_from(as_of + timedelta(days=1), HORIZON_DAYS)
    ahead = (calendar.weekdays, calendar.is_closed)
    daily = model.predict(*ahead)
    lower, upper = model.day_quantiles(*ahead, 0.1), model.day_quantiles(*ahead, 0.9)
    windows = windows_of(model.sku_ids.tolist())
    means = window_means(model, windows, as_of=as_of)
    bounds = np.stack([model.window_quantile(means, share) for share in QUANTILES], axis=1)
    cover = np.rint(windows.lead_mean + windows.review_days).astype(np.int64)
    for start in range(0, len(model.sku_ids), BATCH):
        rows = range(start, min(start + BATCH, len(model.sku_ids)))
        forecasts = [
            DemandForecast(
                sku_id=int(model.sku_ids[row]),
                warehouse=warehouse,
                as_of=as_of,
                horizon_days=HORIZON_DAYS,
                units=float(daily[row].sum()),
                daily_units=_short(daily[row]),
                lower_units=_short(lower[row]),
                upper_units=_short(upper[row]),
                cover_days=int(cover[row]),
                lead_time_quantiles=dict(
                    zip(map(str, QUANTILES), _short(bounds[row]), strict=True)
                ),
                is_current=True,
                model_version=version,
                confidence=_confidence(bounds[row]),
                explanation=_explain(model, row, *ahead).as_json(),
            )
            for row in rows
        ]
        _replace(forecasts, as_of=as_of)
    DemandForecast.objects.in_force().exclude(as_of=as_of).update(is_current=False)
    DemandForecast.objects.in_force().exclude(model_version=version).update(is_current=False)
    _write_total(version=version, model=model, as_of=as_of)
    _prune(as_of=as_of)
    return len(model.sku_ids)


@transaction.atomic
def _replace(forecasts: list[DemandForecast], *, as_of: date) -> None:
    sku_ids = [forecast.sku_id for forecast in forecasts]
    DemandForecast.objects.in_force().filter(sku_id__in=sku_ids).exclude(as_of=as_of).update(
        is_current=False
    )
    DemandForecast.objects.bulk_create(
        forecasts,
        batch_size=100,
        update_conflicts=True,
        unique_fields=["sku", "warehouse", "as_of"],
        update_fields=[
            "horizon_days",
            "units",
            "daily_units",
            "lower_units",
            "upper_units",
            "cover_days",
            "lead_time_quantiles",
            "is_current",
            "model_version",
            "confidence",
            "explanation",
        ],
    )


def _short(values: FloatArray) -> list[float]:
    return [round(value, 4) for value in values.tolist()]


def _confidence(bounds: FloatArray) -> float:
    """How near the median of demand over the lead time lies to its ninetieth percentile."""
    median, ninetieth = float(bounds[0]), float(bounds[2])
    return round(min(1.0, median / ninetieth), 4) if ninetieth > 0 else 0.0


def _explain(model: DemandModel, row: int, weekdays: IntArray, is_closed: Any) -> Explanation:
    neutral = {"level": 0.0, "shop_total": 1.0, "weekday": float(len(weekdays)), "holiday": 1.0}
    factors = [
        Factor(
            name=factor.name,
            value=factor.value,
            direction=(
                Direction.NONE
                if abs(factor.value - neutral[factor.name]) < 1e-9
                else Direction.UP
                if factor.value > neutral[factor.name]
                else Direction.DOWN
            ),
            weight=factor.value,
        )
        for factor in model.explain(row, weekdays, is_closed)
    ]
    return Explanation(
        factors=factors,
        unit="factor",
        facts={
            "level_units_a_day": float(model.level[row]),
            "share_of_days_with_demand": float(model.sale_share[row]),
            "learned_until": model.learned_until.isoformat(),
        },
    )


@transaction.atomic
def _write_total(*, version: ModelVersion, model: DemandModel, as_of: date) -> None:
    calendar = calendar_from(as_of + timedelta(days=1), HORIZON_DAYS)
    expected, low, high = model.shop_total.predict(
        model.profile, calendar.weekdays, calendar.is_closed
    )
    explanation = Explanation(
        factors=[Factor("level", model.shop_total.level, Direction.UP, model.shop_total.level)],
        unit="factor",
    ).as_json()
    TotalForecast.objects.bulk_create(
        (
            TotalForecast(
                as_of=as_of,
                day=calendar.day(number),
                units=float(expected[number]),
                lower_units=float(low[number]),
                upper_units=float(high[number]),
                model_version=version,
                explanation=explanation,
            )
            for number in range(HORIZON_DAYS)
        ),
        update_conflicts=True,
        unique_fields=["as_of", "day"],
        update_fields=["units", "lower_units", "upper_units", "model_version", "explanation"],
    )
    TotalForecast.objects.filter(as_of__lt=as_of - timedelta(days=KEPT_WEEKLY_DAYS)).delete()


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
    first = last - timedelta(days=history_days - 1)
    sold: dict[date, int] = {}
    empty: set[date] = set()
    for row in DemandDay.objects.filter(sku_id=sku_id, day__range=(first, last)):
        sold[row.day] = sold.get(row.day, 0) + row.units_requested
        if row.was_out_of_stock:
            empty.add(row.day)
    days = [
        DayOfChart(day=day, sold=sold.get(day, 0), was_out_of_stock=day in empty)
        for day in (first + timedelta(days=number) for number in range(history_days))
    ]
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
