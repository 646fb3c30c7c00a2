"""What the whole shop and its categories sold, and what they are expected to sell."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Max, Sum

from catalog.models import Category
from inventory.models import CategoryForecast, DemandDay, TotalForecast

COMPARED_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class OutlookDay:
    """Units expected on a day, with the tenth and the ninetieth percentile."""

    day: date
    units: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class CategoryShare:
    """units: over the horizon, descendants included. share: of what the shop is expected to sell.

    sold_before: in the 28 days up to the forecast.
    """

    category: Category
    units: float
    share: float
    sold_before: int


def newest_outlook() -> date | None:
    """The day after which the newest forecast of the shop begins."""
    newest: date | None = TotalForecast.objects.aggregate(day=Max("as_of"))["day"]
    return newest


def outlook_of_shop(*, as_of: date) -> list[OutlookDay]:
    rows = TotalForecast.objects.filter(as_of=as_of).order_by("day")
    return [
        OutlookDay(*row) for row in rows.values_list("day", "units", "lower_units", "upper_units")
    ]


def outlook_of_category(*, category: Category, as_of: date) -> list[OutlookDay]:
    """Empty for a category without demand."""
    row = CategoryForecast.objects.filter(category=category, as_of=as_of).first()
    if row is None:
        return []
    return [
        OutlookDay(as_of + timedelta(days=number), *units)
        for number, units in enumerate(
            zip(row.daily_units, row.lower_units, row.upper_units, strict=True), 1
        )
    ]


def sales_by_day(
    *, first_day: date, last_day: date, category: Category | None = None
) -> Mapping[date, int]:
    """Units asked for; days without any are left out."""
    demand = DemandDay.objects.filter(day__range=(first_day, last_day))
    if category is not None:
        demand = demand.filter(sku__product__category__path__startswith=category.path)
    return dict(
        demand.order_by("day")
        .values("day")
        .annotate(units=Sum("units_requested"))
        .values_list("day", "units")
    )


def shares_of_categories(*, as_of: date, parent: Category | None = None) -> list[CategoryShare]:
    """Categories right below one, or at the top; those that will sell most come first."""
    forecasts = CategoryForecast.objects.filter(as_of=as_of).select_related("category")
    if parent is None:
        forecasts = forecasts.filter(category__depth=1)
    else:
        forecasts = forecasts.filter(
            category__path__startswith=parent.path, category__depth=parent.depth + 1
        )
    shop = TotalForecast.objects.filter(as_of=as_of).aggregate(units=Sum("units"))["units"] or 0.0
    sold = _sold_by_path(as_of)
    return [
        CategoryShare(
            category=row.category,
            units=row.units,
            share=row.units / shop if shop > 0 else 0.0,
            sold_before=sold.get(row.category.path, 0),
        )
        for row in forecasts.order_by("-units", "pk")
    ]


def _sold_by_path(as_of: date) -> Mapping[str, int]:
    """Units of the last 28 days by path of the category, what lies below included."""
    sold: dict[str, int] = defaultdict(int)
    rows = (
        DemandDay.objects.filter(
            day__range=(as_of - timedelta(days=COMPARED_DAYS - 1), as_of),
            sku__product__category__isnull=False,
        )
        .order_by()
        .values("sku__product__category__path")
        .annotate(units=Sum("units_requested"))
        .values_list("sku__product__category__path", "units")
    )
    for path, units in rows:
        for length in range(Category.steplen, len(path) + 1, Category.steplen):
            sold[path[:length]] += units
    return sold
