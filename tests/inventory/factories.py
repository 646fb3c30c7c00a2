"""Shops with a past, for tests of forecasting and purchasing."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from catalog.models import Category, Sku
from inventory.models import (
    CalendarEvent,
    DemandDay,
    DemandForecast,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderPolicy,
    SupplierOffer,
)
from inventory.services.stock import default_warehouse
from learning.models import Proposal, TrainingRun
from learning.services.training import retrain
from tests.factories import make_offer, make_sku

LAST_DAY = date(2026, 3, 1)


def make_demand_history(
    *, n_skus: int = 24, n_days: int = 150, seed: int = 3, last_day: date = LAST_DAY
) -> list[Sku]:
    """SKUs with weekly sales up to `last_day`; faster ones come first."""
    rng = np.random.default_rng(seed)
    warehouse = default_warehouse()
    # Assumed suppliers, and so lead times, follow from the codes: the same ones every time.
    skus = [make_sku(code=f"DEMAND-{place:03}") for place in range(n_skus)]
    days = []
    for place, sku in enumerate(skus):
        for back in range(n_days):
            day = last_day - timedelta(days=back)
            rate = 6.0 / (1 + place / 3) * (1.8 if day.weekday() == 4 else 0.9)
            if units := int(rng.poisson(rate)):
                days.append(
                    DemandDay(
                        sku=sku,
                        warehouse=warehouse,
                        day=day,
                        units_requested=units,
                        units_filled=units,
                        unit_price_minor=1999,
                    )
                )
    DemandDay.objects.bulk_create(days)
    return skus


def learn_demand(back: int = 0) -> TrainingRun:
    """Retrain for a day before the last; a version that failed its gate is no shop to test."""
    run = retrain("inventory.demand", as_of=LAST_DAY - timedelta(days=back))
    if run.status == TrainingRun.Status.REJECTED:
        gates = run.version.gates.filter(passed=False)
        pytest.fail(str(list(gates.values_list("metric", "reference", "value", "bound"))))
    return run


def make_event(
    *, categories: Iterable[Category] = (), skus: Iterable[Sku] = (), **fields: Any
) -> CalendarEvent:
    """A promotion of the whole shop on the day after the last."""
    day = LAST_DAY + timedelta(days=1)
    event = CalendarEvent.objects.create(
        **{
            "kind": "promotion",
            "name": f"Event {CalendarEvent.objects.count() + 1}",
            "starts_on": day,
            "ends_on": day,
            **fields,
        }
    )
    event.categories.set(categories)
    event.skus.set(skus)
    return event


def make_forecast(**fields: Any) -> DemandForecast:
    """In force; 28 units in 28 days, and 20 units cover 95 % of lead times."""
    if "sku" not in fields:
        fields["sku"] = make_sku()
    defaults: dict[str, Any] = {
        "warehouse": default_warehouse(),
        "as_of": LAST_DAY,
        "horizon_days": 28,
        "units": 28.0,
        "daily_units": [1.0] * 28,
        "lower_units": [0.0] * 28,
        "upper_units": [3.0] * 28,
        "cover_days": 8,
        "lead_time_quantiles": {
            "0.5": 8.0,
            "0.8": 14.0,
            "0.9": 17.0,
            "0.95": 20.0,
            "0.98": 24.0,
            "0.99": 27.0,
        },
        "confidence": 0.5,
        "explanation": {},
    }
    return DemandForecast.objects.create(**{**defaults, **fields})


def make_replenished_sku(
    *, service_level: float | None = 0.95, offer: dict[str, Any] | None = None, **forecast: Any
) -> SupplierOffer:
    """A SKU with a forecast, a policy and an offer; its reorder point is 20 at .95."""
    made = make_offer(**(offer or {}))
    if service_level is not None:
        ReorderPolicy.objects.create(sku=made.sku, service_level=service_level)
    make_forecast(sku=made.sku, **forecast)
    return made


def make_purchase_order(
    *, lines: dict[SupplierOffer, int], status: str = "draft", **fields: Any
) -> PurchaseOrder:
    offers = list(lines)
    order = PurchaseOrder.objects.create(
        **{
            "number": f"PO-TEST-{PurchaseOrder.objects.count() + 1}",
            "supplier": offers[0].supplier,
            "warehouse": default_warehouse(),
            "status": status,
            **fields,
        }
    )
    for offer, quantity in lines.items():
        PurchaseOrderLine.objects.create(
            order=order,
            sku=offer.sku,
            offer=offer,
            quantity=quantity,
            quantity_proposed=quantity,
            unit_cost_minor=offer.unit_cost_minor,
            status=(
                Proposal.ReviewStatus.PROPOSED
                if status == "draft"
                else Proposal.ReviewStatus.ACCEPTED
            ),
        )
    return order
