"""Units sold against what was and is expected of the whole shop."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ecomsite.backoffice.dashboard.charts import ACCENT, BAND, PAST, Chart, Key, as_chart, line
from inventory.models import DemandDay, TotalForecast

PAST_DAYS = 42
FUTURE_DAYS = 21


@dataclass(frozen=True, slots=True)
class SalesChart:
    chart: Chart | None
    last_day: date | None
    units_last_week: int = 0
    # Of the days that were forecast: how many fell into the band, and how many there were.
    n_within: int = 0
    n_forecast: int = 0


def read_sales() -> SalesChart:
    """The last weeks up to the last day with sales, and the days to come."""
    last_day = DemandDay.objects.aggregate(day=Max("day"))["day"]
    if last_day is None:
        return SalesChart(chart=None, last_day=None)
    first_day = last_day - timedelta(days=PAST_DAYS - 1)
    sold: dict[date, int] = dict(
        DemandDay.objects.filter(day__gte=first_day)
        .order_by()
        .values("day")
        .annotate(units=Sum("units_requested"))
        .values_list("day", "units")
    )
    # The newest forecast of a day that was made before it.
    expected = {
        row.day: row
        for row in TotalForecast.objects.filter(
            day__gte=first_day, day__lte=last_day + timedelta(days=FUTURE_DAYS)
        ).order_by("as_of")
    }
    days = [first_day + timedelta(days=n) for n in range(PAST_DAYS)]
    known = [day for day in days if day in expected]
    last_week = sum(units for day, units in sold.items() if day > last_day - timedelta(days=7))
    return SalesChart(
        chart=_draw(days, sold, expected),
        last_day=last_day,
        units_last_week=last_week,
        n_within=sum(
            expected[day].lower_units <= sold.get(day, 0) <= expected[day].upper_units
            for day in known
        ),
        n_forecast=len(known),
    )


def _draw(
    past: list[date], sold: Mapping[date, int], expected: Mapping[date, TotalForecast]
) -> Chart:
    future = sorted(day for day in expected if day > past[-1])
    days = [*past, *future]
    rows = [expected.get(day) for day in days]
    return as_chart(
        labels=[date_format(day, "MONTH_DAY_FORMAT") for day in days],
        # The first one lies on top; the band fills what lies between the last two.
        datasets=[
            line(
                _("sold, units"),
                [sold.get(day, 0) for day in past] + [None] * len(future),
                color=PAST,
            ),
            line(
                _("expected, units"),
                [None if row is None else round(row.units, 1) for row in rows],
                color=ACCENT,
            ),
            line(
                _("ninetieth percentile, units"),
                [None if row is None else round(row.upper_units, 1) for row in rows],
                color=BAND,
                width=0,
                fill="+1",
            ),
            line(
                _("tenth percentile, units"),
                [None if row is None else round(row.lower_units, 1) for row in rows],
                color=BAND,
                width=0,
            ),
        ],
        keys=[
            Key(_("sold, units"), PAST),
            Key(_("expected, units"), ACCENT),
            Key(_("eight days of ten end within the band"), BAND),
        ],
        summary=_("Units sold a day until %(day)s and units expected after it.")
        % {"day": date_format(past[-1])},
    )
