"""Named reads of recommendations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from catalog.models import Product
    from recommendations.models import SimilarProduct


class SimilarProductQuerySet(QuerySet["SimilarProduct"]):
    def to(self, product: Product) -> Self:
        return self.filter(product=product).order_by("rank")

    def to_sell(self) -> Self:
        """Neighbours that a customer could buy now."""
        return self.filter(
            similar__status="published",
            similar__has_stock=True,
        )
