"""The parts of a product's page, ready to be written down.

As with cards, what they say is worked out here; their templates are stencils.
"""

from collections.abc import Sequence

from django.template.defaultfilters import linebreaks_filter
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from catalog.models import Category, Product, ProductAttribute
from storefront import seo
from storefront.cards import Card
from storefront.fragments import kept_frame
from storefront.pages.goods import Shot, Variant
from storefront.pages.reviews import ReviewSummary
from storefront.review_html import ShownReview, review_html, summary_html
from storefront.stencils import Holes, cut, stencil


def addresses_html(path: str) -> SafeString:
    return render_to_string("storefront/_addresses.html", {"addresses": seo.addresses(path)})


def trail_html(above: Sequence[Category], *, here: str) -> SafeString:
    """above: the categories from the top down, none of which has a price."""

    def make() -> SafeString:
        shown = {"ancestors": above, "here": Holes()["here"]}
        return render_to_string("storefront/_trail.html", shown)

    lowest = above[-1].pk if above else 0
    return kept_frame("trail", lowest, make=lambda: cut(make())).fill(here=here)


def gallery_html(shots: Sequence[Shot], *, name: str) -> SafeString:
    photos = []
    for number, shot in enumerate(shots, start=1):
        shown = shot.medium if number == 1 else shot.small
        photos.append(
            stencil("storefront/_gallery_photo.html", is_first=number == 1).fill(
                address=shot.large.url,
                url=shown.url,
                width=shown.width,
                height=shown.height,
                alt=shot.alt,
                number=number,
            )
        )
    form = stencil("storefront/_gallery.html", has_shots=bool(shots), has_several=len(shots) > 1)
    return form.fill(photos=_joined(photos), initial=name[:1])


def buy_html(
    product: Product, variants: Sequence[Variant], *, card: Card, price: Variant | None
) -> SafeString:
    """price: the variant whose price stands for all."""
    single = variants[0] if len(variants) == 1 else None
    form = stencil(
        "storefront/_buy.html",
        has_brand=product.brand is not None,
        has_rating=bool(card.rating),
        has_price=price is not None,
        has_several_prices=len({variant.price_minor for variant in variants}) > 1,
        has_price_before=bool(price and price.price_before),
        is_for_sale=bool(variants),
        is_single=single is not None,
        has_variant_name=bool(single and single.name),
        has_weight=bool(single and single.weight_grams),
    )
    return form.fill(
        brand=product.brand.name if product.brand else "",
        name=str(product),
        rating=card.rating,
        rating_sentence=card.rating_sentence,
        reviews=card.reviews,
        price=price.price if price else "",
        price_before=price.price_before if price else "",
        percent_off=price.percent_off if price else "",
        variants="" if single or not variants else _variants_html(variants),
        variant_name=single.name if single else "",
        units=_units_html(single) if single else "",
        weight=number_format(single.weight_grams) if single and single.weight_grams else "",
        sku=single.sku_id if single else "",
    )


def text_html(product: Product, attributes: Sequence[ProductAttribute]) -> SafeString:
    fact = stencil("storefront/_product_fact.html")
    facts = [
        fact.fill(
            name=each.attribute.name,
            value=f"{each.value} {each.attribute.unit}" if each.attribute.unit else each.value,
        )
        for each in attributes
    ]
    form = stencil(
        "storefront/_product_text.html",
        has_description=bool(product.description),
        has_facts=bool(facts),
    )
    return form.fill(description=linebreaks_filter(product.description), facts=_joined(facts))


def rest_html(
    *,
    slug: str,
    rows: Sequence[SafeString],
    reviews: Sequence[ShownReview],
    summary: ReviewSummary,
) -> SafeString:
    """rows: of other products."""
    form = stencil(
        "storefront/_product_rest.html",
        has_reviews=bool(summary.count),
        has_more=summary.count > len(reviews),
    )
    return form.fill(
        rows=_joined(rows),
        write=reverse("storefront:review-write", args=[slug]),
        all=reverse("storefront:review-list", args=[slug]),
        all_words=ngettext("Show %(counter)s review", "Show all %(counter)s reviews", summary.count)
        % {"counter": number_format(summary.count)},
        summary=summary_html(
            count=summary.count, average=summary.average_words, bars=summary.bars, slug=slug
        )
        if summary.count
        else "",
        reviews=_joined([review_html(shown, slug=slug) for shown in reviews]),
    )


def _variants_html(variants: Sequence[Variant]) -> SafeString:
    shown = {
        "variants": [(variant, _units_html(variant)) for variant in variants],
        "chosen": next((variant for variant in variants if variant.units), None),
    }
    return render_to_string("storefront/_variants.html", shown)


def _units_html(variant: Variant) -> SafeString:
    """Few numbers there are, since many are only many."""
    return stencil("storefront/_units.html", units=variant.units, is_many=variant.is_many).fill()


def _joined(pieces: Sequence[SafeString]) -> SafeString:
    return mark_safe("".join(pieces))  # noqa: S308  # stencils escape what they are filled with
