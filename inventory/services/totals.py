"""What the whole shop and each category will sell: for budgets, bulk orders and all."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Final

import numpy as np
from django.db import transaction

from catalog.models import Category
from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_model import DemandModel
from inventory.models import CategoryForecast, TotalForecast
from inventory.services.calendar import calendar_from
from inventory.services.forecast_rows import HORIZON_DAYS
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.models import ModelVersion

KEPT_WEEKLY_DAYS: Final = 91
BATCH: Final = 200


@transaction.atomic
def write_totals(
    *,
    version: ModelVersion,
    model: DemandModel,
    as_of: date,
    factors: FloatArray,
    group_factors: FloatArray,
) -> None:
    """Write the days ahead of the shop and of each category with demand.

    factors: what plans and seasons make of each day, (n_days,); group_factors: the same by
    category, (n_groups, n_days). Categories that hold products add up to the shop, and a category
    above them to what is below it.
    """
    calendar = calendar_from(as_of + timedelta(days=1), HORIZON_DAYS)
    shape = model.profile.over(calendar.weekdays, calendar.is_closed)
    expected, low, high = model.shop_total.predict(shape * factors)
    reason = Explanation(
        factors=[Factor("level", model.shop_total.level, Direction.UP, model.shop_total.level)],
        unit="factor",
    ).as_json()
    TotalForecast.objects.bulk_create(
        (
            TotalForecast(
                as_of=as_of,
                day=calendar.day(number),
                units=float(expected[number]),
                lower_units=float(low[number]),
                upper_units=float(high[number]),
                model_version=version,
                explanation=reason,
            )
            for number in range(HORIZON_DAYS)
        ),
        update_conflicts=True,
        unique_fields=["as_of", "day"],
        update_fields=["units", "lower_units", "upper_units", "model_version", "explanation"],
    )
    TotalForecast.objects.filter(as_of__lt=as_of - timedelta(days=KEPT_WEEKLY_DAYS)).delete()
    _write_categories(
        version, model, as_of, bands=model.group_totals.predict(shape * group_factors, expected)
    )


def _write_categories(
    version: ModelVersion,
    model: DemandModel,
    as_of: date,
    *,
    bands: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    expected, low, high = bands
    rows = {group: row for row, group in enumerate(model.group_totals.groups.tolist()) if group}
    below: dict[str, list[int]] = defaultdict(list)
    keys: dict[str, int] = {}
    for key, path in Category.objects.values_list("pk", "path"):
        keys[path] = key
        if key in rows:
            for length in range(Category.steplen, len(path) + 1, Category.steplen):
                below[path[:length]].append(rows[key])
    forecasts = []
    for path in sorted(set(below) & set(keys)):
        members = below[path]
        units = expected[members].sum(axis=0)
        # Errors of categories are taken as unrelated: their squares add up, not they themselves.
        under = np.sqrt(((expected - low)[members] ** 2).sum(axis=0))
        over = np.sqrt(((high - expected)[members] ** 2).sum(axis=0))
        forecasts.append(
            CategoryForecast(
                category_id=keys[path],
                as_of=as_of,
                units=float(units.sum()),
                daily_units=np.round(units, 4).tolist(),
                lower_units=np.round(np.maximum(0.0, units - under), 4).tolist(),
                upper_units=np.round(units + over, 4).tolist(),
                model_version=version,
            )
        )
    CategoryForecast.objects.bulk_create(
        forecasts,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["category", "as_of"],
        update_fields=["units", "daily_units", "lower_units", "upper_units", "model_version"],
    )
    CategoryForecast.objects.filter(as_of__lt=as_of - timedelta(days=KEPT_WEEKLY_DAYS)).delete()
