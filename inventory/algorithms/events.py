"""What promotions, shopping days and closures do to demand, learned from past ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.history import DemandHistory
from inventory.algorithms.profile import DayProfile

PROMOTION, SHOPPING_DAY, CLOSURE = "promotion", "shopping_day", "closure"
# So many units sold as on any other day are imagined beside what an event really sold.
IMAGINED_UNITS = 20.0
AROUND_DAYS = 28
LOWEST, HIGHEST = 0.1, 10.0


@dataclass(frozen=True)
class Event:
    """Days that are unlike others, for all SKUs or some.

    first, last: day numbers, both included; they may lie before or after what is looked at.
    factor: as typed by staff; None is to be learned. rows: of the history, None for all.
    """

    kind: str
    name: str
    first: int
    last: int
    factor: float | None = None
    rows: IntArray | None = None

    def days(self, n_days: int, start: int = 0) -> slice:
        """The part of the event within `n_days` days from day `start`, counted from there."""
        first, last = max(self.first, start) - start, min(self.last + 1, start + n_days) - start
        return slice(first, max(first, last))


@dataclass(frozen=True)
class EventFactors:
    """Learned factors by kind, and by kind and name where one of that name was seen."""

    by_kind: dict[str, float]
    by_name: dict[tuple[str, str], float]

    def of(self, event: Event) -> float:
        """What an event multiplies demand by: typed, else learned, else nothing."""
        if event.kind == CLOSURE:
            return 0.0 if event.factor is None else event.factor
        if event.factor is not None:
            return event.factor
        known = self.by_name.get((event.kind, event.name))
        return self.by_kind.get(event.kind, 1.0) if known is None else known


NO_FACTORS = EventFactors({}, {})


def mark_special(
    n_skus: int, n_days: int, events: Sequence[Event], is_promoted: BoolArray | None = None
) -> BoolArray | None:
    """Days that any event concerns, shape (n_skus, n_days); None where there is none."""
    marks = None if is_promoted is None or not is_promoted.any() else is_promoted.copy()
    for event in events:
        days = event.days(n_days)
        if days.start >= days.stop:
            continue
        if marks is None:
            marks = np.zeros((n_skus, n_days), dtype=np.bool_)
        if event.rows is None:
            marks[:, days] = True
        else:
            marks[event.rows, days] = True
    return marks


def effects_of(
    events: Sequence[Event], factors: EventFactors, *, n_skus: int, n_days: int, start: int
) -> dict[str, FloatArray]:
    """Factors of the days from day `start` on, by kind, each (n_days,) or (n_skus, n_days).

    Events of one kind that meet on a day do not multiply: the one that moves demand most counts.
    Kinds without an event in those days are left out.
    """
    found: dict[str, FloatArray] = {}
    for event in events:
        days = event.days(n_days, start)
        factor = factors.of(event)
        if days.start >= days.stop or factor == 1.0:
            continue
        effect = found.setdefault(event.kind, np.ones(n_days))
        if event.rows is not None and effect.ndim == 1:
            effect = found[event.kind] = np.tile(effect, (n_skus, 1))
        place = (
            (days,)
            if effect.ndim == 1
            else (slice(None) if event.rows is None else event.rows, days)
        )
        before = effect[place]
        effect[place] = np.where(_strength(before) >= abs(_log(factor)), before, factor)
    return found


def fit_event_factors(
    history: DemandHistory,
    events: Sequence[Event],
    profile: DayProfile,
    is_promoted: BoolArray | None = None,
) -> EventFactors:
    """Sold on the days of past events over what usual days around them would have sold.

    Pooled by kind, then by name, each drawn towards what is above it by 20 imagined units. Days
    that only orders mark as promoted count as promotions without a name. Closures need no
    learning.
    """
    sums: dict[str, list[tuple[str, float, float]]] = {}
    n_days = history.n_days
    usual = history.usual()
    shape = profile.over(history.calendar.weekdays[:n_days], history.calendar.is_closed[:n_days])
    everyone = np.arange(history.n_skus)
    for event in events:
        days = event.days(n_days)
        if event.kind == CLOSURE or days.start >= days.stop:
            continue
        rows = everyone if event.rows is None else event.rows
        is_on = np.ones((len(rows), days.stop - days.start), dtype=np.bool_)
        pair = _sold_and_expected(history, usual, shape, rows, days, is_on)
        sums.setdefault(event.kind, []).append((event.name, *pair))
    if is_promoted is not None:
        for first in range(0, n_days, 7):
            days = slice(first, min(n_days, first + 7))
            rows = np.flatnonzero(is_promoted[:, days].any(axis=1))
            if len(rows):
                pair = _sold_and_expected(
                    history, usual, shape, rows, days, is_promoted[rows, days]
                )
                sums.setdefault(PROMOTION, []).append(("", *pair))
    by_kind = {
        kind: _drawn(sum(s for _n, s, _e in parts), sum(e for _n, _s, e in parts), 1.0)
        for kind, parts in sums.items()
    }
    by_name = {
        (kind, name): _drawn(
            sum(s for other, s, _e in parts if other == name),
            sum(e for other, _s, e in parts if other == name),
            by_kind[kind],
        )
        for kind, parts in sums.items()
        for name in sorted({name for name, _s, _e in parts if name})
    }
    return EventFactors(by_kind, by_name)


def _sold_and_expected(
    history: DemandHistory,
    usual: DemandHistory,
    shape: FloatArray,
    rows: IntArray,
    days: slice,
    is_on: BoolArray,
) -> tuple[float, float]:
    around = slice(max(0, days.start - AROUND_DAYS), min(history.n_days, days.stop + AROUND_DAYS))
    seen = usual.observed[rows, around] @ shape[around]
    level = np.divide(
        usual.units[rows, around].sum(axis=1, dtype=np.float64),
        seen,
        out=np.zeros(len(rows)),
        where=seen > 1e-9,
    )
    counted = is_on & history.observed[rows, days]
    sold = float(history.units[rows, days].astype(np.float64)[counted].sum())
    return sold, float((level[:, None] * shape[days] * counted).sum())


def _drawn(sold: float, expected: float, towards: float) -> float:
    factor = (sold + IMAGINED_UNITS * towards) / (expected + IMAGINED_UNITS)
    return float(np.clip(factor, LOWEST, HIGHEST))


def _strength(factors: FloatArray) -> FloatArray:
    strength: FloatArray = np.abs(np.log(np.maximum(factors, 1e-9)))
    return strength


def _log(factor: float) -> float:
    return float(np.log(max(factor, 1e-9)))
