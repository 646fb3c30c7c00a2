"""What happened to the SKUs of some order lines: deliveries, demand and stock, day by day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from inventory.algorithms.arrays import BoolArray, FloatArray
from inventory.algorithms.line_scores import HABIT_MEAN_DAYS
from inventory.models import (
    DemandDay,
    GoodsReceiptLine,
    PurchaseLineScore,
    PurchaseOrderLine,
    StockLevel,
    StockMovement,
)

# A SKU in a warehouse.
Key = tuple[int, int]
# A SKU not bought for so long begins anew, from what really lies there.
CARRIED_DAYS: Final = 180


@dataclass(frozen=True, slots=True)
class Delivery:
    line_id: int
    day: date
    accepted: int
    damaged: int
    unit_cost_minor: int
    was_proposed: bool


@dataclass(frozen=True, slots=True)
class Days:
    """Columns of shape (n_days,)."""

    requested: FloatArray
    filled: FloatArray
    sold_out: BoolArray


@dataclass(frozen=True, slots=True)
class Past:
    """moved: units that came, less those that went, by day."""

    deliveries: Mapping[Key, Sequence[Delivery]]
    demand: Mapping[Key, Mapping[date, tuple[int, int, bool]]]
    levels: Mapping[Key, int]
    moved: Mapping[Key, Mapping[date, int]]

    def of_line(self, line: PurchaseOrderLine) -> list[Delivery]:
        key = (line.sku_id, line.order.warehouse_id)
        return [one for one in self.deliveries[key] if one.line_id == line.pk]

    def days(self, key: Key, first: date, last: date) -> Days:
        known = self.demand[key]
        span = [first + timedelta(days=place) for place in range((last - first).days + 1)]
        rows = [known.get(day, (0, 0, False)) for day in span]
        return Days(
            requested=np.array([row[0] for row in rows], dtype=np.float64),
            filled=np.array([row[1] for row in rows], dtype=np.float64),
            sold_out=np.array([row[2] for row in rows], dtype=np.bool_),
        )

    def on_hand(self, key: Key, day: date) -> int:
        """At the end of a day: today's level less what moved since."""
        since = sum(units for moved_on, units in self.moved[key].items() if moved_on > day)
        return self.levels.get(key, 0) - since


@dataclass(frozen=True, slots=True)
class Carried:
    """Where the time of a line ended: for the shop as it was and for the shop by the habit.

    habit_coming: units on their way by the day they arrive; rest_minor, habit_rest_minor: what was
    charged for keeping what was left, and is not charged again.
    """

    until: date
    habit_left: float
    habit_coming: Mapping[date, float]
    rest_minor: int
    habit_rest_minor: int

    def to_json(self) -> dict[str, Any]:
        return {
            "habit_left": round(self.habit_left, 3),
            "habit_coming": {
                day.isoformat(): round(units, 3) for day, units in self.habit_coming.items()
            },
            "rest_minor": self.rest_minor,
            "habit_rest_minor": self.habit_rest_minor,
        }

    @classmethod
    def from_json(cls, until: date, content: Mapping[str, Any]) -> "Carried":
        return cls(
            until=until,
            habit_left=float(content["habit_left"]),
            habit_coming={
                date.fromisoformat(day): float(units)
                for day, units in content["habit_coming"].items()
            },
            rest_minor=int(content["rest_minor"]),
            habit_rest_minor=int(content["habit_rest_minor"]),
        )


def drafted_on(line: PurchaseOrderLine) -> date:
    """The last day that was known when the line was proposed."""
    if line.forecast is not None:
        return line.forecast.as_of
    order = line.order
    return order.drafted_as_of or timezone.localdate(order.created_at)


def read_carried(lines: Sequence[PurchaseOrderLine], *, as_of: date) -> dict[Key, Carried]:
    """Where the last scored lines of the same SKUs left both, in one statement."""
    scores = (
        PurchaseLineScore.objects.filter(
            stage=PurchaseLineScore.Stage.COVERED,
            line__sku__in={line.sku_id for line in lines},
            until_day__range=(as_of - timedelta(days=CARRIED_DAYS), as_of),
        )
        .order_by("until_day", "pk")
        .values_list("line__sku_id", "line__order__warehouse_id", "until_day", "detail__carried")
    )
    return {
        (sku_id, warehouse_id): Carried.from_json(until, content)
        for sku_id, warehouse_id, until, content in scores
        if content
    }


def read_past(
    lines: Sequence[PurchaseOrderLine], *, carried: Iterable[Carried], as_of: date
) -> Past:
    """Four statements, however many lines."""
    if not lines:
        return Past({}, {}, {}, {})
    skus = {line.sku_id for line in lines}
    first = min(
        [*(drafted_on(line) for line in lines), *(one.until for one in carried)],
    )
    midnight = datetime.combine(first, time.min, tzinfo=timezone.get_current_timezone())
    deliveries: dict[Key, list[Delivery]] = defaultdict(list)
    received = GoodsReceiptLine.objects.filter(
        line__sku__in=skus, receipt__received_at__gte=midnight
    ).values_list(
        "line__sku_id",
        "receipt__order__warehouse_id",
        "line_id",
        "receipt__received_at",
        "quantity_accepted",
        "quantity_damaged",
        "unit_cost_minor",
        "line__quantity_proposed",
    )
    for (
        sku_id,
        warehouse_id,
        line_id,
        moment,
        accepted,
        damaged,
        cost,
        proposed,
    ) in received.order_by("pk"):
        day = timezone.localdate(moment)
        deliveries[sku_id, warehouse_id].append(
            Delivery(line_id, day, accepted, damaged, cost, proposed is not None)
        )
    demand: dict[Key, dict[date, tuple[int, int, bool]]] = defaultdict(dict)
    asked = DemandDay.objects.filter(
        sku__in=skus, day__range=(first - timedelta(days=HABIT_MEAN_DAYS), as_of)
    ).values_list(
        "sku_id", "warehouse_id", "day", "units_requested", "units_filled", "was_out_of_stock"
    )
    for sku_id, warehouse_id, day, requested, filled, was_out in asked.iterator(chunk_size=5_000):
        demand[sku_id, warehouse_id][day] = (requested, filled, was_out)
    moved: dict[Key, dict[date, int]] = defaultdict(dict)
    moves = (
        StockMovement.objects.filter(sku__in=skus, occurred_at__gte=midnight)
        .annotate(day=TruncDate("occurred_at"))
        .order_by()
        .values("sku_id", "warehouse_id", "day")
        .annotate(units=Sum("quantity"))
        .values_list("sku_id", "warehouse_id", "day", "units")
    )
    for sku_id, warehouse_id, day, units in moves:
        moved[sku_id, warehouse_id][day] = units
    levels = {
        (sku_id, warehouse_id): on_hand
        for sku_id, warehouse_id, on_hand in StockLevel.objects.filter(sku__in=skus).values_list(
            "sku_id", "warehouse_id", "on_hand"
        )
    }
    return Past(deliveries, demand, levels, moved)
