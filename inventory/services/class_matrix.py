"""The stock by what it is worth and how steadily it sells: nine cells."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Avg, Count, Max, Sum

from inventory.models import DemandDay, ReorderPolicy, StockClass
from inventory.services.reports.choice import Choice
from inventory.services.reports.value import stock_value

FILLED_DAYS: Final = 91


@dataclass(frozen=True, slots=True)
class ClassCell:
    """SKUs of one class.

    revenue_minor: of the time the classes were made from. value_minor: of what lies on the
    shelves, at cost; n_unknown SKUs have no known cost. requested, filled: units of the last 91
    days. typed_level: mean of the service levels that staff typed for n_typed of them.
    """

    worth: str
    steadiness: str
    n_skus: int = 0
    revenue_minor: int = 0
    value_minor: int = 0
    n_unknown: int = 0
    requested: int = 0
    filled: int = 0
    typed_level: float | None = None
    n_typed: int = 0

    @property
    def fill_rate(self) -> float | None:
        return self.filled / self.requested if self.requested else None


@dataclass(frozen=True, slots=True)
class ClassMatrix:
    """rows: A to C, each with its cells X to Z. n_unclassed: SKUs in stock without a class."""

    as_of: date | None
    rows: Sequence[Sequence[ClassCell]]
    n_unclassed: int

    @property
    def n_skus(self) -> int:
        return sum(cell.n_skus for row in self.rows for cell in row)


def read_class_matrix(*, today: date) -> ClassMatrix:
    """Counts, value at cost and service of each class."""
    classes = dict(StockClass.objects.values_list("sku_id", "worth"))
    steadiness = dict(StockClass.objects.values_list("sku_id", "steadiness"))
    value: dict[tuple[str, str], int] = defaultdict(int)
    unknown: dict[tuple[str, str], int] = defaultdict(int)
    n_unclassed = 0
    for row in stock_value(Choice(), on=today).rows:
        if row.sku_id not in classes:
            n_unclassed += 1
            continue
        key = (classes[row.sku_id], steadiness[row.sku_id])
        value[key] += row.value_minor or 0
        unknown[key] += row.value_minor is None
    counted: dict[tuple[str, str], Any] = {
        (row["worth"], row["steadiness"]): row
        for row in StockClass.objects.order_by()
        .values("worth", "steadiness")
        .annotate(n_skus=Count("pk"), revenue=Sum("revenue_minor"))
    }
    served: dict[tuple[str, str], Any] = {
        (row["sku__stock_class__worth"], row["sku__stock_class__steadiness"]): row
        for row in DemandDay.objects.filter(
            day__gt=today - timedelta(days=FILLED_DAYS),
            day__lte=today,
            sku__stock_class__isnull=False,
        )
        .order_by()
        .values("sku__stock_class__worth", "sku__stock_class__steadiness")
        .annotate(requested=Sum("units_requested"), filled=Sum("units_filled"))
    }
    typed: dict[tuple[str, str], Any] = {
        (row["sku__stock_class__worth"], row["sku__stock_class__steadiness"]): row
        for row in ReorderPolicy.objects.filter(
            service_level__isnull=False, sku__stock_class__isnull=False
        )
        .order_by()
        .values("sku__stock_class__worth", "sku__stock_class__steadiness")
        .annotate(level=Avg("service_level"), n=Count("pk"))
    }

    def cell(worth: str, steady: str) -> ClassCell:
        key = (worth, steady)
        return ClassCell(
            worth=worth,
            steadiness=steady,
            n_skus=counted.get(key, {}).get("n_skus", 0),
            revenue_minor=counted.get(key, {}).get("revenue", 0),
            value_minor=value[key],
            n_unknown=unknown[key],
            requested=served.get(key, {}).get("requested", 0),
            filled=served.get(key, {}).get("filled", 0),
            typed_level=typed.get(key, {}).get("level"),
            n_typed=typed.get(key, {}).get("n", 0),
        )

    return ClassMatrix(
        as_of=StockClass.objects.aggregate(day=Max("as_of"))["day"],
        rows=[
            [cell(worth, steady) for steady in StockClass.Steadiness.values]
            for worth in StockClass.Worth.values
        ],
        n_unclassed=n_unclassed,
    )
