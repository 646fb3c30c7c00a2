"""Purchases as interactions: copied from orders, with what led to each product.

An order's line becomes one interaction whose id follows from the line's, so that copying twice
changes nothing. A product is credited to the last card of it that the buyer clicked in the seven
days before: its placement, what chose it, and the arm of the experiment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from customers.models import Consent
from insights.models import Interaction, Page, Visit
from insights.services.visiting import PAUSE
from insights.services.visitors import customer_key
from orders.models import Order, OrderLine

CREDITED: Final = timedelta(days=7)
# A customer may allow statistics after an order; what is older stays as it is.
LOOKED_BACK: Final = timedelta(days=3)
ORDERS_AT_A_TIME: Final = 200
_LINES: Final = UUID("5f0d3c52-8f0e-4c57-9c1b-0d7a6a2b9f11")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whose browser an order came from."""

    visitor_key: str
    visit: Visit | None = None


def record_seen_orders(seen: Mapping[str, Visit]) -> int:
    """Copy the orders whose confirmation was just seen. seen: visit by number of the order."""
    if not seen:
        return 0
    orders = Order.objects.filter(number__in=seen, placed_at__gte=timezone.now() - LOOKED_BACK)
    return _record(
        [(order, Buyer(seen[order.number].visitor_key, seen[order.number])) for order in orders]
    )


def record_purchases(*, since: datetime | None = None) -> int:
    """Copy the orders of customers who allow statistics, wherever they were placed.

    since: when the oldest of them was placed; else a few days ago. Returns how many orders.
    """
    start = timezone.now() - LOOKED_BACK if since is None else since
    last_word = Consent.objects.filter(
        user=OuterRef("customer"), purpose=Consent.Purpose.ANALYTICS
    ).order_by("-given_at", "-pk")
    copied = Interaction.objects.filter(
        kind=Interaction.Kind.PURCHASE,
        customer=OuterRef("customer"),
        occurred_at=OuterRef("placed_at"),
    )
    orders = (
        Order.objects.filter(placed_at__gte=start, customer__is_staff=False)
        .annotate(is_allowed=Subquery(last_word.values("is_granted")[:1]))
        .filter(~Exists(copied), is_allowed=True)
        .order_by("placed_at", "pk")
    )
    # Read to its end before the first write: on SQLite a half-read list holds an old view.
    keys = list(orders.values_list("pk", flat=True))
    n_orders = 0
    for first in range(0, len(keys), ORDERS_AT_A_TIME):
        batch = Order.objects.filter(pk__in=keys[first : first + ORDERS_AT_A_TIME])
        n_orders += _record(_with_buyers(list(batch.order_by("placed_at", "pk"))))
    return n_orders


def _with_buyers(orders: Sequence[Order]) -> list[tuple[Order, Buyer]]:
    """The visit during which a customer ordered, where one is known."""
    if not orders:
        return []
    visits = Visit.objects.filter(
        customer__in={order.customer_id for order in orders},
        started_at__lte=max(order.placed_at for order in orders),
        ended_at__gte=min(order.placed_at for order in orders) - PAUSE,
    ).order_by("started_at", "pk")
    by_customer: dict[int | None, list[Visit]] = {}
    for visit in visits:
        by_customer.setdefault(visit.customer_id, []).append(visit)
    found = []
    for order in orders:
        during = [
            visit
            for visit in by_customer.get(order.customer_id, ())
            if visit.started_at <= order.placed_at <= visit.ended_at + PAUSE
        ]
        if during:
            buyer = Buyer(during[-1].visitor_key, during[-1])
        else:
            buyer = Buyer(customer_key(order.customer_id or 0))
        found.append((order, buyer))
    return found


@transaction.atomic
def _record(bought: Sequence[tuple[Order, Buyer]]) -> int:
    """Returns how many orders were not there yet."""
    buyers = {order.pk: (order, buyer) for order, buyer in bought}
    lines = list(
        OrderLine.objects.filter(order__in=buyers, quantity__gt=0)
        .annotate(product_id=F("sku__product"))
        .order_by("order", "pk")
    )
    ids = {line.pk: uuid5(_LINES, str(line.pk)) for line in lines}
    there = set(
        Interaction.objects.filter(event_id__in=ids.values()).values_list("event_id", flat=True)
    )
    fresh = [line for line in lines if ids[line.pk] not in there]
    if not fresh:
        return 0
    clicks = _clicks(fresh, buyers)
    rows = []
    for line in fresh:
        order, buyer = buyers[line.order_id]
        product_id = line.product_id
        click = _last_click(clicks, order, buyer, product_id)
        rows.append(
            Interaction(
                event_id=ids[line.pk],
                kind=Interaction.Kind.PURCHASE,
                visitor_key=buyer.visitor_key,
                visit=buyer.visit,
                customer_id=order.customer_id,
                product_id=product_id,
                page=Page.THANKS,
                placement=click.placement if click else "",
                position=click.position if click else None,
                source=click.source if click else "",
                arm=click.arm if click else "",
                quantity=line.quantity,
                language=order.language,
                occurred_at=order.placed_at,
            )
        )
    Interaction.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    fresh_orders = {line.order_id for line in fresh} - {
        line.order_id for line in lines if ids[line.pk] in there
    }
    for key in sorted(fresh_orders):
        visit = buyers[key][1].visit
        if visit is not None:
            Visit.objects.filter(pk=visit.pk).update(n_orders=F("n_orders") + 1)
    return len(fresh_orders)


def _clicks(
    lines: Iterable[OrderLine], buyers: Mapping[int, tuple[Order, Buyer]]
) -> list[Interaction]:
    """Clicks on what was bought, by those who bought it, the newest first."""
    orders = [order for order, _buyer in buyers.values()]
    keys = {buyer.visitor_key for _order, buyer in buyers.values()}
    customers = {order.customer_id for order in orders if order.customer_id}
    return list(
        Interaction.objects.filter(
            Q(visitor_key__in=keys) | Q(customer__in=customers),
            kind=Interaction.Kind.CLICK,
            product__in={line.product_id for line in lines},  # type: ignore[attr-defined]  # of annotate
            occurred_at__gte=min(order.placed_at for order in orders) - CREDITED,
            occurred_at__lte=max(order.placed_at for order in orders),
        ).order_by("-occurred_at", "-pk")
    )


def _last_click(
    clicks: Iterable[Interaction], order: Order, buyer: Buyer, product_id: int
) -> Interaction | None:
    for click in clicks:
        is_theirs = click.visitor_key == buyer.visitor_key or (
            click.customer_id is not None and click.customer_id == order.customer_id
        )
        is_in_time = order.placed_at - CREDITED <= click.occurred_at <= order.placed_at
        if click.product_id == product_id and is_theirs and is_in_time:
            return click
    return None
