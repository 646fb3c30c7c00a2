"""The one life-cycle that every learned model goes through.

    collect -> clean -> build_features -> split -> train -> evaluate     in the app's pipeline
    -> gate -> register -> publish -> serve -> explain -> monitor        in this app

`collect`, `publish` and `monitor` are the only stages that touch the database. A pipeline is
run by `learning.services.retrain`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from learning.models import Anomaly, DriftReport, GateResult, ModelVersion


class Model(Protocol):
    """A trained model: loads without training libraries, is stored without pickle.

    One whose format is `learning.algorithms.arrays.FORMAT` is given mapped memory to load from.
    """

    format: ClassVar[str]

    def to_bytes(self) -> bytes: ...

    @classmethod
    def from_bytes(cls, data: bytes) -> Self: ...


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was read: rows, date range and a fingerprint of the arrays."""

    rows: int
    first_day: date | None
    last_day: date | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class AnomalyReport:
    """Something odd that `clean` found, and what it did about it."""

    check: str
    handling: Anomaly.Handling
    rows: int
    detail: str = ""
    examples: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures on the hold-out; `groups` maps a group ("language:zh") to the same figures."""

    metrics: Mapping[str, float]
    groups: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Criterion:
    """A number that a candidate must reach.

    at_least, at_most: a fixed bound; exactly one of them, or neither when `reference` names what
        the candidate is compared with.
    reference: "baseline" or "active": the candidate's figure must not be worse than theirs by
        more than `slack`. Without an active version that comparison is left out.
    higher_is_better: the sense of a relative comparison.
    slack: absolute amount in the metric's own unit; negative demands an improvement.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    reference: GateResult.Reference = GateResult.Reference.FIXED
    higher_is_better: bool = True
    slack: float = 0.0


@dataclass(frozen=True, slots=True)
class DriftMeasurement:
    """What `monitor` saw: distances of inputs, promised and live quality, rows looked at."""

    status: DriftReport.Status
    inputs: Mapping[str, float]
    promised: Mapping[str, float]
    live: Mapping[str, float]
    rows: int
    message: str = ""


RawT = TypeVar("RawT")
FeaturesT = TypeVar("FeaturesT")
ModelT = TypeVar("ModelT", bound=Model)


class Pipeline(ABC, Generic[RawT, FeaturesT, ModelT]):
    """How one model is learned. Subclasses name their types and fill in the stages.

    RawT: what `collect` read, a dataclass of arrays.
    FeaturesT: what a model is trained on and measured with.
    ModelT: the trained model.
    """

    name: ClassVar[str]
    criteria: ClassVar[Sequence[Criterion]]
    retrain_every_days: ClassVar[int] = 1
    # Train once more on everything, hold-out included, after the gate has been passed.
    refit_on_everything: ClassVar[bool] = True

    @abstractmethod
    def collect(self, as_of: date) -> tuple[RawT, Provenance]:
        """Read what was known at the end of `as_of`.

        Raises NotEnoughDataError when there is too little to learn from.
        """

    @abstractmethod
    def clean(self, raw: RawT) -> tuple[RawT, Sequence[AnomalyReport]]:
        """Repair or drop what is wrong, and say so."""

    @abstractmethod
    def build_features(self, raw: RawT) -> FeaturesT: ...

    @abstractmethod
    def split(self, features: FeaturesT) -> tuple[FeaturesT, FeaturesT]:
        """Training part and hold-out; by time unless the docstring says why not."""

    @abstractmethod
    def train(self, features: FeaturesT) -> ModelT: ...

    @abstractmethod
    def train_baseline(self, features: FeaturesT) -> Any:
        """The dumb method that the candidate must beat; `evaluate` takes it like a model."""

    @abstractmethod
    def evaluate(self, model: Any, holdout: FeaturesT) -> Evaluation:
        """Figures of the candidate, the baseline or the active version, all on one hold-out."""

    @abstractmethod
    def publish(self, *, version: ModelVersion, model: ModelT, as_of: date) -> int:
        """Refresh the rows that pages read; returns how many. Safe to run twice."""

    def parameters(self, model: ModelT) -> Mapping[str, Any]:
        """What was chosen in training, for the version's page; JSON values."""
        return {}

    def monitor(
        self, *, version: ModelVersion, model: ModelT, as_of: date
    ) -> DriftMeasurement | None:
        """Inputs against training, promised against live quality; None when nothing can be said."""
        return None
