"""Oddities of behaviour are found beside the past, once, and never without one."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from insights.algorithms.robots import robot_reason
from insights.algorithms.unusual import compare, share_noise
from insights.models import FunnelDay, TrafficHour
from insights.services import unusual
from learning.models import Anomaly
from tests.insights.factories import make_visit

NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
DAY = date(2026, 6, 1)


def count(what: str, hours_ago: int, number: int, page: str = "") -> None:
    hour = NOW.replace(minute=0) - timedelta(hours=hours_ago)
    TrafficHour.objects.create(hour=hour, counted=what, page=page, count=number)


def make_hours(*, events_per_page: float = 4.0, silent: tuple[int, ...] = ()) -> None:
    for hours_ago in range(1, 40):
        count("followed", hours_ago, 50, "product")
        if hours_ago not in silent:
            count("events", hours_ago, int(50 * events_per_page))


@pytest.mark.django_db
def test_pages_that_report_nothing_are_found_once() -> None:
    make_hours(silent=(3,))
    assert unusual.watch_hours(now=NOW) == 1
    assert unusual.watch_hours(now=NOW) == 1
    found = Anomaly.objects.get()
    assert (found.check_name, found.rows, found.handling) == ("tracking_outage", 50, "kept")
    assert found.examples[0]["expected"] == 200
    sentence = unusual.sentence(found.check_name, found.examples[0])
    assert "reported 0 events; 200 were to be expected" in sentence


@pytest.mark.django_db
def test_a_steady_shop_a_quiet_one_and_a_new_one_are_no_oddities() -> None:
    make_hours()
    count("followed", 41, 3)
    assert unusual.watch_hours(now=NOW) == 0


@pytest.mark.django_db
def test_pages_that_never_reported_anything_are_found_without_a_past() -> None:
    count("followed", 2, 80)
    assert [found.check for found in unusual.find_outages(now=NOW)] == ["tracking_outage"]


@pytest.mark.django_db
@pytest.mark.parametrize(("robots", "n_found"), [(4_000, 1), (260, 0), (150, 0)])
def test_a_wave_of_programs_stands_out_of_the_same_hour_of_other_days(
    robots: int, n_found: int
) -> None:
    for days_ago in range(1, 12):
        count("robots", 24 * days_ago + 3, 190 + 10 * (days_ago % 5), "product")
    count("robots", 3, robots, "product")
    assert len(list(unusual.find_robot_waves(now=NOW))) == n_found


@pytest.mark.django_db
def test_a_wave_needs_a_past_and_counts_visits_that_were_found_out() -> None:
    count("robots", 3, 4_000)
    assert list(unusual.find_robot_waves(now=NOW)) == []
    for days_ago in range(1, 12):
        count("robots", 24 * days_ago + 5, 10)
    make_visit(started_at=NOW - timedelta(hours=5), robot="rate", n_views=900)
    waves = list(unusual.find_robot_waves(now=NOW))
    assert [wave.value for wave in waves] == [900.0, 4_000.0]


def make_days(conversions: dict[int, float], *, visits: int = 400) -> None:
    """conversions: by days ago."""
    for days_ago, share in conversions.items():
        FunnelDay.objects.create(
            day=DAY - timedelta(days=days_ago),
            source="direct",
            device="phone",
            audience="unknown",
            visits=visits,
            bought=round(visits * share),
        )


@pytest.mark.django_db
def test_a_drop_of_conversion_is_held_against_the_same_weekday() -> None:
    usual = {7 * week: 0.05 + 0.002 * (week % 3) for week in range(1, 9)}
    # Sundays are always worse.
    sundays = {7 * week + 1: 0.01 for week in range(9)}
    make_days({0: 0.01, **usual, **sundays})
    assert unusual.watch_days(as_of=DAY) == 1
    found = Anomaly.objects.get()
    assert found.check_name == "conversion_drop"
    assert found.examples[0]["when"] == "2026-06-01"
    assert "1.0% of 400 visits ended with an order; 5.2% are usual" in unusual.sentence(
        found.check_name, found.examples[0]
    )


@pytest.mark.django_db
def test_what_chance_alone_may_do_is_no_drop() -> None:
    make_days({0: 0.02, **{7 * week: 0.05 for week in range(1, 9)}}, visits=60)
    assert unusual.watch_days(as_of=DAY) == 0


@pytest.mark.django_db
def test_without_four_weekdays_nothing_is_said_but_how_much_is_missing() -> None:
    make_days({0: 0.001, 7: 0.05, 14: 0.05, 21: 0.05})
    assert unusual.watch_days(as_of=DAY) == 0
    known = {each.check: (each.known, each.needed) for each in unusual.past_known(as_of=DAY)}
    assert known == {"conversion_drop": (3, 28), "tracking_outage": (0, 7)}


def test_comparison_worked_out_by_hand() -> None:
    past = np.array([10.0, 12.0, 11.0, 13.0, 200.0])
    found = compare(20.0, past, fewest=5, noise=0.1)
    assert found is not None
    # Median 12, median deviation 1: the one wild day does not hide the next.
    assert found.expected == 12.0
    assert found.score == pytest.approx(8 / 1.4826)
    assert compare(20.0, past, fewest=6, noise=0.1) is None
    flat = compare(12.0, np.full(9, 10.0), fewest=3, noise=4.0)
    assert flat is not None
    assert flat.score == 0.5


def test_noise_of_a_share_is_that_of_a_coin() -> None:
    assert share_noise(0.5, 100) == pytest.approx(0.05)
    assert share_noise(0.0, 0) > 0.0


@pytest.mark.parametrize(
    ("seconds", "n_seen", "reason"),
    [
        ([0.0, 1.0, 2.0], 0, ""),
        ([10.0 * number for number in range(20)], 9, "clockwork"),
        ([10.0 * number + (number % 2) * 6 for number in range(20)], 0, ""),
        ([1.9 * number + (number % 3) for number in range(60)], 50, "rate"),
        ([30.0 * number + (number % 4) * 9 for number in range(60)], 0, "blind"),
        ([30.0 * number + (number % 4) * 9 for number in range(60)], 1, ""),
        ([5.0] * 20, 3, ""),
    ],
)
def test_why_a_visit_is_taken_for_a_programs(
    seconds: list[float], n_seen: int, reason: str
) -> None:
    assert robot_reason(np.array(seconds), n_seen=n_seen) == reason
