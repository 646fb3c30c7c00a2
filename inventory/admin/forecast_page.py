"""The page of one SKU's forecast: history, band, factors by day, accuracy, and stock to come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django import forms
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Sku
from inventory.admin.exports import csv_file
from inventory.admin.factor_chain import Chain, name_of_a_day, read_chain
from inventory.admin.forecast_tabs import (
    day_text,
    factor_text,
    percent_text,
    units_text,
    weekday_text,
    why_no_forecast,
)
from inventory.models import DemandForecast
from inventory.services import forecasts
from inventory.services.accuracy import SkuAccuracy, accuracy_of
from inventory.services.forecast_days import (
    DayOfForecast,
    ForecastDays,
    read_forecast_days,
)
from inventory.services.forecasts import DayOfChart
from inventory.services.running_out import StockProjection, project_stock_of
from learning.staff_charts import (
    ACCENT,
    EXPECTED,
    Chart,
    ChartDay,
    Line,
    forecast_chart,
    lines_chart,
)
from learning.staff_pages import EMPTY, figure
from learning.wording import code_name

HISTORIES: Final = (28, 91, 182, 365)
USUAL_HISTORY: Final = 91
ACCURACIES_SHOWN: Final = 15


class ViewForm(forms.Form):
    """A choice that cannot be read is left out: an address is no place for complaints."""

    history = forms.TypedChoiceField(
        label=gettext_lazy("history, days"),
        choices=[(days, days) for days in HISTORIES],
        coerce=int,
        required=False,
        widget=forms.Select(attrs={"class": "zg-input"}),
    )
    day = forms.ChoiceField(
        label=gettext_lazy("factors of"),
        required=False,
        widget=forms.Select(attrs={"class": "zg-input"}),
    )

    def __init__(self, data: Any, days: Sequence[DayOfForecast]) -> None:
        super().__init__({"history": USUAL_HISTORY, **data.dict()})
        chosen: Any = self.fields["day"]
        chosen.choices = [
            ("", _("all days together")),
            *(
                (day.day.isoformat(), f"{day_text(day.day)} {weekday_text(day.day)}")
                for day in days
                if day.factors
            ),
        ]
        self.is_valid()

    @property
    def history_days(self) -> int:
        return int(self.cleaned_data.get("history") or USUAL_HISTORY)

    @property
    def chosen_day(self) -> str:
        return str(self.cleaned_data.get("day") or "")


@dataclass(frozen=True, slots=True)
class DayRow:
    title: str
    url: str
    marks: str
    units: str
    band: str
    factors: Sequence[str]
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PlanRow:
    name: str
    kind: str
    days: str
    effect: str
    url: str


@dataclass(frozen=True, slots=True)
class ForecastPage:
    """forecast: None for a SKU without one; `missing` says why."""

    sku: Sku
    forecast: DemandForecast | None
    missing: str = ""
    units: str = ""
    form: ViewForm | None = None
    chart: Chart | None = None
    history: Sequence[tuple[str, str, bool]] = ()
    chain: Chain | None = None
    columns: Sequence[str] = ()
    days: Sequence[DayRow] = ()
    changed_plans: str = ""
    plans: Sequence[PlanRow] = ()
    accuracy: Sequence[Mapping[str, str]] = ()
    projection: "ProjectionPart | None" = None
    facts: Sequence[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ProjectionPart:
    sentence: str
    chart: Chart | None
    rows: Sequence[tuple[str, str, str]]


def read_forecast_page(*, request: HttpRequest, forecast: DemandForecast) -> ForecastPage:
    read = read_forecast_days(forecast=forecast)
    days = read.days
    form = ViewForm(request.GET, days)
    past = forecasts.past_days(
        sku_id=forecast.sku_id, last_day=forecast.as_of, n_days=form.history_days
    )
    units = units_text(forecast.units)
    columns = list(dict.fromkeys(name for day in days for name in day.factors))
    projection = project_stock_of(forecast=forecast) if forecast.is_current else None
    return ForecastPage(
        sku=forecast.sku,
        forecast=forecast,
        units=units,
        form=form,
        chart=forecast_chart(
            [_as_chart_day(day) for day in [*past, *map(_expected, days)]],
            happened=_("requested, units"),
            summary=_(
                "What was requested in %(past)s days up to %(day)s, and %(units)s units expected "
                "in the %(days)s days after. The tables below hold the same numbers."
            )
            % {
                "past": len(past),
                "day": day_text(forecast.as_of),
                "units": units,
                "days": len(days),
            },
        ),
        history=[
            (day_text(day.day), figure(day.sold or 0), day.was_out_of_stock)
            for day in reversed(past)
        ],
        chain=read_chain(forecast, days, form.chosen_day),
        columns=[name_of_a_day(name) for name in columns],
        days=[_day_row(day, columns, form) for day in days],
        changed_plans=_changed_plans(days),
        plans=_plans(read),
        accuracy=[
            _accuracy_row(one)
            for one in accuracy_of(sku_id=forecast.sku_id, as_of=forecast.as_of)[:ACCURACIES_SHOWN]
        ],
        projection=None if projection is None else _projection(projection),
        facts=_facts(forecast),
    )


def page_without_forecast(*, sku: Sku) -> ForecastPage:
    """What the shop knows of a SKU that no forecast is made for."""
    drawn = forecasts.forecast_chart(sku_id=sku.pk, history_days=USUAL_HISTORY)
    return ForecastPage(
        sku=sku,
        forecast=None,
        missing=why_no_forecast(),
        chart=forecast_chart(
            [_as_chart_day(day) for day in drawn.days],
            happened=_("requested, units"),
            summary=_("What was requested so far; there is no forecast."),
        )
        if drawn.days
        else None,
        history=[
            (day_text(day.day), figure(day.sold or 0), day.was_out_of_stock)
            for day in reversed(drawn.days)
        ],
    )


def export_forecast(forecast: DemandForecast) -> StreamingHttpResponse:
    """A year of history and the days ahead, with the factors of each day."""
    days = read_forecast_days(forecast=forecast).days
    columns = list(dict.fromkeys(name for day in days for name in day.factors))
    past = forecasts.past_days(
        sku_id=forecast.sku_id, last_day=forecast.as_of, n_days=HISTORIES[-1]
    )
    heads = [
        _("SKU"),
        _("day"),
        _("requested, units"),
        _("sold out"),
        _("expected, units"),
        _("tenth percentile"),
        _("ninetieth percentile"),
        *map(name_of_a_day, columns),
    ]

    def rows() -> Iterator[list[object]]:
        code = forecast.sku.code
        for known in past:
            yield [code, known.day.isoformat(), known.sold, int(known.was_out_of_stock)]
        for day in days:
            yield [
                code,
                day.day.isoformat(),
                "",
                "",
                day.units,
                day.lower,
                day.upper,
                *(day.factors.get(name, 1.0) for name in columns),
            ]

    return csv_file(f"forecast-{forecast.sku_id}-{forecast.as_of:%Y-%m-%d}", heads, rows())


def _day_row(day: DayOfForecast, columns: Sequence[str], form: ViewForm) -> DayRow:
    iso = day.day.isoformat()
    return DayRow(
        title=f"{day_text(day.day)} {weekday_text(day.day)}",
        url=f"?history={form.history_days}&day={iso}#factors" if day.factors else "",
        marks=", ".join([*day.holidays, *(event.name for event in day.events)]),
        units=units_text(day.units),
        band=f"{units_text(day.lower)} – {units_text(day.upper)}",
        factors=[
            factor_text(day.factors[name]) if name in day.factors else EMPTY for name in columns
        ],
        is_chosen=form.chosen_day == iso,
    )


def _changed_plans(days: Sequence[DayOfForecast]) -> str:
    moved = [day for day in days if not day.is_as_planned]
    if not moved:
        return ""
    return _(
        "Plans or prices changed since this forecast was made. With them it would be %(now)s "
        "units instead of %(then)s; the next night writes that."
    ) % {
        "now": units_text(sum(day.product for day in days)),
        "then": units_text(sum(day.units for day in days)),
    }


def _plans(read: ForecastDays) -> list[PlanRow]:
    events = list(dict.fromkeys(event for day in read.days for event in day.events))
    return [
        PlanRow(
            name=event.name,
            kind=event.get_kind_display(),
            days=span_text(event.starts_on, event.ends_on),
            effect=f"× {figure(round(read.effects.of(event).factor, 3))}",
            url=reverse("admin:inventory_calendarevent_change", args=[event.pk]),
        )
        for event in events
    ]


def span_text(first: date, last: date) -> str:
    if first == last:
        return day_text(first)
    return f"{day_text(first)} – {day_text(last)}"


def _accuracy_row(one: SkuAccuracy) -> dict[str, str]:
    return {
        "made_on": day_text(one.made_on),
        "days": figure(one.days),
        "expected": units_text(one.units_expected),
        "sold": figure(one.units_sold),
        "error": percent_text(one.error, 0),
        "note": _("days it was sold out are left out") if one.was_out_of_stock else "",
    }


def _projection(projection: StockProjection) -> ProjectionPart:
    free = {"units": figure(projection.available)}
    if projection.available == 0:
        sentence = _("Nothing is free now.")
    elif projection.runs_out_on is None:
        sentence = _("%(units)s units are free; they last longer than 120 days.") % free
    else:
        sentence = _("%(units)s units are free; they last until %(day)s.") % {
            **free,
            "day": _long_day(projection.runs_out_on),
        }
    if projection.available and projection.runs_out_early_on is not None:
        early = {"day": _long_day(projection.runs_out_early_on)}
        sentence += " " + _("In one case of ten they are gone by %(day)s.") % early
    shown = [day.day for day in projection.days]
    return ProjectionPart(
        sentence=sentence,
        chart=lines_chart(
            shown,
            [
                Line(_("middle case"), [day.middle for day in projection.days], ACCENT),
                Line(_("one case of ten"), [day.low for day in projection.days], EXPECTED),
            ],
            summary=sentence,
        )
        if projection.available
        else None,
        rows=[
            (day_text(day.day), units_text(day.middle), units_text(day.low))
            for day in projection.days
            if projection.available
        ],
    )


def _facts(forecast: DemandForecast) -> list[tuple[str, str]]:
    known = forecast.explanation.get("facts", {})
    shares = {"share_of_days_with_demand", "from_similar_share"}
    return [
        (code_name(name), percent_text(value, 0) if name in shares else _fact(value))
        for name, value in known.items()
    ]


def _fact(value: Any) -> str:
    if isinstance(value, str):
        try:
            return day_text(date.fromisoformat(value))
        except ValueError:
            return value
    return figure(value)


def _long_day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _expected(day: DayOfForecast) -> DayOfChart:
    return DayOfChart(day=day.day, expected=day.units, lower=day.lower, upper=day.upper)


def _as_chart_day(day: DayOfChart) -> ChartDay:
    return ChartDay(
        day=day.day,
        happened=day.sold,
        expected=day.expected,
        lower=day.lower,
        upper=day.upper,
        is_muted=day.was_out_of_stock,
    )
