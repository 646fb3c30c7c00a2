"""What the shop proposes to order: one open draft per supplier, each line with its reason.

A draft follows the forecast until a person decides on a line; from then on that line is theirs.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.db.models import F, Q, Sum

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.replenishment import (
    OrderPlan,
    economic_lot,
    plan_orders,
    round_to_packs,
    service_level_from_costs,
    stock_position,
)
from inventory.models import (
    DemandForecast,
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderPolicy,
    StockLevel,
    Supplier,
    SupplierOffer,
    Warehouse,
)
from inventory.services.stock import default_warehouse
from inventory.services.suppliers import (
    LeadTime,
    lead_time_of,
    lead_times,
    preferred_offers,
)
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.decisions import build_decision, record_decision
from learning.models import Decision, Proposal

# Assumptions where the shop has typed nothing: a year's holding costs a quarter of the cost
# price, an order line two units of currency to write, send and unpack.
YEARLY_HOLDING_SHARE: Final = 0.25
ORDER_LINE_COST_MINOR: Final = 200.0
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class DraftingReport:
    """What a run left behind: open drafts of the machine, and how much of them it changed."""

    orders: int
    lines: int
    units: int
    lines_added: int
    lines_changed: int
    lines_withdrawn: int


@dataclass(frozen=True, slots=True)
class _Need:
    """One SKU worth ordering, with every number of the reason."""

    sku_id: int
    offer: SupplierOffer
    forecast: DemandForecast
    quantity: int
    unit_cost_minor: int
    explanation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Situation:
    """Everything the plan is made from, columns of shape (n_skus,)."""

    forecasts: Sequence[DemandForecast]
    offers: Sequence[SupplierOffer]
    leads: Sequence[LeadTime]
    review_days: IntArray
    daily: FloatArray
    on_hand: IntArray
    reserved: IntArray
    on_order: IntArray
    in_drafts: IntArray
    price_minor: FloatArray
    cost_minor: FloatArray
    typed_level: FloatArray
    """NaN where staff typed none."""


def draft_purchase_orders(*, as_of: date) -> DraftingReport:
    """Bring the open drafts in line with the forecasts in force; running twice changes nothing.

    Position counts stock on hand, less what is set aside, what is on order, and what people put
    or left in drafts. Lines that a person decided on are left alone. Each supplier's draft
    is one short transaction.
    """
    warehouse = default_warehouse()
    forecasts = list(
        DemandForecast.objects.in_force()
        .filter(warehouse=warehouse, as_of__lte=as_of)
        .select_related("model_version")
        .order_by("sku_id")
    )
    needs = _needs(forecasts, warehouse)
    by_supplier: dict[int, list[_Need]] = defaultdict(list)
    for need in needs:
        by_supplier[need.offer.supplier_id].append(need)
    open_drafts = PurchaseOrder.objects.drafts().filter(warehouse=warehouse)
    suppliers = set(by_supplier) | set(open_drafts.values_list("supplier_id", flat=True))
    added = changed = withdrawn = 0
    for supplier in Supplier.objects.filter(pk__in=suppliers).order_by("pk"):
        counts = _draft(supplier, warehouse, by_supplier.get(supplier.pk, []), as_of=as_of)
        added, changed, withdrawn = (
            added + counts[0],
            changed + counts[1],
            withdrawn + counts[2],
        )
    lines = PurchaseOrderLine.objects.wanted().filter(
        order__in=open_drafts, quantity_proposed__isnull=False
    )
    return DraftingReport(
        orders=open_drafts.count(),
        lines=lines.count(),
        units=lines.aggregate(units=Sum("quantity"))["units"] or 0,
        lines_added=added,
        lines_changed=changed,
        lines_withdrawn=withdrawn,
    )


def _needs(forecasts: Sequence[DemandForecast], warehouse: Warehouse) -> list[_Need]:
    situation = _look_around(forecasts, warehouse)
    if not situation.forecasts:
        return []
    margin = np.maximum(0.0, situation.price_minor - situation.cost_minor)
    holding = YEARLY_HOLDING_SHARE * situation.cost_minor
    lot = economic_lot(
        situation.daily, order_cost=ORDER_LINE_COST_MINOR, yearly_holding_cost=holding
    )
    from_costs = service_level_from_costs(
        situation.daily, lot, unit_margin=margin, yearly_holding_cost=holding
    )
    level = np.where(np.isnan(situation.typed_level), from_costs, situation.typed_level)
    bound = np.array(
        [
            _quantile(forecast.lead_time_quantiles, share)
            for forecast, share in zip(situation.forecasts, level.tolist(), strict=True)
        ]
    )
    plan = plan_orders(
        position=stock_position(
            on_hand=situation.on_hand,
            reserved=situation.reserved,
            on_order=situation.on_order,
            in_drafts=situation.in_drafts,
        ),
        window_quantile=bound,
        lot=lot,
        pack=np.array([offer.pack_size for offer in situation.offers]),
        minimum=np.array([offer.minimum_order_quantity for offer in situation.offers]),
    )
    breaks: dict[int, list[PriceBreak]] = defaultdict(list)
    for price_break in PriceBreak.objects.order_by("from_quantity"):
        breaks[price_break.offer_id].append(price_break)
    return [
        _need(situation, plan, row, level=level, bound=bound, breaks=breaks)
        for row in np.flatnonzero(plan.quantity > 0).tolist()
    ]


def _look_around(forecasts: Sequence[DemandForecast], warehouse: Warehouse) -> _Situation:
    offers, known = preferred_offers(), lead_times()
    policies = {policy.sku_id: policy for policy in ReorderPolicy.objects.all()}
    kept = [
        forecast
        for forecast in forecasts
        if forecast.sku_id in offers
        and offers[forecast.sku_id].sku.is_active
        and (forecast.sku_id not in policies or policies[forecast.sku_id].is_reordered)
    ]
    sku_ids = [forecast.sku_id for forecast in kept]
    levels = {
        sku_id: (on_hand, reserved)
        for sku_id, on_hand, reserved in StockLevel.objects.filter(warehouse=warehouse).values_list(
            "sku_id", "on_hand", "reserved"
        )
    }
    on_order = _open_units(
        PurchaseOrderLine.objects.filter(
            order__in=PurchaseOrder.objects.on_order().filter(warehouse=warehouse)
        ).wanted()
    )
    # Also what people keep in the draft of a supplier who is not the preferred one any more.
    in_drafts = _open_units(
        PurchaseOrderLine.objects.filter(
            order__in=PurchaseOrder.objects.drafts().filter(warehouse=warehouse)
        )
        .wanted()
        .filter(
            Q(quantity_proposed__isnull=True) | ~Q(status=Proposal.ReviewStatus.PROPOSED),
        )
    )
    prices = [offers[sku_id].sku.price_minor for sku_id in sku_ids]
    typed = [policies[sku_id].service_level if sku_id in policies else None for sku_id in sku_ids]
    return _Situation(
        forecasts=kept,
        offers=[offers[sku_id] for sku_id in sku_ids],
        leads=[lead_time_of(offers[sku_id], known) for sku_id in sku_ids],
        review_days=np.array(
            [
                policies[sku_id].review_period_days if sku_id in policies else 1
                for sku_id in sku_ids
            ],
            dtype=np.int64,
        ),
        daily=np.array(
            [forecast.units / forecast.horizon_days for forecast in kept], dtype=np.float64
        ),
        on_hand=_column([levels.get(sku_id, (0, 0))[0] for sku_id in sku_ids]),
        reserved=_column([levels.get(sku_id, (0, 0))[1] for sku_id in sku_ids]),
        on_order=_column([on_order.get(sku_id, 0) for sku_id in sku_ids]),
        in_drafts=_column([in_drafts.get(sku_id, 0) for sku_id in sku_ids]),
        price_minor=np.array(prices, dtype=np.float64),
        cost_minor=np.array(
            [offers[sku_id].unit_cost_minor for sku_id in sku_ids], dtype=np.float64
        ),
        typed_level=np.array(
            [np.nan if share is None else share for share in typed], dtype=np.float64
        ),
    )


def _column(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _open_units(lines: Any) -> dict[int, int]:
    """Units still to come, by SKU."""
    return dict(
        lines.values("sku_id")
        .annotate(units=Sum(F("quantity") - F("quantity_received")))
        .values_list("sku_id", "units")
    )


def _quantile(quantiles: Mapping[str, float], share: float) -> float:
    """Units that demand over lead time and review stays under, between the stored ones."""
    shares = sorted(float(name) for name in quantiles)
    units = [quantiles[str(name)] for name in shares]
    return float(np.interp(share, shares, units)) if shares else 0.0


def _need(
    situation: _Situation,
    plan: OrderPlan,
    row: int,
    *,
    level: FloatArray,
    bound: FloatArray,
    breaks: Mapping[int, Sequence[PriceBreak]],
) -> _Need:
    offer, forecast, lead = situation.offers[row], situation.forecasts[row], situation.leads[row]
    packed = int(plan.quantity[row])
    quantity, cost = _best_break(offer, packed, breaks.get(offer.pk, ()))
    position, up_to = int(plan.position[row]), int(plan.order_up_to[row])
    point, lot, shortfall = int(plan.reorder_point[row]), int(plan.lot[row]), up_to - position
    factors = [
        Factor("reorder_point", point, Direction.UP, point),
        Factor("lot", lot, Direction.UP, lot),
        Factor("position", position, Direction.DOWN if position > 0 else Direction.UP, -position),
        Factor("packs_and_minimum", packed - shortfall, Direction.UP, packed - shortfall),
        Factor("price_break", quantity - packed, Direction.UP, quantity - packed),
    ]
    facts = {
        "forecast_units": round(forecast.units, 3),
        "forecast_days": forecast.horizon_days,
        "forecast_as_of": forecast.as_of.isoformat(),
        "daily_units": round(float(situation.daily[row]), 4),
        "lead_time_mean_days": round(lead.mean_days, 2),
        "lead_time_sd_days": round(lead.sd_days, 2),
        "lead_time_receipts": lead.receipts,
        "review_period_days": int(situation.review_days[row]),
        "service_level": round(float(level[row]), 4),
        "service_level_from": "costs" if np.isnan(situation.typed_level[row]) else "staff",
        "quantile_units": round(float(bound[row]), 3),
        "on_hand": int(situation.on_hand[row]),
        "reserved": int(situation.reserved[row]),
        "on_order": int(situation.on_order[row]),
        "in_drafts": int(situation.in_drafts[row]),
        "position": position,
        "reorder_point": point,
        "lot": lot,
        "order_up_to": up_to,
        "shortfall": shortfall,
        "pack_size": offer.pack_size,
        "minimum_order_quantity": offer.minimum_order_quantity,
        "after_packs_and_minimum": packed,
        "quantity": quantity,
        "unit_cost_minor": cost,
        "supplier_is_assumed": offer.supplier.is_assumed,
    }
    return _Need(
        sku_id=forecast.sku_id,
        offer=offer,
        forecast=forecast,
        quantity=quantity,
        unit_cost_minor=cost,
        explanation=Explanation(factors=factors, unit="units", facts=facts).as_json(),
    )


def _best_break(
    offer: SupplierOffer, quantity: int, breaks: Sequence[PriceBreak]
) -> tuple[int, int]:
    """Quantity and unit cost, raised to a price break where the whole then costs less."""
    best = (quantity, offer.unit_cost_minor)
    for price_break in breaks:
        raised = int(
            round_to_packs(
                np.array([max(quantity, price_break.from_quantity)]),
                pack=np.array([offer.pack_size]),
                minimum=np.array([offer.minimum_order_quantity]),
            )[0]
        )
        if raised * price_break.unit_cost_minor < best[0] * best[1] or raised == best[0]:
            best = (raised, price_break.unit_cost_minor)
    return best


@transaction.atomic
def _draft(
    supplier: Supplier, warehouse: Warehouse, needs: Sequence[_Need], *, as_of: date
) -> tuple[int, int, int]:
    """Lines added, changed and withdrawn in the supplier's open draft."""
    order = _open_draft(supplier, warehouse, is_needed=bool(needs), as_of=as_of)
    if order is None:
        return 0, 0, 0
    # Locked: whoever decides on a line meanwhile waits, and then decides on what it has become.
    lines = {
        line.sku_id: line
        for line in order.lines.select_for_update(of=("self",))
        .select_related("sku", "model_version")
        .order_by("pk")
    }
    wanted = {need.sku_id: need for need in needs}
    added, changed = [], []
    for sku_id, need in wanted.items():
        line = lines.get(sku_id)
        if line is None:
            added.append(_fill(PurchaseOrderLine(order=order, sku=need.offer.sku), need))
        elif _is_ours(line) and _differs(line, need):
            changed.append(_fill(line, need))
    unneeded = [line for sku_id, line in lines.items() if _is_ours(line) and sku_id not in wanted]
    PurchaseOrderLine.objects.bulk_create(added, batch_size=100)
    undecided = PurchaseOrderLine.objects.filter(status=Proposal.ReviewStatus.PROPOSED)
    undecided.bulk_update(
        changed,
        [
            "offer",
            "forecast",
            "quantity_proposed",
            "quantity",
            "unit_cost_minor",
            "model_version",
            "confidence",
            "explanation",
        ],
        batch_size=100,
    )
    _log([*added, *changed], unneeded)
    undecided.filter(pk__in=[line.pk for line in unneeded]).delete()
    if added or changed or unneeded:
        order.drafted_as_of = as_of
        order.save(update_fields=["drafted_as_of", "updated_at"])
    if not order.lines.exists() and order.created_by_id is None:
        order.status = PurchaseOrder.Status.CANCELLED
        order.save(update_fields=["status", "updated_at"])
        record_decision(
            action=Decision.Action.CANCEL,
            subject=order,
            done={"status": order.status},
            reason="not needed any more",
        )
    return len(added), len(changed), len(unneeded)


def _open_draft(
    supplier: Supplier, warehouse: Warehouse, *, is_needed: bool, as_of: date
) -> PurchaseOrder | None:
    """The supplier's draft, locked where the database can; made when there is none and a need."""
    drafts = PurchaseOrder.objects.drafts().filter(supplier=supplier, warehouse=warehouse)
    if is_needed:
        # Of two runs that find none, one makes it and the other takes it.
        drafts.get_or_create(
            supplier=supplier,
            warehouse=warehouse,
            status=PurchaseOrder.Status.DRAFT,
            defaults={
                "number": _free_number(supplier, as_of),
                "currency": supplier.currency,
                "drafted_as_of": as_of,
            },
        )
    return drafts.select_for_update().first()


def _free_number(supplier: Supplier, as_of: date) -> str:
    stem = f"PO-{as_of:%Y%m%d}-{supplier.pk}"
    taken = set(
        PurchaseOrder.objects.filter(number__startswith=stem).values_list("number", flat=True)
    )
    number, attempt = stem, 1
    while number in taken:
        attempt += 1
        number = f"{stem}-{attempt}"
    return number


def _is_ours(line: PurchaseOrderLine) -> bool:
    return line.quantity_proposed is not None and line.status == Proposal.ReviewStatus.PROPOSED


def _differs(line: PurchaseOrderLine, need: _Need) -> bool:
    return (
        line.quantity_proposed != need.quantity
        or line.unit_cost_minor != need.unit_cost_minor
        or line.forecast_id != need.forecast.pk
        or line.explanation != need.explanation
    )


def _fill(line: PurchaseOrderLine, need: _Need) -> PurchaseOrderLine:
    line.offer = need.offer
    line.forecast = need.forecast
    line.quantity_proposed = line.quantity = need.quantity
    line.unit_cost_minor = need.unit_cost_minor
    line.model_version = need.forecast.model_version
    line.confidence = need.forecast.confidence
    line.explanation = need.explanation
    return line


def _log(proposed: Sequence[PurchaseOrderLine], withdrawn: Sequence[PurchaseOrderLine]) -> None:
    decisions = [
        build_decision(
            action=action,
            subject=line,
            version=line.model_version,
            proposed={"quantity": line.quantity, "unit_cost_minor": line.unit_cost_minor},
            reason=reason,
        )
        for action, lines, reason in (
            (Decision.Action.PROPOSE, proposed, "forecast"),
            (Decision.Action.SUPERSEDE, withdrawn, "not needed any more"),
        )
        for line in lines
    ]
    Decision.objects.bulk_create(decisions, batch_size=BATCH)
