"""How much of a SKU may be promised, and to whom: what `reserve_stock` would set aside."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from django.db.models import Expression, F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from catalog.models import Sku
from catalog.services.summaries import record_availability
from inventory.models import Reservation, StockLevel

PRODUCTS_AT_ONCE: Final = 500


def units_for(*, sku: str, owner: Expression | str = "") -> Expression:
    """Units that an owner ("cart:77") can still set aside, with those they hold already.

    Without an owner: those that are free.

    To annotate a query with; sku: the field of its rows that names the SKU.
    """
    levels = StockLevel.objects.sellable().filter(sku=OuterRef(sku))
    free = Coalesce(Subquery(levels.values_list(F("on_hand") - F("reserved"))[:1]), Value(0))
    if owner == "":
        return free
    held = Reservation.objects.held().filter(
        sku=OuterRef(sku),
        warehouse__is_default=True,
        owner=Value(owner) if isinstance(owner, str) else owner,
    )
    return free + Coalesce(Subquery(held.values("quantity")[:1]), Value(0))


def free_units(*, sku_ids: Iterable[int], owner: str = "") -> dict[int, int]:
    """The same by SKU; one query."""
    rows = Sku.objects.filter(pk__in=set(sku_ids)).annotate(units=units_for(sku="pk", owner=owner))
    return dict(rows.order_by().values_list("pk", "units"))


def show_availability(*, product_ids: Iterable[int]) -> None:
    """Say on the cards of products whether customers can buy them now."""
    available = StockLevel.objects.sellable().filter(sku__is_active=True).order_by()
    source = iter(sorted(set(product_ids)))
    while batch := list(islice(source, PRODUCTS_AT_ONCE)):
        record_availability(
            available_product_ids=available.filter(sku__product__in=batch).values_list(
                "sku__product_id", flat=True
            ),
            among=batch,
        )
