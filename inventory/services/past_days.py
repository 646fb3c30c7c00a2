"""Days of demand as arrays, for rules of re-ordering to be tried on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from inventory.algorithms.arrays import BoolArray, IntArray
from inventory.models import DemandDay

MOST_SKUS: Final = 3_000
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class PastDays:
    """Units and sold-out days, all warehouses together, shape (n_skus, n_days) each."""

    first_day: date
    units: IntArray
    filled: IntArray
    was_out: BoolArray


def read_past_days(sku_ids: Sequence[int], *, as_of: date, n_days: int) -> PastDays:
    """sku_ids: ascending, at most `MOST_SKUS`. Days before the shop's first one are left away.

    The last answer is kept: who tries one rule after the other waits for the database once.
    """
    fingerprint = _days(as_of, n_days).aggregate(
        last=Max("pk"),
        rows=Count("pk"),
        asked=Sum(F("units_requested") * F("sku_id")),
        filled=Sum(F("units_filled") * F("sku_id")),
        out=Count("pk", filter=Q(was_out_of_stock=True)),
    )
    return _read(tuple(sku_ids), as_of, n_days, tuple(fingerprint.values()))


def _days(as_of: date, n_days: int) -> QuerySet[DemandDay]:
    return DemandDay.objects.filter(day__range=(as_of - timedelta(days=n_days - 1), as_of))


@lru_cache(maxsize=2)
def _read(
    sku_ids: tuple[int, ...], as_of: date, n_days: int, fingerprint: tuple[int | None, ...]
) -> PastDays:
    """fingerprint: sums over the span; others mean that its days were changed."""
    start = as_of - timedelta(days=n_days - 1)
    rows = _days(as_of, n_days)
    earliest = rows.aggregate(day=Min("day"))["day"]
    first = max(start, earliest) if earliest is not None else as_of
    shape = (len(sku_ids), (as_of - first).days + 1)
    found = PastDays(
        first_day=first,
        units=np.zeros(shape, dtype=np.int64),
        filled=np.zeros(shape, dtype=np.int64),
        was_out=np.zeros(shape, dtype=np.bool_),
    )
    origin = np.datetime64(first, "D").astype(np.int64)
    wanted = np.array(sku_ids, dtype=np.int64)
    for read in _reads(rows, sku_ids):
        columns = list(zip(*read.iterator(chunk_size=20_000), strict=True))
        if not columns:
            continue
        sku = np.array(columns[0], dtype=np.int64)
        place = np.minimum(np.searchsorted(wanted, sku), len(wanted) - 1)
        ours = wanted[place] == sku
        day = np.array(columns[1], dtype="datetime64[D]").astype(np.int64) - origin
        at = (place[ours], day[ours])
        np.add.at(found.units, at, np.array(columns[2], dtype=np.int64)[ours])
        np.add.at(found.filled, at, np.array(columns[3], dtype=np.int64)[ours])
        np.logical_or.at(found.was_out, at, np.array(columns[4], dtype=np.bool_)[ours])
    for array in (found.units, found.filled, found.was_out):
        array.flags.writeable = False
    return found


def _reads(rows: QuerySet[DemandDay], sku_ids: Sequence[int]) -> Iterator[Any]:
    """All days in one go; of a large shop only those of the SKUs picked, found by their index."""
    columns = ("sku_id", "day", "units_requested", "units_filled", "was_out_of_stock")
    # Without an order the database hands rows over as they lie, in half the time.
    read = rows.order_by().values_list(*columns)
    if len(sku_ids) < MOST_SKUS:
        yield read
        return
    for start in range(0, len(sku_ids), BATCH):
        yield read.filter(sku_id__in=sku_ids[start : start + BATCH])
