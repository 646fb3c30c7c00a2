"""What came of a campaign: how often each creative was clicked, and what the whole brought."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from statistics import NormalDist

import numpy as np
from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from numpy.typing import NDArray

from orders.models import Order
from recommendations.algorithms.lift import (
    FEWEST_BUYERS,
    FEWEST_PEOPLE,
    Interval,
    difference_of_means,
    difference_of_shares,
    smallest_visible_share,
    wilson,
)
from recommendations.models import Campaign, CampaignRecipient, Creative, CreativeEvent
from recommendations.services.campaigns.costs import discount_cost

State = CampaignRecipient.State
# Orders that are no sale.
NO_SALE = (Order.Status.CANCELLED,)


@dataclass(frozen=True, slots=True)
class CreativeResult:
    """rate: clicks for each time it was shown or written, with its interval; None unshown."""

    creative: Creative
    shown: int
    clicked: int
    closed: int
    opened: int
    share: float
    rate: float | None
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the two groups. revenue_minor: of the shop's own currency, after refunds."""

    people: int = 0
    buyers: int = 0
    orders: int = 0
    revenue_minor: int = 0


@dataclass(frozen=True, slots=True)
class Lift:
    """Who got it against who was held out, over the days that orders are counted for.

    missing: what is too little to say anything, as (have, need, of what); nothing is said then.
    ends_on: the last day that counts. smallest: the difference of shares of buyers that groups of
    this size would mostly show.
    """

    treated: Arm
    held_out: Arm
    missing: tuple[int, int, str] | None
    ends_on: date | None
    is_final: bool
    buyers: Interval | None = None
    orders: Interval | None = None
    revenue_minor: Interval | None = None
    smallest: float | None = None


@dataclass(frozen=True, slots=True)
class AfterClick:
    """Customers who clicked and allow statistics, and what they ordered in the days that count.

    What came after a click need not have come from it: some would have ordered anyway.
    """

    people: int
    buyers: int
    orders: int
    revenue_minor: int


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    shown: int
    clicked: int


@dataclass(frozen=True, slots=True)
class CampaignResult:
    states: dict[str, int]
    reasons: dict[str, int]
    unsubscribed: int
    creatives: Sequence[CreativeResult]
    days: Sequence[Day]
    lift: Lift | None
    after_click: AfterClick
    discount_cost_minor: int


def read_result(campaign: Campaign) -> CampaignResult:
    states = Counter(
        dict(campaign.recipients.order_by().values_list("state").annotate(Count("pk")))
    )
    left_out = campaign.recipients.exclude(reason="").order_by()
    return CampaignResult(
        states=dict(states),
        reasons=dict(left_out.values_list("reason").annotate(Count("pk"))),
        unsubscribed=campaign.recipients.filter(unsubscribed_at__isnull=False).count(),
        creatives=[_creative_result(one) for one in campaign.creatives.order_by("pk")],
        days=_days(campaign),
        lift=read_lift(campaign) if states else None,
        after_click=read_after_click(campaign),
        discount_cost_minor=discount_cost(campaign),
    )


def read_lift(campaign: Campaign) -> Lift:
    """Everybody who was drawn counts where chance put them, whatever became of their letter."""
    term = campaign.recipients.aggregate(first=Min("drawn_at"), last=Max("drawn_at"))
    length = timedelta(days=campaign.measured_days)
    end = None if term["last"] is None else term["last"] + length
    counts = dict(campaign.recipients.order_by().values_list("state").annotate(Count("pk")))
    held_people = counts.pop(State.HELD_OUT, 0)
    people = sum(counts.values())
    amounts = _amounts(campaign, length=length)
    treated = _arm(people, amounts[False])
    held_out = _arm(held_people, amounts[True])
    ends_on = None if end is None else timezone.localtime(end).date()
    lift = Lift(
        treated=treated,
        held_out=held_out,
        missing=_missing(treated, held_out),
        ends_on=ends_on,
        is_final=end is not None and end <= timezone.now(),
    )
    if lift.missing is not None:
        return lift
    spent, held_spent = (
        np.array([sum(bought) for bought in amounts[is_held].values()], dtype=np.float64)
        for is_held in (False, True)
    )
    ordered, held_ordered = (
        np.array([len(bought) for bought in amounts[is_held].values()], dtype=np.float64)
        for is_held in (False, True)
    )
    return Lift(
        treated=treated,
        held_out=held_out,
        missing=None,
        ends_on=ends_on,
        is_final=lift.is_final,
        buyers=difference_of_shares(
            treated.buyers, treated.people, held_out.buyers, held_out.people
        ),
        orders=difference_of_means(
            _filled(ordered, treated.people), _filled(held_ordered, held_out.people)
        ),
        revenue_minor=difference_of_means(
            _filled(spent, treated.people), _filled(held_spent, held_out.people)
        ),
        smallest=smallest_visible_share(
            share=(treated.buyers + held_out.buyers) / (treated.people + held_out.people),
            n=treated.people,
            held_n=held_out.people,
        ),
    )


def read_after_click(campaign: Campaign) -> AfterClick:
    clicks = CreativeEvent.objects.filter(
        creative__campaign=campaign, kind=CreativeEvent.Kind.CLICKED, customer__isnull=False
    )
    first = dict(clicks.order_by().values_list("customer").annotate(Min("occurred_at")))
    length = timedelta(days=campaign.measured_days)
    # The first click of all is an index away; which orders are within a customer's own days is
    # said here, one statement instead of one for each.
    orders = (
        Order.objects.filter(
            customer__in=clicks.values("customer"),
            placed_at__gte=min(first.values()),
            currency=settings.CURRENCY,
        )
        .exclude(status__in=NO_SALE)
        .values_list("customer", "placed_at", "total_minor", "refunded_minor")
        if first
        else ()
    )
    bought = [
        (customer_id, total - refunded)
        for customer_id, placed_at, total, refunded in orders
        if first[customer_id] <= placed_at < first[customer_id] + length
    ]
    return AfterClick(
        people=len(first),
        buyers=len({customer_id for customer_id, _amount in bought}),
        orders=len(bought),
        revenue_minor=sum(amount for _customer_id, amount in bought),
    )


def _missing(treated: Arm, held_out: Arm) -> tuple[int, int, str] | None:
    if held_out.people < FEWEST_PEOPLE:
        return held_out.people, FEWEST_PEOPLE, "held_out"
    if treated.people < FEWEST_PEOPLE:
        return treated.people, FEWEST_PEOPLE, "people"
    if treated.buyers + held_out.buyers < FEWEST_BUYERS:
        return treated.buyers + held_out.buyers, FEWEST_BUYERS, "buyers"
    return None


def _amounts(campaign: Campaign, *, length: timedelta) -> dict[bool, dict[int, list[int]]]:
    """By group: what each buyer paid for each order, from when she was drawn on."""
    found: dict[bool, dict[int, list[int]]] = {False: defaultdict(list), True: defaultdict(list)}
    # An audience is drawn within minutes; each moment of it has its own term.
    moments = list(
        campaign.recipients.order_by().values_list("drawn_at", flat=True).distinct()[:50]
    )
    if not moments:
        return found
    terms = [
        Q(drawn_at=moment, customer__orders__placed_at__gte=moment)
        & Q(customer__orders__placed_at__lt=moment + length)
        for moment in moments
    ]
    bought = (
        campaign.recipients.filter(reduce(or_, terms), customer__orders__currency=settings.CURRENCY)
        .exclude(customer__orders__status__in=NO_SALE)
        .order_by()
    )
    rows = bought.values_list(
        "customer",
        "state",
        "customer__orders",
        "customer__orders__total_minor",
        "customer__orders__refunded_minor",
    )
    for customer_id, state, _order_id, total, refunded in rows:
        found[state == State.HELD_OUT][customer_id].append(total - refunded)
    return found


def _arm(people: int, amounts: dict[int, list[int]]) -> Arm:
    return Arm(
        people=people,
        buyers=len(amounts),
        orders=sum(len(bought) for bought in amounts.values()),
        revenue_minor=sum(sum(bought) for bought in amounts.values()),
    )


def _filled(amounts: NDArray[np.float64], people: int) -> NDArray[np.float64]:
    """With a nought for everybody who bought nothing."""
    return np.concatenate([amounts, np.zeros(max(people - len(amounts), 0))])


def _creative_result(creative: Creative) -> CreativeResult:
    clicked = min(creative.clicked, creative.shown)
    rate, lower, upper = (
        wilson(clicked, creative.shown, NormalDist().inv_cdf(0.975))
        if creative.shown
        else (None, 0.0, 1.0)
    )
    return CreativeResult(
        creative=creative,
        shown=creative.shown,
        clicked=creative.clicked,
        closed=creative.closed,
        opened=creative.opened,
        share=creative.share,
        rate=rate,
        lower=lower,
        upper=upper,
    )


def _days(campaign: Campaign) -> list[Day]:
    """Of the first hundred days: showings, or letters written, and clicks."""
    zone = timezone.get_default_timezone()
    events = CreativeEvent.objects.filter(creative__campaign=campaign).order_by()
    by_day = {
        (day, kind): number
        for day, kind, number in events.annotate(day=TruncDate("occurred_at", tzinfo=zone))
        .values_list("day", "kind")
        .annotate(number=Count("pk"))
    }
    written = campaign.recipients.filter(state=State.WRITTEN).order_by()
    letters = dict(
        written.annotate(day=TruncDate("written_at", tzinfo=zone))
        .values_list("day")
        .annotate(number=Count("pk"))
    )
    days = sorted({day for day, _kind in by_day} | set(letters))
    if not days:
        return []
    length = min((days[-1] - days[0]).days + 1, 100)
    return [
        Day(
            day=day,
            shown=letters.get(day, 0) + by_day.get((day, CreativeEvent.Kind.SHOWN), 0),
            clicked=by_day.get((day, CreativeEvent.Kind.CLICKED), 0),
        )
        for day in (days[0] + timedelta(days=number) for number in range(length))
    ]
