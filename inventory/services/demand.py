"""What customers asked for: records as they happen, one row per SKU and day for learning."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from numpy.typing import NDArray

from inventory.models import DemandDay, DemandRecord, StockMovement, Warehouse
from inventory.services.demand_columns import EPOCH, read_columns
from inventory.services.stock import default_warehouse

BATCH: Final = 500
LONGEST_HISTORY_DAYS: Final = 730
LEARNED_FROM: Final = (
    "sku_id",
    "day",
    "units",
    "bulk_units",
    "price",
    "was_out_of_stock",
    "is_promoted",
)


@dataclass(frozen=True, slots=True)
class Demand:
    """One request for a SKU.

    day: on the shop's own calendar. units_filled: the part that could be sold.
    key: names the request ("order-line:812"); the same key twice is the same request.
    """

    sku_id: int
    day: date
    units_requested: int
    units_filled: int
    unit_price_minor: int
    key: str
    units_returned: int = 0
    is_promoted: bool = False
    is_bulk: bool = False


@dataclass(frozen=True, slots=True)
class DemandColumns:
    """Demand days as columns of shape (n_rows,), SKUs and days in ascending order.

    day: days since `first_day`. unit_price_minor: NaN where nothing was sold.
    """

    first_day: date
    last_day: date
    sku_id: NDArray[np.int64]
    day: NDArray[np.int32]
    units: NDArray[np.int32]
    bulk_units: NDArray[np.int32]
    unit_price_minor: NDArray[np.float64]
    was_out_of_stock: NDArray[np.bool_]
    is_promoted: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.sku_id)


def record_demand(requests: Iterable[Demand], *, warehouse: Warehouse | None = None) -> int:
    """Write requests down; returns how many were new. The nightly roll-up counts them."""
    warehouse = warehouse or default_warehouse()
    by_key = {request.key: request for request in requests}
    keys = list(by_key)
    known: set[str] = set()
    for start in range(0, len(keys), BATCH):
        rows = DemandRecord.objects.filter(key__in=keys[start : start + BATCH])
        known.update(rows.values_list("key", flat=True))
    fresh = [request for key, request in by_key.items() if key not in known]
    DemandRecord.objects.bulk_create(
        (
            DemandRecord(
                sku_id=request.sku_id,
                warehouse=warehouse,
                occurred_on=request.day,
                units_requested=request.units_requested,
                units_filled=request.units_filled,
                units_returned=request.units_returned,
                unit_price_minor=request.unit_price_minor,
                is_promoted=request.is_promoted,
                is_bulk=request.is_bulk,
                key=request.key,
            )
            for request in fresh
        ),
        batch_size=BATCH,
        # Of two processes that record one request, the second one finds it there.
        ignore_conflicts=True,
    )
    return len(fresh)


@transaction.atomic
def roll_up_demand() -> int:
    """Add every record that is not counted yet to its demand day; returns how many records.

    Records are claimed by a time stamp in the same transaction that adds them, so a record is
    counted once however often, late or concurrently this runs. Days that a history was imported
    into keep what they had.
    """
    stamp = timezone.now()
    claimed = DemandRecord.objects.filter(rolled_up_at=None).update(rolled_up_at=stamp)
    if not claimed:
        return 0
    cells = list(
        DemandRecord.objects.filter(rolled_up_at=stamp)
        .values("sku_id", "warehouse_id", "occurred_on")
        .annotate(
            requested=Sum("units_requested"),
            filled=Sum("units_filled"),
            returned=Sum("units_returned"),
            bulk=Sum("units_requested", filter=Q(is_bulk=True), default=0),
            money=Sum(F("units_requested") * F("unit_price_minor")),
            promoted=Count("pk", filter=Q(is_promoted=True)),
        )
        .order_by("occurred_on", "sku_id", "warehouse_id")
    )
    for start in range(0, len(cells), BATCH):
        _add_to_days([dict(cell) for cell in cells[start : start + BATCH]])
    return claimed


def _add_to_days(cells: list[dict[str, Any]]) -> None:
    here = {
        (row.sku_id, row.warehouse_id, row.day): row
        for row in DemandDay.objects.filter(
            day__range=(cells[0]["occurred_on"], cells[-1]["occurred_on"]),
            sku_id__in={cell["sku_id"] for cell in cells},
        )
    }
    new, changed = [], []
    for cell in cells:
        place = (cell["sku_id"], cell["warehouse_id"], cell["occurred_on"])
        row = here.get(place)
        if row is None:
            row = DemandDay(sku_id=place[0], warehouse_id=place[1], day=place[2])
            new.append(row)
        else:
            changed.append(row)
        units = row.units_requested + cell["requested"]
        money = row.units_requested * (row.unit_price_minor or 0) + cell["money"]
        row.units_requested = max(0, units)
        row.units_filled = min(row.units_requested, max(0, row.units_filled + cell["filled"]))
        row.units_bulk = max(0, row.units_bulk + cell["bulk"])
        row.units_returned += cell["returned"]
        if units > 0:
            row.unit_price_minor = max(0, round(money / units))
        row.is_promoted = row.is_promoted or cell["promoted"] > 0
    DemandDay.objects.bulk_create(new, batch_size=BATCH)
    DemandDay.objects.bulk_update(
        changed,
        [
            "units_requested",
            "units_filled",
            "units_bulk",
            "units_returned",
            "unit_price_minor",
            "is_promoted",
        ],
        batch_size=100,
    )


@transaction.atomic
def mark_sold_out(*, day: date) -> int:
    """Mark SKUs that lay empty the whole day, so that nobody reads it as "no demand".

    Only SKUs whose receipts are recorded: of the others nobody knows what really lay there.
    Returns how many SKUs were marked; a second call marks nothing more.
    """
    zone = timezone.get_default_timezone()
    morning = datetime.combine(day, time.min, tzinfo=zone)
    evening = morning + timedelta(days=1)
    empty = list(
        StockMovement.objects.filter(occurred_at__lt=evening, sku__is_active=True)
        .values("sku_id", "warehouse_id")
        .annotate(
            at_evening=Sum("quantity"),
            at_morning=Sum("quantity", filter=Q(occurred_at__lt=morning), default=0),
            receipts=Count("pk", filter=Q(kind=StockMovement.Kind.RECEIPT)),
        )
        .filter(at_evening__lte=0, at_morning__lte=0, receipts__gt=0)
        .order_by("sku_id", "warehouse_id")
        .values_list("sku_id", "warehouse_id")
    )
    marked = DemandDay.objects.filter(day=day, was_out_of_stock=True)
    already = set(marked.values_list("sku_id", "warehouse_id"))
    fresh = [place for place in empty if place not in already]
    DemandDay.objects.bulk_create(
        (
            DemandDay(sku_id=sku_id, warehouse_id=warehouse_id, day=day, was_out_of_stock=True)
            for sku_id, warehouse_id in fresh
        ),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["sku", "warehouse", "day"],
        update_fields=["was_out_of_stock"],
    )
    return len(fresh)


def read_demand(*, as_of: date) -> DemandColumns:
    """What is known of demand at the end of `as_of`, two years back at most."""
    start = as_of - timedelta(days=LONGEST_HISTORY_DAYS - 1)
    columns = read_columns(names=LEARNED_FROM, start=start, as_of=as_of)
    first = last = as_of
    if len(columns["day"]):
        first = EPOCH + timedelta(days=int(columns["day"].min()))
        last = EPOCH + timedelta(days=int(columns["day"].max()))
    return DemandColumns(
        first_day=first,
        last_day=last,
        sku_id=columns["sku_id"],
        day=columns["day"] - (first - EPOCH).days,
        units=columns["units"],
        bulk_units=columns["bulk_units"],
        unit_price_minor=np.where(columns["price"] < 0, np.nan, columns["price"]),
        was_out_of_stock=columns["was_out_of_stock"] > 0,
        is_promoted=columns["is_promoted"] > 0,
    )
