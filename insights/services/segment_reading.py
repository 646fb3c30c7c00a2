"""What pages tell of a segment, and of one customer in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, QuerySet, Sum
from django.utils import timezone

from customers.models import User
from insights.errors import InvalidRuleError
from insights.models import (
    Segment,
    SegmentCorrection,
    SegmentDay,
    SegmentDeparture,
    SegmentMembership,
)
from insights.services.segment_floor import floor, is_hidden
from insights.services.segment_rules import facts
from insights.services.segment_rules.compiling import conditions_met
from insights.services.segment_rules.reading import read_rule
from insights.services.segment_rules.wording import (
    WordedCondition,
    conditions_in_words,
    rule_in_words,
)
from insights.services.segment_titles import segment_titles

WEEK_DAYS = 7
CHART_DAYS = 180


@dataclass(frozen=True, slots=True)
class Week:
    """What became of a segment in seven days. before: None where it was not counted yet."""

    before: int | None
    joined: int
    left: int


@dataclass(frozen=True)
class Standing:
    """A segment as it is now. Everything but the segment is empty below the floor."""

    segment: Segment
    is_hidden: bool
    share: float | None = None
    week: Week | None = None
    newest: SegmentDay | None = None
    days: Sequence[SegmentDay] = field(default_factory=tuple)
    joined: Sequence[SegmentMembership] = field(default_factory=tuple)
    left: Sequence[SegmentDeparture] = field(default_factory=tuple)


@dataclass(frozen=True)
class Reasons:
    """Why a customer is in a segment, or why not.

    conditions: of its rule, with whether each holds for her. membership: with what a model said.
    """

    is_member: bool
    membership: SegmentMembership | None
    correction: SegmentCorrection | None
    conditions: Sequence[WordedCondition]


@dataclass(frozen=True, slots=True)
class Belonging:
    """One segment of a customer."""

    segment: Segment
    title: str
    since: datetime
    words: str


def read_standing(segment: Segment) -> Standing:
    if is_hidden(segment.size):
        return Standing(segment, is_hidden=True)
    today = timezone.localdate()
    days = list(
        SegmentDay.objects.filter(
            segment=segment, day__gte=today - timedelta(days=CHART_DAYS)
        ).order_by("day")
    )
    everybody = facts.customers().count()
    members = SegmentMembership.objects.filter(segment=segment).select_related("customer")
    departures = SegmentDeparture.objects.filter(segment=segment).select_related("customer")
    newest = days[-1] if days else None
    first_count = _first_count(segment)
    return Standing(
        segment,
        is_hidden=False,
        share=segment.size / everybody if everybody else None,
        week=read_week(days, today=today),
        newest=newest,
        days=[one for one in days if not is_hidden(one.size)],
        # Whom the first count found did not join then.
        joined=[one for one in members.order_by("-since", "-pk")[:10] if one.since != first_count],
        left=list(departures[:10]),
    )


def _first_count(segment: Segment) -> datetime | None:
    """The moment since when the longest members are in it."""
    stayed = SegmentMembership.objects.filter(segment=segment).aggregate(first=Min("since"))
    gone = SegmentDeparture.objects.filter(segment=segment).aggregate(first=Min("joined_at"))
    return min((one["first"] for one in (stayed, gone) if one["first"]), default=None)


def read_week(days: Sequence[SegmentDay], *, today: date) -> Week:
    edge = today - timedelta(days=WEEK_DAYS)
    earlier = [one for one in days if one.day <= edge]
    recent = [one for one in days if one.day > edge]
    if not earlier and recent:
        # Whom the first count found did not join that day.
        recent = recent[1:]
    return Week(
        before=earlier[-1].size if earlier else None,
        joined=sum(one.joined for one in recent),
        left=sum(one.left for one in recent),
    )


def members_of(segment: Segment) -> QuerySet[SegmentMembership]:
    """Rows to page through, newest first; none below the floor."""
    rows = SegmentMembership.objects.filter(segment=segment).select_related("customer")
    return rows.none() if is_hidden(segment.size) else rows.order_by("-since", "-pk")


def read_reasons(segment: Segment, customer: User) -> Reasons:
    membership = (
        SegmentMembership.objects.filter(segment=segment, customer=customer)
        .select_related("model_version")
        .first()
    )
    correction = (
        SegmentCorrection.objects.filter(segment=segment, customer=customer)
        .select_related("corrected_by")
        .first()
    )
    conditions: Sequence[WordedCondition] = ()
    if segment.rule:
        try:
            rule = read_rule(segment.rule)
        except InvalidRuleError:
            rule = None
        if rule is not None:
            holds = conditions_met(rule, customer_id=customer.pk, moment=timezone.now())
            conditions = conditions_in_words(rule, holds)
    return Reasons(membership is not None, membership, correction, conditions)


def segments_of(customer: User) -> list[Belonging]:
    """The segments of one customer; those that are too small to be shown are left out."""
    rows = list(
        SegmentMembership.objects.filter(customer=customer, segment__size__gte=floor())
        .select_related("segment")
        .order_by("segment__kind", "segment_id")
    )
    titles = segment_titles([row.segment for row in rows])
    return [
        Belonging(row.segment, titles[row.segment_id], row.since, rule_words(row.segment))
        for row in rows
    ]


def rule_words(segment: Segment) -> str:
    """The rule in words; empty for a segment without one, or whose rule is broken."""
    if segment.kind not in (Segment.Kind.RULES, Segment.Kind.RFM):
        return ""
    try:
        return rule_in_words(read_rule(segment.rule))
    except InvalidRuleError:
        return ""


def rule_problem(segment: Segment) -> str:
    """Why a rule that was good once cannot be followed any more."""
    if segment.kind != Segment.Kind.RULES:
        return ""
    try:
        read_rule(segment.rule)
    except InvalidRuleError as error:
        return str(error)
    return ""


def orders_of(customer_ids: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """How many orders customers placed and for how much, in minor units, by key."""
    rows = (
        facts.orders(timezone.now())
        .filter(customer__in=customer_ids)
        .order_by()
        .values_list("customer")
        .annotate(n=Count("pk"), spent=Sum("total_minor"))
    )
    return {key: (n, spent) for key, n, spent in rows}
