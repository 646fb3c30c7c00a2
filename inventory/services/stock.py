"""What lies in the warehouse, for whoever moves it: receive, adjust, count, set aside, ship.

`ledger` writes movements and levels, `reservations` what is set aside, `batches` what expires;
this is the door to them that other apps use.
"""

from datetime import datetime
from functools import partial

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from inventory.models import StockLevel, StockMovement, Warehouse
from inventory.services.batches import BatchLabel
from inventory.services.expiry import hold_back, is_expired
from inventory.services.ledger import (
    Movement,
    default_warehouse,
    record_movement,
    record_movements,
)
from inventory.services.reservations import (
    StockRequest,
    hand_over_reservations,
    issue_reserved,
    release_expired,
    release_stock,
    reserve_stock,
)

__all__ = [
    "BatchLabel",
    "Movement",
    "StockRequest",
    "adjust_stock",
    "count_stock",
    "default_warehouse",
    "hand_over_reservations",
    "issue_reserved",
    "receive_stock",
    "record_movement",
    "record_movements",
    "release_expired",
    "release_stock",
    "reserve_stock",
]


def receive_stock(
    *,
    sku_id: int,
    quantity: int,
    key: str,
    reference: str = "",
    unit_cost_minor: int | None = None,
    kind: StockMovement.Kind = StockMovement.Kind.RECEIPT,
    occurred_at: datetime | None = None,
    warehouse: Warehouse | None = None,
    user: AbstractBaseUser | None = None,
    batch: BatchLabel | None = None,
) -> StockMovement:
    """Goods came in, from a supplier or (kind RETURN) back from a customer.

    batch: what stands on them; the movement's `batch` is the row it became. What is past its
    expiry already is booked and set aside at once, so nobody can buy it.
    Raises BatchMismatchError when the batch is known with another expiry.
    """
    movement = record_movement(
        Movement(
            sku_id=sku_id,
            quantity=quantity,
            kind=kind,
            key=key,
            occurred_at=occurred_at or timezone.now(),
            reference=reference,
            unit_cost_minor=unit_cost_minor,
            batch=batch,
        ),
        warehouse=warehouse,
        user=user,
    )
    if movement.batch is not None and is_expired(movement.batch):
        # After the change: a hold is always locked before its level.
        transaction.on_commit(partial(hold_back, movement.batch), robust=True)
    return movement


def adjust_stock(
    *,
    sku_id: int,
    quantity: int,
    key: str,
    note: str,
    occurred_at: datetime | None = None,
    warehouse: Warehouse | None = None,
    user: AbstractBaseUser | None = None,
    kind: StockMovement.Kind = StockMovement.Kind.ADJUSTMENT,
) -> StockMovement:
    """Thrown away (kind WRITE_OFF), broken, found again: `quantity` is signed.

    Raises InsufficientStockError when it would cut into what is set aside.
    """
    return record_movement(
        Movement(
            sku_id=sku_id,
            quantity=quantity,
            kind=kind,
            key=key,
            occurred_at=occurred_at or timezone.now(),
            note=note,
        ),
        warehouse=warehouse,
        user=user,
    )


@transaction.atomic
def count_stock(
    *,
    sku_id: int,
    counted: int,
    key: str,
    warehouse: Warehouse | None = None,
    user: AbstractBaseUser | None = None,
) -> StockMovement | None:
    """Set a level to what was counted, by a movement; None when the books were right.

    Raises InsufficientStockError when fewer were counted than are set aside.
    """
    warehouse = warehouse or default_warehouse()
    level, _ = StockLevel.objects.select_for_update().get_or_create(
        sku_id=sku_id, warehouse=warehouse
    )
    if counted == level.on_hand:
        return None
    return record_movement(
        Movement(
            sku_id=sku_id,
            quantity=counted - level.on_hand,
            kind=StockMovement.Kind.COUNT,
            key=key,
        ),
        warehouse=warehouse,
        user=user,
    )
