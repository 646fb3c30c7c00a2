"""Segments are kept current; people correct them; small ones are nobody's business."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from celery.signals import task_postrun
from django.contrib.auth import get_user_model
from django.utils import timezone, translation

from customers.models import User
from insights.errors import CircularRuleError, InvalidRuleError, SegmentTooSmallError
from insights.models import (
    RfmScore,
    Segment,
    SegmentDay,
    SegmentDeparture,
    SegmentMembership,
)
from insights.services import audiences, rfm, segment_nights, segment_refreshing, segments
from insights.services.segment_floor import shown_size
from insights.services.segment_reading import read_standing, segments_of
from insights.services.segment_titles import segment_title
from learning.errors import NotEnoughDataError
from learning.models import Decision
from orders.models import Order
from tests.factories import make_staff, make_user
from tests.insights.segment_factories import make_segment, ordered, say

pytestmark = pytest.mark.django_db

ORDERED: dict[str, Any] = {"field": "orders", "is": "at_least", "n": 1}
NAMES = {"en": "Buyers", "zh-hans": "买家"}


def save(rule: dict[str, Any], segment: Segment | None = None) -> Segment:
    return segments.save_segment(
        segment=segment or Segment(),
        names=NAMES,
        note="",
        rule=rule,
        is_active=True,
        seeks_look_alikes=False,
        user=make_staff(),
    )


def names_in(segment: Segment) -> set[str]:
    return set(segment.memberships.values_list("customer__username", flat=True))


def test_who_joins_and_who_leaves_is_kept_with_the_day() -> None:
    stays, leaves, comes = (make_user(username=name) for name in ("stays", "leaves", "comes"))
    segment = make_segment(ORDERED)
    ordered(stays, price=5000)
    gone = ordered(leaves)
    morning = timezone.now()
    first = segment_refreshing.refresh_segment(segment=segment, moment=morning)
    assert (first.size, first.joined, first.left) == (2, 2, 0)
    since = segment.memberships.get(customer=stays).since

    Order.objects.filter(pk=gone.pk).update(status=Order.Status.CANCELLED)
    ordered(comes, price=7000)
    evening = timezone.now()
    second = segment_refreshing.refresh_segment(segment=segment, moment=evening)
    assert (second.size, second.joined, second.left) == (2, 1, 1)
    assert names_in(segment) == {"stays", "comes"}
    assert segment.memberships.get(customer=stays).since == since == morning
    departure = SegmentDeparture.objects.get()
    assert (departure.customer, departure.joined_at, departure.left_at) == (
        leaves,
        morning,
        evening,
    )
    day = SegmentDay.objects.get()
    assert (day.size, day.joined, day.left, day.revenue_90_days_minor, day.orders_90_days) == (
        2,
        3,
        1,
        12_000,
        2,
    )


def test_counting_twice_changes_nothing() -> None:
    ordered(make_user())
    segment = make_segment(ORDERED)
    segment_refreshing.refresh_segment(segment=segment)
    before = list(SegmentMembership.objects.values())
    again = segment_refreshing.refresh_segment(segment=segment)
    assert (again.joined, again.left) == (0, 0)
    assert list(SegmentMembership.objects.values()) == before


def test_saving_asks_for_a_count_and_the_sweep_finds_it(
    django_capture_on_commit_callbacks: Any,
) -> None:
    ordered(make_user())
    segment = save({"how": "all", "parts": [ORDERED]})
    assert Segment.objects.uncounted().get() == segment
    assert segment_refreshing.sweep_uncounted() == 1
    segment.refresh_from_db()
    assert (segment.size, segment.refreshed_at is None) == (1, False)
    with translation.override("zh-hans"):
        assert segment_title(segment) == "买家"


@pytest.fixture
def counted() -> Iterator[Event]:
    """Set once the worker has counted a segment."""
    event = Event()

    def note(sender: Any, **_details: Any) -> None:
        if sender.name == "insights.refresh_segment":
            event.set()

    task_postrun.connect(note)
    yield event
    task_postrun.disconnect(note)


@pytest.mark.django_db(transaction=True)
def test_a_worker_counts_what_was_saved(celery_worker: None, counted: Event) -> None:
    ordered(make_user(username="buyer"))
    segment = save({"how": "all", "parts": [ORDERED]})
    assert counted.wait(30)
    assert names_in(segment) == {"buyer"}


def test_a_rule_that_breaks_is_not_tried_for_ever() -> None:
    broken = make_segment({"field": "unknown"})
    good = make_segment(ORDERED)
    for _round in range(segment_refreshing.MAX_ATTEMPTS + 2):
        segment_refreshing.sweep_uncounted()
    broken.refresh_from_db()
    good.refresh_from_db()
    assert broken.attempts == segment_refreshing.MAX_ATTEMPTS
    assert good.refreshed_at is not None


def test_a_segment_is_not_made_of_itself() -> None:
    first = make_segment(ORDERED)
    second = make_segment({"field": "segment", "among": [str(first.pk)]})
    circle = {"how": "all", "parts": [{"field": "segment", "among": [str(second.pk)]}]}
    with pytest.raises(CircularRuleError):
        save(circle, first)
    first.refresh_from_db()
    assert first.rule["parts"] == [ORDERED]


def test_a_refused_rule_leaves_nothing_behind() -> None:
    with pytest.raises(InvalidRuleError):
        save({"how": "all", "parts": []})
    assert not Segment.objects.exists()


def test_what_a_person_says_outlives_the_rule() -> None:
    buyer, friend = make_user(username="buyer"), make_user(username="friend")
    ordered(buyer)
    segment = make_segment(ORDERED)
    segment_refreshing.refresh_segment(segment=segment)
    staff = make_staff()
    segments.correct_membership(
        segment=segment, customer=buyer, is_member=False, user=staff, reason="an employee"
    )
    segments.correct_membership(segment=segment, customer=friend, is_member=True, user=staff)
    assert names_in(segment) == {"friend"}
    segment_refreshing.refresh_segment(segment=segment)
    assert names_in(segment) == {"friend"}
    decision = Decision.objects.filter(reason="an employee").get()
    assert (decision.user, decision.proposed["is_member"], decision.done) == (
        staff,
        True,
        {"is_member": False},
    )
    segments.withdraw_correction(correction=segment.corrections.get(customer=buyer), user=staff)
    segment_refreshing.refresh_segment(segment=segment)
    assert names_in(segment) == {"buyer", "friend"}


def test_a_group_below_the_floor_is_neither_shown_nor_mailed_nor_exported(settings: Any) -> None:
    settings.SEGMENT_FLOOR = 3
    people = [make_user() for _number in range(3)]
    for one in people:
        ordered(one)
        say(one, "marketing", granted=True)
    segment = make_segment(ORDERED)
    segment_refreshing.refresh_segment(segment=segment)
    segment.refresh_from_db()
    assert segments.members(segment).count() == 3
    assert len(audiences.export_audience(segment=segment, user=make_staff())) == 3
    assert [one.segment for one in segments_of(people[0])] == [segment]

    Order.objects.filter(customer=people[2]).update(status=Order.Status.CANCELLED)
    segment_refreshing.refresh_segment(segment=segment)
    segment.refresh_from_db()
    assert shown_size(segment.size) == "fewer than 3"
    assert not segments.members(segment).exists()
    assert segments_of(people[0]) == []
    standing = read_standing(segment)
    assert (standing.is_hidden, standing.newest, list(standing.days)) == (True, None, [])
    with pytest.raises(SegmentTooSmallError):
        audiences.export_audience(segment=segment, user=make_staff())


def test_a_hashed_list_holds_only_who_agreed_and_is_written_down(settings: Any) -> None:
    settings.SEGMENT_FLOOR = 2
    staff = make_staff()
    for email, agrees in (("Ann@Example.org", True), ("bob@example.org", True), ("c@d.org", False)):
        customer = make_user(email=email)
        ordered(customer)
        say(customer, "marketing", granted=agrees)
    segment = make_segment(ORDERED)
    segment_refreshing.refresh_segment(segment=segment)
    hashes = audiences.export_audience(segment=segment, user=staff)
    assert hashes == sorted(
        hashlib.sha256(address.encode()).hexdigest()
        for address in ("ann@example.org", "bob@example.org")
    )
    decision = Decision.objects.get(action=Decision.Action.SEND)
    assert (decision.user, decision.done["hashes"]) == (staff, 2)
    assert "@" not in str(decision.done)

    say(User.objects.get(email="bob@example.org"), "marketing", granted=False)
    with pytest.raises(SegmentTooSmallError):
        audiences.export_audience(segment=segment, user=staff)


def test_a_night_scores_everybody_and_keeps_a_segment_for_each_cell() -> None:
    for number in range(60):
        customer = make_user(username=f"c{number:02}")
        for _order in range(1 + number // 12):
            ordered(customer, days_ago=100 - number, price=1000 + number)
    refuser = make_user(username="refuser")
    ordered(refuser)
    say(refuser, "personalisation", granted=False)
    day = timezone.localdate() - timedelta(days=1)
    assert segment_nights.score_rfm(as_of=day) == {"customers": 60}
    segment_nights.refresh_segments(as_of=day)
    best = RfmScore.objects.get(customer__username="c59")
    assert (best.recency, best.frequency, best.money, best.cell) == (5, 5, 5, "champions")
    assert not RfmScore.objects.filter(customer=refuser).exists()
    cells = Segment.objects.filter(kind=Segment.Kind.RFM)
    assert cells.count() == len(RfmScore.Cell)
    assert sum(cells.values_list("size", flat=True)) == 60
    champions = cells.get(code="rfm:champions")
    assert "c59" in names_in(champions)
    with translation.override("zh-hans"):
        assert segment_title(champions) == "核心顾客"
    # Once more changes nothing.
    before = sorted(RfmScore.objects.values_list("customer", "cell"))
    segment_nights.score_rfm(as_of=day)
    assert sorted(RfmScore.objects.values_list("customer", "cell")) == before
    assert cells.count() == len(RfmScore.Cell)


def test_too_few_customers_have_no_scores() -> None:
    ordered(make_user())
    with pytest.raises(NotEnoughDataError, match="1 of 50"):
        rfm.refresh_rfm(moment=timezone.now(), day=timezone.localdate())
    assert segment_nights.score_rfm(as_of=timezone.localdate()) == {
        "message": "Not enough data: 1 of 50 customers who ordered."
    }


def test_who_is_erased_is_in_no_segment_any_more() -> None:
    customer = make_user()
    segment = make_segment(ORDERED)
    segments.correct_membership(
        segment=segment, customer=customer, is_member=True, user=make_staff()
    )
    get_user_model().objects.get(pk=customer.pk).delete()
    assert not SegmentMembership.objects.exists()
    assert not segment.corrections.exists()
