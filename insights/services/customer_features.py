"""Reads what is known of each customer, summed by the database, as arrays."""

from datetime import date, datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Count, F, Max, Min, QuerySet, Sum
from django.db.models.functions import Substr
from django.utils import timezone

from catalog.models import Category
from customers.models import Consent
from insights.algorithms.customer_table import CustomerTable, IntArray
from insights.models import Interaction
from insights.services.segment_rules import facts

BEHAVIOUR_DAYS = 30
MOST_CATEGORIES = 40


def read_customers(*, moment: datetime) -> CustomerTable:
    """Customers who ever ordered and do not refuse to be profiled, by rising key."""
    rows = list(
        facts.orders(moment)
        .filter(customer__in=facts.customers().values("pk"), currency=settings.CURRENCY)
        .exclude(customer__in=facts.refusing(Consent.Purpose.PERSONALISATION))
        .order_by()
        .values_list("customer", "customer__language", "customer__country")
        .annotate(
            first=Min("placed_at"),
            last=Max("placed_at"),
            n=Count("pk"),
            spent=Sum(F("total_minor") - F("refunded_minor")),
        )
        .order_by("customer")
    )
    keys = _ints([row[0] for row in rows])
    category_ids, units = _units(moment, keys)
    return CustomerTable(
        customers=keys,
        recency_days=_ints([max((moment - row[4]).days, 0) for row in rows]),
        tenure_days=_ints([max((moment - row[3]).days, 0) for row in rows]),
        orders=_ints([row[5] for row in rows]),
        spend_minor=_ints([row[6] for row in rows]),
        units=units,
        returns=_counts(facts.returns(moment), "order__customer", keys),
        reviews=_counts(facts.reviews(moment), "author", keys),
        views=_behaviour(Interaction.Kind.VIEW, moment, keys),
        cart_adds=_behaviour(Interaction.Kind.ADD_TO_CART, moment, keys),
        searches=_behaviour(Interaction.Kind.SEARCH, moment, keys),
        language=np.array([row[1] for row in rows], dtype=np.str_),
        country=np.array([row[2] for row in rows], dtype=np.str_),
        category_ids=category_ids,
    )


def end_of(day: date) -> datetime:
    """The moment after which a day is over, by the shop's clock."""
    naive = datetime.combine(day, datetime.max.time())
    return timezone.make_aware(naive)


def _units(moment: datetime, keys: IntArray) -> tuple[IntArray, Any]:
    """Units by top category; the largest ones where there are very many."""
    step = Category.steplen
    rows = list(
        facts.order_lines(moment)
        .exclude(sku__product__category=None)
        .annotate(top=Substr("sku__product__category__path", 1, step))
        .order_by()
        .values_list("order__customer", "top")
        .annotate(units=Sum("quantity"))
    )
    sums: dict[str, int] = {}
    for _customer, top, n in rows:
        sums[top] = sums.get(top, 0) + n
    largest = sorted(sums, key=lambda top: (-sums[top], top))[:MOST_CATEGORIES]
    by_path = dict(Category.objects.filter(path__in=largest).values_list("path", "pk"))
    tops = sorted((top for top in largest if top in by_path), key=lambda top: by_path[top])
    column = {top: place for place, top in enumerate(tops)}
    units = np.zeros((len(keys), len(tops)))
    known = [row for row in rows if row[1] in column]
    customers = _ints([row[0] for row in known])
    at, is_there = _places(customers, keys)
    columns = _ints([column[row[1]] for row in known])
    amounts = np.array([row[2] for row in known], dtype=np.float64)
    np.add.at(units, (at[is_there], columns[is_there]), amounts[is_there])
    return _ints([by_path[top] for top in tops]), units


def _behaviour(kind: str, moment: datetime, keys: IntArray) -> IntArray:
    return _counts(facts.behaviour(kind, moment, BEHAVIOUR_DAYS), "customer", keys)


def _counts(rows: QuerySet[Any], customer: str, keys: IntArray) -> IntArray:
    found = list(rows.order_by().values_list(customer).annotate(n=Count("pk")))
    counts = np.zeros(len(keys), dtype=np.int64)
    at, is_there = _places(_ints([row[0] for row in found]), keys)
    counts[at[is_there]] = _ints([row[1] for row in found])[is_there]
    return counts


def _places(wanted: IntArray, keys: IntArray) -> tuple[IntArray, Any]:
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted


def _ints(values: list[Any]) -> IntArray:
    return np.array(values, dtype=np.int64)
