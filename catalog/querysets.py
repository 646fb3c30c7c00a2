"""Named reads of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from django.db.models import Prefetch, QuerySet
from treebeard.mp_tree import MP_NodeManager, MP_NodeQuerySet

from catalog.expressions import Unindexed
from learning.querysets import ProposalQuerySet

if TYPE_CHECKING:
    from catalog.models import Category, PhotoClassification, Product, ProductPhoto, Sku


class CategoryQuerySet(MP_NodeQuerySet):  # type: ignore[misc]  # treebeard ships no types
    def top(self) -> Self:
        return cast("Self", self.filter(depth=1))


class CategoryManager(MP_NodeManager):  # type: ignore[misc]  # treebeard ships no types
    def get_queryset(self) -> CategoryQuerySet:
        return cast(
            "CategoryQuerySet", CategoryQuerySet(self.model, using=self._db).order_by("path")
        )

    def top(self) -> CategoryQuerySet:
        return self.get_queryset().top()


class ProductQuerySet(QuerySet["Product"]):
    def published(self) -> Self:
        return self.filter(status=self.model.Status.PUBLISHED)

    def in_category(self, category: Category) -> Self:
        """Products of a category and of everything below it."""
        return self.filter(category__path__startswith=category.path)

    def for_cards(self) -> Self:
        """What a product card shows, in a constant number of queries."""
        return self.select_related("brand", "category").prefetch_related(self.card_photos())

    def card_photos(self) -> Prefetch:  # type: ignore[type-arg]  # generic in the stubs only
        """Fills `ready_photos`, the first one first."""
        photos: Any = self.model._meta.get_field("photos").related_model

        return Prefetch(
            "photos",
            # With its file a photo opens a field that measures it: a tenth of the time of a list.
            # That it is ready is looked at last: an index on what nearly all are leads nowhere.
            queryset=photos.objects.alias(prepared=Unindexed("state"))
            .filter(prepared=photos.State.READY)
            .only("product", "position", "renditions", "alt_text", "width", "height")
            .order_by("position", "pk"),
            to_attr="ready_photos",
        )


class SkuQuerySet(QuerySet["Sku"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class ProductPhotoQuerySet(QuerySet["ProductPhoto"]):
    def ready(self) -> Self:
        return self.filter(state=self.model.State.READY)

    def unprepared(self) -> Self:
        return self.filter(state=self.model.State.UPLOADED)

    def unclassified(self) -> Self:
        """Prepared photos that no version and no person has named yet."""
        return self.ready().filter(classifications__isnull=True)


class PhotoClassificationQuerySet(ProposalQuerySet["PhotoClassification"]):
    pass
