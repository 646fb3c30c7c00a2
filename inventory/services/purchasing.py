"""What people do with purchase orders: decide on lines, approve, send, receive, cancel.

    draft -> approved -> sent -> part received -> received
    draft, approved, sent -> cancelled

Every step carries the state it needs in its UPDATE, so a second click or a second person is told
instead of doing it twice, and leaves a `Decision`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inventory.algorithms.replenishment import round_to_packs
from inventory.errors import (
    EmptyOrderError,
    NotAllowedNowError,
    NothingArrivedError,
    OverReceiptError,
    WrongQuantityError,
)
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderLine,
    StockMovement,
)
from inventory.services.stock import receive_stock
from inventory.services.suppliers import lead_times
from learning import review
from learning.decisions import build_decision, record_decision
from learning.models import Decision, Proposal

Status = PurchaseOrder.Status

ALLOWED: Final[Mapping[PurchaseOrder.Status, frozenset[PurchaseOrder.Status]]] = {
    Status.DRAFT: frozenset({Status.APPROVED, Status.CANCELLED}),
    Status.APPROVED: frozenset({Status.SENT, Status.CANCELLED}),
    Status.SENT: frozenset({Status.PART_RECEIVED, Status.RECEIVED, Status.CANCELLED}),
    Status.PART_RECEIVED: frozenset({Status.PART_RECEIVED, Status.RECEIVED}),
    Status.RECEIVED: frozenset(),
    Status.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of one line."""

    line_id: int
    accepted: int
    damaged: int = 0
    unit_cost_minor: int | None = None


def accept_line(
    line: PurchaseOrderLine, *, user: AbstractBaseUser, reason: str = ""
) -> PurchaseOrderLine:
    """Raises AlreadyReviewedError, or NotAllowedNowError once the order left the draft."""
    _require_draft(line.order)
    return review.accept(line, user=user, proposed=_as_proposed(line), reason=reason)


def correct_line(
    line: PurchaseOrderLine, *, quantity: int, user: AbstractBaseUser, reason: str = ""
) -> PurchaseOrderLine:
    """Order another quantity than proposed.

    Raises WrongQuantityError when it is none or breaks the pack or the minimum order,
    AlreadyReviewedError, or NotAllowedNowError once the order left the draft.
    """
    _require_draft(line.order)
    offer = line.offer
    pack, minimum = (1, 1) if offer is None else (offer.pack_size, offer.minimum_order_quantity)
    fitting = round_to_packs(
        np.array([quantity]), pack=np.array([pack]), minimum=np.array([minimum])
    )
    if quantity <= 0 or int(fitting[0]) != quantity:
        raise WrongQuantityError(line.sku.code, quantity=quantity, pack=pack, minimum=minimum)
    return review.correct(
        line,
        user=user,
        proposed=_as_proposed(line),
        changes={"quantity": quantity},
        reason=reason,
    )


def reject_line(
    line: PurchaseOrderLine, *, user: AbstractBaseUser, reason: str = ""
) -> PurchaseOrderLine:
    """Do not order this SKU with this order. Raises as `accept_line` does."""
    _require_draft(line.order)
    return review.reject(line, user=user, proposed=_as_proposed(line), reason=reason)


def _as_proposed(line: PurchaseOrderLine) -> dict[str, Any]:
    return {"quantity": line.quantity_proposed, "unit_cost_minor": line.unit_cost_minor}


def _require_draft(order: PurchaseOrder) -> None:
    if order.status != Status.DRAFT:
        raise NotAllowedNowError(
            order.number, status=order.get_status_display(), step=str(Status.DRAFT.label)
        )


@transaction.atomic
def approve_purchase_order(
    order: PurchaseOrder, *, user: AbstractBaseUser, reason: str = ""
) -> PurchaseOrder:
    """Agree to order every line that nobody rejected.

    Raises NotAllowedNowError, or EmptyOrderError when nothing would be ordered.
    """
    now = timezone.now()
    _step(order, Status.APPROVED, approved_by_id=user.pk, approved_at=now)
    # Locked, so that a line which somebody rejects meanwhile is not accepted over their head.
    undecided = list(
        order.lines.filter(status=Proposal.ReviewStatus.PROPOSED)
        .select_for_update(of=("self",))
        .select_related("sku", "order", "model_version")
        .order_by("pk")
    )
    order.lines.filter(
        pk__in=[line.pk for line in undecided], status=Proposal.ReviewStatus.PROPOSED
    ).update(status=Proposal.ReviewStatus.ACCEPTED, reviewed_by=user, reviewed_at=now)
    if not order.lines.wanted().filter(quantity__gt=0).exists():
        raise EmptyOrderError(order.number)
    Decision.objects.bulk_create(
        (
            build_decision(
                action=Decision.Action.ACCEPT,
                subject=line,
                user=user,
                version=line.model_version,
                proposed=_as_proposed(line),
                done={"quantity": line.quantity},
                reason="approved with its order",
            )
            for line in undecided
        ),
        batch_size=500,
    )
    return _note(order, Decision.Action.APPROVE, user, reason)


@transaction.atomic
def send_purchase_order(
    order: PurchaseOrder, *, user: AbstractBaseUser | None = None, sent_at: datetime | None = None
) -> PurchaseOrder:
    """The supplier has it: from now on its lead time runs. Raises NotAllowedNowError."""
    moment = sent_at or timezone.now()
    days = lead_times()[order.supplier_id].mean_days
    expected_on = timezone.localdate(moment) + timedelta(days=round(days))
    _step(order, Status.SENT, sent_at=moment, expected_on=expected_on)
    return _note(order, Decision.Action.SEND, user, "")


@transaction.atomic
def cancel_purchase_order(
    order: PurchaseOrder, *, user: AbstractBaseUser, reason: str = ""
) -> PurchaseOrder:
    """Raises NotAllowedNowError once goods have arrived."""
    _step(order, Status.CANCELLED)
    return _note(order, Decision.Action.CANCEL, user, reason)


def _step(order: PurchaseOrder, to: PurchaseOrder.Status, **fields: Any) -> None:
    allowed = [state for state, steps in ALLOWED.items() if to in steps]
    changed = PurchaseOrder.objects.filter(pk=order.pk, status__in=allowed).update(
        status=to, updated_at=timezone.now(), **fields
    )
    order.refresh_from_db()
    if not changed:
        raise NotAllowedNowError(
            order.number, status=order.get_status_display(), step=str(to.label)
        )


def _note(
    order: PurchaseOrder, action: Decision.Action, user: AbstractBaseUser | None, reason: str
) -> PurchaseOrder:
    record_decision(
        action=action, subject=order, user=user, done={"status": order.status}, reason=reason
    )
    return order


@transaction.atomic
def receive_goods(
    order: PurchaseOrder,
    *,
    arrivals: Sequence[Arrival],
    key: str,
    reference: str = "",
    received_at: datetime | None = None,
    user: AbstractBaseUser | None = None,
) -> GoodsReceipt:
    """Book a delivery into stock.

    key: names the delivery; booking it twice moves nothing. Damaged units count as delivered and
    do not enter the stock.
    Raises NotAllowedNowError unless the order is sent, NothingArrivedError when no unit came,
    OverReceiptError when more arrives than is still to come.
    """
    # The claim on the order comes first: two people at the gate book one after the other, and the
    # second one finds what the first one booked.
    order.refresh_from_db(from_queryset=PurchaseOrder.objects.select_for_update())
    known = GoodsReceipt.objects.filter(key=key).first()
    if known is not None:
        return known
    moment = received_at or timezone.now()
    _step(order, Status.PART_RECEIVED)
    if not any(arrival.accepted + arrival.damaged > 0 for arrival in arrivals):
        raise NothingArrivedError(order.number)
    receipt = GoodsReceipt.objects.create(
        order=order,
        reference=reference,
        key=key,
        received_at=moment,
        received_by_id=None if user is None else user.pk,
    )
    lines = {line.pk: line for line in order.lines.select_related("sku")}
    for arrival in sorted(arrivals, key=lambda one: one.line_id):
        _book(receipt, lines[arrival.line_id], arrival, user=user)
    if not order.lines.wanted().filter(quantity_received__lt=F("quantity")).exists():
        _step(order, Status.RECEIVED)
    _note(order, Decision.Action.RECEIVE, user, reference)
    return receipt


def _book(
    receipt: GoodsReceipt,
    line: PurchaseOrderLine,
    arrival: Arrival,
    *,
    user: AbstractBaseUser | None,
) -> None:
    delivered = arrival.accepted + arrival.damaged
    if delivered <= 0:
        return
    booked = PurchaseOrderLine.objects.filter(
        pk=line.pk, quantity__gte=F("quantity_received") + delivered
    ).update(quantity_received=F("quantity_received") + delivered)
    if not booked or line.status == Proposal.ReviewStatus.REJECTED:
        raise OverReceiptError(
            line.sku.code,
            open_units=line.quantity - line.quantity_received,
            arrived=delivered,
        )
    cost = line.unit_cost_minor if arrival.unit_cost_minor is None else arrival.unit_cost_minor
    GoodsReceiptLine.objects.create(
        receipt=receipt,
        line=line,
        quantity_accepted=arrival.accepted,
        quantity_damaged=arrival.damaged,
        unit_cost_minor=cost,
    )
    if arrival.accepted:
        receive_stock(
            sku_id=line.sku_id,
            quantity=arrival.accepted,
            key=f"receipt:{receipt.pk}:{line.pk}",
            reference=receipt.order.number,
            unit_cost_minor=cost,
            kind=StockMovement.Kind.RECEIPT,
            occurred_at=receipt.received_at,
            warehouse=receipt.order.warehouse,
            user=user,
        )
