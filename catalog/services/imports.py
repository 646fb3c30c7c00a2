"""Products that come with a history of orders, known by code, name and last price only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from catalog.models import Product, Sku
from learning.bulk import insert_columns

BATCH = 500


@dataclass(frozen=True, slots=True)
class PastProduct:
    """What a history tells of a product.

    price_minor: what it last sold at; None for one that only ever was written off or found, which
        stays a draft.
    """

    code: str
    name: str
    price_minor: int | None
    first_seen_at: datetime


@transaction.atomic
def add_past_products(*, products: Sequence[PastProduct], currency: str) -> dict[str, int]:
    """Add a published product with one SKU for each code that is not here yet.

    Returns the key of every SKU asked for by its code. What is already in the catalogue stays as it
    is. A history does not say in which language its names
    are, so they stand in all of them.
    """
    by_code = {product.code: product for product in products}
    known = sku_ids(codes=list(by_code))
    fresh = [product for code, product in by_code.items() if code not in known]
    present = _product_ids([past.code for past in fresh])
    lacking = [past for past in fresh if past.code not in present]
    _insert_products(lacking, _slugs(lacking), currency)
    keys = _product_ids([past.code for past in fresh])
    insert_columns(
        Sku,
        {
            "product_id": [keys[past.code] for past in fresh],
            "code": [past.code for past in fresh],
            "price_minor": [past.price_minor or 0 for past in fresh],
            "currency": [currency] * len(fresh),
            "is_active": [past.price_minor is not None for past in fresh],
        },
    )
    return known | sku_ids(codes=[past.code for past in fresh])


def count_new_products(*, products: Sequence[PastProduct]) -> int:
    """How many of them `add_past_products` would add."""
    codes = list({past.code for past in products})
    return len(codes) - len(sku_ids(codes=codes))


def sku_ids(*, codes: Sequence[str]) -> dict[str, int]:
    """The key of each SKU that exists, by code."""
    found: dict[str, int] = {}
    for start in range(0, len(codes), BATCH):
        found.update(
            Sku.objects.filter(code__in=codes[start : start + BATCH]).values_list("code", "pk")
        )
    return found


def _product_ids(codes: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(codes), BATCH):
        rows = Product.objects.filter(code__in=codes[start : start + BATCH])
        found.update(rows.values_list("code", "pk"))
    return found


def _slugs(products: Sequence[PastProduct]) -> dict[str, str]:
    """A slug of its own for each code, made of name and code."""
    slugs = {past.code: slugify(f"{past.name[:160]} {past.code}") for past in products}
    wanted = list(slugs.values())
    taken = {""}
    for start in range(0, len(wanted), BATCH):
        rows = Product.objects.filter(slug__in=wanted[start : start + BATCH])
        taken.update(rows.values_list("slug", flat=True))
    for code, slug in slugs.items():
        if slug in taken:
            # Codes that differ only in signs, or hold no Latin letter at all.
            slugs[code] = f"{slug[:80]}-{code.encode().hex()}".strip("-")
        taken.add(slugs[code])
    return slugs


def _insert_products(
    products: Sequence[PastProduct], slugs: Mapping[str, str], currency: str
) -> None:
    names = [past.name for past in products]
    is_sold = [past.price_minor is not None for past in products]
    published, draft = Product.Status.PUBLISHED.value, Product.Status.DRAFT.value
    seen_at = [
        np.datetime64(past.first_seen_at.astimezone(UTC).replace(tzinfo=None), "s")
        for past in products
    ]
    insert_columns(
        Product,
        {
            "code": [past.code for past in products],
            "slug": [slugs[past.code] for past in products],
            "name": names,
            **{f"name_{code.replace('-', '_')}": names for code, _label in settings.LANGUAGES},
            "status": [published if sold else draft for sold in is_sold],
            "published_at": np.where(
                is_sold, np.array(seen_at, dtype="datetime64[s]"), np.datetime64("NaT", "s")
            ),
            "price_from_minor": [past.price_minor for past in products],
            "price_currency": [currency] * len(products),
        },
    )
