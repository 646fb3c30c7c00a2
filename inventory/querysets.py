"""Named reads of stock, demand and purchase orders."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from learning.querysets import ProposalQuerySet

if TYPE_CHECKING:
    from catalog.models import Sku
    from inventory.models import (
        CalendarEvent,
        DemandForecast,
        MarkdownStep,
        PriceSuggestion,
        PurchaseOrder,
        PurchaseOrderLine,
        Reservation,
        StockAlert,
        StockBatch,
        StockCountLine,
        StockLevel,
        StockTransferLine,
    )


class StockLevelQuerySet(QuerySet["StockLevel"]):
    def with_available(self) -> Self:
        """Adds `available`, what may still be promised to customers."""
        return self.annotate(available=F("on_hand") - F("reserved"))

    def sellable(self) -> Self:
        """With units that customers can buy now: the shop sells from its default warehouse."""
        return self.filter(warehouse__is_default=True, on_hand__gt=F("reserved"))

    def sold_out(self) -> Self:
        return self.filter(on_hand__lte=F("reserved"))


class ReservationQuerySet(QuerySet["Reservation"]):
    def held(self) -> Self:
        return self.filter(state=self.model.State.HELD)

    def expired(self, *, now: datetime) -> Self:
        return self.held().filter(expires_at__lte=now)


class StockAlertQuerySet(QuerySet["StockAlert"]):
    def waiting(self) -> Self:
        return self.filter(state=self.model.State.WAITING)

    def due(self) -> Self:
        """Waiting for something that can be bought again."""
        sku: Any = self.model._meta.get_field("sku").related_model
        levels: Any = sku._meta.get_field("stock_levels").related_model
        product: Any = sku._meta.get_field("product").related_model
        return self.waiting().filter(
            Exists(levels.objects.sellable().filter(sku=OuterRef("sku"))),
            sku__is_active=True,
            sku__product__status=product.Status.PUBLISHED,
        )

    def ended(self, *, before: datetime) -> Self:
        return self.exclude(state=self.model.State.WAITING).filter(ended_at__lt=before)


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
                self.model.Status.ACKNOWLEDGED,
                self.model.Status.PART_RECEIVED,
            ]
        )

    def with_supplier(self) -> Self:
        """Sent, and something is still to come."""
        return self.on_order().exclude(status=self.model.Status.APPROVED)

    def late(self, *, today: date) -> Self:
        """Should have been here."""
        return self.with_supplier().filter(expected_on__lt=today)

    def to_send(self) -> Self:
        """Approved and not yet written to a supplier who has an address.

        What the shop approved by itself waits for a person once managers switch that off.
        """
        settings: Any = apps.get_model("inventory", "ReplenishmentSettings")
        return self.filter(
            Q(is_approved_automatically=False) | Exists(settings.objects.filter(is_automatic=True)),
            status=self.model.Status.APPROVED,
        ).exclude(supplier__email="")

    def awaiting_second_person(self) -> Self:
        return self.drafts().filter(first_approved_by__isnull=False)

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

    def awaited(self) -> Self:
        """Wanted, not wholly here and not closed short."""
        return self.wanted().filter(closed_at__isnull=True, quantity_received__lt=F("quantity"))


class CalendarEventQuerySet(QuerySet["CalendarEvent"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def between(self, first: date, last: date) -> Self:
        """With a day in the span, both ends included."""
        return self.filter(starts_on__lte=last, ends_on__gte=first)

    def concerning(self, sku: Sku) -> Self:
        """Of the whole shop, of the SKU itself or of a category that it lies in."""
        concerned = Q(skus=sku) | Q(skus=None, categories=None)
        category = sku.product.category
        if category is not None:
            paths = [
                category.path[:length]
                for length in range(category.steplen, len(category.path) + 1, category.steplen)
            ]
            concerned |= Q(categories__path__in=paths)
        return self.filter(concerned).distinct()


class StockBatchQuerySet(QuerySet["StockBatch"]):
    def first_expired_first_out(self) -> Self:
        """With units, in the order they are to leave; what never expires comes last."""
        return self.filter(on_hand__gt=0).order_by(F("expires_on").asc(nulls_last=True), "pk")

    def fresh(self, *, today: date) -> Self:
        """May be sold: the day of expiry is the last one."""
        return self.exclude(expires_on__lt=today)

    def expired(self, *, today: date) -> Self:
        return self.filter(on_hand__gt=0, expires_on__lt=today)

    def expiring(self, *, until: date) -> Self:
        return self.filter(on_hand__gt=0, expires_on__lte=until)


class StockTransferLineQuerySet(QuerySet["StockTransferLine"]):
    def on_the_way(self) -> Self:
        """Left their source and did not arrive yet: on order, for the target."""
        return self.filter(transfer__status="sent")


class StockCountLineQuerySet(QuerySet["StockCountLine"]):
    def to_be_counted(self) -> Self:
        """By nobody yet, or a second time."""
        return self.filter(quantity_counted__isnull=True)

    def counted_by(self, user_id: int) -> Self:
        return self.filter(Q(counted_by=user_id) | Q(first_counted_by=user_id))

    def with_variance(self) -> Self:
        """Counted and not as the books said; adds `variance`, units."""
        return (
            self.annotate(variance=F("quantity_counted") - F("quantity_expected"))
            .filter(variance__isnull=False)
            .exclude(variance=0)
        )


class PriceSuggestionQuerySet(ProposalQuerySet["PriceSuggestion"]):
    def to_be_scored(self) -> Self:
        """Put on sale and not yet held against what happened."""
        return self.filter(applied_at__isnull=False, scored_at__isnull=True)


class MarkdownStepQuerySet(QuerySet["MarkdownStep"]):
    def due(self, *, today: date) -> Self:
        """Of running plans, not yet on sale."""
        return self.filter(applied_at__isnull=True, starts_on__lte=today, plan__state="running")
