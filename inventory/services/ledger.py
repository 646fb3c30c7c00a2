"""The ledger: the only writer of movements, and with `reservations` of levels.

A level is always the sum of its movements, a batch of the movements that name it. The condition of
every change is in its UPDATE, so two processes that want the last unit cannot both get it, with or
without row locks.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.models import Sku
from inventory.errors import InsufficientStockError
from inventory.models import StockBatch, StockLevel, StockMovement, Warehouse
from inventory.services import batches
from inventory.services.alerts import tell_waiting
from inventory.services.availability import show_availability
from inventory.services.batches import BatchLabel, Share

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Movement:
    """Units that came (positive) or went (negative).

    key: names the event; a second movement with the same key moves nothing.
    batch: where they go to or come from; without one they leave from what expires first.
    is_loose: they leave from what lies in no batch.
    """

    sku_id: int
    quantity: int
    kind: StockMovement.Kind
    key: str
    occurred_at: datetime = field(default_factory=timezone.now)
    reference: str = ""
    note: str = ""
    unit_cost_minor: int | None = None
    batch: BatchLabel | None = None
    is_loose: bool = False


def default_warehouse() -> Warehouse:
    """Where goods lie unless somebody says otherwise."""
    warehouse = Warehouse.objects.filter(is_default=True).first()
    if warehouse is not None:
        return warehouse
    warehouse, _ = Warehouse.objects.get_or_create(
        code="main", defaults={"name": "Main warehouse", "is_default": True}
    )
    return warehouse


def record_movement(
    movement: Movement,
    *,
    warehouse: Warehouse | None = None,
    user: AbstractBaseUser | None = None,
    frees: int = 0,
) -> StockMovement:
    """Move units and write them down; what several batches gave is a row each, the first is told.

    frees: units that were set aside and leave with this movement.
    Raises InsufficientStockError when more would go than is free.
    """
    return move_units(movement, warehouse=warehouse, user=user, frees=frees)[0]


@transaction.atomic
def move_units(
    movement: Movement,
    *,
    warehouse: Warehouse | None = None,
    user: AbstractBaseUser | None = None,
    frees: int = 0,
) -> list[StockMovement]:
    """`record_movement` with every row that it wrote."""
    warehouse = warehouse or default_warehouse()
    row, is_new = StockMovement.objects.get_or_create(
        key=movement.key, defaults=_columns(movement, warehouse=warehouse, user=user)
    )
    if not is_new:
        parts = StockMovement.objects.filter(key__startswith=f"{movement.key}#")
        return [row, *parts.order_by("pk")]
    change_level(
        sku_id=movement.sku_id,
        warehouse_id=warehouse.pk,
        on_hand=movement.quantity,
        reserved=-frees,
    )
    rows = _divide(row, _change_batches(movement, warehouse=warehouse))
    if movement.quantity + frees:
        tell_catalogue([movement.sku_id])
    if movement.quantity + frees > 0:
        tell_waiting([movement.sku_id])
    return rows


def _columns(
    movement: Movement, *, warehouse: Warehouse, user: AbstractBaseUser | None
) -> dict[str, object]:
    return {
        "sku_id": movement.sku_id,
        "warehouse": warehouse,
        "kind": movement.kind,
        "quantity": movement.quantity,
        "unit_cost_minor": movement.unit_cost_minor,
        "reference": movement.reference,
        "note": movement.note,
        "occurred_at": movement.occurred_at,
        "recorded_by_id": None if user is None else user.pk,
    }


def _change_batches(movement: Movement, *, warehouse: Warehouse) -> list[Share]:
    """Signed units by batch."""
    units, where = movement.quantity, {"sku_id": movement.sku_id, "warehouse_id": warehouse.pk}
    if units > 0:
        if movement.batch is None:
            return [Share(None, units)]
        return [Share(batches.put_into_batch(**where, label=movement.batch, units=units), units)]
    if movement.batch is not None:
        code = movement.batch.code
        return [Share(batches.take_from_batch(**where, code=code, units=-units), units)]
    take = batches.take_loose if movement.is_loose else batches.take_first_expired
    return [Share(share.batch, -share.units) for share in take(**where, units=-units)]


def _divide(row: StockMovement, shares: Sequence[Share]) -> list[StockMovement]:
    """Say in a row of this transaction which batches it was, with a row for each further one.

    The row was there first because its key decides who of two moves the units.
    """
    first, *others = shares
    if first.batch is not None or others:
        row.batch, row.quantity = first.batch, first.units
        row.save(update_fields=["batch", "quantity"])
    rows = [row]
    for place, share in enumerate(others, start=2):
        values = {
            name: getattr(row, name)
            for name in (
                "sku_id",
                "warehouse_id",
                "kind",
                "unit_cost_minor",
                "reference",
                "note",
                "occurred_at",
                "recorded_by_id",
            )
        }
        rows.append(
            StockMovement.objects.create(
                **values, key=f"{row.key}#{place}", batch=share.batch, quantity=share.units
            )
        )
    return rows


def tell_catalogue(sku_ids: Sequence[int]) -> None:
    """Cards and searches leave out what cannot be bought: they hear of it after the change.

    After, because a product's row locked between two levels could lock out another buyer for
    good; what is lost when the process dies here, the nightly run sets right.
    """
    transaction.on_commit(partial(_record_availability, tuple(sku_ids)), robust=True)


def _record_availability(sku_ids: Sequence[int]) -> None:
    for start in range(0, len(sku_ids), BATCH):
        skus = Sku.objects.filter(pk__in=sku_ids[start : start + BATCH])
        show_availability(product_ids=skus.values_list("product_id", flat=True))


def change_level(*, sku_id: int, warehouse_id: int, on_hand: int, reserved: int) -> None:
    """Raises InsufficientStockError when fewer would be on hand than are set aside."""
    rows = StockLevel.objects.filter(sku_id=sku_id, warehouse_id=warehouse_id)
    changed = rows.filter(
        on_hand__gte=F("reserved") + reserved - on_hand, reserved__gte=-reserved
    ).update(
        on_hand=F("on_hand") + on_hand,
        reserved=F("reserved") + reserved,
        updated_at=timezone.now(),
    )
    if changed:
        return
    # Not there yet, or not enough of it: the second try tells which.
    StockLevel.objects.get_or_create(sku_id=sku_id, warehouse_id=warehouse_id)
    changed = rows.filter(
        on_hand__gte=F("reserved") + reserved - on_hand, reserved__gte=-reserved
    ).update(
        on_hand=F("on_hand") + on_hand,
        reserved=F("reserved") + reserved,
        updated_at=timezone.now(),
    )
    if not changed:
        level = rows.get()
        raise InsufficientStockError(
            Sku.objects.get(pk=sku_id).code,
            requested=reserved - on_hand,
            available=level.on_hand - level.reserved,
        )


@transaction.atomic
def record_movements(movements: Iterable[Movement], *, warehouse: Warehouse | None = None) -> int:
    """Write many movements at once, for imports; returns how many were new.

    Levels change by the sum per SKU, so movements may come in any order as long as each SKU ends
    with nothing below what is set aside. Raises IntegrityError when one does not.
    """
    warehouse = warehouse or default_warehouse()
    source = iter(movements)
    deltas: dict[int, int] = defaultdict(int)
    added = 0
    while batch := list(islice(source, BATCH)):
        batch = list({movement.key: movement for movement in batch}.values())
        known = set(
            StockMovement.objects.filter(key__in=[one.key for one in batch]).values_list(
                "key", flat=True
            )
        )
        fresh = [movement for movement in batch if movement.key not in known]
        StockMovement.objects.bulk_create(
            StockMovement(
                sku_id=movement.sku_id,
                warehouse=warehouse,
                kind=movement.kind,
                quantity=movement.quantity,
                unit_cost_minor=movement.unit_cost_minor,
                reference=movement.reference,
                note=movement.note,
                key=movement.key,
                occurred_at=movement.occurred_at,
            )
            for movement in fresh
        )
        for movement in fresh:
            deltas[movement.sku_id] += movement.quantity
        added += len(fresh)
    _change_levels(deltas, warehouse=warehouse)
    _leave_batches_whole(deltas, warehouse=warehouse)
    return added


def _change_levels(deltas: dict[int, int], *, warehouse: Warehouse) -> None:
    StockLevel.objects.bulk_create(
        (StockLevel(sku_id=sku_id, warehouse=warehouse) for sku_id in sorted(deltas)),
        ignore_conflicts=True,
        batch_size=BATCH,
    )
    now = timezone.now()
    levels = []
    for level in StockLevel.objects.filter(warehouse=warehouse).order_by("sku_id"):
        if delta := deltas.get(level.sku_id, 0):
            # An expression, not the value read: somebody may sell meanwhile.
            level.on_hand = F("on_hand") + delta
            level.updated_at = now
            levels.append(level)
    StockLevel.objects.bulk_update(levels, ["on_hand", "updated_at"], batch_size=200)
    tell_catalogue(sorted(deltas))


def _leave_batches_whole(deltas: dict[int, int], *, warehouse: Warehouse) -> None:
    """Raises InsufficientStockError when an imported history took units that lie in batches."""
    taken = [sku_id for sku_id, units in sorted(deltas.items()) if units < 0]
    for start in range(0, len(taken), BATCH):
        known = StockBatch.objects.filter(
            warehouse=warehouse, sku__in=taken[start : start + BATCH], on_hand__gt=0
        )
        for sku_id in known.order_by("sku").values_list("sku", flat=True).distinct():
            batches.take_loose(sku_id=sku_id, warehouse_id=warehouse.pk, units=-deltas[sku_id])
