"""What the stock was worth at the end of a day, from its movements and their costs."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from inventory.services.costs import holdings, offered_costs
from inventory.services.reports.choice import Choice


@dataclass(frozen=True, slots=True)
class ValueRow:
    """cost_minor: of one unit; None when nobody knows, and then there is no value either.

    is_offered: the cost is what the supplier asks, for nothing was received at a cost.
    """

    sku_id: int
    units: int
    on_the_way: int
    cost_minor: float | None
    is_offered: bool

    @property
    def value_minor(self) -> int | None:
        if self.cost_minor is None:
            return None
        return round((self.units + self.on_the_way) * self.cost_minor)


@dataclass(frozen=True, slots=True)
class ValueReport:
    rows: list[ValueRow]

    @property
    def value_minor(self) -> int:
        return sum(row.value_minor or 0 for row in self.rows)

    @property
    def units(self) -> int:
        return sum(row.units + row.on_the_way for row in self.rows)

    @property
    def n_unknown(self) -> int:
        """SKUs that are not in the sum."""
        return sum(row.cost_minor is None for row in self.rows)


def stock_value(choice: Choice, *, on: date) -> ValueReport:
    """At the end of a day, by the average cost of that day; the dearest first.

    Units between two warehouses belong to the whole shop, and to neither of them.
    """
    offers = offered_costs(sku_ids=choice.skus())
    rows = []
    for held in holdings(until=end_of(on), sku_ids=choice.skus(), warehouse=choice.warehouse):
        on_the_way = held.on_the_way if choice.warehouse is None else 0
        if held.units or on_the_way:
            is_offered = held.cost_minor is None and held.sku_id in offers
            cost = offers[held.sku_id] if is_offered else held.cost_minor
            rows.append(ValueRow(held.sku_id, held.units, on_the_way, cost, is_offered))
    rows.sort(key=lambda row: (-(row.value_minor or 0), row.sku_id))
    return ValueReport(rows)


def end_of(day: date) -> datetime:
    """The first moment after a day, by the shop's clock."""
    return datetime.combine(
        day + timedelta(days=1), time.min, tzinfo=timezone.get_current_timezone()
    )
