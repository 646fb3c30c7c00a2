"""What a product's card shows without a join, kept in step with what it sums up.

Prices are the catalogue's own. Stock, ratings and sales are known to apps above, which push
them down through here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from catalog.models import Product, Sku
from catalog.services.strike_prices import refresh_strike_prices
from catalog.services.versions import renew_catalogue_version

ROWS_PER_UPDATE = 500


@dataclass(frozen=True, slots=True)
class Rating:
    average: float
    count: int


@transaction.atomic
def refresh_prices(*, product_ids: Iterable[int] | None = None) -> int:
    """Set the lowest price of each product, and what may be shown as that SKU's price before.

    Called after a price was saved, so pages are always written anew. Returns how many products
    there are.
    """
    products, skus = Product.objects.all(), Sku.objects.all()
    if product_ids is not None:
        wanted = list(product_ids)
        products, skus = products.filter(pk__in=wanted), skus.filter(product__in=wanted)
    refresh_strike_prices(skus=skus)
    cheapest = (
        Sku.objects.active().filter(product=OuterRef("pk")).order_by("price_minor", "position")
    )
    n_products = products.update(
        price_from_minor=Subquery(cheapest.values("price_minor")[:1]),
        compare_at_minor=Subquery(cheapest.values("strike_price_minor")[:1]),
        price_currency=Coalesce(Subquery(cheapest.values("currency")[:1]), Value("")),
    )
    renew_catalogue_version()
    return n_products


@transaction.atomic
def record_availability(*, available_product_ids: Iterable[int], among: Iterable[int]) -> int:
    """Say which of `among` can be bought now; returns how many changed.

    available_product_ids: a queryset is read once the products are locked, so of two calls that
    cross the later one has the last word.
    """
    batches = list(_batches(sorted(set(among))))
    for batch in batches:
        # Their keys stay, so rows that refer to them need not wait.
        rows = Product.objects.filter(pk__in=batch).order_by("pk")
        list(rows.select_for_update(no_key=True).values_list("pk"))
    available = set(available_product_ids)
    changed = 0
    for batch in batches:
        yes = [pk for pk in batch if pk in available]
        no = [pk for pk in batch if pk not in available]
        changed += Product.objects.filter(pk__in=yes, has_stock=False).update(has_stock=True)
        changed += Product.objects.filter(pk__in=no, has_stock=True).update(has_stock=False)
    if changed:
        renew_catalogue_version()
    return changed


@transaction.atomic
def record_ratings(*, ratings: Mapping[int, Rating], among: Iterable[int]) -> int:
    """Set the average of published reviews; products of `among` without one lose theirs.

    Returns how many changed.
    """
    none = Rating(average=0.0, count=0)
    wanted = {pk: ratings.get(pk, none) for pk in among}
    known = _known(wanted, "rating_average", "rating_count")
    return _write(
        [
            Product(pk=pk, rating_average=average, rating_count=rating.count)
            for pk, rating in wanted.items()
            for average in [rating.average if pk in ratings else None]
            if pk in known and known[pk] != (average, rating.count)
        ],
        ["rating_average", "rating_count"],
    )


@transaction.atomic
def record_sales(*, units_30_days: Mapping[int, int], among: Iterable[int]) -> int:
    """Set the units sold in the last 30 days; products of `among` that are not named get 0.

    Returns how many changed.
    """
    wanted = {pk: max(units_30_days.get(pk, 0), 0) for pk in among}
    known = _known(wanted, "units_sold_30_days")
    return _write(
        [
            Product(pk=pk, units_sold_30_days=units)
            for pk, units in wanted.items()
            if pk in known and known[pk] != (units,)
        ],
        ["units_sold_30_days"],
    )


def _known(ids: Iterable[int], *fields: str) -> dict[int, tuple[Any, ...]]:
    """By product: what stands there now."""
    found: dict[int, tuple[Any, ...]] = {}
    for batch in _batches(sorted(ids)):
        rows = Product.objects.filter(pk__in=batch).values_list("pk", *fields)
        found.update((pk, tuple(values)) for pk, *values in rows)
    return found


def _write(rows: list[Product], fields: list[str]) -> int:
    """Pages are written anew only where a product has changed."""
    rows.sort(key=lambda product: product.pk)
    Product.objects.bulk_update(rows, fields, batch_size=ROWS_PER_UPDATE)
    if rows:
        renew_catalogue_version()
    return len(rows)


def _batches(ids: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(ids), ROWS_PER_UPDATE):
        yield ids[start : start + ROWS_PER_UPDATE]
