"""Bring the past in: hundreds of thousands of movements and demand days as arrays.

`stock.record_movements` and the demand services build an object per row; a history has a million.
The rules are the same: movements are only added, a level is the sum of its movements.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from inventory.models import DemandDay, StockLevel, StockMovement, Warehouse
from inventory.services.stock import default_warehouse
from learning.bulk import insert_columns

IntArray = NDArray[np.int64]
MomentArray = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class PastMovements:
    """Movements as columns of shape (n_movements,).

    kind: values of StockMovement.Kind. quantity: positive in, negative out, never 0.
    occurred_at: datetime64[s], UTC. key: None where another unique row guards the movement.
    """

    sku_id: IntArray
    kind: Sequence[str]
    quantity: IntArray
    occurred_at: MomentArray
    reference: Sequence[str]
    key: Sequence[str | None]
    note: Sequence[str]


@dataclass(frozen=True, slots=True)
class PastDemand:
    """Demand per SKU and day as columns of shape (n_cells,), each cell once.

    units and bulk_units may be negative where later news lowers a day that is already here.
    day: datetime64[D] on the shop's own calendar.
    """

    sku_id: IntArray
    day: MomentArray
    units: IntArray
    bulk_units: IntArray
    returned_units: IntArray
    unit_price_minor: IntArray


@dataclass(frozen=True, slots=True)
class HistoryRecorded:
    """How many rows came of it."""

    movements: int
    opening_movements: int
    demand_days: int


@transaction.atomic
def record_history(
    *, movements: PastMovements, demand: PastDemand, reference: str
) -> HistoryRecorded:
    """Add movements and demand of the past.

    A history says nothing about the stock it began with, so each SKU gets an opening adjustment
    that is just large enough for it never to have fallen below zero; `reference` names it.
    """
    warehouse = default_warehouse()
    opened = _record_openings(movements, warehouse, reference)
    moved = insert_columns(
        StockMovement,
        {
            "sku_id": movements.sku_id,
            "warehouse_id": np.full(len(movements.sku_id), warehouse.pk),
            "kind": movements.kind,
            "quantity": movements.quantity,
            "occurred_at": movements.occurred_at,
            "reference": movements.reference,
            "key": movements.key,
            "note": movements.note,
        },
    )
    return HistoryRecorded(moved, opened, _record_demand(demand, warehouse))


def _record_openings(movements: PastMovements, warehouse: Warehouse, reference: str) -> int:
    if not len(movements.sku_id):
        return 0
    sku_ids, total, lowest = _sums(movements)
    # What is set aside for somebody today cannot have been sold in the past.
    levels = {
        sku_id: on_hand - reserved
        for sku_id, on_hand, reserved in StockLevel.objects.filter(warehouse=warehouse).values_list(
            "sku_id", "on_hand", "reserved"
        )
    }
    free = np.array([levels.get(sku_id, 0) for sku_id in sku_ids.tolist()], dtype=np.int64)
    opening = np.maximum(0, -(free + lowest))
    first_day = movements.occurred_at.min().astype("datetime64[D]").astype("datetime64[s]")
    opened = np.flatnonzero(opening)
    insert_columns(
        StockMovement,
        {
            "sku_id": sku_ids[opened],
            "warehouse_id": np.full(len(opened), warehouse.pk),
            "kind": [StockMovement.Kind.ADJUSTMENT.value] * len(opened),
            "quantity": opening[opened],
            "occurred_at": np.full(len(opened), first_day),
            "reference": [reference] * len(opened),
            "note": [_("Opening stock, assumed: the least that the history needs")] * len(opened),
        },
    )
    _change_levels(
        dict(zip(sku_ids.tolist(), (total + opening).tolist(), strict=True)), levels, warehouse
    )
    return len(opened)


def _sums(movements: PastMovements) -> tuple[IntArray, IntArray, IntArray]:
    """SKUs, the sum of each one's movements, and the lowest that its running sum falls (<= 0)."""
    order = np.lexsort((movements.occurred_at, movements.sku_id))
    sku_ids, first, count = np.unique(
        movements.sku_id[order], return_index=True, return_counts=True
    )
    running = np.cumsum(movements.quantity[order])
    before = np.concatenate([[0], running])[first]
    within = running - np.repeat(before, count)
    lowest = np.minimum(0, np.minimum.reduceat(within, first))
    return sku_ids, within[first + count - 1], lowest


def _change_levels(deltas: dict[int, int], known: Collection[int], warehouse: Warehouse) -> None:
    fresh = [sku_id for sku_id in deltas if sku_id not in known]
    StockLevel.objects.bulk_create(
        [
            StockLevel(sku_id=sku_id, warehouse=warehouse, on_hand=deltas[sku_id])
            for sku_id in fresh
        ],
        batch_size=1_000,
    )
    now = timezone.now()
    for sku_id in sorted(set(deltas) & set(known)):
        if deltas[sku_id]:
            # An expression, not the value read: somebody may sell meanwhile.
            StockLevel.objects.filter(sku_id=sku_id, warehouse=warehouse).update(
                on_hand=F("on_hand") + deltas[sku_id], updated_at=now
            )


def _record_demand(demand: PastDemand, warehouse: Warehouse) -> int:
    """Add the cells; those that are already here grow or shrink by them."""
    if not len(demand.sku_id):
        return 0
    here = _cells_here(demand, warehouse)
    known = (
        np.array(
            [
                cell in here
                for cell in zip(demand.sku_id.tolist(), demand.day.tolist(), strict=True)
            ],
            dtype=np.bool_,
        )
        if here
        else np.zeros(len(demand.sku_id), dtype=np.bool_)
    )
    new = np.flatnonzero(~known & (demand.units > 0))
    insert_columns(
        DemandDay,
        {
            "sku_id": demand.sku_id[new],
            "warehouse_id": np.full(len(new), warehouse.pk),
            "day": demand.day[new],
            "units_requested": demand.units[new],
            "units_filled": demand.units[new],
            "units_bulk": demand.bulk_units[new],
            "units_returned": demand.returned_units[new],
            "unit_price_minor": demand.unit_price_minor[new],
        },
    )
    changed = np.flatnonzero(known)
    if len(changed):
        _add_to_cells(demand, changed, warehouse)
    return len(new) + len(changed)


def _cells_here(demand: PastDemand, warehouse: Warehouse) -> set[tuple[int, object]]:
    first, last = demand.day.min().item(), demand.day.max().item()
    return set(
        DemandDay.objects.filter(warehouse=warehouse, day__range=(first, last)).values_list(
            "sku_id", "day"
        )
    )


def _add_to_cells(demand: PastDemand, cells: IntArray, warehouse: Warehouse) -> None:
    quote = connection.ops.quote_name
    # The price stays that of the first import: both are means of the same day's lines.
    statement = (
        f"UPDATE {quote(DemandDay._meta.db_table)} SET"  # noqa: S608  # names come from the model
        " units_requested = units_requested + %s, units_filled = units_filled + %s,"
        " units_bulk = units_bulk + %s, units_returned = units_returned + %s"
        " WHERE sku_id = %s AND warehouse_id = %s AND day = %s"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                (units, units, bulk, returned, sku_id, warehouse.pk, str(day))
                for units, bulk, returned, sku_id, day in zip(
                    demand.units[cells].tolist(),
                    demand.bulk_units[cells].tolist(),
                    demand.returned_units[cells].tolist(),
                    demand.sku_id[cells].tolist(),
                    demand.day[cells].tolist(),
                    strict=True,
                )
            ],
        )
    # A day on which all was cancelled later is a day without a request.
    DemandDay.objects.filter(
        warehouse=warehouse,
        units_requested=0,
        was_out_of_stock=False,
        day__in=np.unique(demand.day[cells]).tolist(),
    ).delete()
