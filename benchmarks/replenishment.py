"""Re-ordering by the shop against the usual rules, replayed on a real order history.

The last 84 days (14 to warm up, 70 measured) are lived through day by day. Once a week a rule may
change its levels; it is given the history up to the day before and nothing else. Sales that cannot
be filled are lost. Every rule meets the same demand and the same lead times, and orders the same
economic lot of the daily demand that it expects itself.
"""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

from benchmarks.forecast import LEAD_SPREAD, SEED, _features, _files, _load
from benchmarks.result import BenchmarkResult, cpu_seconds
from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.demand_bounds import DemandOutlook, demand_bound
from inventory.algorithms.demand_evaluation import DemandFeatures
from inventory.algorithms.demand_model import DemandSettings
from inventory.algorithms.demand_training import choose_settings, fit_demand_model
from inventory.algorithms.fill_target import choose_leeway, window_probability
from inventory.algorithms.history import has_enough_history
from inventory.algorithms.lead_times import draw_lead_times
from inventory.algorithms.own_demand import own_moments
from inventory.algorithms.past_outlooks import DRAWS, LONGEST_WINDOW_DAYS, MONTH_DAYS, SHARES
from inventory.algorithms.replenishment import economic_lot, whole_units
from inventory.algorithms.simulation import Levels, Replay, Rule, Scene, min_max_rule, replay

SCENE_DAYS = 84
WARM_UP_DAYS = 14
WEEK = 7
ASKED = 0.95
COST_SHARE = 0.5
ORDER_LINE_COST = 200.0
YEARLY_HOLDING_SHARE = 0.25
LEEWAYS = (3.0, 2.0, 1.4, 1.0, 0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05)
LEVELS = (0.90, 0.93, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999, 0.9999, 0.999999)
TIMES_LEAD_TIME = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0)
PACKS = np.array([1, 6, 12, 24])


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of order files (CSV)")
    parser.add_argument("--format", default="online-retail", choices=["online-retail", "shop"])
    parser.add_argument("--holidays", default="GB-ENG", help="country of the shop, empty for none")
    parser.add_argument(
        "--days-before-end", type=int, default=0, help="replay 84 days that ended so much earlier"
    )


@dataclass(frozen=True)
class Outlook:
    """What the shop knew on the evening before day `origin`, for every SKU of the history."""

    demand: DemandOutlook
    daily: FloatArray
    is_known: FloatArray


class Shop:
    """Answers with the shop's own levels, learned anew from what was known on each morning."""

    def __init__(self, features: DemandFeatures, settings_from: int) -> None:
        self.features = features
        earliest = _known(features, settings_from)
        self.settings: DemandSettings = choose_settings(earliest.history, earliest.revenue)
        self.unit_cost = COST_SHARE * _prices(features, settings_from)
        self._outlooks: dict[int, Outlook] = {}
        self._leeways: dict[int, float] = {}

    def outlook(self, origin: int) -> Outlook:
        if origin not in self._outlooks:
            self._outlooks[origin] = self._learn(origin)
        return self._outlooks[origin]

    def _learn(self, origin: int) -> Outlook:
        rows = np.flatnonzero(has_enough_history(self.features.history.until(origin)))
        known = _known(self.features, origin)
        model = fit_demand_model(
            known.history,
            known.sku_ids,
            lead_mean=known.lead_mean,
            lead_sd=known.lead_sd,
            review_days=known.review_days,
            settings=self.settings,
        )
        calendar = known.history.calendar.extended_to(origin + LONGEST_WINDOW_DAYS)
        ahead = slice(origin, origin + LONGEST_WINDOW_DAYS)
        draws = draw_lead_times(known.lead_mean, known.lead_sd, n_draws=DRAWS)
        days = np.minimum(draws + known.review_days[:, None], LONGEST_WINDOW_DAYS)
        shape = (calendar.weekdays[ahead], calendar.is_closed[ahead])
        means = model.window_mean(
            days, *shape, model.effects(calendar.day(origin), LONGEST_WINDOW_DAYS)
        )
        month = slice(origin, origin + MONTH_DAYS)
        daily = model.predict(
            calendar.weekdays[month],
            calendar.is_closed[month],
            model.effects(calendar.day(origin), MONTH_DAYS),
        ).mean(axis=1)
        mean, spread = own_moments(known.history)
        n_skus = self.features.history.n_skus
        quantiles = np.zeros((n_skus, len(SHARES)))
        quantiles[rows] = np.stack(
            [model.window_quantile(means, share) for share in SHARES], axis=1
        )
        return Outlook(
            demand=DemandOutlook(
                shares=SHARES,
                quantiles=quantiles,
                lead_mean=self.features.lead_mean,
                lead_sd=self.features.lead_sd,
                review_days=self.features.review_days,
                own_mean=_spread_out(mean, rows, n_skus, np.nan),
                own_sd=_spread_out(spread, rows, n_skus, np.nan),
            ),
            daily=_spread_out(daily, rows, n_skus, 0.0),
            is_known=_spread_out(np.ones(len(rows)), rows, n_skus, 0.0),
        )

    def levels(self, origin: int, rows: IntArray, *, leeway: float) -> Levels:
        outlook = self.outlook(origin)
        asked = np.full(self.features.history.n_skus, ASKED)
        probability = window_probability(asked, outlook.demand.cover_days, leeway=leeway)
        point = whole_units(demand_bound(outlook.demand, probability) * outlook.is_known)
        lot = economic_lot(
            outlook.daily,
            order_cost=ORDER_LINE_COST,
            yearly_holding_cost=YEARLY_HOLDING_SHARE * self.unit_cost,
        )
        return Levels(point[rows], (point + lot)[rows])

    def leeway(self, origin: int) -> float:
        """As the shop would have chosen it that morning, from the 84 days before."""
        if origin not in self._leeways:
            first = origin - SCENE_DAYS
            rows = np.flatnonzero(has_enough_history(self.features.history.until(first)))
            scene = make_scene(self.features, self.unit_cost, rows, first, origin)

            def replayed(leeway: float) -> Replay:
                return replay(
                    scene,
                    lambda day: self.levels(first + day, rows, leeway=leeway),
                    warm_up_days=WARM_UP_DAYS,
                )

            self._leeways[origin] = choose_leeway(replayed, fill_rate=ASKED)
        return self._leeways[origin]


def measure(options: Mapping[str, Any]) -> BenchmarkResult:
    features = _features(_load(options["data"], options["format"]), options["holidays"])
    end = features.history.n_days - options["days_before_end"]
    start = end - SCENE_DAYS
    rows = np.flatnonzero(has_enough_history(features.history.until(start)))
    with cpu_seconds() as learning:
        shop = Shop(features, start)
        for origin in range(start - SCENE_DAYS, end, WEEK):
            shop.outlook(origin)
    scene = make_scene(features, shop.unit_cost, rows, start, end)

    def at_asked(day: int) -> Levels:
        return shop.levels(start + day, rows, leeway=shop.leeway(start + day))

    def at(leeway: float) -> Rule:
        return lambda day: shop.levels(start + day, rows, leeway=leeway)

    with cpu_seconds() as asking:
        asked = replay(scene, at_asked, warm_up_days=WARM_UP_DAYS)
    with cpu_seconds() as replaying:
        replay(scene, at(0.5), warm_up_days=WARM_UP_DAYS)
    packed_scene = replace(scene, pack=PACKS[np.arange(len(rows)) % len(PACKS)])
    packed = replay(packed_scene, at_asked, warm_up_days=WARM_UP_DAYS)
    habit = partial(
        min_max_rule,
        features.history.units[rows].astype(np.int64),
        start,
        lead_mean=features.lead_mean[rows],
        unit_cost=scene.unit_cost,
        order_line_cost=ORDER_LINE_COST,
        yearly_holding_share=YEARLY_HOLDING_SHARE,
    )
    normal = partial(_normal_rule, features, scene, rows, start)
    ours = _frontier(scene, [at(leeway) for leeway in LEEWAYS])
    frontiers = {
        "min_max_monthly": _frontier(scene, [habit(times_lead_time=k) for k in TIMES_LEAD_TIME]),
        "min_max_static": _frontier(
            scene, [habit(times_lead_time=k, is_static=True) for k in TIMES_LEAD_TIME]
        ),
        "normal_safety_stock": _frontier(scene, [normal(level) for level in LEVELS]),
    }
    typed = {
        "min_max_monthly": habit(),
        "min_max_static": habit(is_static=True),
        "normal_safety_stock": normal(ASKED),
    }
    target = min(ASKED, frontiers["min_max_monthly"][-1].fill_rate)
    here, there = _at(ours, target), _at(frontiers["min_max_monthly"], target)
    figures: dict[str, Any] = _told(asked) | {
        "asked_fill_rate": ASKED,
        "compared_at_fill_rate": target,
        "stock_money_there": here["stock_money"],
        "cost_there": here["cost"],
        "stock_against_min_max_monthly": _against(here["stock_money"], there["stock_money"]),
        "cost_against_min_max_monthly": _against(here["cost"], there["cost"]),
        "in_packs": _told(packed),
        "leeways": [round(shop.leeway(start + day), 3) for day in range(0, SCENE_DAYS, WEEK)],
        "learning_cpu_seconds": round(learning.seconds, 2),
        "choosing_leeways_cpu_seconds": round(asking.seconds, 2),
        "one_replay_cpu_seconds": round(replaying.seconds, 3),
    }
    for fill in (0.90, 0.93):
        figures[f"stock_money_at_{round(100 * fill)}"] = _at(ours, fill)["stock_money"]
        figures[f"cost_at_{round(100 * fill)}"] = _at(ours, fill)["cost"]
    return BenchmarkResult(
        benchmark="replenishment",
        figures=figures,
        baselines={
            name: _told(replay(scene, typed[name], warm_up_days=WARM_UP_DAYS))
            | {
                "highest_fill_rate": frontier[-1].fill_rate,
                "stock_money_there": _at(frontier, target)["stock_money"],
                "cost_there": _at(frontier, target)["cost"],
                "stock_money_at_90": _at(frontier, 0.90)["stock_money"],
                "cost_at_90": _at(frontier, 0.90)["cost"],
                "stock_money_at_93": _at(frontier, 0.93)["stock_money"],
                "cost_at_93": _at(frontier, 0.93)["cost"],
            }
            for name, frontier in frontiers.items()
        },
        setup={
            "data": [path.name for path in _files(options["data"])],
            "skus": len(rows),
            "units": int(scene.demand[:, WARM_UP_DAYS:].sum()),
            "from": features.history.calendar.day(start + WARM_UP_DAYS).isoformat(),
            "until": features.history.calendar.day(end - 1).isoformat(),
            "warm_up_days": WARM_UP_DAYS,
            "lead_time_spread": LEAD_SPREAD,
            "cost_share_of_price": COST_SHARE,
            "yearly_holding_share": YEARLY_HOLDING_SHARE,
            "order_line_cost_minor": ORDER_LINE_COST,
            "money": "minor units",
            "seed": SEED,
        },
    )


def make_scene(
    features: DemandFeatures, unit_cost: FloatArray, rows: IntArray, first: int, end: int
) -> Scene:
    """The days from `first` to `end`, with lead times that are the same in every scene."""
    mean = features.lead_mean[:, None]
    shape, scale = 1.0 / LEAD_SPREAD**2, LEAD_SPREAD**2 * mean
    rng = np.random.default_rng(SEED)
    size = (features.history.n_skus, features.history.n_days)
    lead_days = np.maximum(1, np.rint(rng.gamma(shape, scale, size=size))).astype(np.int64)
    ones = np.ones(len(rows), dtype=np.int64)
    return Scene(
        demand=np.rint(features.history.units[rows, first:end]).astype(np.int64),
        lead_days=lead_days[rows, first:end],
        unit_cost=unit_cost[rows],
        unit_margin=unit_cost[rows] * (1.0 / COST_SHARE - 1.0),
        pack=ones,
        minimum=ones,
        order_line_cost=ORDER_LINE_COST,
        yearly_holding_share=YEARLY_HOLDING_SHARE,
    )


def _known(features: DemandFeatures, origin: int) -> DemandFeatures:
    rows = has_enough_history(features.history.until(origin))
    return replace(features.of(rows), origin=origin).known()


def _prices(features: DemandFeatures, origin: int) -> FloatArray:
    """Mean price of what was sold before; of all that was ever sold where nothing was."""
    units, revenue = features.history.units.astype(np.float64), features.revenue
    past, money = units[:, :origin].sum(axis=1), revenue[:, :origin].sum(axis=1)
    later = revenue.sum(axis=1) / np.maximum(1.0, units.sum(axis=1))
    prices: FloatArray = np.where(past > 0, money / np.maximum(1.0, past), later)
    return prices


def _spread_out(values: FloatArray, rows: IntArray, n_skus: int, missing: float) -> FloatArray:
    column = np.full(n_skus, missing)
    column[rows] = values
    return column


def _normal_rule(
    features: DemandFeatures, scene: Scene, rows: IntArray, start: int, level: float
) -> Rule:
    """The textbook: mean over the window plus z standard deviations, from the last 90 days."""
    z = float(norm.ppf(level))
    lead_mean, lead_sd = features.lead_mean[rows], features.lead_sd[rows]
    cover = lead_mean + features.review_days[rows]

    def levels(day: int) -> Levels:
        past = features.history.units[rows, max(0, start + day - 90) : start + day]
        mean, spread = past.mean(axis=1, dtype=np.float64), past.std(axis=1, dtype=np.float64)
        deviation = np.sqrt(cover * spread**2 + (mean * lead_sd) ** 2)
        point = whole_units(mean * cover + z * deviation)
        lot = economic_lot(
            mean,
            order_cost=ORDER_LINE_COST,
            yearly_holding_cost=YEARLY_HOLDING_SHARE * scene.unit_cost,
        )
        return Levels(point, point + lot)

    return levels


def _frontier(scene: Scene, rules: Sequence[Rule]) -> list[Replay]:
    """By fill rate, from the lowest to the highest."""
    replays = [replay(scene, rule, warm_up_days=WARM_UP_DAYS) for rule in rules]
    return sorted(replays, key=lambda done: done.fill_rate)


def _at(frontier: Sequence[Replay], fill_rate: float) -> dict[str, float | None]:
    """Stock and cost at a fill rate, between two replays; None where none reaches so far."""
    fills = [done.fill_rate for done in frontier]
    if not fills[0] <= fill_rate <= fills[-1]:
        return {"stock_money": None, "cost": None}
    return {
        "stock_money": float(
            np.interp(fill_rate, fills, [done.mean_stock_money for done in frontier])
        ),
        "cost": float(np.interp(fill_rate, fills, [done.cost for done in frontier])),
    }


def _against(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or not theirs else ours / theirs - 1.0


def _told(done: Replay) -> dict[str, float]:
    return {
        "fill_rate": done.fill_rate,
        "stock_money": done.mean_stock_money,
        "cost": done.cost,
        "lost_margin": done.lost_margin,
        "holding": done.holding,
        "ordering": done.ordering,
        "order_lines": float(done.order_lines),
        "short_share_of_sku_days": done.short_share,
    }
