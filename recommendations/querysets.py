"""Named reads of recommendations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from datetime import datetime

    from catalog.models import Product
    from recommendations.models import (
        Campaign,
        CampaignRecipient,
        Experiment,
        PlacementRule,
        Recommendation,
        SimilarProduct,
    )


class SimilarProductQuerySet(QuerySet["SimilarProduct"]):
    def to(self, product: Product) -> Self:
        return self.filter(product=product).order_by("rank")

    def to_sell(self) -> Self:
        """Neighbours that a customer could buy now."""
        return self.filter(
            similar__status="published",
            similar__has_stock=True,
        )


class ExperimentQuerySet(QuerySet["Experiment"]):
    def running(self) -> Self:
        return self.filter(status="running")

    def to_read(self) -> Self:
        """Those whose figures still change: running, or stopped while windows were open."""
        return self.filter(status__in=["running", "stopped"])


class PlacementRuleQuerySet(QuerySet["PlacementRule"]):
    def holding(self, now: datetime) -> Self:
        """Those whose time has come and is not over."""
        begun = Q(starts_at__isnull=True) | Q(starts_at__lte=now)
        return self.filter(begun).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))


class RecommendationQuerySet(QuerySet["Recommendation"]):
    def of(self, customer_id: int, *, placement: str) -> Self:
        return self.filter(customer=customer_id, placement=placement).order_by("rank")


class CampaignQuerySet(QuerySet["Campaign"]):
    def running(self) -> Self:
        return self.filter(status="running")

    def half_approved(self) -> Self:
        """Drafts to which a second person is to agree."""
        return self.filter(status="draft", first_approved_by__isnull=False)

    def to_start(self, now: datetime) -> Self:
        """Approved, and their time has come."""
        begun = Q(starts_at__isnull=True) | Q(starts_at__lte=now)
        return self.filter(status="approved").filter(begun)

    def under_way(self) -> Self:
        """Begun and not ended: running, or held by somebody for a while."""
        return self.filter(status__in=["running", "paused"])


class CampaignRecipientQuerySet(QuerySet["CampaignRecipient"]):
    def due(self, now: datetime) -> Self:
        """Letters whose time has come, of campaigns that run."""
        return self.filter(state="waiting", due_at__lte=now, campaign__status="running")

    def held_out(self) -> Self:
        return self.filter(state="held_out")

    def treated(self) -> Self:
        """Whatever became of their letter: chance gave them to this group."""
        return self.exclude(state="held_out")
