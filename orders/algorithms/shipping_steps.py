"""What delivery costs by weight and amount, and on which working day it arrives."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

# No calendar has so many closed days in a row; one that is wrong shall not be searched for ever.
_LONGEST_BREAK_DAYS = 60


@dataclass(frozen=True, slots=True)
class Step:
    """From this weight in grams and this amount in minor units on, delivery costs `price`."""

    from_weight: int
    from_amount: int
    price: int


def price_of(steps: Iterable[Step], *, weight: int, amount: int) -> int | None:
    """The price of the highest step that is reached; None where none is.

    A step is reached when both its weight and its amount are. Of several the one with the largest
    weight counts, and among those the one with the largest amount: a heavy parcel costs what its
    weight asks for, unless a step of that weight names a price for the amount.
    """
    reached = [step for step in steps if step.from_weight <= weight and step.from_amount <= amount]
    if not reached:
        return None
    return max(reached, key=lambda step: (step.from_weight, step.from_amount)).price


def add_working_days(start: date, days: int, *, is_working: Callable[[date], bool]) -> date:
    """The day so many working days after the first working day from `start` on."""
    day = _next_working(start, is_working)
    for _ in range(days):
        day = _next_working(day + timedelta(days=1), is_working)
    return day


def _next_working(day: date, is_working: Callable[[date], bool]) -> date:
    for ahead in range(_LONGEST_BREAK_DAYS):
        later = day + timedelta(days=ahead)
        if is_working(later):
            return later
    return day
