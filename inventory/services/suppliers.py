"""Who delivers a SKU, at what cost on the shelf, and how long it takes."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final, NamedTuple

from inventory.algorithms.lead_times import (
    PRIOR_MEAN_DAYS,
    PRIOR_SD_DAYS,
    estimate_lead_time,
)
from inventory.algorithms.order_costs import landed_cost
from inventory.models import GoodsReceipt, Supplier, SupplierOffer
from inventory.services.replenishment_settings import read_settings

SECONDS_A_DAY: Final = 86_400
LATEST_RECEIPTS: Final = 200


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from sending an order to receiving it."""

    mean_days: float
    sd_days: float
    receipts: int
    """Deliveries it was learned from; 0 where it is what somebody typed."""


class OfferTerms(NamedTuple):
    """What an offer says, with what else counts of its SKU and supplier: a row, not an object.

    Objects of three tables for each of a hundred thousand offers take ten times as long to read.
    """

    id: int
    supplier_id: int
    sku_id: int
    unit_cost_minor: int
    freight_minor: int
    pack_size: int
    minimum_order_quantity: int
    shelf_life_days: int | None
    lead_time_days: float | None
    is_preferred: bool
    supplier_currency: str
    supplier_is_assumed: bool
    sku_code: str
    sku_currency: str
    sku_price_minor: int
    sku_is_active: bool


_COLUMNS: Final = (
    *OfferTerms._fields[:10],
    "supplier__currency",
    "supplier__is_assumed",
    "sku__code",
    "sku__currency",
    "sku__price_minor",
    "sku__is_active",
)


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
        typed = _as_typed(supplier)
        mean, spread = estimate_lead_time(
            waits[supplier.pk], prior_mean=typed[0], prior_sd=typed[1]
        )
        is_typed = (mean, spread) == typed
        found[supplier.pk] = LeadTime(mean, spread, 0 if is_typed else len(waits[supplier.pk]))
    return found


def _as_typed(supplier: Supplier) -> tuple[float, float]:
    """Mean and spread; what cannot be a lead time is read as nothing typed."""
    mean, spread = supplier.lead_time_days, supplier.lead_time_sd_days
    return (
        mean if isfinite(mean) and mean >= 0 else PRIOR_MEAN_DAYS,
        spread if isfinite(spread) and spread >= 0 else PRIOR_SD_DAYS,
    )


def lead_time_of(offer: OfferTerms | None, known: Mapping[int, LeadTime]) -> LeadTime:
    """What counts for an offer: its own typed days before its supplier's, with his spread."""
    if offer is None:
        return LeadTime(PRIOR_MEAN_DAYS, PRIOR_SD_DAYS, 0)
    supplier = known[offer.supplier_id]
    days = offer.lead_time_days
    if days is None or not isfinite(days) or days < 0 or supplier.receipts:
        return supplier
    return LeadTime(days, supplier.sd_days, 0)


def preferred_offers() -> dict[int, OfferTerms]:
    """By SKU, of active suppliers: the preferred one, else the cheapest on the shelf.

    On the shelf means with freight and with holding the stock that bridges late deliveries, as
    measured from each supplier's receipts. Costs of two currencies cannot be compared: those in
    the SKU's own come first.
    """
    offers = SupplierOffer.objects.filter(supplier__is_active=True).order_by()
    known, share = lead_times(), read_settings().yearly_holding_share

    def rank(offer: OfferTerms) -> tuple[bool, bool, float, int]:
        lead = lead_time_of(offer, known)
        on_shelf = landed_cost(
            offer.unit_cost_minor,
            offer.freight_minor,
            lead_mean_days=lead.mean_days,
            lead_sd_days=lead.sd_days,
            yearly_holding_share=share,
        )
        is_foreign = offer.supplier_currency != offer.sku_currency
        return not offer.is_preferred, is_foreign, on_shelf, offer.id

    by_sku: dict[int, list[OfferTerms]] = defaultdict(list)
    for offer in map(OfferTerms._make, offers.values_list(*_COLUMNS)):
        by_sku[offer.sku_id].append(offer)
    return {
        sku_id: choices[0] if len(choices) == 1 else min(choices, key=rank)
        for sku_id, choices in sorted(by_sku.items())
    }
