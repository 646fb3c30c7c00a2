"""Formatting of what templates show."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.core.files.storage import default_storage

from catalog.models import ProductPhoto
from catalog.money import format_money
from inventory.models import StockLevel

register = template.Library()


@register.filter
def money(amount_minor: int, currency: str) -> str:
    return format_money(amount_minor, currency)


@register.filter
def percent_off(price_minor: int, compare_at_minor: int) -> int:
    """Whole per cent that the price is below the one before, rounded down."""
    return (compare_at_minor - price_minor) * 100 // compare_at_minor


@register.filter
def star_marks(stars: int) -> str:
    return "★" * stars + "☆" * (5 - stars)


@register.simple_tag
def available(levels: Iterable[StockLevel]) -> int:
    """Units of a SKU that may still be promised, over all warehouses."""
    return sum(level.on_hand - level.reserved for level in levels)


@register.simple_tag
def rendition(photo: ProductPhoto | str, size: str) -> dict[str, Any] | None:
    """Address, width and height of a photo in one of its sizes."""
    # A template hands on "" where there is no photo.
    stored = photo.renditions.get(size) if isinstance(photo, ProductPhoto) else None
    if stored is None:
        return None
    return {
        "url": default_storage.url(stored["name"]),
        "width": stored["width"],
        "height": stored["height"],
    }
