"""The page of what placements showed in four weeks, and what came of it."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.algorithms.spreadsheets import plain_cell
from learning.staff_charts import ACCENT, Chart, Line, lines_chart
from learning.staff_pages import EMPTY, StaffAdmin, figure
from recommendations.admin.placement_words import interval_text, share_text
from recommendations.services.measuring import READ_DAYS, Measured, read_days, read_placements
from recommendations.wording import placement_name, source_name

# Below so many impressions a rate says nothing.
FEWEST_IMPRESSIONS = 100


@dataclass(frozen=True, slots=True)
class FigureLine:
    name: str
    code: str
    impressions: str
    clicks: str
    rate: str
    interval: str
    carts: str
    purchases: str
    purchase_interval: str
    is_thin: bool


@dataclass(frozen=True, slots=True)
class FigureBlock:
    whole: FigureLine
    sources: Sequence[FigureLine]


@dataclass(frozen=True, slots=True)
class FiguresPage:
    blocks: Sequence[FigureBlock]
    days: int
    fewest: int
    chart: Chart | None
    chart_title: str


class _Echo:
    """What `csv` writes is handed on instead of kept."""

    def write(self, line: str) -> str:
        return line


def figures_view(page: StaffAdmin, request: HttpRequest) -> HttpResponseBase:
    if not request.user.has_perm("recommendations.view_placementday"):
        raise PermissionDenied
    until = timezone.localdate()
    measured = read_placements(until=until)
    if request.GET.get("export") == "csv":
        return _file(measured)
    chosen = request.GET.get("placement", "")[:60]
    if chosen not in {each.placement for each in measured}:
        chosen = measured[0].placement if measured else ""
    context = {
        **page.admin_site.each_context(request),
        "title": _("What placements brought"),
        "page": FiguresPage(
            blocks=[
                FigureBlock(
                    _line(whole, placement_name(whole.placement), whole.placement),
                    [_line(each, source_name(each.source), each.source) for each in whole.sources],
                )
                for whole in measured
            ],
            days=READ_DAYS,
            fewest=FEWEST_IMPRESSIONS,
            chart=_chart(chosen) if chosen else None,
            chart_title=placement_name(chosen),
        ),
    }
    return TemplateResponse(request, "recommendations/staff/placement_figures.html", context)


def _line(measured: Measured, name: str, code: str) -> FigureLine:
    is_thin = measured.impressions < FEWEST_IMPRESSIONS
    return FigureLine(
        name=name,
        code=code,
        impressions=figure(measured.impressions),
        clicks=figure(measured.clicks),
        rate=EMPTY if is_thin else share_text(measured.click_rate.share),
        interval=EMPTY if is_thin else interval_text(measured.click_rate),
        carts=figure(measured.carts),
        purchases=figure(measured.purchases),
        purchase_interval=EMPTY if is_thin else interval_text(measured.purchase_rate),
        is_thin=is_thin,
    )


def _chart(placement: str) -> Chart:
    days = read_days(placement=placement, until=timezone.localdate())
    return lines_chart(
        [each.day for each in days],
        [
            Line(
                _("clicks of what was shown"),
                [each.clicks / each.impressions if each.impressions else None for each in days],
                ACCENT,
            )
        ],
        summary=_("Share of shown products that were clicked, by day, over %(days)s days.")
        % {"days": len(days)},
        is_percent=True,
    )


def _file(measured: Sequence[Measured]) -> StreamingHttpResponse:
    heads = (
        _("placement"),
        _("chosen by"),
        _("impressions"),
        _("clicks"),
        _("click rate"),
        _("click rate, lower bound"),
        _("click rate, upper bound"),
        _("put in the cart"),
        _("products bought"),
    )

    def rows() -> Iterator[Sequence[Any]]:
        for whole in measured:
            for each in whole.sources:
                low, high = each.click_rate.interval or (None, None)
                yield (
                    each.placement,
                    each.source,
                    each.impressions,
                    each.clicks,
                    _rounded(each.click_rate.share),
                    _rounded(low),
                    _rounded(high),
                    each.carts,
                    each.purchases,
                )

    def lines() -> Iterator[str]:
        writer: Any = csv.writer(_Echo(), lineterminator="\r\n")
        # The mark tells spreadsheets that this is UTF-8.
        yield "\ufeff" + writer.writerow([plain_cell(head) for head in heads])
        for row in rows():
            yield writer.writerow([plain_cell(cell) for cell in row])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="placements.csv"'
    return answer


def _rounded(share: float | None) -> float | str:
    return "" if share is None else round(share, 6)
