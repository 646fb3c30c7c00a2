"""The page of what the shop and its categories are expected to sell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Category
from inventory.admin.exports import csv_file
from inventory.admin.forecast_tabs import (
    day_text,
    forecast_tabs,
    percent_text,
    signed,
    units_text,
    weekday_text,
    why_no_forecast,
)
from inventory.models import TotalForecast
from inventory.services.shop_outlook import (
    CategoryShare,
    OutlookDay,
    newest_outlook,
    outlook_of_category,
    outlook_of_shop,
    sales_by_day,
    shares_of_categories,
)
from learning.staff_charts import Chart, ChartDay, forecast_chart
from learning.staff_pages import ReadOnlyAdmin, bar, figure

HERE: Final = "admin:inventory_totalforecast_changelist"
HISTORIES: Final = (28, 91, 182, 365)
USUAL_HISTORY: Final = 91
ROWS_PER_PAGE: Final = 25
_FIELD: Final = {"class": "zg-input"}


class OutlookForm(forms.Form):
    """A filter that cannot be read is left out: an address is no place for complaints."""

    category: Any = forms.ModelChoiceField(
        Category.objects.none(),
        label=gettext_lazy("category"),
        required=False,
        empty_label=gettext_lazy("the whole shop"),
        widget=forms.Select(attrs=_FIELD),
    )
    history = forms.TypedChoiceField(
        label=gettext_lazy("history, days"),
        choices=[(days, days) for days in HISTORIES],
        coerce=int,
        required=False,
        widget=forms.Select(attrs=_FIELD),
    )

    def __init__(self, data: Any) -> None:
        super().__init__({"history": USUAL_HISTORY, **data.dict()})
        category: Any = self.fields["category"]
        category.queryset = Category.objects.all()
        category.label_from_instance = lambda one: "– " * (one.depth - 1) + one.name
        self.is_valid()

    @property
    def category_chosen(self) -> Category | None:
        chosen: Category | None = self.cleaned_data.get("category")
        return chosen

    @property
    def history_days(self) -> int:
        return int(self.cleaned_data.get("history") or USUAL_HISTORY)


@dataclass(frozen=True, slots=True)
class ShareRow:
    name: str
    url: str
    units: str
    share: SafeString
    before: str
    change: str


@dataclass(frozen=True, slots=True)
class DayRow:
    title: str
    units: str
    band: str


@dataclass(frozen=True, slots=True)
class OutlookPage:
    """missing: what to say instead of a chart. days: those ahead; history: those before."""

    form: OutlookForm
    name: str
    missing: str = ""
    units: str = ""
    facts: Sequence[tuple[str, str]] = ()
    chart: Chart | None = None
    days: Sequence[DayRow] = ()
    history: Sequence[tuple[str, str]] = ()
    shares: Sequence[ShareRow] = ()
    lines: Page[Any] | None = None
    query: str = ""
    n_history: int = 0


@admin.register(TotalForecast)
class TotalForecastAdmin(ReadOnlyAdmin):
    """Days of the shop and of its categories on one page: its list is that page."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = OutlookForm(request.GET)
        as_of = newest_outlook()
        if as_of is not None and (wanted := request.GET.get("export")) in {"days", "categories"}:
            export = _export_days if wanted == "days" else _export_shares
            return export(form, as_of)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What the shop and its categories will sell"),
            "tabs": forecast_tabs(request, HERE),
            "page": _read(form, as_of, request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "inventory/staff/shop_outlook.html", context)


def _read(form: OutlookForm, as_of: date | None, request: HttpRequest) -> OutlookPage:
    category = form.category_chosen
    name = _("The whole shop") if category is None else category.name
    if as_of is None:
        return OutlookPage(form, name, missing=why_no_forecast())
    first = as_of - timedelta(days=form.history_days - 1)
    sold = sales_by_day(first_day=first, last_day=as_of, category=category)
    past = [first + timedelta(days=number) for number in range(form.history_days)]
    ahead = _ahead(as_of, category)
    lines = Paginator(shares_of_categories(as_of=as_of, parent=category), ROWS_PER_PAGE).get_page(
        request.GET.get("p")
    )
    kept = request.GET.copy()
    kept.pop("p", None)
    expected = sum(day.units for day in ahead)
    before = sum(sold.get(as_of - timedelta(days=number), 0) for number in range(len(ahead)))
    units = units_text(expected)
    return OutlookPage(
        form,
        name,
        missing="" if ahead else _("Nothing was sold in this category, so nothing is expected."),
        units=_("%(units)s units expected in %(days)s days")
        % {"units": units, "days": figure(len(ahead))}
        if ahead
        else "",
        facts=[
            (_("expected, units"), units),
            (_("sold in as many days before"), figure(before)),
            (
                _("change"),
                signed(expected - before, percent_text((expected - before) / before))
                if before
                else "–",
            ),
            (_("as of"), day_text(as_of)),
        ]
        if ahead
        else [],
        chart=forecast_chart(
            [
                *(ChartDay(day, happened=sold.get(day, 0)) for day in past),
                *(
                    ChartDay(day.day, expected=day.units, lower=day.lower, upper=day.upper)
                    for day in ahead
                ),
            ],
            happened=_("requested, units"),
            summary=_(
                "%(name)s: units requested in %(past)s days, and %(units)s expected in the "
                "%(days)s days after. The tables below hold the same numbers."
            )
            % {"name": name, "past": len(past), "units": units, "days": len(ahead)},
        ),
        days=[
            DayRow(
                title=f"{day_text(day.day)} {weekday_text(day.day)}",
                units=units_text(day.units),
                band=f"{units_text(day.lower)} – {units_text(day.upper)}",
            )
            for day in ahead
        ],
        history=[(day_text(day), figure(sold.get(day, 0))) for day in reversed(past)],
        shares=[_share_row(one, form) for one in lines],
        lines=lines,
        query=f"{kept.urlencode()}&" if kept else "",
        n_history=len(past),
    )


def _ahead(as_of: date, category: Category | None) -> list[OutlookDay]:
    if category is None:
        return outlook_of_shop(as_of=as_of)
    return outlook_of_category(category=category, as_of=as_of)


def _share_row(one: CategoryShare, form: OutlookForm) -> ShareRow:
    change = one.units - one.sold_before
    query = urlencode({"category": one.category.pk, "history": form.history_days})
    return ShareRow(
        name=one.category.name,
        url=f"?{query}",
        units=units_text(one.units),
        share=bar(one.share, text=percent_text(one.share)),
        before=figure(one.sold_before),
        change=signed(change, percent_text(change / one.sold_before)) if one.sold_before else "",
    )


def _export_days(form: OutlookForm, as_of: date) -> StreamingHttpResponse:
    category = form.category_chosen
    first = as_of - timedelta(days=form.history_days - 1)
    sold = sales_by_day(first_day=first, last_day=as_of, category=category)
    ahead = _ahead(as_of, category)
    name = _("The whole shop") if category is None else category.name
    heads = [
        _("category"),
        _("day"),
        _("requested, units"),
        _("expected, units"),
        _("tenth percentile"),
        _("ninetieth percentile"),
    ]

    def rows() -> Iterator[list[object]]:
        for number in range(form.history_days):
            day = first + timedelta(days=number)
            yield [name, day.isoformat(), sold.get(day, 0)]
        for one in ahead:
            yield [
                name,
                one.day.isoformat(),
                "",
                *(round(units, 3) for units in (one.units, one.lower, one.upper)),
            ]

    return csv_file(f"outlook-{as_of:%Y-%m-%d}", heads, rows())


def _export_shares(form: OutlookForm, as_of: date) -> StreamingHttpResponse:
    heads = [
        _("category"),
        _("as of"),
        _("expected, units"),
        _("share of the shop"),
        _("sold in the 28 days before, units"),
    ]
    rows = (
        [
            one.category.name,
            as_of.isoformat(),
            round(one.units, 3),
            round(one.share, 6),
            one.sold_before,
        ]
        for one in shares_of_categories(as_of=as_of, parent=form.category_chosen)
    )
    return csv_file(f"categories-{as_of:%Y-%m-%d}", heads, rows)
