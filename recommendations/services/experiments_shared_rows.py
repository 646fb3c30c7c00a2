"""Clicks in rows that two rankings share."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from insights.models import Interaction
from recommendations.algorithms.shopping_log import FloatArray
from recommendations.models import Experiment
from recommendations.services.experiments import running_from, unit_of
from recommendations.services.experiments_visitors import impressions_of


@dataclass(frozen=True, slots=True)
class Preferences:
    """One entry a visitor, in order of the first sight; shapes (n,).

    first: seconds since 1970. control, other: clicks on products that each ranking put there,
    within the days that count. refused: impressions of a ranking that the experiment lacks.
    """

    first: FloatArray
    control: FloatArray
    other: FloatArray
    refused: int = 0


def read_preferences(experiment: Experiment, *, until: datetime) -> Preferences:
    running = running_from(experiment)
    labels = {running.arm(at).label: arm.is_control for at, arm in enumerate(running.arms)}
    first: dict[str, datetime] = {}
    refused = 0
    seen = impressions_of(experiment, until).values_list(
        "visitor_key", "customer_id", "arm", "occurred_at"
    )
    for key, customer_id, label, moment in seen.order_by("occurred_at").iterator(chunk_size=5000):
        takes_part = running.arm_of(visitor_key=key, customer_id=customer_id) is not None
        if label not in labels or not takes_part:
            refused += 1
            continue
        first.setdefault(unit_of(visitor_key=key, customer_id=customer_id), moment)
    window = timedelta(days=experiment.window_days)
    # A product counts once a visitor, however often it was clicked.
    clicked: dict[str, set[tuple[int | None, bool]]] = defaultdict(set)
    clicks = (
        Interaction.objects.of_people()
        .of_kinds(Interaction.Kind.CLICK)
        .filter(
            placement=experiment.placement,
            arm__in=labels,
            occurred_at__gte=experiment.started_at,
            occurred_at__lt=until,
        )
        .values_list("visitor_key", "customer_id", "arm", "product_id", "occurred_at")
    )
    for key, customer_id, label, product_id, moment in clicks.iterator(chunk_size=5000):
        unit = unit_of(visitor_key=key, customer_id=customer_id)
        if unit in first and first[unit] <= moment < first[unit] + window:
            clicked[unit].add((product_id, labels[label]))
    ordered = sorted(first, key=lambda unit: (first[unit], unit))
    n_control = [sum(is_control for _product, is_control in clicked[unit]) for unit in ordered]
    n_all = [len(clicked[unit]) for unit in ordered]
    control = np.array(n_control, dtype=np.float64)
    return Preferences(
        first=np.array([first[unit].timestamp() for unit in ordered], dtype=np.float64),
        control=control,
        other=np.array(n_all, dtype=np.float64) - control,
        refused=refused,
    )
