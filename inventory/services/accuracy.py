"""What forecasts promised against what happened, night by night, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.db.models import Max

from inventory.algorithms.arrays import BoolArray, FloatArray
from inventory.models import DemandDay, DemandForecast, ForecastAccuracy

HORIZONS: Final = (7, 14, 28)
# Of old forecasts only one a week is kept.
NEAREST_WITHIN_DAYS: Final = 7
BASELINE_DAYS: Final = 28
FEWEST_WINDOWS: Final = 30
PROMISED: Final = ("0.9", "0.95", "0.99")
AIM: Final = 0.95
# One step a night; the windows of two nights overlap, so steps are small.
STEP: Final = 0.5
TOLERATED: Final = 0.01
WIDEST: Final = 2.0


@dataclass(frozen=True, slots=True)
class SkuAccuracy:
    """How the forecasts of one SKU did over the days after `made_on`."""

    made_on: date
    days: int
    units_expected: float
    units_sold: int
    was_out_of_stock: bool

    @property
    def error(self) -> float:
        """Distance over what was sold; 0 where neither sold nor expected."""
        apart = abs(self.units_expected - self.units_sold)
        return apart / self.units_sold if self.units_sold else float(apart > 0)


@dataclass(frozen=True, slots=True)
class _Past:
    """A forecast of the past beside what came: expected, sold, seen are (n_skus, n_days)."""

    sku_ids: Sequence[int]
    expected: FloatArray
    sold: FloatArray
    seen: BoolArray
    cover_days: Sequence[int]
    bounds: FloatArray
    baseline: FloatArray


def record_accuracy(*, as_of: date) -> list[ForecastAccuracy]:
    """Hold the forecasts of one, two and four weeks ago against what was sold until `as_of`.

    Measuring twice on a day replaces the first rows. Days on which a SKU lay empty are left out of
    both sides. How far bounds are widened from the next forecast on is written beside.
    """
    measured = [row for days in HORIZONS if (row := _measure(as_of, days))]
    widened = _widen(widened_by(before=as_of), measured)
    for row in measured:
        row.widened_by = widened
    ForecastAccuracy.objects.bulk_create(
        measured,
        update_conflicts=True,
        unique_fields=["measured_on", "days"],
        update_fields=[
            "made_on",
            "skus",
            "units_expected",
            "units_sold",
            "wape",
            "bias",
            "covered_90",
            "covered_95",
            "covered_99",
            "widened_by",
            "baseline_wape",
        ],
    )
    return measured


def widened_by(*, before: date) -> float:
    """How far the upper bounds are moved from the median, from what was measured before a day."""
    newest = ForecastAccuracy.objects.filter(measured_on__lt=before).order_by(
        "-measured_on", "days"
    )
    widened = newest.values_list("widened_by", flat=True).first()
    return 1.0 if widened is None else widened


def accuracy_of(*, sku_id: int, as_of: date) -> list[SkuAccuracy]:
    """How the kept forecasts of a SKU did, newest first; each over the days until `as_of`."""
    rows = list(
        DemandForecast.objects.filter(sku_id=sku_id, as_of__lt=as_of)
        .order_by("-as_of")
        .values_list("as_of", "daily_units")
    )
    if not rows:
        return []
    demand = list(
        DemandDay.objects.filter(sku_id=sku_id, day__gt=rows[-1][0], day__lte=as_of).values_list(
            "day", "units_requested", "was_out_of_stock"
        )
    )
    found = []
    for made_on, daily in rows:
        days = min(len(daily), (as_of - made_on).days)
        last_day = made_on + timedelta(days=days)
        within = [row for row in demand if made_on < row[0] <= last_day]
        empty = {(day - made_on).days - 1 for day, _units, was_out in within if was_out}
        sold = sum(units for _day, units, was_out in within if not was_out)
        expected = sum(units for number, units in enumerate(daily[:days]) if number not in empty)
        found.append(SkuAccuracy(made_on, days, expected, sold, bool(empty)))
    return found


def _measure(as_of: date, days: int) -> ForecastAccuracy | None:
    latest = as_of - timedelta(days=days)
    made_on = DemandForecast.objects.filter(
        as_of__range=(latest - timedelta(days=NEAREST_WITHIN_DAYS - 1), latest)
    ).aggregate(day=Max("as_of"))["day"]
    if made_on is None:
        return None
    past = _look_back(made_on, days)
    sold = float(past.sold.sum())
    apart = past.expected.sum(axis=1) - past.sold.sum(axis=1)
    naive = past.baseline * past.seen.sum(axis=1) - past.sold.sum(axis=1)
    covered = _covered(past, days)
    total = max(sold, 1e-9)
    return ForecastAccuracy(
        measured_on=as_of,
        made_on=made_on,
        days=days,
        skus=len(past.sku_ids),
        units_expected=float(past.expected.sum()),
        units_sold=sold,
        wape=float(np.abs(apart).sum() / total) if sold else 0.0,
        bias=float(apart.sum() / total) if sold else 0.0,
        covered_90=covered[0],
        covered_95=covered[1],
        covered_99=covered[2],
        baseline_wape=float(np.abs(naive).sum() / total) if sold else None,
    )


def _look_back(made_on: date, days: int) -> _Past:
    rows = list(
        DemandForecast.objects.filter(as_of=made_on)
        .order_by("sku_id")
        .values_list("sku_id", "daily_units", "cover_days", "lead_time_quantiles")
    )
    places = {row[0]: place for place, row in enumerate(rows)}
    sold = np.zeros((len(rows), days))
    seen = np.ones((len(rows), days), dtype=np.bool_)
    before = np.zeros((2, len(rows)))
    before[1] = BASELINE_DAYS
    demand = DemandDay.objects.filter(
        day__range=(
            made_on - timedelta(days=BASELINE_DAYS - 1),
            made_on + timedelta(days=days),
        )
    ).values_list("sku_id", "day", "units_requested", "was_out_of_stock")
    for sku_id, day, units, was_out_of_stock in demand.iterator(chunk_size=20_000):
        if (place := places.get(sku_id)) is None:
            continue
        number = (day - made_on).days - 1
        if number >= 0:
            sold[place, number] += units
            seen[place, number] &= not was_out_of_stock
        elif was_out_of_stock:
            before[1, place] -= 1
        else:
            before[0, place] += units
    expected = np.array([(row[1] + [0.0] * days)[:days] for row in rows], dtype=np.float64)
    return _Past(
        sku_ids=[row[0] for row in rows],
        expected=expected.reshape(len(rows), days) * seen,
        sold=sold * seen,
        seen=seen,
        cover_days=[row[2] or 0 for row in rows],
        bounds=np.array(
            [[float(row[3].get(name, np.nan)) for name in PROMISED] for row in rows]
        ).reshape(len(rows), len(PROMISED)),
        baseline=before[0] / np.maximum(1.0, before[1]),
    )


def _covered(past: _Past, days: int) -> list[float | None]:
    """Share of SKUs whose demand over lead time and review stayed within each promise.

    Of SKUs whose window is over and who never lay empty in it; under thirty nothing is said.
    """
    whole = np.array([0 < cover <= days for cover in past.cover_days], dtype=np.bool_)
    whole &= np.isfinite(past.bounds).all(axis=1)
    ends = np.clip(np.array(past.cover_days, dtype=np.int64), 1, days) - 1
    rows = np.arange(len(ends))
    whole &= (past.seen.cumsum(axis=1)[rows, ends] == ends + 1) if len(rows) else whole
    if np.count_nonzero(whole) < FEWEST_WINDOWS:
        return [None] * len(PROMISED)
    came = past.sold.cumsum(axis=1)[rows, ends]
    within = (came[:, None] <= past.bounds + 1e-6)[whole]
    return [float(share) for share in within.mean(axis=0)]


def _widen(before: float, measured: Sequence[ForecastAccuracy]) -> float:
    """A step towards what would have covered 95 %; never narrower than was learned.

    Gibbs and Candes (2021), "Adaptive conformal inference under distribution shift": the promise
    is moved by how much the last ones were missed. Their step moves the probability; here it moves
    the distance from the median, which stays meaningful in the outermost tail.
    """
    shares = [row.covered_95 for row in measured if row.covered_95 is not None]
    if not shares:
        return before
    gap = AIM - float(np.mean(shares))
    if abs(gap) <= TOLERATED:
        return before
    return float(np.clip(before * np.exp(STEP * gap), 1.0, WIDEST))
