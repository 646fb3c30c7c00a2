"""Staff pages of demand and its forecasts."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter

from catalog.money import format_money
from inventory.models import DemandDay, DemandForecast
from inventory.services import forecasts
from inventory.services.forecasts import DayOfChart
from learning.proposal_admin import factor_rows
from learning.staff_charts import ChartDay, forecast_chart
from learning.staff_pages import EMPTY, ReadOnlyAdmin, bar, chip, figure

UNITS_SHOWN_WITH_DECIMALS = 100


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


@admin.register(DemandForecast)
class DemandForecastAdmin(ReadOnlyAdmin):
    change_form_outer_before_template = "inventory/staff/forecast.html"
    list_display = (
        "sku",
        "product_name",
        "units_expected",
        "a_day",
        "over_lead_time",
        "certainty",
        "as_of",
        "model_version",
    )
    list_filter = (InForceFilter, ("as_of", RangeDateFilter))
    search_fields = ("sku__code", "sku__product__name_zh_hans", "sku__product__name_en")
    list_select_related = ("sku__product", "model_version")
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
        return _units(forecast.units)

    @admin.display(description=gettext_lazy("a day, units"), ordering="units")
    def a_day(self, forecast: DemandForecast) -> str:
        return _units(forecast.units / max(forecast.horizon_days, 1))

    @admin.display(description=gettext_lazy("lead time: median … 95 %, units"))
    def over_lead_time(self, forecast: DemandForecast) -> str:
        quantiles = forecast.lead_time_quantiles
        if not quantiles:
            return EMPTY
        days = _("%(n)s days") % {"n": figure(forecast.cover_days)}
        middle, high = _units(quantiles.get("0.5", 0)), _units(quantiles.get("0.95", 0))
        return f"{middle} … {high} ({days})"

    @admin.display(description=gettext_lazy("certainty"), ordering="confidence")
    def certainty(self, forecast: DemandForecast) -> SafeString:
        return bar(forecast.confidence)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        forecast = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": self.opts.verbose_name, **(extra_context or {})}
        if isinstance(forecast, DemandForecast):
            chart = forecasts.forecast_chart(sku_id=forecast.sku_id)
            context["forecast_page"] = {
                "chart": forecast_chart(
                    [_as_chart_day(day) for day in chart.days], happened=_("requested, units")
                ),
                "forecast": forecast,
                "factors": factor_rows(forecast.explanation),
                "units": _units(forecast.units),
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response


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


def _units(value: float) -> str:
    """Slow sellers need a decimal, fast ones none."""
    decimals = 1 if value < UNITS_SHOWN_WITH_DECIMALS else 0
    return number_format(value, decimal_pos=decimals, force_grouping=True)


def _as_chart_day(day: DayOfChart) -> ChartDay:
    return ChartDay(
        day=day.day,
        happened=day.sold,
        expected=day.expected,
        lower=day.lower,
        upper=day.upper,
        is_muted=day.was_out_of_stock,
    )
