"""Products side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from catalog.models import Product
from storefront.cards import Card, card_of


@dataclass(frozen=True, slots=True)
class Row:
    """One property of all products; values "" where a product has none of it."""

    name: str
    values: Sequence[str]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Comparison:
    cards: Sequence[Card]
    rows: Sequence[Row]


def comparison(product_ids: Sequence[int]) -> Comparison:
    """In the order they were chosen; what is not shown any more is left out."""
    found = (
        Product.objects.published()
        .for_cards()
        .prefetch_related("attributes__attribute")
        .in_bulk(list(product_ids))
    )
    products = [found[pk] for pk in product_ids if pk in found]
    cards = [card_of(product) for product in products]
    rows = [
        Row(_("Price"), [card.price for card in cards]),
        Row(
            _("Availability"),
            [_("In stock") if card.has_stock else _("Sold out") for card in cards],
        ),
        Row(_("Rating"), [_rating(product) for product in products]),
        Row(_("Brand"), [product.brand.name if product.brand else "" for product in products]),
    ]
    names: dict[str, str] = {}
    values: list[dict[str, str]] = []
    for product in products:
        own = {}
        for entry in product.attributes.all():
            code = entry.attribute.code
            names.setdefault(code, entry.attribute.name)
            own[code] = f"{entry.value} {entry.attribute.unit}".strip()
        values.append(own)
    rows += [
        Row(name, [own.get(code, "") for own in values]) for code, name in sorted(names.items())
    ]
    return Comparison(cards=cards, rows=[row for row in rows if any(row.values)])


def _rating(product: Product) -> str:
    if not product.rating_average:
        return ""
    return f"★ {number_format(product.rating_average, 1)} ({product.rating_count})"
