"""Goods between warehouses.

    draft -> on the way -> received
    draft, on the way -> cancelled

Units leave the source when the transfer is sent, by batch, and enter the target when it is
received. What was lost on the way enters and is written off there with a reason, so the transfers
of a SKU add up to nothing once they are over, and the loss has a value.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from catalog.models import Sku
from inventory.errors import (
    EmptyTransferError,
    OverReceiptError,
    SameWarehouseError,
    ShortReceiptError,
    StepNotAllowedError,
)
from inventory.models import (
    StockBatch,
    StockMovement,
    StockTransfer,
    StockTransferLine,
    Warehouse,
)
from inventory.services.batches import BatchLabel
from inventory.services.costs import average_costs
from inventory.services.ledger import Movement, move_units
from inventory.services.numbers import create_numbered
from learning.decisions import record_decision
from learning.models import Decision

Status = StockTransfer.Status


def units_on_the_way(*, warehouse: Warehouse) -> dict[int, int]:
    """Units by SKU that left another warehouse and are to arrive here: they count as on order."""
    lines = StockTransferLine.objects.on_the_way().filter(transfer__target=warehouse)
    return dict(lines.order_by().values_list("sku").annotate(units=Sum("quantity")))


def draft_transfer(
    *, source: Warehouse, target: Warehouse, user: AbstractBaseUser, note: str = ""
) -> StockTransfer:
    """Raises SameWarehouseError."""
    if source == target:
        raise SameWarehouseError
    return create_numbered(
        StockTransfer.objects.all(),
        letter="T",
        create=lambda number: StockTransfer.objects.create(
            number=number, source=source, target=target, created_by_id=user.pk, note=note
        ),
    )


@transaction.atomic
def set_line(
    transfer: StockTransfer, *, sku: Sku, quantity: int, batch: StockBatch | None = None
) -> None:
    """Send so many units of a SKU; 0 takes it off. Raises StepNotAllowedError after the draft.

    batch: of the source; without one the earliest expiry is taken when the transfer is sent.
    """
    _require(transfer, Status.DRAFT)
    lines = transfer.lines.filter(sku=sku, batch=batch)
    if quantity <= 0:
        lines.delete()
    elif not lines.update(quantity=quantity):
        transfer.lines.create(sku=sku, batch=batch, quantity=quantity)


@transaction.atomic
def send_transfer(transfer: StockTransfer, *, user: AbstractBaseUser) -> StockTransfer:
    """The goods leave. A line without a batch becomes one line for each batch that left.

    Raises StepNotAllowedError, EmptyTransferError, or InsufficientStockError when the source has
    fewer units free.
    """
    _step(transfer, Status.SENT, sent_at=timezone.now())
    lines = list(transfer.lines.select_related("batch").order_by("sku_id", "pk"))
    if not lines:
        raise EmptyTransferError(transfer.number)
    costs = average_costs(sku_ids=[line.sku_id for line in lines], until=timezone.now())
    for line in lines:
        movements = move_units(
            Movement(
                sku_id=line.sku_id,
                quantity=-line.quantity,
                kind=StockMovement.Kind.TRANSFER,
                key=f"transfer:{transfer.pk}:{line.pk}:out",
                reference=transfer.number,
                unit_cost_minor=costs.get(line.sku_id),
                batch=None if line.batch is None else BatchLabel(line.batch.code),
            ),
            warehouse=transfer.source,
            user=user,
        )
        if line.batch is None:
            _name_batches(line, movements)
    return _note(transfer, Decision.Action.SEND, user)


def _name_batches(line: StockTransferLine, movements: list[StockMovement]) -> None:
    """Whoever unpacks must know what is in the box."""
    if [movement.batch_id for movement in movements] == [None]:
        return
    line.delete()
    for movement in movements:
        there = StockTransferLine.objects.filter(
            transfer=line.transfer_id, sku=line.sku_id, batch=movement.batch_id
        ).first()
        if there is None:
            there = StockTransferLine(
                transfer_id=line.transfer_id,
                sku_id=line.sku_id,
                batch_id=movement.batch_id,
                quantity=0,
            )
        there.quantity -= movement.quantity
        there.save()


@transaction.atomic
def receive_transfer(
    transfer: StockTransfer,
    *,
    arrived: Mapping[int, int],
    user: AbstractBaseUser,
    reason: str = "",
) -> StockTransfer:
    """The goods are here. arrived: units by the id of the line; a line left out came whole.

    Raises StepNotAllowedError, OverReceiptError, or ShortReceiptError when units are missing and
    no reason is given.
    """
    _step(transfer, Status.RECEIVED, received_at=timezone.now())
    lines = list(transfer.lines.select_related("sku", "batch").order_by("sku_id", "pk"))
    costs = average_costs(sku_ids=[line.sku_id for line in lines], until=timezone.now())
    for line in lines:
        units = arrived.get(line.pk, line.quantity)
        if not 0 <= units <= line.quantity:
            raise OverReceiptError(line.sku.code, open_units=line.quantity, arrived=units)
        if units < line.quantity and not reason.strip():
            raise ShortReceiptError(line.sku.code, sent=line.quantity, arrived=units)
        label = _label_at(transfer.target, line, source=transfer.source)
        known: dict[str, Any] = {
            "sku_id": line.sku_id,
            "reference": transfer.number,
            "unit_cost_minor": costs.get(line.sku_id),
            "batch": label,
        }
        key = f"transfer:{transfer.pk}:{line.pk}"
        arrival = Movement(
            **known,
            quantity=line.quantity,
            kind=StockMovement.Kind.TRANSFER,
            key=f"{key}:in",
        )
        move_units(arrival, warehouse=transfer.target, user=user)
        if missing := line.quantity - units:
            loss = Movement(
                **known,
                quantity=-missing,
                kind=StockMovement.Kind.WRITE_OFF,
                key=f"{key}:lost",
                note=reason.strip()[:255],
                is_loose=label is None,
            )
            move_units(loss, warehouse=transfer.target, user=user)
        StockTransferLine.objects.filter(pk=line.pk).update(quantity_received=units)
    return _note(transfer, Decision.Action.RECEIVE, user, reason)


def _label_at(
    warehouse: Warehouse, line: StockTransferLine, *, source: Warehouse
) -> BatchLabel | None:
    """The batch as it is called where it arrives.

    Where the code is known with another expiry one of the two was mistyped; the goods are here all
    the same, so they keep their date under a name of their own.
    """
    if line.batch is None:
        return None
    there = StockBatch.objects.filter(
        sku=line.sku_id, warehouse=warehouse, code=line.batch.code
    ).first()
    code, expires_on = line.batch.code, line.batch.expires_on
    if there is not None and there.expires_on not in {None, expires_on} and expires_on is not None:
        code = f"{code[:40]} {source.code}"[:60]
    return BatchLabel(code, expires_on)


@transaction.atomic
def cancel_transfer(
    transfer: StockTransfer, *, user: AbstractBaseUser, reason: str = ""
) -> StockTransfer:
    """What was on the way turns back to where it came from. Raises StepNotAllowedError."""
    was_sent = _require(transfer, Status.DRAFT, Status.SENT).status == Status.SENT
    _step(transfer, Status.CANCELLED)
    if was_sent:
        for line in transfer.lines.select_related("batch").order_by("sku_id", "pk"):
            back = Movement(
                sku_id=line.sku_id,
                quantity=line.quantity,
                kind=StockMovement.Kind.TRANSFER,
                key=f"transfer:{transfer.pk}:{line.pk}:back",
                reference=transfer.number,
                batch=_label_at(transfer.source, line, source=transfer.source),
            )
            move_units(back, warehouse=transfer.source, user=user)
    return _note(transfer, Decision.Action.CANCEL, user, reason)


_FROM = {
    Status.SENT: [Status.DRAFT],
    Status.RECEIVED: [Status.SENT],
    Status.CANCELLED: [Status.DRAFT, Status.SENT],
}


def _require(transfer: StockTransfer, *states: StockTransfer.Status) -> StockTransfer:
    """The transfer's row, locked until the transaction ends."""
    locked = StockTransfer.objects.select_for_update().get(pk=transfer.pk)
    if locked.status not in states:
        raise StepNotAllowedError(locked.number, status=locked.get_status_display())
    return locked


def _step(transfer: StockTransfer, to: StockTransfer.Status, **fields: Any) -> None:
    changed = StockTransfer.objects.filter(pk=transfer.pk, status__in=_FROM[to]).update(
        status=to, **fields
    )
    transfer.refresh_from_db()
    if not changed:
        raise StepNotAllowedError(transfer.number, status=transfer.get_status_display())


def _note(
    transfer: StockTransfer, action: Decision.Action, user: AbstractBaseUser, reason: str = ""
) -> StockTransfer:
    record_decision(
        action=action, subject=transfer, user=user, done={"status": transfer.status}, reason=reason
    )
    return transfer
