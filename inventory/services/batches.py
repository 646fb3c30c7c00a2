"""Rows of batches; the ledger alone calls what changes them, with the level's row in its hands.

Everything that changes units changes the level first. That locks its row, so all batches of a SKU
in a warehouse change one after the other, and never hold more than the level does.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, Sum
from django.utils import timezone

from catalog.models import Sku
from inventory.errors import BatchMismatchError, InsufficientStockError
from inventory.models import StockBatch, StockLevel


@dataclass(frozen=True, slots=True)
class BatchLabel:
    """What stands on the goods: a batch is known by its code within a SKU and warehouse."""

    code: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Units that one batch gave; without a batch those that have none."""

    batch: StockBatch | None
    units: int


def put_into_batch(*, sku_id: int, warehouse_id: int, label: BatchLabel, units: int) -> StockBatch:
    """Raises BatchMismatchError when the batch is known with another expiry."""
    batch, is_new = StockBatch.objects.get_or_create(
        sku_id=sku_id,
        warehouse_id=warehouse_id,
        code=label.code,
        defaults={"expires_on": label.expires_on},
    )
    if not is_new and label.expires_on not in {None, batch.expires_on}:
        # A date that nobody had typed yet is learned; two dates on one batch are a mistake.
        if batch.expires_on is not None:
            raise BatchMismatchError(
                batch.code, expires_on=batch.expires_on, typed=label.expires_on
            )
        StockBatch.objects.filter(pk=batch.pk).update(expires_on=label.expires_on)
    StockBatch.objects.filter(pk=batch.pk).update(on_hand=F("on_hand") + units)
    return batch


def take_from_batch(*, sku_id: int, warehouse_id: int, code: str, units: int) -> StockBatch:
    """Raises InsufficientStockError when the batch holds fewer."""
    batch = StockBatch.objects.filter(sku_id=sku_id, warehouse_id=warehouse_id, code=code).first()
    if batch is None or not _take(batch, units):
        raise InsufficientStockError(
            f"{Sku.objects.get(pk=sku_id).code} ({code})",
            requested=units,
            available=0 if batch is None else batch.on_hand,
        )
    return batch


def take_first_expired(*, sku_id: int, warehouse_id: int, units: int) -> list[Share]:
    """Take from what expires first, then from what has no batch; expired batches stay.

    Called after the level has changed. Raises InsufficientStockError when only expired units
    are left.
    """
    shares, rest = [], units
    lying = StockBatch.objects.filter(sku_id=sku_id, warehouse_id=warehouse_id)
    for batch in lying.fresh(today=timezone.localdate()).first_expired_first_out():
        part = min(rest, batch.on_hand)
        if part and _take(batch, part):
            shares.append(Share(batch, part))
            rest -= part
        if not rest:
            return shares
    return [*shares, *take_loose(sku_id=sku_id, warehouse_id=warehouse_id, units=rest)]


def take_loose(*, sku_id: int, warehouse_id: int, units: int) -> list[Share]:
    """What came without a batch. Raises InsufficientStockError when the rest lies in batches."""
    missing = -loose_units(sku_id=sku_id, warehouse_id=warehouse_id)
    if missing > 0:
        raise InsufficientStockError(
            Sku.objects.get(pk=sku_id).code, requested=units, available=units - missing
        )
    return [Share(None, units)]


def loose_units(*, sku_id: int, warehouse_id: int) -> int:
    """Units of the level that lie in no batch; below zero only within a change."""
    where = Q(sku_id=sku_id, warehouse_id=warehouse_id)
    lying = StockBatch.objects.filter(where, on_hand__gt=0).aggregate(units=Sum("on_hand"))
    in_batches = int(lying["units"] or 0)
    level = StockLevel.objects.filter(where).values_list("on_hand", flat=True).first()
    return int(level or 0) - in_batches


def _take(batch: StockBatch, units: int) -> bool:
    rows = StockBatch.objects.filter(pk=batch.pk, on_hand__gte=units)
    return bool(rows.update(on_hand=F("on_hand") - units))
