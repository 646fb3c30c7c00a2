"""Named reads of reviews."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Avg, Count, Prefetch, Q, QuerySet, Window

from learning.querysets import ProposalQuerySet

if TYPE_CHECKING:
    from customers.models import User
    from support.models import Review, ReviewClassification, ReviewPhoto


@dataclass(frozen=True, slots=True)
class Rating:
    """Mean stars of a product's published reviews and how many there are."""

    mean_stars: float
    n_reviews: int


class ReviewQuerySet(QuerySet["Review"]):
    def published(self) -> Self:
        return self.filter(status=self.model.Status.PUBLISHED)

    def pending(self) -> Self:
        return self.filter(status=self.model.Status.PENDING)

    def unclassified(self) -> Self:
        return self.filter(classifications__isnull=True)

    def by(self, author: User) -> Self:
        return self.filter(author=author)

    def for_pages(self) -> Self:
        """What a page shows of a review; its photos in `shown_photos`."""
        photos: Any = self.model._meta.get_field("photos").related_model
        return self.prefetch_related(
            Prefetch("photos", queryset=photos.objects.ready(), to_attr="shown_photos")
        )

    def with_star_counts(self) -> Self:
        """Adds `stars_1` to `stars_5`: how many of all that are selected have so many stars.

        On every row, and counted before a slice is cut: the page and its summary in one query.
        """
        return self.annotate(
            **{
                f"stars_{stars}": Window(Count("pk", filter=Q(stars=stars)))
                for stars in range(1, 6)
            }
        )

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


class ReviewPhotoQuerySet(QuerySet["ReviewPhoto"]):
    def ready(self) -> Self:
        return self.filter(state=self.model.State.READY)

    def unprepared(self) -> Self:
        return self.filter(state=self.model.State.UPLOADED)


class ReviewClassificationQuerySet(ProposalQuerySet["ReviewClassification"]):
    def asking_staff(self) -> Self:
        """Open ones that the model itself was not sure of."""
        return self.awaiting_review().filter(needs_person=True)
