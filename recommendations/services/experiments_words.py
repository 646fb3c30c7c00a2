"""What an experiment says, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from recommendations.algorithms.off_policy import FEWEST_EFFECTIVE
from recommendations.algorithms.sequential import (
    Interval,
    confidence_sequence,
    visitors_until_known,
)
from recommendations.models import (
    Experiment,
    ExperimentArm,
    ExperimentDay,
    ExperimentReading,
    PolicyEstimate,
)
from recommendations.services.experiments_speed import is_slower

Metric = ExperimentReading.Metric
# More of these is worse.
GUARDED = (Metric.RETURNED, Metric.COMPLAINED)
# A difference further away than that is not worth a forecast of days.
MOST_DAYS_AHEAD = 365


class Standing(StrEnum):
    NOT_READ = "not_read"
    BROKEN = "broken"
    TOO_FEW = "too_few"
    BETTER = "better"
    WORSE = "worse"
    OPEN = "open"
    ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class Verdict:
    """sentences: the first says it, the others what else matters. warnings: guardrails.

    short: the figure alone, for lists.
    """

    standing: Standing
    sentences: Sequence[str]
    warnings: Sequence[str] = field(default=())
    short: str = ""

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def judge(experiment: Experiment, arm: ExperimentArm, day: ExperimentDay | None) -> Verdict:
    """Of an arm against today's way. `day` with its readings; None when nothing was read yet."""
    if day is None or not sum(day.seen.values()):
        return Verdict(Standing.NOT_READ, [_("No visitor has been counted yet.")])
    if not day.ratio_holds:
        return Verdict(
            Standing.BROKEN,
            [
                _(
                    "Visitors are not spread over the arms as planned: %(counts)s. Something loses "
                    "visitors of one arm, so no difference is read until its cause is found."
                )
                % {"counts": ", ".join(f"{key} {_whole(n)}" for key, n in day.seen.items())}
            ],
        )
    readings = {row.metric: row for row in day.readings.all() if row.arm_id == arm.pk}
    metric = (
        Metric.PREFERENCE
        if experiment.method == Experiment.Method.INTERLEAVING
        else Metric(experiment.metric)
    )
    reading = readings.get(metric)
    warnings = _warnings(experiment, arm, day, readings)
    if reading is None or not reading.is_enough or reading.lower is None:
        return Verdict(Standing.TOO_FEW, [_too_few(experiment, day)], warnings)
    verdict = _read(experiment, arm, day, reading)
    return replace(verdict, warnings=warnings)


def judge_estimate(
    experiment: Experiment, arm: ExperimentArm, estimates: Sequence[PolicyEstimate]
) -> Verdict:
    """Of an arm that nobody saw whole; the doubly robust estimate speaks."""
    rows = {one.estimator: one for one in estimates}
    row = rows.get(PolicyEstimate.Estimator.DOUBLY_ROBUST)
    today = rows.get(PolicyEstimate.Estimator.TODAY)
    gain = rows.get(PolicyEstimate.Estimator.GAIN)
    if row is None or today is None or gain is None:
        return Verdict(Standing.NOT_READ, [_("No impression with its chance has come yet.")])
    if row.value is None or today.value is None or gain.lower is None or gain.upper is None:
        return Verdict(
            Standing.TOO_FEW,
            [
                _(
                    "Not enough data: what was shown by chance says as much as %(have)s "
                    "impressions; about %(need)s and ten clicks are needed."
                )
                % {"have": _whole(row.effective_rows), "need": _whole(FEWEST_EFFECTIVE)}
            ],
        )
    between = f"{_per_thousand(gain.lower, signed=True)} … {_per_thousand(gain.upper, signed=True)}"
    short = _("%(range)s per 1,000") % {"range": between}
    said = _(
        "“%(arm)s” would have had %(value)s clicks per 1,000 impressions, today's way has "
        "%(today)s; the difference is %(range)s."
    ) % {
        "arm": arm.name,
        "value": _per_thousand(row.value),
        "today": _per_thousand(today.value),
        "range": between,
    }
    if gain.lower > 0:
        more = _("It is worth an experiment with visitors.")
        return Verdict(Standing.BETTER, [said, more], short=short)
    if gain.upper < 0:
        return Verdict(Standing.WORSE, [said, _("It would have lost clicks.")], short=short)
    more = _("The log cannot tell them apart; only visitors can.")
    return Verdict(Standing.OPEN, [said, more], short=short)


def relative_range(reading: ExperimentReading) -> tuple[float, float] | None:
    """Ends of the interval as shares of today's mean; None without one, or where that is zero."""
    if reading.lower is None or reading.upper is None or reading.control_mean <= 0:
        return None
    return reading.lower / reading.control_mean, reading.upper / reading.control_mean


def percent_range(lower: float, upper: float) -> str:
    """ "3 % to 9 %"; with signs where they differ."""
    signed = lower < 0 < upper
    return _("%(lower)s %% to %(upper)s %%") % {
        "lower": _percent(lower, signed=signed),
        "upper": _percent(upper, signed=signed),
    }


def _read(
    experiment: Experiment, arm: ExperimentArm, day: ExperimentDay, reading: ExperimentReading
) -> Verdict:
    lower, upper = reading.lower or 0.0, reading.upper or 0.0
    spread = relative_range(reading)
    if reading.metric == Metric.PREFERENCE:
        return _preferred(arm, reading, lower, upper)
    words = {
        "arm": arm.name,
        "metric": reading.get_metric_display(),
        "range": percent_range(*sorted(map(abs, spread)))
        if spread and (lower > 0 or upper < 0)
        else "",
    }
    between = percent_range(*spread) if spread else f"{lower:.4g} … {upper:.4g}"
    if lower > 0:
        said = _("“%(arm)s” is better by %(range)s (%(metric)s).") % words
        return Verdict(Standing.BETTER, [said], short=between)
    if upper < 0:
        said = _("“%(arm)s” is worse by %(range)s (%(metric)s).") % words
        return Verdict(Standing.WORSE, [said], short=between)
    smallest = experiment.smallest_effect_percent / 100
    if spread and -smallest < spread[0] and spread[1] < smallest:
        return Verdict(
            Standing.ALIKE,
            [
                _(
                    "No difference that matters: %(range)s, less than the %(smallest)s %% "
                    "that were worth knowing."
                )
                % {"range": between, "smallest": experiment.smallest_effect_percent}
            ],
            short=between,
        )
    said = _("Not known yet: the difference may be %(range)s (%(metric)s).") % {
        "range": between,
        "metric": words["metric"],
    }
    return Verdict(Standing.OPEN, [said, *_how_long(experiment, day, reading)], short=between)


def _preferred(
    arm: ExperimentArm, reading: ExperimentReading, lower: float, upper: float
) -> Verdict:
    clicked = reading.control_mean + reading.arm_mean
    words = {
        "arm": arm.name,
        "share": number_format(100 * reading.arm_mean / clicked if clicked else 50, decimal_pos=0),
    }
    if lower > 0:
        said = _("Visitors prefer “%(arm)s”: it won %(share)s %% of the clicks in shared rows.")
        return Verdict(Standing.BETTER, [said % words])
    if upper < 0:
        said = _("Visitors prefer today's ranking: “%(arm)s” won %(share)s %% of the clicks.")
        return Verdict(Standing.WORSE, [said % words])
    said = _("Not known yet: “%(arm)s” won %(share)s %% of the clicks in shared rows.")
    return Verdict(Standing.OPEN, [said % words])


def _too_few(experiment: Experiment, day: ExperimentDay) -> str:
    counted = (
        max(day.counted.values(), default=0)
        if experiment.method == Experiment.Method.INTERLEAVING
        else sum(day.counted.values())
    )
    return _("Too few visitors: %(have)s of about %(need)s.") % {
        "have": _whole(counted),
        "need": _whole(experiment.planned_visitors or 0),
    }


def _how_long(experiment: Experiment, day: ExperimentDay, reading: ExperimentReading) -> list[str]:
    """How many days more, if visitors keep coming and the difference stays as it is."""
    if experiment.status != Experiment.Status.RUNNING or reading.difference is None:
        return []
    if reading.lower is None or reading.upper is None or experiment.started_at is None:
        return []
    n = reading.control_visitors + reading.arm_visitors
    alpha = experiment.error_percent / 100 / max(len(day.seen) - 1, 1)
    planned = experiment.planned_visitors or n
    first = experiment.started_at.date() + timedelta(days=experiment.window_days)
    per_day = n / max((day.day - first).days, 1)
    until = visitors_until_known(
        Interval(reading.difference, reading.lower, reading.upper),
        variance=variance_of(reading, n=n, planned=planned, alpha=alpha),
        n=n,
        planned=planned,
        alpha=alpha,
        most=int(n + per_day * MOST_DAYS_AHEAD) if per_day else n,
    )
    if until is None:
        return [_("At this size it would take more than a year to know.")]
    days = max(round((until - n) / per_day), 1) if per_day else 1
    return [
        ngettext(
            "If it stays as it is, about %(n)d more day to know.",
            "If it stays as it is, about %(n)d more days to know.",
            days,
        )
        % {"n": days}
    ]


def variance_of(reading: ExperimentReading, *, n: int, planned: int, alpha: float) -> float:
    """Of the estimate, back from the width of its interval."""
    from_one = confidence_width(n=n, planned=planned, alpha=alpha)
    half = ((reading.upper or 0.0) - (reading.lower or 0.0)) / 2
    return (half / from_one) ** 2 if from_one else 0.0


def confidence_width(*, n: int, planned: int, alpha: float) -> float:
    """Half the width of the interval of an estimate whose variance is one."""
    return confidence_sequence(0.0, 1.0, n=n, planned=planned, alpha=alpha).upper


def _warnings(
    experiment: Experiment,
    arm: ExperimentArm,
    day: ExperimentDay,
    readings: dict[str, ExperimentReading],
) -> list[str]:
    warnings = []
    for metric in GUARDED:
        row = readings.get(metric)
        if row is not None and row.lower is not None and row.lower > 0:
            warnings.append(
                _("More harm with “%(arm)s”: %(metric)s.")
                % {"arm": arm.name, "metric": row.get_metric_display()}
            )
    for metric in (Metric.ORDERED, Metric.REVENUE):
        row = readings.get(metric)
        if metric == experiment.metric or row is None or row.upper is None:
            continue
        if row.upper < 0:
            warnings.append(
                _("Less with “%(arm)s”: %(metric)s.")
                % {"arm": arm.name, "metric": row.get_metric_display()}
            )
    control = next((one.key for one in experiment.arms.all() if one.is_control), "")
    if is_slower(day.speed, control=control, arm=arm.key):
        warnings.append(
            _("Rows of “%(arm)s” take longer: %(arm_ms)s ms against %(control_ms)s ms.")
            % {
                "arm": arm.name,
                "arm_ms": day.speed[arm.key]["p95"],
                "control_ms": day.speed[control]["p95"],
            }
        )
    return warnings


def _percent(share: float, *, signed: bool) -> str:
    size = abs(share) * 100
    text = number_format(size, decimal_pos=0 if size >= 10 else 1)
    if share < 0:
        return f"−{text}"
    return f"+{text}" if signed else text


def _per_thousand(rate: float, *, signed: bool = False) -> str:
    text = number_format(1000 * abs(rate), decimal_pos=1)
    if rate < 0:
        return f"−{text}"
    return f"+{text}" if signed else text


def _whole(number: float) -> str:
    return number_format(round(number), decimal_pos=0, force_grouping=True)
