"""Which pages there are for search engines, section by section.

A page of a section is one query, however many products the shop has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils import translation

from catalog.models import Category, Product
from storefront import seo
from storefront.models import StaticPage

# Each in every language and with all its alternates: about 2 MB.
PLACES_PER_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """One page in all languages. path: of one of them."""

    path: str
    changed_at: datetime | None

    @property
    def addresses(self) -> seo.Addresses | None:
        return seo.addresses(self.path)


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    pages: int
    changed_at: datetime | None


def sections() -> list[Section]:
    found = [Section("shop", 1, None)]
    products = Product.objects.published()
    n_products = products.count()
    newest = products.aggregate(newest=Max("updated_at"))["newest"]
    if n_products:
        found.append(Section("products", ceil(n_products / PLACES_PER_PAGE), newest))
    return found


def places(section: str, number: int) -> Sequence[Place] | None:
    """One page of a section, counted from 1; None where there is none."""
    with translation.override("en"):
        if section == "shop" and number == 1:
            return list(_shop())
        if section == "products" and 1 <= number <= 1_000_000:
            rows = _slice(Product.objects.published().order_by("pk"), number)
            return [Place(_path("product-detail", slug), changed) for slug, changed in rows] or None
    return None


def _shop() -> Iterator[Place]:
    yield Place(reverse("storefront:home"), None)
    yield Place(reverse("storefront:contact-message-add"), None)
    for slug, changed in StaticPage.objects.published().values_list("slug", "updated_at"):
        yield Place(_path("static-page-detail", slug), changed)
    for slug in Category.objects.order_by("path").values_list("slug", flat=True):
        yield Place(_path("category-detail", slug), None)


def _slice(products: QuerySet[Product], number: int) -> list[tuple[str, datetime]]:
    first = (number - 1) * PLACES_PER_PAGE
    return list(products.values_list("slug", "updated_at")[first : first + PLACES_PER_PAGE])


def _path(view: str, slug: str) -> str:
    return reverse(f"storefront:{view}", args=(slug,))
