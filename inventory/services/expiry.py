"""What is past its day: set aside so that nobody can buy it, written off when staff say so.

A reservation holds it back. So every page, search and checkout that asks what is free knows it
without a further question, and nothing is lost from the books before a person has looked.
"""

from datetime import date
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from inventory.errors import InsufficientStockError, NotExpiredError
from inventory.models import Reservation, StockBatch, StockLevel, StockMovement
from inventory.services.batches import BatchLabel
from inventory.services.costs import unit_cost
from inventory.services.ledger import Movement, record_movement
from inventory.services.reservations import StockRequest, release_stock, reserve_stock

OWNER: Final = "expired:"


def hold_back(batch: StockBatch) -> int:
    """Set aside what is left of an expired batch, as much as nobody else holds; returns units.

    Of a batch that has not expired, or is gone, nothing is set aside any more.
    """
    owner = f"{OWNER}{batch.pk}"
    while True:
        batch.refresh_from_db()
        hold = Reservation.objects.held().filter(owner=owner).first()
        held = 0 if hold is None else hold.quantity
        level = StockLevel.objects.get(sku=batch.sku_id, warehouse=batch.warehouse_id)
        wanted = min(batch.on_hand, held + level.on_hand - level.reserved)
        if not is_expired(batch):
            wanted = 0
        if wanted == held:
            return held
        try:
            reserve_stock(
                [StockRequest(batch.sku_id, wanted)], owner=owner, warehouse=batch.warehouse
            )
        except InsufficientStockError:
            # Somebody took them between the look and the hold: look again.
            continue
        return wanted


def is_expired(batch: StockBatch, *, today: date | None = None) -> bool:
    """The day of expiry is the last one on which goods may be sold."""
    return batch.expires_on is not None and batch.expires_on < (today or timezone.localdate())


def hold_back_expired() -> int:
    """Bring every hold to what has expired by now; returns how many holds changed.

    Units that customers hold already are not taken from them: they are shipped from another batch,
    or not at all.
    """
    held = {
        int(owner.removeprefix(OWNER)): units
        for owner, units in Reservation.objects.held()
        .filter(owner__startswith=OWNER)
        .values_list("owner", "quantity")
    }
    expired = {
        batch.pk: batch
        for batch in StockBatch.objects.expired(today=timezone.localdate()).select_related(
            "warehouse"
        )
    }
    changed = 0
    for pk in sorted(held.keys() | expired.keys()):
        batch = expired.get(pk) or StockBatch.objects.select_related("warehouse").get(pk=pk)
        if pk in expired and held.get(pk) == batch.on_hand:
            continue
        changed += hold_back(batch) != held.get(pk, 0)
    return changed


@transaction.atomic
def write_off_batch(batch: StockBatch, *, user: AbstractBaseUser, note: str = "") -> StockMovement:
    """Throw away what is left of an expired batch; a person has looked at it.

    Raises NotExpiredError when there is nothing, InsufficientStockError while customers hold units
    that nothing else could fill.
    """
    # Released before the batch is read: the level is locked then, and the batch with it.
    release_stock(owner=f"{OWNER}{batch.pk}")
    StockLevel.objects.select_for_update().get(sku=batch.sku_id, warehouse=batch.warehouse_id)
    batch.refresh_from_db()
    if not is_expired(batch) or not batch.on_hand:
        raise NotExpiredError(batch.code)
    # A batch may be filled and thrown away again; its movements so far tell the times apart.
    time = StockMovement.objects.filter(batch=batch, kind=StockMovement.Kind.WRITE_OFF).count() + 1
    return record_movement(
        Movement(
            sku_id=batch.sku_id,
            quantity=-batch.on_hand,
            kind=StockMovement.Kind.WRITE_OFF,
            key=f"expired:{batch.pk}:{time}",
            reference=batch.code,
            note=note,
            unit_cost_minor=unit_cost(sku_id=batch.sku_id),
            batch=BatchLabel(batch.code),
        ),
        warehouse=batch.warehouse,
        user=user,
    )
