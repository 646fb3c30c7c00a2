"""Sets of customers that conditions are made of, as conditions on the table of people.

Each answers with a `Q` on `User` that the database evaluates by itself; nothing is read here
but the paths of chosen categories.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from catalog.models import Category
from customers.models import Consent, User
from insights.models import Interaction
from orders.models import Order, OrderLine, ReturnRequest
from support.models import Review

NOBODY = Q(pk__in=[])


def orders(moment: datetime, days: int | None = None) -> QuerySet[Order]:
    """Orders of accounts that were not cancelled, of the last days or ever."""
    return _recent(
        Order.objects.exclude(status=Order.Status.CANCELLED).filter(customer__isnull=False),
        "placed_at",
        moment,
        days,
    )


def order_lines(moment: datetime, days: int | None = None) -> QuerySet[OrderLine]:
    return _recent(
        OrderLine.objects.exclude(order__status=Order.Status.CANCELLED).filter(
            order__customer__isnull=False
        ),
        "order__placed_at",
        moment,
        days,
    )


def returns(moment: datetime, days: int | None = None) -> QuerySet[ReturnRequest]:
    return _recent(
        ReturnRequest.objects.exclude(status=ReturnRequest.Status.REFUSED).filter(
            order__customer__isnull=False
        ),
        "requested_at",
        moment,
        days,
    )


def reviews(moment: datetime, days: int | None = None) -> QuerySet[Review]:
    return _recent(Review.objects.filter(author__isnull=False), "written_at", moment, days)


def behaviour(kind: str, moment: datetime, days: int | None = None) -> QuerySet[Interaction]:
    """Only what customers who agreed to statistics of visits let the shop keep."""
    return _recent(
        Interaction.objects.of_kinds(kind).filter(customer__isnull=False),
        "occurred_at",
        moment,
        days,
    )


def counted(rows: QuerySet[Any], *, customer: str, comparison: str, n: int, count: str = "pk") -> Q:
    """Customers with at least, at most or exactly `n` of the rows.

    customer: the way from a row to its customer. count: what is counted, each once.
    """

    def reaching(least: int) -> Q:
        if least <= 0:
            return Q(pk__isnull=False)
        found = (
            rows.order_by()
            .values(customer)
            .annotate(times=Count(count, distinct=count != "pk"))
            .filter(times__gte=least)
            .values(customer)
        )
        return Q(pk__in=found)

    if comparison == "at_least":
        return reaching(n)
    if comparison == "at_most":
        return ~reaching(n + 1)
    return reaching(n) & ~reaching(n + 1)


def spent(found: QuerySet[Order], *, comparison: str, amount_minor: int) -> Q:
    """Customers whose orders in the shop's currency, less refunds, sum up to an amount."""
    sums = (
        found.filter(currency=settings.CURRENCY)
        .order_by()
        .values("customer")
        .annotate(spent=Sum(F("total_minor") - F("refunded_minor")))
    )
    if comparison == "at_least":
        if amount_minor <= 0:
            return Q(pk__isnull=False)
        return Q(pk__in=sums.filter(spent__gte=amount_minor).values("customer"))
    # Who ordered nothing spent nothing.
    return ~Q(pk__in=sums.filter(spent__gt=amount_minor).values("customer"))


def of(rows: QuerySet[Any], customer: str) -> Q:
    """Customers of at least one row."""
    return Q(pk__in=rows.order_by().values(customer))


def long_ago(rows: QuerySet[Any], customer: str, field: str, moment: datetime, days: int) -> Q:
    """Customers with rows, none of them of the last days."""
    recent = rows.filter(**{f"{field}__gte": moment - timedelta(days=days)})
    return of(rows, customer) & ~of(recent, customer)


def within_categories(keys: Sequence[str], way: str) -> Q:
    """Rows whose product is in one of the categories or below it. way: from a row to a product."""
    paths = Category.objects.filter(pk__in=keys).values_list("path", flat=True)
    inside = NOBODY
    for path in paths:
        inside |= Q(**{f"{way}__category__path__startswith": path})
    return inside


def consenting(purpose: str) -> QuerySet[Consent, Any]:
    """Keys of the customers whose newest word on a purpose is yes."""
    return _newest_word(purpose).filter(is_granted=True).values("user")


def refusing(purpose: str) -> QuerySet[Consent, Any]:
    """Keys of the customers whose newest word on a purpose is no."""
    return _newest_word(purpose).filter(is_granted=False).values("user")


def customers() -> QuerySet[User]:
    """Whom segments are made of: accounts that are not staff and not blocked."""
    return User.objects.customers().filter(is_active=True)


def _newest_word(purpose: str) -> QuerySet[Consent]:
    newer = Consent.objects.filter(user=OuterRef("user"), purpose=purpose).filter(
        Q(given_at__gt=OuterRef("given_at"))
        | Q(given_at=OuterRef("given_at"), pk__gt=OuterRef("pk"))
    )
    return Consent.objects.filter(purpose=purpose).exclude(Exists(newer)).order_by()


def _recent(rows: QuerySet[Any], field: str, moment: datetime, days: int | None) -> QuerySet[Any]:
    rows = rows.filter(**{f"{field}__lte": moment})
    if days is None:
        return rows
    return rows.filter(**{f"{field}__gte": moment - timedelta(days=days)})
