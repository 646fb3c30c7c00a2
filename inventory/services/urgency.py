"""What is lost where a proposed line is not ordered: what a buyer looks at first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from inventory.algorithms.demand_bounds import expected_shortage
from inventory.models import PurchaseOrderLine

_QUANTILE: Final = "forecast_quantile_"


def avoided_by_lines(lines: Sequence[PurchaseOrderLine]) -> list[int]:
    """Lost margin that each line avoids, in minor units of its SKU's currency.

    Units that customers are expected to ask for over lead time and review beyond what is there or
    coming, without the line and with it, times the margin of a unit. 0 for a line that somebody
    added by hand, and where price and cost are in two currencies.
    """
    units = np.zeros(len(lines))
    by_shares: dict[tuple[float, ...], list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        facts = line.explanation.get("facts", {})
        if "daily_units" in facts:
            by_shares[_shares(facts)].append(place)
    for shares, places in by_shares.items():
        facts_of = [lines[place].explanation["facts"] for place in places]
        position = np.array([float(facts["position"]) for facts in facts_of])
        ordered = np.array([float(lines[place].quantity) for place in places])
        if shares:
            known = np.array(
                [[float(facts[f"{_QUANTILE}{share}"]) for share in shares] for facts in facts_of]
            )
            missing, still = (
                expected_shortage(np.array(shares), known, at) + np.maximum(0.0, -at)
                for at in (position, position + ordered)
            )
        else:
            mean = np.array([_mean_of_wait(facts) for facts in facts_of])
            missing, still = (np.maximum(0.0, mean - at) for at in (position, position + ordered))
        units[places] = np.maximum(0.0, missing - still)
    return [round(share * _margin(line)) for share, line in zip(units.tolist(), lines, strict=True)]


def avoided_by_order(order_ids: Sequence[int]) -> dict[int, int]:
    """By order, over the lines that nobody rejected."""
    sums: dict[int, int] = defaultdict(int)
    lines = list(
        PurchaseOrderLine.objects.wanted()
        .filter(order__in=order_ids)
        .select_related("sku", "order")
        .order_by("pk")
    )
    for line, avoided in zip(lines, avoided_by_lines(lines), strict=True):
        sums[line.order_id] += avoided
    return sums


def _shares(facts: Mapping[str, Any]) -> tuple[float, ...]:
    return tuple(
        sorted(float(name.removeprefix(_QUANTILE)) for name in facts if name.startswith(_QUANTILE))
    )


def _mean_of_wait(facts: Mapping[str, Any]) -> float:
    days = float(facts.get("lead_time_mean_days", 0.0)) + float(facts.get("review_period_days", 1))
    return float(facts["daily_units"]) * days


def _margin(line: PurchaseOrderLine) -> int:
    if line.sku.currency != line.order.currency:
        return 0
    return max(0, line.sku.price_minor - line.unit_cost_minor)
