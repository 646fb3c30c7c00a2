"""Visitors of an experiment, as rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np

from catalog.models import Product
from insights.models import Interaction
from recommendations.models import Experiment, ExperimentArm
from recommendations.services.experiments import running_from

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PLACEMENT = "home.guess_you_like"


def make_experiment(
    *, shares: Sequence[int] = (50, 50), settings: dict[str, Any] | None = None, **fields: Any
) -> Experiment:
    """A draft with arms "a" (as today), "b", and so on."""
    experiment = Experiment.objects.create(
        **{
            "key": f"row-{uuid4().hex[:6]}",
            "title": "More variety",
            "placement": PLACEMENT,
            "window_days": 1,
            "salt": "salt",
            "planned_visitors": 2000,
            **fields,
        }
    )
    for at, share in enumerate(shares):
        ExperimentArm.objects.create(
            experiment=experiment,
            key="abcdef"[at],
            name=f"Arm {'ABCDEF'[at]}",
            is_control=at == 0,
            share=share,
            settings={} if at == 0 else {"diversity": 0.1 * at, **(settings or {})},
        )
    return experiment


def make_running(**fields: Any) -> Experiment:
    return make_experiment(status=Experiment.Status.RUNNING, started_at=START, **fields)


def visitor(number: int) -> str:
    return f"{number:032x}"


def interaction(kind: str, key: str, moment: datetime, **fields: Any) -> Interaction:
    return Interaction(event_id=uuid4(), kind=kind, visitor_key=key, occurred_at=moment, **fields)


def send_visitors(
    experiment: Experiment,
    product: Product,
    *,
    n: int,
    rates: Sequence[float],
    days: int = 1,
    seed: int = 0,
    first: int = 0,
) -> None:
    """n visitors spread over days; each sees her arm's row and clicks at its rate."""
    generator = np.random.default_rng(seed)
    running = running_from(experiment)
    place = {arm.key: at for at, arm in enumerate(running.arms)}
    rows = []
    for number in range(first, first + n):
        key = visitor(number)
        arm = running.arm_of(visitor_key=key, customer_id=None)
        if arm is None:
            continue
        moment = START + timedelta(days=number % days, minutes=5)
        shown = {"product": product, "placement": experiment.placement, "position": 1}
        rows.append(interaction("impression", key, moment, arm=arm.label, **shown))
        if generator.random() < rates[place[arm.key]]:
            later = moment + timedelta(minutes=1)
            rows.append(interaction("click", key, later, arm=arm.label, **shown))
    Interaction.objects.bulk_create(rows)
