"""Oddities in behaviour: waves of programs, pages that report nothing, orders that stay away.

Each day or hour is held against the median of the same weekday or hour before it. What is found
is an anomaly that staff see until one of them has looked at it; looking again finds it once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from django.conf import settings
from django.db.models import F, Min, Sum
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from insights.algorithms.unusual import FloatArray, compare, share_noise
from insights.models import FunnelDay, TrafficHour, Visit
from learning.models import Anomaly

SOURCE: Final = "insights.behaviour"
ROBOT_WAVE, OUTAGE, CONVERSION = "robot_wave", "tracking_outage", "conversion_drop"

HOURS_OF_PAST: Final = 28 * 24
FEWEST_HOURS: Final = 7
# Fewer pages an hour are no wave, and fewer followed pages no sign of an outage.
FEWEST_ROBOT_PAGES: Final = 200
FEWEST_FOLLOWED: Final = 30
# Of the events that followed pages bring usually.
OUTAGE_SHARE: Final = 0.05
WAVE_SCORE: Final = 6.0

WEEKS_OF_PAST: Final = 8
FEWEST_WEEKDAYS: Final = 4
FEWEST_VISITS: Final = 50
DROP_SCORE: Final = -3.0


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing found. when: a day or hour; value and expected: of what the check looks at."""

    check: str
    when: str
    value: float
    expected: float
    cases: int


@dataclass(frozen=True, slots=True)
class PastKnown:
    """How much of the past a check needs, and how much there is: weekdays or hours."""

    check: str
    known: int
    needed: int


def watch_hours(*, now: datetime | None = None) -> int:
    """Look at the last whole day of hours; returns how many oddities were found."""
    moment = timezone.now() if now is None else now
    found = [*find_outages(now=moment), *find_robot_waves(now=moment)]
    return _write(found)


def watch_days(*, as_of: date) -> int:
    """Look at the conversion of the last days; returns how many oddities were found."""
    return _write(list(find_conversion_drops(as_of=as_of)))


def find_outages(*, now: datetime) -> Iterator[Oddity]:
    """Hours in which pages were served to visitors who may be followed, and hardly any reported."""
    hours = _hours(now)
    followed, events = _series("followed", hours), _series("events", hours)
    busy = followed >= FEWEST_FOLLOWED
    for place in range(len(hours) - 24, len(hours)):
        if not busy[place]:
            continue
        past = np.flatnonzero(busy[:place])
        usual = np.median(events[past] / followed[past]) if len(past) >= FEWEST_HOURS else 0.0
        expected = float(usual * followed[place])
        if events[place] <= OUTAGE_SHARE * expected:
            yield Oddity(
                OUTAGE,
                hours[place].isoformat(),
                float(events[place]),
                expected,
                int(followed[place]),
            )


def find_robot_waves(*, now: datetime) -> Iterator[Oddity]:
    """Hours with many more pages for programs, or refused events, than the same hour before."""
    hours = _hours(now)
    pages = _series("robots", hours) + _series("refused", hours) + _robot_views(hours)
    # Before the shop counted anything, no wave came because nobody looked.
    counted_from = TrafficHour.objects.aggregate(hour=Min("hour"))["hour"] or now
    is_counted = np.array([hour >= counted_from for hour in hours])
    for place in range(len(hours) - 24, len(hours)):
        if pages[place] < FEWEST_ROBOT_PAGES:
            continue
        same_hours = slice(place % 24, place, 24)
        past = pages[same_hours][is_counted[same_hours]]
        found = compare(
            float(pages[place]),
            past,
            fewest=FEWEST_HOURS,
            noise=float(np.sqrt(max(np.median(past), 1.0))) if len(past) else 1.0,
        )
        if found is not None and found.score >= WAVE_SCORE:
            yield Oddity(
                ROBOT_WAVE,
                hours[place].isoformat(),
                float(pages[place]),
                found.expected,
                int(pages[place]),
            )


def find_conversion_drops(*, as_of: date) -> Iterator[Oddity]:
    """Days of the last week on which far fewer visits ended with an order than on its weekday."""
    first = as_of - timedelta(weeks=WEEKS_OF_PAST + 1)
    rows = (
        FunnelDay.objects.filter(day__gt=first, day__lte=as_of)
        .order_by()
        .values_list("day")
        .annotate(n_visits=Sum("visits"), n_bought=Sum("bought"))
    )
    days: dict[date, tuple[int, int]] = {day: (visits, bought) for day, visits, bought in rows}
    for back in range(7):
        day = as_of - timedelta(days=back)
        visits, bought = days.get(day, (0, 0))
        if visits < FEWEST_VISITS:
            continue
        past = conversions_before(day, days)
        found = compare(
            bought / visits,
            np.array(past, dtype=np.float64),
            fewest=FEWEST_WEEKDAYS,
            noise=share_noise(float(np.median(past)), visits) if past else 1.0,
        )
        if found is not None and found.score <= DROP_SCORE:
            yield Oddity(CONVERSION, day.isoformat(), bought / visits, found.expected, visits)


def conversions_before(day: date, days: dict[date, tuple[int, int]]) -> list[float]:
    """Of the same weekday in the weeks before, where enough visits were counted."""
    past = []
    for weeks in range(1, WEEKS_OF_PAST + 1):
        visits, bought = days.get(day - timedelta(weeks=weeks), (0, 0))
        if visits >= FEWEST_VISITS:
            past.append(bought / visits)
    return past


def past_known(*, as_of: date) -> list[PastKnown]:
    """Which checks cannot say anything yet; empty once all can."""
    known = (
        FunnelDay.objects.filter(day__lt=as_of, day__gte=as_of - timedelta(weeks=WEEKS_OF_PAST))
        .order_by()
        .values("day")
        .annotate(n_visits=Sum("visits"))
        .filter(n_visits__gte=FEWEST_VISITS)
        .count()
    )
    hours = TrafficHour.objects.filter(
        counted=TrafficHour.Counted.FOLLOWED, count__gte=FEWEST_FOLLOWED
    ).count()
    found = [
        PastKnown(CONVERSION, known, 7 * FEWEST_WEEKDAYS),
        PastKnown(OUTAGE, hours, FEWEST_HOURS),
    ]
    return [each for each in found if each.known < each.needed]


def read_open() -> list[Anomaly]:
    """What nobody has looked at yet, the newest first."""
    return list(Anomaly.objects.open().filter(source__startswith=SOURCE)[:20])


def sentence(check: str, facts: dict[str, object]) -> str:
    """What was found, in the language of the reader."""
    when = _when(str(facts.get("when", "")))
    value, expected = _float(facts.get("value")), _float(facts.get("expected"))
    if check == OUTAGE:
        return _(
            "%(when)s: %(cases)s pages were served to visitors who allow statistics, and they"
            " reported %(value)d events; %(expected)d were to be expected."
        ) % {"when": when, "cases": facts.get("cases"), "value": value, "expected": expected}
    if check == ROBOT_WAVE:
        return _(
            "%(when)s: programs asked for %(value)d pages; %(expected)d are usual at that hour."
            " They are left out of all figures."
        ) % {"when": when, "value": value, "expected": expected}
    return _(
        "%(when)s: %(value).1f%% of %(cases)s visits ended with an order; %(expected).1f%% are"
        " usual on that weekday."
    ) % {
        "when": when,
        "value": 100 * value,
        "cases": facts.get("cases"),
        "expected": 100 * expected,
    }


def _float(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _when(text: str) -> str:
    if not text:
        return ""
    if "T" not in text:
        return date_format(date.fromisoformat(text))
    return date_format(timezone.localtime(datetime.fromisoformat(text)), "DATETIME_FORMAT")


def _write(found: Sequence[Oddity]) -> int:
    for oddity in found:
        facts = asdict(oddity)
        # Texts of rows are in the shop's own language; pages of staff write their own sentence.
        with translation.override(settings.LANGUAGE_CODE):
            detail = sentence(oddity.check, facts)
        is_dropped = oddity.check == ROBOT_WAVE
        Anomaly.objects.update_or_create(
            source=f"{SOURCE} {oddity.when}",
            check_name=oddity.check,
            defaults={
                "handling": Anomaly.Handling.DROPPED if is_dropped else Anomaly.Handling.KEPT,
                "rows": oddity.cases,
                "detail": detail,
                "examples": [facts],
            },
        )
    return len(found)


def _hours(now: datetime) -> list[datetime]:
    """The past and the last day of whole hours, oldest first; as many as days are long."""
    end = now.replace(minute=0, second=0, microsecond=0)
    return [end - timedelta(hours=back) for back in range(HOURS_OF_PAST + 24, 0, -1)]


def _series(counted: str, hours: Sequence[datetime]) -> FloatArray:
    rows = (
        TrafficHour.objects.filter(counted=counted, hour__gte=hours[0], hour__lte=hours[-1])
        .order_by()
        .values_list("hour")
        .annotate(n=Sum("count"))
    )
    by_hour = dict(rows)
    return np.array([by_hour.get(hour, 0) for hour in hours], dtype=np.float64)


def _robot_views(hours: Sequence[datetime]) -> FloatArray:
    """Pages of visits that were found out afterwards, in the hour in which they began."""
    counts = np.zeros(len(hours))
    visits = Visit.objects.filter(
        robot__gt="", started_at__gte=hours[0], started_at__lt=hours[-1] + timedelta(hours=1)
    ).values_list("started_at", F("n_views"))
    for started_at, n_views in visits:
        counts[int((started_at - hours[0]).total_seconds() // 3600)] += n_views
    return counts
