"""How often the stock was sold in a period, by what really lay there day and night."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum
from django.utils import timezone

from inventory.models import StockLevel, StockMovement
from inventory.services.costs import average_costs
from inventory.services.reports.choice import Choice
from inventory.services.reports.value import end_of

_DAYS_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class TurnoverRow:
    """mean_units: on hand, weighted by the time they lay there."""

    sku_id: int
    sold: int
    mean_units: float
    on_hand: int
    days: int
    cost_minor: int | None

    @property
    def turns(self) -> float | None:
        """A year; None where nothing lay there."""
        return turns_a_year(self.sold, self.mean_units, days=self.days)


@dataclass(frozen=True, slots=True)
class TurnoverReport:
    rows: list[TurnoverRow]
    days: int

    @property
    def turns(self) -> float | None:
        """Of the whole, by cost: dear goods count for more."""
        known = [row for row in self.rows if row.cost_minor]
        sold = sum(row.sold * (row.cost_minor or 0) for row in known)
        lying = sum(row.mean_units * (row.cost_minor or 0) for row in known)
        return turns_a_year(sold, lying, days=self.days)

    @property
    def sold(self) -> int:
        return sum(row.sold for row in self.rows)


def turns_a_year(sold: float, mean: float, *, days: int) -> float | None:
    """Sold over mean stock, as if the period were a year."""
    return sold / mean * _DAYS_A_YEAR / days if mean > 0 else None


def stock_turnover(choice: Choice, *, today: date, days: int) -> TurnoverReport:
    """Of the last so many days, today included; the slowest first.

    The mean is today's stock less what each movement added, weighted by the share of the period
    that was over when it happened: exact, and from the movements of the period alone.
    """
    until = min(end_of(today), timezone.now())
    start = end_of(today) - timedelta(days=days)
    seconds = (until - start).total_seconds()
    on_hand: dict[int, int] = dict(
        choice.of(StockLevel.objects.all()).order_by().values_list("sku").annotate(Sum("on_hand"))
    )
    mean = defaultdict(float, {sku_id: float(units) for sku_id, units in on_hand.items()})
    sold: dict[int, int] = defaultdict(int)
    moved = choice.of(StockMovement.objects.filter(occurred_at__gte=start)).order_by()
    for sku_id, quantity, kind, moment in moved.values_list(
        "sku_id", "quantity", "kind", "occurred_at"
    ).iterator(chunk_size=5_000):
        mean[sku_id] -= quantity * min(1.0, (moment - start).total_seconds() / seconds)
        if kind == StockMovement.Kind.ISSUE:
            sold[sku_id] -= quantity
    wanted = [sku_id for sku_id, units in mean.items() if units > 1e-9 or sold[sku_id]]
    costs = average_costs(sku_ids=wanted, until=until)
    rows = [
        TurnoverRow(
            sku_id=sku_id,
            sold=sold[sku_id],
            mean_units=max(0.0, mean[sku_id]),
            on_hand=on_hand.get(sku_id, 0),
            days=days,
            cost_minor=costs.get(sku_id),
        )
        for sku_id in wanted
    ]
    rows.sort(key=lambda row: (row.turns if row.turns is not None else float("inf"), row.sku_id))
    return TurnoverReport(rows, days)
