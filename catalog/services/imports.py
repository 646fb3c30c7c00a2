"""Products that come with a history of orders, known by code, name and last price only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from catalog.models import Product, Sku

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
def add_past_products(
    *, products: Sequence[PastProduct], currency: str
) -> tuple[dict[str, int], int]:
    """Add a published product with one SKU for each code that is not here yet.

    Returns the key of every SKU asked for by its code, and how many were added. What is
    already in the catalogue stays as it is. A history does not say in which language its names
    are, so they stand in all of them.
    """
    by_code = {product.code: product for product in products}
    known = sku_ids(codes=list(by_code))
    fresh = [product for code, product in by_code.items() if code not in known]
    present = _product_ids([past.code for past in fresh])
    lacking = [past for past in fresh if past.code not in present]
    slugs = _slugs(lacking)
    Product.objects.bulk_create(
        [_product(past, slug=slugs[past.code]) for past in lacking], batch_size=BATCH
    )
    keys = _product_ids([past.code for past in fresh])
    Sku.objects.bulk_create(
        [
            Sku(
                product_id=keys[past.code],
                code=past.code,
                price_minor=past.price_minor or 0,
                currency=currency,
                is_active=past.price_minor is not None,
            )
            for past in fresh
        ],
        batch_size=BATCH,
    )
    return known | sku_ids(codes=[past.code for past in fresh]), len(fresh)


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


def _product(past: PastProduct, *, slug: str) -> Product:
    names = {f"name_{code.replace('-', '_')}": past.name for code, _label in settings.LANGUAGES}
    return Product(
        code=past.code,
        slug=slug,
        status=Product.Status.DRAFT if past.price_minor is None else Product.Status.PUBLISHED,
        published_at=None if past.price_minor is None else past.first_seen_at,
        price_from_minor=past.price_minor,
        **names,
    )
