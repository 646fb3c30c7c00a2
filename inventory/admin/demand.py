"""Staff pages of demand and its forecasts."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter

from catalog.models import Sku
from catalog.money import format_money
from inventory.admin.changes import changes_view
from inventory.admin.exports import ExportedList, csv_file
from inventory.admin.forecast_page import (
    export_forecast,
    page_without_forecast,
    read_forecast_page,
)
from inventory.admin.forecast_tabs import (
    day_text,
    forecast_tabs,
    nowrap,
    units_text,
    why_no_forecast,
)
from inventory.models import DemandDay, DemandForecast, StockClass
from learning.staff_pages import EMPTY, ReadOnlyAdmin, bar, chip, figure

LIST = "admin:inventory_demandforecast_changelist"


class InForceFilter(admin.SimpleListFilter):
    """The forecasts in force, unless the older ones are asked for."""

    title: str | Promise = gettext_lazy("forecasts")  # type: ignore[assignment]
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", gettext_lazy("earlier ones too"))]

    def choices(self, changelist: Any) -> Any:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("in force"),
        }
        yield {
            "selected": self.value() == "all",
            "query_string": changelist.get_query_string({self.parameter_name: "all"}),
            "display": _("earlier ones too"),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(is_current=True)


class ClassFilter(admin.SimpleListFilter):
    """A half of a stock class; what is not one of its letters asks for nothing."""

    letters: list[str]
    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(letter, letter) for letter in self.letters]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        letter = self.value()
        return queryset.filter(**{self.column: letter}) if letter in self.letters else queryset


class WorthFilter(ClassFilter):
    title: str | Promise = gettext_lazy("worth (ABC)")  # type: ignore[assignment]
    parameter_name = "worth"
    letters = StockClass.Worth.values
    column = "sku__stock_class__worth"


class SteadinessFilter(ClassFilter):
    title: str | Promise = gettext_lazy("steadiness (XYZ)")  # type: ignore[assignment]
    parameter_name = "steadiness"
    letters = StockClass.Steadiness.values
    column = "sku__stock_class__steadiness"


@admin.register(DemandForecast)
class DemandForecastAdmin(ExportedList, ReadOnlyAdmin):
    tab = LIST
    list_before_template = "inventory/staff/forecast_list.html"
    change_form_outer_before_template = "inventory/staff/forecast.html"
    list_display = (
        "sku",
        "product_name",
        "stock_class",
        "units_expected",
        "a_day",
        "over_lead_time",
        "certainty",
        "made_on",
    )
    list_filter = (InForceFilter, WorthFilter, SteadinessFilter, ("as_of", RangeDateFilter))
    search_fields = ("sku__code", "sku__product__name_zh_hans", "sku__product__name_en")
    list_select_related = ("sku__product", "sku__stock_class")
    fields = (
        "sku",
        "product_name",
        "as_of",
        "units_expected",
        "over_lead_time",
        "certainty",
        "model_version",
        "created_at",
    )
    ordering = ("-units", "pk")

    @admin.display(description=gettext_lazy("product"))
    def product_name(self, forecast: DemandForecast) -> str:
        return forecast.sku.product.name

    @admin.display(description=gettext_lazy("next 28 days, units"), ordering="units")
    def units_expected(self, forecast: DemandForecast) -> str:
        return units_text(forecast.units)

    @admin.display(description=gettext_lazy("a day, units"), ordering="units")
    def a_day(self, forecast: DemandForecast) -> str:
        return units_text(forecast.units / max(forecast.horizon_days, 1))

    @admin.display(description=gettext_lazy("lead time: median … 95 %, units"))
    def over_lead_time(self, forecast: DemandForecast) -> str:
        quantiles = forecast.lead_time_quantiles
        if not quantiles:
            return EMPTY
        days = _("%(n)s days") % {"n": figure(forecast.cover_days)}
        middle, high = units_text(quantiles.get("0.5", 0)), units_text(quantiles.get("0.95", 0))
        return f"{middle} … {high} ({days})"

    @admin.display(description=gettext_lazy("as of"), ordering="as_of")
    def made_on(self, forecast: DemandForecast) -> SafeString:
        return nowrap(day_text(forecast.as_of))

    @admin.display(description=gettext_lazy("certainty"), ordering="confidence")
    def certainty(self, forecast: DemandForecast) -> SafeString:
        return bar(forecast.confidence)

    @admin.display(description=gettext_lazy("class"), ordering="sku__stock_class__worth")
    def stock_class(self, forecast: DemandForecast) -> str:
        found = getattr(forecast.sku, "stock_class", None)
        return EMPTY if found is None else str(found)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("changes/", wrap(self.changes_view), name="inventory_forecast_changes"),
            path("sku/<int:sku_id>/", wrap(self.sku_view), name="inventory_forecast_sku"),
            *super().get_urls(),
        ]

    def above_the_list(
        self, request: HttpRequest, found: QuerySet[DemandForecast]
    ) -> dict[str, Any]:
        return {} if DemandForecast.objects.exists() else {"missing": why_no_forecast()}

    def export(self, found: QuerySet[DemandForecast]) -> StreamingHttpResponse:
        return _export(found)

    def changes_view(self, request: HttpRequest) -> HttpResponseBase:
        return changes_view(self, request)

    def sku_view(self, request: HttpRequest, sku_id: int) -> HttpResponse:
        """The forecast in force, or what is missing for one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        sku: Sku = get_object_or_404(Sku.objects.select_related("product"), pk=sku_id)
        forecast = DemandForecast.objects.in_force().filter(sku=sku).order_by("-as_of").first()
        if forecast is not None:
            url = reverse("admin:inventory_demandforecast_change", args=[forecast.pk])
            return HttpResponseRedirect(url)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": self.opts.verbose_name,
            "tabs": forecast_tabs(request, LIST),
            "forecast_page": page_without_forecast(sku=sku),
        }
        return TemplateResponse(request, "inventory/staff/forecast_missing.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        if request.GET.get("export") == "csv":
            if not self.has_view_permission(request):
                raise PermissionDenied
            forecast = self.get_object(request, object_id)
            if isinstance(forecast, DemandForecast):
                return export_forecast(forecast)
        context = {"title": self.opts.verbose_name, **(extra_context or {})}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        forecast = kwargs.get("obj")
        if isinstance(forecast, DemandForecast):
            context["tabs"] = forecast_tabs(request, LIST)
            context["forecast_page"] = read_forecast_page(request=request, forecast=forecast)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def get_queryset(self, request: HttpRequest) -> QuerySet[DemandForecast]:
        rows: QuerySet[DemandForecast] = super().get_queryset(request)
        return rows.select_related(
            "sku__product__category", "sku__stock_class", "model_version", "warehouse"
        )


@admin.register(DemandDay)
class DemandDayAdmin(ReadOnlyAdmin):
    list_display = (
        "day",
        "sku",
        "requested",
        "filled",
        "bulk",
        "returned",
        "price",
        "marks",
    )
    list_filter = ("was_out_of_stock", "is_promoted", ("day", RangeDateFilter))
    search_fields = ("sku__code",)
    list_select_related = ("sku",)

    @admin.display(description=gettext_lazy("requested, units"), ordering="units_requested")
    def requested(self, row: DemandDay) -> str:
        return figure(row.units_requested)

    @admin.display(description=gettext_lazy("filled, units"), ordering="units_filled")
    def filled(self, row: DemandDay) -> str:
        return figure(row.units_filled)

    @admin.display(description=gettext_lazy("in bulk, units"), ordering="units_bulk")
    def bulk(self, row: DemandDay) -> str:
        return figure(row.units_bulk) if row.units_bulk else EMPTY

    @admin.display(description=gettext_lazy("returned, units"), ordering="units_returned")
    def returned(self, row: DemandDay) -> str:
        return figure(row.units_returned) if row.units_returned else EMPTY

    @admin.display(description=gettext_lazy("mean unit price"), ordering="unit_price_minor")
    def price(self, row: DemandDay) -> str:
        if row.unit_price_minor is None:
            return EMPTY
        return format_money(row.unit_price_minor, row.sku.currency)

    @admin.display(description=gettext_lazy("marks"))
    def marks(self, row: DemandDay) -> SafeString | str:
        if row.was_out_of_stock:
            return chip("out", _("sold out"), {"out": "bad"})
        if row.is_promoted:
            return chip("promoted", _("promoted"), {"promoted": "info"})
        return EMPTY


def _export(found: QuerySet[DemandForecast]) -> StreamingHttpResponse:
    heads = [
        _("SKU"),
        _("product"),
        _("class"),
        _("as of"),
        _("horizon, days"),
        _("expected over the horizon, units"),
        _("lead time and review, days"),
        _("lead time: median, units"),
        _("lead time: 95 %, units"),
        _("certainty"),
    ]
    rows = (
        (
            row.sku.code,
            row.sku.product.name,
            getattr(row.sku, "stock_class", None) or "",
            row.as_of.isoformat(),
            row.horizon_days,
            round(row.units, 3),
            row.cover_days,
            row.lead_time_quantiles.get("0.5"),
            row.lead_time_quantiles.get("0.95"),
            row.confidence,
        )
        for row in found.iterator(chunk_size=1_000)
    )
    return csv_file("forecasts", heads, rows)
