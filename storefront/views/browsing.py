"""Looking along the shelves: categories and search."""

from collections.abc import Sequence
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from catalog.services.browsing import Shelf
from catalog.services.cards import ProductCard
from recommendations.models import PlacementCode
from storefront import own_orders, sheets
from storefront.banners import banner_html
from storefront.behaviour import note_search
from storefront.fragments import kept
from storefront.listing_html import listing_html, preview_html
from storefront.pages import browsing as pages
from storefront.pages.suggestions import suggestions


@require_safe
def category_detail(request: HttpRequest, slug: str) -> HttpResponse:
    asked = pages.read_asked(request.GET)
    place = pages.category_place(slug=slug)

    def read() -> tuple[SafeString, SafeString]:
        listing = pages.category_listing(category=place.category, asked=asked)
        return listing_html(listing, here=request.path), preview_html(listing.shelf.products)

    own = own_orders.own_order(request, asked=asked, placement=PlacementCode.CATEGORY)
    if own is not None:
        listing_of_all = pages.category_listing(category=place.category, asked=asked)
        listing = listing_html(own(listing_of_all), here=request.path)
        preview = preview_html(listing_of_all.shelf.products)
    elif asked.is_plain:
        listing, preview = kept("listing", request.path, asked.known_ordering, make=read)
    else:
        listing, preview = read()
    return sheets.form(
        request,
        "storefront/category.html",
        holes={
            "listing": listing,
            "preview": preview,
            "banner": banner_html(request, "category"),
        },
        shown=lambda: {
            "category": place.category,
            "ancestors": place.ancestors,
            "children": place.children,
            "current_category": place.category,
        },
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    written = request.GET.get("q", "")
    text = pages.read_text(written[: 2 * pages.MOST_CHARACTERS])
    if len(text) > pages.MOST_CHARACTERS:
        refusal = gettext("Please search for %(most)s characters at most.")
        return _not_asked(request, refusal=refusal % {"most": pages.MOST_CHARACTERS})
    if not text:
        return _not_asked(request)
    asked = pages.read_asked(request.GET)
    listing = pages.search_listing(text=text, asked=asked)
    own = own_orders.own_order(request, asked=asked, placement=PlacementCode.SEARCH)
    if own is not None:
        listing = own(listing)
    shelf = listing.shelf
    # The products of a search that had to be corrected or loosened are not what was asked for.
    is_found = not (shelf.correction or shelf.is_loosened)
    n_results = shelf.total if is_found else 0
    note_search(request, text, n_results=n_results)
    return sheets.form(
        request,
        "storefront/search.html",
        holes={
            "text": text,
            "n_results": n_results,
            "search": text,
            "correction": _correction(shelf),
            "listing": listing_html(listing, here=request.path),
            "help": _row(shelf.instead) if shelf.instead else "",
        },
        is_asked=True,
        has_help=bool(shelf.instead),
    )


def _not_asked(request: HttpRequest, *, refusal: str = "") -> HttpResponse:
    help_html = kept("helpful", make=lambda: _row(pages.helpful_products()))
    response = sheets.form(
        request,
        "storefront/search.html",
        holes={"help": help_html, "refusal": refusal},
        is_refused=bool(refusal),
        has_help=bool(help_html),
    )
    if refusal:
        response.status_code = HTTPStatus.BAD_REQUEST
    return response


def _correction(shelf: Shelf) -> SafeString | str:
    if not (shelf.correction or shelf.is_loosened):
        return ""
    return render_to_string("storefront/_correction.html", {"shelf": shelf})


def _row(products: Sequence[ProductCard]) -> SafeString:
    shown = {"heading": gettext("Popular with others"), "products": products}
    return render_to_string("storefront/_row.html", shown)


@require_safe
def suggestion_list(request: HttpRequest) -> HttpResponse:
    """Lines for the search box, as a piece of HTML."""
    text = pages.read_text(request.GET.get("q", "")[: pages.MOST_CHARACTERS])
    offered = suggestions(text) if text else []
    return render(request, "storefront/_suggestions.html", {"suggestions": offered})
