"""What a buyer decides on a line of a draft."""

from typing import Any

import numpy as np
from django.contrib.auth.base_user import AbstractBaseUser

from inventory.algorithms.replenishment import round_to_packs
from inventory.errors import WrongQuantityError
from inventory.models import PurchaseOrder, PurchaseOrderLine
from inventory.services.purchasing.steps import Status, not_allowed
from learning import review


def accept_line(
    line: PurchaseOrderLine, *, user: AbstractBaseUser, reason: str = ""
) -> PurchaseOrderLine:
    """Raises AlreadyReviewedError, or NotAllowedNowError once the order left the draft."""
    _require_draft(line.order)
    return review.accept(line, user=user, proposed=as_proposed(line), reason=reason)


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
        proposed=as_proposed(line),
        changes={"quantity": quantity},
        reason=reason,
    )


def reject_line(
    line: PurchaseOrderLine, *, user: AbstractBaseUser, reason: str = ""
) -> PurchaseOrderLine:
    """Do not order this SKU with this order. Raises as `accept_line` does."""
    _require_draft(line.order)
    return review.reject(line, user=user, proposed=as_proposed(line), reason=reason)


def as_proposed(line: PurchaseOrderLine) -> dict[str, Any]:
    return {"quantity": line.quantity_proposed, "unit_cost_minor": line.unit_cost_minor}


def _require_draft(order: PurchaseOrder) -> None:
    if order.status != Status.DRAFT:
        raise not_allowed(order, Status.DRAFT)
