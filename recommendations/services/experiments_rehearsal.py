"""The log of a rehearsal: what was shown, how likely, and what the other arm would have shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from insights.models import Interaction
from recommendations.algorithms.off_policy import Log, crossed_click_model
from recommendations.algorithms.shopping_log import IntArray
from recommendations.models import Experiment
from recommendations.models.placements import MOST_SHOWN
from recommendations.services.experiments import running_from, unit_of
from recommendations.services.experiments_mixing import would_show
from recommendations.services.experiments_visitors import impressions_of
from recommendations.services.propensity import read_source

FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """refused: impressions whose chance cannot be what this experiment gives."""

    log: Log
    refused: int


def read_log(experiment: Experiment, *, until: datetime) -> Rehearsal:
    """One row for each product that a visitor saw in a place on a day."""
    running = running_from(experiment)
    # Both rows together hold at most so many products, see `experiments_mixing`.
    least = running.exploration / (2 * MOST_SHOWN)
    rows: dict[tuple[str, int, int, str], tuple[float, int]] = {}
    moments: dict[tuple[str, int, int, str], datetime] = {}
    refused = 0
    seen = impressions_of(experiment, until).values_list(
        "visitor_key", "customer_id", "product_id", "position", "source", "arm", "occurred_at"
    )
    for key, customer_id, product_id, position, source, arm, moment in seen.order_by(
        "occurred_at"
    ).iterator(chunk_size=5000):
        _name, chance = read_source(source)
        wanted = would_show(arm)
        takes_part = running.arm_of(visitor_key=key, customer_id=customer_id) is not None
        # What a browser sends is believed only as far as this experiment could have said it.
        if (
            not product_id
            or not position
            or wanted is None
            or chance is None
            or not takes_part
            or not 0 < position <= MOST_SHOWN
            or chance < least * 0.999
        ):
            refused += 1
            continue
        unit = unit_of(visitor_key=key, customer_id=customer_id)
        name = (unit, product_id, position, arm)
        rows.setdefault(name, (chance, wanted))
        moments.setdefault(name, moment)
    clicked = _clicked(experiment, until)
    window = timedelta(days=experiment.window_days)
    return Rehearsal(
        log=_as_log(
            list(rows),
            [chance for chance, _wanted in rows.values()],
            [wanted for _chance, wanted in rows.values()],
            [
                any(
                    moments[name] <= moment < moments[name] + window for moment in clicked[name[:3]]
                )
                if name[:3] in clicked
                else False
                for name in rows
            ],
            surely=1 - running.exploration,
        ),
        refused=refused,
    )


def _clicked(experiment: Experiment, until: datetime) -> dict[tuple[str, int, int], list[datetime]]:
    found: dict[tuple[str, int, int], list[datetime]] = {}
    clicks = (
        Interaction.objects.of_people()
        .of_kinds(Interaction.Kind.CLICK)
        .filter(
            placement=experiment.placement,
            product__isnull=False,
            position__isnull=False,
            occurred_at__gte=experiment.started_at,
            occurred_at__lt=until,
        )
        .values_list("visitor_key", "customer_id", "product_id", "position", "occurred_at")
    )
    for key, customer_id, product_id, position, moment in clicks.iterator(chunk_size=5000):
        unit = unit_of(visitor_key=key, customer_id=customer_id)
        found.setdefault((unit, product_id or 0, position or 0), []).append(moment)
    return found


def _as_log(
    names: list[tuple[str, int, int, str]],
    chances: list[float],
    wanted: list[int],
    clicks: list[bool],
    *,
    surely: float,
) -> Log:
    """surely: what today's product of a place has beyond its share of the random rows."""
    products = np.array([product for _unit, product, _position, _arm in names], dtype=np.int64)
    new = np.array(wanted, dtype=np.int64)
    places = np.array([position - 1 for _unit, _product, position, _arm in names], dtype=np.int64)
    known, dense = np.unique(np.concatenate([products, new]), return_inverse=True)
    shown, would = dense[: len(names)], dense[len(names) :]
    visitors = _numbers([unit for unit, _product, _position, _arm in names])
    clicked = np.array(clicks, dtype=np.float64)
    folds: IntArray = visitors % FOLDS
    same = (products == new).astype(np.float64)
    # A shorter row of the other arm has nothing there, and nothing is clicked there.
    has_any = (new > 0).astype(np.float64)
    if not names:
        empty = np.zeros(0)
        return Log(empty, empty, visitors, empty, empty, empty, empty)
    chance = np.array(chances, dtype=np.float64)
    is_todays = chance >= surely * 0.999
    model = crossed_click_model(
        shown, places, clicked, folds, n_items=len(known), n_places=MOST_SHOWN
    )
    return Log(
        weights=same / chance,
        clicked=clicked,
        visitors=visitors,
        expected_shown=model[folds, shown, places],
        expected_new=has_any * model[folds, would, places],
        agrees=same,
        today=is_todays / chance,
    )


def _numbers(units: list[str]) -> IntArray:
    return np.unique(np.array(units, dtype=object).astype(str), return_inverse=True)[1].astype(
        np.int64
    )
