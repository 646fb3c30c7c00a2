"""The reason of a purchase order line: its factors add up to the quantity, its facts allow to
count again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from inventory.services.order_candidates import ForecastTerms
from inventory.services.suppliers import OfferTerms
from learning.algorithms.explanation import Direction, Explanation, Factor

QUANTILE_FACT: Final = "forecast_quantile_"


@dataclass(frozen=True, slots=True)
class Need:
    """One SKU worth ordering for a warehouse."""

    sku_id: int
    warehouse_id: int
    offer: OfferTerms
    forecast: ForecastTerms
    quantity: int
    unit_cost_minor: int
    explanation: dict[str, Any]


def explain(facts: Mapping[str, Any]) -> dict[str, Any]:
    position = facts["position"]
    steps = (
        ("packs_and_minimum", facts["after_packs_and_minimum"] - facts["shortfall"]),
        ("shelf_life", facts["after_shelf_life"] - facts["after_packs_and_minimum"]),
        ("price_break", facts["after_price_break"] - facts["after_shelf_life"]),
        ("budget", facts["quantity"] - facts["after_price_break"]),
    )
    factors = [
        Factor("reorder_point", facts["reorder_point"], Direction.UP, facts["reorder_point"]),
        Factor("lot", facts["lot"], Direction.UP, facts["lot"]),
        Factor("position", position, Direction.DOWN if position > 0 else Direction.UP, -position),
    ]
    factors += [
        Factor(name, units, Direction.UP if units >= 0 else Direction.DOWN, units)
        for name, units in steps
        if units or name in {"packs_and_minimum", "price_break"}
    ]
    return Explanation(factors=factors, unit="units", facts=dict(facts)).as_json()
