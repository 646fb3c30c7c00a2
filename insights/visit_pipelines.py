"""How the shop learns which visits end in an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

import numpy as np
from django.utils.translation import gettext as _

from insights.algorithms.probability import ProbabilityModel
from insights.algorithms.probability_examples import Examples
from insights.algorithms.probability_metrics import group_figures, probability_figures
from insights.algorithms.probability_training import fit_probability
from insights.algorithms.score_arrays import BoolArray
from insights.algorithms.visit_progress import FEATURES, IS_LOG, Looks, look_at
from insights.models import VisitPropensity
from insights.services.visit_scores import PIPELINE, ReadVisits, read_visits
from learning.algorithms.fingerprint import fingerprint
from learning.errors import NotEnoughDataError
from learning.models import Anomaly, DriftReport, GateResult, ModelVersion
from learning.pipeline import (
    AnomalyReport,
    Criterion,
    DriftMeasurement,
    Evaluation,
    Pipeline,
    Provenance,
)

FEWEST_VISITS: Final = 500
FEWEST_ORDERS: Final = 50
HELD_OUT_SHARE: Final = 0.2
FEWEST_SCORED: Final = 200
# What is known of a visit from its length alone: the baseline.
LENGTH: Final = ("visit_pages", "visit_minutes")
MOST_EVENTS: Final = 2_000


@dataclass(frozen=True)
class VisitLooks:
    """Looks at visits begun until `known` may be learned from; those after are the hold-out."""

    visits: ReadVisits
    looks: Looks
    known: int

    def examples(self, rows: BoolArray) -> Examples:
        return Examples(
            features=FEATURES,
            is_log=IS_LOG,
            values=self.looks.values[rows],
            happened=self.looks.orders_later[rows],
            person=self.looks.visit[rows],
            learned_until=date.fromordinal(self.known),
        )

    def is_known(self) -> BoolArray:
        return np.asarray(self.visits.day[self.looks.visit] <= self.known)


@dataclass(frozen=True)
class LengthAlone:
    """The baseline: pages and minutes so far."""

    model: ProbabilityModel

    def predict(self, values: Any) -> Any:
        return self.model.predict(values[:, [FEATURES.index(name) for name in LENGTH]])


class VisitPurchasePipeline(Pipeline[ReadVisits, VisitLooks, ProbabilityModel]):
    """Which visits end in an order, told after their first, second, fourth ... event.

    Split by time: the last fifth of the visits. The baseline is logistic regression on pages and
    minutes so far. Nothing that is known only when a visit is over is looked at.
    """

    name: ClassVar[str] = PIPELINE
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("auc", at_least=0.6),
        Criterion("log_loss", reference=GateResult.Reference.BASELINE, higher_is_better=False),
        Criterion("calibration_error_by_rank", at_most=0.05),
    )
    retrain_every_days: ClassVar[int] = 7

    def collect(self, as_of: date) -> tuple[ReadVisits, Provenance]:
        visits = read_visits(as_of=as_of)
        if len(visits.ids) < FEWEST_VISITS:
            raise NotEnoughDataError(have=len(visits.ids), need=FEWEST_VISITS, what=_("visits"))
        events = visits.events
        return visits, Provenance(
            rows=len(events),
            first_day=date.fromordinal(int(visits.day.min())),
            last_day=date.fromordinal(int(visits.day.max())),
            fingerprint=fingerprint(visits.ids, events.visit, events.kind, events.second),
        )

    def clean(self, raw: ReadVisits) -> tuple[ReadVisits, Sequence[AnomalyReport]]:
        """Programs are found elsewhere; what is left of very long visits is told."""
        length = np.bincount(raw.events.visit, minlength=len(raw.ids))
        return raw, [
            AnomalyReport(
                check="very long visit",
                handling=Anomaly.Handling.KEPT,
                rows=int((length > MOST_EVENTS).sum()),
                detail=_("Visits of more than %(count)d events; looked at in their first 32 alone.")
                % {"count": MOST_EVENTS},
            )
        ]

    def build_features(self, raw: ReadVisits) -> VisitLooks:
        looks = look_at(raw.events)
        n_orders = len(np.unique(looks.visit[looks.orders_later > 0]))
        if n_orders < FEWEST_ORDERS:
            raise NotEnoughDataError(
                have=n_orders, need=FEWEST_ORDERS, what=_("visits that ended in an order")
            )
        return VisitLooks(raw, looks, known=int(raw.day.max()))

    def split(self, features: VisitLooks) -> tuple[VisitLooks, VisitLooks]:
        days = np.sort(features.visits.day)
        cut = int(days[int((1.0 - HELD_OUT_SHARE) * len(days))]) - 1
        held_out = VisitLooks(features.visits, features.looks, known=cut)
        n_known = int(held_out.looks.orders_later[held_out.is_known()].sum())
        if n_known < FEWEST_ORDERS:
            raise NotEnoughDataError(
                have=n_known, need=FEWEST_ORDERS, what=_("visits that ended in an order")
            )
        return held_out, held_out

    def train(self, features: VisitLooks) -> ProbabilityModel:
        return fit_probability(features.examples(features.is_known()))

    def train_baseline(self, features: VisitLooks) -> LengthAlone:
        examples = features.examples(features.is_known()).with_columns(LENGTH)
        return LengthAlone(fit_probability(examples, with_trees=False))

    def evaluate(self, model: Any, holdout: VisitLooks) -> Evaluation:
        if isinstance(model, ProbabilityModel) and model.learned_until.toordinal() > holdout.known:
            # The active version: it has seen the visits that are held out.
            model = self.train(holdout)
        asked = holdout.examples(~holdout.is_known())
        told = model.predict(asked.values)
        bought = asked.values[:, FEATURES.index("visit_bought_before")]
        groups = {
            "language": [holdout.visits.language[at] for at in asked.person.tolist()],
            "device": [holdout.visits.device[at] for at in asked.person.tolist()],
            "bought_before": ["" if np.isnan(one) else str(int(one)) for one in bought.tolist()],
        }
        return Evaluation(
            metrics=probability_figures(asked.happened, told),
            groups=group_figures(asked.happened, told, groups),
        )

    def publish(self, *, version: ModelVersion, model: ProbabilityModel, as_of: date) -> int:
        """Visits are told of while they last; there is nothing to write ahead."""
        return 0

    def parameters(self, model: ProbabilityModel) -> Mapping[str, Any]:
        return {
            "rows_learned": model.n_learned,
            "boosted_share": model.boosted_share,
            "base_share": round(model.base_share, 4),
        }

    def monitor(
        self, *, version: ModelVersion, model: ProbabilityModel, as_of: date
    ) -> DriftMeasurement | None:
        """What was told of visits, at their last look, against what became of them."""
        rows = np.array(
            list(
                VisitPropensity.objects.filter(
                    model_version=version, has_ordered__isnull=False
                ).values_list("value", "has_ordered")
            ),
            dtype=np.float64,
        ).reshape(-1, 2)
        if len(rows) < FEWEST_SCORED:
            return None
        live = probability_figures(rows[:, 1], rows[:, 0])
        kept = ("auc", "calibration_error_by_rank")
        off = abs(live["told_share"] - live["happened_share"])
        status = DriftReport.Status.STEADY
        if off > 0.05 or live["auc"] < 0.6:
            status = DriftReport.Status.WATCH
        if off > 0.15 or live["auc"] < 0.5:
            status = DriftReport.Status.ALARM
        return DriftMeasurement(
            status=status,
            inputs={},
            promised={name: float(version.metrics.get(name, 0.0)) for name in kept},
            live={name: live[name] for name in kept},
            rows=len(rows),
        )
