"""Stock that nobody has bought for long: what it is, since when, and what lies in it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Min, Sum
from django.utils import timezone

from inventory.models import ReplenishmentSettings, StockLevel, StockMovement
from inventory.services.costs import average_costs
from inventory.services.reports.choice import Choice
from inventory.services.reports.value import end_of


@dataclass(frozen=True, slots=True)
class DeadRow:
    """sold_at: the last time, None for never. came_at: the first delivery."""

    sku_id: int
    units: int
    sold_at: datetime | None
    came_at: datetime | None
    cost_minor: int | None

    @property
    def value_minor(self) -> int | None:
        return None if self.cost_minor is None else self.units * self.cost_minor


@dataclass(frozen=True, slots=True)
class DeadReport:
    rows: list[DeadRow]

    @property
    def value_minor(self) -> int:
        return sum(row.value_minor or 0 for row in self.rows)

    @property
    def units(self) -> int:
        return sum(row.units for row in self.rows)


def dead_after_days() -> int:
    """What managers decided; the default until somebody did."""
    kept = ReplenishmentSettings.objects.values_list("dead_after_days", flat=True).first()
    default: int = ReplenishmentSettings._meta.get_field("dead_after_days").get_default()
    return default if kept is None else kept


def dead_stock(choice: Choice, *, today: date, days: int) -> DeadReport:
    """On hand, here for at least so many days and not sold in them; the dearest first."""
    before = end_of(today) - timedelta(days=days)
    lying = dict(
        choice.of(StockLevel.objects.filter(on_hand__gt=0))
        .order_by()
        .values_list("sku")
        .annotate(units=Sum("on_hand"))
    )
    moved = choice.of(StockMovement.objects.all()).order_by().values_list("sku")
    sold = dict(moved.filter(kind=StockMovement.Kind.ISSUE).annotate(at=Max("occurred_at")))
    came = dict(moved.filter(quantity__gt=0).annotate(at=Min("occurred_at")))
    dead = [
        sku_id
        for sku_id in lying
        if (sku_id not in sold or sold[sku_id] < before)
        and (sku_id not in came or came[sku_id] < before)
    ]
    costs = average_costs(sku_ids=dead, until=timezone.now())
    rows = [
        DeadRow(sku_id, lying[sku_id], sold.get(sku_id), came.get(sku_id), costs.get(sku_id))
        for sku_id in dead
    ]
    rows.sort(key=lambda row: (-(row.value_minor or 0), row.sku_id))
    return DeadReport(rows)
