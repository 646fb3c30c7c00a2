"""Which price earns most within what has been seen, or why none is advised.

Profit of a horizon at price p is (p - cost) x units x (p / price now)^elasticity (constant
elasticity, as in Phillips 2005, "Pricing and Revenue Optimization", ch. 3).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.elasticity import FLATTEST, STEEPEST

# Prices seen before, and a tenth beyond: farther out nobody knows what customers do.
BEYOND_SEEN = 0.10
# One advice moves a price by a fifth at most: the next one learns from what this one did.
LONGEST_STEP = 0.20
SMALLEST_STEP = 0.01
LEAST_GAIN = 0.02
LEAST_PROBABILITY = 0.80
N_CANDIDATES = 41
# Middles of 15 equal parts of a standard normal distribution.
UPPER_DRAWS = np.array([0.168, 0.341, 0.524, 0.728, 0.967, 1.282, 1.834])
DRAWS = np.concatenate([-UPPER_DRAWS[::-1], [0.0], UPPER_DRAWS])
NINETIETH = 1.2816
SMALLEST_RATIO = 0.02


class NoAdvice(StrEnum):
    """Why nothing is advised."""

    UNKNOWN = "never sold at a price"
    LITTLE_VARIATION = "not enough price variation"
    NO_COST = "no cost known"
    NO_DEMAND = "no demand expected"
    NO_ROOM = "no price above cost and floor was ever seen"
    NO_GAIN = "no better price found"
    BUSY = "its price was changed lately"


@dataclass(frozen=True, slots=True)
class PriceSituation:
    """What an advice is made from; prices in minor units, units over the horizon.

    lowest_seen, highest_seen: prices the SKU was sold at. units: expected at the price now.
    spread: standard deviation of what is believed of the elasticity. low_ratio, high_ratio: how
    far units fall below and rise above what is expected, tenth and ninetieth percentile.
    """

    price_now: int
    unit_cost: int
    floor: int
    lowest_seen: float
    highest_seen: float
    units: float
    elasticity: float
    spread: float
    low_ratio: float
    high_ratio: float


@dataclass(frozen=True, slots=True)
class PriceOutcome:
    """What a price is expected to sell and earn; probability: that it earns more than now."""

    price: int
    units: float
    units_lower: float
    units_upper: float
    profit: int
    profit_lower: int
    profit_upper: int
    probability: float


def price_bounds(situation: PriceSituation) -> tuple[int, int]:
    """Lowest and highest price that may be advised at all; the first may exceed the second."""
    low = max((1.0 - BEYOND_SEEN) * situation.lowest_seen, situation.unit_cost + 1, situation.floor)
    high = (1.0 + BEYOND_SEEN) * situation.highest_seen
    return int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9))


def candidate_prices(situation: PriceSituation) -> IntArray:
    """Prices within reach of one step, with three digits that count, ascending."""
    low, high = price_bounds(situation)
    low = max(low, int(np.ceil((1.0 - LONGEST_STEP) * situation.price_now)))
    high = min(high, int(np.floor((1.0 + LONGEST_STEP) * situation.price_now)))
    if low > high:
        return np.zeros(0, dtype=np.int64)
    spaced = np.geomspace(low, high, N_CANDIDATES)
    step = np.maximum(1.0, 10.0 ** (np.floor(np.log10(np.maximum(spaced, 1.0))) - 2.0))
    rounded = np.unique((np.round(spaced / step) * step).astype(np.int64))
    candidates: IntArray = rounded[(rounded >= low) & (rounded <= high)]
    return candidates


def outcome(situation: PriceSituation, price: int) -> PriceOutcome:
    """What is to be expected of one price."""
    log_ratio = float(np.log(price / situation.price_now))
    beliefs = _beliefs(situation)
    units = situation.units * float(np.exp(beliefs * log_ratio).mean())
    reaction = (NINETIETH * situation.spread * log_ratio) ** 2
    down = np.sqrt(np.log(max(situation.low_ratio, SMALLEST_RATIO)) ** 2 + reaction)
    up = np.sqrt(np.log(max(situation.high_ratio, 1.0)) ** 2 + reaction)
    lower, upper = units * float(np.exp(-down)), units * float(np.exp(up))
    margin = price - situation.unit_cost
    profits = sorted((round(margin * lower), round(margin * upper)))
    return PriceOutcome(
        price=price,
        units=units,
        units_lower=lower,
        units_upper=upper,
        profit=round(margin * units),
        profit_lower=profits[0],
        profit_upper=profits[1],
        probability=_probability_of_more(situation, price, log_ratio),
    )


def advise(situation: PriceSituation) -> PriceOutcome | NoAdvice:
    """The price with the highest expected profit, or why there is none to advise.

    It must earn LEAST_GAIN more than the price now with LEAST_PROBABILITY, and differ from it by
    SMALLEST_STEP. Where the price now earns nothing (it does not cover the cost), any profit is a
    gain.
    """
    if situation.unit_cost <= 0:
        return NoAdvice.NO_COST
    if not np.isfinite(situation.units) or situation.units <= 0:
        return NoAdvice.NO_DEMAND
    if situation.price_now <= 0:
        return NoAdvice.UNKNOWN
    candidates = candidate_prices(situation)
    if not len(candidates):
        return NoAdvice.NO_ROOM
    now = outcome(situation, situation.price_now)
    found = [
        one
        for one in (outcome(situation, price) for price in candidates.tolist())
        if abs(one.price / situation.price_now - 1.0) >= SMALLEST_STEP
        and one.probability >= LEAST_PROBABILITY
        and one.profit > now.profit + LEAST_GAIN * abs(now.profit)
    ]
    return max(found, key=lambda one: one.profit) if found else NoAdvice.NO_GAIN


def _beliefs(situation: PriceSituation) -> FloatArray:
    drawn: FloatArray = np.clip(situation.elasticity + situation.spread * DRAWS, STEEPEST, FLATTEST)
    return drawn


def _probability_of_more(situation: PriceSituation, price: int, log_ratio: float) -> float:
    """Share of believed elasticities under which this price earns more than the one now."""
    if price <= situation.unit_cost:
        return 0.0
    margin_now = situation.price_now - situation.unit_cost
    if margin_now <= 0:
        return 1.0
    needed = float(np.log(margin_now / (price - situation.unit_cost)))
    return float((_beliefs(situation) * log_ratio > needed).mean())
