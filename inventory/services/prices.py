"""Price suggestions: written every night, decided by staff, put on sale when accepted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Sku
from inventory.algorithms.price_advice import (
    NoAdvice,
    PriceOutcome,
    PriceSituation,
    candidate_prices,
    outcome,
    price_bounds,
)
from inventory.models import PriceSuggestion
from inventory.services.price_changes import change_price, check_price, price_floors, unit_costs
from inventory.services.price_situations import (
    HORIZON_DAYS,
    SkuAdvice,
    advise_all,
    advise_some,
    resting_skus,
)
from learning import review, serving
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.models import ModelVersion

PIPELINE: Final = "inventory.elasticity"
MOST_CORRECTIONS: Final = 12
Status = PriceSuggestion.ReviewStatus
SENTENCES: Final[Mapping[NoAdvice, str | Promise]] = {
    NoAdvice.UNKNOWN: gettext_lazy("It was never sold at a price."),
    NoAdvice.LITTLE_VARIATION: gettext_lazy("Not enough price variation."),
    NoAdvice.NO_COST: gettext_lazy("No cost is known in its currency."),
    NoAdvice.NO_DEMAND: gettext_lazy("No demand is expected."),
    NoAdvice.NO_ROOM: gettext_lazy("No price above cost and floor was ever seen."),
    NoAdvice.NO_GAIN: gettext_lazy("No better price was found."),
    NoAdvice.BUSY: gettext_lazy("Its price was changed or decided on lately."),
}


def write_suggestions(*, version: ModelVersion, model: Any, as_of: date) -> Counter[str]:
    """Replace what is still proposed by the advice of a version; counts by outcome.

    Writing the same day again changes rows in place. What somebody decides on meanwhile stays as
    it was decided.
    """
    counts: Counter[str] = Counter()
    kept: set[int] = set()
    waiting = dict(PriceSuggestion.objects.awaiting_review().values_list("sku_id", "pk"))
    for advice in advise_all(model=model, as_of=as_of):
        if isinstance(advice.advised, NoAdvice):
            counts[advice.advised.value] += 1
            continue
        fields = _fields(advice, version=version, model=model, as_of=as_of)
        if (pk := waiting.get(advice.sku.pk)) is not None:
            PriceSuggestion.objects.filter(pk=pk).claim(**fields)
        else:
            PriceSuggestion.objects.bulk_create(
                [PriceSuggestion(sku_id=advice.sku.pk, **fields)],
                # Somebody else wrote one for this SKU a moment ago.
                ignore_conflicts=True,
            )
        kept.add(advice.sku.pk)
        counts["advised"] += 1
    stale = [pk for sku_id, pk in waiting.items() if sku_id not in kept]
    for start in range(0, len(stale), 500):
        PriceSuggestion.objects.filter(pk__in=stale[start : start + 500]).claim(
            status=Status.SUPERSEDED
        )
    return counts


def advice_on(*, sku_id: int, as_of: date) -> SkuAdvice | None:
    """What is advised for one SKU now, or why nothing is; None before anything was learned."""
    served = serving.load(PIPELINE)
    if served.version is None:
        return None
    found = advise_some(model=served.model, sku_ids=[sku_id], resting=resting_skus(as_of=as_of))
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class ToldAdvice:
    """What is advised, or a sentence that says why nothing is."""

    advised: PriceOutcome | None
    reason: str = ""


def tell_advice(*, sku: Sku, as_of: date) -> ToldAdvice:
    """`advice_on` for people and programs that read sentences."""
    advice = advice_on(sku_id=sku.pk, as_of=as_of)
    if advice is None:
        return ToldAdvice(None, _("Nothing has been learned about prices yet."))
    if isinstance(advice.advised, NoAdvice):
        return ToldAdvice(None, str(SENTENCES[advice.advised]))
    return ToldAdvice(advice.advised)


def accept_suggestion(
    *, suggestion: PriceSuggestion, user: AbstractBaseUser, reason: str = ""
) -> PriceSuggestion:
    """Put the suggested price on sale.

    Raises AlreadyReviewedError, PriceMovedError, and PriceOutOfBoundsError when cost or floor rose
    above it since.
    """
    _check(suggestion, suggestion.price_minor)
    with transaction.atomic():
        accepted = review.accept(
            suggestion, user=user, proposed=_proposed(suggestion), reason=reason
        )
        return _put_on_sale(accepted, suggestion.price_minor, user=user, reason=reason)


def correct_suggestion(
    *, suggestion: PriceSuggestion, price_minor: int, user: AbstractBaseUser, reason: str = ""
) -> PriceSuggestion:
    """Put another price on sale, one that somebody typed.

    Raises AlreadyReviewedError, PriceMovedError, PriceOutOfBoundsError.
    """
    _check(suggestion, price_minor)
    with transaction.atomic():
        corrected = review.correct(
            suggestion,
            user=user,
            proposed=_proposed(suggestion),
            changes={"applied_price_minor": price_minor},
            reason=reason,
        )
        return _put_on_sale(corrected, price_minor, user=user, reason=reason)


def reject_suggestion(
    *, suggestion: PriceSuggestion, user: AbstractBaseUser, reason: str = ""
) -> PriceSuggestion:
    """Leave the price as it is. Raises AlreadyReviewedError."""
    return review.reject(suggestion, user=user, proposed=_proposed(suggestion), reason=reason)


def situation_of(suggestion: PriceSuggestion) -> PriceSituation:
    """What a stored suggestion was made from."""
    facts = suggestion.explanation.get("facts", {})
    return PriceSituation(
        price_now=suggestion.price_now_minor,
        unit_cost=suggestion.unit_cost_minor,
        floor=int(facts.get("price_floor_minor") or 0),
        lowest_seen=float(facts.get("lowest_seen_minor") or suggestion.price_now_minor),
        highest_seen=float(facts.get("highest_seen_minor") or suggestion.price_now_minor),
        units=suggestion.units_now,
        elasticity=suggestion.elasticity,
        spread=float(facts.get("elasticity_spread") or 0.0),
        low_ratio=float(facts.get("low_ratio") or 1.0),
        high_ratio=float(facts.get("high_ratio") or 1.0),
    )


def other_prices(suggestion: PriceSuggestion) -> list[PriceOutcome]:
    """Prices within reach and what each is expected to sell and earn, cheapest first."""
    situation = situation_of(suggestion)
    prices = candidate_prices(situation).tolist()
    step = max(1, -(-len(prices) // MOST_CORRECTIONS))
    chosen = {*prices[::step], *prices[-1:]} - {suggestion.price_minor}
    return [outcome(situation, price) for price in sorted(chosen)]


def price_ladder(suggestion: PriceSuggestion) -> list[PriceOutcome]:
    """The same with the suggested price and the one now among them."""
    situation = situation_of(suggestion)
    both = {suggestion.price_minor, suggestion.price_now_minor} - {0}
    named = [outcome(situation, price) for price in sorted(both)]
    others = [one for one in other_prices(suggestion) if one.price not in both]
    return sorted([*named, *others], key=lambda one: one.price)


def _check(suggestion: PriceSuggestion, price_minor: int) -> None:
    """By cost and floor as they are now: both may have risen since the night."""
    sku_id = suggestion.sku_id
    cost = unit_costs(sku_ids=[sku_id]).get(sku_id, suggestion.unit_cost_minor)
    floor = price_floors(sku_ids=[sku_id]).get(sku_id, 0)
    check_price(sku=suggestion.sku, price_minor=price_minor, at_least=max(cost, floor))


def _put_on_sale(
    suggestion: PriceSuggestion, price_minor: int, *, user: AbstractBaseUser, reason: str
) -> PriceSuggestion:
    change_price(
        sku_id=suggestion.sku_id,
        from_minor=suggestion.price_now_minor,
        to_minor=price_minor,
        reason=reason or f"price suggestion {suggestion.pk}",
        user=user,
    )
    suggestion.applied_price_minor = price_minor
    suggestion.applied_at = timezone.now()
    suggestion.save(update_fields=["applied_price_minor", "applied_at"])
    return suggestion


def _proposed(suggestion: PriceSuggestion) -> Mapping[str, Any]:
    return {
        "price_minor": suggestion.price_minor,
        "instead_of": suggestion.price_now_minor,
        "units": round(suggestion.units, 2),
        "profit_minor": suggestion.profit_minor,
    }


def _fields(advice: SkuAdvice, *, version: ModelVersion, model: Any, as_of: date) -> dict[str, Any]:
    situation, now, advised = advice.situation, advice.now, advice.advised
    if situation is None or now is None or isinstance(advised, NoAdvice):
        raise TypeError("there is no advice to store")
    return {
        "as_of": as_of,
        "horizon_days": HORIZON_DAYS,
        "price_now_minor": situation.price_now,
        "price_minor": advised.price,
        "unit_cost_minor": situation.unit_cost,
        "elasticity": situation.elasticity,
        "units_now": now.units,
        "units": advised.units,
        "units_lower": advised.units_lower,
        "units_upper": advised.units_upper,
        "profit_now_minor": now.profit,
        "profit_minor": advised.profit,
        "profit_lower_minor": advised.profit_lower,
        "profit_upper_minor": advised.profit_upper,
        "model_version": version,
        "confidence": round(advised.probability, 4),
        "explanation": _explain(advice, model, advised, now).as_json(),
    }


def _explain(
    advice: SkuAdvice, model: Any, advised: PriceOutcome, now: PriceOutcome
) -> Explanation:
    situation, row = advice.situation, advice.row
    if situation is None:
        raise TypeError("there is no advice to explain")
    units = advised.units / now.units
    factors = [_factor("units_sold", units, advised.units)]
    margin_now = situation.price_now - situation.unit_cost
    if margin_now > 0:
        margin = (advised.price - situation.unit_cost) / margin_now
        factors.append(_factor("margin_of_one", margin, advised.price - situation.unit_cost))
    low, high = price_bounds(situation)
    return Explanation(
        factors=sorted(factors, key=lambda factor: -abs(factor.weight - 1.0)),
        unit="factor",
        facts={
            "elasticity": round(situation.elasticity, 4),
            "elasticity_spread": round(situation.spread, 4),
            "elasticity_own_share": round(model.own_share(row), 4),
            "price_variation": round(float(model.variation[row]), 4),
            "weeks_with_demand": int(model.weeks[row]),
            "lowest_seen_minor": round(situation.lowest_seen, 2),
            "highest_seen_minor": round(situation.highest_seen, 2),
            "price_floor_minor": situation.floor,
            "lowest_allowed_minor": low,
            "highest_allowed_minor": high,
            "low_ratio": round(situation.low_ratio, 4),
            "high_ratio": round(situation.high_ratio, 4),
            "learned_until": model.learned_until.isoformat(),
        },
    )


def _factor(name: str, weight: float, value: float) -> Factor:
    direction = Direction.UP if weight > 1.0 else Direction.DOWN if weight < 1.0 else Direction.NONE
    return Factor(name=name, value=round(value, 2), direction=direction, weight=round(weight, 6))
