"""Lists whose first page leans to the visitor, where staff switched that on."""

from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest

from recommendations.services.reordering import is_reordered, may_differ, reorder
from storefront.pages.browsing import Asked, Listing
from storefront.remembered import VIEWED
from storefront.visitor import visitor_of

# What a list is ordered by where nobody chose: other orders are the visitor's own word.
BY_ITSELF = frozenset({"", "popular", "relevance"})


def own_order(
    request: HttpRequest, *, asked: Asked, placement: str
) -> Callable[[Listing], Listing] | None:
    """What puts a list in the visitor's order; None where it is everybody's."""
    if asked.cursor or asked.known_ordering not in BY_ITSELF:
        return None
    # Of somebody who only came nothing is known; their pages cost nothing more.
    if not {VIEWED.cookie, settings.SESSION_COOKIE_NAME} & request.COOKIES.keys():
        return None
    if not may_differ(placement):
        return None
    visitor = visitor_of(request)
    viewed = VIEWED.read(request)
    if not is_reordered(placement=placement, visitor=visitor, viewed=viewed):
        return None

    def ordered(listing: Listing) -> Listing:
        there = {card.pk: card for card in listing.shelf.products}
        keys = reorder(placement=placement, visitor=visitor, product_ids=list(there), viewed=viewed)
        shelf = replace(listing.shelf, products=tuple(there[key] for key in keys))
        return replace(listing, shelf=shelf)

    return ordered
