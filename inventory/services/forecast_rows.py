"""Forecasts of a batch of SKUs, worked out as arrays and written as rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.db import transaction

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.demand_model import DemandModel
from inventory.algorithms.lead_times import draw_lead_times
from inventory.algorithms.outlook import Effect
from inventory.models import DemandForecast, ReorderPolicy
from inventory.services.calendar import calendar_from
from inventory.services.stock import default_warehouse
from inventory.services.suppliers import lead_time_of, lead_times, preferred_offers
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.bulk import insert_columns
from learning.models import ModelVersion

HORIZON_DAYS: Final = 28
LONGEST_WINDOW_DAYS: Final = 120
DRAWS: Final = 200
QUANTILES: Final = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
# What a factor is when it does not apply; the others' is 1.
NEUTRAL: Final = {"level": 0.0, "weekday": float(HORIZON_DAYS)}
NOTHING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Windows:
    """Lead time and review of each SKU of a model, shape (n_skus,)."""

    lead_mean: FloatArray
    lead_sd: FloatArray
    review_days: IntArray

    def of(self, rows: IntArray) -> "Windows":
        return Windows(self.lead_mean[rows], self.lead_sd[rows], self.review_days[rows])


@dataclass(frozen=True, slots=True)
class Outlook:
    """The days ahead of some SKUs: daily, lower, upper and plain are (n_skus, 28).

    plain: without effects, what a usual month would be. bounds: quantiles of demand over lead
    time and review, (n_skus, 6). cover_days: their mean, (n_skus,).
    """

    model: DemandModel
    daily: FloatArray
    lower: FloatArray
    upper: FloatArray
    plain: FloatArray
    bounds: FloatArray
    cover_days: IntArray
    factors: Mapping[str, FloatArray]


def windows_of(sku_ids: Sequence[int]) -> Windows:
    """How long the stock of each SKU must last until the next delivery."""
    offers, known = preferred_offers(), lead_times()
    leads = [lead_time_of(offers.get(sku_id), known) for sku_id in sku_ids]
    reviews = dict(ReorderPolicy.objects.values_list("sku_id", "review_period_days"))
    return Windows(
        lead_mean=np.array([lead.mean_days for lead in leads], dtype=np.float64),
        lead_sd=np.array([lead.sd_days for lead in leads], dtype=np.float64),
        review_days=np.array([reviews.get(sku_id, 1) for sku_id in sku_ids], dtype=np.int64),
    )


def outlook_of(
    model: DemandModel,
    rows: IntArray,
    effects: Mapping[str, FloatArray],
    windows: Windows,
    *,
    as_of: date,
    widened: float = 1.0,
) -> Outlook:
    """What some rows of a model are expected to sell in the days after `as_of`.

    effects: of the longest window, for all rows of the model. windows: of the rows asked for.
    widened: how much further from the median the upper bounds are moved.
    """
    own = model.of(rows)
    calendar = calendar_from(as_of + timedelta(days=1), LONGEST_WINDOW_DAYS)
    planned = {
        name: factors if factors.ndim == 1 else factors[rows] for name, factors in effects.items()
    }
    far = own.effects(calendar.start_on, LONGEST_WINDOW_DAYS, planned)
    near = [Effect(name, factors[..., :HORIZON_DAYS]) for name, factors in far]
    weekdays, is_closed = calendar.weekdays, calendar.is_closed
    ahead = (weekdays[:HORIZON_DAYS], is_closed[:HORIZON_DAYS])
    draws = draw_lead_times(windows.lead_mean, windows.lead_sd, n_draws=DRAWS)
    days = np.minimum(draws + windows.review_days[:, None], LONGEST_WINDOW_DAYS)
    means = own.window_mean(days, weekdays, is_closed, far)
    bounds = np.stack([own.window_quantile(means, share) for share in QUANTILES], axis=1)
    bounds = bounds[:, :1] + (bounds - bounds[:, :1]) * widened
    cover = np.rint(windows.lead_mean + windows.review_days).astype(np.int64)
    return Outlook(
        model=own,
        daily=own.predict(*ahead, near),
        lower=own.day_quantiles(*ahead, 0.1, near),
        upper=own.day_quantiles(*ahead, 0.9, near),
        plain=own.predict(*ahead),
        bounds=bounds,
        cover_days=np.clip(cover, 1, LONGEST_WINDOW_DAYS),
        factors=own.factors(*ahead, near),
    )


@transaction.atomic
def write_rows(outlook: Outlook, *, version: ModelVersion, as_of: date) -> None:
    """Put the forecasts of a batch in force; rows of the same day are changed in place."""
    sku_ids = outlook.model.sku_ids
    if not len(sku_ids):
        return
    warehouse = default_warehouse()
    DemandForecast.objects.in_force().filter(
        warehouse=warehouse, sku_id__gte=int(sku_ids[0]), sku_id__lte=int(sku_ids[-1])
    ).exclude(as_of=as_of).update(is_current=False)
    count = len(sku_ids)
    insert_columns(
        DemandForecast,
        {
            "sku_id": sku_ids,
            "warehouse_id": np.full(count, warehouse.pk),
            "as_of": np.full(count, as_of, dtype="datetime64[D]"),
            "horizon_days": np.full(count, HORIZON_DAYS),
            "units": outlook.daily.sum(axis=1),
            "daily_units": _lists(outlook.daily, 7),
            "lower_units": _lists(outlook.lower, 3),
            "upper_units": _lists(outlook.upper, 3),
            "cover_days": outlook.cover_days,
            "lead_time_quantiles": [
                json.dumps(dict(zip(map(str, QUANTILES), row, strict=True)))
                for row in np.round(outlook.bounds, 4).tolist()
            ],
            "is_current": [True] * count,
            "model_version_id": np.full(count, version.pk),
            "confidence": _confidence(outlook.bounds),
            "explanation": [json.dumps(one.as_json()) for one in _explanations(outlook)],
        },
        unique_on=["sku_id", "warehouse_id", "as_of"],
    )


def _lists(values: FloatArray, decimals: int) -> list[str]:
    # Together and then cut: to set an encoder up for each row takes as long as its numbers.
    rows = json.dumps(np.round(values, decimals).tolist())[2:-2].split("], [")
    return [f"[{row}]" for row in rows]


def _confidence(bounds: FloatArray) -> FloatArray:
    """How near the median of demand over the lead time lies to its ninetieth percentile."""
    median, ninetieth = bounds[:, 0], bounds[:, 2]
    share = np.divide(median, ninetieth, out=np.zeros(len(bounds)), where=ninetieth > 0)
    rounded: FloatArray = np.round(np.minimum(1.0, share), 4)
    return rounded


def _explanations(outlook: Outlook) -> list[Explanation]:
    """Factors that multiply to the units shown; those that do not apply are 1 and left out."""
    model = outlook.model
    columns = {name: values.tolist() for name, values in outlook.factors.items()}
    learned_until = model.learned_until.isoformat()
    facts = zip(
        model.level.tolist(), model.sale_share.tolist(), model.prior_share.tolist(), strict=True
    )
    found = []
    for row, (level, share, prior) in enumerate(facts):
        factors = [
            Factor(name, values[row], _direction(name, values[row]), values[row])
            for name, values in columns.items()
            if name in NEUTRAL or abs(values[row] - 1.0) > NOTHING
        ]
        told = {
            "level_units_a_day": level,
            "share_of_days_with_demand": share,
            "learned_until": learned_until,
        }
        if prior:
            told["from_similar_share"] = prior
        found.append(Explanation(factors=factors, unit="factor", facts=told))
    return found


def _direction(name: str, value: float) -> Direction:
    neutral = NEUTRAL.get(name, 1.0)
    if abs(value - neutral) < NOTHING:
        return Direction.NONE
    return Direction.UP if value > neutral else Direction.DOWN
