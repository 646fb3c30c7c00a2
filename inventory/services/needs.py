"""What each warehouse needs, from whom and at what cost, with every number of the reason."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.demand_bounds import demand_bound
from inventory.algorithms.fill_target import window_probability
from inventory.algorithms.order_costs import Break, best_break, room_for_breaks
from inventory.algorithms.replenishment import (
    economic_lot,
    plan_orders,
    sells_before_expiry,
    service_level_from_costs,
    stock_position,
    within_shelf_life,
)
from inventory.models import PriceBreak, ReplenishmentSettings
from inventory.services.budget import keep_within_budget
from inventory.services.fill_targets import choose_leeway_from_past
from inventory.services.line_reasons import QUANTILE_FACT, Need, explain
from inventory.services.order_candidates import (
    Candidate,
    floats,
    integers,
    outlook_of,
    read_candidates,
)
from inventory.services.replenishment_settings import read_settings
from inventory.services.stock_positions import StockPositions, read_positions

NO_ROUNDING: Final = 6


def find_needs(*, as_of: date) -> list[Need]:
    """What is to be ordered now, by warehouse and SKU; within the budget, if there is one.

    Position counts stock on hand, less what is set aside, what is on order or on the way from
    another warehouse, and what people put or left in drafts.
    """
    settings = read_settings()
    candidates = read_candidates(as_of=as_of)
    if not candidates:
        return []
    typed = [row.typed_level for row in candidates if row.typed_level is not None]
    leeway = (
        choose_leeway_from_past(as_of=as_of, fill_rate=float(np.mean(typed)), settings=settings)
        if typed
        else 1.0
    )
    stock = read_positions()
    planned = _plan(candidates, stock, settings, leeway)
    breaks: dict[int, list[Break]] = defaultdict(list)
    for row in PriceBreak.objects.order_by("from_quantity"):
        breaks[row.offer_id].append(Break(row.from_quantity, row.unit_cost_minor))
    needs = [
        _take_break(candidate, facts, breaks.get(candidate.offer.id, ()))
        for candidate, facts in planned
    ]
    return keep_within_budget(needs, budget_minor=settings.budget_minor, breaks=breaks)


def _plan(
    candidates: Sequence[Candidate],
    stock: StockPositions,
    settings: ReplenishmentSettings,
    leeway: float,
) -> list[tuple[Candidate, dict[str, Any]]]:
    """Who is due, with the facts up to the quantity in packs that will sell before it expires.

    What is counted with is what is stored: inputs are rounded first, so that anybody can count
    again from the line alone.
    """
    outlook = outlook_of(candidates)
    daily = floats(
        [row.share * row.forecast.units / row.forecast.horizon_days for row in candidates]
    )
    price = floats([row.offer.sku_price_minor for row in candidates])
    cost = floats([row.offer.unit_cost_minor + row.offer.freight_minor for row in candidates])
    margin, holding = np.maximum(0.0, price - cost), settings.yearly_holding_share * cost
    lot = economic_lot(
        daily, order_cost=float(settings.order_line_cost_minor), yearly_holding_cost=holding
    )
    from_costs = service_level_from_costs(
        daily,
        lot,
        unit_margin=margin,
        yearly_holding_cost=holding,
        floor=settings.service_level_floor,
        cap=settings.service_level_cap,
    )
    typed = floats([np.nan if row.typed_level is None else row.typed_level for row in candidates])
    level = np.where(np.isnan(typed), from_costs, typed).round(4)
    leeway = round(leeway, 4)
    # What costs ask for is the share of windows itself; what staff type is a share of units.
    probability = np.where(
        np.isnan(typed),
        level,
        window_probability(level, outlook.cover_days, leeway=leeway),
    ).round(NO_ROUNDING)
    bound = demand_bound(outlook, probability).round(4)
    places = [(row.forecast.sku_id, row.warehouse_id) for row in candidates]
    held = {
        name: np.array([units.get(place, 0) for place in places], dtype=np.int64)
        for name, units in (
            ("on_hand", stock.on_hand),
            ("reserved", stock.reserved),
            ("on_order", stock.on_order),
            ("in_transfer", stock.in_transfer),
            ("in_drafts", stock.in_drafts),
        )
    }
    position = stock_position(
        on_hand=held["on_hand"],
        reserved=held["reserved"],
        on_order=held["on_order"] + held["in_transfer"],
        in_drafts=held["in_drafts"],
    )
    pack = integers([row.offer.pack_size for row in candidates])
    minimum = integers([row.offer.minimum_order_quantity for row in candidates])
    minimum_stock = integers([row.minimum_stock for row in candidates])
    plan = plan_orders(
        position=position,
        window_quantile=bound,
        lot=lot,
        pack=pack,
        minimum=minimum,
        minimum_stock=minimum_stock,
    )
    shelf_life = floats([row.offer.shelf_life_days or np.nan for row in candidates])
    keeps = sells_before_expiry(
        daily,
        shelf_life,
        window_median=outlook.quantiles[:, 0],
        cover_days=outlook.cover_days,
    )
    kept = within_shelf_life(
        plan.quantity, keeps - np.maximum(0, position), pack=pack, minimum=minimum
    )
    columns: dict[str, FloatArray | IntArray] = {
        "daily_units": daily,
        "lead_time_mean_days": outlook.lead_mean,
        "lead_time_sd_days": outlook.lead_sd,
        "service_level": level,
        "window_probability": probability,
        "quantile_units": bound,
        **held,
        "position": plan.position,
        "minimum_stock": minimum_stock,
        "reorder_point": plan.reorder_point,
        "lot": plan.lot,
        "order_up_to": plan.order_up_to,
        "shortfall": plan.shortfall,
        "after_packs_and_minimum": plan.quantity,
        "after_shelf_life": kept,
    }
    due = np.flatnonzero(kept > 0)
    lists = {name: column[due].tolist() for name, column in columns.items()}
    quantiles = outlook.quantiles[due].tolist()
    own_mean, own_sd = outlook.own_mean[due].tolist(), outlook.own_sd[due].tolist()
    sells = keeps[due].tolist()
    names = [f"{QUANTILE_FACT}{share}" for share in outlook.shares.tolist()]
    facts = []
    for number, row in enumerate(candidates[place] for place in due.tolist()):
        known: dict[str, Any] = {name: values[number] for name, values in lists.items()}
        known |= dict(zip(names, quantiles[number], strict=True))
        known |= {
            "forecast_units": round(row.forecast.units, 3),
            "forecast_days": row.forecast.horizon_days,
            "forecast_as_of": row.forecast.as_of.isoformat(),
            "warehouse_share": row.share,
            "own_daily_mean": None if row.own is None else own_mean[number],
            "own_daily_sd": None if row.own is None else own_sd[number],
            "lead_time_receipts": row.lead.receipts,
            "review_period_days": row.review_days,
            "service_level_from": "costs" if row.typed_level is None else "staff",
            "fill_leeway": None if row.typed_level is None else leeway,
            "pack_size": row.offer.pack_size,
            "minimum_order_quantity": row.offer.minimum_order_quantity,
            "shelf_life_days": row.offer.shelf_life_days,
            "sells_before_expiry": (
                None if row.offer.shelf_life_days is None else int(sells[number])
            ),
            "unit_price_minor": row.offer.sku_price_minor,
            "offered_cost_minor": row.offer.unit_cost_minor,
            "freight_minor": row.offer.freight_minor,
            "yearly_holding_share": settings.yearly_holding_share,
            "order_line_cost_minor": settings.order_line_cost_minor,
            "supplier_is_assumed": row.offer.supplier_is_assumed,
        }
        facts.append((row, known))
    return facts


def _take_break(candidate: Candidate, facts: dict[str, Any], breaks: Sequence[Break]) -> Need:
    quantity = int(facts["after_shelf_life"])
    keeps = facts["sells_before_expiry"]
    raised, unit_cost = best_break(
        quantity,
        facts["offered_cost_minor"],
        breaks,
        pack=facts["pack_size"],
        minimum=facts["minimum_order_quantity"],
        daily_demand=facts["daily_units"],
        room=room_for_breaks(
            position=facts["position"],
            reorder_point=facts["reorder_point"],
            quantity=quantity,
            daily_demand=facts["daily_units"],
            keeps=np.inf if keeps is None else keeps - max(0, facts["position"]),
        ),
        order_line_cost=float(facts["order_line_cost_minor"]),
        yearly_holding_share=facts["yearly_holding_share"],
    )
    facts |= {
        "price_breaks": [[row.from_quantity, row.unit_cost] for row in breaks],
        "after_price_break": raised,
        "quantity": raised,
        "unit_cost_minor": unit_cost,
    }
    return Need(
        sku_id=candidate.forecast.sku_id,
        warehouse_id=candidate.warehouse_id,
        offer=candidate.offer,
        forecast=candidate.forecast,
        quantity=raised,
        unit_cost_minor=unit_cost,
        explanation=explain(facts),
    )
