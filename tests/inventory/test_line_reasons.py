"""Each line can be counted again from what is stored with it, by other means than the shop's."""

from datetime import timedelta
from math import ceil, exp, floor, inf, isclose, log, sqrt
from typing import Any

import numpy as np
import pytest
from scipy.stats import gamma

from inventory.models import (
    DemandDay,
    PriceBreak,
    PurchaseOrderLine,
    ReorderPolicy,
    ReplenishmentSettings,
)
from inventory.services.drafting import draft_purchase_orders
from inventory.services.stock import default_warehouse
from tests.factories import make_stock_level, make_supplier, make_warehouse
from tests.inventory.factories import LAST_DAY, make_replenished_sku

pytestmark = pytest.mark.django_db


def up(units: float) -> int:
    return ceil(max(0.0, units) - 1e-6)


def count_again(facts: dict[str, Any]) -> int:
    """The quantity of a line before any budget, from its facts alone."""
    daily, cost = facts["daily_units"], facts["offered_cost_minor"] + facts["freight_minor"]
    holding, yearly = facts["yearly_holding_share"] * cost, 365 * daily
    wilson = sqrt(2 * yearly * facts["order_line_cost_minor"] / holding)
    lot = up(min(max(wilson, 7 * daily), 42 * daily))
    cover = facts["lead_time_mean_days"] + facts["review_period_days"]
    level = facts["service_level"]
    if facts["service_level_from"] == "costs":
        margin = max(0, facts["unit_price_minor"] - cost)
        critical = 1 - holding * lot / (holding * lot + margin * yearly)
        assert isclose(level, round(min(max(critical, 0.8), 0.99), 4), abs_tol=1e-9)
        share = level
    else:
        share = 1 - facts["fill_leeway"] * (1 - level) * (cover / 8) ** 0.7
        share = min(max(share, 0.5), 0.999)
    known = sorted(
        (float(name.rpartition("_")[2]), units)
        for name, units in facts.items()
        if name.startswith("forecast_quantile_")
    )
    shares, units = zip(*known, strict=True)
    bound = float(np.interp(share, shares, units))
    if share > shares[-1]:
        scale = (units[-1] - units[-2]) / log((1 - shares[-2]) / (1 - shares[-1]))
        bound += scale * log((1 - shares[-1]) / (1 - share))
    if facts["own_daily_mean"] is not None:
        mean = facts["own_daily_mean"] * cover
        spread = facts["own_daily_mean"] * facts["lead_time_sd_days"]
        variance = cover * facts["own_daily_sd"] ** 2 + spread**2
        own = gamma.ppf(share, mean**2 / variance, scale=variance / mean) if mean else 0.0
        bound = exp((log(bound + 0.5) + log(own + 0.5)) / 2) - 0.5
    point = max(up(bound), facts["minimum_stock"])
    position = (
        facts["on_hand"]
        - facts["reserved"]
        + facts["on_order"]
        + facts["in_transfer"]
        + facts["in_drafts"]
    )
    if not (position <= point and point > 0) and position >= 0:
        return 0
    pack, minimum = facts["pack_size"], facts["minimum_order_quantity"]
    quantity = ceil(max(point + lot - position, minimum) / pack) * pack
    room = inf
    if facts["shelf_life_days"] is not None:
        median = known[0][1]
        shrunk = min(1.0, median / (daily * cover)) if daily * cover else 1.0
        room = floor(daily * facts["shelf_life_days"] * shrunk + 1e-6) - max(0, position)
        least = ceil(minimum / pack) * pack
        down = int(max(0, min(quantity, room))) // pack * pack
        quantity = down if down >= least else least if 2 * room >= least else 0
    best = (quantity, facts["offered_cost_minor"])
    most = max(quantity, min(point + 42 * daily - position, room))

    def a_year(units: int, price: int) -> float:
        ordering = facts["order_line_cost_minor"] * yearly / units
        return float(yearly * price + ordering + facts["yearly_holding_share"] * price * units / 2)

    for from_quantity, price in facts["price_breaks"]:
        raised = ceil(max(quantity, from_quantity) / pack) * pack
        if (raised <= most or raised == quantity) and a_year(raised, price) < a_year(*best):
            best = (raised, price)
    return int(best[0])


def make_varied_shop() -> None:
    rng = np.random.default_rng(4)
    supplier = make_supplier(lead_time_days=11.0, lead_time_sd_days=4.5)
    second, rows = make_warehouse(), []
    for number in range(24):
        offer = make_replenished_sku(
            service_level=None if number % 3 == 0 else 0.9 + 0.004 * number,
            units=28.0 * float(rng.lognormal(0, 1)),
            offer={
                "supplier": supplier,
                "unit_cost_minor": int(rng.integers(50, 1500)),
                "freight_minor": int(rng.integers(0, 40)),
                "pack_size": int(rng.choice([1, 6, 12])),
                "minimum_order_quantity": int(rng.choice([1, 20])),
                "shelf_life_days": None if number % 4 else int(rng.integers(10, 60)),
            },
        )
        if number % 5 == 0:
            ReorderPolicy.objects.filter(sku=offer.sku).update(minimum_stock=40)
        if number % 2 == 0:
            PriceBreak.objects.create(
                offer=offer, from_quantity=60, unit_cost_minor=offer.unit_cost_minor * 9 // 10
            )
        make_stock_level(sku=offer.sku, on_hand=int(rng.integers(0, 12)))
        for back in range(0, 120, 3):
            place = second if number % 6 == 0 and back % 2 else default_warehouse()
            units = int(rng.poisson(4))
            rows.append(
                DemandDay(
                    sku=offer.sku,
                    warehouse=place,
                    day=LAST_DAY - timedelta(days=back),
                    units_requested=units,
                    units_filled=units,
                )
            )
    DemandDay.objects.bulk_create(rows)


def test_every_quantity_follows_from_the_facts_of_its_line() -> None:
    make_varied_shop()
    draft_purchase_orders(as_of=LAST_DAY)
    lines = list(PurchaseOrderLine.objects.select_related("order", "sku"))
    assert len(lines) > 20
    assert len({line.order.warehouse_id for line in lines}) == 2
    for line in lines:
        facts = line.explanation["facts"]
        assert count_again(facts) == line.quantity, facts
        assert facts["unit_cost_minor"] == line.unit_cost_minor
        weights = [factor["weight"] for factor in line.explanation["factors"]]
        assert sum(weights) == line.quantity
        assert line.quantity % facts["pack_size"] == 0
    assert {"costs", "staff"} == {line.explanation["facts"]["service_level_from"] for line in lines}


def test_a_line_that_a_budget_cut_says_by_how_much() -> None:
    make_replenished_sku(offer={"unit_cost_minor": 1000})
    ReplenishmentSettings.objects.create(pk=1, budget_minor=30_000)
    draft_purchase_orders(as_of=LAST_DAY)
    line = PurchaseOrderLine.objects.get()
    assert 0 < line.quantity * line.unit_cost_minor <= 30_000
    facts = line.explanation["facts"]
    assert count_again(facts) == facts["after_price_break"] == 45
    weights = {factor["name"]: factor["weight"] for factor in line.explanation["factors"]}
    assert weights["budget"] == line.quantity - 45
    assert sum(weights.values()) == line.quantity
