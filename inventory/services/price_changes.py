"""Putting a price on sale, with its history and what pages show of it."""

from collections.abc import Collection

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from catalog.models import Sku
from catalog.services.summaries import refresh_prices
from inventory.errors import PriceMovedError, PriceOutOfBoundsError
from inventory.models import PriceFloor
from inventory.services.suppliers import preferred_offers

HIGHEST_MINOR = 10**12


@transaction.atomic
def change_price(
    *,
    sku_id: int,
    from_minor: int,
    to_minor: int,
    reason: str,
    user: AbstractBaseUser | None = None,
    show_before: bool = False,
) -> Sku:
    """Sell a SKU at another price than the one it was looked at with.

    show_before: name the old price as the price before; what pages show of it is decided by the
    catalogue. A price before that is no longer above the price is taken away.

    Raises PriceMovedError when the price is another by now.
    """
    before = Sku.objects.select_for_update().get(pk=sku_id)
    compare_at = before.compare_at_minor
    if show_before and compare_at is None:
        compare_at = from_minor
    if compare_at is not None and compare_at <= to_minor:
        compare_at = None
    # The condition is in the UPDATE: of two people who change a price, one is told.
    moved = Sku.objects.filter(pk=sku_id, price_minor=from_minor)
    if not moved.update(price_minor=to_minor, compare_at_minor=compare_at):
        raise PriceMovedError(before.code)
    sku = Sku.objects.get(pk=sku_id)
    sku._change_reason = reason[:100]  # type: ignore[attr-defined]  # read by simple_history
    if user is not None:
        sku._history_user = user  # type: ignore[attr-defined]
    # The same values again: `update` leaves no row in the history.
    sku.save(update_fields=["price_minor", "compare_at_minor"])
    refresh_prices(product_ids=[sku.product_id])
    return sku


def unit_costs(*, sku_ids: Collection[int]) -> dict[int, int]:
    """What the preferred supplier asks, in the SKU's own currency."""
    wanted = set(sku_ids)
    return {
        sku_id: offer.unit_cost_minor
        for sku_id, offer in preferred_offers().items()
        if sku_id in wanted and offer.supplier_currency == offer.sku_currency
    }


def price_floors(*, sku_ids: Collection[int]) -> dict[int, int]:
    """Prices that staff let nobody go below."""
    wanted = set(sku_ids)
    return {
        sku_id: price
        for sku_id, price in PriceFloor.objects.values_list("sku_id", "price_minor")
        if sku_id in wanted
    }


def check_price(*, sku: Sku, price_minor: int, at_least: int) -> None:
    """Raises PriceOutOfBoundsError."""
    if not max(1, at_least) <= price_minor <= HIGHEST_MINOR:
        raise PriceOutOfBoundsError(sku.code, lowest=max(1, at_least), asked=price_minor)
