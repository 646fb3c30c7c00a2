"""How the shop finds groups of customers, and who is like the customers of a segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar

import numpy as np
from django.utils.translation import gettext as _

from insights.algorithms.cluster_model import ClusterModel, SpendGroups
from insights.algorithms.cluster_training import (
    FEWEST,
    Tried,
    explained_share,
    fit_clusters,
    found_again,
    scaled_points,
)
from insights.algorithms.customer_table import BoolArray, CustomerTable, FloatArray, held_out
from insights.algorithms.groups import customer_groups, grouped
from insights.algorithms.look_alike_model import FavouriteCategory, Layout, LookAlikeModel, auc
from insights.algorithms.look_alike_training import fit_look_alikes
from insights.services.cluster_members import read_known_groups, write_clusters
from insights.services.customer_features import end_of, read_customers
from insights.services.look_alikes import MIN_MEMBERS, propose_look_alikes, read_seeds
from insights.services.segment_floor import floor
from learning.algorithms.drift import population_stability_index
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

MIN_CUSTOMERS = 200
HOLDOUT_SHARE = 0.25
# Orders a day beyond which an account is a shop of its own or a program.
LARGE_BUYER_ORDERS = 500
PSI_WATCH, PSI_ALARM = 0.1, 0.25
BOOTSTRAPS = 500


def _provenance(table: CustomerTable, as_of: date) -> Provenance:
    oldest = int(table.tenure_days.max()) if len(table) else 0
    return Provenance(
        rows=len(table),
        first_day=as_of - timedelta(days=oldest),
        last_day=as_of,
        fingerprint=fingerprint(
            table.customers, table.recency_days, table.orders, table.spend_minor, table.units
        ),
    )


def _clean(table: CustomerTable) -> tuple[BoolArray, list[AnomalyReport]]:
    """Rows to learn from, and what was odd."""
    negative = table.spend_minor < 0
    large = table.orders > LARGE_BUYER_ORDERS
    reports = [
        AnomalyReport(
            check="refunded more than paid",
            handling=Anomaly.Handling.REPAIRED,
            rows=int(negative.sum()),
            detail=_("Their spend counts as nothing."),
        ),
        AnomalyReport(
            check="account of very many orders",
            handling=Anomaly.Handling.DROPPED,
            rows=int(large.sum()),
            detail=_("Accounts of more than %(count)d orders; they are still put into a group.")
            % {"count": LARGE_BUYER_ORDERS},
        ),
    ]
    return ~large, reports


def _groups(table: CustomerTable) -> dict[str, BoolArray]:
    return customer_groups(
        language=table.language,
        country=table.country,
        tenure_days=table.tenure_days,
        floor=floor(),
    )


@dataclass(frozen=True)
class ClusterInput:
    """known: the number of the group that each customer is in today."""

    table: CustomerTable
    known: Mapping[int, int]


class ClustersPipeline(Pipeline[ClusterInput, ClusterInput, ClusterModel]):
    """k-means on recency, orders, spend and categories, as many groups as are found again.

    Not split by time: groups say how customers differ today, they foretell nothing. One customer
    in four is held out, and the groups found without them must be found again among them alone.
    """

    name: ClassVar[str] = "insights.clusters"
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("explained_share", reference=GateResult.Reference.BASELINE),
        Criterion("found_again", at_least=0.5),
        Criterion("smallest_share", at_least=0.01),
    )
    retrain_every_days: ClassVar[int] = 7

    def __init__(self) -> None:
        self._chosen: Tried | None = None
        self._tried: Mapping[str, float] = {}

    def collect(self, as_of: date) -> tuple[ClusterInput, Provenance]:
        table = read_customers(moment=end_of(as_of))
        if len(table) < MIN_CUSTOMERS:
            raise NotEnoughDataError(
                have=len(table), need=MIN_CUSTOMERS, what=_("customers who ordered")
            )
        return ClusterInput(table, read_known_groups()), _provenance(table, as_of)

    def clean(self, raw: ClusterInput) -> tuple[ClusterInput, Sequence[AnomalyReport]]:
        kept, reports = _clean(raw.table)
        return replace(raw, table=raw.table.where(kept)), reports

    def build_features(self, raw: ClusterInput) -> ClusterInput:
        return raw

    def split(self, features: ClusterInput) -> tuple[ClusterInput, ClusterInput]:
        out = held_out(features.table.customers, share=HOLDOUT_SHARE)
        return (
            replace(features, table=features.table.where(~out)),
            replace(features, table=features.table.where(out)),
        )

    def train(self, features: ClusterInput) -> ClusterModel:
        """Fitted again on everything, the number of groups that passed the gate is kept."""
        model = fit_clusters(features.table, known=dict(features.known), choice=self._chosen)
        if self._chosen is None:
            self._chosen = Tried(
                int(model.choice["groups"]),
                float(model.choice["stability"]),
                min(model.choice["shares"].values()),
            )
            self._tried = model.choice["tried"]
        return replace(model, choice={**model.choice, "tried": self._tried})

    def train_baseline(self, features: ClusterInput) -> SpendGroups:
        """As many groups as the candidate has: more groups always explain more."""
        n_groups = self._chosen.groups if self._chosen else FEWEST
        edges = np.arange(1, n_groups) / n_groups
        return SpendGroups(np.quantile(features.table.spend_minor, edges))

    def evaluate(self, model: ClusterModel | SpendGroups, holdout: ClusterInput) -> Evaluation:
        table = holdout.table
        # One space for everybody who is measured: that of the held-out customers themselves.
        points = scaled_points(table)
        if isinstance(model, SpendGroups):
            labels = model.labels(table)
            return Evaluation({"explained_share": explained_share(points, labels)})
        assignment = model.assign(table)
        labels = assignment.slots
        sizes = np.array([np.mean(labels == slot) for slot in model.slots])
        means = np.array([points[labels == one].mean(axis=0) for one in labels.tolist()])
        errors = ((points - means) ** 2).sum(axis=1)

        def measure(rows: BoolArray) -> dict[str, float]:
            return {
                "distance_to_group": float(np.sqrt(errors[rows].mean())),
                "confidence": float(assignment.confidence[rows].mean()),
            }

        return Evaluation(
            metrics={
                "explained_share": explained_share(points, labels),
                "found_again": found_again(model, table),
                "smallest_share": float(sizes.min()),
                "confidence": float(assignment.confidence.mean()),
                "rows": float(len(table)),
            },
            groups=grouped(_groups(table), measure),
        )

    def publish(self, *, version: ModelVersion, model: ClusterModel, as_of: date) -> int:
        return write_clusters(version=version, model=model, moment=end_of(as_of), day=as_of)

    def parameters(self, model: ClusterModel) -> Mapping[str, Any]:
        return dict(model.choice)

    def monitor(
        self, *, version: ModelVersion, model: ClusterModel, as_of: date
    ) -> DriftMeasurement | None:
        """Whether as many customers are in each group as when it was found."""
        table = read_customers(moment=end_of(as_of))
        shares = version.parameters.get("shares")
        if len(table) < MIN_CUSTOMERS or not isinstance(shares, dict):
            return None
        slots = model.assign(table).slots
        now = np.array([float(np.sum(slots == int(slot))) for slot in shares])
        then = np.array([float(share) for share in shares.values()])
        moved = population_stability_index(then, now)
        return DriftMeasurement(
            status=_drift(moved),
            inputs={"psi": moved},
            promised={},
            live={},
            rows=len(table),
            message=_("Distance between the sizes of the groups then and now."),
        )


def _drift(moved: float) -> DriftReport.Status:
    if moved >= PSI_ALARM:
        return DriftReport.Status.ALARM
    return DriftReport.Status.WATCH if moved >= PSI_WATCH else DriftReport.Status.STEADY


@dataclass(frozen=True)
class LookAlikeInput:
    """members: by segment, 1 for its customers. is_out: who is held out; None in training."""

    table: CustomerTable
    members: Mapping[int, FloatArray]
    families: Mapping[int, Sequence[str]]
    is_out: BoolArray | None = None

    def where(self, kept: BoolArray) -> "LookAlikeInput":
        return replace(
            self,
            table=self.table.where(kept),
            members={key: rows[kept] for key, rows in self.members.items()},
        )


class LookAlikesPipeline(Pipeline[LookAlikeInput, LookAlikeInput, LookAlikeModel]):
    """Logistic regression or a linear SVM for each segment that looks for similar customers.

    Not split by time: who is in a segment is known for today only. One customer in four is held
    out with the knowledge whether she is in it, and must be ranked above those who are not. What
    the rule of a segment speaks of is kept from its model, which otherwise would learn the rule.
    """

    name: ClassVar[str] = "insights.look_alikes"
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("auc", at_least=0.6),
        Criterion("auc", reference=GateResult.Reference.BASELINE),
        # The lower end of the 95 % interval of the gain: better, and not by chance.
        Criterion("auc_gain_low", at_least=0.0),
    )
    retrain_every_days: ClassVar[int] = 7

    def collect(self, as_of: date) -> tuple[LookAlikeInput, Provenance]:
        table = read_customers(moment=end_of(as_of))
        seeds = read_seeds(table)
        if not seeds:
            raise NotEnoughDataError(
                have=0,
                need=1,
                what=_("segments of %(n)d customers that look for similar ones")
                % {"n": MIN_MEMBERS},
            )
        return (
            LookAlikeInput(
                table,
                {seed.segment.pk: seed.members for seed in seeds},
                {seed.segment.pk: seed.families for seed in seeds},
            ),
            _provenance(table, as_of),
        )

    def clean(self, raw: LookAlikeInput) -> tuple[LookAlikeInput, Sequence[AnomalyReport]]:
        kept, reports = _clean(raw.table)
        return raw.where(kept), reports

    def build_features(self, raw: LookAlikeInput) -> LookAlikeInput:
        # A rule that speaks of everything leaves nothing to learn from.
        layout = Layout.of(raw.table)
        able = {key for key, told in raw.families.items() if len(layout.columns_without(told)) >= 2}
        if not able:
            raise NotEnoughDataError(
                have=0, need=1, what=_("segments whose rule leaves something to learn from")
            )
        return replace(raw, members={key: raw.members[key] for key in sorted(able)})

    def split(self, features: LookAlikeInput) -> tuple[LookAlikeInput, LookAlikeInput]:
        out = held_out(features.table.customers, share=HOLDOUT_SHARE)
        return features.where(~out), replace(features, is_out=out)

    def train(self, features: LookAlikeInput) -> LookAlikeModel:
        return fit_look_alikes(features.table, features.members, features.families)

    def train_baseline(self, features: LookAlikeInput) -> dict[int, FavouriteCategory]:
        return {
            key: FavouriteCategory.fit(features.table, rows)
            for key, rows in features.members.items()
        }

    def evaluate(
        self, model: LookAlikeModel | Mapping[int, FavouriteCategory], holdout: LookAlikeInput
    ) -> Evaluation:
        if holdout.is_out is None:
            raise ValueError("nothing was held out")
        test = holdout.where(holdout.is_out)
        plain = self.train_baseline(holdout.where(~holdout.is_out))
        dumb = {key: one.scores(test.table) for key, one in plain.items()}
        scores = _scores(model, test)
        known = [key for key in test.members if key in scores]
        if not known:
            return Evaluation({})
        low, high = _gain_interval(scores, dumb, {key: test.members[key] for key in known})

        def measure(rows: BoolArray) -> dict[str, float]:
            return {"auc": _mean_auc(scores, test.members, known, rows)}

        everybody = np.ones(len(test.table), dtype=np.bool_)
        by_segment = {
            f"segment:{key}": {
                "auc": auc(scores[key], test.members[key]),
                "auc_baseline": auc(dumb[key], test.members[key]),
                "rows": float(test.members[key].sum()),
            }
            for key in known
        }
        return Evaluation(
            metrics={
                "auc": _mean_auc(scores, test.members, known, everybody),
                "auc_gain_low": low,
                "auc_gain_high": high,
                "segments": float(len(known)),
                "rows": float(len(test.table)),
            },
            groups={**by_segment, **grouped(_groups(test.table), measure)},
        )

    def publish(self, *, version: ModelVersion, model: LookAlikeModel, as_of: date) -> int:
        return propose_look_alikes(version=version, model=model, moment=end_of(as_of))

    def parameters(self, model: LookAlikeModel) -> Mapping[str, Any]:
        return {f"segment_{key}": dict(seed.choice) for key, seed in model.seeds.items()}


def _scores(
    model: LookAlikeModel | Mapping[int, FavouriteCategory], test: LookAlikeInput
) -> dict[int, FloatArray]:
    if isinstance(model, LookAlikeModel):
        features = model.layout.features(test.table)
        return {
            key: model.seeds[key].scores(features) for key in test.members if key in model.seeds
        }
    return {key: model[key].scores(test.table) for key in test.members if key in model}


def _mean_auc(
    scores: Mapping[int, FloatArray],
    members: Mapping[int, FloatArray],
    known: Sequence[int],
    rows: BoolArray,
) -> float:
    """Mean over segments; those without a member or without another in the rows are left out."""
    values = [auc(scores[key][rows], members[key][rows]) for key in known]
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else float("nan")


def _gain_interval(
    scores: Mapping[int, FloatArray],
    dumb: Mapping[int, FloatArray],
    members: Mapping[int, FloatArray],
) -> tuple[float, float]:
    """95 % interval of the gain in mean AUC over the dumb method, by drawing customers anew."""
    random = np.random.default_rng(20)
    n = len(next(iter(members.values())))
    known = list(members)
    everybody = np.ones(n, dtype=np.bool_)
    gains = []
    for _number in range(BOOTSTRAPS):
        rows = random.integers(0, n, n)
        drawn = {key: members[key][rows] for key in known}
        mine = {key: scores[key][rows] for key in known}
        other = {key: dumb[key][rows] for key in known}
        gains.append(
            _mean_auc(mine, drawn, known, everybody) - _mean_auc(other, drawn, known, everybody)
        )
    finite = np.array([gain for gain in gains if np.isfinite(gain)])
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [0.025, 0.975])
    return float(low), float(high)
