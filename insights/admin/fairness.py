"""Staff page of what groups of customers, and brands of every size, get from the shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from insights.admin.segment_factors import FactorNames
from insights.models import FairnessReport, Segment
from insights.services.fairness import MetricRow, gap, newest_report, rows_of
from insights.services.segment_floor import floor
from insights.services.segment_titles import segment_titles
from learning import registry
from learning.models import ModelVersion
from learning.staff_pages import ReadOnlyAdmin, bar, figure
from learning.wording import code_name

KINDS = ("language", "region", "customers")
SMALL_BRANDS = "share_of_small_brands"


@dataclass(frozen=True, slots=True)
class Cell:
    share: SafeString
    interval: str


@dataclass(frozen=True, slots=True)
class Line:
    """url: where more is told. cells: one for each group. verdicts: one for each kind of group."""

    title: str
    url: str
    cells: Sequence[Cell | None]
    verdicts: Sequence[str]


@dataclass(frozen=True, slots=True)
class ModelLine:
    title: str
    url: str
    metric: str
    worst: str
    best: str


@dataclass(frozen=True, slots=True)
class FairnessPage:
    as_of: str
    floor: int
    groups: Sequence[str]
    segments: Sequence[Line]
    service: Sequence[Line]
    exposure: Sequence[tuple[str, Cell, str]]
    models: Sequence[ModelLine]


@admin.register(FairnessReport)
class FairnessReportAdmin(ReadOnlyAdmin):
    """Its list is the page of the newest report."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = newest_report()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Fairness"),
            "page": None if report is None else _read(report),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "insights/staff/fairness.html", context)


def _read(report: FairnessReport) -> FairnessPage:
    rows = rows_of(report)
    groups = sorted(
        {row.group for row in rows if row.subject != "exposure"},
        key=lambda code: (KINDS.index(code.partition(":")[0]), code),
    )
    by_subject: dict[tuple[str, str], dict[str, MetricRow]] = {}
    for row in rows:
        by_subject.setdefault((row.subject, row.metric), {})[row.group] = row
    known = Segment.objects.in_bulk(
        [int(one.partition(":")[2]) for one, _m in by_subject if one.startswith("segment:")]
    )
    titles = segment_titles(known.values())
    names = FactorNames([])
    segments, service = [], []
    for (subject, metric), found in by_subject.items():
        kind, _colon, key = subject.partition(":")
        if kind == "segment" and int(key) in known:
            url = reverse("admin:insights_segment_change", args=[key])
            segments.append(_line(titles[int(key)], url, groups, found))
        elif kind == "service":
            service.append(_line(code_name(metric), "", groups, found))
    return FairnessPage(
        as_of=date_format(report.as_of, "SHORT_DATE_FORMAT"),
        floor=floor(),
        groups=[_group_name(code, names) for code in groups],
        segments=segments,
        service=service,
        exposure=[
            (_exposure_name(row.group), _cell(row), figure(row.n))
            for row in rows
            if row.metric == SMALL_BRANDS
        ],
        models=_models(names),
    )


def _line(title: str, url: str, groups: Sequence[str], found: dict[str, MetricRow]) -> Line:
    return Line(
        title=title,
        url=url,
        cells=[_cell(found[code]) if code in found else None for code in groups],
        verdicts=[
            f"{code_name(kind)}: {said}"
            for kind in KINDS
            if (said := gap([row for code, row in found.items() if code.startswith(f"{kind}:")]))
        ],
    )


def _cell(row: MetricRow) -> Cell:
    low, high = (row.low or 0.0) * 100, (row.high or 0.0) * 100
    return Cell(
        share=bar(row.value, text=f"{number_format(row.value * 100, decimal_pos=1)} %"),
        interval=f"{number_format(low, decimal_pos=1)} – {number_format(high, decimal_pos=1)} %",
    )


def _group_name(code: str, names: FactorNames) -> str:
    kind, _colon, value = code.partition(":")
    if kind == "customers":
        return _("new customers") if value == "new" else _("known customers")
    if kind == "region" and value == "other":
        return _("other regions")
    return names(code).partition(": ")[2]


def _exposure_name(code: str) -> str:
    if code == "products":
        return _("of the products for sale")
    if code == "sales":
        return _("of the orders")
    return _("of what is shown at %(place)s") % {"place": code.partition(":")[2]}


def _models(names: FactorNames) -> list[ModelLine]:
    """The group with the worst and the best figure of each model in service, by its own figure."""
    lines = []
    titles = {one.name: str(one.title) for one in registry.registered()}
    for version in ModelVersion.objects.active().order_by("pipeline"):
        metric, found = _main_metric(version)
        if len(found) < 2:
            continue
        ordered = sorted(found, key=lambda one: found[one])
        shown = [f"{_any_group(code, names)}: {figure(found[code])}" for code in ordered]
        lines.append(
            ModelLine(
                title=titles.get(version.pipeline, version.pipeline),
                url=reverse("admin:learning_modelversion_change", args=[version.pk]),
                metric=code_name(metric),
                worst=shown[0],
                best=shown[-1],
            )
        )
    return lines


def _main_metric(version: ModelVersion) -> tuple[str, dict[str, float]]:
    """The first figure of the gate that groups have too."""
    for gate in version.gates.all():
        found = {
            group: float(figures[gate.metric])
            for group, figures in version.group_metrics.items()
            if isinstance(figures, dict) and gate.metric in figures
        }
        if found:
            return gate.metric, found
    return "", {}


def _any_group(code: str, names: FactorNames) -> str:
    kind, _colon, value = code.partition(":")
    if kind in KINDS:
        return _group_name(code, names)
    return f"{code_name(kind)}: {value}" if value else code_name(code)
