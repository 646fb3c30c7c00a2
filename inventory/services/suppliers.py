"""Who delivers a SKU, and how long it takes."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from inventory.algorithms.lead_times import (
    PRIOR_MEAN_DAYS,
    PRIOR_SD_DAYS,
    estimate_lead_time,
)
from inventory.models import GoodsReceipt, Supplier, SupplierOffer

SECONDS_A_DAY: Final = 86_400
LATEST_RECEIPTS: Final = 200


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from sending an order to receiving it."""

    mean_days: float
    sd_days: float
    receipts: int
    """Deliveries it was learned from; 0 where it is what somebody typed."""


def lead_times() -> dict[int, LeadTime]:
    """By supplier, from each one's own deliveries once there are five."""
    waits: dict[int, list[float]] = defaultdict(list)
    receipts = (
        GoodsReceipt.objects.filter(order__sent_at__isnull=False)
        .order_by("-received_at", "-pk")
        .values_list("order__supplier_id", "order__sent_at", "received_at")
    )
    for supplier_id, sent_at, received_at in receipts[: 100 * LATEST_RECEIPTS]:
        if sent_at is not None and len(waits[supplier_id]) < LATEST_RECEIPTS:
            days = (received_at - sent_at).total_seconds() / SECONDS_A_DAY
            waits[supplier_id].append(max(0.0, days))
    found = {}
    for supplier in Supplier.objects.order_by("pk"):
        mean, spread = estimate_lead_time(
            waits[supplier.pk],
            prior_mean=supplier.lead_time_days,
            prior_sd=supplier.lead_time_sd_days,
        )
        typed = (mean, spread) == (supplier.lead_time_days, supplier.lead_time_sd_days)
        found[supplier.pk] = LeadTime(mean, spread, 0 if typed else len(waits[supplier.pk]))
    return found


def lead_time_of(offer: SupplierOffer | None, known: dict[int, LeadTime]) -> LeadTime:
    """What counts for an offer: its own typed days before its supplier's, with his spread."""
    if offer is None:
        return LeadTime(PRIOR_MEAN_DAYS, PRIOR_SD_DAYS, 0)
    supplier = known[offer.supplier_id]
    if offer.lead_time_days is None or supplier.receipts:
        return supplier
    return LeadTime(offer.lead_time_days, supplier.sd_days, 0)


def preferred_offers() -> dict[int, SupplierOffer]:
    """By SKU, of active suppliers; the preferred one, else the cheapest."""
    offers = SupplierOffer.objects.filter(supplier__is_active=True).select_related(
        "supplier", "sku"
    )
    chosen: dict[int, SupplierOffer] = {}
    for offer in offers.order_by("sku_id", "-is_preferred", "unit_cost_minor", "pk"):
        chosen.setdefault(offer.sku_id, offer)
    return chosen
