"""The page of what changed since the last forecast, and which factor did it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Category
from inventory.admin.exports import csv_file
from inventory.admin.forecast_tabs import (
    day_text,
    factor_text,
    forecast_tabs,
    percent_text,
    signed,
    units_text,
    why_no_forecast,
)
from inventory.models import DemandForecast, StockClass
from inventory.services.forecast_changes import (
    ForecastChange,
    changed_forecasts,
    explain_changes,
)
from learning.staff_pages import StaffAdmin
from learning.wording import code_name

ROWS_PER_PAGE: Final = 50
EXPORTED_AT_ONCE: Final = 500
_FIELD: Final = {"class": "zg-input"}


class ChangesForm(forms.Form):
    """A filter that cannot be read is left out: an address is no place for complaints."""

    q = forms.CharField(
        label=gettext_lazy("SKU or product"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={**_FIELD, "type": "search"}),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("direction"),
        choices=[
            ("", gettext_lazy("all")),
            ("up", gettext_lazy("more expected")),
            ("down", gettext_lazy("less expected")),
        ],
        required=False,
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
        label=gettext_lazy("worth (ABC)"),
        choices=[("", gettext_lazy("all")), *StockClass.Worth.choices],
        required=False,
        widget=forms.Select(attrs=_FIELD),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        category: Any = self.fields["category"]
        category.queryset = Category.objects.all()
        category.label_from_instance = lambda one: "– " * (one.depth - 1) + one.name
        self.is_valid()

    def of(self, rows: QuerySet[Any]) -> QuerySet[DemandForecast]:
        chosen = self.cleaned_data
        if text := chosen.get("q"):
            rows = rows.filter(
                Q(sku__code__icontains=text)
                | Q(sku__product__name_zh_hans__icontains=text)
                | Q(sku__product__name_en__icontains=text)
            )
        if (direction := chosen.get("direction")) == "up":
            rows = rows.filter(units_changed__gt=0)
        elif direction == "down":
            rows = rows.filter(units_changed__lt=0)
        if category := chosen.get("category"):
            rows = rows.filter(sku__product__category__path__startswith=category.path)
        if worth := chosen.get("worth"):
            rows = rows.filter(sku__stock_class__worth=worth)
        return rows


@dataclass(frozen=True, slots=True)
class ChangeRow:
    code: str
    product: str
    url: str
    before: str
    after: str
    change: str
    share: str
    reason: str
    is_more: bool


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """missing: what to say instead of a table."""

    form: ChangesForm
    missing: str = ""
    between: str = ""
    rows: list[ChangeRow] | None = None
    lines: Page[Any] | None = None
    query: str = ""


def changes_view(page: StaffAdmin, request: HttpRequest) -> HttpResponseBase:
    """With `export=csv` every change; else a page of them."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    form = ChangesForm(request.GET)
    newest = (
        DemandForecast.objects.in_force().order_by("-as_of").values_list("as_of", flat=True).first()
    )
    if newest is None:
        content = ChangesPage(form, missing=why_no_forecast())
    else:
        everything = changed_forecasts(as_of=newest)
        found = form.of(everything).select_related("sku__product")
        if request.GET.get("export") == "csv":
            return _export(newest, found)
        content = _read(form, newest, found, request)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("What changed since the last forecast"),
        "tabs": forecast_tabs(request, "admin:inventory_forecast_changes"),
        "page": content,
    }
    return TemplateResponse(request, "inventory/staff/forecast_changes.html", context)


def _read(
    form: ChangesForm, newest: date, found: QuerySet[DemandForecast], request: HttpRequest
) -> ChangesPage:
    lines = Paginator(found, ROWS_PER_PAGE).get_page(request.GET.get("p"))
    changes = explain_changes(forecasts=list(lines))
    kept = request.GET.copy()
    kept.pop("p", None)
    if not changes:
        if any(form.cleaned_data.values()):
            missing = _("No forecast that is asked for here has changed.")
        else:
            missing = _(
                "There is nothing to compare the forecast of %(day)s with: changes are told from "
                "the second night on."
            ) % {"day": day_text(newest)}
        return ChangesPage(form, missing=missing)
    return ChangesPage(
        form,
        between=_("The forecast of %(after)s beside that of %(before)s, units in 28 days.")
        % {"after": day_text(newest), "before": day_text(changes[0].before_on)},
        rows=[_row(change) for change in changes],
        lines=lines,
        query=f"{kept.urlencode()}&" if kept else "",
    )


def _row(change: ForecastChange) -> ChangeRow:
    sku = change.forecast.sku
    return ChangeRow(
        code=sku.code,
        product=sku.product.name,
        url=reverse("admin:inventory_demandforecast_change", args=[change.forecast.pk]),
        before=units_text(change.units_before),
        after=units_text(change.units_after),
        change=signed(change.units, units_text(change.units)),
        share=_share(change),
        reason=_reason(change),
        is_more=change.units > 0,
    )


def _share(change: ForecastChange) -> str:
    if change.units_before <= 0:
        return ""
    share = change.units / change.units_before
    return signed(share, percent_text(share))


def _reason(change: ForecastChange) -> str:
    if not change.factor:
        return _("not told")
    before, after = factor_text(change.factor_before), factor_text(change.factor_after)
    return f"{code_name(change.factor)}: {before} → {after}"


def _export(newest: date, found: QuerySet[DemandForecast]) -> StreamingHttpResponse:
    heads = [
        _("SKU"),
        _("product"),
        _("forecast before"),
        _("units before"),
        _("forecast now"),
        _("units now"),
        _("change, units"),
        _("factor"),
        _("factor before"),
        _("factor now"),
    ]

    def rows() -> Iterator[tuple[object, ...]]:
        batch: list[DemandForecast] = []
        for row in found.iterator(chunk_size=EXPORTED_AT_ONCE):
            batch.append(row)
            if len(batch) == EXPORTED_AT_ONCE:
                yield from map(_cells, explain_changes(forecasts=batch))
                batch = []
        yield from map(_cells, explain_changes(forecasts=batch))

    return csv_file(f"forecast-changes-{newest:%Y-%m-%d}", heads, rows())


def _cells(change: ForecastChange) -> tuple[object, ...]:
    return (
        change.forecast.sku.code,
        change.forecast.sku.product.name,
        change.before_on.isoformat(),
        round(change.units_before, 3),
        change.forecast.as_of.isoformat(),
        round(change.units_after, 3),
        round(change.units, 3),
        code_name(change.factor) if change.factor else "",
        round(change.factor_before, 6),
        round(change.factor_after, 6),
    )
