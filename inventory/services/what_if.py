"""What the last months would have been under other rules of re-ordering. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.demand_bounds import expected_shortage
from inventory.algorithms.fill_target import LARGEST_LEEWAY
from inventory.algorithms.past_outlooks import reorder_levels
from inventory.algorithms.simulation import Purse, Replay, Rule, min_max_rule, replay
from inventory.models import DemandDay, GoodsReceiptLine, StockLevel, StockMovement
from inventory.services.fill_targets import leeway_of
from inventory.services.past_shop import REPLAY_DAYS, WARM_UP_DAYS, PastShop, read_past_shop
from inventory.services.replenishment_settings import read_settings

DAYS_A_WEEK: Final = 7
DAYS_A_YEAR: Final = 365.0


class Policy(StrEnum):
    """How a rule finds when to order."""

    FORECAST = "forecast"
    MONTHLY = "min_max_monthly"
    STATIC = "min_max_static"


class Scenario(StrEnum):
    """Whose rule an outcome is of."""

    HAPPENED = "happened"
    NOW = "now"
    CHANGED = "changed"
    HABIT = "habit"


@dataclass(frozen=True, slots=True)
class Change:
    """What a buyer wants to know. service_level: a fill rate for every SKU; None: as decided.

    lead_time_percent: of what suppliers need now. budget_minor: for orders of a week, None: any.
    """

    service_level: float | None = None
    lead_time_percent: int = 100
    budget_minor: int | None = None
    policy: Policy = Policy.FORECAST


@dataclass(frozen=True, slots=True)
class Outcome:
    """Money in minor units. short_days: days times SKUs on which not all was there."""

    scenario: Scenario
    fill_rate: float
    short_days: int
    stock_minor: int
    lost_margin_minor: int
    holding_minor: int
    ordering_minor: int
    order_lines: int
    weekly_fill: Sequence[float]

    @property
    def cost_minor(self) -> int:
        return self.lost_margin_minor + self.holding_minor + self.ordering_minor


@dataclass(frozen=True, slots=True)
class WhatIf:
    first_day: date
    last_day: date
    skus: int
    units: int
    currency: str
    weeks: Sequence[date]
    outcomes: Sequence[Outcome]


def replay_past(*, change: Change) -> WhatIf | None:
    """The last ten weeks, after two to warm up; None while there is too little past."""
    as_of = DemandDay.objects.aggregate(day=Max("day"))["day"]
    if as_of is None:
        return None
    settings = read_settings()
    shop = read_past_shop(as_of=as_of, settings=settings)
    if shop is None:
        return None
    # Shorter or longer lead times change what is ordered and when it comes; the rest stays.
    other = (
        shop
        if change.lead_time_percent == 100
        else read_past_shop(
            as_of=as_of,
            settings=settings,
            lead_time_factor=max(1, change.lead_time_percent) / 100,
        )
    )
    if other is None:
        return None
    outcomes = [
        _happened(shop),
        _outcome(Scenario.NOW, _live(shop, _forecast_rule(shop, _today(shop)))),
        _outcome(Scenario.CHANGED, _changed(other, change)),
        _outcome(Scenario.HABIT, _live(shop, _habit_rule(shop, is_static=False))),
    ]
    first = shop.last_day - timedelta(days=REPLAY_DAYS - WARM_UP_DAYS - 1)
    return WhatIf(
        first_day=first,
        last_day=shop.last_day,
        skus=len(shop.sku_ids),
        units=int(shop.scene.demand[:, WARM_UP_DAYS:].sum()),
        currency=shop.currency,
        weeks=[
            first + timedelta(days=number)
            for number in range(0, REPLAY_DAYS - WARM_UP_DAYS, DAYS_A_WEEK)
        ],
        outcomes=outcomes,
    )


@dataclass(frozen=True, slots=True)
class _Aim:
    """Fill rate asked of each SKU (NaN: from costs), and how strictly."""

    asked: FloatArray
    leeway: float


def _today(shop: PastShop) -> _Aim:
    asked = shop.terms.asked_level
    typed = asked[np.isfinite(asked)]
    leeway = leeway_of(shop, fill_rate=float(typed.mean())) if len(typed) else LARGEST_LEEWAY
    return _Aim(asked, leeway)


def _changed(shop: PastShop, change: Change) -> Replay:
    if change.policy is not Policy.FORECAST:
        rule = _habit_rule(shop, is_static=change.policy is Policy.STATIC)
        return _live(shop, rule, purse=_purse(shop, change.budget_minor))
    aim = _today(shop)
    if change.service_level is not None:
        leeway = leeway_of(shop, fill_rate=change.service_level)
        aim = _Aim(np.full(len(shop.sku_ids), change.service_level), leeway)
    return _live(shop, _forecast_rule(shop, aim), purse=_purse(shop, change.budget_minor))


def _forecast_rule(shop: PastShop, aim: _Aim) -> Rule:
    terms = replace(shop.terms, asked_level=aim.asked)
    return lambda day: reorder_levels(
        shop.outlooks.of(shop.replayed_from + day), terms, leeway=aim.leeway
    )


def _habit_rule(shop: PastShop, *, is_static: bool) -> Rule:
    return min_max_rule(
        shop.units,
        shop.replayed_from,
        lead_mean=shop.outlooks.lead_mean,
        unit_cost=shop.terms.unit_cost,
        order_line_cost=shop.terms.order_line_cost,
        yearly_holding_share=shop.terms.yearly_holding_share,
        is_static=is_static,
    )


def _purse(shop: PastShop, budget_minor: int | None) -> Purse | None:
    if budget_minor is None:
        return None

    def gain(day: int, position: IntArray, ordered: IntArray) -> FloatArray:
        week = day - day % DAYS_A_WEEK
        demand = shop.outlooks.of(shop.replayed_from + week).demand
        before = expected_shortage(demand.shares, demand.quantiles, position.astype(np.float64))
        after = expected_shortage(
            demand.shares, demand.quantiles, (position + ordered).astype(np.float64)
        )
        avoided: FloatArray = shop.terms.unit_margin * (before - after)
        return avoided

    return Purse(money_a_week=float(budget_minor), gain=gain)


def _live(shop: PastShop, rule: Rule, *, purse: Purse | None = None) -> Replay:
    return replay(shop.scene, rule, warm_up_days=WARM_UP_DAYS, purse=purse)


def _outcome(scenario: Scenario, done: Replay) -> Outcome:
    weeks = np.arange(len(done.daily_requested)) // DAYS_A_WEEK
    return Outcome(
        scenario=scenario,
        fill_rate=done.fill_rate,
        short_days=int(done.days_short.sum()),
        stock_minor=round(done.mean_stock_money),
        lost_margin_minor=round(done.lost_margin),
        holding_minor=round(done.holding),
        ordering_minor=round(done.ordering),
        order_lines=done.order_lines,
        weekly_fill=_weekly(weeks, done.daily_requested, done.daily_requested * done.daily_fill),
    )


def _weekly(weeks: IntArray, requested: IntArray, filled: FloatArray | IntArray) -> list[float]:
    asked = np.bincount(weeks, weights=requested)
    given = np.bincount(weeks, weights=filled)
    share: list[float] = np.divide(given, asked, out=np.ones(len(asked)), where=asked > 0).tolist()
    return share


def _happened(shop: PastShop) -> Outcome:
    """From the ledger: what was asked for and filled, what lay there in the evenings."""
    measured = slice(WARM_UP_DAYS, None)
    requested = shop.scene.demand[:, measured]
    filled = shop.filled[:, measured]
    stock = _stock_money(shop)
    first = shop.last_day - timedelta(days=requested.shape[1] - 1)
    lines = GoodsReceiptLine.objects.filter(
        receipt__received_at__gte=_morning(first),
        receipt__received_at__lt=_morning(shop.last_day + timedelta(days=1)),
    ).aggregate(lines=Count("pk"))["lines"]
    missed = (requested - filled).sum(axis=1)
    total = int(requested.sum())
    return Outcome(
        scenario=Scenario.HAPPENED,
        fill_rate=int(filled.sum()) / total if total else 1.0,
        short_days=int(shop.was_short[:, measured].sum()),
        stock_minor=round(float(stock.mean())),
        lost_margin_minor=round(float((missed * shop.terms.unit_margin).sum())),
        holding_minor=round(float(stock.sum()) * shop.terms.yearly_holding_share / DAYS_A_YEAR),
        ordering_minor=round(lines * shop.terms.order_line_cost),
        order_lines=lines,
        weekly_fill=_weekly(
            np.arange(requested.shape[1]) // DAYS_A_WEEK, requested.sum(axis=0), filled.sum(axis=0)
        ),
    )


def _stock_money(shop: PastShop) -> FloatArray:
    """Cost of what lay there in the evenings measured, counted back from today's stock.

    What was sold is read from the days of demand: an issue for every line of an order would be a
    hundred times as many rows.
    """
    days = REPLAY_DAYS - WARM_UP_DAYS
    rows = {sku_id: row for row, sku_id in enumerate(shop.sku_ids.tolist())}
    on_hand = np.zeros(len(rows), dtype=np.int64)
    for sku_id, units in (
        StockLevel.objects.order_by()
        .values("sku_id")
        .annotate(units=Sum("on_hand"))
        .values_list("sku_id", "units")
    ):
        if sku_id in rows:
            on_hand[rows[sku_id]] = units
    moved = np.zeros((len(rows), days + 1), dtype=np.int64)
    first = shop.last_day - timedelta(days=days - 1)
    others = (
        StockMovement.objects.filter(occurred_at__gte=_morning(first))
        .exclude(kind=StockMovement.Kind.ISSUE)
        .order_by()
        .annotate(day=TruncDate("occurred_at", tzinfo=timezone.get_default_timezone()))
        .values("sku_id", "day")
        .annotate(units=Sum("quantity"))
        .values_list("sku_id", "day", "units")
    )
    for sku_id, day, units in others:
        if sku_id in rows:
            moved[rows[sku_id], min(days, (day - first).days)] += units
    after = moved[:, 1:] - np.concatenate(
        [shop.filled[:, WARM_UP_DAYS + 1 :], np.zeros((len(rows), 1), dtype=np.int64)], axis=1
    )
    # Evening by evening from the last one back.
    later = np.cumsum(after[:, ::-1], axis=1)[:, ::-1]
    evenings = np.maximum(0, on_hand[:, None] - later)
    money: FloatArray = (evenings * shop.terms.unit_cost[:, None]).sum(axis=0)
    return money


def _morning(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
