"""What stands on a shelf: the products of a category or a search, narrowed, in an order, by pages.

shelf = browse(category=category, filters=parse_filters(request.GET), ordering="price",
               cursor=request.GET.get("cursor", ""))
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from catalog.algorithms.facet_counts import FacetTable
from catalog.models import Category, Product, ProductAttribute
from catalog.services import paging
from catalog.services.cards import ProductCard, read_cards
from catalog.services.correcting import correct
from catalog.services.facets import Chip, Facet, Option, count_facets, read_table
from catalog.services.filters import Filters, parse_filters
from catalog.services.searching import search, search_any
from catalog.services.shelves import Place, branch_of, everything, scanned
from catalog.services.understanding import clean_query, understand

__all__ = [
    "ORDERINGS",
    "Chip",
    "Facet",
    "Filters",
    "Option",
    "Shelf",
    "browse",
    "parse_filters",
]

PRODUCTS_PER_PAGE = 24
PRODUCTS_INSTEAD = 8
# A search that finds fewer may hold a mistake.
FEW = 3
MOST_PER_PAGE = 100
DEFAULT_ORDERING = "popular"
DEFAULT_SEARCH_ORDERING = "relevance"
# What `ordering` may be; "relevance" in a search only.
ORDERINGS = ("relevance", "popular", "new", "price", "-price", "rating")


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of products and what narrows them.

    total: products that pass all filters, over all pages.
    price_lowest_minor, price_highest_minor: of what all filters but the price let through.
    next_cursor, previous_cursor: "" where there is none.
    correction: what was searched for in place of `corrected_from`; both "" where the words were
        taken as they are.
    is_loosened: nothing has all the words, so this is what has some of them.
    chips: the filters that are set, with links that take one away.
    instead: best sellers, where a search found nothing at all.
    """

    products: tuple[ProductCard, ...]
    total: int
    facets: tuple[Facet, ...]
    price_lowest_minor: int | None
    price_highest_minor: int | None
    next_cursor: str
    previous_cursor: str
    ordering: str
    correction: str = ""
    corrected_from: str = ""
    is_loosened: bool = False
    chips: tuple[Chip, ...] = ()
    instead: tuple[ProductCard, ...] = ()


@dataclass(frozen=True, slots=True)
class _Stock:
    """What there is before any filter: of a category, or what a search found there.

    place: where its statements are prepared; what is rarely asked for has none.
    """

    products: Callable[[], QuerySet[Product]]
    table: FacetTable
    place: Place | None = None
    rank: Combinable | None = None
    is_search: bool = False
    correction: str = ""
    is_loosened: bool = False

    def page(self, *, filters: Filters, name: str, cursor: str, size: int) -> paging.Page:
        if self.place is not None and filters.are_empty and not cursor:
            return self.place.first_page(name=name, size=size)
        return paging.read_page(
            narrow(self.products(), filters),
            name=name,
            ordering=self._ordering(name),
            cursor=cursor,
            size=size,
        )

    def _ordering(self, name: str) -> paging.Ordering:
        if self.place is not None:
            return self.place.ordering(name)
        if self.rank is not None and name not in paging.ORDERINGS:
            return paging.Ordering((self.rank,))
        return paging.ORDERINGS[name]


def browse(
    *,
    category: Category | None = None,
    text: str = "",
    filters: Filters | None = None,
    ordering: str = "",
    cursor: str = "",
    size: int = PRODUCTS_PER_PAGE,
) -> Shelf:
    """An unknown ordering is the default one, a cursor that fits nothing the first page.

    Four queries for a category, five for a search; six or seven where words must be corrected.
    """
    filters = filters or Filters()
    text = clean_query(text)
    if text:
        stock = _search(text, category)
    else:
        stock = _stocked(branch_of(category) if category else everything())
    name = _ordering_name(ordering, is_search=stock.is_search)
    counted = count_facets(table=stock.table, filters=filters)
    page = paging.Page([], "", "")
    if counted.total:
        page = stock.page(
            filters=filters, name=name, cursor=cursor, size=max(1, min(size, MOST_PER_PAGE))
        )
    instead = _best_sellers() if text and not stock.table.n_products else []
    return Shelf(
        # One that was taken from sale between the two statements is left out.
        products=tuple(read_cards(page.keys).values()),
        total=counted.total,
        facets=counted.facets,
        price_lowest_minor=counted.price_lowest_minor,
        price_highest_minor=counted.price_highest_minor,
        next_cursor=page.next_cursor,
        previous_cursor=page.previous_cursor,
        ordering=name,
        correction=stock.correction,
        corrected_from=text if stock.correction else "",
        is_loosened=stock.is_loosened,
        chips=counted.chips,
        instead=tuple(read_cards(instead).values()),
    )


def _stocked(place: Place, *, correction: str = "") -> _Stock:
    return _Stock(
        place.products,
        place.table(),
        place,
        is_search=place.is_ranked,
        correction=correction,
    )


def _of_branch(products: QuerySet[Product], category: Category | None) -> QuerySet[Product]:
    if category is None:
        return products
    branch = Category.objects.filter(path__startswith=category.path).order_by()
    return products.filter(category__in=branch.values("pk"))


def _search(text: str, category: Category | None) -> _Stock:
    """What the words find; else what nearly the same words find; else what some of them find."""
    nothing = _Stock(Product.objects.none, FacetTable(""))
    query = understand(text)
    if not query.words:
        return nothing
    exact = nothing
    if not query.has_unknown:
        exact = _found(search(query), category)
        enough = FEW if query.is_doubtful else 1
        if exact.table.n_products >= enough:
            return exact
    meant = correct(query)
    if meant is not None:
        nearly = _found(search(meant), category, correction=meant.text)
        if nearly.table.n_products > exact.table.n_products:
            return nearly
    if exact.table.n_products or not query.telling_groups:
        return exact
    found = search_any(products=_of_branch(scanned(), category), query=query)
    return _unprepared(found.products, found.rank, is_loosened=True)


def _found(place: Place, category: Category | None, *, correction: str = "") -> _Stock:
    if category is None:
        return _stocked(place, correction=correction)
    [rank] = place.ordering(DEFAULT_SEARCH_ORDERING).keys
    return _unprepared(_of_branch(place.products(), category), rank, correction=correction)


def _unprepared(
    products: QuerySet[Product],
    rank: Combinable,
    *,
    correction: str = "",
    is_loosened: bool = False,
) -> _Stock:
    return _Stock(
        lambda: products,
        read_table(products),
        rank=rank,
        is_search=True,
        correction=correction,
        is_loosened=is_loosened,
    )


def _ordering_name(asked: str, *, is_search: bool) -> str:
    if asked in paging.ORDERINGS:
        return asked
    return DEFAULT_SEARCH_ORDERING if is_search else DEFAULT_ORDERING


def _best_sellers() -> list[int]:
    in_stock = Product.objects.published().filter(has_stock=True)
    ordered = in_stock.order_by("-units_sold_30_days", "-pk")
    return list(ordered.values_list("pk", flat=True)[:PRODUCTS_INSTEAD])


def narrow(products: QuerySet[Product], filters: Filters) -> QuerySet[Product]:
    """Those that pass every filter."""
    if filters.brands:
        products = products.filter(brand__slug__in=filters.brands)
    if filters.price_min_minor is not None:
        products = products.filter(price_from_minor__gte=filters.price_min_minor)
    if filters.price_max_minor is not None:
        products = products.filter(price_from_minor__lte=filters.price_max_minor)
    if filters.in_stock:
        products = products.filter(has_stock=True)
    if filters.on_offer:
        products = products.filter(compare_at_minor__isnull=False)
    if filters.min_rating is not None:
        products = products.filter(rating_average__gte=filters.min_rating)
    for code, keys in filters.attributes.items():
        having = ProductAttribute.objects.filter(
            attribute__code=code, shared_value__key__in=keys, shared_value__attribute__code=code
        )
        products = products.filter(pk__in=having.values("product"))
    return products
