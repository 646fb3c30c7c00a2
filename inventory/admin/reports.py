"""Reports of stock as pages: filters, sums, a table by the page, the same as CSV."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Category, Sku
from catalog.money import format_money, plain_amount
from inventory.models import StockClass, Warehouse
from inventory.services.reports import cover, dead, turnover, value
from inventory.services.reports.choice import Choice
from learning.algorithms.spreadsheets import plain_cell
from learning.staff_pages import EMPTY, StaffAdmin, figure

ROWS_PER_PAGE = 50
_FIELD = {"class": "zg-input"}


@dataclass(frozen=True, slots=True)
class Column:
    """cell: for people. plain: for a spreadsheet, without separators and symbols."""

    title: str | Promise
    cell: Callable[[Any, Sku], Any]
    plain: Callable[[Any, Sku], Any]
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """read: rows and the sums above them, from the cleaned form."""

    name: str
    title: str | Promise
    about: str | Promise
    form: type["ChoiceForm"]
    read: Callable[["ChoiceForm"], tuple[Sequence[Any], list[tuple[Any, str]]]]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    report: Report
    form: "ChoiceForm"
    sums: list[tuple[Any, str]]
    rows: list[tuple[Sku, list[tuple[Any, bool]]]]
    lines: Page[Any]
    query: str
    reports: list[tuple[str, Any, bool]]


class ChoiceForm(forms.Form):
    """A filter that cannot be read is left out: an address is no place for complaints."""

    warehouse: Any = forms.ModelChoiceField(
        Warehouse.objects.none(),
        label=gettext_lazy("warehouse"),
        required=False,
        empty_label=gettext_lazy("all"),
        widget=forms.Select(attrs=_FIELD),
    )
    category: Any = forms.ModelChoiceField(
        Category.objects.none(),
        label=gettext_lazy("category"),
        required=False,
        empty_label=gettext_lazy("all"),
        widget=forms.Select(attrs=_FIELD),
    )
    worth = forms.ChoiceField(
        label=gettext_lazy("worth"),
        choices=[("", gettext_lazy("all")), *StockClass.Worth.choices],
        required=False,
        widget=forms.Select(attrs=_FIELD),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["warehouse"].queryset = Warehouse.objects.all()
        fields["category"].queryset = Category.objects.all()
        fields["category"].label_from_instance = lambda one: "– " * (one.depth - 1) + one.name

    def value(self, name: str, default: Any) -> Any:
        found = self.cleaned_data.get(name)
        return default if found is None else found

    @property
    def choice(self) -> Choice:
        chosen = self.cleaned_data
        return Choice(chosen.get("warehouse"), chosen.get("category"), chosen.get("worth") or "")


class DayForm(ChoiceForm):
    on = forms.DateField(
        label=gettext_lazy("at the end of"),
        required=False,
        widget=forms.DateInput(attrs={**_FIELD, "type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def clean_on(self) -> date | None:
        """A day that is still to come has no stock yet."""
        day: date | None = self.cleaned_data["on"]
        return None if day is None else max(date(2000, 1, 1), min(day, timezone.localdate()))


class DaysForm(ChoiceForm):
    days = forms.IntegerField(
        label=gettext_lazy("days"),
        min_value=1,
        max_value=3650,
        required=False,
        widget=forms.NumberInput(attrs=_FIELD),
    )


def _read_value(form: ChoiceForm) -> tuple[Sequence[Any], list[tuple[Any, str]]]:
    found = value.stock_value(form.choice, on=form.value("on", timezone.localdate()))
    return found.rows, [
        (_("value at cost"), _money(found.value_minor)),
        (_("units"), figure(found.units)),
        (_("SKUs"), figure(len(found.rows))),
        (_("of these without a known cost"), figure(found.n_unknown)),
    ]


def _read_dead(form: ChoiceForm) -> tuple[Sequence[Any], list[tuple[Any, str]]]:
    days = form.value("days", dead.dead_after_days())
    found = dead.dead_stock(form.choice, today=timezone.localdate(), days=days)
    return found.rows, [
        (_("lies in dead stock"), _money(found.value_minor)),
        (_("units"), figure(found.units)),
        (_("SKUs"), figure(len(found.rows))),
        (_("days without a sale"), figure(days)),
    ]


def _read_turnover(form: ChoiceForm) -> tuple[Sequence[Any], list[tuple[Any, str]]]:
    days = form.value("days", 90)
    found = turnover.stock_turnover(form.choice, today=timezone.localdate(), days=days)
    return found.rows, [
        (_("turns a year, by cost"), _decimal(found.turns)),
        (_("sold, units"), figure(found.sold)),
        (_("SKUs"), figure(len(found.rows))),
        (_("days"), figure(days)),
    ]


def _read_cover(form: ChoiceForm) -> tuple[Sequence[Any], list[tuple[Any, str]]]:
    found = cover.days_of_cover(form.choice, today=timezone.localdate())
    return found.rows, [
        (_("last less than 7 days"), figure(found.n_within(7))),
        (_("last less than 30 days"), figure(found.n_within(30))),
        (_("nobody asks for"), figure(found.n_unasked)),
        (_("SKUs"), figure(len(found.rows))),
    ]


def _money(minor: float | None) -> str:
    return EMPTY if minor is None else format_money(round(minor), settings.CURRENCY)


def _decimal(number: float | None) -> str:
    return EMPTY if number is None else figure(round(number, 1))


def _day(moment: Any) -> str:
    if moment is None:
        return EMPTY
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")


def _iso(moment: Any) -> str:
    return "" if moment is None else timezone.localtime(moment).date().isoformat()


def _units(title: Any, name: str) -> Column:
    return Column(
        title, lambda row, _sku: figure(getattr(row, name)), lambda row, _sku: getattr(row, name)
    )


def _number(title: Any, name: str) -> Column:
    def plain(row: Any, _sku: Sku) -> Any:
        found = getattr(row, name)
        return "" if found is None else round(found, 3)

    return Column(title, lambda row, _sku: _decimal(getattr(row, name)), plain)


def _amount(title: Any, name: str) -> Column:
    def plain(row: Any, sku: Sku) -> str:
        minor = getattr(row, name)
        return "" if minor is None else plain_amount(round(minor), sku.currency)

    def cell(row: Any, sku: Sku) -> str:
        minor = getattr(row, name)
        return EMPTY if minor is None else format_money(round(minor), sku.currency)

    return Column(title, cell, plain)


def _moment(title: Any, name: str) -> Column:
    return Column(
        title,
        lambda row, _sku: _day(getattr(row, name)),
        lambda row, _sku: _iso(getattr(row, name)),
    )


def _said(title: Any, name: str, yes: Any, no: Any) -> Column:
    """What a figure was taken from."""

    def cell(row: Any, _sku: Sku) -> str:
        return str(yes if getattr(row, name) else no)

    return Column(title, cell, cell, is_number=False)


REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        Report(
            "value",
            gettext_lazy("Stock value"),
            gettext_lazy(
                "From the movements up to that day, at the moving average of what was paid on "
                "receipt. What nothing was paid for is valued at the supplier's price."
            ),
            DayForm,
            _read_value,
            (
                _units(gettext_lazy("units"), "units"),
                _units(gettext_lazy("on the way"), "on_the_way"),
                _amount(gettext_lazy("unit cost"), "cost_minor"),
                _amount(gettext_lazy("value"), "value_minor"),
                _said(
                    gettext_lazy("cost from"),
                    "is_offered",
                    gettext_lazy("supplier's price"),
                    gettext_lazy("receipts"),
                ),
            ),
        ),
        Report(
            "dead",
            gettext_lazy("Dead stock"),
            gettext_lazy("On hand, here for at least so many days, and not sold in them."),
            DaysForm,
            _read_dead,
            (
                _units(gettext_lazy("units"), "units"),
                _amount(gettext_lazy("value"), "value_minor"),
                _moment(gettext_lazy("last sold"), "sold_at"),
                _moment(gettext_lazy("first came"), "came_at"),
            ),
        ),
        Report(
            "turnover",
            gettext_lazy("Turnover"),
            gettext_lazy(
                "Units sold over the mean stock of the period, weighted by time, as if the period "
                "were a year. The slowest come first."
            ),
            DaysForm,
            _read_turnover,
            (
                _units(gettext_lazy("sold, units"), "sold"),
                _number(gettext_lazy("mean on hand"), "mean_units"),
                _units(gettext_lazy("on hand now"), "on_hand"),
                _number(gettext_lazy("turns a year"), "turns"),
            ),
        ),
        Report(
            "cover",
            gettext_lazy("Days of cover"),
            gettext_lazy(
                "What is free over what is expected a day: by the forecast, or where there is none "
                "by the last 28 days. What runs out first comes first."
            ),
            ChoiceForm,
            _read_cover,
            (
                _units(gettext_lazy("free, units"), "free"),
                _units(gettext_lazy("on the way"), "on_the_way"),
                _number(gettext_lazy("expected a day"), "daily"),
                _number(gettext_lazy("days"), "days"),
                _said(
                    gettext_lazy("expected by"),
                    "is_forecast",
                    gettext_lazy("forecast"),
                    gettext_lazy("last 28 days"),
                ),
            ),
        ),
    )
}


def report_view(
    page: StaffAdmin, request: HttpRequest, name: str
) -> HttpResponse | StreamingHttpResponse:
    """With `export=csv` every row; else a page of them."""
    report = REPORTS[name]
    if not page.has_view_permission(request):
        raise PermissionDenied
    form = report.form(request.GET)
    form.is_valid()
    rows, sums = report.read(form)
    if request.GET.get("export") == "csv":
        return _export(report, rows)
    lines = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("p"))
    kept = request.GET.copy()
    kept.pop("p", None)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": report.title,
        "page": ReportPage(
            report=report,
            form=form,
            sums=sums,
            rows=[
                (sku, [(column.cell(row, sku), column.is_number) for column in report.columns])
                for row, sku in _with_skus(list(lines))
            ],
            lines=lines,
            query=f"{kept.urlencode()}&" if kept else "",
            reports=[(one.name, one.title, one is report) for one in REPORTS.values()],
        ),
    }
    return TemplateResponse(request, "inventory/staff/report.html", context)


def _with_skus(rows: Sequence[Any]) -> Iterator[tuple[Any, Sku]]:
    skus = Sku.objects.select_related("product").in_bulk([row.sku_id for row in rows])
    for row in rows:
        yield row, skus[row.sku_id]


class _Line:
    """What `csv` writes is handed on instead of kept."""

    def write(self, line: str) -> str:
        return line


def _export(report: Report, rows: Sequence[Any]) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        writer: Any = csv.writer(_Line())
        heads = [_("SKU"), _("product"), *(str(column.title) for column in report.columns)]
        # The mark tells spreadsheets that this is UTF-8.
        yield "\ufeff" + writer.writerow([plain_cell(head) for head in heads])
        for start in range(0, len(rows), 1_000):
            for row, sku in _with_skus(rows[start : start + 1_000]):
                cells = [sku.code, sku.product.name]
                cells += [column.plain(row, sku) for column in report.columns]
                yield writer.writerow([plain_cell(cell) for cell in cells])

    name = f"{report.name}-{timezone.localdate():%Y-%m-%d}.csv"
    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
