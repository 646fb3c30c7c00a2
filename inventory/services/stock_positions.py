"""What of each SKU lies in each warehouse, is promised, and is on its way there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from inventory.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    StockLevel,
    StockTransfer,
    StockTransferLine,
)
from inventory.services.warehouse_demand import Place
from learning.models import Proposal


@dataclass(frozen=True, slots=True)
class StockPositions:
    """Units by SKU and warehouse."""

    on_hand: Mapping[Place, int]
    reserved: Mapping[Place, int]
    on_order: Mapping[Place, int]
    in_transfer: Mapping[Place, int]
    in_drafts: Mapping[Place, int]


def read_positions() -> StockPositions:
    on_hand, reserved = {}, {}
    for sku_id, warehouse_id, units, held in StockLevel.objects.filter(
        warehouse__is_active=True
    ).values_list("sku_id", "warehouse_id", "on_hand", "reserved"):
        on_hand[sku_id, warehouse_id] = units
        reserved[sku_id, warehouse_id] = held
    lines = PurchaseOrderLine.objects.wanted()
    transfers = StockTransferLine.objects.filter(transfer__status=StockTransfer.Status.SENT)
    return StockPositions(
        on_hand=on_hand,
        reserved=reserved,
        on_order=_open_units(
            lines.filter(order__in=PurchaseOrder.objects.on_order(), closed_at__isnull=True),
            "order__warehouse_id",
        ),
        in_transfer=_open_units(transfers, "transfer__target_id"),
        # Also what people keep in the draft of a supplier who is not the preferred one any more.
        in_drafts=_open_units(
            lines.filter(order__in=PurchaseOrder.objects.drafts()).filter(
                Q(quantity_proposed__isnull=True) | ~Q(status=Proposal.ReviewStatus.PROPOSED)
            ),
            "order__warehouse_id",
        ),
    )


def _open_units(lines: QuerySet[Any], warehouse: str) -> dict[Place, int]:
    """Units still to come; what came beyond the order is there already and takes nothing off."""
    rows = (
        lines.filter(quantity__gt=F("quantity_received"))
        .order_by()
        .values("sku_id", warehouse)
        .annotate(units=Sum(F("quantity") - F("quantity_received")))
        .values_list("sku_id", warehouse, "units")
    )
    return {(sku_id, warehouse_id): units for sku_id, warehouse_id, units in rows}
