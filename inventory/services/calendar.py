"""Days on which customers may behave unlike on others of the same weekday."""

from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
from django.conf import settings

from inventory.algorithms.arrays import BoolArray
from inventory.algorithms.history import Calendar


def calendar_from(first_day: date, n_days: int) -> Calendar:
    """Weekdays and public holidays of HOLIDAY_COUNTRY ("CN", "GB-ENG"); empty means none."""
    return Calendar(start_on=first_day, is_closed=_holidays(first_day, n_days))


def _holidays(first_day: date, n_days: int) -> BoolArray:
    days = [first_day + timedelta(days=number) for number in range(n_days)]
    known = _of_years(settings.HOLIDAY_COUNTRY, days[0].year, days[-1].year)
    return np.array([day in known for day in days], dtype=np.bool_)


@lru_cache(maxsize=16)
def _of_years(country: str, first: int, last: int) -> frozenset[date]:
    if not country:
        return frozenset()
    name, _, subdivision = country.partition("-")
    # A year that the package does not know yet has no holidays rather than no forecast.
    return frozenset(
        holidays.country_holidays(name, subdiv=subdivision or None, years=range(first, last + 1))
    )
