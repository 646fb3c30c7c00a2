"""What the search box offers while somebody types."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import pgettext

from catalog.money import format_money
from catalog.services.suggesting import suggest

PRODUCTS_OFFERED = 5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line of the list; side: what kind of thing it is, or what it costs."""

    text: str
    side: str
    url: str


def suggestions(text: str) -> Sequence[Suggestion]:
    """Ways to go on, then places, then products; three queries."""
    found = suggest(text, limit=PRODUCTS_OFFERED)
    searching = reverse("storefront:search")
    kinds = {
        "category": pgettext("suggestion", "Category"),
        "brand": pgettext("suggestion", "Brand"),
    }
    offered = [
        Suggestion(
            words, pgettext("suggestion", "Search"), f"{searching}?{urlencode({'q': words})}"
        )
        for words in found.completions
    ]
    for place in found.places:
        if place.kind == "category":
            url = reverse("storefront:category-detail", args=[place.slug])
        else:
            url = f"{searching}?{urlencode({'q': place.name})}"
        offered.append(Suggestion(place.name, kinds[place.kind], url))
    for product in found.products:
        price = ""
        if product.price_from_minor is not None:
            price = format_money(product.price_from_minor, product.price_currency)
        offered.append(Suggestion(str(product), price, product.get_absolute_url()))
    return offered
