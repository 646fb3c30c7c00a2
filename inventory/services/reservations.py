"""Units set aside for carts and orders: held, handed over, released, shipped.

The condition of every change is in its UPDATE. A hold changes before its level, everywhere in this
module: the other way round two processes could wait for each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import Sku
from inventory.errors import InsufficientStockError, NothingReservedError
from inventory.models import Reservation, StockLevel, StockMovement, Warehouse
from inventory.services.alerts import tell_waiting
from inventory.services.ledger import (
    Movement,
    default_warehouse,
    move_units,
    tell_catalogue,
)


@dataclass(frozen=True, slots=True)
class StockRequest:
    """Units of one SKU that somebody wants."""

    sku_id: int
    quantity: int


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
    tell_catalogue(sorted(wanted))


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
    """What a cart holds becomes what its order holds; returns how many holds moved.

    Units of a SKU that the new owner holds already are added to that hold.
    """
    there = {(hold.sku_id, hold.warehouse_id): hold.pk for hold in _holds(Q(owner=to))}
    if not there:
        return (
            Reservation.objects.held().filter(owner=owner).update(owner=to, expires_at=expires_at)
        )
    return sum(
        _join(hold, there.get((hold.sku_id, hold.warehouse_id), 0), to=to, expires_at=expires_at)
        for hold in _holds(Q(owner=owner))
    )


def _join(hold: Reservation, target: int, *, to: str, expires_at: datetime | None) -> bool:
    """Let a hold go up in another one, or change its owner; False when it ended meanwhile."""
    rows = Reservation.objects.filter(pk=hold.pk, quantity=hold.quantity)
    if not rows.held().update(state=Reservation.State.RELEASED):
        return False
    joined = (
        Reservation.objects.held()
        .filter(pk=target)
        .update(quantity=F("quantity") + hold.quantity, expires_at=expires_at)
    )
    if not joined:
        rows.update(state=Reservation.State.HELD, owner=to, expires_at=expires_at)
    return True


@transaction.atomic
def release_stock(*, owner: str) -> int:
    """Put back what an owner held; returns units. Doing it twice frees nothing more."""
    holds = _holds(Q(owner=owner))
    units = sum(_release(hold) for hold in holds)
    tell_catalogue([hold.sku_id for hold in holds])
    tell_waiting([hold.sku_id for hold in holds])
    return units


def release_expired(*, now: datetime, limit: int = 500) -> int:
    """Put back what nobody came for; returns how many holds ended."""
    released = 0
    for hold in Reservation.objects.expired(now=now).order_by("expires_at", "pk")[:limit]:
        with transaction.atomic():
            released += bool(_release(hold, still=Q(expires_at__lte=now)))
            tell_catalogue([hold.sku_id])
            tell_waiting([hold.sku_id])
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
        movements.extend(
            move_units(
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
