"""Past forecasts held against what was sold since."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.db.models import Max, Min

from inventory.models import DemandDay, DemandForecast

FEWEST_DAYS: Final = 7
MOST_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class LiveQuality:
    """How the forecast of `as_of` did over the `days` after it.

    within_90: share of SKU-days that stayed within the ninetieth percentile promised.
    """

    as_of: date
    days: int
    skus: int
    wape: float
    bias: float
    within_90: float


def measure_forecasts(*, as_of: date) -> LiveQuality | None:
    """The oldest forecast of the last four weeks that is a week old; None without one."""
    made = DemandForecast.objects.filter(
        as_of__range=(as_of - timedelta(days=MOST_DAYS), as_of - timedelta(days=FEWEST_DAYS))
    ).aggregate(day=Min("as_of"))["day"]
    if made is None:
        return None
    known_until = DemandDay.objects.filter(day__range=(made, as_of)).aggregate(day=Max("day"))
    days = ((known_until["day"] or made) - made).days
    if days < FEWEST_DAYS:
        return None
    rows = list(
        DemandForecast.objects.filter(as_of=made)
        .order_by("sku_id")
        .values_list("sku_id", "daily_units", "upper_units")
    )
    places = {sku_id: place for place, (sku_id, _daily, _upper) in enumerate(rows)}
    days = min(days, min(len(daily) for _sku, daily, _upper in rows))
    expected = np.array([daily[:days] for _sku, daily, _upper in rows], dtype=np.float64)
    upper = np.array([bound[:days] for _sku, _daily, bound in rows], dtype=np.float64)
    sold = np.zeros_like(expected)
    seen = np.ones_like(expected, dtype=np.bool_)
    demand = DemandDay.objects.filter(
        day__range=(made + timedelta(days=1), made + timedelta(days=days))
    ).values_list("sku_id", "day", "units_requested", "was_out_of_stock")
    for sku_id, day, units, was_out_of_stock in demand.iterator(chunk_size=20_000):
        if (place := places.get(sku_id)) is not None:
            number = (day - made).days - 1
            sold[place, number] += units
            seen[place, number] &= not was_out_of_stock
    expected = expected * seen
    sold = sold * seen
    total = max(float(sold.sum()), 1e-9)
    return LiveQuality(
        as_of=made,
        days=days,
        skus=len(rows),
        wape=float(np.abs(expected.sum(axis=1) - sold.sum(axis=1)).sum() / total),
        bias=float((expected.sum() - sold.sum()) / total),
        within_90=float((sold <= upper)[seen].mean()) if seen.any() else 1.0,
    )
