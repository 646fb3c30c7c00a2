"""When the demo shop is busy, and what is on offer: multipliers per day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property

import holidays
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

WEEKDAYS = (0.93, 0.92, 0.95, 0.97, 1.04, 1.21, 1.15)
# Day of the year on which a season is at its height, how much it adds, and its width in days.
PEAKS: dict[str, tuple[tuple[int, float, float], ...]] = {
    "none": (),
    "winter": ((5, 1.1, 50.0), (345, 1.0, 35.0)),
    "spring": ((100, 1.3, 40.0),),
    "summer": ((190, 1.5, 45.0),),
    "autumn": ((285, 0.9, 35.0),),
    "school": ((245, 1.6, 14.0), (52, 0.8, 12.0)),
    "children": ((152, 1.3, 9.0), (352, 0.7, 14.0)),
    "travel": ((195, 1.0, 30.0), (268, 0.9, 8.0)),
    "gift": ((258, 0.8, 12.0), (340, 0.6, 18.0)),
    "newyear": (),
}
GROWTH_A_YEAR = 0.22


def shop_rhythm(days: Sequence[date], rng: np.random.Generator) -> FloatArray:
    """How busy the shop is on each day, 1.0 being an ordinary one."""
    busy = np.array([WEEKDAYS[day.weekday()] for day in days])
    busy *= np.exp(GROWTH_A_YEAR * np.arange(len(days)) / 365)
    busy *= np.array([_event(day) for day in days])
    return np.asarray(busy * rng.lognormal(0, 0.07, len(days)))


def season(tag: str, days: Sequence[date]) -> FloatArray:
    """How much a product of that season is asked for on each day, about 1.0 on average."""
    at = np.array([day.timetuple().tm_yday for day in days], dtype=np.float64)
    level = np.full(len(days), 0.75 if PEAKS[tag] else 1.0)
    for peak, height, width in PEAKS[tag]:
        distance = np.abs(at - peak)
        distance = np.minimum(distance, 365 - distance)
        level += height * np.exp(-0.5 * (distance / width) ** 2)
    if tag in {"newyear", "gift"}:
        to_festival = np.array([days_to_spring_festival(day) for day in days])
        height = 2.4 if tag == "newyear" else 1.1
        level += height * np.exp(-0.5 * ((to_festival - 16) / 9.0) ** 2)
    return np.asarray(level)


def days_to_spring_festival(day: date) -> int:
    """Days until the nearest first day of the Chinese year; negative after it."""
    return min(((first - day).days for first in _spring_festivals(day.year)), key=abs)


@cache
def _spring_festivals(year: int) -> tuple[date, ...]:
    found: dict[int, date] = {}
    # Without a language the names follow the machine's, and in a Chinese terminal none is found.
    known = holidays.country_holidays("CN", years=[year - 1, year, year + 1], language="en_US")
    for day, name in sorted(known.items()):
        if "Spring Festival" in name:
            found.setdefault(day.year, day)
    return tuple(found.values())


def _event(day: date) -> float:
    factor = 1.0
    if day.month == 11 and day.day <= 11:
        factor *= {11: 3.1, 10: 2.0, 1: 1.7}.get(day.day, 1.3)
    if day.month == 6 and 8 <= day.day <= 18:
        factor *= {18: 2.5, 17: 1.7}.get(day.day, 1.25)
    if day.month == 12 and day.day in {11, 12}:
        factor *= 1.6
    if day.month == 10 and day.day <= 6:
        factor *= 0.85
    ahead = days_to_spring_festival(day)
    if 8 <= ahead <= 28:
        factor *= 1.35
    elif 1 <= ahead < 8:
        factor *= 0.8
    elif -6 <= ahead <= 0:
        # Couriers rest and so do the customers.
        factor *= 0.38
    return factor


@dataclass(frozen=True)
class Prices:
    """factor and discount have shape (n_days, n_products).

    factor: list price over the first list price; discount: share taken off for a promotion.
    """

    factor: FloatArray
    discount: FloatArray

    @cached_property
    def paid(self) -> FloatArray:
        return np.asarray(self.factor * (1 - self.discount))


def price_history(
    days: Sequence[date], categories: NDArray[np.int64], rng: np.random.Generator
) -> Prices:
    """Price rises for some products, and the promotions of the year."""
    n_days, n_products = len(days), len(categories)
    factor = np.ones((n_days, n_products))
    for product in np.flatnonzero(rng.random(n_products) < 0.18):
        since = int(rng.integers(n_days // 6, n_days))
        factor[since:, product] *= rng.uniform(1.04, 1.12) if rng.random() < 0.8 else 0.93
    discount = np.zeros((n_days, n_products))
    for first, last, share, depth in _campaigns(days):
        on_offer = rng.random(n_products) < share
        taken_off = np.where(on_offer, depth * rng.choice([0.8, 1.0, 1.2], n_products), 0)
        discount[first:last] = np.maximum(discount[first:last], taken_off)
    # A week for one category at a time, and a fortnight of small offers that is still on.
    for start in range(20, n_days - 30, 38):
        members = (categories == rng.integers(0, categories.max() + 1)) & (
            rng.random(n_products) < 0.6
        )
        discount[start : start + 7, members] = np.maximum(
            discount[start : start + 7, members], 0.12
        )
    running = rng.random(n_products) < 0.07
    discount[-9:, running] = np.maximum(discount[-9:, running], 0.15)
    return Prices(factor, discount)


def _campaigns(days: Sequence[date]) -> list[tuple[int, int, float, float]]:
    """(first place, place after the last, share of products, share off) of each campaign."""
    places = {day: place for place, day in enumerate(days)}
    found = []
    for year in range(days[0].year, days[-1].year + 1):
        spans = [
            (date(year, 11, 1), 11, 0.45, 0.22),
            (date(year, 6, 8), 11, 0.4, 0.18),
            (date(year, 12, 11), 2, 0.25, 0.15),
            (date(year, 9, 1), 7, 0.12, 0.15),
            (date(year, 3, 5), 4, 0.15, 0.12),
        ]
        spans += [
            (first - timedelta(days=25), 14, 0.25, 0.15)
            for first in _spring_festivals(year)
            if first.year == year
        ]
        for first_day, length, share, depth in spans:
            covered = [
                places[day]
                for day in (first_day + timedelta(days=step) for step in range(length))
                if day in places
            ]
            if covered:
                found.append((covered[0], covered[-1] + 1, share, depth))
    return found
