"""Learning how far out orders lie, and planting cases to measure it with.

No shop has labels for it. What is measured is how many of the planted cases it finds when it may
raise an alarm for so many of the usual orders; the cases are written down in `plant`, and a figure
on them says nothing of fraud that nobody thought of.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from insights.algorithms.order_anomaly import LOOKED_AT, OrderAnomalyModel
from insights.algorithms.order_features import FEATURES, FloatArray

SEED: Final = 20_240_601
STEPS: Final = 4_001
# Alarms for so many of the usual orders.
ALARM_SHARE: Final = 0.02
STRONGEST_TRIED: Final = (1, 2, 3, 4, len(LOOKED_AT))
VALIDATION_SHARE: Final = 0.2
_AT: Final[Mapping[str, int]] = {name: place for place, name in enumerate(FEATURES)}


def fit_anomaly(matrix: FloatArray) -> OrderAnomalyModel:
    """matrix: by time, oldest first. How many features count is chosen on its last fifth."""
    cut = len(matrix) - max(20, round(VALIDATION_SHARE * len(matrix)))
    tries = {
        strongest: figures(_fit(matrix[:cut], strongest), matrix[cut:])["planted_found"]
        for strongest in STRONGEST_TRIED
    }
    return _fit(matrix, max(tries, key=lambda one: (tries[one], -one)))


def _fit(matrix: FloatArray, strongest: int) -> OrderAnomalyModel:
    columns = [_AT[name] for name in LOOKED_AT]
    steps = np.linspace(0, 1, min(STEPS, len(matrix)))
    model = OrderAnomalyModel(
        grid=np.quantile(matrix[:, columns], steps, axis=0).T,
        n_orders=len(matrix),
        strongest=strongest,
        quantiles=np.zeros(2),
        described={"orders": len(matrix), "features_counted": strongest},
    )
    return replace(model, quantiles=np.quantile(model.scores(matrix), steps))


class OddestAmount:
    """The dumb method: an order is as odd as its total is high."""

    def __init__(self, matrix: FloatArray) -> None:
        self._known = np.sort(matrix[:, _AT["amount"]])

    def rarities(self, matrix: FloatArray) -> FloatArray:
        at = np.searchsorted(self._known, matrix[:, _AT["amount"]], side="left")
        return np.asarray(at / len(self._known))


def plant(matrix: FloatArray) -> dict[str, FloatArray]:
    """Orders made of real ones, changed as fraud and mistakes mostly change them, by kind."""
    rng = np.random.default_rng(SEED)

    def some() -> FloatArray:
        return np.array(matrix[rng.integers(0, len(matrix), 200)])

    def stranger(rows: FloatArray) -> FloatArray:
        rows[:, _AT["orders_before"]] = 0
        rows[:, _AT["account_age_hours"]] = np.log1p(rng.uniform(0, 2, len(rows)))
        rows[:, _AT["amount_times_own"]] = 0
        return rows

    burst, dear, hoard, takeover = stranger(some()), stranger(some()), stranger(some()), some()
    count = np.log1p(rng.integers(3, 9, len(burst)))
    burst[:, _AT["orders_same_email"]] = count
    burst[:, _AT["orders_same_address"]] = count
    dear[:, _AT["amount"]] += np.log(6)
    dear[:, _AT["unit_price"]] += np.log(6)
    units = np.log(rng.integers(15, 40, len(hoard)))
    for name in ("units", "line_units", "amount"):
        hoard[:, _AT[name]] += units
    # An old account that suddenly orders for much more, at night.
    takeover[:, _AT["amount"]] += np.log(5)
    takeover[:, _AT["amount_times_own"]] = np.log(5)
    takeover[:, _AT["hour_sin"]] = np.sin(2 * np.pi * 3.5 / 24)
    takeover[:, _AT["hour_cos"]] = np.cos(2 * np.pi * 3.5 / 24)
    return {"burst": burst, "dear": dear, "hoard": hoard, "takeover": takeover}


def figures(model: OrderAnomalyModel | OddestAmount, usual: FloatArray) -> dict[str, float]:
    """How many planted cases it finds when `ALARM_SHARE` of the usual orders raise an alarm.

    planted_found: mean over the kinds; alarm_share: of usual orders that are said to be rarer than
    98 of 100, which should be 2 of 100 where nothing has changed.
    """
    rarity = model.rarities(usual)
    scores = getattr(model, "scores", model.rarities)
    bound = float(np.quantile(scores(usual), 1.0 - ALARM_SHARE))
    found = {
        f"found_{kind}": float(np.mean(scores(rows) > bound)) for kind, rows in plant(usual).items()
    }
    return {
        "planted_found": float(np.mean(list(found.values()))),
        "alarm_share": float(np.mean(rarity > 1.0 - ALARM_SHARE)),
        **found,
    }
