"""What the pages of forecasts share: the way between them, and what to say without one."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models import (
    CalendarEvent,
    DemandForecast,
    ForecastAccuracy,
    StockClass,
    TotalForecast,
)
from inventory.services.readiness import data_so_far
from learning.errors import NotEnoughDataError

UNITS_SHOWN_WITH_DECIMALS: Final = 100
PAGES: Final[tuple[tuple[str, str | Promise, Any], ...]] = (
    ("admin:inventory_demandforecast_changelist", gettext_lazy("SKUs"), DemandForecast),
    (
        "admin:inventory_totalforecast_changelist",
        gettext_lazy("Shop and categories"),
        TotalForecast,
    ),
    ("admin:inventory_forecast_changes", gettext_lazy("What changed"), DemandForecast),
    ("admin:inventory_forecastaccuracy_changelist", gettext_lazy("Accuracy"), ForecastAccuracy),
    ("admin:inventory_calendarevent_month", gettext_lazy("Calendar"), CalendarEvent),
    ("admin:inventory_stockclass_changelist", gettext_lazy("ABC × XYZ"), StockClass),
)


@dataclass(frozen=True, slots=True)
class Tab:
    title: Any
    url: str
    is_shown: bool


def forecast_tabs(request: HttpRequest, shown: str) -> list[Tab]:
    """Those that a person may see. shown: the name of the page's address."""
    tabs = []
    for name, title, model in PAGES:
        page = admin.site._registry.get(model)
        if page is not None and page.has_view_permission(request):
            tabs.append(Tab(title, reverse(name), name == shown))
    return tabs


def why_no_forecast() -> str:
    """What is missing for a forecast, in numbers where there are any."""
    so_far = data_so_far(as_of=timezone.localdate())
    if not so_far.is_enough:
        return str(
            NotEnoughDataError(
                have=so_far.have_days, need=so_far.need_days, what=_("days of demand")
            )
        )
    return _("There is enough data: the first forecast is made in the next night.")


def units_text(value: float) -> str:
    """Slow sellers need a decimal, fast ones none."""
    decimals = 1 if abs(value) < UNITS_SHOWN_WITH_DECIMALS else 0
    return number_format(value, decimal_pos=decimals, force_grouping=True)


def factor_text(value: float) -> str:
    return number_format(value, decimal_pos=3)


def signed(value: float, text: str) -> str:
    """A minus is in the text already."""
    return f"+{text}" if value > 0 else text


def percent_text(share: float, decimals: int = 1) -> str:
    # The sign stays beside its number where a narrow column breaks lines.
    return f"{number_format(100 * share, decimal_pos=decimals)}\N{NO-BREAK SPACE}%"


def day_text(day: Any) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def weekday_text(day: Any) -> str:
    return date_format(day, "D")


def nowrap(text: str) -> SafeString:
    """A day or a span that a narrow column would else tear apart."""
    return format_html('<span class="zg-nowrap">{}</span>', text)
