"""What the page of wishes shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from catalog.models import Product, Sku
from storefront.cards import Card, card_html, card_of


@dataclass(frozen=True, slots=True)
class Wish:
    """sku_id: the only SKU there is to choose, "" where one chooses on the product's page."""

    card: Card
    html: SafeString
    sku_id: str


def wish_cards(product_ids: Sequence[int]) -> list[Wish]:
    """In the order of the list; what is not shown any more is left out, not forgotten."""
    products = Product.objects.published().for_cards().in_bulk(list(product_ids))
    skus: dict[int, list[int]] = {}
    for sku_id, product_id in (
        Sku.objects.active().filter(product__in=products).values_list("pk", "product_id")
    ):
        skus.setdefault(product_id, []).append(sku_id)
    cards = {pk: card_of(product) for pk, product in products.items()}
    return [
        Wish(
            card=cards[pk],
            html=card_html(cards[pk]),
            sku_id=str(skus[pk][0]) if len(skus.get(pk, ())) == 1 else "",
        )
        for pk in product_ids
        if pk in cards
    ]
