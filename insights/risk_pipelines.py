"""`insights.order_anomaly` and `insights.order_outcome`: how the shop learns of risky orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, Final

import numpy as np
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from insights.algorithms.order_anomaly import OrderAnomalyModel
from insights.algorithms.order_anomaly_training import (
    ALARM_SHARE,
    OddestAmount,
    figures,
    fit_anomaly,
)
from insights.algorithms.order_features import FloatArray, feature_matrix
from insights.algorithms.order_outcome import OrderOutcomeModel
from insights.algorithms.order_outcome_training import figures as outcome_figures
from insights.algorithms.order_outcome_training import fit_outcome
from insights.models import RiskAssessment
from insights.services import risk_history
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

FEWEST_ORDERS: Final = 500
FEWEST_FRAUD: Final = 30
FEWEST_GOOD: Final = 100
# Of either kind, in the part that is measured on.
FEWEST_HELD_OUT: Final = 8
HOLD_OUT_SHARE: Final = 0.3
WATCHED_DAYS: Final = 30
FEWEST_WATCHED: Final = 200

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class OrderRows:
    """By time, oldest first. groups: name of a group and who is in it."""

    matrix: FloatArray
    groups: Mapping[str, BoolArray]
    days: Sequence[date]

    def part(self, where: slice) -> "OrderRows":
        return OrderRows(
            self.matrix[where],
            {name: rows[where] for name, rows in self.groups.items()},
            self.days[where],
        )


class OrderAnomalyPipeline(Pipeline[OrderRows, OrderRows, OrderAnomalyModel]):
    """How rare an order is among all of the shop.

    Split by time: the last 30 % of the orders are held out. Fraud has no labels that could be had:
    cases are planted in the hold-out, and the baseline ranks orders by their total alone.
    """

    name: ClassVar[str] = "insights.order_anomaly"
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion(metric="planted_found", reference=GateResult.Reference.BASELINE),
        Criterion(metric="planted_found", at_least=0.5),
        # Three times as many alarms as promised: the shop has changed, or it learned by heart.
        Criterion(metric="alarm_share", at_most=3 * ALARM_SHARE),
    )
    retrain_every_days: ClassVar[int] = 7

    def collect(self, as_of: date) -> tuple[OrderRows, Provenance]:
        past = risk_history.past_orders(as_of=as_of, home=settings.SHOP_COUNTRY)
        if len(past.facts) < FEWEST_ORDERS:
            raise NotEnoughDataError(have=len(past.facts), need=FEWEST_ORDERS, what=_("orders"))
        matrix = feature_matrix(past.facts)
        is_guest = np.array([bool(fact["is_guest"]) for fact in past.facts])
        abroad = np.array(past.is_abroad)
        groups = {
            **{
                f"language:{code}": np.array([one == code for one in past.language])
                for code in ("en", "zh")
            },
            "customer:guest": is_guest,
            "customer:account": ~is_guest,
            "delivery:home": ~abroad,
            "delivery:abroad": abroad,
        }
        return OrderRows(matrix, groups, past.days), Provenance(
            rows=len(matrix),
            first_day=past.days[0],
            last_day=past.days[-1],
            fingerprint=fingerprint(matrix),
        )

    def clean(self, raw: OrderRows) -> tuple[OrderRows, Sequence[AnomalyReport]]:
        """Odd orders are what is looked for: they are counted, and kept."""
        empty = raw.matrix[:, 1] == 0
        free = raw.matrix[:, 0] == 0
        reports = [
            AnomalyReport(
                check=check, handling=Anomaly.Handling.KEPT, rows=int(rows.sum()), detail=detail
            )
            for check, rows, detail in (
                ("order without lines", empty, _("Orders without units.")),
                ("order for nothing", free, _("Orders whose total is zero.")),
            )
            if rows.any()
        ]
        return raw, reports

    def build_features(self, raw: OrderRows) -> OrderRows:
        return raw

    def split(self, features: OrderRows) -> tuple[OrderRows, OrderRows]:
        cut = round((1 - HOLD_OUT_SHARE) * len(features.matrix))
        return features.part(slice(0, cut)), features.part(slice(cut, None))

    def train(self, features: OrderRows) -> OrderAnomalyModel:
        return fit_anomaly(features.matrix)

    def train_baseline(self, features: OrderRows) -> OddestAmount:
        return OddestAmount(features.matrix)

    def evaluate(self, model: Any, holdout: OrderRows) -> Evaluation:
        alarm = model.rarities(holdout.matrix) > 1 - ALARM_SHARE
        return Evaluation(
            metrics=figures(model, holdout.matrix),
            groups={
                name: {"alarm_share": float(alarm[rows].mean()), "rows": float(rows.sum())}
                for name, rows in holdout.groups.items()
                if rows.any()
            },
        )

    def publish(self, *, version: ModelVersion, model: OrderAnomalyModel, as_of: date) -> int:
        """Orders are judged when they are placed; what was said of older ones stays."""
        return 0

    def parameters(self, model: OrderAnomalyModel) -> Mapping[str, Any]:
        return dict(model.described)

    def monitor(
        self, *, version: ModelVersion, model: OrderAnomalyModel, as_of: date
    ) -> DriftMeasurement | None:
        """Of the orders lately: as many alarms as promised?"""
        since = timezone.now() - timedelta(days=WATCHED_DAYS)
        rarities = np.array(
            RiskAssessment.objects.filter(
                created_at__gte=since, rarity__isnull=False, model_version=version
            ).values_list("rarity", flat=True),
            dtype=np.float64,
        )
        if len(rarities) < FEWEST_WATCHED:
            return None
        share = float(np.mean(rarities > 1 - ALARM_SHARE))
        status = DriftReport.Status.STEADY
        if share > 3 * ALARM_SHARE:
            status = DriftReport.Status.WATCH
        if share > 6 * ALARM_SHARE:
            status = DriftReport.Status.ALARM
        return DriftMeasurement(
            status=status,
            inputs={},
            promised={"alarm_share": ALARM_SHARE},
            live={"alarm_share": share},
            rows=len(rarities),
        )


@dataclass(frozen=True)
class OutcomeRows:
    """By time, oldest first. score: what was said when the order was placed."""

    matrix: FloatArray
    is_fraud: FloatArray
    score: FloatArray
    groups: Mapping[str, BoolArray]
    days: Sequence[date]

    def part(self, where: slice) -> "OutcomeRows":
        return OutcomeRows(
            self.matrix[where],
            self.is_fraud[where],
            self.score[where],
            {name: rows[where] for name, rows in self.groups.items()},
            self.days[where],
        )


class _ScoreOfThatTime:
    """The dumb method: what rules and rarity said when the order was placed."""

    @staticmethod
    def probabilities(matrix: FloatArray) -> FloatArray:
        rule, rarity = matrix[:, -2], matrix[:, -1]
        rare = 0.5 * np.clip((rarity - 0.95) / 0.05, 0, 1)
        return np.asarray(1 - (1 - rule) * (1 - rare))


class OrderOutcomePipeline(Pipeline[OutcomeRows, OutcomeRows, OrderOutcomeModel]):
    """How likely an order turns out to be fraud, once the shop has seen enough of it.

    Split by time: the last 30 % are held out. The baseline is the score of rules and rarity. Only
    orders that the shop itself saw end are learned from: held ones that staff decided on, and those
    that stayed quiet for 60 days.
    """

    name: ClassVar[str] = "insights.order_outcome"
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion(metric="auc", at_least=0.7),
        Criterion(metric="average_precision", reference=GateResult.Reference.BASELINE),
        Criterion(metric="calibration_error", at_most=0.1),
    )
    retrain_every_days: ClassVar[int] = 7

    def collect(self, as_of: date) -> tuple[OutcomeRows, Provenance]:
        known = risk_history.outcomes(as_of=as_of)
        is_fraud = np.array(known.is_fraud, dtype=np.float64)
        n_fraud = int(is_fraud.sum())
        if n_fraud < FEWEST_FRAUD:
            raise NotEnoughDataError(
                have=n_fraud, need=FEWEST_FRAUD, what=_("orders that turned out fraud")
            )
        if len(is_fraud) - n_fraud < FEWEST_GOOD:
            raise NotEnoughDataError(
                have=len(is_fraud) - n_fraud,
                need=FEWEST_GOOD,
                what=_("orders that turned out good"),
            )
        matrix = np.column_stack(
            [feature_matrix(known.facts), np.array(known.rule_score), np.array(known.rarity)]
        )
        is_guest = np.array(known.is_guest)
        groups = {
            **{
                f"language:{code}": np.array([one == code for one in known.language])
                for code in ("en", "zh")
            },
            "customer:guest": is_guest,
            "customer:account": ~is_guest,
        }
        rows = OutcomeRows(matrix, is_fraud, np.array(known.score), groups, known.days)
        return rows, Provenance(
            rows=len(matrix),
            first_day=known.days[0],
            last_day=known.days[-1],
            fingerprint=fingerprint(matrix, is_fraud),
        )

    def clean(self, raw: OutcomeRows) -> tuple[OutcomeRows, Sequence[AnomalyReport]]:
        return raw, ()

    def build_features(self, raw: OutcomeRows) -> OutcomeRows:
        return raw

    def split(self, features: OutcomeRows) -> tuple[OutcomeRows, OutcomeRows]:
        cut = round((1 - HOLD_OUT_SHARE) * len(features.matrix))
        known, later = features.part(slice(0, cut)), features.part(slice(cut, None))
        for part in (known, later):
            fewest = min(part.is_fraud.sum(), len(part.is_fraud) - part.is_fraud.sum())
            if fewest < FEWEST_HELD_OUT:
                raise NotEnoughDataError(
                    have=int(fewest),
                    need=FEWEST_HELD_OUT,
                    what=_("outcomes of either kind in the later part"),
                )
        return known, later

    def train(self, features: OutcomeRows) -> OrderOutcomeModel:
        return fit_outcome(features.matrix, features.is_fraud)

    def train_baseline(self, features: OutcomeRows) -> _ScoreOfThatTime:
        return _ScoreOfThatTime()

    def evaluate(self, model: Any, holdout: OutcomeRows) -> Evaluation:
        probability = model.probabilities(holdout.matrix)
        return Evaluation(
            metrics=outcome_figures(probability, holdout.is_fraud),
            groups={
                name: {
                    "predicted_share": float(probability[rows].mean()),
                    "fraud_share": float(holdout.is_fraud[rows].mean()),
                    "rows": float(rows.sum()),
                }
                for name, rows in holdout.groups.items()
                if rows.any()
            },
        )

    def publish(self, *, version: ModelVersion, model: OrderOutcomeModel, as_of: date) -> int:
        """Orders are judged when they are placed; what was said of older ones stays."""
        return 0

    def parameters(self, model: OrderOutcomeModel) -> Mapping[str, Any]:
        return dict(model.described)
