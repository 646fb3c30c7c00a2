"""Recency, frequency and money of every customer, written anew each night."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, Sum
from django.utils.translation import gettext as _

from customers.models import Consent
from insights.algorithms.rfm import cells, quintile_scores
from insights.models import RfmScore, Segment
from insights.services.segment_rules import facts
from learning.bulk import insert_columns
from learning.errors import NotEnoughDataError

# A fifth of fewer customers than this is ten of them or less.
MIN_CUSTOMERS = 50
CODE = "rfm:"


@dataclass(frozen=True, slots=True)
class Scored:
    customers: int


def refresh_rfm(*, moment: datetime, day: date) -> Scored:
    """Score every customer who ever ordered and does not refuse to be profiled.

    Raises NotEnoughDataError, after which nobody has a score.
    """
    # One row a customer, summed by the database.
    rows = list(
        facts.orders(moment)
        .filter(customer__in=facts.customers().values("pk"), currency=settings.CURRENCY)
        .exclude(customer__in=facts.refusing(Consent.Purpose.PERSONALISATION))
        .order_by()
        .values_list("customer")
        .annotate(
            last=Max("placed_at"),
            n=Count("pk"),
            spent=Sum(F("total_minor") - F("refunded_minor")),
        )
        .order_by("customer")
    )
    if len(rows) < MIN_CUSTOMERS:
        RfmScore.objects.all().delete()
        raise NotEnoughDataError(
            have=len(rows), need=MIN_CUSTOMERS, what=_("customers who ordered")
        )
    keys = np.array([row[0] for row in rows], dtype=np.int64)
    recency_days = np.array([max((moment - row[1]).days, 0) for row in rows], dtype=np.int64)
    orders = np.array([row[2] for row in rows], dtype=np.int64)
    spent = np.array([row[3] for row in rows], dtype=np.int64)
    recency = quintile_scores(-recency_days.astype(np.float64))
    frequency = quintile_scores(orders.astype(np.float64))
    money = quintile_scores(spent.astype(np.float64))
    with transaction.atomic():
        RfmScore.objects.exclude(as_of=day).delete()
        insert_columns(
            RfmScore,
            {
                "customer_id": keys,
                "recency_days": recency_days,
                "orders": orders,
                "spend_minor": spent,
                "recency": recency,
                "frequency": frequency,
                "money": money,
                "cell": cells(recency, frequency, money),
                "as_of": np.full(len(keys), np.datetime64(day)),
            },
            unique_on=["customer_id"],
        )
        _drop_others(keys)
    return Scored(customers=len(keys))


def keep_rfm_segments() -> int:
    """A segment for each cell, made once; returns how many there are."""
    have = set(Segment.objects.filter(kind=Segment.Kind.RFM).values_list("code", flat=True))
    for cell in RfmScore.Cell:
        if f"{CODE}{cell.value}" in have:
            continue
        Segment.objects.create(
            kind=Segment.Kind.RFM,
            code=f"{CODE}{cell.value}",
            rule={"how": "all", "parts": [{"field": "rfm", "among": [cell.value]}]},
        )
    return len(RfmScore.Cell)


def _drop_others(keys: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
    """Whoever has no score any more: refused since, or the last order was cancelled."""
    stored = np.array(
        list(RfmScore.objects.order_by().values_list("customer_id", flat=True)), dtype=np.int64
    )
    gone = np.setdiff1d(stored, keys).tolist()
    for start in range(0, len(gone), 500):
        RfmScore.objects.filter(customer_id__in=gone[start : start + 500]).delete()
