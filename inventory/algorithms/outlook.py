"""Forecasts as products of named factors, day by day and over a horizon."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from inventory.algorithms.arrays import FloatArray

BASE_FACTORS = ("level", "shop_total", "weekday", "holiday")
NOTHING = 1e-9


class DemandFactor(NamedTuple):
    """One factor of a forecast; all factors of a day multiply to the forecast shown."""

    name: str
    value: float


class Effect(NamedTuple):
    """What multiplies the days ahead: a season, a trend, a promotion, a price.

    factors: shape (n_days,), (n_skus, 1) or (n_skus, n_days), >= 0.
    """

    name: str
    factors: FloatArray

    def on(self, day: int) -> "Effect":
        """The same on one day alone."""
        if self.factors.shape[-1] == 1:
            return self
        return Effect(self.name, self.factors[..., day : day + 1])


def combine(shape: FloatArray, effects: Sequence[Effect]) -> FloatArray:
    """The product of a shape (n_days,) and all effects: (n_days,) or (n_skus, n_days)."""
    for effect in effects:
        shape = shape * effect.factors
    return shape


def factor_columns(
    level: FloatArray,
    lift: FloatArray,
    weekday: FloatArray,
    shape: FloatArray,
    effects: Sequence[Effect],
) -> dict[str, FloatArray]:
    """Factors over all the days given, by name, each of shape (n_skus,).

    weekday: of each day; shape: weekday and holiday of each day, both (n_days,). Each factor is
    the sum of the days with it over the sum without it, in the order given, so that the product is
    the sum of the days to the last digit. A factor that applies to a sum of 0 is 1.
    """
    n_skus = len(level)
    columns = {"level": level, "shop_total": lift}
    columns["weekday"] = np.full(n_skus, float(weekday.sum()))
    before = columns["weekday"]
    running: FloatArray = shape
    after = np.full(n_skus, float(shape.sum()))
    columns["holiday"] = _over(after, before)
    for effect in effects:
        before = after
        running = running * effect.factors
        after = np.broadcast_to(running.sum(axis=-1), (n_skus,))
        columns[effect.name] = _over(after, before)
    return columns


def _over(after: FloatArray, before: FloatArray) -> FloatArray:
    ratio: FloatArray = np.divide(after, before, out=np.ones(len(after)), where=before > 0)
    return ratio
