"""What the page of a product shows, read in a constant number of queries.

Nearly all of it is the same for everybody and is kept rendered until the catalogue changes; how
many units are left is asked each time, since a sale does not change the catalogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from catalog.models import Category, Product, ProductAttribute, ProductPhoto, Sku
from catalog.money import format_money, plain_amount
from catalog.services.versions import catalogue_version
from customers.countries import country_name
from customers.models import User
from insights.services.visitors import Visitor
from inventory.services.units_left import units_left
from learning.prepared import Prepared
from orders.services.shipping import delivery_promise
from recommendations.models import PlacementCode
from recommendations.services.histories import Context
from recommendations.services.placing import (
    RankedRow,
    arm_of,
    rank_row,
    recommend_products,
    show_rows,
)
from storefront import seo
from storefront.cards import card_of, photo_file
from storefront.fragments import kept, kept_frame
from storefront.pages.goods import MANY, Shot, Variant
from storefront.pages.reviews import ReviewSummary, first_reviews, for_reader
from storefront.pages.trail import ancestors
from storefront.placement_html import row_html
from storefront.product_html import (
    addresses_html,
    buy_html,
    gallery_html,
    rest_html,
    text_html,
    trail_html,
)
from storefront.review_html import ShownReview
from storefront.stencils import Holes, Stencil, cut

ROWS = (PlacementCode.GOES_WITH, PlacementCode.SIMILAR)
NOBODY = Visitor()


@dataclass(frozen=True, slots=True)
class ProductPage:
    """The parts of the page as HTML; only `rest` may hold something of the visitor."""

    product: Product
    name: str
    addresses: SafeString
    head: SafeString
    description: str
    trail: SafeString
    gallery: SafeString
    buy: SafeString
    text: SafeString
    rest: SafeString
    can_be_bought: bool
    reviews: Sequence[ShownReview]

    @property
    def holes(self) -> dict[str, str]:
        """As `product.html` names them."""
        names = ("name", "addresses", "head", "description")
        parts = ("trail", "gallery", "buy", "text", "rest")
        shown = {name: getattr(self, name) for name in (*names, *parts)}
        return {**shown, "product_id": str(self.product.pk)}


@dataclass(frozen=True, slots=True)
class Goods:
    """A product with its variants, and how many of each may be promised at this moment.

    version: of the catalogue that its prices were read in.
    """

    product: Product
    variants: Sequence[Variant]
    version: str

    @property
    def product_id(self) -> int:
        return self.product.pk

    @property
    def stock(self) -> tuple[int, ...]:
        return tuple(variant.units for variant in self.variants)

    @property
    def currency(self) -> str:
        return self.product.price_currency or settings.CURRENCY


def read_goods(*, slug: str) -> Goods:
    """Asks for the units alone where the rest is kept. Raises Http404."""
    # Before the prices are read: a price that changes meanwhile is under the next name.
    version = catalogue_version()
    product, skus = kept("goods", slug, make=lambda: _read_goods(slug), version=version)
    units = units_left(sku_ids=[sku.pk for sku in skus])
    return Goods(product, [_variant(sku, units.get(sku.pk, 0)) for sku in skus], version)


def _read_goods(slug: str) -> tuple[Product, list[Sku]]:
    skus: list[Sku] = _SKUS.objects(slug)
    if skus:
        return skus[0].product, skus
    products = Product.objects.published().select_related("brand", "category")
    product = products.filter(slug=slug).first()
    if product is None:
        raise Http404
    return product, []


def delivery_words(goods: Goods, *, country: str = "") -> str:
    """When it arrives and what bringing it costs; empty where it is sold out.

    country: where it would go; empty is the shop's own, of which nothing is said.
    """
    cheapest = _headline(goods.variants)
    if cheapest is None or not cheapest.units:
        return ""
    now = timezone.localtime(timezone.now(), timezone.get_default_timezone())
    return kept_frame(
        "promise",
        cheapest.weight_grams,
        cheapest.price_minor,
        goods.currency,
        country,
        # What comes in after the parcels of a day were fetched, at a full hour, arrives later.
        (now.date(), now.hour),
        make=lambda: _promise_words(cheapest, goods.currency, country, now),
    )


def _promise_words(variant: Variant, currency: str, country: str, now: datetime) -> str:
    promise = delivery_promise(
        country=country,
        weight_grams=variant.weight_grams or 0,
        goods_minor=variant.price_minor,
        currency=currency,
        now=now,
    )
    # Where there is nothing to tell apart, the country goes without saying.
    place = country_name(country) if country not in ("", settings.SHOP_COUNTRY) else ""
    if promise is None:
        return _("We do not deliver this to %(place)s.") % {"place": place} if place else ""
    facts = {
        "place": place,
        "first": date_format(promise.earliest_on, "MONTH_DAY_FORMAT"),
        "last": date_format(promise.latest_on, "MONTH_DAY_FORMAT"),
        "price": format_money(promise.price_minor, promise.currency),
    }
    if promise.price_minor and place:
        words = _("Arrives in %(place)s between %(first)s and %(last)s; delivery %(price)s.")
    elif promise.price_minor:
        words = _("Arrives between %(first)s and %(last)s; delivery %(price)s.")
    elif place:
        words = _("Arrives in %(place)s between %(first)s and %(last)s; delivery is free.")
    else:
        words = _("Arrives between %(first)s and %(last)s; delivery is free.")
    return words % facts


def recently_viewed(*, visitor: Visitor, product_ids: Sequence[int], besides: int) -> SafeString:
    """Their cards in a row, the newest first; what is not shown any more is left out."""
    if not visitor.may_personalise or not [pk for pk in product_ids if pk != besides]:
        return mark_safe("")
    placement = PlacementCode.RECENT
    arm = arm_of(placement=placement, visitor=visitor)

    def make() -> SafeString:
        context = Context(product_id=besides, viewed=product_ids)
        return row_html(recommend_products(placement=placement, visitor=visitor, context=context))

    return kept("recent", tuple(product_ids), besides, arm.label if arm else "", make=make)


def product_page(*, goods: Goods, reader: User | None, visitor: Visitor = NOBODY) -> ProductPage:
    """reader: who is logged in; their own votes are marked."""
    arms = [arm_of(placement=placement, visitor=visitor) for placement in ROWS]
    page = kept(
        "product",
        goods.product.slug,
        goods.stock,
        *(arm.label for arm in arms if arm is not None),
        make=lambda: _make(goods, visitor),
        version=goods.version,
    )
    if reader is None or not page.reviews:
        return page
    rest = for_reader(page.rest, product=page.product, reviews=page.reviews, reader=reader)
    return replace(page, rest=rest)


def alert_html(goods: Goods, *, email: str, csrf: str) -> SafeString:
    """The form that asks to be told when a variant is back; empty where none is sold out."""
    sold_out = [variant for variant in goods.variants if not variant.units]
    if not sold_out:
        return mark_safe("")

    def make() -> Stencil:
        hole = Holes()
        shown = {
            "sold_out": sold_out,
            "can_be_bought": len(sold_out) < len(goods.variants),
            "hole": hole,
            "csrf_token": hole["csrf"],
        }
        return cut(render_to_string("storefront/_stock_alert.html", shown))

    form = kept("alert", goods.product_id, goods.stock, make=make, version=goods.version)
    return form.fill(email=email, csrf=csrf)


def _make(goods: Goods, visitor: Visitor) -> ProductPage:
    product, variants = goods.product, goods.variants
    reviews, summary = first_reviews(product=product)
    shots = _gallery(product)
    trail = [*ancestors(product.category), product.category] if product.category else []
    description = " ".join(
        Truncator(strip_tags(product.description or product.name)).chars(160).split()
    )
    return ProductPage(
        product=product,
        name=str(product),
        addresses=addresses_html(product.get_absolute_url()),
        description=description,
        head=_head(product, variants, shots, trail, reviews, summary, description),
        trail=trail_html(trail, here=str(product)),
        gallery=gallery_html(shots, name=str(product)),
        buy=buy_html(product, variants, card=card_of(product), price=_headline(variants)),
        text=text_html(product, _ATTRIBUTES.objects(product.pk)),
        rest=rest_html(
            slug=product.slug,
            rows=_rows(product, visitor),
            reviews=reviews,
            summary=summary,
        ),
        can_be_bought=any(variant.units for variant in variants),
        reviews=reviews,
    )


def _rows(product: Product, visitor: Visitor) -> list[SafeString]:
    """What follows from the product alone, so that the page is the same for all of an arm."""
    ranked: list[RankedRow] = []
    page = Context(product_id=product.pk, category_id=product.category_id)
    for placement in ROWS:
        shown = [each.product_id for row in ranked for each in row.ranked]
        context = replace(page, shown=shown)
        ranked.append(
            rank_row(placement=placement, visitor=visitor, context=context, is_shared=True)
        )
    return [row_html(row) for row in show_rows(ranked)]


def _variant(sku: Sku, units: int) -> Variant:
    before = sku.strike_price_minor
    return Variant(
        sku_id=str(sku.pk),
        code=sku.code,
        name=sku.name,
        price=format_money(sku.price_minor, sku.currency),
        price_minor=sku.price_minor,
        price_before=format_money(before, sku.currency) if before else "",
        percent_off=(before - sku.price_minor) * 100 // before if before else 0,
        weight_grams=sku.weight_grams,
        units=max(0, min(units, MANY)),
    )


def _headline(variants: Sequence[Variant]) -> Variant | None:
    """The cheapest that can be bought, or the cheapest at all."""
    candidates = [variant for variant in variants if variant.units] or variants
    return min(candidates, key=lambda variant: variant.price_minor, default=None)


def _gallery(product: Product) -> list[Shot]:
    shots = []
    for renditions, alt_text in _PHOTOS.rows(product.pk):
        large, medium, small = (
            photo_file(renditions, size) for size in ("large", "medium", "small")
        )
        if large and medium and small:
            shots.append(Shot(large, medium, small, alt=alt_text or str(product)))
    return shots


_SKUS = Prepared(
    lambda slug: (
        Sku.objects.active()
        .filter(product__slug=slug, product__status=Product.Status.PUBLISHED)
        .select_related("product__brand", "product__category")
        .order_by("position", "pk")
    )
)
_PHOTOS = Prepared(
    lambda product_id: (
        ProductPhoto.objects.ready()
        .filter(product=product_id)
        .order_by("position", "pk")
        .values_list("renditions", "alt_text")
    )
)
_ATTRIBUTES = Prepared(
    lambda product_id: ProductAttribute.objects.filter(product=product_id).select_related(
        "attribute"
    )
)


def _head(
    product: Product,
    variants: Sequence[Variant],
    shots: Sequence[Shot],
    trail: Sequence[Category],
    reviews: Sequence[ShownReview],
    summary: ReviewSummary,
    description: str,
) -> SafeString:
    """Open Graph and structured data."""
    address = product.get_absolute_url()
    photos = [seo.absolute(shot.large.url) for shot in shots]
    offers = [
        {
            "@type": "Offer",
            "sku": variant.code,
            "url": seo.absolute(address),
            "price": plain_amount(variant.price_minor, product.price_currency),
            "priceCurrency": product.price_currency or settings.CURRENCY,
            "availability": f"https://schema.org/{'InStock' if variant.units else 'OutOfStock'}",
            **({"name": variant.name} if variant.name else {}),
        }
        for variant in variants
    ]
    facts: dict[str, Any] = {
        "@type": "Product",
        "name": str(product),
        "description": description,
        "sku": product.code,
        "url": seo.absolute(address),
    }
    if photos:
        facts["image"] = photos
    if product.brand is not None:
        facts["brand"] = {"@type": "Brand", "name": product.brand.name}
    if offers:
        facts["offers"] = offers
    if summary.count:
        facts["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": round(summary.average, 2),
            "reviewCount": summary.count,
            "bestRating": 5,
            "worstRating": 1,
        }
        facts["review"] = [review.facts for review in reviews[:3]]
    steps = [(_("Home"), reverse("storefront:home"))]
    steps += [(place.name, place.get_absolute_url()) for place in trail]
    context = {
        "product": product,
        "title": str(product),
        "description": description,
        "address": seo.absolute(address),
        "photo": seo.absolute(shots[0].large.url) if shots else "",
        "photo_file": shots[0].large if shots else None,
        "price": plain_amount(product.price_from_minor, product.price_currency)
        if product.price_from_minor is not None
        else "",
        "shop_name": settings.SHOP_NAME,
        "json_ld": seo.json_ld(facts, seo.trail_facts([*steps, (str(product), address)])),
    }
    return mark_safe(render_to_string("storefront/_product_head.html", context))  # noqa: S308  # by a template
