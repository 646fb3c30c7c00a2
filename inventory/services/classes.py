"""Which SKUs the shop lives on and which sell steadily."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.db import transaction
from django.db.models import ExpressionWrapper, F, FloatField, Sum

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.classes import (
    STEADINESSES,
    WORTHS,
    steadiness_classes,
    weekly_variation,
    worth_classes,
)
from inventory.models import DemandDay, StockClass

REVENUE_DAYS: Final = 364
WEEKS: Final = 26
DAYS_A_WEEK: Final = 7
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Classified:
    """SKUs by class, such as {"AX": 12}."""

    counts: dict[str, int]


def classify_stock(*, as_of: date) -> Classified:
    """Sort every SKU that sold within a year into A, B, C and X, Y, Z; the rest lose their class.

    Worth is revenue of 52 weeks, steadiness the variation of the last 26. Twice changes nothing.
    """
    start = as_of - timedelta(days=REVENUE_DAYS - 1)
    money = ExpressionWrapper(
        F("units_requested") * F("unit_price_minor"), output_field=FloatField()
    )
    earned = dict(
        DemandDay.objects.filter(day__range=(start, as_of), units_requested__gt=0)
        .order_by()
        .values("sku_id")
        .annotate(earned=Sum(money))
        .values_list("sku_id", "earned")
    )
    sku_ids = np.array(sorted(earned), dtype=np.int64)
    revenue = np.array([earned[sku_id] or 0.0 for sku_id in sku_ids.tolist()], dtype=np.float64)
    variation = _variation(sku_ids, as_of)
    worth = worth_classes(revenue).tolist()
    steadiness = steadiness_classes(variation).tolist()
    total = max(float(revenue.sum()), 1.0)
    rows = [
        StockClass(
            sku_id=sku_id,
            worth=WORTHS[worth[place]],
            steadiness=STEADINESSES[steadiness[place]],
            revenue_minor=round(float(revenue[place])),
            revenue_share=float(revenue[place]) / total,
            variation=None if np.isnan(variation[place]) else round(float(variation[place]), 4),
            as_of=as_of,
        )
        for place, sku_id in enumerate(sku_ids.tolist())
    ]
    for first in range(0, len(rows), BATCH):
        _replace(rows[first : first + BATCH])
    StockClass.objects.exclude(as_of=as_of).delete()
    counts: dict[str, int] = {}
    for row in rows:
        counts[str(row)] = counts.get(str(row), 0) + 1
    return Classified(dict(sorted(counts.items())))


@transaction.atomic
def _replace(rows: list[StockClass]) -> None:
    StockClass.objects.bulk_create(
        rows,
        batch_size=100,
        update_conflicts=True,
        unique_fields=["sku"],
        update_fields=[
            "worth",
            "steadiness",
            "revenue_minor",
            "revenue_share",
            "variation",
            "as_of",
        ],
    )


def _variation(sku_ids: IntArray, as_of: date) -> FloatArray:
    """Of whole weeks that end with `as_of`, from each SKU's first one on, NaN if too few."""
    start = as_of - timedelta(days=WEEKS * DAYS_A_WEEK - 1)
    weekly = np.zeros((len(sku_ids), WEEKS))
    if len(sku_ids):
        read = DemandDay.objects.filter(day__range=(start, as_of), units_requested__gt=0)
        for sku_id, day, units in (
            read.order_by()
            .values_list("sku_id", "day", "units_requested")
            .iterator(chunk_size=20_000)
        ):
            place = int(np.searchsorted(sku_ids, sku_id))
            weekly[place, (day - start).days // DAYS_A_WEEK] += units
    older = set(
        DemandDay.objects.filter(
            day__range=(as_of - timedelta(days=REVENUE_DAYS - 1), start - timedelta(days=1)),
            units_requested__gt=0,
        )
        .order_by()
        .values_list("sku_id", flat=True)
        .distinct()
    )
    first = np.where((weekly > 0).any(axis=1), (weekly > 0).argmax(axis=1), WEEKS)
    is_old = np.array([sku_id in older for sku_id in sku_ids.tolist()], dtype=np.bool_)
    return weekly_variation(weekly, np.where(is_old, 0, first))
