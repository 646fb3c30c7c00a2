"""Rows of chosen products, ready to be written down."""

from collections.abc import Sequence

from django.utils.safestring import SafeString, mark_safe

from recommendations.models import Reason
from recommendations.services.placing import Row
from storefront.cards import card_html, card_of
from storefront.stencils import stencil


def row_html(row: Row, *, is_wide: bool = False) -> SafeString:
    """With its heading; empty for a row without products. is_wide: eight beside each other."""
    if not row.shown:
        return mark_safe("")
    return stencil("storefront/_placement_row.html", is_wide=is_wide).fill(
        title=row.title,
        placement=row.placement,
        cards=mark_safe("".join(row_cards(row))),  # noqa: S308  # stencils escape
    )


def row_cards(row: Row) -> Sequence[SafeString]:
    return [
        card_html(
            card_of(each.product),
            # Under "recently viewed" it goes without saying.
            reason="" if each.reason == Reason.LOOKED_AT else each.sentence,
            placement=row.placement,
            position=each.position,
            source=each.source,
            arm=each.arm,
        )
        for each in row.shown
    ]
