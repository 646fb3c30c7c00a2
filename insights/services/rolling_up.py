"""Sums of behaviour by day and month, written anew every night.

A day is written as a whole and replaces what was there, so a second run changes nothing, and events
that came late are counted the next night.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, Exists, Min, OuterRef, Q, Sum, TextChoices, Value, When
from django.db.models.functions import Lower, Trim, TruncMonth
from django.utils import timezone

from insights.models import (
    CohortMonth,
    FunnelDay,
    Interaction,
    PathDay,
    PurchaseDelay,
    SearchDay,
    Visit,
)
from orders.models import Order

# Late events, and a night that did not run.
DAYS_BACK: Final = 3
MOST_PATHS: Final = 200
MOST_SEARCHES: Final = 500
FIRST_VISIT_WITHIN: Final = timedelta(days=90)

# Each step holds who reached it or a later one: some go straight to their cart.
BOUGHT: Final = Q(n_orders__gt=0)
BEGAN_CHECKOUT: Final = BOUGHT | Q(began_checkout=True)
ADDED_TO_CART: Final = BEGAN_CHECKOUT | Q(added_to_cart=True)
SAW_PRODUCT: Final = ADDED_TO_CART | Q(saw_product=True)
STEPS: Final[Mapping[str, Any]] = {
    "visits": Count("pk"),
    "saw_product": Count("pk", filter=SAW_PRODUCT),
    "added_to_cart": Count("pk", filter=ADDED_TO_CART),
    "began_checkout": Count("pk", filter=BEGAN_CHECKOUT),
    "bought": Count("pk", filter=BOUGHT),
}


def roll_up(*, as_of: date, days: int = DAYS_BACK) -> dict[str, int]:
    """Write the sums of the last days up to `as_of`, and all cohorts."""
    counts: Counter[str] = Counter()
    for back in range(days):
        counts.update(roll_up_day(as_of - timedelta(days=back)))
    counts["cohorts"] = write_cohorts(until=day_end(as_of))
    return dict(counts)


@transaction.atomic
def roll_up_day(day: date) -> dict[str, int]:
    start, end = day_start(day), day_end(day)
    before = Order.objects.filter(
        customer=OuterRef("customer"), placed_at__lt=OuterRef("started_at")
    )
    Visit.objects.between(start, end).filter(customer__isnull=False).update(
        is_returning=Exists(before)
    )
    visits = Visit.objects.between(start, end).of_people()
    return {
        "funnels": _write_funnel(day, visits),
        "paths": _write_paths(day, visits),
        "searches": _write_searches(day, start, end),
        "purchases": _write_delays(day, visits),
    }


def day_start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def day_end(day: date) -> datetime:
    return day_start(day + timedelta(days=1))


def audience_of_visit() -> Case:
    return Case(
        When(customer__isnull=True, then=Value(FunnelDay.Audience.UNKNOWN)),
        When(is_returning=True, then=Value(FunnelDay.Audience.RETURNING)),
        default=Value(FunnelDay.Audience.NEW),
    )


def _write_funnel(day: date, visits: Any) -> int:
    rows = (
        visits.annotate(audience=audience_of_visit())
        .order_by()
        .values("source", "device", "language", "audience")
        .annotate(**STEPS)
    )
    FunnelDay.objects.filter(day=day).delete()
    made = FunnelDay.objects.bulk_create([FunnelDay(day=day, **row) for row in rows])
    return len(made)


def _write_paths(day: date, visits: Any) -> int:
    rows = (
        visits.exclude(path="")
        .order_by()
        .values("path")
        .annotate(n_visits=Count("pk"), n_bought=Count("pk", filter=BOUGHT))
        .order_by("-n_visits", "path")[:MOST_PATHS]
    )
    PathDay.objects.filter(day=day).delete()
    made = PathDay.objects.bulk_create(
        [
            PathDay(day=day, path=row["path"], visits=row["n_visits"], bought=row["n_bought"])
            for row in rows
        ]
    )
    return len(made)


def _write_searches(day: date, start: datetime, end: datetime) -> int:
    rows = (
        Interaction.objects.of_people()
        .filter(kind=Interaction.Kind.SEARCH, occurred_at__gte=start, occurred_at__lt=end)
        .annotate(words=Lower(Trim("query")))
        .exclude(words="")
        .order_by()
        .values("language", "words")
        .annotate(
            searches=Count("pk"),
            visitors=Count("visitor_key", distinct=True),
            without_result=Count("pk", filter=Q(n_results=0)),
        )
        .order_by("-searches", "words")[:MOST_SEARCHES]
    )
    SearchDay.objects.filter(day=day).delete()
    return len(SearchDay.objects.bulk_create([SearchDay(day=day, **row) for row in rows]))


def _write_delays(day: date, visits: Any) -> int:
    bought = list(visits.filter(BOUGHT).order_by("started_at", "pk"))
    counted = Counter(
        (first.source, str(delay_of(first, visit))) for first, visit in with_first_visits(bought)
    )
    PurchaseDelay.objects.filter(day=day).delete()
    PurchaseDelay.objects.bulk_create(
        [
            PurchaseDelay(day=day, source=source, within=within, visits=number)
            for (source, within), number in sorted(counted.items())
        ]
    )
    return len(bought)


def with_first_visits(bought: Sequence[Visit]) -> list[tuple[Visit, Visit]]:
    """Visits with an order, each after the one in which its browser came back first.

    Counted from the order before, or from the first visit of the last months.
    """
    if not bought:
        return []
    wanted = {visit.pk for visit in bought}
    along = Visit.objects.of_people().filter(
        visitor_key__in={visit.visitor_key for visit in bought},
        started_at__gte=min(visit.started_at for visit in bought) - FIRST_VISIT_WITHIN,
        started_at__lte=max(visit.started_at for visit in bought),
    )
    first: dict[str, Visit] = {}
    found = []
    read = along.only("visitor_key", "source", "started_at", "ended_at", "n_orders")
    for visit in read.order_by("started_at", "pk"):
        began = first.setdefault(visit.visitor_key, visit)
        if visit.n_orders:
            del first[visit.visitor_key]
            if visit.pk in wanted:
                found.append((began, visit))
    return found


def delay_of(first: Visit, bought: Visit) -> TextChoices:
    if first.pk == bought.pk:
        return PurchaseDelay.Within.VISIT
    passed = bought.ended_at - first.started_at
    for within, longest in (
        (PurchaseDelay.Within.DAY, timedelta(days=1)),
        (PurchaseDelay.Within.THREE_DAYS, timedelta(days=3)),
        (PurchaseDelay.Within.WEEK, timedelta(days=7)),
        (PurchaseDelay.Within.MONTH, timedelta(days=30)),
    ):
        if passed <= longest:
            return within
    return PurchaseDelay.Within.LONGER


@transaction.atomic
def write_cohorts(*, until: datetime) -> int:
    """Customers by the month of their first order; guests and cancelled orders are left out."""
    orders = Order.objects.filter(customer__isnull=False, placed_at__lt=until).exclude(
        status=Order.Status.CANCELLED
    )
    first = {
        row["customer"]: timezone.localtime(row["at"]).date().replace(day=1)
        for row in orders.order_by().values("customer").annotate(at=Min("placed_at"))
    }
    months = (
        orders.annotate(month=TruncMonth("placed_at"))
        .order_by()
        .values_list("customer", "month")
        .annotate(
            n=Count("pk"),
            minor=Sum("total_minor", filter=Q(currency=settings.CURRENCY), default=0),
        )
    )
    sums: dict[tuple[date, int], list[int]] = {}
    for customer, month, n_orders, minor in months.iterator(chunk_size=5_000):
        began = first[customer]
        later = (month.year - began.year) * 12 + month.month - began.month
        cell = sums.setdefault((began, later), [0, 0, 0])
        cell[0] += 1
        cell[1] += n_orders
        cell[2] += minor
    CohortMonth.objects.all().delete()
    CohortMonth.objects.bulk_create(
        [
            CohortMonth(
                first_month=began,
                months_later=later,
                customers=customers,
                orders=n_orders,
                revenue_minor=minor,
            )
            for (began, later), (customers, n_orders, minor) in sorted(sums.items())
        ],
        batch_size=500,
    )
    return len(sums)
