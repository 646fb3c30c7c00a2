"""Named reads of reviews."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from django.db.models import Avg, Count, QuerySet

from learning.querysets import ProposalQuerySet

if TYPE_CHECKING:
    from support.models import Review, ReviewClassification


@dataclass(frozen=True, slots=True)
class Rating:
    """Mean stars of a product's published reviews and how many there are."""

    mean_stars: float
    n_reviews: int


class ReviewQuerySet(QuerySet["Review"]):
    def published(self) -> Self:
        return self.filter(status=self.model.Status.PUBLISHED)

    def unclassified(self) -> Self:
        return self.filter(classifications__isnull=True)

    def ratings(self, product_ids: Iterable[int]) -> dict[int, Rating]:
        """By product; products without a published review are left out."""
        rows = (
            self.published()
            .filter(product_id__in=list(product_ids))
            .order_by()
            .values("product_id")
            .annotate(mean_stars=Avg("stars"), n_reviews=Count("pk"))
        )
        return {
            row["product_id"]: Rating(float(row["mean_stars"]), row["n_reviews"]) for row in rows
        }


class ReviewClassificationQuerySet(ProposalQuerySet["ReviewClassification"]):
    def asking_staff(self) -> Self:
        """Open ones that the model itself was not sure of."""
        return self.awaiting_review().filter(needs_person=True)
