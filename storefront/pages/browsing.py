"""What lists of products show: a category or a search, narrowed, in an order, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.http import Http404, QueryDict
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product
from catalog.services.browsing import Filters, Shelf, browse, parse_filters
from catalog.services.cards import ProductCard, read_cards
from storefront.fragments import kept_frame

MOST_CHARACTERS = 100
HELPFUL_PRODUCTS = 8

ORDERING_NAMES = {
    "relevance": _("Best match"),
    "popular": _("Popular"),
    "new": _("Newest"),
    "price": _("Price, low first"),
    "-price": _("Price, high first"),
    "rating": _("Rating"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a list asks for; nonsense in it is passed over."""

    filters: Filters
    ordering: str
    cursor: str

    @property
    def is_plain(self) -> bool:
        return not self.cursor and self.filters.are_empty

    @property
    def known_ordering(self) -> str:
        """Empty for the default one and for nonsense."""
        return self.ordering if self.ordering in ORDERING_NAMES else ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A shelf with its links.

    next_query, previous_query: addresses of the pages beside this one, "" where there is none.
    chips: (label, address without that filter).
    """

    shelf: Shelf
    next_query: str
    previous_query: str
    chips: Sequence[tuple[str, str]]
    plain_query: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class CategoryPlace:
    """A category, those above it from the top down, and those right below."""

    category: Category
    ancestors: Sequence[Category]
    children: Sequence[Category]


def read_asked(query: QueryDict) -> Asked:
    return Asked(
        filters=parse_filters(query),
        ordering=query.get("sort", "")[:20],
        cursor=query.get("cursor", "")[:300],
    )


def read_text(written: str) -> str:
    """What was typed, without control characters and spare blanks."""
    shown = "".join(character if character.isprintable() else " " for character in written)
    return " ".join(shown.split())


def category_place(*, slug: str) -> CategoryPlace:
    """Raises Http404."""
    return kept_frame("category", slug, make=lambda: _place(slug))


def category_listing(*, category: Category, asked: Asked) -> Listing:
    shelf = browse(
        category=category,
        filters=asked.filters,
        ordering=asked.ordering,
        cursor=asked.cursor,
        size=settings.CARDS_PER_PAGE,
    )
    return _listing(shelf, asked.filters)


def search_listing(*, text: str, asked: Asked) -> Listing:
    shelf = browse(
        text=text,
        filters=asked.filters,
        ordering=asked.ordering,
        cursor=asked.cursor,
        size=settings.CARDS_PER_PAGE,
    )
    return _listing(shelf, asked.filters, text=text)


def _listing(shelf: Shelf, filters: Filters, *, text: str = "") -> Listing:
    words = {"q": text} if text else {}
    sort = {"sort": shelf.ordering}

    def address(filter_query: str, **more: str) -> str:
        parts = [urlencode(words), filter_query, urlencode({**sort, **more})]
        return "?" + "&".join(part for part in parts if part)

    narrowed = filters.query()
    return Listing(
        shelf=shelf,
        next_query=address(narrowed, cursor=shelf.next_cursor) if shelf.next_cursor else "",
        previous_query=(
            address(narrowed, cursor=shelf.previous_cursor) if shelf.previous_cursor else ""
        ),
        chips=[(chip.label, address(chip.remaining)) for chip in shelf.chips],
        plain_query=address(""),
        text=text,
    )


def _place(slug: str) -> CategoryPlace:
    """Two queries. Raises Http404."""
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        raise Http404
    step = Category.steplen
    above = [category.path[:end] for end in range(step, len(category.path), step)]
    found = Category.objects.filter(
        Q(path__in=above) | Q(depth=category.depth + 1, path__startswith=category.path)
    )
    ancestors: list[Category] = []
    children: list[Category] = []
    for other in found:
        (ancestors if other.depth < category.depth else children).append(other)
    return CategoryPlace(category, ancestors, children)


def helpful_products() -> list[ProductCard]:
    """What sells best, for who has not asked for anything."""
    best = Product.objects.published().filter(has_stock=True).order_by("-units_sold_30_days", "-pk")
    keys = best.values_list("pk", flat=True)[:HELPFUL_PRODUCTS]
    return list(read_cards(list(keys)).values())
