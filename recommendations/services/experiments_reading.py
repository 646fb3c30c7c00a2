"""What an experiment stands at, evening by evening.

A visitor counts once the days that count after the first sight have passed, in the order of first
sights. What is read for a day therefore never changes later, and an interval that promises to hold
on all days together does so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
from django.db import transaction
from django.utils import timezone

from recommendations.algorithms import off_policy
from recommendations.algorithms.sample_ratio import ALARM, chi_square_p_value, lasting_p_value
from recommendations.algorithms.sequential import (
    Interval,
    Sample,
    compare,
    confidence_sequence,
    is_enough,
)
from recommendations.algorithms.shopping_log import IntArray
from recommendations.algorithms.variance_reduction import adjust
from recommendations.models import (
    Experiment,
    ExperimentArm,
    ExperimentDay,
    ExperimentReading,
    PolicyEstimate,
)
from recommendations.services.experiments_rehearsal import read_log
from recommendations.services.experiments_shared_rows import read_preferences
from recommendations.services.experiments_speed import read_speed
from recommendations.services.experiments_visitors import Visitors, read_visitors

Metric = ExperimentReading.Metric
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A row of ExperimentReading before it has a day."""

    arm: ExperimentArm
    metric: str
    control: Sample
    treated: Sample
    is_enough: bool
    interval: Interval | None
    explained: float


def read_experiments(*, as_of: date) -> int:
    """Read every experiment whose figures still change; returns how many days were read."""
    return sum(
        read_experiment(experiment, as_of=as_of)
        for experiment in Experiment.objects.to_read().prefetch_related("arms")
    )


def read_experiment(experiment: Experiment, *, as_of: date) -> int:
    """Read the evenings up to `as_of` that were not read yet, and the last one anew.

    Returns how many. Safe to run twice. After a stop, evenings count until the last visitor does.
    """
    if experiment.started_at is None:
        return 0
    first = timezone.localdate(experiment.started_at)
    last = as_of
    if experiment.stopped_at is not None:
        last = min(
            as_of,
            timezone.localdate(experiment.stopped_at) + (experiment.window_days + 1) * DAY,
        )
    read = set(experiment.days.values_list("day", flat=True))
    missing = [
        day
        for day in (first + n * DAY for n in range((last - first).days + 1))
        if day not in read or day == last
    ]
    if not missing:
        return 0
    if experiment.method == Experiment.Method.REHEARSAL:
        _read_rehearsal(experiment, missing[-1])
        return 1
    if experiment.method == Experiment.Method.INTERLEAVING:
        _read_shared_rows(experiment, missing, last)
    else:
        _read_arms(experiment, missing, last)
    return len(missing)


def _read_arms(experiment: Experiment, days: Sequence[date], last: date) -> None:
    visitors = read_visitors(experiment, until=_evening(last))
    arms = list(experiment.arms.all())
    shares = [arm.share for arm in arms]
    first = timezone.localdate(experiment.started_at)
    seen_by_day: list[list[int]] = []
    for day in (first + n * DAY for n in range((last - first).days + 1)):
        moment = _evening(day).timestamp()
        seen = _counts(visitors.arms[visitors.first < moment], len(arms))
        seen_by_day.append(seen)
        if day not in days:
            continue
        counts = visitors.first + experiment.window_days * 86_400 <= moment
        p_value = lasting_p_value(seen_by_day, shares)
        _keep(
            ExperimentDay(
                experiment=experiment,
                day=day,
                seen=_by_arm(arms, seen),
                counted=_by_arm(arms, _counts(visitors.arms[counts], len(arms))),
                ratio_p_value=chi_square_p_value(seen, shares),
                ratio_holds=p_value >= ALARM,
                crossed=visitors.crossed,
                refused=visitors.refused,
                speed=read_speed(experiment.key, [arm.key for arm in arms], day=day),
            ),
            _compared(experiment, arms, visitors, np.flatnonzero(counts)),
        )


def _compared(
    experiment: Experiment, arms: Sequence[ExperimentArm], visitors: Visitors, rows: IntArray
) -> list[_Reading]:
    control = next(at for at, arm in enumerate(arms) if arm.is_control)
    alpha = experiment.error_percent / 100 / max(len(arms) - 1, 1)
    planned = experiment.planned_visitors or 1
    groups = visitors.arms[rows]
    readings = []
    for metric, all_values in visitors.values.items():
        values = all_values[rows]
        adjusted, explained = adjust(values, visitors.past[rows], groups)
        for at, arm in enumerate(arms):
            if at == control:
                continue
            raw = [Sample.of(values[groups == one]) for one in (control, at)]
            enough = is_enough(*raw)
            interval = None
            if enough:
                one, two = (Sample.of(adjusted[groups == group]) for group in (control, at))
                interval = compare(one, two, planned=planned, alpha=alpha)
            readings.append(_Reading(arm, metric, raw[0], raw[1], enough, interval, explained))
    return readings


def _read_shared_rows(experiment: Experiment, days: Sequence[date], last: date) -> None:
    """Interleaving: of each visitor, the clicks on one ranking's products less those on the
    other's."""
    arms = list(experiment.arms.all())
    control, other = sorted(arms, key=lambda arm: not arm.is_control)
    preferences = read_preferences(experiment, until=_evening(last))
    window = experiment.window_days * 86_400
    for day in days:
        moment = _evening(day).timestamp()
        seen = int((preferences.first < moment).sum())
        rows = np.flatnonzero(preferences.first + window <= moment)
        won, lost = preferences.other[rows], preferences.control[rows]
        clicked = np.maximum(won + lost, 1)
        one, two = Sample.of(lost / clicked), Sample.of(won / clicked)
        both = Sample.of((won - lost) / clicked)
        enough = is_enough(both)
        interval = (
            confidence_sequence(
                both.mean,
                both.variance / both.n,
                n=both.n,
                planned=experiment.planned_visitors or 1,
                alpha=experiment.error_percent / 100,
            )
            if enough
            else None
        )
        _keep(
            ExperimentDay(
                experiment=experiment,
                day=day,
                seen=dict.fromkeys((control.key, other.key), seen),
                counted=dict.fromkeys((control.key, other.key), len(rows)),
                refused=preferences.refused,
                speed=read_speed(experiment.key, [control.key, other.key], day=day),
            ),
            [_Reading(other, Metric.PREFERENCE, one, two, enough, interval, 0.0)],
        )


def _read_rehearsal(experiment: Experiment, day: date) -> None:
    """What the other arm would have earned: the whole log at once, on the last evening."""
    other = next(arm for arm in experiment.arms.all() if not arm.is_control)
    control = next(arm for arm in experiment.arms.all() if arm.is_control)
    rehearsal = read_log(experiment, until=_evening(day))
    log = rehearsal.log
    found = off_policy.estimates(log) if len(log.clicked) else {}
    with_weight = int((log.clicked * (log.weights > 0)).sum())
    visitors = len(np.unique(log.visitors))
    kept = ExperimentDay(
        experiment=experiment,
        day=day,
        seen={control.key: visitors, other.key: 0},
        counted={control.key: visitors, other.key: 0},
        refused=rehearsal.refused,
    )
    with transaction.atomic():
        ExperimentDay.objects.filter(experiment=experiment, day=day).delete()
        kept.save()
        PolicyEstimate.objects.bulk_create(
            PolicyEstimate(
                day=kept,
                arm=other,
                estimator=name,
                rows=len(log.clicked),
                logged=float(log.clicked.mean()),
                value=estimate.value if estimate.is_enough(with_weight) else None,
                lower=estimate.lower if estimate.is_enough(with_weight) else None,
                upper=estimate.upper if estimate.is_enough(with_weight) else None,
                effective_rows=estimate.effective,
                clipped=estimate.clipped,
            )
            for name, estimate in found.items()
        )


def _keep(day: ExperimentDay, readings: Sequence[_Reading]) -> None:
    with transaction.atomic():
        ExperimentDay.objects.filter(experiment=day.experiment, day=day.day).delete()
        day.save()
        ExperimentReading.objects.bulk_create(
            ExperimentReading(
                day=day,
                arm=reading.arm,
                metric=reading.metric,
                control_visitors=reading.control.n,
                arm_visitors=reading.treated.n,
                control_mean=reading.control.mean,
                arm_mean=reading.treated.mean,
                is_enough=reading.is_enough,
                difference=reading.interval.difference if reading.interval else None,
                lower=reading.interval.lower if reading.interval else None,
                upper=reading.interval.upper if reading.interval else None,
                explained=reading.explained,
            )
            for reading in readings
        )


def _counts(groups: IntArray, n_arms: int) -> list[int]:
    return [int(count) for count in np.bincount(groups, minlength=n_arms)]


def _by_arm(arms: Sequence[ExperimentArm], counts: Sequence[int]) -> dict[str, int]:
    return {arm.key: count for arm, count in zip(arms, counts, strict=True)}


def _evening(day: date) -> datetime:
    """The first moment of the next day, by the shop's clock."""
    return timezone.make_aware(datetime.combine(day + DAY, time.min))
