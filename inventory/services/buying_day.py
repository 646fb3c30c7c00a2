"""What a buyer has to know in the morning, in few lines: the drafts and what cannot wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import F, FloatField, Min, OuterRef, Subquery, Sum
from django.db.models.functions import Cast, Coalesce

from inventory.models import DemandForecast, PurchaseOrder, PurchaseOrderLine, StockLevel
from inventory.services.purchasing import needs_second_person
from inventory.services.suppliers import lead_time_of, lead_times, preferred_offers
from inventory.services.urgency import avoided_by_lines

N_DRAFTS: Final = 5
N_LINES: Final = 10
N_SHORT: Final = 5
N_LATE: Final = 4
# What ends soonest is looked at; of those only few come too late to be helped.
_LOOKED_AT: Final = 100


@dataclass(frozen=True, slots=True)
class DraftOfDay:
    """order: with totals. most_urgent: its line that avoids most; n_urgent: lines like it.

    needs_two: one person is not enough.
    """

    order: Any
    avoided_minor: int
    n_urgent: int
    most_urgent: PurchaseOrderLine | None
    needs_two: bool

    @property
    def first_person(self) -> Any:
        return self.order.first_approved_by


@dataclass(frozen=True, slots=True)
class LineOfDay:
    line: PurchaseOrderLine
    avoided_minor: int


@dataclass(frozen=True, slots=True)
class ShortOfDay:
    """A SKU that ends before the next delivery can be here."""

    forecast: DemandForecast
    available: int
    days_left: float
    arrives_in_days: float
    is_on_its_way: bool


@dataclass(frozen=True, slots=True)
class BuyingDay:
    drafts: list[DraftOfDay]
    n_drafts: int
    lines: list[LineOfDay]
    n_lines: int
    avoided_minor: int
    short: list[ShortOfDay]
    n_short: int
    late: list[Any]
    n_late: int


def read_buying_day(*, today: date) -> BuyingDay:
    totalled: Any = PurchaseOrder.objects.drafts().with_totals()
    orders = list(totalled.select_related("supplier", "first_approved_by").order_by("pk"))
    found = _open_lines()
    by_order: dict[int, list[LineOfDay]] = {order.pk: [] for order in orders}
    for one in found:
        by_order.setdefault(one.line.order_id, []).append(one)
    drafts = [_draft(order, by_order[order.pk]) for order in orders if order.n_lines]
    # What waits for the second person stands first, then where most would be lost.
    drafts.sort(
        key=lambda one: (one.first_person is None, -one.avoided_minor, -one.order.cost_minor)
    )
    short = _short(today)
    late: Any = (
        PurchaseOrder.objects.late(today=today)
        .annotate(n_awaited=_awaited_units())
        .select_related("supplier")
        .order_by("expected_on", "pk")
    )
    return BuyingDay(
        drafts=drafts[:N_DRAFTS],
        n_drafts=len(drafts),
        lines=found[:N_LINES],
        n_lines=len(found),
        avoided_minor=sum(one.avoided_minor for one in found),
        short=short[:N_SHORT],
        n_short=len(short),
        late=list(late[:N_LATE]),
        n_late=late.count(),
    )


def _open_lines() -> list[LineOfDay]:
    """Of all drafts, those that avoid most first; what nobody rejected."""
    lines = list(
        PurchaseOrderLine.objects.wanted()
        .filter(order__in=PurchaseOrder.objects.drafts())
        .select_related("sku__product", "order__supplier")
        .order_by("pk")
    )
    found = [
        LineOfDay(line, avoided)
        for line, avoided in zip(lines, avoided_by_lines(lines), strict=True)
    ]
    found.sort(key=lambda one: (-one.avoided_minor, -one.line.quantity, one.line.pk))
    return found


def _draft(order: Any, lines: list[LineOfDay]) -> DraftOfDay:
    urgent = [one for one in lines if one.avoided_minor > 0]
    return DraftOfDay(
        order=order,
        avoided_minor=sum(one.avoided_minor for one in lines),
        n_urgent=len(urgent),
        most_urgent=lines[0].line if lines else None,
        needs_two=needs_second_person(cost_minor=order.cost_minor, currency=order.currency),
    )


def _awaited_units() -> Coalesce:
    awaited = (
        PurchaseOrderLine.objects.awaited()
        .filter(order=OuterRef("pk"))
        .order_by()
        .values("order")
        .annotate(units=Sum(F("quantity") - F("quantity_received")))
    )
    return Coalesce(Subquery(awaited.values("units")), 0)


def _short(today: date) -> list[ShortOfDay]:
    """What sells out before an order of today, or what is on its way, arrives."""
    free = StockLevel.objects.filter(sku=OuterRef("sku"), warehouse=OuterRef("warehouse"))
    coming = (
        PurchaseOrderLine.objects.awaited()
        .filter(
            sku=OuterRef("sku"),
            order__warehouse=OuterRef("warehouse"),
            order__in=PurchaseOrder.objects.with_supplier(),
        )
        .order_by()
        .values("sku")
        .annotate(day=Min("order__expected_on"))
    )
    rows: Iterable[Any] = (
        DemandForecast.objects.in_force()
        .filter(units__gt=0, sku__is_active=True)
        .annotate(
            available=Coalesce(
                Subquery(free.annotate(free=F("on_hand") - F("reserved")).values("free")[:1]), 0
            ),
            coming_on=Subquery(coming.values("day")),
            days_left=Cast(F("available"), FloatField()) * F("horizon_days") / F("units"),
        )
        .filter(days_left__lt=Coalesce(F("cover_days"), F("horizon_days")))
        .select_related("sku__product")
        .defer("daily_units", "lower_units", "upper_units", "explanation")
        .order_by("days_left", "-units")[:_LOOKED_AT]
    )
    offers, known = preferred_offers(), lead_times()
    found = []
    for row in rows:
        offer = offers.get(row.sku_id)
        if offer is None:
            continue
        arrives: float = lead_time_of(offer, known).mean_days
        if row.coming_on is not None:
            arrives = max(0, (row.coming_on - today).days)
        if row.days_left < arrives:
            is_coming = row.coming_on is not None
            short = ShortOfDay(row, row.available, max(0.0, row.days_left), arrives, is_coming)
            margin = max(0, row.sku.price_minor - offer.unit_cost_minor)
            gap = min(arrives - short.days_left, row.horizon_days)
            found.append((-gap * row.units / row.horizon_days * margin, row.pk, short))
    found.sort(key=lambda one: one[:2])
    return [short for _loss, _pk, short in found]
