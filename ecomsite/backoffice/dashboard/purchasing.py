"""What may run out, and what the shop wants to order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, FloatField, OuterRef, Prefetch, Subquery, Sum
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse

from catalog.money import format_money
from inventory.models import DemandForecast, PurchaseOrder, PurchaseOrderLine, StockLevel
from inventory.wording import line_reason
from learning.staff_pages import figure

N_SHOWN = 8
N_LINES = 1


@dataclass(frozen=True, slots=True)
class Shortage:
    """A SKU whose stock ends before a new delivery could be here."""

    code: str
    name: str
    url: str
    available: str
    per_day: str
    days_left: str
    on_order: str
    is_out: bool


@dataclass(frozen=True, slots=True)
class Draft:
    number: str
    url: str
    supplier: str
    n_lines: str
    cost: str
    reasons: Sequence[str]


def read_shortages() -> list[Shortage]:
    """SKUs that run out first, by days of expected demand that the stock lasts."""
    levels = StockLevel.objects.filter(sku=OuterRef("sku"), warehouse=OuterRef("warehouse"))
    coming = (
        PurchaseOrderLine.objects.awaited()
        .filter(sku=OuterRef("sku"), order__in=PurchaseOrder.objects.on_order())
        .order_by()
        .values("sku")
        .annotate(units=Sum(F("quantity") - F("quantity_received")))
    )
    rows: Iterable[Any] = (
        DemandForecast.objects.filter(is_current=True, units__gt=0, sku__is_active=True)
        .annotate(
            available=Coalesce(
                Subquery(levels.annotate(free=F("on_hand") - F("reserved")).values("free")[:1]), 0
            ),
            on_order=Coalesce(Subquery(coming.values("units")), 0),
            days_left=Cast(F("available"), FloatField()) * F("horizon_days") / F("units"),
        )
        .filter(days_left__lt=Coalesce(F("cover_days"), F("horizon_days")))
        .select_related("sku__product")
        .defer("daily_units", "lower_units", "upper_units")
        .order_by("days_left", "-units")[:N_SHOWN]
    )
    return [
        Shortage(
            code=row.sku.code,
            name=str(row.sku.product),
            url=reverse("admin:inventory_demandforecast_change", args=[row.pk]),
            available=figure(row.available),
            per_day=figure(round(row.units / row.horizon_days, 1)),
            days_left=figure(round(row.days_left, 1)),
            on_order=figure(row.on_order),
            is_out=row.available <= 0,
        )
        for row in rows
    ]


def read_drafts() -> list[Draft]:
    """Drafts, the dearest first, with the reasons of their largest lines."""
    largest = PurchaseOrderLine.objects.wanted().select_related("sku").order_by("-quantity", "pk")
    totalled: Any = PurchaseOrder.objects.drafts().with_totals()
    drafts: Iterable[Any] = (
        totalled.select_related("supplier")
        .prefetch_related(Prefetch("lines", queryset=largest[:N_LINES], to_attr="largest_lines"))
        .order_by("-cost_minor", "pk")[:5]
    )
    return [
        Draft(
            number=draft.number,
            url=reverse("admin:inventory_purchaseorder_change", args=[draft.pk]),
            supplier=str(draft.supplier),
            n_lines=figure(draft.n_lines),
            cost=format_money(draft.cost_minor, draft.currency),
            reasons=[
                f"{row.sku}: {line_reason(row.explanation.get('facts', {}))}"
                for row in draft.largest_lines
            ],
        )
        for draft in drafts
    ]
