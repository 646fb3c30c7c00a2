"""Steps of price by which dead stock is turned into money by a date.

A search over few steps, as in Phillips (2005), "Pricing and Revenue Optimization", ch. 10: prices
only fall, each stands for two weeks, and demand answers with constant elasticity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

STEP_DAYS = 14
CUTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
N_STEPS = 3
# What a unit that is still there afterwards is worth, as a share of its cost: an assumption.
WORTH_OF_LEFTOVER = 0.3


@dataclass(frozen=True, slots=True)
class DeadStock:
    """units: that nobody holds. units_a_day: expected at the price now. Prices in minor units."""

    units: int
    units_a_day: float
    price_now: int
    unit_cost: int
    floor: int
    elasticity: float


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A price for STEP_DAYS days and what it is expected to sell."""

    price: int
    units: float


def days_of_cover(units: int, units_a_day: float) -> float:
    """How long units last; infinite where nothing is asked for."""
    return units / units_a_day if units_a_day > 0 else float("inf")


def sell_off(stock: DeadStock, prices: Sequence[int]) -> list[PlannedStep]:
    """What a series of prices sells, never more than there is."""
    left, steps = float(stock.units), []
    for price in prices:
        rate = stock.units_a_day * (price / stock.price_now) ** stock.elasticity
        sold = min(left, rate * STEP_DAYS)
        steps.append(PlannedStep(price, sold))
        left -= sold
    return steps


def money_of(steps: Sequence[PlannedStep]) -> float:
    """What is paid for everything that is sold, minor units."""
    return sum(step.price * step.units for step in steps)


def plan_markdown(stock: DeadStock) -> list[PlannedStep]:
    """The falling prices that bring most money, leftovers counted at a part of their cost.

    Empty where nothing may be lowered (the floor is the price now or above), where nothing lies
    there, or where keeping the price brings as much. A step that would sell nothing is left out.
    """
    if stock.units <= 0 or stock.price_now <= max(stock.floor, 0):
        return []
    lowered = {max(stock.floor, 1, round(stock.price_now * (1.0 - cut))) for cut in CUTS}
    allowed = sorted(lowered - {stock.price_now}, reverse=True)
    n_steps = min(N_STEPS, len(allowed))
    if not n_steps:
        return []
    best = max(
        (sell_off(stock, prices) for prices in combinations(allowed, n_steps)),
        key=lambda steps: _worth(stock, steps),
    )
    if _worth(stock, best) <= _worth(stock, sell_off(stock, [stock.price_now] * n_steps)):
        return []
    return [step for step in best if step.units > 0]


def _worth(stock: DeadStock, steps: Sequence[PlannedStep]) -> float:
    left = stock.units - sum(step.units for step in steps)
    return money_of(steps) + left * WORTH_OF_LEFTOVER * stock.unit_cost
