"""Staff page of what the shop's orders saved or cost, by month and by line."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.money import format_money, plain_amount
from inventory.models import PurchaseLineScore
from inventory.services.score_totals import MonthTotal, saved_in_all, totals_by_month
from learning.algorithms.spreadsheets import plain_cell
from learning.staff_pages import EMPTY, ReadOnlyAdmin, chip, facts_table, figure

CSV_COLUMNS = (
    "stage",
    "sku",
    "product",
    "purchase_order",
    "supplier",
    "from",
    "until",
    "units_expected",
    "units_requested",
    "units_filled",
    "days_out_of_stock",
    "units_left",
    "days_late",
    "currency",
    "lost_margin",
    "holding",
    "saved",
)
MONTHS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class MonthRow:
    month: str
    lines: str
    expected: str
    requested: str
    filled: str
    lost: str
    holding: str
    saved: SafeString


@dataclass(frozen=True, slots=True)
class ScorePage:
    """total: a sentence; empty before the first line's time is over."""

    total: str
    months: list[MonthRow]


@admin.register(PurchaseLineScore)
class PurchaseLineScoreAdmin(ReadOnlyAdmin):
    list_before_template = "inventory/staff/purchase_scores.html"
    list_display = (
        "sku_code",
        "product",
        "order_number",
        "stage_label",
        "span",
        "forecast",
        "days_out_of_stock",
        "late",
        "lost",
        "holding",
        "saved",
    )
    list_filter = ("stage", "line__order__supplier")
    search_fields = ("line__sku__code", "line__order__number")
    list_select_related = ("line__sku__product", "line__order__supplier")
    ordering = ("-until_day", "-pk")
    fields = (
        "line",
        "stage_label",
        "span",
        "forecast",
        "days_out_of_stock",
        "units_left",
        "late",
        "lost",
        "holding",
        "saved",
        "reckoning",
    )
    readonly_fields = (
        "stage_label",
        "span",
        "forecast",
        "late",
        "lost",
        "holding",
        "saved",
        "reckoning",
    )

    @admin.display(description=gettext_lazy("SKU"), ordering="line__sku__code")
    def sku_code(self, score: PurchaseLineScore) -> str:
        return score.line.sku.code

    @admin.display(description=gettext_lazy("product"))
    def product(self, score: PurchaseLineScore) -> str:
        return str(score.line.sku.product.name)

    @admin.display(description=gettext_lazy("purchase order"), ordering="line__order__number")
    def order_number(self, score: PurchaseLineScore) -> str:
        return score.line.order.number

    @admin.display(description=gettext_lazy("stage"), ordering="stage")
    def stage_label(self, score: PurchaseLineScore) -> SafeString:
        return chip(score.stage, score.get_stage_display(), {"covered": "good", "received": "info"})

    @admin.display(description=gettext_lazy("days"), ordering="until_day")
    def span(self, score: PurchaseLineScore) -> str:
        first, last = (
            date_format(day, "SHORT_DATE_FORMAT") for day in (score.from_day, score.until_day)
        )
        return f"{first} – {last}"

    @admin.display(description=gettext_lazy("expected / asked for / filled, units"))
    def forecast(self, score: PurchaseLineScore) -> str:
        return " / ".join(
            figure(units)
            for units in (
                round(score.units_expected, 1),
                score.units_requested,
                score.units_filled,
            )
        )

    @admin.display(description=gettext_lazy("days late"), ordering="days_late")
    def late(self, score: PurchaseLineScore) -> str:
        return EMPTY if score.days_late is None else figure(score.days_late)

    @admin.display(description=gettext_lazy("lost margin"), ordering="lost_margin_minor")
    def lost(self, score: PurchaseLineScore) -> str:
        return _money(score, score.lost_margin_minor)

    @admin.display(description=gettext_lazy("holding"), ordering="holding_minor")
    def holding(self, score: PurchaseLineScore) -> str:
        return _money(score, score.holding_minor)

    @admin.display(description=gettext_lazy("saved"), ordering="saved_minor")
    def saved(self, score: PurchaseLineScore) -> SafeString | str:
        if score.stage != PurchaseLineScore.Stage.COVERED:
            return EMPTY
        return _saved(score.saved_minor, score.line.order.currency)

    @admin.display(description=gettext_lazy("how it was reckoned"))
    def reckoning(self, score: PurchaseLineScore) -> SafeString:
        return facts_table(score.detail.items())

    def get_urls(self) -> list[URLPattern]:
        export = path(
            "export/",
            self.admin_site.admin_view(self.export_view),
            name="inventory_purchaselinescore_export",
        )
        return [export, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"score_page": _read_page(), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        scores: QuerySet[PurchaseLineScore] = PurchaseLineScore.objects.select_related(
            "line__sku__product", "line__order__supplier"
        ).order_by("pk")
        return StreamingHttpResponse(
            _csv_lines(scores),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="order-scores.csv"'},
        )


class _Echo:
    """What is written comes back at once, so that no file is held in memory."""

    def write(self, text: str) -> str:
        return text


def _csv_lines(scores: QuerySet[PurchaseLineScore]) -> Iterator[str]:
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    # Without the mark Excel takes Chinese for something else.
    yield "\ufeff" + writer.writerow(CSV_COLUMNS)
    for score in scores.iterator(chunk_size=1_000):
        order, sku = score.line.order, score.line.sku
        cells = (
            score.stage,
            sku.code,
            sku.product.name,
            order.number,
            order.supplier.name,
            score.from_day.isoformat(),
            score.until_day.isoformat(),
            round(score.units_expected, 3),
            score.units_requested,
            score.units_filled,
            score.days_out_of_stock,
            score.units_left,
            score.days_late,
            order.currency,
            *(
                _plain(amount, order.currency)
                for amount in (score.lost_margin_minor, score.holding_minor, score.saved_minor)
            ),
        )
        yield writer.writerow([plain_cell(cell) for cell in cells])


def _plain(amount_minor: int, currency: str) -> str:
    return f"{'-' if amount_minor < 0 else ''}{plain_amount(abs(amount_minor), currency)}"


def _read_page() -> ScorePage:
    saved = saved_in_all()
    if saved is None:
        return ScorePage(total="", months=[])
    money = {"money": format_money(abs(saved.minor), saved.currency)}
    return ScorePage(
        total=(
            _("The machine's orders saved %(money)s against the habit.") % money
            if saved.minor >= 0
            else _("The machine's orders cost %(money)s more than the habit.") % money
        ),
        months=[_month(total) for total in totals_by_month()[:MONTHS_SHOWN]],
    )


def _month(total: MonthTotal) -> MonthRow:
    return MonthRow(
        month=date_format(total.month, "YEAR_MONTH_FORMAT"),
        lines=figure(total.lines),
        expected=figure(round(total.units_expected)),
        requested=figure(total.units_requested),
        filled=figure(total.units_filled),
        lost=format_money(total.lost_margin_minor, total.currency),
        holding=format_money(total.holding_minor, total.currency),
        saved=_saved(total.saved_minor, total.currency),
    )


def _money(score: PurchaseLineScore, amount_minor: int) -> str:
    return format_money(amount_minor, score.line.order.currency)


def _saved(amount_minor: int, currency: str) -> SafeString:
    tone = "gain" if amount_minor >= 0 else "loss"
    return chip(tone, format_money(amount_minor, currency), {"gain": "good", "loss": "bad"})
