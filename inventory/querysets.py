"""Named reads of stock, demand and purchase orders."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import F, QuerySet

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


class PurchaseOrderLineQuerySet(ProposalQuerySet["PurchaseOrderLine"]):
    def wanted(self) -> Self:
        """Without the rejected ones: the lines that are ordered, awaited and paid for."""
        return self.exclude(status=self.model.ReviewStatus.REJECTED)
