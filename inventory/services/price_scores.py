"""Prices that were changed on advice, held against what was sold and earned since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Max, Q, Sum
from django.utils import timezone

from inventory.algorithms.price_advice import outcome
from inventory.models import DemandDay, PriceSuggestion
from inventory.services.prices import situation_of


@dataclass(frozen=True, slots=True)
class Sold:
    units: int
    money_minor: int

    def profit(self, unit_cost_minor: int) -> int:
        return self.money_minor - self.units * unit_cost_minor


def score_suggestions(*, as_of: date) -> int:
    """Score every change whose horizon is over by the end of `as_of`; returns how many.

    The days after the change are held against as many before it, the day of the change left out,
    and against what all other SKUs of the shop did meanwhile. Each is scored once, after the
    demand of its last day is known.
    """
    known = DemandDay.objects.filter(day__lte=as_of).aggregate(day=Max("day"))["day"]
    if known is None:
        return 0
    scored = 0
    for suggestion in list(PriceSuggestion.objects.to_be_scored().order_by("pk")):
        if suggestion.applied_at is None:
            continue
        changed_on = timezone.localdate(suggestion.applied_at)
        if changed_on + timedelta(days=suggestion.horizon_days) > known:
            continue
        scored += PriceSuggestion.objects.filter(pk=suggestion.pk, scored_at=None).update(
            scored_at=timezone.now(), score=_score(suggestion, changed_on)
        )
    return scored


def _score(suggestion: PriceSuggestion, changed_on: date) -> Mapping[str, Any]:
    days = timedelta(days=suggestion.horizon_days)
    one = timedelta(days=1)
    before = (changed_on - days, changed_on - one)
    after = (changed_on + one, changed_on + days)
    own = Q(sku_id=suggestion.sku_id)
    sold_before, sold_after = _sold(own, before), _sold(own, after)
    trend = _ratio(_sold(~own, after).units, _sold(~own, before).units)
    price = suggestion.applied_price_minor or suggestion.price_minor
    expected = outcome(situation_of(suggestion), price)
    cost = suggestion.unit_cost_minor
    change = _ratio(sold_after.units, sold_before.units)
    empty = DemandDay.objects.filter(own, day__range=after, was_out_of_stock=True)
    return {
        "days": suggestion.horizon_days,
        "units_before": sold_before.units,
        "units_after": sold_after.units,
        "units_expected": round(expected.units, 2),
        "within_bounds": expected.units_lower <= sold_after.units <= expected.units_upper,
        "profit_before_minor": sold_before.profit(cost),
        "profit_after_minor": sold_after.profit(cost),
        "profit_expected_minor": expected.profit,
        "shop_trend": trend,
        "units_change": change,
        "units_change_beside_trend": (
            None if change is None or not trend else round(change / trend, 4)
        ),
        "sold_out_days": empty.values("day").distinct().count(),
    }


def _sold(which: Q, days: tuple[date, date]) -> Sold:
    sums = DemandDay.objects.filter(which, day__range=days).aggregate(
        units=Sum("units_requested", default=0),
        money=Sum(F("units_requested") * F("unit_price_minor"), default=0),
    )
    return Sold(units=sums["units"], money_minor=sums["money"])


def _ratio(after: float, before: float) -> float | None:
    return round(after / before, 4) if before > 0 else None
