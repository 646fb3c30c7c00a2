"""Rows that hold two rankings: shared between them, or filled by chance to learn what one would do.

    mixing = mixing_for(placement=..., visitor_key=..., customer_id=...)
    if mixing is not None:
        placed = mixing.fill(first=[...], second=[...], limit=8, subject="product 12")

`first` is ranked with `mixing.control.settings`, `second` with `mixing.other.settings`. What each
product is told with stands in the impression and comes back with the click:

    interleaving   arm "home-row:b": the ranking that put it there
    rehearsal      arm "home-row:t4711": which product the other ranking had for the place; the
                   chance to be there goes with the source, see `propensity`
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import Final

from django.utils import timezone

from recommendations.algorithms.interleaving import team_draft
from recommendations.models import Experiment
from recommendations.services.experiments import Arm, RunningExperiment, running_on, unit_of

WOULD_SHOW: Final = "t"


@dataclass(frozen=True, slots=True)
class Placed:
    """A product in its place.

    is_of_other: the other ranking put it there. chance: how likely it was to be there, where that
    was left to chance.
    """

    product_id: int
    label: str
    is_of_other: bool
    chance: float | None = None


@dataclass(frozen=True, slots=True)
class Mixing:
    experiment: RunningExperiment
    unit: str
    control: Arm
    other: Arm

    def fill(
        self, *, first: Sequence[int], second: Sequence[int], limit: int, subject: str = ""
    ) -> list[Placed]:
        """The row, best first. A visitor meets the same row of a subject all day."""
        seed = f"{self.experiment.salt}:{self.unit}:{subject}:{timezone.localdate()}"
        if self.experiment.method == Experiment.Method.INTERLEAVING:
            arms = (self.control, self.other)
            return [
                Placed(product_id, arms[team].label, is_of_other=team == 1)
                for product_id, team in team_draft(first, second, limit=limit, seed=seed)
            ]
        return self._by_chance(first[:limit], second[:limit], seed)

    def _by_chance(self, first: Sequence[int], second: Sequence[int], seed: str) -> list[Placed]:
        """Now and then products of both rows in random order, else the first as it is."""
        pool = list(dict.fromkeys([*first, *second]))
        share = self.experiment.exploration
        by_chance = share / len(pool) if pool else 0.0
        random = Random(blake2b(seed.encode(), digest_size=8).digest())  # noqa: S311  # no secret
        shown = random.sample(pool, len(first)) if random.random() < share else list(first)
        there = set(first)
        return [
            Placed(
                product_id,
                f"{self.experiment.key}:{WOULD_SHOW}{second[at] if at < len(second) else 0}",
                is_of_other=product_id not in there,
                chance=by_chance + (1 - share if first[at] == product_id else 0.0),
            )
            for at, product_id in enumerate(shown)
        ]


def mixing_for(
    *, placement: str, visitor_key: str, customer_id: int | None = None
) -> Mixing | None:
    """What to mix for a visitor; None where rows hold one ranking, and for who takes no part."""
    experiment = running_on(placement)
    if experiment is None or experiment.method == Experiment.Method.AB:
        return None
    if experiment.arm_of(visitor_key=visitor_key, customer_id=customer_id) is None:
        return None
    arms = [experiment.arm(index) for index in range(len(experiment.arms))]
    controls = [arm for arm, row in zip(arms, experiment.arms, strict=True) if row.is_control]
    others = [arm for arm, row in zip(arms, experiment.arms, strict=True) if not row.is_control]
    if len(controls) != 1 or len(others) != 1:
        return None
    return Mixing(
        experiment=experiment,
        unit=unit_of(visitor_key=visitor_key, customer_id=customer_id),
        control=controls[0],
        other=others[0],
    )


def would_show(arm: str) -> int | None:
    """The product that stands in a label of a rehearsal; None for other labels, 0 for none."""
    told = arm.rpartition(":")[2]
    number = told.removeprefix(WOULD_SHOW)
    if number == told or not number.isdecimal() or len(number) > 18:
        return None
    return int(number)
