"""What the page of an experiment shows: words first, then charts and tables."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from learning.staff_charts import ACCENT, EXPECTED, QUIET, Chart, Line, lines_chart
from learning.staff_pages import EMPTY, chip
from recommendations.models import (
    Experiment,
    ExperimentArm,
    ExperimentDay,
    ExperimentReading,
    PlacementCode,
    PolicyEstimate,
)
from recommendations.services.experiments_running import problems_of
from recommendations.services.experiments_words import (
    Verdict,
    judge,
    judge_estimate,
    percent_range,
    relative_range,
)
from recommendations.services.placement_settings import DEFAULTS, as_json, settings_of

Metric = ExperimentReading.Metric
STATUS_TONES = {"running": "info", "stopped": "warn", "decided": "good"}
STANDING_TONES = {
    "broken": "bad",
    "too_few": "",
    "better": "good",
    "worse": "bad",
    "open": "info",
    "alike": "",
}
# Counted in money; the others are shares of visitors.
MONEY = {Metric.REVENUE.value}


@dataclass(frozen=True, slots=True)
class DraftPage:
    problems: Sequence[str]
    may_start: bool
    today: str


@dataclass(frozen=True, slots=True)
class ArmRow:
    key: int
    name: str
    is_control: bool
    planned: str
    seen: str
    counted: str
    speed: str
    settings: str


@dataclass(frozen=True, slots=True)
class MetricRow:
    name: str
    is_deciding: bool
    control: str
    arm: str
    difference: str
    relative: str
    explained: str
    tone: str


@dataclass(frozen=True, slots=True)
class ArmPart:
    """An arm against today's way."""

    name: str
    standing: str
    verdict: Verdict
    chart: Chart | None
    metrics: Sequence[MetricRow]
    estimates: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class ResultPage:
    experiment: Experiment
    is_split: bool
    status: SafeString
    facts: Sequence[tuple[str, str]]
    parts: Sequence[ArmPart]
    arms: Sequence[ArmRow]
    checks: Sequence[str]
    can_stop: bool
    can_decide: bool
    can_read: bool


def placement_title(code: str) -> str:
    return str(PlacementCode(code).label) if code in PlacementCode.values else code


def standing_of(experiment: Experiment) -> Verdict:
    """Of the arm that says most; for lists, whose rows carry their newest day."""
    days: list[ExperimentDay] = getattr(experiment, "newest_days", [])
    day = days[0] if days else None
    verdicts = [
        _verdict(experiment, arm, day) for arm in experiment.arms.all() if not arm.is_control
    ]
    order = ["broken", "better", "worse", "alike", "open", "too_few", "not_read"]
    nothing = judge(experiment, ExperimentArm(), None)
    return min(verdicts, key=lambda one: order.index(one.standing), default=nothing)


def read_draft(experiment: Experiment, *, may_run: bool) -> DraftPage:
    problems = problems_of(experiment)
    today = (
        json.dumps(as_json(settings_of(experiment.placement)), ensure_ascii=False, indent=2)
        if experiment.placement in DEFAULTS
        else ""
    )
    return DraftPage(problems=problems, may_start=may_run and not problems, today=today)


def read_page(experiment: Experiment, *, may_run: bool) -> ResultPage:
    days = list(experiment.days.order_by("day").prefetch_related("readings", "estimates"))
    newest = days[-1] if days else None
    arms = list(experiment.arms.all())
    is_open = experiment.status in {Experiment.Status.RUNNING, Experiment.Status.STOPPED}
    return ResultPage(
        experiment=experiment,
        is_split=experiment.method == Experiment.Method.AB,
        status=chip(experiment.status, experiment.get_status_display(), STATUS_TONES),
        facts=_facts(experiment, newest),
        parts=[_part(experiment, arm, days) for arm in arms if not arm.is_control],
        arms=[_arm_row(arm, arms, newest) for arm in arms],
        checks=_checks(experiment, newest),
        can_stop=may_run and experiment.status == Experiment.Status.RUNNING,
        can_decide=may_run and is_open,
        can_read=may_run and is_open,
    )


def export_rows(experiment: Experiment) -> tuple[list[str], Iterator[list[Any]]]:
    """Every evening, arm and metric, or way to estimate; numbers as they are stored."""
    found: QuerySet[Any, Any]
    if experiment.method == Experiment.Method.REHEARSAL:
        names = [
            *("day", "arm", "estimator", "rows", "logged", "value", "lower", "upper"),
            *("effective_rows", "clipped"),
        ]
        found = PolicyEstimate.objects.filter(day__experiment=experiment)
        found = found.order_by("day__day", "estimator")
    else:
        names = [
            *("day", "arm", "metric", "control_visitors", "arm_visitors", "control_mean"),
            *("arm_mean", "difference", "lower", "upper", "explained"),
        ]
        found = ExperimentReading.objects.filter(day__experiment=experiment)
        found = found.order_by("day__day", "arm__key", "metric")
    rows = found.values_list("day__day", "arm__key", *names[2:])
    return names, (
        ["" if cell is None else cell for cell in row] for row in rows.iterator(chunk_size=2000)
    )


def _verdict(experiment: Experiment, arm: ExperimentArm, day: ExperimentDay | None) -> Verdict:
    if experiment.method == Experiment.Method.REHEARSAL:
        return judge_estimate(experiment, arm, list(day.estimates.all()) if day else [])
    return judge(experiment, arm, day)


def _facts(experiment: Experiment, day: ExperimentDay | None) -> list[tuple[str, str]]:
    shared = experiment.method != Experiment.Method.AB
    counts = list(day.counted.values()) if day else []
    facts = [
        (_("placement"), placement_title(experiment.placement)),
        (_("way to compare"), experiment.get_method_display()),
        (_("running since"), _day_text(experiment.started_at)),
        (_("stopped at"), _day_text(experiment.stopped_at)),
        (_("visitors counted"), _whole(max(counts, default=0) if shared else sum(counts))),
    ]
    if experiment.method != Experiment.Method.REHEARSAL:
        facts += [
            (_("visitors planned"), _whole(experiment.planned_visitors or 0)),
            (
                _("chance of a false alarm"),
                _("%(n)s %% over all days") % {"n": experiment.error_percent},
            ),
        ]
    else:
        facts.append((_("rows filled by chance"), f"{experiment.exploration_percent} %"))
    if day is not None:
        facts.append((_("read up to"), date_format(day.day, "SHORT_DATE_FORMAT")))
    return facts


def _part(experiment: Experiment, arm: ExperimentArm, days: Sequence[ExperimentDay]) -> ArmPart:
    newest = days[-1] if days else None
    verdict = _verdict(experiment, arm, newest)
    if experiment.method == Experiment.Method.REHEARSAL:
        return ArmPart(
            name=arm.name,
            standing=verdict.standing,
            verdict=verdict,
            chart=_estimate_chart(arm, days),
            metrics=[],
            estimates=_estimate_rows(newest),
        )
    deciding = (
        Metric.PREFERENCE.value
        if experiment.method == Experiment.Method.INTERLEAVING
        else experiment.metric
    )
    readings = [row for row in newest.readings.all() if row.arm_id == arm.pk] if newest else []
    order = list(Metric.values)
    readings.sort(key=lambda row: (row.metric != deciding, order.index(row.metric)))
    return ArmPart(
        name=arm.name,
        standing=verdict.standing,
        verdict=verdict,
        chart=_difference_chart(arm, days, deciding),
        # A comparison that lost visitors of one arm shows no differences at all.
        metrics=[
            _metric_row(row, is_deciding=row.metric == deciding)
            for row in readings
            if newest is not None and newest.ratio_holds
        ],
        estimates=[],
    )


def _difference_chart(
    arm: ExperimentArm, days: Sequence[ExperimentDay], metric: str
) -> Chart | None:
    """The difference as a share of today's mean, with its interval, evening by evening."""
    points = []
    for day in days:
        row = next(
            (row for row in day.readings.all() if row.arm_id == arm.pk and row.metric == metric),
            None,
        )
        if row is None or row.difference is None or not day.ratio_holds:
            continue
        if metric == Metric.PREFERENCE:
            points.append((day.day, row.difference, row.lower, row.upper))
        elif (ends := relative_range(row)) is not None:
            points.append((day.day, row.difference / row.control_mean, *ends))
    if not points:
        return None
    _last, difference, lower, upper = points[-1]
    return lines_chart(
        [point[0] for point in points],
        [
            Line(_("difference from today"), [point[1] for point in points], ACCENT),
            Line(_("upper end"), [point[3] for point in points], EXPECTED, is_dashed=True),
            Line(_("lower end"), [point[2] for point in points], EXPECTED, is_dashed=True),
            Line(_("no difference"), [0.0 for _point in points], QUIET),
        ],
        summary=_("On the last evening the difference was %(difference)s (%(range)s).")
        % {
            "difference": _percent(difference),
            "range": percent_range(lower or 0.0, upper or 0.0),
        },
        is_percent=True,
    )


def _estimate_chart(arm: ExperimentArm, days: Sequence[ExperimentDay]) -> Chart | None:
    rows = [
        (day.day, row)
        for day in days
        for row in day.estimates.all()
        if row.estimator == PolicyEstimate.Estimator.DOUBLY_ROBUST and row.value is not None
    ]
    today = {
        day.day: row.value
        for day in days
        for row in day.estimates.all()
        if row.estimator == PolicyEstimate.Estimator.TODAY
    }
    # A single night is in the table below.
    if len(rows) < 2:
        return None
    return lines_chart(
        [day for day, _row in rows],
        [
            Line(arm.name, [row.value for _day, row in rows], ACCENT),
            Line(_("upper end"), [row.upper for _day, row in rows], EXPECTED, is_dashed=True),
            Line(_("lower end"), [row.lower for _day, row in rows], EXPECTED, is_dashed=True),
            Line(_("today's way"), [today.get(day) for day, _row in rows], QUIET),
        ],
        summary=_("Clicks per impression that the arm would have had, beside today's way."),
        is_percent=True,
    )


def _estimate_rows(day: ExperimentDay | None) -> list[list[str]]:
    order = list(PolicyEstimate.Estimator.values)
    found = sorted(day.estimates.all() if day else [], key=lambda row: order.index(row.estimator))
    return [
        [
            row.get_estimator_display(),
            _percent(row.value, decimals=2) if row.value is not None else EMPTY,
            f"{_percent(row.lower, decimals=2)} – {_percent(row.upper, decimals=2)}"
            if row.lower is not None and row.upper is not None
            else EMPTY,
            _whole(row.effective_rows),
            _percent(row.clipped, decimals=1),
        ]
        for row in found
    ]


def _metric_row(row: ExperimentReading, *, is_deciding: bool) -> MetricRow:
    ends = relative_range(row)
    return MetricRow(
        name=str(row.get_metric_display()),
        is_deciding=is_deciding,
        control=_value(row.metric, row.control_mean),
        arm=_value(row.metric, row.arm_mean),
        difference=(
            f"{_value(row.metric, row.lower)} … {_value(row.metric, row.upper)}"
            if row.lower is not None and row.upper is not None
            else _("too few")
        ),
        relative=percent_range(*ends) if ends else EMPTY,
        explained=_percent(row.explained) if row.is_enough else EMPTY,
        tone="good" if (row.lower or 0) > 0 else "bad" if (row.upper or 0) < 0 else "",
    )


def _arm_row(
    arm: ExperimentArm, arms: Sequence[ExperimentArm], day: ExperimentDay | None
) -> ArmRow:
    total = sum(one.share for one in arms)
    seen = day.seen.get(arm.key, 0) if day else 0
    everybody = sum(day.seen.values()) if day else 0
    speed = day.speed.get(arm.key) if day else None
    return ArmRow(
        key=arm.pk,
        name=arm.name,
        is_control=arm.is_control,
        planned=_percent(arm.share / total),
        seen=f"{_whole(seen)} ({_percent(seen / everybody, decimals=1)})" if everybody else EMPTY,
        counted=_whole(day.counted.get(arm.key, 0)) if day else EMPTY,
        speed=f"{number_format(speed['p95'], decimal_pos=1)} ms" if speed else EMPTY,
        settings=json.dumps(arm.settings, ensure_ascii=False) if arm.settings else EMPTY,
    )


def _checks(experiment: Experiment, day: ExperimentDay | None) -> list[str]:
    if day is None:
        return []
    checks = []
    if experiment.method == Experiment.Method.AB and day.ratio_p_value is not None:
        words = {"chance": number_format(day.ratio_p_value, decimal_pos=3)}
        checks.append(
            _("Visitors are spread as planned (chance of such shares: %(chance)s).") % words
            if day.ratio_holds
            else _("Visitors are not spread as planned (chance of such shares: %(chance)s).")
            % words
        )
    if day.crossed:
        checks.append(
            _("%(n)s visitors saw two arms (they logged in half way); each counts with the first.")
            % {"n": _whole(day.crossed)}
        )
    if day.refused:
        checks.append(
            _("%(n)s impressions told of what this experiment did not give; they are left out.")
            % {"n": _whole(day.refused)}
        )
    return checks


def _value(metric: str, value: float) -> str:
    if metric in MONEY:
        return number_format(value / 100, decimal_pos=2, force_grouping=True)
    return _percent(value, decimals=1)


def _percent(share: float, *, decimals: int = 0) -> str:
    return f"{number_format(100 * share, decimal_pos=decimals)} %"


def _whole(number: float) -> str:
    return number_format(round(number), decimal_pos=0, force_grouping=True)


def _day_text(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT") if moment else EMPTY
