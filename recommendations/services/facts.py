"""What rules and rows need to know of products, in one statement however many there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from catalog.models import Product
from catalog.services.cards import in_language
from learning.prepared import Prepared
from recommendations.services.keeping import kept

# Statements are spelt for a few lengths of lists alone.
STEP = 32
MOST_ASKED = 512
BEST_SELLERS = 100
COLUMNS = (
    "pk",
    "status",
    "category_id",
    "brand_id",
    "price_from_minor",
    "has_stock",
    "units_sold_30_days",
    "name_zh_hans",
    "name_en",
    "code",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """A product as rules see it. category_id, brand_id: -1 for none; price_minor: 0 for none."""

    product_id: int
    is_published: bool
    category_id: int
    brand_id: int
    price_minor: int
    has_stock: bool
    units_sold: int
    name_zh_hans: str
    name_en: str
    code: str

    @property
    def name(self) -> str:
        """In the reader's language."""
        return in_language(self.name_zh_hans, self.name_en) or self.code


def facts_of(row: Sequence[object]) -> Facts:
    """row: the `COLUMNS`."""
    pk, status, category, brand, price, has_stock, units, chinese, english, code = row
    return Facts(
        pk,  # type: ignore[arg-type]  # rows of statements have no types
        status == "published",
        category or -1,  # type: ignore[arg-type]
        brand or -1,  # type: ignore[arg-type]
        price or 0,  # type: ignore[arg-type]
        bool(has_stock),
        units or 0,  # type: ignore[arg-type]
        chinese or "",  # type: ignore[arg-type]
        english or "",  # type: ignore[arg-type]
        code or "",  # type: ignore[arg-type]
    )


def read_facts(product_ids: Iterable[int]) -> dict[int, Facts]:
    """Of products in any state; those that do not exist are left out. At most one statement."""
    wanted = list(dict.fromkeys(product_ids))[:MOST_ASKED]
    if not wanted:
        return {}
    wanted += [wanted[-1]] * (-len(wanted) % STEP)
    return {row[0]: facts_of(row) for row in _FACTS.rows(wanted)}


def best_sellers(
    *, category_ids: Sequence[int] = (), brand_ids: Sequence[int] = ()
) -> Sequence[Facts]:
    """Published and in stock, of these categories and brands where any are named.

    As they were at the last change of the catalogue; whoever shows them asks again for the stock.
    """
    categories, brands = tuple(sorted(category_ids)), tuple(sorted(brand_ids))
    return kept("best sellers", categories, brands, make=lambda: _read_best(categories, brands))


def _read_best(categories: tuple[int, ...], brands: tuple[int, ...]) -> list[Facts]:
    if not brands and len(categories) <= 1:
        rows = _BEST_OF_CATEGORY.rows(categories[0]) if categories else _BEST.rows()
        return [facts_of(row) for row in rows]
    products = Product.objects.published().filter(has_stock=True)
    if categories:
        products = products.filter(category__in=categories)
    if brands:
        products = products.filter(brand__in=brands)
    return [facts_of(row) for row in _best_first(products)]


def _best_first(products: QuerySet[Product]) -> QuerySet[Product, tuple[object, ...]]:
    ordered = products.order_by("-units_sold_30_days", "-pk")
    found: QuerySet[Product, tuple[object, ...]] = ordered.values_list(*COLUMNS)[:BEST_SELLERS]
    return found


_FACTS = Prepared(
    lambda product_ids: Product.objects.filter(pk__in=product_ids).order_by().values_list(*COLUMNS)
)
_BEST = Prepared(lambda: _best_first(Product.objects.published().filter(has_stock=True)))
_BEST_OF_CATEGORY = Prepared(
    lambda category_id: _best_first(
        Product.objects.published().filter(has_stock=True, category_id=category_id)
    )
)
