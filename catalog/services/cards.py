"""What cards show of products, in one statement and without an object of the ORM for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.utils.translation import get_language

from catalog.expressions import Unindexed
from catalog.models import Product, ProductPhoto
from learning.prepared import Prepared


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A published product in the reader's language. renditions: of its first photo, if any."""

    pk: int
    code: str
    slug: str
    name: str
    price_from_minor: int | None
    compare_at_minor: int | None
    price_currency: str
    has_stock: bool
    rating_average: float | None
    rating_count: int
    renditions: Mapping[str, Any] | None

    def __str__(self) -> str:
        return self.name or self.code


def read_cards(product_ids: Sequence[int]) -> dict[int, ProductCard]:
    """By key, in the order of the keys; what is not published is left out. One statement."""
    is_chinese = reads_chinese()
    found = {
        pk: ProductCard(pk, code, slug, _either(chinese, english, is_chinese), *rest)
        for pk, code, slug, chinese, english, *rest in _CARDS.rows(list(product_ids))
    }
    return {pk: found[pk] for pk in product_ids if pk in found}


def first_photos(product_ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """Renditions of the first photo of each product that has one, published or not."""
    found: dict[int, Mapping[str, Any]] = {}
    for product_id, renditions in _FIRST_PHOTOS.rows(list(product_ids)):
        found.setdefault(product_id, renditions)
    return found


def reads_chinese() -> bool:
    return (get_language() or settings.LANGUAGE_CODE).startswith("zh")


def in_language(chinese: str | None, english: str | None) -> str:
    """A text in the present language, or in the other one where it has none."""
    return _either(chinese, english, reads_chinese())


def _either(chinese: str | None, english: str | None, is_chinese: bool) -> str:
    return (chinese if is_chinese else english) or chinese or english or ""


# That a photo is ready is looked at last: an index on what nearly all are leads nowhere.
_PHOTOS = (
    ProductPhoto.objects.alias(prepared=Unindexed("state"))
    .filter(prepared=ProductPhoto.State.READY)
    .order_by("position", "pk")
)
_FIRST_PHOTOS = Prepared(
    lambda product_ids: _PHOTOS.filter(product__in=product_ids).values_list(
        "product_id", "renditions"
    )
)
# Without the statistics of ANALYZE, SQLite would rather read all published products by an index
# than a few by their keys: 13 ms of 100,000.
_CARDS = Prepared(
    lambda product_ids: (
        Product.objects.alias(state=Unindexed("status"))
        .filter(state=Product.Status.PUBLISHED, pk__in=product_ids)
        .order_by()
        .values_list(
            "pk",
            "code",
            "slug",
            "name_zh_hans",
            "name_en",
            "price_from_minor",
            "compare_at_minor",
            "price_currency",
            "has_stock",
            "rating_average",
            "rating_count",
            Subquery(_PHOTOS.filter(product=OuterRef("pk")).values("renditions")[:1]),
        )
    )
)
