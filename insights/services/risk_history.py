"""Facts of orders of before, as they were known when each was placed: what models learn from."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any, Final

from django.db.models import Max, Q, Sum
from django.utils import timezone

from catalog.money import decimals
from customers.countries import country_code
from insights.models import RiskAssessment
from insights.services.risk_facts import FEWEST_FOR_USUAL
from orders.models import Order, OrderLine

MOST_ORDERS: Final = 100_000
DAY: Final = timedelta(days=1)
# Nobody complained for so long: it was a good one. Banks take about as long.
MATURE_AFTER: Final = timedelta(days=60)
_OWN_KEPT: Final = 50


@dataclass(frozen=True, slots=True)
class PastOrders:
    """By time, oldest first."""

    facts: Sequence[Mapping[str, Any]]
    days: Sequence[date]
    language: Sequence[str]
    is_abroad: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Assessed orders of which it is known what became of them, by time, oldest first."""

    facts: Sequence[Mapping[str, Any]]
    rule_score: Sequence[float]
    rarity: Sequence[float]
    score: Sequence[float]
    is_fraud: Sequence[bool]
    days: Sequence[date]
    language: Sequence[str]
    is_guest: Sequence[bool]


def past_orders(*, as_of: date, home: str) -> PastOrders:
    """The newest orders up to a day. home: country of the shop."""
    rows = list(
        Order.objects.filter(placed_at__lt=_end_of(as_of))
        .order_by("-placed_at", "-pk")
        .values_list(
            "pk",
            "customer_id",
            "email",
            "customer__date_joined",
            "placed_at",
            "total_minor",
            "currency",
            "status",
            "language",
            "country",
            "shipping_address",
        )[:MOST_ORDERS]
    )
    rows.reverse()
    units = _units(rows[0][4], _end_of(as_of)) if rows else {}
    # By person: amounts that were kept, and moments of the last day; by house: moments.
    amounts: dict[Any, deque[int]] = defaultdict(lambda: deque(maxlen=_OWN_KEPT))
    lately: dict[Any, deque[datetime]] = defaultdict(deque)
    counts: dict[Any, int] = defaultdict(int)
    facts = []
    for (
        pk,
        customer,
        email,
        joined,
        placed,
        total,
        currency,
        status,
        _lang,
        country,
        address,
    ) in rows:
        person: Any = customer or (email or "").lower() or None
        place = address or {}
        house = (place.get("line", ""), place.get("city", ""), country)
        n_units, most = units.get(pk, (0, 0))
        local = timezone.localtime(placed)
        fact: dict[str, Any] = {
            "amount": total / 10 ** decimals(currency),
            "units": n_units,
            "line_units": most,
            "is_guest": customer is None,
            "hour": local.hour + local.minute / 60,
            "orders_before": counts[person] if person else 0,
            "orders_same_email": _ages(lately, ("person", person), placed) if person else [],
            "orders_same_address": _ages(lately, house, placed) if house[0] else [],
        }
        if joined is not None:
            fact["account_age_hours"] = max(0.0, (placed - joined).total_seconds() / 3600)
        own = amounts[person, currency]
        if person and len(own) >= FEWEST_FOR_USUAL and (usual := median(own)) > 0:
            fact["amount_times_own"] = total / usual
        facts.append(fact)
        if person and status != Order.Status.CANCELLED:
            counts[person] += 1
            own.append(total)
    return PastOrders(
        facts=facts,
        days=[timezone.localdate(row[4]) for row in rows],
        language=[(row[8] or "")[:2] for row in rows],
        is_abroad=[bool(row[9]) and country_code(row[9]) != home for row in rows],
    )


def outcomes(*, as_of: date) -> Outcomes:
    """Chargebacks and confirmed fraud against false alarms and orders that stayed quiet."""
    end = _end_of(as_of)
    told = Q(outcome__in=["chargeback", "confirmed_fraud", "false_alarm"], outcome_at__lt=end)
    quiet = Q(
        outcome="",
        order__status__in=[Order.Status.SHIPPED, Order.Status.COMPLETED],
        order__placed_at__lt=end - MATURE_AFTER,
    )
    rows = list(
        RiskAssessment.objects.filter(told | quiet)
        .order_by("-created_at", "-pk")
        .values_list(
            "facts", "rule_score", "rarity", "score", "outcome", "created_at", "order__language"
        )[:MOST_ORDERS]
    )
    rows.reverse()
    return Outcomes(
        facts=[row[0] for row in rows],
        rule_score=[row[1] for row in rows],
        rarity=[row[2] or 0.0 for row in rows],
        score=[row[3] for row in rows],
        is_fraud=[row[4] in ("chargeback", "confirmed_fraud") for row in rows],
        days=[timezone.localdate(row[5]) for row in rows],
        language=[(row[6] or "")[:2] for row in rows],
        is_guest=[bool(row[0].get("is_guest")) for row in rows],
    )


def _units(since: datetime, until: datetime) -> dict[int, tuple[int, int]]:
    """Units of each order, and of its largest line."""
    rows = (
        OrderLine.objects.filter(order__placed_at__gte=since, order__placed_at__lt=until)
        .order_by()
        .values("order_id")
        .annotate(units=Sum("quantity"), most=Max("quantity"))
        .values_list("order_id", "units", "most")
    )
    return {order: (units, most) for order, units, most in rows.iterator(chunk_size=5_000)}


def _ages(seen: dict[Any, deque[datetime]], key: Any, moment: datetime) -> list[float]:
    """Hours since the others of the last day, and remember this one."""
    before = seen[key]
    while before and before[0] < moment - DAY:
        before.popleft()
    ages = [(moment - one).total_seconds() / 3600 for one in before]
    before.append(moment)
    return ages


def _end_of(day: date) -> datetime:
    """The midnight after a day, by the shop's clock."""
    midnight = datetime.combine(day + DAY, time.min)
    return timezone.make_aware(midnight).astimezone(UTC)
