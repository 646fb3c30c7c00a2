"""Level of each SKU and the profile that all share, from everything known."""

from dataclasses import dataclass

import numpy as np

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_model import DemandSettings
from inventory.algorithms.history import DemandHistory
from inventory.algorithms.levels import exponential_mean, soften_bulk
from inventory.algorithms.profile import DayProfile, fit_profile


@dataclass(frozen=True)
class Levels:
    level: FloatArray
    sale_share: FloatArray
    total_factor: float
    profile: DayProfile


def fit_levels(history: DemandHistory, settings: DemandSettings) -> Levels:
    """Level, share of sale days and shared profile from everything in `history`."""
    softened = soften_bulk(
        history.units, multiple=settings.bulk_multiple, power=settings.bulk_power
    )
    profile = fit_profile(history, softened)
    n_days = history.n_days
    shape = profile.over(history.calendar.weekdays[:n_days], history.calendar.is_closed[:n_days])
    level = exponential_mean(softened, history.observed, alphas=settings.alphas, profile=shape)
    weights = (1.0 - settings.total_alpha) ** np.arange(n_days - 1, -1, -1)
    plain = float((history.units.sum(axis=0, dtype=np.float64) * weights).sum())
    robust = float((softened.sum(axis=0, dtype=np.float64) * weights).sum())
    factor = 1.0 + settings.total_share * (plain / robust - 1.0) if robust > 0 else 1.0
    days = np.maximum(1, np.count_nonzero(history.observed, axis=1))
    return Levels(
        level=level, sale_share=history.sale_days / days, total_factor=factor, profile=profile
    )
