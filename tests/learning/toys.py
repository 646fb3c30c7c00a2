"""A pipeline small enough to see through: it learns the mean of numbers it is given."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self

from learning.errors import NotEnoughDataError
from learning.models import Anomaly, GateResult, ModelVersion
from learning.pipeline import AnomalyReport, Criterion, Evaluation, Pipeline, Provenance
from learning.registry import Registration

NAME = "toys.mean"


@dataclass
class World:
    """What the toy shop recorded, and what was published from it."""

    numbers: list[float]
    published: list[float]
    published_as_of: date | None = None
    breaks_at: str = ""


WORLD = World(numbers=[], published=[])


@dataclass(frozen=True)
class MeanModel:
    value: float
    format: ClassVar[str] = "json"

    def to_bytes(self) -> bytes:
        return json.dumps({"value": self.value}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        return cls(json.loads(data)["value"])


class NoMeanModel:
    value = 0.0


class MeanPipeline(Pipeline[list[float], list[float], MeanModel]):
    name = NAME
    refit_on_everything = False
    criteria: ClassVar[Sequence[Criterion]] = [
        Criterion(metric="error", at_most=10.0),
        Criterion(metric="error", reference=GateResult.Reference.BASELINE, higher_is_better=False),
        Criterion(
            metric="error",
            reference=GateResult.Reference.ACTIVE,
            higher_is_better=False,
            slack=0.5,
        ),
    ]

    def collect(self, as_of: date) -> tuple[list[float], Provenance]:
        if len(WORLD.numbers) < 4:
            raise NotEnoughDataError(have=len(WORLD.numbers), need=4, what="numbers")
        provenance = Provenance(
            rows=len(WORLD.numbers), first_day=as_of, last_day=as_of, fingerprint="f" * 64
        )
        return list(WORLD.numbers), provenance

    def clean(self, raw: list[float]) -> tuple[list[float], Sequence[AnomalyReport]]:
        kept = [number for number in raw if number >= 0]
        dropped = [number for number in raw if number < 0]
        report = AnomalyReport(
            check="negative", handling=Anomaly.Handling.DROPPED, rows=len(dropped), examples=dropped
        )
        return kept, [report]

    def build_features(self, raw: list[float]) -> list[float]:
        return raw

    def split(self, features: list[float]) -> tuple[list[float], list[float]]:
        return features[:-2], features[-2:]

    def train(self, features: list[float]) -> MeanModel:
        if WORLD.breaks_at == "train":
            raise RuntimeError("the power failed")
        return MeanModel(sum(features) / len(features))

    def train_baseline(self, features: list[float]) -> Any:
        return NoMeanModel()

    def evaluate(self, model: Any, holdout: list[float]) -> Evaluation:
        error = sum(abs(model.value - number) for number in holdout) / len(holdout)
        return Evaluation(metrics={"error": error})

    def publish(self, *, version: ModelVersion, model: MeanModel, as_of: date) -> int:
        if WORLD.breaks_at == "publish":
            raise RuntimeError("the power failed")
        WORLD.published = [model.value]
        WORLD.published_as_of = as_of
        return 1


REGISTRATION = Registration(
    name=NAME,
    title="Mean of numbers",
    pipeline="tests.learning.toys.MeanPipeline",
    model="tests.learning.toys.MeanModel",
    fallback="tests.learning.toys.NoMeanModel",
)
