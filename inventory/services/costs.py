"""What a unit cost the shop: the moving average of its receipts, over all warehouses.

A receipt with a cost c of r units moves the average a of the q units on hand to
(q a + r c) / (q + r). Everything else leaves at the average and does not move it: sales, returns,
counts, write-offs, transfers. Where nothing was on hand the receipt's cost is the average. What
came without a cost, such as an opening count, comes in at the average too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from inventory.models import StockMovement, SupplierOffer, Warehouse

_MAX_NAMED: Final = 2_000
SkuIds = Iterable[int] | QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Holding:
    """Units of a SKU on the shelves asked about, and on the way between any.

    cost_minor: of one, not rounded; None when nothing with a cost ever came.
    """

    sku_id: int
    units: int
    on_the_way: int
    cost_minor: float | None


def holdings(
    *, until: datetime, sku_ids: SkuIds | None = None, warehouse: Warehouse | None = None
) -> Iterator[Holding]:
    """Each SKU that ever moved before a moment, in the order of their ids; one statement.

    warehouse: whose shelves are asked about; the cost is of the whole shop all the same.
    """
    moved = StockMovement.objects.filter(occurred_at__lt=until)
    if sku_ids is not None:
        moved = moved.filter(sku__in=sku_ids)
    rows = (
        moved.order_by("sku_id", "occurred_at", "pk")
        .values_list("sku_id", "quantity", "unit_cost_minor", "kind", "warehouse_id")
        .iterator(chunk_size=5_000)
    )
    for sku_id, movements in groupby(rows, key=itemgetter(0)):
        units, on_the_way, in_shop, cost = 0, 0, 0, None
        for _sku_id, quantity, paid, kind, place in movements:
            if warehouse is None or place == warehouse.pk:
                units += quantity
            if kind == StockMovement.Kind.TRANSFER:
                on_the_way -= quantity
                continue
            if kind == StockMovement.Kind.RECEIPT and quantity > 0 and paid is not None:
                before = 0 if cost is None else max(in_shop, 0)
                cost = (before * (cost or 0.0) + quantity * paid) / (before + quantity)
            in_shop += quantity
        yield Holding(sku_id, units, on_the_way, cost)


def offered_costs(*, sku_ids: SkuIds | None = None) -> dict[int, int]:
    """What the preferred supplier asks, freight included, for SKUs that never came at a cost."""
    offers: QuerySet[SupplierOffer] = SupplierOffer.objects.filter(is_preferred=True)
    if sku_ids is not None:
        offers = offers.filter(sku__in=sku_ids)
    return {
        sku_id: cost + freight
        for sku_id, cost, freight in offers.values_list(
            "sku_id", "unit_cost_minor", "freight_minor"
        )
    }


def average_costs(*, sku_ids: Iterable[int], until: datetime) -> dict[int, int]:
    """By SKU, in whole minor units; those without any known cost are left out."""
    wanted = set(sku_ids)
    # A statement takes only so many numbers; of most SKUs all are read.
    asked = sorted(wanted) if len(wanted) <= _MAX_NAMED else None
    known = {
        one.sku_id: round(one.cost_minor)
        for one in holdings(sku_ids=asked, until=until)
        if one.cost_minor is not None and one.sku_id in wanted
    }
    if not wanted - known.keys():
        return known
    offers = offered_costs(sku_ids=asked)
    return known | {pk: offers[pk] for pk in wanted - known.keys() if pk in offers}


def unit_cost(*, sku_id: int) -> int | None:
    """What a unit costs now; None when nobody knows."""
    return average_costs(sku_ids=[sku_id], until=timezone.now()).get(sku_id)
