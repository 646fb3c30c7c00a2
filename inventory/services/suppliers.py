"""Who delivers a SKU, how long it takes, and what is assumed where a history names nobody."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Sku
from inventory.algorithms.lead_times import (
    PRIOR_MEAN_DAYS,
    PRIOR_SD_DAYS,
    estimate_lead_time,
)
from inventory.models import GoodsReceipt, Supplier, SupplierOffer

SECONDS_A_DAY: Final = 86_400
LATEST_RECEIPTS: Final = 200
BATCH: Final = 500

# Stand-ins for what an imported history does not say. Lead times differ so that a buyer sees
# what they do; the cost is half the price.
ASSUMED_SUPPLIERS: Final = (
    ("assumed-1", 4.0, 1.7, 1, 1),
    ("assumed-2", 7.0, 3.0, 1, 6),
    ("assumed-3", 7.0, 3.0, 6, 12),
    ("assumed-4", 14.0, 6.0, 12, 24),
)
ASSUMED_COST_PERCENT: Final = 50


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


def preferred_offers(sku_ids: Sequence[int] | None = None) -> dict[int, SupplierOffer]:
    """By SKU, of active suppliers; the preferred one, else the cheapest."""
    offers = SupplierOffer.objects.filter(supplier__is_active=True).select_related(
        "supplier", "sku"
    )
    if sku_ids is not None and len(sku_ids) <= BATCH:
        offers = offers.filter(sku_id__in=sku_ids)
    chosen: dict[int, SupplierOffer] = {}
    for offer in offers.order_by("sku_id", "-is_preferred", "unit_cost_minor", "pk"):
        chosen.setdefault(offer.sku_id, offer)
    return chosen


@transaction.atomic
def assume_suppliers(*, sku_ids: Sequence[int]) -> int:
    """Give SKUs without an offer a supplier that is marked as assumed; returns how many.

    Only in a shop where nobody has entered a supplier: an imported order history names none, and
    without one nothing can be drafted. Which of four suppliers a SKU gets depends on its code
    alone, so doing it again changes nothing.
    """
    if Supplier.objects.filter(is_assumed=False).exists():
        return 0
    offered = set(SupplierOffer.objects.values_list("sku_id", flat=True))
    missing = sorted(set(sku_ids) - offered)
    if not missing:
        return 0
    currency = Sku.objects.filter(pk=missing[0]).values_list("currency", flat=True).get()
    suppliers = [
        Supplier.objects.get_or_create(
            code=code,
            defaults={
                "name": _("Assumed supplier %(number)d") % {"number": number},
                "lead_time_days": mean,
                "lead_time_sd_days": spread,
                "currency": currency,
                "is_assumed": True,
                "note": _(
                    "Made up because the imported history names no supplier: lead time, pack, "
                    "minimum order and a cost of half the price are assumptions."
                ),
            },
        )[0]
        for number, (code, mean, spread, _pack, _minimum) in enumerate(ASSUMED_SUPPLIERS, 1)
    ]
    offers = []
    for start in range(0, len(missing), BATCH):
        skus = Sku.objects.filter(pk__in=missing[start : start + BATCH]).order_by("pk")
        for sku_id, code, price in skus.values_list("pk", "code", "price_minor"):
            place = sum(code.encode()) % len(suppliers)
            pack, minimum = ASSUMED_SUPPLIERS[place][3:]
            offers.append(
                SupplierOffer(
                    supplier=suppliers[place],
                    sku_id=sku_id,
                    unit_cost_minor=round(price * ASSUMED_COST_PERCENT / 100),
                    pack_size=pack,
                    minimum_order_quantity=minimum,
                )
            )
    SupplierOffer.objects.bulk_create(offers, batch_size=BATCH)
    return len(offers)
