"""Products chosen for one customer, for the foot of a letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils import translation

from catalog.money import format_money
from customers.models import User
from insights.services.visitors import Visitor, customer_key
from recommendations.services.histories import Context
from recommendations.services.placing import recommend_products

PLACEMENT: Final = "email.picks"
MOST_PICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Pick:
    """path: of its page, without the language. picture: a name in the storage, or empty."""

    name: str
    price: str
    sentence: str
    picture: str
    path: str


def picks_for(*, customer: User, language: str) -> Sequence[Pick]:
    """Of a customer who allows personal recommendations, which the caller has made sure of.

    Nothing where only what is popular could be shown: that is chosen for nobody.
    """
    visitor = Visitor(
        key=customer_key(customer.pk),
        customer_id=customer.pk,
        language=language,
        may_personalise=True,
    )
    with translation.override(language):
        row = recommend_products(
            placement=PLACEMENT, visitor=visitor, context=Context(), limit=MOST_PICKS
        )
        if not row.is_personal:
            return ()
        picks = []
        for shown in row.shown:
            card = shown.product
            small = (card.renditions or {}).get("small")
            address = reverse("storefront:product-detail", args=[card.slug])
            picks.append(
                Pick(
                    name=str(card),
                    price=""
                    if card.price_from_minor is None
                    else format_money(card.price_from_minor, card.price_currency),
                    sentence=str(shown.sentence),
                    picture=str(small["name"]) if small else "",
                    path=address.removeprefix(f"/{language}"),
                )
            )
        return picks
