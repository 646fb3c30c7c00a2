"""Days on which customers may behave unlike on others of the same weekday."""

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import holidays
import numpy as np
from django.conf import settings

from inventory.algorithms.arrays import BoolArray
from inventory.algorithms.history import Calendar
from inventory.models import CalendarEvent


class Holidays(NamedTuple):
    """names: by day. made_up: weekend days that are worked in exchange for a holiday."""

    names: dict[date, str]
    made_up: frozenset[date]


def calendar_from(first_day: date, n_days: int) -> Calendar:
    """Weekdays, holidays and made-up working days of HOLIDAY_COUNTRY; empty means none.

    Several countries ("CN,GB-ENG") add up. Holidays that staff entered count too, and one that
    staff switched off does not.
    """
    last_day = first_day + timedelta(days=n_days - 1)
    known = holidays_between(first_day, last_day)
    closed = set(known.names)
    rows = CalendarEvent.objects.filter(kind=CalendarEvent.Kind.HOLIDAY).between(
        first_day, last_day
    )
    for row in rows:
        days = {
            row.starts_on + timedelta(days=number)
            for number in range((row.ends_on - row.starts_on).days + 1)
        }
        # One with a typed factor is an event of its own.
        closed = closed | days if row.is_active and row.factor is None else closed - days
    return Calendar(first_day, _marks(first_day, n_days, closed), _made_up(first_day, n_days))


def holidays_between(first_day: date, last_day: date) -> Holidays:
    """Public holidays that the calendars of the countries know."""
    names: dict[date, str] = {}
    made_up: set[date] = set()
    for country in filter(None, settings.HOLIDAY_COUNTRY.replace(" ", "").split(",")):
        known = _of_years(country, first_day.year, last_day.year)
        names |= {day: name for day, name in known.names.items() if day not in names}
        made_up |= known.made_up
    return Holidays(
        {day: name for day, name in sorted(names.items()) if first_day <= day <= last_day},
        frozenset(made_up - set(names)),
    )


def _made_up(first_day: date, n_days: int) -> BoolArray | None:
    days = holidays_between(first_day, first_day + timedelta(days=n_days - 1)).made_up
    marks = _marks(first_day, n_days, set(days))
    return marks if marks.any() else None


def _marks(first_day: date, n_days: int, wanted: set[date]) -> BoolArray:
    days = (first_day + timedelta(days=number) for number in range(n_days))
    return np.array([day in wanted for day in days], dtype=np.bool_)


@lru_cache(maxsize=64)
def _of_years(country: str, first: int, last: int) -> Holidays:
    name, _, subdivision = country.partition("-")
    # A year that the package does not know yet has no holidays rather than no forecast.
    known = holidays.country_holidays(
        name, subdiv=subdivision or None, years=range(first, last + 1)
    )
    return Holidays(
        {day: known[day] for day in sorted(known)},
        frozenset(getattr(known, "weekend_workdays", ())),
    )
