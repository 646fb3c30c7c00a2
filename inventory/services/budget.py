"""What a budget buys first, of all that is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from django.conf import settings as django_settings
from django.db.models import F, Q, Sum

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_bounds import expected_shortage
from inventory.algorithms.order_costs import Break, spend_budget
from inventory.algorithms.replenishment import round_to_packs
from inventory.models import PurchaseOrder, PurchaseOrderLine
from inventory.services.line_reasons import QUANTILE_FACT, Need, explain
from inventory.services.warehouse_demand import Place
from learning.models import Proposal

# An order is bought in so many steps at most when a budget has to choose.
BUDGET_STEPS: Final = 8


def keep_within_budget(
    needs: list[Need], *, budget_minor: int | None, breaks: Mapping[int, Sequence[Break]]
) -> list[Need]:
    """Without what the budget of all open drafts does not reach to.

    What people decided on in drafts is paid first. Orders in other currencies are not counted:
    nobody said what they are worth in the shop's own.
    """
    if budget_minor is None:
        return needs
    decided = PurchaseOrderLine.objects.wanted().filter(
        Q(quantity_proposed__isnull=True) | ~Q(status=Proposal.ReviewStatus.PROPOSED),
        order__in=PurchaseOrder.objects.drafts().filter(currency=django_settings.CURRENCY),
    )
    spent = decided.aggregate(cost=Sum(F("quantity") * F("unit_cost_minor")))["cost"] or 0
    counted = [need for need in needs if need.offer.supplier_currency == django_settings.CURRENCY]
    allowed = _allowed_quantities(counted, budget=max(0, budget_minor - spent))
    kept = []
    for need in needs:
        units = allowed.get((need.sku_id, need.warehouse_id), need.quantity)
        if units == need.quantity:
            kept.append(need)
        elif units > 0:
            kept.append(_cut(need, units, breaks.get(need.offer.id, ())))
    return kept


def _cut(need: Need, units: int, breaks: Sequence[Break]) -> Need:
    reached = [row.unit_cost for row in breaks if row.from_quantity <= units]
    cost = min([need.offer.unit_cost_minor, *reached])
    facts = {**need.explanation["facts"], "quantity": units, "unit_cost_minor": cost}
    return replace(need, quantity=units, unit_cost_minor=cost, explanation=explain(facts))


def _allowed_quantities(needs: Sequence[Need], *, budget: int) -> dict[Place, int]:
    """Units of each need that the budget buys, most lost margin avoided per unit of money first."""
    total = sum(need.quantity * need.unit_cost_minor for need in needs)
    if total <= budget or not needs:
        return {}
    facts = [need.explanation["facts"] for need in needs]
    ladders = [_ladder(need) for need in needs]
    line = np.repeat(np.arange(len(needs)), [len(steps) for steps in ladders])
    upper = np.array([units for steps in ladders for units in steps], dtype=np.float64)
    first = np.concatenate([[True], line[1:] != line[:-1]])
    lower = np.where(first, 0.0, np.concatenate([[0.0], upper[:-1]]))
    names = [name for name in facts[0] if name.startswith(QUANTILE_FACT)]
    quantiles = np.array([[row[name] for name in names] for row in facts], dtype=np.float64)
    shares = np.array([float(name.removeprefix(QUANTILE_FACT)) for name in names])
    position = np.array([row["position"] for row in facts], dtype=np.float64)[line]
    # A budget that binds is counted with the dearest price: a cut order may miss its break.
    price = np.array([need.offer.unit_cost_minor for need in needs], dtype=np.float64)[line]
    margin = np.array(
        [
            max(0, row["unit_price_minor"] - row["offered_cost_minor"] - row["freight_minor"])
            for row in facts
        ],
        dtype=np.float64,
    )[line]

    def short(units: FloatArray) -> FloatArray:
        return expected_shortage(shares, quantiles[line], units) + np.maximum(0.0, -units)

    avoided = margin * (short(position + lower) - short(position + upper))
    bought = spend_budget(
        cost=price * (upper - lower), avoided=avoided, line=line, budget=float(budget)
    )
    units = np.zeros(len(needs))
    np.add.at(units, line, np.where(bought, upper - lower, 0.0))
    return {
        (need.sku_id, need.warehouse_id): round(kept)
        for need, kept in zip(needs, units.tolist(), strict=True)
    }


def _ladder(need: Need) -> list[int]:
    """Quantities at which a need may be cut: the least order, then full packs, then all of it."""
    pack, minimum = need.offer.pack_size, need.offer.minimum_order_quantity
    least = int(
        round_to_packs(np.array([1]), pack=np.array([pack]), minimum=np.array([minimum]))[0]
    )
    rest = need.quantity - least
    if rest <= 0:
        return [need.quantity]
    step = -(-max(pack, rest // (BUDGET_STEPS - 1)) // pack) * pack
    return [*range(least, need.quantity, step), need.quantity]
