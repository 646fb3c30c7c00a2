"""What is worked out at night, so that pages only read it: what rises, and what is bought again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import sqrt
from typing import Final

import numpy as np
from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone

from catalog.services.versions import renew_catalogue_version
from customers.models import Consent, User
from learning.models import ModelVersion
from orders.models import Order, OrderLine
from recommendations.algorithms.candidates import Candidates
from recommendations.models import (
    PlacementCode,
    Reason,
    Recommendation,
    Recommender,
    TrendingProduct,
)
from recommendations.services.recommenders import PIPELINES, served

WEEK_DAYS: Final = 7
WEEKS_BEFORE: Final = 4
# Two orders more than none are no trend.
FEWEST_ORDERS: Final = 3
MOST_TRENDING: Final = 100
MOST_PREPARED: Final = 20
CUSTOMERS_AT_ONCE: Final = 500
# Who has not ordered for so long is not prepared for; their page works it out when they come.
ACTIVE_DAYS: Final = 365
MOST_LINES_EACH: Final = 400
ROWS_PER_INSERT: Final = 500


@dataclass(frozen=True, slots=True)
class Prepared:
    customers: int
    changed: int
    withdrawn: int


def find_trending(*, as_of: date) -> int:
    """Products in more orders of the last week than in a week of the four before; how many.

    The score is the excess over what was to be expected, in standard deviations of a Poisson
    count with one order added, so that neither a best seller nor a product sold three times after
    none comes first by its size alone.
    """
    until = _midnight(as_of + timedelta(days=1))
    week = until - timedelta(days=WEEK_DAYS)
    start = week - timedelta(days=WEEK_DAYS * WEEKS_BEFORE)
    counts = (
        OrderLine.objects.exclude(order__status=Order.Status.CANCELLED)
        .filter(order__placed_at__gte=start, order__placed_at__lt=until)
        .order_by()
        .values_list("sku__product_id")
        .annotate(
            in_week=Count("order", filter=Q(order__placed_at__gte=week), distinct=True),
            earlier=Count("order", filter=Q(order__placed_at__lt=week), distinct=True),
        )
    )
    found = []
    for product_id, orders_week, orders_earlier in counts:
        before = orders_earlier / WEEKS_BEFORE
        score = (orders_week - before) / sqrt(before + 1.0)
        if orders_week >= FEWEST_ORDERS and score > 0:
            found.append((score, product_id, orders_week, before))
    found.sort(key=lambda each: (-each[0], each[1]))
    with transaction.atomic():
        TrendingProduct.objects.all().delete()
        TrendingProduct.objects.bulk_create(
            TrendingProduct(
                product_id=product_id,
                score=round(score, 4),
                orders_week=orders_week,
                orders_before=before,
                as_of=as_of,
            )
            for score, product_id, orders_week, before in found[:MOST_TRENDING]
        )
        renew_catalogue_version()
    return min(len(found), MOST_TRENDING)


def prepare_buy_again(*, as_of: date) -> Prepared:
    """Rows of everybody who allows it and ordered twice; those of others are taken away.

    Customers whose list is the same keep theirs, so a second run writes nothing.
    """
    until = _midnight(as_of + timedelta(days=1))
    model = served(PIPELINES[Recommender.REPEAT])
    learned = model if model is not None and model.version is not None else None
    n_customers = changed = 0
    last = 0
    while keys := _customers_after(last, until):
        last = keys[-1]
        baskets = _baskets(keys, until)
        lists = {
            customer_id: _list_of(baskets.get(customer_id, []), learned.model if learned else None)
            for customer_id in keys
        }
        changed += _exchange(lists, learned.version if learned else None)
        n_customers += len(keys)
    return Prepared(n_customers, changed, _withdraw(until))


def _allowing() -> Subquery:
    """The newest word of a customer on being recommended things."""
    said = Consent.objects.filter(
        user=OuterRef("pk"), purpose=Consent.Purpose.PERSONALISATION
    ).order_by("-given_at", "-pk")
    return Subquery(said.values("is_granted")[:1])


def _customers_after(key: int, until: datetime) -> list[int]:
    active = (
        Order.objects.exclude(status=Order.Status.CANCELLED)
        .filter(placed_at__lt=until, placed_at__gte=until - timedelta(days=ACTIVE_DAYS))
        .filter(customer__gt=key)
        .order_by()
        .values("customer")
    )
    people = (
        User.objects.alias(allows=_allowing()).filter(allows=True, pk__in=active).order_by("pk")
    )
    return list(people.values_list("pk", flat=True)[:CUSTOMERS_AT_ONCE])


def _baskets(keys: Sequence[int], until: datetime) -> dict[int, list[list[int]]]:
    """Products of each order of each customer, oldest first, of the newest orders alone."""
    rows = (
        OrderLine.objects.exclude(order__status=Order.Status.CANCELLED)
        .filter(order__customer__in=keys, order__placed_at__lt=until)
        .order_by("-order__placed_at", "-order_id", "position")
        .values_list("order__customer_id", "order_id", "sku__product_id")
    )
    found: dict[int, dict[int, list[int]]] = {}
    lines: dict[int, int] = {}
    for customer_id, order_id, product_id in rows.iterator(chunk_size=10_000):
        lines[customer_id] = lines.get(customer_id, 0) + 1
        if lines[customer_id] <= MOST_LINES_EACH:
            found.setdefault(customer_id, {}).setdefault(order_id, []).append(product_id)
    return {
        customer_id: [sorted(set(basket)) for basket in reversed(orders.values())]
        for customer_id, orders in found.items()
    }


@dataclass(frozen=True, slots=True)
class _Listed:
    product_id: int
    score: float
    reason: Reason
    times: int


def _list_of(baskets: Sequence[Sequence[int]], model: object | None) -> list[_Listed]:
    """Best first; empty for who has ordered less than twice."""
    if len(baskets) < 2:
        return []
    times: dict[int, int] = {}
    for basket in baskets:
        for product_id in basket:
            times[product_id] = times.get(product_id, 0) + 1
    if model is None:
        return _by_frequency(baskets, times)
    found: Candidates = model.candidates(  # type: ignore[attr-defined]  # of `FromBaskets`
        [np.array(basket, dtype=np.int64) for basket in baskets], most=MOST_PREPARED
    )
    top = float(found.scores[0]) if len(found) else 1.0
    return [
        _Listed(
            product_id,
            round(score / top, 6) if top > 0 else 0.0,
            Reason.BOUGHT_BEFORE if product_id in times else Reason.LIKE_OTHERS,
            times.get(product_id, 0),
        )
        for product_id, score in zip(found.product_ids.tolist(), found.scores.tolist(), strict=True)
    ]


def _by_frequency(baskets: Sequence[Sequence[int]], times: Mapping[int, int]) -> list[_Listed]:
    latest: dict[int, int] = {}
    for place, basket in enumerate(reversed(baskets)):
        for product_id in basket:
            latest.setdefault(product_id, place)
    ordered = sorted(latest, key=lambda pk: (-times[pk], latest[pk], pk))[:MOST_PREPARED]
    most = times[ordered[0]]
    return [
        _Listed(pk, round(times[pk] / most, 6), Reason.BOUGHT_BEFORE, times[pk]) for pk in ordered
    ]


@transaction.atomic
def _exchange(lists: Mapping[int, Sequence[_Listed]], version: ModelVersion | None) -> int:
    placement = PlacementCode.BUY_AGAIN.value
    there = Recommendation.objects.filter(customer__in=list(lists), placement=placement)
    standing: dict[int, list[tuple[object, ...]]] = {}
    for customer_id, *row in there.order_by("customer", "rank").values_list(
        "customer_id", "product_id", "score", "reason", "model_version_id"
    ):
        standing.setdefault(customer_id, []).append(tuple(row))
    version_id = version.pk if version else None
    changed = [
        customer_id
        for customer_id, rows in lists.items()
        if [(each.product_id, each.score, each.reason.value, version_id) for each in rows]
        != standing.get(customer_id, [])
    ]
    Recommendation.objects.filter(customer__in=changed, placement=placement).delete()
    Recommendation.objects.bulk_create(_rows(changed, lists, version), batch_size=ROWS_PER_INSERT)
    return len(changed)


def _rows(
    changed: Sequence[int], lists: Mapping[int, Sequence[_Listed]], version: ModelVersion | None
) -> Iterator[Recommendation]:
    for customer_id in changed:
        for rank, each in enumerate(lists[customer_id], start=1):
            yield Recommendation(
                customer_id=customer_id,
                placement=PlacementCode.BUY_AGAIN,
                product_id=each.product_id,
                rank=rank,
                score=each.score,
                reason=each.reason,
                model_version=version,
                explanation={"facts": {"times": each.times}} if each.times else {},
            )


def _withdraw(until: datetime) -> int:
    """Take away what was prepared for those who do not allow it any more, or stopped buying."""
    active = (
        Order.objects.exclude(status=Order.Status.CANCELLED)
        .filter(placed_at__gte=until - timedelta(days=ACTIVE_DAYS))
        .order_by()
        .values("customer")
    )
    keep = User.objects.alias(allows=_allowing()).filter(allows=True, pk__in=active)
    gone = Recommendation.objects.exclude(customer__in=keep.values("pk"))
    return int(gone.delete()[0])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
