"""Named reads of stock, demand and purchase orders."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from learning.querysets import ProposalQuerySet

if TYPE_CHECKING:
    from inventory.models import (
        DemandForecast,
        PurchaseOrder,
        PurchaseOrderLine,
        Reservation,
        StockLevel,
    )


class StockLevelQuerySet(QuerySet["StockLevel"]):
    def with_available(self) -> Self:
        """Adds `available`, what may still be promised to customers."""
        return self.annotate(available=F("on_hand") - F("reserved"))

    def sold_out(self) -> Self:
        return self.filter(on_hand__lte=F("reserved"))


class ReservationQuerySet(QuerySet["Reservation"]):
    def held(self) -> Self:
        return self.filter(state=self.model.State.HELD)

    def expired(self, *, now: datetime) -> Self:
        return self.held().filter(expires_at__lte=now)


class DemandForecastQuerySet(QuerySet["DemandForecast"]):
    def in_force(self) -> Self:
        """One per SKU."""
        return self.filter(is_current=True)


class PurchaseOrderQuerySet(QuerySet["PurchaseOrder"]):
    def drafts(self) -> Self:
        return self.filter(status=self.model.Status.DRAFT)

    def on_order(self) -> Self:
        """Approved or sent and not yet wholly received."""
        return self.filter(
            status__in=[
                self.model.Status.APPROVED,
                self.model.Status.SENT,
                self.model.Status.PART_RECEIVED,
            ]
        )

    def with_totals(self) -> Self:
        """Adds `n_lines`, `n_units` and `cost_minor` of the lines that are wanted."""
        line: Any = self.model._meta.get_field("lines").related_model
        sums = line.objects.wanted().filter(order=OuterRef("pk")).order_by().values("order")
        totals = {
            "n_lines": Count("pk"),
            "n_units": Sum("quantity"),
            "cost_minor": Sum(F("quantity") * F("unit_cost_minor")),
        }
        return self.annotate(
            **{
                name: Coalesce(Subquery(sums.annotate(total=total).values("total")), 0)
                for name, total in totals.items()
            }
        )


class PurchaseOrderLineQuerySet(ProposalQuerySet["PurchaseOrderLine"]):
    def wanted(self) -> Self:
        """Without the rejected ones: the lines that are ordered, awaited and paid for."""
        return self.exclude(status=self.model.ReviewStatus.REJECTED)
