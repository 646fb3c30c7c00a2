"""Booking what a supplier delivered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inventory.errors import (
    ForeignLineError,
    NotAWholeNumberError,
    NothingArrivedError,
    OverReceiptError,
)
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderLine,
    StockMovement,
)
from inventory.services.batches import BatchLabel
from inventory.services.purchasing.closing import end_when_complete
from inventory.services.purchasing.steps import Status, lock, note, take_step
from inventory.services.stock import receive_stock
from learning.models import Decision, Proposal

# More than half as much again is a typing error, or goods that nobody ordered.
LARGEST_SURPLUS_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of one line.

    accepted: units that go into stock; damaged: units that came and do not.
    unit_cost_minor: what they really cost; None: as ordered.
    batch, expires_on: what is printed on them, if anything is.
    """

    line_id: int
    accepted: int
    damaged: int = 0
    unit_cost_minor: int | None = None
    batch: str = ""
    expires_on: date | None = None

    @property
    def delivered(self) -> int:
        return self.accepted + self.damaged

    @property
    def label(self) -> BatchLabel | None:
        if self.batch:
            return BatchLabel(code=self.batch, expires_on=self.expires_on)
        # Without a number of their own, goods that expire together are a batch by their day.
        if self.expires_on is not None:
            return BatchLabel(code=self.expires_on.isoformat(), expires_on=self.expires_on)
        return None


@transaction.atomic
def receive_goods(
    order: PurchaseOrder,
    *,
    arrivals: Sequence[Arrival],
    key: str,
    reference: str = "",
    received_at: datetime | None = None,
    takes_surplus: bool = False,
    user: AbstractBaseUser | None = None,
) -> GoodsReceipt:
    """Book a delivery into stock.

    key: names the delivery; booking it twice moves nothing. Damaged units count as delivered and
    do not enter the stock.
    takes_surplus: staff keep what came beyond the order, up to half as much again or one pack.
    Raises NotAllowedNowError unless the order is with its supplier, NothingArrivedError when no
    unit came, ForeignLineError for a line that is not the order's or comes twice,
    OverReceiptError when more arrives than may be taken.
    """
    # The claim on the order comes first: two people at the gate book one after the other, and the
    # second one finds what the first one booked.
    lock(order)
    known = GoodsReceipt.objects.filter(key=key).first()
    if known is not None:
        return known
    take_step(order, Status.PART_RECEIVED)
    lines = {line.pk: line for line in order.lines.select_related("sku", "offer")}
    _check(order, arrivals, lines.keys())
    receipt = GoodsReceipt.objects.create(
        order=order,
        reference=reference,
        key=key,
        received_at=received_at or timezone.now(),
        received_by_id=None if user is None else user.pk,
    )
    for arrival in sorted(arrivals, key=lambda one: one.line_id):
        if arrival.delivered:
            _book(receipt, lines[arrival.line_id], arrival, takes_surplus, user=user)
    end_when_complete(order)
    note(order, Decision.Action.RECEIVE, user, reference)
    return receipt


def _check(order: PurchaseOrder, arrivals: Sequence[Arrival], known: Collection[int]) -> None:
    ids = [arrival.line_id for arrival in arrivals]
    if set(ids).difference(known) or len(set(ids)) < len(ids):
        raise ForeignLineError(order.number)
    for arrival in arrivals:
        for units in (arrival.accepted, arrival.damaged):
            if units < 0:
                raise NotAWholeNumberError(str(units))
    if not any(arrival.delivered for arrival in arrivals):
        raise NothingArrivedError(order.number)


def _book(
    receipt: GoodsReceipt,
    line: PurchaseOrderLine,
    arrival: Arrival,
    takes_surplus: bool,
    *,
    user: AbstractBaseUser | None,
) -> None:
    most = line.quantity + (_largest_surplus(line) if takes_surplus else 0)
    booked = PurchaseOrderLine.objects.filter(
        pk=line.pk, quantity_received__lte=most - arrival.delivered
    ).update(quantity_received=F("quantity_received") + arrival.delivered)
    if not booked or line.status == Proposal.ReviewStatus.REJECTED:
        raise OverReceiptError(
            line.sku.code,
            open_units=max(0, most - line.quantity_received),
            arrived=arrival.delivered,
        )
    cost = line.unit_cost_minor if arrival.unit_cost_minor is None else arrival.unit_cost_minor
    batch = None
    if arrival.accepted:
        batch = receive_stock(
            sku_id=line.sku_id,
            quantity=arrival.accepted,
            key=f"receipt:{receipt.pk}:{line.pk}",
            reference=receipt.order.number,
            unit_cost_minor=cost,
            kind=StockMovement.Kind.RECEIPT,
            occurred_at=receipt.received_at,
            warehouse=receipt.order.warehouse,
            user=user,
            batch=arrival.label,
        ).batch
    GoodsReceiptLine.objects.create(
        receipt=receipt,
        line=line,
        quantity_accepted=arrival.accepted,
        quantity_damaged=arrival.damaged,
        unit_cost_minor=cost,
        batch=batch,
    )


def _largest_surplus(line: PurchaseOrderLine) -> int:
    pack = 1 if line.offer is None else line.offer.pack_size
    return max(pack, int(line.quantity * LARGEST_SURPLUS_SHARE))
