"""What the pages show, each read in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product, Sku
from recommendations.services.similar import ShownProduct, similar_products
from support.models import Review

CARDS_PER_PAGE = 24
CARDS_PER_ROW = 8
REVIEWS_SHOWN = 8
SIMILAR_SHOWN = 6

ORDERINGS = {
    "popular": (_("Popular"), ("-units_sold_30_days", "-pk")),
    "new": (_("New"), ("-published_at", "-pk")),
    "price": (_("Price, low first"), ("price_from_minor", "pk")),
    "-price": (_("Price, high first"), ("-price_from_minor", "-pk")),
    "rating": (_("Rating"), ("-rating_average", "-rating_count", "-pk")),
}
DEFAULT_ORDERING = "popular"


@dataclass(frozen=True, slots=True)
class CategoryTile:
    category: Category
    products: int
    cover: Product | None


@dataclass(frozen=True, slots=True)
class HomePage:
    categories: Sequence[CategoryTile]
    popular: Sequence[Product]
    offers: Sequence[Product]
    arrivals: Sequence[Product]


@dataclass(frozen=True, slots=True)
class Listing:
    category: Category
    ancestors: Sequence[Category]
    children: Sequence[Category]
    page: Page[Product]
    ordering: str


@dataclass(frozen=True, slots=True)
class ProductPage:
    product: Product
    ancestors: Sequence[Category]
    skus: Sequence[Sku]
    reviews: Sequence[Review]
    star_counts: Sequence[tuple[int, int, int]]
    similar: Sequence[ShownProduct]


def home_page() -> HomePage:
    cards = Product.objects.published().for_cards()
    return HomePage(
        categories=_category_tiles(),
        popular=list(cards.order_by("-units_sold_30_days", "-pk")[:CARDS_PER_ROW]),
        offers=list(
            cards.filter(compare_at_minor__isnull=False, has_stock=True).order_by(
                "-units_sold_30_days", "-pk"
            )[:CARDS_PER_ROW]
        ),
        arrivals=list(cards.order_by("-published_at", "-pk")[:CARDS_PER_ROW]),
    )


def _category_tiles() -> list[CategoryTile]:
    """Top categories, each with the best seller of its branch on the tile."""
    top = list(Category.objects.top())
    counts = dict(
        Product.objects.published()
        .filter(category__isnull=False)
        .order_by()
        .values_list("category")
        .annotate(Count("pk"))
    )
    paths = dict(Category.objects.values_list("pk", "path"))
    best: dict[int, Product] = {}
    candidates = (
        Product.objects.published()
        .filter(category__isnull=False, photos__position=0)
        .for_cards()
        .order_by("-units_sold_30_days", "-pk")[: 20 * max(len(top), 1)]
    )
    by_path = {category.path: category for category in top}
    step = Category.steplen
    for product in candidates:
        if product.category is None:
            continue
        branch = by_path.get(product.category.path[:step])
        if branch is not None:
            best.setdefault(branch.pk, product)
    return [
        CategoryTile(
            category=category,
            products=sum(
                count for pk, count in counts.items() if paths[pk].startswith(category.path)
            ),
            cover=best.get(category.pk),
        )
        for category in top
    ]


def listing(*, category: Category, ordering: str, page_number: str) -> Listing:
    """One page of a category; an unknown ordering or page falls back to the nearest that exists."""
    if ordering not in ORDERINGS:
        ordering = DEFAULT_ORDERING
    products = (
        Product.objects.published()
        .in_category(category)
        .for_cards()
        .order_by(*ORDERINGS[ordering][1])
    )
    paginator = Paginator(products, CARDS_PER_PAGE)
    return Listing(
        category=category,
        ancestors=_ancestors(category),
        children=list(Category.objects.get_children(category)),
        page=paginator.get_page(page_number),
        ordering=ordering,
    )


def product_page(*, product: Product) -> ProductPage:
    reviews = Review.objects.published().filter(product=product)
    counts = reviews.order_by().aggregate(
        **{f"stars_{stars}": Count("pk", filter=Q(stars=stars)) for stars in range(1, 6)}
    )
    total = sum(counts.values())
    return ProductPage(
        product=product,
        ancestors=[*_ancestors(product.category), product.category] if product.category else [],
        skus=list(Sku.objects.active().filter(product=product).prefetch_related("stock_levels")),
        reviews=list(reviews.select_related("author")[:REVIEWS_SHOWN]),
        star_counts=[
            (stars, counts[f"stars_{stars}"], 100 * counts[f"stars_{stars}"] // max(total, 1))
            for stars in range(5, 0, -1)
        ],
        similar=similar_products(product=product, limit=SIMILAR_SHOWN).shown,
    )


def _ancestors(category: Category | None) -> list[Category]:
    if category is None or category.depth == 1:
        return []
    return list(Category.objects.get_ancestors(category))
