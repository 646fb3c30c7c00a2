"""What each warehouse is asked for: its share of a SKU's demand, and how its own days vary."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet, Sum

from catalog.models import Sku
from inventory.algorithms.demand_bounds import OWN_DAYS
from inventory.algorithms.own_demand import moments_of_sums
from inventory.models import DemandDay, Warehouse
from inventory.services.demand_columns import EPOCH, read_columns

SHARE_DAYS: Final = 91

# A SKU in a warehouse.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OwnDemand:
    """Units a day of a SKU in a warehouse over the last half year, sold-out days left out."""

    mean: float
    sd: float


def demand_shares(*, as_of: date) -> dict[Place, float]:
    """Share of each warehouse in a SKU's demand of the last 91 days.

    A SKU that nobody asked for has no entries: nobody knows where it would be asked for.
    """
    sums = dict[Place, int]()
    totals: dict[int, int] = defaultdict(int)
    rows = (
        DemandDay.objects.filter(
            day__gt=as_of - timedelta(days=SHARE_DAYS), day__lte=as_of, units_requested__gt=0
        )
        .order_by()
        .values("sku_id", "warehouse_id")
        .annotate(units=Sum("units_requested"))
        .values_list("sku_id", "warehouse_id", "units")
    )
    for sku_id, warehouse_id, units in rows:
        sums[sku_id, warehouse_id] = units
        totals[sku_id] += units
    return {place: units / totals[place[0]] for place, units in sums.items()}


def own_demand(*, as_of: date) -> dict[Place, OwnDemand]:
    """Of SKUs with at least eight weeks of days on the shelf since their first sale there."""
    start = as_of - timedelta(days=OWN_DAYS - 1)
    days = read_columns(
        names=("sku_id", "warehouse_id", "day", "units", "was_out_of_stock"),
        start=start,
        as_of=as_of,
    )
    if not len(days["day"]):
        return {}
    # Days lie in the order of SKUs: within a warehouse each SKU's are together.
    by_place = np.argsort(days["warehouse_id"], kind="stable")
    sku_id, warehouse_id = days["sku_id"][by_place], days["warehouse_id"][by_place]
    is_next = (np.diff(sku_id) != 0) | (np.diff(warehouse_id) != 0)
    starts = np.concatenate([[0], np.flatnonzero(is_next) + 1])
    out = days["was_out_of_stock"][by_place]
    asked = days["units"][by_place]
    units = np.where(out > 0, 0, asked).astype(np.float64)
    last_day = (as_of - EPOCH).days
    first_day = (start - EPOCH).days
    sold_on = np.where(asked > 0, days["day"][by_place], last_day)
    first = np.minimum.reduceat(sold_on, starts)
    places = list(zip(sku_id[starts].tolist(), warehouse_id[starts].tolist(), strict=True))
    earlier = _asked_for_before(start)
    is_older = np.array([place in earlier for place in places], dtype=np.bool_)
    lived = last_day + 1 - np.where(is_older, first_day, first) - np.add.reduceat(out, starts)
    mean, spread = moments_of_sums(
        np.add.reduceat(units, starts),
        np.add.reduceat(units**2, starts),
        lived.astype(np.float64),
    )
    return {
        place: OwnDemand(own_mean, own_sd)
        for place, own_mean, own_sd in zip(places, mean.tolist(), spread.tolist(), strict=True)
        if np.isfinite(own_mean)
    }


def _asked_for_before(day: date) -> set[Place]:
    before = DemandDay.objects.filter(day__lt=day, units_requested__gt=0)
    found: set[Place] = set()
    for warehouse_id in Warehouse.objects.order_by("pk").values_list("pk", flat=True):
        # The first such day of a SKU is enough: all of them are most of the table.
        asked = before.filter(sku_id=OuterRef("pk"), warehouse_id=warehouse_id)
        sku_ids = QuerySet[Sku](Sku).filter(Exists(asked)).values_list("pk", flat=True)
        found.update((sku_id, warehouse_id) for sku_id in sku_ids)
    return found
