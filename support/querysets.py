"""Named reads of reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

from learning.querysets import ProposalQuerySet

if TYPE_CHECKING:
    from support.models import Review


class ReviewQuerySet(QuerySet["Review"]):
    def published(self) -> Self:
        return self.filter(status=self.model.Status.PUBLISHED)

    def unclassified(self) -> Self:
        return self.filter(classifications__isnull=True)


class ReviewClassificationQuerySet(ProposalQuerySet["ReviewClassification"]):
    pass
