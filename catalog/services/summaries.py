"""What a product's card shows without a join, kept in step with what it sums up.

Prices are the catalogue's own. Stock, ratings and sales are known to apps above, which push
them down through here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from catalog.models import Product, Sku

ROWS_PER_UPDATE = 500


@dataclass(frozen=True, slots=True)
class Rating:
    average: float
    count: int


def refresh_prices(*, product_ids: Iterable[int] | None = None) -> int:
    """Set the lowest price of each product, and what that SKU cost before; returns how many."""
    products = Product.objects.all()
    if product_ids is not None:
        products = products.filter(pk__in=list(product_ids))
    cheapest = (
        Sku.objects.active().filter(product=OuterRef("pk")).order_by("price_minor", "position")
    )
    return products.update(
        price_from_minor=Subquery(cheapest.values("price_minor")[:1]),
        compare_at_minor=Subquery(cheapest.values("compare_at_minor")[:1]),
        price_currency=Coalesce(Subquery(cheapest.values("currency")[:1]), Value("")),
    )


def record_availability(*, available_product_ids: Iterable[int], among: Iterable[int]) -> int:
    """Say which of `among` can be bought now; returns how many changed."""
    available = set(available_product_ids)
    changed = 0
    for batch in _batches(sorted(set(among))):
        yes = [pk for pk in batch if pk in available]
        no = [pk for pk in batch if pk not in available]
        changed += Product.objects.filter(pk__in=yes, has_stock=False).update(has_stock=True)
        changed += Product.objects.filter(pk__in=no, has_stock=True).update(has_stock=False)
    return changed


def record_ratings(*, ratings: Mapping[int, Rating], among: Iterable[int]) -> None:
    """Set the average of published reviews; products of `among` without one lose theirs."""
    rows = [
        Product(
            pk=pk,
            rating_average=ratings[pk].average if pk in ratings else None,
            rating_count=ratings[pk].count if pk in ratings else 0,
        )
        for pk in sorted(set(among))
    ]
    Product.objects.bulk_update(
        rows, ["rating_average", "rating_count"], batch_size=ROWS_PER_UPDATE
    )


def record_sales(*, units_30_days: Mapping[int, int], among: Iterable[int]) -> None:
    """Set the units sold in the last 30 days; products of `among` that are not named get 0."""
    rows = [
        Product(pk=pk, units_sold_30_days=max(units_30_days.get(pk, 0), 0))
        for pk in sorted(set(among))
    ]
    Product.objects.bulk_update(rows, ["units_sold_30_days"], batch_size=ROWS_PER_UPDATE)


def _batches(ids: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(ids), ROWS_PER_UPDATE):
        yield ids[start : start + ROWS_PER_UPDATE]
