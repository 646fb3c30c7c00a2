"""The page of stock by worth and steadiness: nine cells, and the SKUs in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.money import format_money, plain_amount
from inventory.admin.exports import ExportedList, csv_file
from inventory.admin.forecast_tabs import day_text, percent_text, why_no_forecast
from inventory.models import StockClass
from inventory.services.class_matrix import ClassCell, ClassMatrix, read_class_matrix
from learning.staff_pages import EMPTY, ReadOnlyAdmin, figure, percent

HERE: Final = "admin:inventory_stockclass_changelist"
FORECASTS: Final = "admin:inventory_demandforecast_changelist"


@dataclass(frozen=True, slots=True)
class CellView:
    """url: its SKUs in the list below; forecasts: their forecasts."""

    name: str
    url: str
    forecasts: str
    n_skus: str
    value: str
    fill_rate: str
    typed: str
    is_empty: bool


@dataclass(frozen=True, slots=True)
class MatrixPage:
    missing: str
    as_of: str
    rows: Sequence[tuple[str, str, Sequence[CellView]]]
    unclassed: str


@admin.register(StockClass)
class StockClassAdmin(ExportedList, ReadOnlyAdmin):
    tab = HERE
    list_before_template = "inventory/staff/stock_classes.html"
    list_display = ("sku_code", "product_name", "cell", "revenue", "share", "spread", "forecast")
    list_filter = ("worth", "steadiness")
    search_fields = ("sku__code", "sku__product__name_zh_hans", "sku__product__name_en")
    list_select_related = ("sku__product",)
    list_display_links = None
    ordering = ("-revenue_minor", "pk")

    def above_the_list(self, request: HttpRequest, found: QuerySet[StockClass]) -> dict[str, Any]:
        return {"page": _read(read_class_matrix(today=timezone.localdate()))}

    def export(self, found: QuerySet[StockClass]) -> StreamingHttpResponse:
        return _export(found)

    @admin.display(description=gettext_lazy("SKU"), ordering="sku__code")
    def sku_code(self, row: StockClass) -> str:
        return row.sku.code

    @admin.display(description=gettext_lazy("product"))
    def product_name(self, row: StockClass) -> str:
        return row.sku.product.name

    @admin.display(description=gettext_lazy("class"), ordering="worth")
    def cell(self, row: StockClass) -> str:
        return str(row)

    @admin.display(description=gettext_lazy("revenue"), ordering="revenue_minor")
    def revenue(self, row: StockClass) -> str:
        return format_money(row.revenue_minor, row.sku.currency)

    @admin.display(description=gettext_lazy("share of revenue"), ordering="revenue_share")
    def share(self, row: StockClass) -> str:
        return percent_text(row.revenue_share, 2)

    @admin.display(
        description=gettext_lazy("variation of weekly demand"),
        ordering=F("variation").asc(nulls_last=True),
    )
    def spread(self, row: StockClass) -> str:
        return EMPTY if row.variation is None else figure(round(row.variation, 2))

    @admin.display(description=gettext_lazy("forecast"))
    def forecast(self, row: StockClass) -> SafeString:
        url = reverse("admin:inventory_forecast_sku", args=[row.sku_id])
        return format_html('<a class="zg-link" href="{}">{}</a>', url, _("Forecast"))


def _read(matrix: ClassMatrix) -> MatrixPage:
    missing = ""
    if not matrix.n_skus:
        missing = _("No SKU has a class yet; the nights give them from what was sold.")
        missing = f"{missing} {why_no_forecast()}"
    return MatrixPage(
        missing=missing,
        as_of="" if matrix.as_of is None else day_text(matrix.as_of),
        rows=[
            (row[0].worth, _worth_in_words(row[0].worth), [_cell(cell) for cell in row])
            for row in matrix.rows
        ],
        unclassed=figure(matrix.n_unclassed) if matrix.n_unclassed else "",
    )


def _worth_in_words(worth: str) -> str:
    return {
        "A": _("first four fifths of revenue"),
        "B": _("next 15 %"),
        "C": _("last 5 %"),
    }[worth]


def _cell(cell: ClassCell) -> CellView:
    both = {"worth": cell.worth, "steadiness": cell.steadiness}
    value = format_money(cell.value_minor, settings.CURRENCY)
    return CellView(
        name=f"{cell.worth}{cell.steadiness}",
        url=f"{reverse(HERE)}?"
        + urlencode({"worth__exact": cell.worth, "steadiness__exact": cell.steadiness}),
        forecasts=f"{reverse(FORECASTS)}?{urlencode(both)}",
        n_skus=figure(cell.n_skus),
        value=f"≥ {value}" if cell.n_unknown else value,
        fill_rate=EMPTY if cell.fill_rate is None else percent_text(cell.fill_rate),
        typed=percent(cell.typed_level) if cell.typed_level is not None else "",
        is_empty=not cell.n_skus,
    )


def _export(found: QuerySet[StockClass]) -> StreamingHttpResponse:
    heads = [
        _("SKU"),
        _("product"),
        _("worth"),
        _("steadiness"),
        _("revenue"),
        _("currency"),
        _("share of revenue"),
        _("variation of weekly demand"),
        _("as of"),
    ]
    rows = (
        (
            row.sku.code,
            row.sku.product.name,
            row.worth,
            row.steadiness,
            plain_amount(row.revenue_minor, row.sku.currency),
            row.sku.currency,
            round(row.revenue_share, 6),
            None if row.variation is None else round(row.variation, 4),
            row.as_of.isoformat(),
        )
        for row in found.iterator(chunk_size=1_000)
    )
    return csv_file("stock-classes", heads, rows)
