"""How the shop learns tastes, and when customers are there."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Final

import numpy as np
from django.utils.translation import gettext as _

from insights.algorithms.profiles import Events, ProfilesModel, everybody, fit_profiles, losses
from insights.algorithms.score_arrays import FloatArray
from insights.services import score_tastes
from insights.services.score_tastes import FEWEST_OWN, Habits
from learning.algorithms.fingerprint import fingerprint
from learning.errors import NotEnoughDataError
from learning.models import Anomaly, GateResult, ModelVersion
from learning.pipeline import AnomalyReport, Criterion, Evaluation, Pipeline, Provenance

HOLD_OUT_DAYS: Final = 60
FEWEST_DAYS: Final = 120
FEWEST_EVENTS: Final = 300
FEWEST_CUSTOMERS: Final = 50
HITS_AT: Final = 3
FEWEST_IN_A_GROUP: Final = 50
# So much of what a customer did on one day is a list typed in, not a habit.
MOST_A_DAY: Final = 100


@dataclass(frozen=True)
class HabitsOverTime:
    """known: ordinal of the last day that may be learned from."""

    habits: Habits
    known: int

    @property
    def events(self) -> Events:
        return self.habits.events


@dataclass(frozen=True)
class Everybody:
    """The baseline: each customer does what everybody does."""

    shares: tuple[FloatArray, ...]


class _HabitsPipeline(Pipeline[Habits, HabitsOverTime, ProfilesModel]):
    """Split by time: events of the last 60 days, of customers known by at least three before.

    The baseline is the shop's own profile, the same for everybody.
    """

    criteria: ClassVar[Sequence[Criterion]] = (
        # Worth half a per cent of probability an event, or it is no habit.
        Criterion(
            "log_loss",
            reference=GateResult.Reference.BASELINE,
            higher_is_better=False,
            slack=-0.005,
        ),
    )
    retrain_every_days: ClassVar[int] = 7
    unit: ClassVar[str]

    @abstractmethod
    def read(self, as_of: date) -> Habits: ...

    def collect(self, as_of: date) -> tuple[Habits, Provenance]:
        habits = self.read(as_of)
        events = habits.events
        if len(events) < FEWEST_EVENTS:
            raise NotEnoughDataError(have=len(events), need=FEWEST_EVENTS, what=str(self.unit))
        n_days = as_of.toordinal() - int(events.day.min()) + 1
        if n_days < FEWEST_DAYS:
            raise NotEnoughDataError(
                have=n_days, need=FEWEST_DAYS, what=_("days since the first order")
            )
        return habits, Provenance(
            rows=len(events),
            first_day=date.fromordinal(int(events.day.min())),
            last_day=date.fromordinal(int(events.day.max())),
            fingerprint=fingerprint(habits.customer_ids[events.customer], events.day, events.kinds),
        )

    def clean(self, raw: Habits) -> tuple[Habits, Sequence[AnomalyReport]]:
        events = raw.events
        key = events.customer * 10_000_000 + events.day
        _days, place, count = np.unique(key, return_inverse=True, return_counts=True)
        crowded = count[place] > MOST_A_DAY
        return replace(raw, events=events.of(~crowded)), [
            AnomalyReport(
                check="very many on one day",
                handling=Anomaly.Handling.DROPPED,
                rows=int(crowded.sum()),
                detail=_("Days of a customer with more than %(count)d.") % {"count": MOST_A_DAY},
            )
        ]

    def build_features(self, raw: Habits) -> HabitsOverTime:
        return HabitsOverTime(raw, known=raw.as_of.toordinal())

    def split(self, features: HabitsOverTime) -> tuple[HabitsOverTime, HabitsOverTime]:
        held_out = replace(features, known=features.known - HOLD_OUT_DAYS)
        asked = _asked(held_out)
        n_customers = len(np.unique(asked.customer))
        if n_customers < FEWEST_CUSTOMERS:
            raise NotEnoughDataError(
                have=n_customers,
                need=FEWEST_CUSTOMERS,
                what=_("customers seen often enough"),
            )
        return held_out, held_out

    def train(self, features: HabitsOverTime) -> ProfilesModel:
        return fit_profiles(features.events, day=features.known, labels=features.habits.labels)

    def train_baseline(self, features: HabitsOverTime) -> Everybody:
        known = features.events.until(features.known)
        return Everybody(tuple(everybody(known, part=part) for part in range(len(known.sizes))))

    def evaluate(self, model: Any, holdout: HabitsOverTime) -> Evaluation:
        if isinstance(model, ProfilesModel) and model.learned_until.toordinal() > holdout.known:
            # The active version: it has seen the days that are held out.
            model = self.train(holdout)
        known, asked = holdout.events.until(holdout.known), _asked(holdout)
        loss, plain = np.zeros(len(asked)), np.zeros(len(asked))
        hits = np.zeros(len(asked), dtype=np.bool_)
        for part in range(len(known.sizes)):
            share = everybody(known, part=part)
            everyone = np.broadcast_to(share, (known.n_customers, len(share)))
            told = (
                model.tell(known, day=holdout.known, part=part)
                if isinstance(model, ProfilesModel)
                else everyone
            )
            loss += losses(told, asked, part=part)
            plain += losses(np.asarray(everyone), asked, part=part)
            if part == 0:
                first = np.argsort(-told[asked.customer], axis=1, kind="stable")[:, :HITS_AT]
                hits = (first == asked.kinds[0][:, None]).any(axis=1)
        figures = self._figures(loss, plain, hits)
        language = np.array(holdout.habits.language)[asked.customer]
        return Evaluation(
            metrics=figures,
            groups={
                f"language:{code}": self._figures(loss[rows], plain[rows], hits[rows])
                for code in np.unique(language).tolist()
                if (rows := language == code).sum() >= FEWEST_IN_A_GROUP
            },
        )

    def _figures(self, loss: FloatArray, plain: FloatArray, hits: Any) -> dict[str, float]:
        return {
            "log_loss": float(loss.mean()),
            "log_loss_gain": float((plain - loss).mean()),
            "hit_rate_at_3": float(hits.mean()),
            "rows": float(len(loss)),
        }

    def parameters(self, model: ProfilesModel) -> Mapping[str, Any]:
        return {
            "rows_learned": model.n_learned,
            "pull": list(model.pulls),
            "half_life_days": list(model.half_lives),
        }


class AffinityPipeline(_HabitsPipeline):
    """Which categories a customer buys from next."""

    name: ClassVar[str] = "insights.affinity"

    @property
    def unit(self) -> str:  # type: ignore[override]  # said in the reader's language
        return _("order lines of customers")

    def read(self, as_of: date) -> Habits:
        return score_tastes.read_tastes(as_of=as_of)

    def publish(self, *, version: ModelVersion, model: ProfilesModel, as_of: date) -> int:
        return score_tastes.write_affinities(version=version, model=model, as_of=as_of)


class WritingTimePipeline(_HabitsPipeline):
    """In which hour of the week a customer orders or visits."""

    name: ClassVar[str] = "insights.writing_time"

    @property
    def unit(self) -> str:  # type: ignore[override]  # said in the reader's language
        return _("moments of customers")

    def read(self, as_of: date) -> Habits:
        return score_tastes.read_moments(as_of=as_of)

    def publish(self, *, version: ModelVersion, model: ProfilesModel, as_of: date) -> int:
        return score_tastes.write_times(version=version, model=model, as_of=as_of)


def _asked(holdout: HabitsOverTime) -> Events:
    """Later events of customers who were seen often enough before."""
    known = holdout.events.until(holdout.known)
    own = np.bincount(known.customer, minlength=known.n_customers)
    later = holdout.events.after(holdout.known)
    return later.of(own[later.customer] >= FEWEST_OWN)
