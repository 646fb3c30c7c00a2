"""Which SKUs to count: what is worth more, more often; what was not seen longest, first."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Case, DateTimeField, Exists, F, Max, OuterRef, Q, Subquery, Value, When
from django.utils import timezone

from inventory.models import StockClass, StockCount, StockCountLine, StockLevel, Warehouse

# Days between two counts by worth. What has no class yet is counted like C.
DAYS_BETWEEN: Final[Mapping[str, int]] = {
    StockClass.Worth.A: 7,
    StockClass.Worth.B: 30,
    StockClass.Worth.C: 91,
}


def due_sku_ids(*, warehouse: Warehouse, today: date, most: int) -> list[int]:
    """SKUs with units whose last approved count is too long ago and that nobody counts now."""
    own = StockCountLine.objects.filter(sku=OuterRef("sku"), count__warehouse=warehouse)
    approved = own.filter(count__status=StockCount.Status.APPROVED, counted_at__isnull=False)
    under_way = own.filter(count__status__in=[StockCount.Status.OPEN, StockCount.Status.COUNTED])
    last = approved.order_by().values("sku").annotate(at=Max("counted_at")).values("at")
    levels = (
        StockLevel.objects.filter(~Exists(under_way), warehouse=warehouse, on_hand__gt=0)
        .annotate(
            counted_at=Subquery(last),
            due_before=Case(
                *(
                    When(sku__stock_class__worth=worth, then=Value(_midnight(today, days)))
                    for worth, days in DAYS_BETWEEN.items()
                ),
                default=Value(_midnight(today, DAYS_BETWEEN[StockClass.Worth.C])),
                output_field=DateTimeField(),
            ),
        )
        .filter(Q(counted_at__isnull=True) | Q(counted_at__lt=F("due_before")))
        .order_by(
            F("counted_at").asc(nulls_first=True),
            F("sku__stock_class__worth").asc(nulls_last=True),
            "sku_id",
        )
    )
    return list(levels.values_list("sku_id", flat=True)[:most])


def all_sku_ids(*, warehouse: Warehouse) -> list[int]:
    """Everything that ever lay there: units may be found of what the books call gone."""
    levels = StockLevel.objects.filter(warehouse=warehouse).filter(
        Q(on_hand__gt=0) | Q(sku__is_active=True)
    )
    return list(levels.order_by("sku__code").values_list("sku_id", flat=True))


def _midnight(today: date, days: int) -> datetime:
    """The start of the day after so many days ago: a weekly count falls on the same weekday."""
    day = today - timedelta(days=days - 1)
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
