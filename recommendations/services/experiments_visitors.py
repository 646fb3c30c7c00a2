"""What visitors of an experiment saw and did, from the log of interactions, as arrays."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.db.models import Count, Min, QuerySet

from insights.models import Interaction
from orders.models import Order, ReturnRequest
from recommendations.algorithms.shopping_log import FloatArray, IntArray
from recommendations.models import Experiment, ExperimentReading
from recommendations.services.experiments import running_from, unit_of
from support.models import Review

Metric = ExperimentReading.Metric
# What visitors did so long before the start explains part of what they do after it.
PAST: Final = timedelta(days=28)
PAST_KINDS: Final = (
    Interaction.Kind.VIEW,
    Interaction.Kind.CLICK,
    Interaction.Kind.ADD_TO_CART,
    Interaction.Kind.PURCHASE,
)
# Reviews with so few stars are complaints.
UNHAPPY_STARS: Final = 2


@dataclass(frozen=True, slots=True)
class Visitors:
    """Each visitor once, in order of the first sight of an arm. Shapes (n,), but for past.

    arms: place of the arm among the experiment's. first: seconds since 1970. values: by metric,
    within the days that count. past: shape (n, n_kinds), before the start. crossed: who saw
    another arm later, as people do who log in half way; each stays with the first. refused:
    impressions of an arm that was not the visitor's.
    """

    arm_keys: tuple[str, ...]
    arms: IntArray
    first: FloatArray
    values: dict[str, FloatArray]
    past: FloatArray
    crossed: int = 0
    refused: int = 0


@dataclass(slots=True)
class _Visitor:
    arm: str
    first: datetime
    crossed: bool = False
    did: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def read_visitors(experiment: Experiment, *, until: datetime) -> Visitors:
    """until: nothing from that moment on is read."""
    people, who, refused = _who_saw(experiment, until)
    _count_behaviour(experiment, people, who, until)
    _count_orders(experiment, people, who, until)
    ordered = sorted(people.items(), key=lambda item: (item[1].first, item[0]))
    keys = tuple(arm.key for arm in experiment.arms.all())
    place = {key: at for at, key in enumerate(keys)}
    metrics = [metric.value for metric in Metric if metric != Metric.PREFERENCE]
    return Visitors(
        arm_keys=keys,
        arms=np.array([place[person.arm] for _unit, person in ordered], dtype=np.int64),
        first=np.array([person.first.timestamp() for _unit, person in ordered], dtype=np.float64),
        values={
            metric: np.array(
                [person.did.get(metric, 0.0) for _unit, person in ordered], dtype=np.float64
            )
            for metric in metrics
        },
        past=_past(experiment, [unit for unit, _person in ordered], who),
        crossed=sum(person.crossed for person in people.values()),
        refused=refused,
    )


def impressions_of(experiment: Experiment, until: datetime) -> QuerySet[Interaction]:
    if experiment.started_at is None:
        return Interaction.objects.none()
    end = experiment.stopped_at or until
    return Interaction.objects.of_people().filter(
        kind=Interaction.Kind.IMPRESSION,
        placement=experiment.placement,
        arm__startswith=f"{experiment.key}:",
        occurred_at__gte=experiment.started_at,
        occurred_at__lt=min(end, until),
    )


@dataclass(frozen=True, slots=True)
class _Who:
    """Customers of browsers: a browser on which somebody logged in is hers from the start."""

    customers: dict[str, int]

    def unit(self, visitor_key: str, customer_id: int | None) -> str:
        known = customer_id if customer_id is not None else self.customers.get(visitor_key)
        return unit_of(visitor_key=visitor_key, customer_id=known)


def _who_saw(experiment: Experiment, until: datetime) -> tuple[dict[str, _Visitor], _Who, int]:
    rows = list(
        impressions_of(experiment, until)
        .values_list("visitor_key", "customer_id", "arm")
        .annotate(first=Min("occurred_at"), n=Count("pk"))
        .order_by("first", "visitor_key")
    )
    customers: dict[str, int] = {}
    for key, customer_id, _arm, _first, _n in rows:
        if customer_id is not None:
            customers.setdefault(key, customer_id)
    who = _Who(customers)
    running = running_from(experiment)
    people: dict[str, _Visitor] = {}
    refused = 0
    for key, customer_id, label, first, n in rows:
        arm = running.arm_of(visitor_key=key, customer_id=customer_id)
        # A browser can send what it likes: only the arm that chance gave it counts.
        if arm is None or arm.label != label:
            refused += n
            continue
        unit = who.unit(key, customer_id)
        person = people.get(unit)
        if person is None:
            people[unit] = _Visitor(arm=arm.key, first=first)
        elif person.arm != arm.key:
            person.crossed = True
    return people, who, refused


def _count_behaviour(
    experiment: Experiment, people: dict[str, _Visitor], who: _Who, until: datetime
) -> None:
    window = timedelta(days=experiment.window_days)
    rows = (
        Interaction.objects.of_people()
        .of_kinds(Interaction.Kind.CLICK, Interaction.Kind.ADD_TO_CART)
        .filter(occurred_at__gte=experiment.started_at, occurred_at__lt=until)
        .values_list("kind", "placement", "visitor_key", "customer_id", "occurred_at")
    )
    for kind, placement, key, customer_id, moment in rows.iterator(chunk_size=5000):
        person = people.get(who.unit(key, customer_id))
        if person is None or not person.first <= moment < person.first + window:
            continue
        if kind == Interaction.Kind.ADD_TO_CART:
            person.did[Metric.ADDED] = 1.0
        elif placement == experiment.placement:
            person.did[Metric.CLICKED] = 1.0


def _count_orders(
    experiment: Experiment, people: dict[str, _Visitor], who: _Who, until: datetime
) -> None:
    window = timedelta(days=experiment.window_days)
    buyers: dict[int, _Visitor] = {}
    for order_id, total, unit, moment in _orders(experiment, people, who, until):
        person = people[unit]
        if person.first <= moment < person.first + window:
            person.did[Metric.ORDERED] = 1.0
            person.did[Metric.REVENUE] += total
            buyers[order_id] = person
    returns = ReturnRequest.objects.filter(
        requested_at__gte=experiment.started_at, requested_at__lt=until
    ).values_list("order_id", "requested_at")
    for order_id, moment in returns:
        buyer = buyers.get(order_id)
        if buyer is not None and moment < buyer.first + window:
            buyer.did[Metric.RETURNED] = 1.0
    complaints = Review.objects.filter(
        stars__lte=UNHAPPY_STARS,
        written_at__gte=experiment.started_at,
        written_at__lt=until,
        author__isnull=False,
    ).values_list("author_id", "written_at")
    for customer_id, moment in complaints:
        author = people.get(unit_of(visitor_key="", customer_id=customer_id))
        if author is not None and author.first <= moment < author.first + window:
            author.did[Metric.COMPLAINED] = 1.0


def _orders(
    experiment: Experiment, people: dict[str, _Visitor], who: _Who, until: datetime
) -> Iterator[tuple[int, float, str, datetime]]:
    """Orders that were not cancelled, of visitors of the experiment: key, total, who, when.

    Somebody who was not logged in is known by the purchase that her browser told of.
    """
    told = {
        (customer_id, moment): key
        for key, customer_id, moment in Interaction.objects.of_kinds(Interaction.Kind.PURCHASE)
        .filter(occurred_at__gte=experiment.started_at, occurred_at__lt=until)
        .values_list("visitor_key", "customer_id", "occurred_at")
    }
    orders = (
        Order.objects.filter(placed_at__gte=experiment.started_at, placed_at__lt=until)
        .exclude(status=Order.Status.CANCELLED)
        .values_list("pk", "total_minor", "customer_id", "placed_at")
    )
    for order_id, total, customer_id, moment in orders.iterator(chunk_size=5000):
        unit = unit_of(visitor_key="", customer_id=customer_id)
        if unit not in people:
            unit = who.unit(told.get((customer_id, moment), ""), None)
        if unit in people:
            yield order_id, float(total), unit, moment


def _past(experiment: Experiment, units: list[str], who: _Who) -> FloatArray:
    place = {unit: at for at, unit in enumerate(units)}
    kinds = {kind.value: at for at, kind in enumerate(PAST_KINDS)}
    past = np.zeros((len(units), len(kinds)), dtype=np.float64)
    if experiment.started_at is None or not units:
        return past
    rows = (
        Interaction.objects.of_people()
        .of_kinds(*PAST_KINDS)
        .filter(
            occurred_at__gte=experiment.started_at - PAST, occurred_at__lt=experiment.started_at
        )
        .order_by()
        .values_list("kind", "visitor_key", "customer_id")
        .annotate(n=Count("pk"))
    )
    for kind, key, customer_id, n in rows.iterator(chunk_size=5000):
        at = place.get(who.unit(key, customer_id))
        if at is not None:
            past[at, kinds[kind]] += n
    # Counts have long tails, and a line through them leans on few visitors.
    logarithms: FloatArray = np.log1p(past)
    return logarithms
