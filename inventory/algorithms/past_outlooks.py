"""What the shop would have known of its demand on mornings that are over."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.conformal import RatioTable
from inventory.algorithms.demand_bounds import DemandOutlook, demand_bound
from inventory.algorithms.demand_levels import fit_levels
from inventory.algorithms.demand_model import DemandSettings
from inventory.algorithms.fill_target import window_probability
from inventory.algorithms.history import DemandHistory
from inventory.algorithms.lead_times import draw_lead_times
from inventory.algorithms.own_demand import own_moments
from inventory.algorithms.replenishment import (
    economic_lot,
    service_level_from_costs,
    whole_units,
)
from inventory.algorithms.simulation import Levels

SHARES = np.array([0.5, 0.8, 0.9, 0.95, 0.98, 0.99])
DRAWS = 200
LONGEST_WINDOW_DAYS = 120
MONTH_DAYS = 28


class Outlook(NamedTuple):
    demand: DemandOutlook
    daily: FloatArray
    """Units a day over the next four weeks, shape (n_skus,)."""


@dataclass(frozen=True)
class Terms:
    """What a SKU costs and what was asked of it; arrays of shape (n_skus,)."""

    unit_cost: FloatArray
    unit_margin: FloatArray
    asked_level: FloatArray
    """Fill rate that staff typed; NaN where costs decide."""
    minimum_stock: IntArray
    order_line_cost: float
    yearly_holding_share: float
    level_floor: float
    level_cap: float


@dataclass(frozen=True)
class PastOutlooks:
    """Levels learned from what was known by then; the table of errors is that of today.

    Learning the table anew for every week would cost seconds a page has not got. It pools many
    weeks, so the replayed ones have little say in it; levels, profile and each SKU's own days know
    nothing of what came later.
    """

    history: DemandHistory
    settings: DemandSettings
    table: RatioTable
    lead_mean: FloatArray
    lead_sd: FloatArray
    review_days: IntArray
    known: dict[int, Outlook] = field(default_factory=dict)

    def of(self, day: int) -> Outlook:
        """From the days before number `day` of the history."""
        if day not in self.known:
            self.known[day] = self._learn(day)
        return self.known[day]

    def _learn(self, day: int) -> Outlook:
        past = self.history.until(day)
        levels = fit_levels(past, self.settings)
        calendar = past.calendar.extended_to(day + LONGEST_WINDOW_DAYS)
        ahead = slice(day, day + LONGEST_WINDOW_DAYS)
        shape = levels.profile.over(calendar.weekdays[ahead], calendar.is_closed[ahead])
        draws = draw_lead_times(self.lead_mean, self.lead_sd, n_draws=DRAWS)
        days = np.minimum(draws + self.review_days[:, None], LONGEST_WINDOW_DAYS)
        elapsed = np.concatenate([[0.0], np.cumsum(shape)])
        mean = levels.level * elapsed[days].mean(axis=1)
        own_mean, own_sd = own_moments(past)
        quantiles = np.stack(
            [mean * self.table.ratio(levels.level, levels.sale_share, share) for share in SHARES],
            axis=1,
        )
        return Outlook(
            demand=DemandOutlook(
                shares=SHARES,
                quantiles=quantiles,
                lead_mean=self.lead_mean,
                lead_sd=self.lead_sd,
                review_days=self.review_days,
                own_mean=own_mean,
                own_sd=own_sd,
            ),
            daily=levels.level * float(shape[:MONTH_DAYS].mean()),
        )


def reorder_levels(outlook: Outlook, terms: Terms, *, leeway: float) -> Levels:
    """When to order and up to what, as purchase orders are drafted."""
    holding = terms.yearly_holding_share * terms.unit_cost
    lot = economic_lot(outlook.daily, order_cost=terms.order_line_cost, yearly_holding_cost=holding)
    from_costs = service_level_from_costs(
        outlook.daily,
        lot,
        unit_margin=terms.unit_margin,
        yearly_holding_cost=holding,
        floor=terms.level_floor,
        cap=terms.level_cap,
    )
    asked = window_probability(terms.asked_level, outlook.demand.cover_days, leeway=leeway)
    probability = np.where(np.isnan(terms.asked_level), from_costs, asked)
    point = np.maximum(whole_units(demand_bound(outlook.demand, probability)), terms.minimum_stock)
    return Levels(point, point + lot)
