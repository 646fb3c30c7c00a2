"""What the shop was asked for, day by day, and which of those days can be believed."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray

MIDWEEK = 2
# Promoted on more than this share of its last days, a SKU has no other usual days.
MOSTLY = 0.6
LATELY_DAYS = 56


@dataclass(frozen=True)
class Calendar:
    """Weekdays and closed days from `start_on`, reaching past the history into the forecast."""

    start_on: date
    is_closed: BoolArray
    """Public holidays and announced closures, shape (n_days + horizon,)."""
    is_made_up: BoolArray | None = None
    """Weekend days worked in exchange for a holiday, same shape; None where there are none."""

    @property
    def weekdays(self) -> IntArray:
        """0 Monday to 6 Sunday, shape (n_days + horizon,); a made-up day counts as midweek."""
        numbers: IntArray = (self.start_on.weekday() + np.arange(len(self.is_closed))) % 7
        if self.is_made_up is not None:
            numbers = np.where(self.is_made_up, MIDWEEK, numbers)
        return numbers

    def day(self, index: int) -> date:
        return self.start_on + timedelta(days=index)

    def extended_to(self, n_days: int) -> "Calendar":
        """The same calendar, long enough; days nobody announced are taken as open."""
        missing = n_days - len(self.is_closed)
        if missing <= 0:
            return self
        ordinary = np.zeros(missing, dtype=np.bool_)
        padded = np.concatenate([self.is_closed, ordinary])
        made_up = self.is_made_up
        if made_up is not None:
            made_up = np.concatenate([made_up, ordinary])
        return Calendar(self.start_on, padded, made_up)


@dataclass(frozen=True)
class DemandHistory:
    """Units asked for per SKU and day; zero wherever the day was not observed."""

    units: FloatArray
    """Shape (n_skus, n_days), float32, oldest day first, finite and >= 0."""
    observed: BoolArray
    """Shape (n_skus, n_days): False before the first sale and on stocked-out days."""
    calendar: Calendar
    is_special: BoolArray | None = None
    """Shape (n_skus, n_days): days of promotions and closures, which say nothing of usual ones."""
    group: IntArray | None = None
    """What a SKU shares its yearly profile with, such as its category, shape (n_skus,)."""

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
        return replace(
            self,
            units=self.units[:, :day],
            observed=self.observed[:, :day],
            is_special=None if self.is_special is None else self.is_special[:, :day],
        )

    def of(self, rows: IntArray | BoolArray) -> "DemandHistory":
        return replace(
            self,
            units=self.units[rows],
            observed=self.observed[rows],
            is_special=None if self.is_special is None else self.is_special[rows],
            group=None if self.group is None else self.group[rows],
        )

    def usual(self) -> "DemandHistory":
        """The history with its special days left out, as days that were sold out are.

        A SKU that was hardly ever without a promotion keeps its days: they are its usual ones.
        """
        if self.is_special is None:
            return self
        lately = slice(max(0, self.n_days - LATELY_DAYS), self.n_days)
        special = self.is_special & self.observed
        seen = np.maximum(1, np.count_nonzero(self.observed[:, lately], axis=1))
        rarely = np.count_nonzero(special[:, lately], axis=1) <= MOSTLY * seen
        left_out = special & rarely[:, None]
        return replace(
            self,
            units=np.where(left_out, np.float32(0), self.units),
            observed=self.observed & ~left_out,
            is_special=None,
        )


def clean_history(
    units: FloatArray,
    calendar: Calendar,
    was_out_of_stock: BoolArray | None = None,
    *,
    is_special: BoolArray | None = None,
    group: IntArray | None = None,
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
    return DemandHistory(kept, usable, calendar.extended_to(n_days), is_special, group)


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
