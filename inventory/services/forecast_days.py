"""The days of a forecast: what each is expected to sell, why, and what is planned on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import zip_longest
from math import prod
from typing import Final

from inventory.models import CalendarEvent, DemandForecast
from inventory.services.calendar import holidays_between
from inventory.services.event_effects import LearnedEffects, learned_effects
from inventory.services.forecasts import factors_of
from learning import serving

# Stored days are rounded to seven decimals.
NOTHING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class DayOfForecast:
    """factors: by name, those that apply; empty where the forecast is no longer in force.

    holidays, events: that fall on the day.
    """

    day: date
    units: float
    lower: float
    upper: float
    factors: Mapping[str, float] = field(default_factory=dict)
    holidays: Sequence[str] = ()
    events: Sequence[CalendarEvent] = ()

    @property
    def product(self) -> float:
        """What the factors of today multiply to."""
        return prod(self.factors.values())

    @property
    def is_as_planned(self) -> bool:
        """Whether the factors still say what was written: plans may have changed since."""
        return not self.factors or abs(self.product - self.units) <= NOTHING * max(1.0, self.units)


@dataclass(frozen=True, slots=True)
class ForecastDays:
    """effects: what the version in force has learned of events."""

    days: Sequence[DayOfForecast]
    effects: LearnedEffects


def read_forecast_days(*, forecast: DemandForecast) -> ForecastDays:
    """Every day of the horizon, the first one for the day after `as_of`.

    Holidays that the calendars know are told as that, not as events.
    """
    served = serving.load("inventory.demand")
    count = len(forecast.daily_units)
    first_day = forecast.as_of + timedelta(days=1)
    last_day = forecast.as_of + timedelta(days=max(1, count))
    names = holidays_between(first_day, last_day).names
    planned = list(
        CalendarEvent.objects.active()
        .between(first_day, last_day)
        .concerning(forecast.sku)
        .order_by("starts_on", "pk")
    )
    factors = (
        factors_of(forecast=forecast, served=served, events=planned) if forecast.is_current else []
    )
    told = [
        event
        for event in planned
        if event.kind != CalendarEvent.Kind.HOLIDAY or not event.is_suggested
    ]
    rows = zip_longest(
        forecast.daily_units, forecast.lower_units, forecast.upper_units, factors[:count]
    )
    dates = (first_day + timedelta(days=number) for number in range(count))
    days = [
        DayOfForecast(
            day=day,
            units=units,
            lower=units if lower is None else lower,
            upper=units if upper is None else upper,
            factors=own or {},
            holidays=[names[day]] if day in names else [],
            events=[event for event in told if event.starts_on <= day <= event.ends_on],
        )
        for day, (units, lower, upper, own) in zip(dates, rows, strict=True)
    ]
    return ForecastDays(days, learned_effects(served))
