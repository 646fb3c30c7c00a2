"""What the advice on a price is made from: elasticity, forecast, cost and floor of each SKU."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from catalog.models import Product, Sku
from inventory.algorithms.price_advice import (
    NoAdvice,
    PriceOutcome,
    PriceSituation,
    advise,
    outcome,
)
from inventory.models import DemandForecast, MarkdownPlan, PriceSuggestion
from inventory.services.price_changes import price_floors, unit_costs

HORIZON_DAYS: Final = 28
# A price that was changed on advice, or that staff left as it is, rests for so long.
RESTING_DAYS: Final = 28
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class SkuAdvice:
    """What is advised for one SKU; `situation` is None where too little is known of it.

    row: of the SKU in the model.
    """

    sku: Sku
    row: int
    situation: PriceSituation | None
    now: PriceOutcome | None
    advised: PriceOutcome | NoAdvice


def advise_all(*, model: Any, as_of: date) -> Iterator[SkuAdvice]:
    """Every SKU on sale, by key."""
    skus = Sku.objects.active().filter(product__status=Product.Status.PUBLISHED)
    sku_ids = list(skus.order_by("pk").values_list("pk", flat=True))
    resting = resting_skus(as_of=as_of)
    for start in range(0, len(sku_ids), BATCH):
        batch = sku_ids[start : start + BATCH]
        yield from advise_some(model=model, sku_ids=batch, resting=resting)


def advise_some(
    *, model: Any, sku_ids: Sequence[int], resting: frozenset[int] | set[int]
) -> list[SkuAdvice]:
    situations = read_situations(model=model, sku_ids=sku_ids)
    found = []
    for sku, row, situation in situations:
        advised: PriceOutcome | NoAdvice
        if sku.pk in resting:
            advised = NoAdvice.BUSY
        elif row < 0:
            advised = NoAdvice.UNKNOWN
        elif not model.varies_enough(row):
            advised = NoAdvice.LITTLE_VARIATION
        elif situation is None:
            advised = NoAdvice.UNKNOWN
        else:
            advised = advise(situation)
        now = None
        if situation is not None and situation.price_now > 0:
            now = outcome(situation, situation.price_now)
        found.append(SkuAdvice(sku, row, situation, now, advised))
    return found


def read_situations(
    *, model: Any, sku_ids: Sequence[int]
) -> list[tuple[Sku, int, PriceSituation | None]]:
    """SKU, its row in the model, and its situation; None for one that the model does not know."""
    skus = list(Sku.objects.filter(pk__in=sku_ids).select_related("product").order_by("pk"))
    costs, floors = unit_costs(sku_ids=sku_ids), price_floors(sku_ids=sku_ids)
    forecasts = {
        sku_id: units * HORIZON_DAYS / max(days, 1)
        for sku_id, units, days in DemandForecast.objects.in_force()
        .filter(sku__in=sku_ids)
        .values_list("sku_id", "units", "horizon_days")
    }
    found: list[tuple[Sku, int, PriceSituation | None]] = []
    rows = model.rows([sku.pk for sku in skus])
    for sku, row in zip(skus, rows.tolist(), strict=True):
        if row < 0:
            found.append((sku, row, None))
            continue
        units = forecasts.get(sku.pk, 0.0)
        low, high = model.band.ratios(units)
        situation = PriceSituation(
            price_now=sku.price_minor,
            unit_cost=costs.get(sku.pk, 0),
            floor=floors.get(sku.pk, 0),
            lowest_seen=float(model.lowest[row]),
            highest_seen=float(model.highest[row]),
            units=units,
            elasticity=float(model.elasticity[row]),
            spread=float(model.spread[row]),
            low_ratio=low,
            high_ratio=high,
        )
        found.append((sku, row, situation))
    return found


def resting_skus(*, as_of: date) -> set[int]:
    """SKUs that are being marked down, or whose price was decided on lately."""
    marked = MarkdownPlan.objects.filter(state=MarkdownPlan.State.RUNNING)
    decided = PriceSuggestion.objects.filter(
        status__in=["accepted", "corrected", "rejected"],
        reviewed_at__date__gt=as_of - timedelta(days=RESTING_DAYS),
    )
    return {
        *marked.values_list("sku_id", flat=True),
        *decided.values_list("sku_id", flat=True),
    }
