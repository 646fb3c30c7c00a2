"""Stand-ins for what an imported order history does not say, marked as assumed where they lie."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Sku
from inventory.models import DemandForecast, StockLevel, StockMovement, Supplier, SupplierOffer
from inventory.services.stock import Movement, record_movements

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

LONGEST_ASSUMED_COVER_DAYS: Final = 28


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


def assume_stock(*, as_of: date) -> int:
    """Give SKUs that lie at zero and never were received a stock of up to four weeks.

    For looking at a shop whose history was imported: only the caller can know that the shelves are
    not really empty, so no other service calls this. How many days of the forecast lie there
    depends on the SKU's code alone, and each SKU gets it once. Returns how many did.
    """
    evening = datetime.combine(
        as_of + timedelta(days=1), time.min, tzinfo=timezone.get_default_timezone()
    )
    received = StockMovement.objects.filter(kind=StockMovement.Kind.RECEIPT)
    known = StockLevel.objects.exclude(on_hand=0)
    forecasts = (
        DemandForecast.objects.in_force()
        .exclude(sku_id__in=received.values("sku_id"))
        .exclude(sku_id__in=known.values("sku_id"))
        .select_related("sku")
        .order_by("sku_id")
    )
    movements = []
    for forecast in forecasts:
        days = sum(forecast.sku.code.encode()) * 11 % LONGEST_ASSUMED_COVER_DAYS
        if units := round(days * forecast.units / forecast.horizon_days):
            movements.append(
                Movement(
                    sku_id=forecast.sku_id,
                    quantity=units,
                    kind=StockMovement.Kind.ADJUSTMENT,
                    key=f"assumed-stock:{forecast.sku_id}",
                    occurred_at=evening,
                    note=_("Assumed: what %(days)d days need") % {"days": days},
                )
            )
    return record_movements(movements)
