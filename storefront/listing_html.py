"""What lists of products show beside each other: facets, cards, orderings and links to more.

As with cards, what stands there is worked out here, and its templates are stencils: they are
rendered once for each shape and language.
"""

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from catalog.services.browsing import Facet
from catalog.services.cards import ProductCard
from storefront import seo
from storefront.cards import card_html, card_of, photo_file
from storefront.pages.browsing import Listing
from storefront.stencils import stencil


def listing_html(listing: Listing, *, here: str) -> SafeString:
    """here: the path of the page, to which links add their query."""
    shelf = listing.shelf
    placement = "search.rerank" if listing.text else "category.order"
    form = stencil(
        "storefront/_listing.html",
        has_facets=bool(shelf.facets),
        has_text=bool(listing.text),
        has_products=bool(shelf.products),
        ordering=shelf.ordering,
        has_previous=bool(listing.previous_query),
        has_next=bool(listing.next_query),
    )
    return form.fill(
        here=here,
        text=listing.text,
        facets=_joined([facet_html(facet) for facet in shelf.facets]),
        count=ngettext("%(counter)s product", "%(counter)s products", shelf.total)
        % {"counter": number_format(shelf.total)},
        chips=_part("_chips", listing, here) if listing.chips else "",
        cards=_joined(
            [
                card_html(card_of(product), placement=placement, position=position)
                for position, product in enumerate(shelf.products, start=1)
            ]
        ),
        nothing="" if shelf.products else _part("_nothing", listing, here),
        previous=here + listing.previous_query,
        next=here + listing.next_query,
    )


def facet_html(facet: Facet) -> SafeString:
    """With its lines, each with the number of products that it leaves."""
    is_only = facet.kind == "one"
    forms = {
        is_selected: stencil(
            "storefront/_facet_option.html", is_only=is_only, is_selected=is_selected
        )
        for is_selected in {option.is_selected for option in facet.options}
    }
    options = [
        forms[option.is_selected].fill(
            code=facet.code,
            value=option.value,
            label=option.label,
            count=number_format(option.count) if option.count > 999 else option.count,
        )
        for option in facet.options
    ]
    form = stencil("storefront/_facet.html", is_only=is_only)
    return form.fill(code=facet.code, title=facet.title, options=_joined(options))


def preview_html(products: Sequence[ProductCard]) -> SafeString:
    """The photo that others show of a list: that of its first product with one."""
    pictured = next((card.renditions for card in products if card.renditions), None)
    photo = photo_file(pictured, "large") if pictured else None
    if photo is None:
        return mark_safe("")
    return stencil("storefront/_open_graph_photo.html").fill(
        address=seo.absolute(photo.url), width=photo.width, height=photo.height
    )


def _part(name: str, listing: Listing, here: str) -> SafeString:
    return render_to_string(f"storefront/{name}.html", {"listing": listing, "here": here})


def _joined(pieces: Sequence[SafeString]) -> SafeString:
    return mark_safe("".join(pieces))  # noqa: S308  # stencils escape what they are filled with
