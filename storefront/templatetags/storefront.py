"""Formatting of what templates show."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from catalog.models import Product, ProductPhoto
from catalog.money import format_money
from catalog.services.cards import ProductCard
from storefront import seo
from storefront.cards import Photo, card_html, card_of, photo_file
from storefront.pages.browsing import ORDERING_NAMES
from storefront.review_html import star_marks
from support.models import ReviewPhoto

register = template.Library()
register.filter("star_marks", star_marks)


@register.filter
def money(amount_minor: int, currency: str) -> str:
    return format_money(amount_minor, currency)


@register.filter
def percent_off(price_minor: int, compare_at_minor: int) -> int:
    """Whole per cent that the price is below the one before, rounded down."""
    return (compare_at_minor - price_minor) * 100 // compare_at_minor


@register.filter
def percent(basis_points: int) -> str:
    """Hundredths of a per cent as per cent: 1300 is 13%, 825 is 8.25%."""
    places = 0 if basis_points % 100 == 0 else 2
    return f"{number_format(basis_points / 100, places)}%"


@register.simple_tag
def rendition(photo: ProductPhoto | str, size: str) -> Photo | None:
    """Address, width and height of a photo in one of its sizes."""
    # A template hands on "" where there is no photo.
    return photo_file(photo.renditions, size) if isinstance(photo, ProductPhoto) else None


@register.simple_tag
def rendition_of(photo: ReviewPhoto, size: str) -> Photo | None:
    """The same of a photo that a customer added to a review."""
    return photo_file(photo.renditions, size)


@register.simple_tag
def product_card(
    product: Product | ProductCard, *, reason: str = "", placement: str = "", position: int = 0
) -> SafeString:
    """With a placement, what visitors see and click is counted."""
    return card_html(card_of(product), reason=reason, placement=placement, position=position)


@register.simple_tag
def shelf_orderings(*, with_relevance: bool) -> list[tuple[str, Any]]:
    """Values and names of what a list may be ordered by; only a search has what fits best."""
    return [
        (value, name)
        for value, name in ORDERING_NAMES.items()
        if with_relevance or value != "relevance"
    ]


@register.inclusion_tag("storefront/_addresses.html", takes_context=True)
def page_addresses(context: Any) -> dict[str, Any]:
    """Canonical address of this page and its addresses in every language."""
    request = context.get("request")
    return {"addresses": None if request is None else seo.addresses(request.path)}


@register.simple_tag
def shop_json_ld() -> str:
    return seo.json_ld(*seo.shop_facts())


@register.simple_tag
def trail_json_ld(ancestors: Iterable[Any], here: Any) -> str:
    """Categories from the top down to this one."""
    home = (gettext("Home"), reverse("storefront:home"))
    steps = [(place.name, place.get_absolute_url()) for place in (*ancestors, here)]
    return seo.json_ld(seo.trail_facts([home, *steps]))
