"""Telling programs elsewhere that a SKU ran low or out: once each time it does.

What was last told stands in the level's row, so that a sweep finds what changed since, however it
changed and whatever died meanwhile. Nothing is written at the checkout for it.
"""

from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.db.models import (
    Case,
    CharField,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from inventory.models import PurchaseOrderLine, ReorderPolicy, StockLevel
from outbox.models import WebhookEvent
from outbox.services import webhooks

SWEPT_AT_ONCE: Final = 500
_TOLD = StockLevel.Told
_EVENTS: Final = {_TOLD.LOW: WebhookEvent.STOCK_LOW, _TOLD.OUT: WebhookEvent.STOCK_OUT}
# A little of what was out is back: that is no running low.
_WORSE: Final = {_TOLD.ENOUGH: 0, _TOLD.LOW: 1, _TOLD.OUT: 2}


def tell_crossings(*, limit: int = SWEPT_AT_ONCE) -> int:
    """Tell of every SKU that fell to its limit or to nothing since it was last looked at.

    limit: most levels of one call. Returns how many events happened. A level that was never looked
    at is only taken down: a shop that begins to listen is not flooded.
    """
    if not webhooks.is_heard(*_EVENTS.values()):
        return 0
    return sum(_tell(level) for level in _changed()[:limit])


def _changed() -> QuerySet[Any]:
    """Levels that stand otherwise than was told, with `free`, `limit` and how they stand."""
    typed = ReorderPolicy.objects.filter(sku=OuterRef("sku"), minimum_stock__gt=0)
    point = (
        PurchaseOrderLine.objects.filter(
            sku=OuterRef("sku"), explanation__facts__has_key="reorder_point"
        )
        .order_by("-pk")
        .annotate(point=Cast(KT("explanation__facts__reorder_point"), IntegerField()))
    )
    return (
        StockLevel.objects.filter(warehouse__is_default=True, sku__is_active=True)
        .annotate(
            free=F("on_hand") - F("reserved"),
            limit=Coalesce(
                Subquery(typed.values("minimum_stock")[:1]),
                Subquery(point.values("point")[:1]),
                Value(0),
                output_field=IntegerField(),
            ),
        )
        .annotate(
            stands=Case(
                When(free__lte=0, then=Value(_TOLD.OUT.value)),
                When(free__lte=F("limit"), then=Value(_TOLD.LOW.value)),
                default=Value(_TOLD.ENOUGH.value),
                output_field=CharField(),
            )
        )
        .exclude(told=F("stands"))
        .select_related("sku__product", "warehouse")
        .order_by("pk")
    )


@transaction.atomic
def _tell(level: Any) -> bool:
    # Of two sweeps one takes it.
    taken = StockLevel.objects.filter(pk=level.pk, told=level.told).update(told=level.stands)
    if not taken or not level.told or _WORSE[level.stands] <= _WORSE[level.told]:
        return False
    webhooks.emit(
        event=_EVENTS[level.stands],
        payload={
            "sku": level.sku.code,
            "product": level.sku.product.code,
            "warehouse": level.warehouse.code,
            "free": level.free,
            "limit": level.limit,
        },
        key=f"{level.sku.code}:{uuid4().hex}",
    )
    return True
