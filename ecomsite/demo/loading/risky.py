"""Planted cases of fraud and of false alarms: each order says in its note that it is planted.

Real orders with a known fraud cannot be had. These are placed through the shop's own services, so
that what holds them is what holds orders of customers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from catalog.models import Sku
from customers.models import User
from insights.models import RiskAssessment
from insights.services import risk, risk_decisions
from insights.services.risk_facts import Asked
from inventory.models import StockLevel
from orders.models import Order, Payment
from orders.services.placing import Delivery, LineRequest, place_order

NOTE = "Planted for the demo"
ADDRESSES = (
    ("Chen Wei", "Nanjing East Road 128", "Shanghai", "CN"),
    ("Marta Weiss", "Lindenstrasse 4", "Berlin", "DE"),
    ("Sun Li", "Zhongshan Road 77", "Guangzhou", "CN"),
)


@dataclass(frozen=True)
class Case:
    """units: of each line. dear: take the dearest goods instead of usual ones."""

    what: str
    email: str
    units: tuple[int, ...]
    address: int = 0
    device: str = ""
    is_dear: bool = False
    failed_before: int = 0


CASES = (
    # Four buyers, one device, one door: stolen cards are tried out like this.
    *(
        Case("one device, many names", f"{name}@example.net", (2,), 0, "demo-phone")
        for name in ("w.chen", "lucky_shop", "anna.k", "bestbuyer")
    ),
    Case("dear goods, throw-away address", "qwrtzpx81749@mailinator.com", (6, 6), 1, "", True),
    Case("payments that fail until one works", "m.weiss@example.net", (1,), 1, "", False, 3),
    # Looks bad and is not: a school that buys for a class.
    Case("a school buys for a class", "office@school.example.org", (20, 20), 2, "", True),
)


def place_risky(*, at: datetime, manager: User) -> int:
    """Place the planted orders, a minute apart; how many of them are held."""
    risk_decisions.refresh_risk(as_of=timezone.localdate(at))
    moment = at
    for case in CASES:
        for is_failing in [True] * case.failed_before + [False]:
            _place(case, at=moment, is_failing=is_failing)
            moment += timedelta(minutes=1)
    held = list(RiskAssessment.objects.waiting().order_by("pk"))
    # Somebody was at work already: the queue has a history.
    if len(held) > 2:
        risk_decisions.cancel_as_fraud(
            assessment=held[0], user=manager, reason="The card was reported stolen."
        )
    return len(held)


def _place(case: Case, *, at: datetime, is_failing: bool = False) -> Order | None:
    recipient, line, city, country = ADDRESSES[case.address]
    address = {"recipient": recipient, "line": line, "city": city, "country": country}
    lines = _goods(case)
    if not lines:
        # A shop with too little of everything goes without.
        return None
    total = sum(sku.price_minor * units for sku, units in lines)
    verdict = risk.assess(
        Asked(
            customer=None,
            email=case.email,
            country=country,
            language="en",
            address=address,
            total_minor=total,
            currency=settings.CURRENCY,
            quantities=[units for _sku, units in lines],
            device=case.device,
        ),
        now=at,
    )
    number = Order.objects.filter(note__startswith=NOTE).count()
    order = place_order(
        customer=None,
        lines=[LineRequest(sku.pk, units) for sku, units in lines],
        risk=verdict,
        delivery=Delivery(email=case.email, country=country, language="en", address=address),
        idempotency_key=f"demo:risky:{number}",
        placed_at=at,
    )
    Order.objects.filter(pk=order.pk).update(note=f"{NOTE}: {case.what}", payment_provider="test")
    risk.record_assessment(order=order)
    RiskAssessment.objects.filter(order=order).update(created_at=at)
    Payment.objects.create(
        order=order,
        provider="test",
        reference=f"demo_risky_{number}",
        state=Payment.State.FAILED if is_failing else Payment.State.AUTHORISED,
        failure="declined" if is_failing else "",
        captures_later=True,
        currency=order.currency,
        amount_minor=order.total_minor,
        idempotency_key=f"demo:risky:payment:{number}",
    )
    # Its state is of the evening, too: later cases ask when payments failed.
    Payment.objects.filter(order=order).update(created_at=at, updated_at=at)
    return order


def _goods(case: Case) -> list[tuple[Sku, int]]:
    """Goods that are there, cheap or dear, one for each line."""
    free = StockLevel.objects.filter(on_hand__gte=F("reserved") + max(case.units) * 2)
    skus = Sku.objects.active().filter(
        product__status="published", pk__in=free.values("sku_id"), currency=settings.CURRENCY
    )
    found = skus.order_by("-price_minor" if case.is_dear else "price_minor", "pk")
    return list(zip(found[: len(case.units)], case.units, strict=False))
