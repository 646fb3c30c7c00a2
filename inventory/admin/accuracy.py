"""The page of how forecasts did, night by night, beside what a simple mean would have said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter

from inventory.admin.exports import ExportedList, csv_file
from inventory.admin.forecast_tabs import (
    day_text,
    factor_text,
    nowrap,
    percent_text,
    signed,
    units_text,
    why_no_forecast,
)
from inventory.models import DemandForecast, ForecastAccuracy
from inventory.services.accuracy import HORIZONS
from learning.staff_charts import ACCENT, EXPECTED, QUIET, THIRD, Chart, Line, lines_chart
from learning.staff_pages import EMPTY, ReadOnlyAdmin, chip, figure

HERE: Final = "admin:inventory_forecastaccuracy_changelist"
NIGHTS_DRAWN: Final = 400
PROMISES: Final = (("covered_90", 0.90), ("covered_95", 0.95), ("covered_99", 0.99))
# Coverage that far from what was promised is worth a second look.
TOLERATED: Final = 0.03


class HorizonFilter(admin.SimpleListFilter):
    """One horizon at a time: nights of several in one chart cannot be read."""

    title: str | Promise = gettext_lazy("horizon")  # type: ignore[assignment]
    parameter_name = "horizon"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(days), _("%(n)s days") % {"n": days}) for days in HORIZONS]

    def choices(self, changelist: Any) -> Any:
        for days in HORIZONS:
            yield {
                "selected": self.days == days,
                "query_string": changelist.get_query_string({self.parameter_name: str(days)}),
                "display": _("%(n)s days") % {"n": days},
            }

    @property
    def days(self) -> int:
        chosen = self.value() or ""
        return int(chosen) if chosen in map(str, HORIZONS) else HORIZONS[0]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(days=self.days)


@dataclass(frozen=True, slots=True)
class HorizonRow:
    """The newest night of a horizon."""

    number: int
    days: str
    wape: str
    baseline: str
    gain: SafeString | str
    bias: str
    covered: Sequence[SafeString | str]
    widened: str


@dataclass(frozen=True, slots=True)
class AccuracyPage:
    missing: str = ""
    newest: Sequence[HorizonRow] = ()
    charts: Sequence[tuple[str, Chart | None]] = ()


@admin.register(ForecastAccuracy)
class ForecastAccuracyAdmin(ExportedList, ReadOnlyAdmin):
    tab = HERE
    list_before_template = "inventory/staff/forecast_accuracy.html"
    list_display = (
        "measured",
        "made",
        "n_skus",
        "expected",
        "sold",
        "error",
        "baseline",
        "leaning",
        "within_90",
        "within_95",
        "within_99",
        "widened",
    )
    list_filter = (HorizonFilter, ("measured_on", RangeDateFilter))
    list_display_links = None
    ordering = ("-measured_on", "days")

    def above_the_list(
        self, request: HttpRequest, found: QuerySet[ForecastAccuracy]
    ) -> dict[str, Any]:
        return {"page": _read(found.order_by("-measured_on"))}

    def export(self, found: QuerySet[ForecastAccuracy]) -> StreamingHttpResponse:
        return _export(found.order_by("-measured_on"))

    @admin.display(description=gettext_lazy("measured on"), ordering="measured_on")
    def measured(self, row: ForecastAccuracy) -> SafeString:
        return nowrap(day_text(row.measured_on))

    @admin.display(description=gettext_lazy("made on"), ordering="made_on")
    def made(self, row: ForecastAccuracy) -> SafeString:
        return nowrap(day_text(row.made_on))

    @admin.display(description=gettext_lazy("SKUs"), ordering="skus")
    def n_skus(self, row: ForecastAccuracy) -> str:
        return figure(row.skus)

    @admin.display(description=gettext_lazy("expected, units"), ordering="units_expected")
    def expected(self, row: ForecastAccuracy) -> str:
        return units_text(row.units_expected)

    @admin.display(description=gettext_lazy("sold, units"), ordering="units_sold")
    def sold(self, row: ForecastAccuracy) -> str:
        return units_text(row.units_sold)

    @admin.display(description=gettext_lazy("error (WAPE)"), ordering="wape")
    def error(self, row: ForecastAccuracy) -> str:
        return percent_text(row.wape)

    @admin.display(description=gettext_lazy("error of a 28-day mean"), ordering="baseline_wape")
    def baseline(self, row: ForecastAccuracy) -> str:
        return EMPTY if row.baseline_wape is None else percent_text(row.baseline_wape)

    @admin.display(description=gettext_lazy("bias"), ordering="bias")
    def leaning(self, row: ForecastAccuracy) -> str:
        return signed(row.bias, percent_text(row.bias))

    @admin.display(description=gettext_lazy("within 90 %"), ordering="covered_90")
    def within_90(self, row: ForecastAccuracy) -> SafeString | str:
        return _covered(row.covered_90, 0.90)

    @admin.display(description=gettext_lazy("within 95 %"), ordering="covered_95")
    def within_95(self, row: ForecastAccuracy) -> SafeString | str:
        return _covered(row.covered_95, 0.95)

    @admin.display(description=gettext_lazy("within 99 %"), ordering="covered_99")
    def within_99(self, row: ForecastAccuracy) -> SafeString | str:
        return _covered(row.covered_99, 0.99)

    @admin.display(description=gettext_lazy("bounds widened by"), ordering="widened_by")
    def widened(self, row: ForecastAccuracy) -> str:
        return factor_text(row.widened_by)


def _read(found: QuerySet[ForecastAccuracy]) -> AccuracyPage:
    drawn = list(found[:NIGHTS_DRAWN])[::-1]
    newest = _newest()
    if not newest:
        return AccuracyPage(missing=_why_nothing_measured())
    return AccuracyPage(
        missing="" if drawn else _("No night of this horizon in these days."),
        newest=[_horizon_row(row) for row in newest],
        charts=_charts(drawn) if drawn else [],
    )


def _newest() -> list[ForecastAccuracy]:
    """The last night of each horizon."""
    day = (
        ForecastAccuracy.objects.order_by("-measured_on")
        .values_list("measured_on", flat=True)
        .first()
    )
    if day is None:
        return []
    return list(ForecastAccuracy.objects.filter(measured_on=day).order_by("days"))


def _why_nothing_measured() -> str:
    first = DemandForecast.objects.order_by("as_of").values_list("as_of", flat=True).first()
    newest = DemandForecast.objects.order_by("-as_of").values_list("as_of", flat=True).first()
    if first is None or newest is None:
        return why_no_forecast()
    return _(
        "Not enough data: %(have)s of %(need)s days since the first forecast. Each night holds "
        "the forecasts of one, two and four weeks before against what was sold."
    ) % {"have": (newest - first).days, "need": HORIZONS[0]}


def _horizon_row(row: ForecastAccuracy) -> HorizonRow:
    gain: SafeString | str = EMPTY
    if row.baseline_wape:
        better = 1.0 - row.wape / row.baseline_wape
        tone = "good" if better > 0 else "bad"
        gain = chip(tone, signed(better, percent_text(better)), {tone: tone})
    return HorizonRow(
        number=row.days,
        days=_("%(n)s days") % {"n": row.days},
        wape=percent_text(row.wape),
        baseline=EMPTY if row.baseline_wape is None else percent_text(row.baseline_wape),
        gain=gain,
        bias=signed(row.bias, percent_text(row.bias)),
        covered=[_covered(getattr(row, name), promise) for name, promise in PROMISES],
        widened=factor_text(row.widened_by),
    )


def _covered(share: float | None, promise: float) -> SafeString | str:
    if share is None:
        return EMPTY
    tone = "good" if share >= promise - TOLERATED else "warn"
    return chip(tone, percent_text(share), {tone: tone})


def _charts(rows: Sequence[ForecastAccuracy]) -> list[tuple[str, Chart | None]]:
    """None where there is nothing to draw."""
    nights = [row.measured_on for row in rows]
    last = rows[-1]
    in_words = {"nights": len(rows), "days": last.days}
    return [
        (
            _("Error of %(days)s days (WAPE)") % in_words,
            lines_chart(
                nights,
                [
                    Line(_("forecast"), [row.wape for row in rows], ACCENT),
                    Line(_("28-day mean"), [row.baseline_wape for row in rows], QUIET, True),
                ],
                summary=_("Error over %(days)s days in %(nights)s nights; last %(last)s.")
                % {**in_words, "last": percent_text(last.wape)},
                is_percent=True,
            ),
        ),
        (
            _("Bias: expected too much or too little"),
            lines_chart(
                nights,
                [
                    Line(_("bias"), [row.bias for row in rows], EXPECTED),
                    Line(_("none"), [0.0] * len(rows), QUIET, True),
                ],
                summary=_("Bias over %(days)s days in %(nights)s nights; last %(last)s.")
                % {**in_words, "last": percent_text(last.bias)},
                is_percent=True,
            ),
        ),
        (
            _("Coverage: share that stayed within the promise"),
            lines_chart(
                nights,
                [
                    Line(_("within 90 %"), [row.covered_90 for row in rows], ACCENT),
                    Line(_("within 95 %"), [row.covered_95 for row in rows], EXPECTED),
                    Line(_("within 99 %"), [row.covered_99 for row in rows], THIRD),
                ],
                summary=_("Coverage of three promises in %(nights)s nights.") % in_words,
                is_percent=True,
            )
            if any(row.covered_95 is not None for row in rows)
            else None,
        ),
    ]


def _export(found: QuerySet[ForecastAccuracy]) -> StreamingHttpResponse:
    names = (
        "measured_on",
        "made_on",
        "days",
        "skus",
        "units_expected",
        "units_sold",
        "wape",
        "baseline_wape",
        "bias",
        "covered_90",
        "covered_95",
        "covered_99",
        "widened_by",
    )
    heads = [str(ForecastAccuracy._meta.get_field(name).verbose_name) for name in names]  # type: ignore[union-attr]
    rows = ([_cell(value) for value in row] for row in found.values_list(*names))
    return csv_file("forecast-accuracy", heads, rows)


def _cell(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
