"""Which arm of an experiment a visitor meets: asked by pages, so it costs no query.

An arm follows from the experiment's salt and who the visitor is: a customer keeps hers on every
device, a browser keeps its own until somebody logs in. What runs is kept in each process until
staff start or stop something.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.services.versions import renew_shop_version
from recommendations.algorithms.assignment import arm_index
from recommendations.models import Experiment
from recommendations.services.keeping import kept_settings


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to fill a placement. settings: what takes the place of the placement's own."""

    experiment_key: str
    key: str
    settings: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What stands in `arm` of every interaction that came from it."""
        return f"{self.experiment_key}:{self.key}"


@dataclass(frozen=True, slots=True)
class RunningArm:
    key: str
    settings: Mapping[str, Any]
    share: int
    is_control: bool


@dataclass(frozen=True, slots=True)
class RunningExperiment:
    """What pages need to know of one. exploration: the share of rows that are filled by chance;
    zero but for estimates from logged chances."""

    key: str
    placement: str
    method: str
    salt: str
    traffic: float
    exploration: float
    arms: tuple[RunningArm, ...]

    def arm(self, index: int) -> Arm:
        found = self.arms[index]
        return Arm(experiment_key=self.key, key=found.key, settings=found.settings)

    @property
    def shares(self) -> tuple[int, ...]:
        return tuple(arm.share for arm in self.arms)

    def arm_of(self, *, visitor_key: str, customer_id: int | None) -> Arm | None:
        """None for visitors who take no part, and for those whom nothing tells apart."""
        unit = unit_of(visitor_key=visitor_key, customer_id=customer_id)
        if not unit:
            return None
        index = arm_index(self.salt, unit, shares=self.shares, traffic=self.traffic)
        return None if index is None else self.arm(index)


def arm_for(*, placement: str, visitor_key: str, customer_id: int | None = None) -> Arm | None:
    """The arm of a visitor; None where nothing is compared, or where she takes no part."""
    experiment = running_on(placement)
    if experiment is None or experiment.method != Experiment.Method.AB:
        return None
    return experiment.arm_of(visitor_key=visitor_key, customer_id=customer_id)


def unit_of(*, visitor_key: str, customer_id: int | None) -> str:
    """Who is assigned: the customer where one is known, otherwise the browser."""
    return visitor_key if customer_id is None else f"customer:{customer_id}"


def running_on(placement: str) -> RunningExperiment | None:
    return kept_settings("experiments", make=_read_running).get(placement)


def running_from(experiment: Experiment) -> RunningExperiment:
    """The same of a row, whatever its state."""
    explores = experiment.method == Experiment.Method.REHEARSAL
    return RunningExperiment(
        key=experiment.key,
        placement=experiment.placement,
        method=experiment.method,
        salt=experiment.salt,
        traffic=experiment.traffic_percent / 100,
        exploration=experiment.exploration_percent / 100 if explores else 0.0,
        arms=tuple(
            RunningArm(
                key=arm.key, settings=arm.settings, share=arm.share, is_control=arm.is_control
            )
            for arm in experiment.arms.all()
        ),
    )


def renew_running() -> None:
    """Let pages learn of a start or a stop once it is committed."""
    renew_shop_version()


def _read_running() -> dict[str, RunningExperiment]:
    rows = Experiment.objects.running().prefetch_related("arms")
    return {row.placement: running_from(row) for row in rows}
