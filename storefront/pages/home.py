"""What the front door shows, read in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from catalog.models import Category, Product
from insights.services.visitors import Visitor
from recommendations.models import PlacementCode
from recommendations.services.histories import Context
from recommendations.services.placing import (
    arm_of,
    rank_row,
    show_rows,
)
from storefront.fragments import kept
from storefront.placement_html import row_html

CARDS_PER_ROW = 8
TEASER_CHARACTERS = 150


@dataclass(frozen=True, slots=True)
class CategoryTile:
    category: Category
    products: int
    cover: Product | None


@dataclass(frozen=True, slots=True)
class Shelves:
    """hero: the product on the first picture, and `hero_kind`, why it: "offer" or "popular"."""

    hero: Product | None
    hero_kind: str
    categories: Sequence[CategoryTile]
    popular: Sequence[Product]
    offers: Sequence[Product]
    arrivals: Sequence[Product]


@dataclass(frozen=True, slots=True)
class HomePage:
    """top and rest are the same for everybody; own is what was chosen for the visitor."""

    top: SafeString
    own: SafeString
    rest: SafeString


def home_page(*, visitor: Visitor, looked_at: Sequence[int] = ()) -> HomePage:
    """looked_at: products that the visitor looked at, the last one first."""
    top, rest = kept("home", make=_parts)
    rising = _rising(visitor)
    return HomePage(
        top=mark_safe(top),  # noqa: S308  # what templates rendered
        own=_own_rows(visitor, looked_at),
        rest=mark_safe(rising + rest),  # noqa: S308  # the same
    )


def _own_rows(visitor: Visitor, looked_at: Sequence[int]) -> SafeString:
    """Asks for nothing where nothing is known of the visitor."""
    if not visitor.may_personalise or not (looked_at or visitor.customer_id):
        return mark_safe("")
    context = Context(viewed=looked_at)
    rows = [rank_row(placement=PlacementCode.GUESS_YOU_LIKE, visitor=visitor, context=context)]
    if visitor.customer_id is not None:
        rows.append(rank_row(placement=PlacementCode.BUY_AGAIN, visitor=visitor, context=context))
    # What sells best stands on this page anyway, under its own heading.
    shown = [row_html(row, is_wide=True) for row in show_rows(rows) if row.is_personal]
    return mark_safe("".join(shown))  # noqa: S308  # of stencils


def _rising(visitor: Visitor) -> str:
    """The same for all visitors of an arm."""
    placement = PlacementCode.TRENDING
    arm = arm_of(placement=placement, visitor=visitor)

    def make() -> str:
        ranked = rank_row(placement=placement, visitor=visitor, context=Context(), is_shared=True)
        [row] = show_rows([ranked])
        return row_html(row, is_wide=True)

    return kept("home rising", arm.label if arm else "", make=make)


def _parts() -> tuple[str, str]:
    shown = {"home": shelves(), "teaser_characters": TEASER_CHARACTERS}
    return (
        render_to_string("storefront/_home_top.html", shown),
        render_to_string("storefront/_home_rest.html", shown),
    )


def shelves() -> Shelves:
    cards = Product.objects.published().for_cards()
    popular = list(cards.order_by("-units_sold_30_days", "-pk")[:CARDS_PER_ROW])
    offers = list(
        cards.filter(compare_at_minor__isnull=False, has_stock=True).order_by(
            "-units_sold_30_days", "-pk"
        )[:CARDS_PER_ROW]
    )
    hero, kind = _hero(offers, popular)
    return Shelves(
        hero=hero,
        hero_kind=kind,
        categories=_category_tiles(),
        popular=popular,
        offers=offers,
        arrivals=list(cards.order_by("-published_at", "-pk")[:CARDS_PER_ROW]),
    )


def _hero(offers: Sequence[Product], popular: Sequence[Product]) -> tuple[Product | None, str]:
    """The best-selling offer, else the best seller; only with a photo and in stock."""
    for kind, products in (("offer", offers), ("popular", popular)):
        for product in products:
            if product.has_stock and getattr(product, "ready_photos", None):
                return product, kind
    return None, ""


def _category_tiles() -> list[CategoryTile]:
    """Top categories, each with the best seller of its branch on the tile."""
    paths = {category.pk: category for category in Category.objects.all()}
    top = [category for category in paths.values() if category.depth == 1]
    step = Category.steplen
    counts: dict[str, int] = {}
    by_category = (
        Product.objects.published()
        .filter(category__isnull=False)
        .order_by()
        .values_list("category")
        .annotate(Count("pk"))
    )
    for pk, count in by_category:
        branch = paths[pk].path[:step]
        counts[branch] = counts.get(branch, 0) + count
    covers: dict[str, Product] = {}
    candidates = (
        Product.objects.published()
        .filter(category__isnull=False, photos__position=0)
        .for_cards()
        .order_by("-units_sold_30_days", "-pk")[: 20 * max(len(top), 1)]
    )
    for product in candidates:
        if product.category is not None:
            covers.setdefault(product.category.path[:step], product)
    return [
        CategoryTile(category, counts.get(category.path, 0), covers.get(category.path))
        for category in top
    ]
