"""What the shop was asked for, day by day, and which of those days can be believed."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Calendar:
    """Weekdays and closed days from `start_on`, reaching past the history into the forecast."""

    start_on: date
    is_closed: BoolArray
    """Public holidays and announced closures, shape (n_days + horizon,)."""

    @property
    def weekdays(self) -> IntArray:
        """0 Monday to 6 Sunday, shape (n_days + horizon,)."""
        numbers: IntArray = (self.start_on.weekday() + np.arange(len(self.is_closed))) % 7
        return numbers

    def day(self, index: int) -> date:
        return self.start_on + timedelta(days=index)

    def extended_to(self, n_days: int) -> "Calendar":
        """The same calendar, long enough; days nobody announced are taken as open."""
        missing = n_days - len(self.is_closed)
        if missing <= 0:
            return self
        padded = np.concatenate([self.is_closed, np.zeros(missing, dtype=np.bool_)])
        return Calendar(self.start_on, padded)


@dataclass(frozen=True)
class DemandHistory:
    """Units asked for per SKU and day; zero wherever the day was not observed."""

    units: FloatArray
    """Shape (n_skus, n_days), float32, oldest day first, finite and >= 0."""
    observed: BoolArray
    """Shape (n_skus, n_days): False before the first sale and on stocked-out days."""
    calendar: Calendar

    @property
    def n_skus(self) -> int:
        return int(self.units.shape[0])

    @property
    def n_days(self) -> int:
        return int(self.units.shape[1])

    @property
    def first_day(self) -> IntArray:
        """Index of the first observed day per SKU; n_days where there is none."""
        first: IntArray = np.where(
            self.observed.any(axis=1), self.observed.argmax(axis=1), self.n_days
        )
        return first

    @property
    def sale_days(self) -> IntArray:
        days: IntArray = np.count_nonzero(self.units, axis=1)
        return days

    def until(self, day: int) -> "DemandHistory":
        """What was known on the morning of day number `day`."""
        return DemandHistory(self.units[:, :day], self.observed[:, :day], self.calendar)

    def of(self, rows: IntArray | BoolArray) -> "DemandHistory":
        return DemandHistory(self.units[rows], self.observed[rows], self.calendar)


def clean_history(
    units: FloatArray, calendar: Calendar, was_out_of_stock: BoolArray | None = None
) -> DemandHistory:
    """Make a history that every algorithm here can trust.

    units: shape (n_skus, n_days); NaN, infinite or negative days count as not observed.
    was_out_of_stock: shape (n_skus, n_days). Such days are masked, never read as "no demand":
    with 14 of 28 days stocked out, reading them as zero halves the forecast.
    """
    usable = np.isfinite(units) & (units >= 0)
    if was_out_of_stock is not None:
        usable &= ~was_out_of_stock
    kept = np.where(usable, units, 0).astype(np.float32)
    sold = kept > 0
    n_days = units.shape[1]
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), n_days)
    usable &= np.arange(n_days) >= first[:, None]
    return DemandHistory(kept, usable, calendar.extended_to(n_days))


def has_enough_history(
    history: DemandHistory, *, days: int = 56, sale_days: int = 8, idle_days: int = 91
) -> BoolArray:
    """SKUs worth a forecast of their own: old enough, sold often enough, sold lately.

    Returns shape (n_skus,).
    """
    n_days = history.n_days
    sold = history.units > 0
    last = n_days - 1 - sold[:, ::-1].argmax(axis=1)
    enough: BoolArray = (
        (n_days - history.first_day >= days)
        & (np.count_nonzero(sold, axis=1) >= sale_days)
        & (last >= n_days - idle_days)
        & sold.any(axis=1)
    )
    return enough
