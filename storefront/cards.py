"""What a card shows of a product, ready to be written down.

A list has twenty cards or more: what a card says is worked out here, and its template is a stencil
that only writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from catalog.models import Product
from catalog.money import format_money
from catalog.services.cards import ProductCard
from storefront.stencils import stencil

# Stands for the slug in the address of any product.
_SLUG = "SLUG"


@dataclass(frozen=True, slots=True)
class Photo:
    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Card:
    """price, price_before and rating are empty where there is none."""

    product_id: str
    name: str
    url: str
    photo: Photo | None
    has_stock: bool
    price: str
    price_before: str
    percent_off: int
    rating: str
    rating_sentence: str
    reviews: str


def card_of(product: Product | ProductCard) -> Card:
    """Asks the database nothing: a whole product comes with what `for_cards` reads."""
    price_minor, before_minor = product.price_from_minor, product.compare_at_minor
    price = before = ""
    percent_off = 0
    if price_minor is not None:
        price = format_money(price_minor, product.price_currency)
        if before_minor:
            before = format_money(before_minor, product.price_currency)
            percent_off = (before_minor - price_minor) * 100 // before_minor
    language = get_language()
    rating = sentence = reviews = ""
    if product.rating_average:
        rating, sentence = _rating_words(int(product.rating_average * 10), language)
        reviews = _reviews_words(product.rating_count, language)
    renditions = _renditions(product)
    return Card(
        product_id=str(product.pk),
        name=str(product),
        url=product_url(product.slug),
        photo=photo_file(renditions, "small") if renditions else None,
        has_stock=product.has_stock,
        price=price,
        price_before=before,
        percent_off=percent_off,
        rating=rating,
        rating_sentence=sentence,
        reviews=reviews,
    )


# Few different ones stand on all cards of a shop.
@lru_cache(maxsize=100)
def _rating_words(tenths: int, _language: str | None) -> tuple[str, str]:
    rating = number_format(tenths / 10, 1)
    return rating, gettext("%(average)s of 5 stars") % {"average": rating}


@lru_cache(maxsize=10_000)
def _reviews_words(count: int, _language: str | None) -> str:
    return ngettext("%(counter)s review", "%(counter)s reviews", count) % {
        "counter": number_format(count, force_grouping=True)
    }


def _renditions(product: Product | ProductCard) -> Mapping[str, Any] | None:
    if isinstance(product, ProductCard):
        return product.renditions
    photos = getattr(product, "ready_photos", ())
    return photos[0].renditions if photos else None


def product_url(slug: str) -> str:
    return _address(get_language()).replace(_SLUG, slug)


@cache
def _address(_language: str | None) -> str:
    """Of any product: to reverse the address of each costs more than all else on its card."""
    return reverse("storefront:product-detail", args=(_SLUG,))


def card_html(
    card: Card,
    *,
    reason: str = "",
    placement: str = "",
    position: int = 0,
    source: str = "",
    arm: str = "",
) -> SafeString:
    """With a placement, what visitors see and click is counted.

    source, arm: what chose the product, and in which arm of an experiment.
    """
    form = stencil(
        "storefront/_card.html",
        has_photo=card.photo is not None,
        has_stock=card.has_stock,
        has_price=bool(card.price),
        has_price_before=bool(card.price_before),
        has_rating=bool(card.rating),
        has_reason=bool(reason),
        is_counted=bool(placement),
        has_source=bool(source),
        has_arm=bool(arm),
    )
    photo = card.photo or Photo("", 0, 0)
    return form.fill(
        product_id=card.product_id,
        placement=placement,
        position=position,
        source=source,
        arm=arm,
        url=card.url,
        name=card.name,
        initial=card.name[:1],
        photo_url=photo.url,
        photo_width=photo.width,
        photo_height=photo.height,
        reason=reason,
        price=card.price,
        price_before=card.price_before,
        percent_off=card.percent_off,
        rating=card.rating,
        rating_sentence=card.rating_sentence,
        reviews=card.reviews,
    )


def photo_file(renditions: Mapping[str, Any], size: str) -> Photo | None:
    """Address, width and height of a photo in one of its sizes."""
    stored = renditions.get(size)
    if stored is None:
        return None
    return Photo(default_storage.url(stored["name"]), stored["width"], stored["height"])
