"""What one order line was worth, held against ordering by the habit.

The habit: once a month somebody takes the mean of a day's demand, and orders a lot whenever no more
than one and a half lead times of it is on hand and on its way. The lot is the machine's own: it is
where the reorder point lies that they differ in. Both are replayed day by day on the same demand,
the same other deliveries and the same days from order to arrival.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.replenishment import round_to_packs

HABIT_LEAD_TIMES: Final = 1.5
HABIT_MEAN_DAYS: Final = 30
DAYS_A_YEAR: Final = 365.0


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a span of days.

    lost: units asked for that were not there; unit_days: units on hand, summed over evenings;
    left: units on the last evening.
    """

    lost: float
    unit_days: float
    left: float


@dataclass(frozen=True, slots=True)
class HabitReplay:
    """first_order: units ordered on the evening before; coming: units by day after the span."""

    replay: Replay
    first_order: float
    coming: FloatArray


@dataclass(frozen=True, slots=True)
class Habit:
    """level: ordered at, units; lot: what is ordered beyond it; wait_days: order to arrival.

    pack, minimum: of the supplier.
    """

    level: float
    wait_days: int
    lot: float = 0.0
    pack: int = 1
    minimum: int = 1


def replay(
    *, on_hand: float, demand: FloatArray, arrivals: FloatArray, counted_from: int
) -> Replay:
    """Sell from stock day by day; what is not there is lost.

    demand, arrivals: units a day, shape (n_days,), arrivals before the day's demand.
    counted_from: first day whose losses and stock count.
    """
    stock, lost, unit_days = max(0.0, on_hand), 0.0, 0.0
    for day in range(len(demand)):
        stock += float(arrivals[day])
        sold = min(stock, float(demand[day]))
        stock -= sold
        if day >= counted_from:
            lost += float(demand[day]) - sold
            unit_days += stock
    return Replay(lost, unit_days, stock)


def replay_habit(
    *,
    on_hand: float,
    demand: FloatArray,
    other_arrivals: FloatArray,
    counted_from: int,
    habit: Habit,
) -> HabitReplay:
    """The same span, ordering up to level and lot whenever the level is reached.

    Looks after every day, first on the evening before day 0.
    other_arrivals: shape (n_days,) or longer: what comes after the span is on its way.
    """
    n_days, wait = len(demand), max(1, habit.wait_days)
    coming = np.zeros(max(len(other_arrivals), n_days + wait))
    coming[: len(other_arrivals)] = other_arrivals
    stock, lost, unit_days, first = max(0.0, on_hand), 0.0, 0.0, 0.0
    for day in range(-1, n_days):
        if day >= 0:
            stock += float(coming[day])
            sold = min(stock, float(demand[day]))
            stock -= sold
            if day >= counted_from:
                lost += float(demand[day]) - sold
                unit_days += stock
        position = stock + float(coming[day + 1 :].sum())
        if position <= habit.level and (short := habit.level + habit.lot - position) > 0:
            units = float(_packed(short, habit))
            first = units if day < 0 else first
            coming[day + wait] += units
    return HabitReplay(Replay(lost, unit_days, stock), first, coming[n_days:])


def holding_cost(unit_days: float, *, unit_cost: float, yearly_share: float) -> float:
    """Money for what lay there, evening by evening."""
    return unit_days * unit_cost * yearly_share / DAYS_A_YEAR


def unit_days_to_come(left: float, *, daily_units: float) -> float:
    """Evenings of what is left until it is sold: evenly, in at most a year.

    daily_units: expected.
    """
    days_to_sell = min(DAYS_A_YEAR, left / daily_units if daily_units > 0 else DAYS_A_YEAR)
    return left * days_to_sell / 2


def _packed(units: float, habit: Habit) -> int:
    whole = np.array([int(np.ceil(units - 1e-9))])
    return int(
        round_to_packs(whole, pack=np.array([habit.pack]), minimum=np.array([habit.minimum]))[0]
    )
