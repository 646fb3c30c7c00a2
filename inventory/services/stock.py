"""What lies in the warehouse: the only writer of stock levels, movements and reservations.

A level is always the sum of its movements. The condition of every change is in its UPDATE, so two
processes that want the last unit cannot both get it, with or without row locks.
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
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import Sku
from catalog.services.summaries import record_availability
from inventory.errors import InsufficientStockError, NothingReservedError
from inventory.models import Reservation, StockLevel, StockMovement, Warehouse

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class StockRequest:
    """Units of one SKU that somebody wants."""

    sku_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Movement:
    """Units that came (positive) or went (negative).

    key: names the event; a second movement with the same key moves nothing.
    """

    sku_id: int
    quantity: int
    kind: StockMovement.Kind
    key: str
    occurred_at: datetime = field(default_factory=timezone.now)
    reference: str = ""
    note: str = ""
    unit_cost_minor: int | None = None


def default_warehouse() -> Warehouse:
    """Where goods lie unless somebody says otherwise."""
    warehouse = Warehouse.objects.filter(is_default=True).first()
    if warehouse is not None:
        return warehouse
    warehouse, _ = Warehouse.objects.get_or_create(
        code="main", defaults={"name": "Main warehouse", "is_default": True}
    )
    return warehouse


@transaction.atomic
def record_movement(
    movement: Movement,
    *,
    warehouse: Warehouse | None = None,
    user: AbstractBaseUser | None = None,
    frees: int = 0,
) -> StockMovement:
    """Move units and write them down.

    frees: units that were set aside and leave with this movement.
    Raises InsufficientStockError when more would go than is free.
    """
    warehouse = warehouse or default_warehouse()
    row, is_new = StockMovement.objects.get_or_create(
        key=movement.key,
        defaults={
            "sku_id": movement.sku_id,
            "warehouse": warehouse,
            "kind": movement.kind,
            "quantity": movement.quantity,
            "unit_cost_minor": movement.unit_cost_minor,
            "reference": movement.reference,
            "note": movement.note,
            "occurred_at": movement.occurred_at,
            "recorded_by_id": None if user is None else user.pk,
        },
    )
    if is_new:
        _change_level(
            sku_id=movement.sku_id,
            warehouse_id=warehouse.pk,
            on_hand=movement.quantity,
            reserved=-frees,
        )
        if movement.quantity + frees:
            _tell_catalogue([movement.sku_id])
    return row


def _tell_catalogue(sku_ids: Sequence[int]) -> None:
    """Cards and searches leave out what cannot be bought: they hear of it after the change.

    After, because a product's row locked between two levels could lock out another buyer for
    good; what is lost when the process dies here, the nightly run sets right.
    """
    transaction.on_commit(partial(_record_availability, tuple(sku_ids)), robust=True)


def _record_availability(sku_ids: Sequence[int]) -> None:
    for start in range(0, len(sku_ids), BATCH):
        products = set(
            Sku.objects.filter(pk__in=sku_ids[start : start + BATCH]).values_list(
                "product_id", flat=True
            )
        )
        available = StockLevel.objects.filter(
            sku__product_id__in=products, sku__is_active=True, on_hand__gt=F("reserved")
        )
        record_availability(
            available_product_ids=available.values_list("sku__product_id", flat=True),
            among=products,
        )


def _change_level(*, sku_id: int, warehouse_id: int, on_hand: int, reserved: int) -> None:
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
    _tell_catalogue(sorted(deltas))


@transaction.atomic
def reserve_stock(
    requests: Iterable[StockRequest],
    *,
    owner: str,
    expires_at: datetime | None = None,
    warehouse: Warehouse | None = None,
) -> None:
    """Set units aside for an owner ("cart:77", "order:1042"); all of them or none.

    What the owner already holds counts: asking again for the same changes nothing but the
    expiry, asking for more or less takes the difference.
    Raises InsufficientStockError for the first SKU that runs short.
    """
    warehouse = warehouse or default_warehouse()
    wanted: dict[int, int] = defaultdict(int)
    for request in requests:
        wanted[request.sku_id] += request.quantity
    held = {
        hold.sku_id: hold
        for hold in Reservation.objects.held().filter(owner=owner, warehouse=warehouse)
    }
    for sku_id in sorted(wanted):
        units, hold = max(0, wanted[sku_id]), held.get(sku_id)
        while not _hold(
            hold,
            sku_id=sku_id,
            units=units,
            owner=owner,
            expires_at=expires_at,
            warehouse=warehouse,
        ):
            # Somebody ended, changed or began it since it was read.
            hold = (
                Reservation.objects.held()
                .filter(owner=owner, warehouse=warehouse, sku_id=sku_id)
                .first()
            )
    _tell_catalogue(sorted(wanted))


def _hold(
    hold: Reservation | None,
    *,
    sku_id: int,
    units: int,
    owner: str,
    expires_at: datetime | None,
    warehouse: Warehouse,
) -> bool:
    """Bring a hold, or none, to `units`; False when it is not what was read.

    The hold first and the level after it, as `_release` does: the other way round two processes
    could wait for each other.
    """
    if hold is None and not units:
        return True
    if hold is None:
        _, done = Reservation.objects.held().get_or_create(
            owner=owner,
            sku_id=sku_id,
            warehouse=warehouse,
            state=Reservation.State.HELD,
            defaults={"quantity": units, "expires_at": expires_at},
        )
    else:
        rows = Reservation.objects.held().filter(pk=hold.pk, quantity=hold.quantity)
        done = bool(
            rows.update(quantity=units, expires_at=expires_at)
            if units
            else rows.update(state=Reservation.State.RELEASED)
        )
    missing = units - (0 if hold is None else hold.quantity)
    if done and missing:
        _set_aside(sku_id=sku_id, warehouse_id=warehouse.pk, units=missing)
    return done


def _set_aside(*, sku_id: int, warehouse_id: int, units: int) -> None:
    """Reserve `units` more, or free them when negative."""
    rows = StockLevel.objects.filter(sku_id=sku_id, warehouse_id=warehouse_id)
    changed = rows.filter(on_hand__gte=F("reserved") + units, reserved__gte=-units).update(
        reserved=F("reserved") + units, updated_at=timezone.now()
    )
    if not changed:
        level = rows.first()
        raise InsufficientStockError(
            Sku.objects.get(pk=sku_id).code,
            requested=units,
            available=0 if level is None else level.on_hand - level.reserved,
        )


@transaction.atomic
def hand_over_reservations(*, owner: str, to: str, expires_at: datetime | None = None) -> int:
    """What a cart holds becomes what its order holds; returns how many holds moved."""
    return Reservation.objects.held().filter(owner=owner).update(owner=to, expires_at=expires_at)


@transaction.atomic
def release_stock(*, owner: str) -> int:
    """Put back what an owner held; returns units. Doing it twice frees nothing more."""
    holds = _holds(Q(owner=owner))
    units = sum(_release(hold) for hold in holds)
    _tell_catalogue([hold.sku_id for hold in holds])
    return units


def release_expired(*, now: datetime, limit: int = 500) -> int:
    """Put back what nobody came for; returns how many holds ended."""
    released = 0
    for hold in Reservation.objects.expired(now=now).order_by("expires_at", "pk")[:limit]:
        with transaction.atomic():
            released += bool(_release(hold, still=Q(expires_at__lte=now)))
            _tell_catalogue([hold.sku_id])
    return released


def _release(hold: Reservation, *, still: Q | None = None) -> int:
    """Units put back; 0 when somebody else ended or changed the hold meanwhile."""
    condition = Q(pk=hold.pk, state=Reservation.State.HELD, quantity=hold.quantity)
    ended = Reservation.objects.filter(condition & (still or Q())).update(
        state=Reservation.State.RELEASED
    )
    if not ended:
        return 0
    _set_aside(sku_id=hold.sku_id, warehouse_id=hold.warehouse_id, units=-hold.quantity)
    return hold.quantity


def _holds(condition: Q) -> Sequence[Reservation]:
    return list(Reservation.objects.held().filter(condition).order_by("sku_id", "pk"))


@transaction.atomic
def issue_reserved(
    *,
    owner: str,
    reference: str,
    requests: Iterable[StockRequest] | None = None,
    occurred_at: datetime | None = None,
    user: AbstractBaseUser | None = None,
) -> list[StockMovement]:
    """Ship what an owner holds, all of it or the part named in `requests`.

    reference: of the shipment; a second call with the same one moves nothing.
    Raises NothingReservedError when the owner holds none of a SKU asked for, or nothing at all.
    """
    repeated = list(StockMovement.objects.filter(key__startswith=f"issue:{reference}:"))
    if repeated:
        return repeated
    holds = _holds(Q(owner=owner))
    parts = {hold.sku_id: hold.quantity for hold in holds}
    if requests is not None:
        parts = {}
        for request in requests:
            parts[request.sku_id] = parts.get(request.sku_id, 0) + request.quantity
    by_sku = {hold.sku_id: hold for hold in holds}
    if not parts:
        raise NothingReservedError(owner)
    movements = []
    for sku_id in sorted(parts):
        hold, units = by_sku.get(sku_id), parts[sku_id]
        if hold is None or hold.quantity < units:
            raise NothingReservedError(owner)
        rest = hold.quantity - units
        ended = Reservation.objects.held().filter(pk=hold.pk, quantity=hold.quantity)
        changed = (
            ended.update(quantity=rest) if rest else ended.update(state=Reservation.State.FULFILLED)
        )
        if not changed:
            raise NothingReservedError(owner)
        movements.append(
            record_movement(
                Movement(
                    sku_id=sku_id,
                    quantity=-units,
                    kind=StockMovement.Kind.ISSUE,
                    key=f"issue:{reference}:{hold.warehouse_id}:{sku_id}",
                    occurred_at=occurred_at or timezone.now(),
                    reference=reference,
                ),
                warehouse=hold.warehouse,
                frees=units,
                user=user,
            )
        )
    return movements


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
) -> StockMovement:
    """Goods came in, from a supplier or (kind RETURN) back from a customer."""
    return record_movement(
        Movement(
            sku_id=sku_id,
            quantity=quantity,
            kind=kind,
            key=key,
            occurred_at=occurred_at or timezone.now(),
            reference=reference,
            unit_cost_minor=unit_cost_minor,
        ),
        warehouse=warehouse,
        user=user,
    )


def adjust_stock(
    *,
    sku_id: int,
    quantity: int,
    key: str,
    note: str,
    occurred_at: datetime | None = None,
    warehouse: Warehouse | None = None,
    user: AbstractBaseUser | None = None,
) -> StockMovement:
    """Thrown away, broken, found again: `quantity` is signed.

    Raises InsufficientStockError when it would cut into what is set aside.
    """
    return record_movement(
        Movement(
            sku_id=sku_id,
            quantity=quantity,
            kind=StockMovement.Kind.ADJUSTMENT,
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
