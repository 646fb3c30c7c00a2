from datetime import date

import pytest

from orders.algorithms.shipping_steps import Step, add_working_days, price_of

STEPS = (
    Step(0, 0, 1_000),
    Step(0, 9_900, 0),
    Step(3_000, 0, 1_800),
    Step(3_000, 50_000, 900),
)


@pytest.mark.parametrize(
    ("weight", "amount", "price"),
    [
        (0, 0, 1_000),
        (2_999, 9_899, 1_000),
        (2_999, 9_900, 0),
        # Heavy parcels pay for their weight unless a step of that weight knows the amount.
        (3_000, 9_900, 1_800),
        (3_000, 49_999, 1_800),
        (99_000, 50_000, 900),
    ],
)
def test_the_heaviest_step_that_is_reached_counts_then_the_dearest(
    weight: int, amount: int, price: int
) -> None:
    assert price_of(STEPS, weight=weight, amount=amount) == price
    assert price_of(reversed(STEPS), weight=weight, amount=amount) == price


def test_below_the_first_step_there_is_no_price() -> None:
    assert price_of([Step(1_000, 0, 500)], weight=999, amount=0) is None
    assert price_of([], weight=0, amount=0) is None


def is_weekday(day: date) -> bool:
    return day.weekday() < 5 and day != date(2026, 3, 4)


@pytest.mark.parametrize(
    ("start", "days", "arrives"),
    [
        # A Monday, and a Wednesday that is a holiday.
        (date(2026, 3, 2), 0, date(2026, 3, 2)),
        (date(2026, 3, 2), 1, date(2026, 3, 3)),
        (date(2026, 3, 2), 2, date(2026, 3, 5)),
        (date(2026, 3, 2), 4, date(2026, 3, 9)),
        # What comes in on a Saturday leaves on Monday.
        (date(2026, 2, 28), 0, date(2026, 3, 2)),
        (date(2026, 2, 28), 1, date(2026, 3, 3)),
    ],
)
def test_days_are_counted_on_which_somebody_works(start: date, days: int, arrives: date) -> None:
    assert add_working_days(start, days, is_working=is_weekday) == arrives


def test_a_calendar_without_working_days_is_not_searched_for_ever() -> None:
    start = date(2026, 3, 2)
    assert add_working_days(start, 1, is_working=lambda _day: False) == date(2026, 3, 3)
