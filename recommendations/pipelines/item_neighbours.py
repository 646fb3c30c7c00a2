"""How the shop learns who buys what: what to show to somebody who bought or looked at these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

import numpy as np
from django.utils.translation import gettext as _

from learning.errors import NotEnoughDataError
from learning.models import GateResult, ModelVersion
from learning.pipeline import (
    AnomalyReport,
    Criterion,
    DriftMeasurement,
    Evaluation,
    Pipeline,
    Provenance,
)
from recommendations.algorithms.evaluation import (
    Returns,
    discover_quality,
    returns_of,
    unseen_popular_lists,
)
from recommendations.algorithms.histories import Sequences, sequences_of
from recommendations.algorithms.item_graph_training import unit_matrix
from recommendations.algorithms.list_examination import (
    exposure_figures,
    gain_figures,
    group_figures,
    list_figures,
)
from recommendations.algorithms.metrics import ListQuality
from recommendations.algorithms.neighbours import NeighbourModel, NeighbourSettings
from recommendations.algorithms.neighbours_choosing import (
    NeighbourChoice,
    choose_neighbours,
    described_settings,
)
from recommendations.algorithms.neighbours_training import (
    GraphOf,
    fit_neighbours,
    neighbour_lists,
)
from recommendations.algorithms.popularity import (
    RECENT_DAYS,
    Popularity,
    buyers_of_late,
    fit_popularity,
)
from recommendations.algorithms.shopping_log import IntArray, ShoppingLog, cut_day
from recommendations.pipelines.item_graphs import graph_fitter
from recommendations.pipelines.record import (
    HOLDOUT_SHARE,
    LIST_LENGTH,
    MONITORED_DAYS,
    VALIDATION_SHARE,
    Log,
    clean_record,
    drift,
    log_of,
    provenance_of,
)
from recommendations.services.reading import EPOCH, ShopRecord, read_shop

PIPELINE = "recommendations.item_neighbours"
MIN_RETURNS = 100
BEHAVIOUR_WEIGHTS = (0.3,)


class ItemNeighboursPipeline(Pipeline[ShopRecord, Log, NeighbourModel]):
    """Item graph, people alike, or shares of both, asked what customers buy for the first time.

    Split by time: the last orders of the history are the hold-out, and the settings are chosen on
    the last orders of the rest. Nothing is published as rows: the model answers when it is asked,
    for visitors who came a minute ago too.
    """

    name: ClassVar[str] = PIPELINE
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("ndcg_at_10", reference=GateResult.Reference.BASELINE),
        # The lower end of the paired 95 % interval: better than popularity, and not by chance.
        Criterion("ndcg_gain_low", at_least=0.0),
        Criterion("coverage_at_10", at_least=0.1),
        Criterion("ndcg_at_10", reference=GateResult.Reference.ACTIVE, slack=0.02),
        Criterion("coverage_at_10", reference=GateResult.Reference.ACTIVE, slack=0.1),
    )

    def __init__(self) -> None:
        self._choice: NeighbourChoice | None = None

    def collect(self, as_of: date) -> tuple[ShopRecord, Provenance]:
        record = read_shop(as_of=as_of)
        returning = _returning(record.log)
        if returning < MIN_RETURNS:
            raise NotEnoughDataError(
                have=returning, need=MIN_RETURNS, what=_("customers who came back")
            )
        return record, provenance_of(record)

    def clean(self, raw: ShopRecord) -> tuple[ShopRecord, Sequence[AnomalyReport]]:
        return clean_record(raw)

    def build_features(self, raw: ShopRecord) -> Log:
        return log_of(raw)

    def split(self, features: Log) -> tuple[Log, Log]:
        day = cut_day(features.log, share=HOLDOUT_SHARE)
        return features.before(day), replace(features, from_day=day)

    def train(self, features: Log) -> NeighbourModel:
        """Choose and fit; fitted again on everything, the choice that passed the gate is kept."""
        with graph_fitter() as graph_of:
            if self._choice is None:
                self._choice = _choose(features.log, graph_of)
            return _fit(
                features.log,
                features.product_ids,
                self._choice.chosen.settings,
                choice=self._choice.described(),
                graph_of=graph_of,
            )

    def train_baseline(self, features: Log) -> Popularity:
        return _popularity(features.log)

    def evaluate(self, model: NeighbourModel | Popularity, holdout: Log) -> Evaluation:
        if holdout.from_day is None:
            raise ValueError("nothing was held out")
        exam = _examine(holdout.log, holdout.from_day)
        popular = _popular_lists(_popularity(exam.past), exam)
        lists = popular if isinstance(model, Popularity) else _lists(model, holdout, exam)
        quality = discover_quality(lists, exam.returns)
        reference = discover_quality(popular, exam.returns)
        groups = group_figures(quality, holdout.groups(exam.returns.customer), length=LIST_LENGTH)
        small = holdout.small_brands()
        if small.any():
            groups["products: small brands"] = exposure_figures(lists, exam.returns.targets, small)
        return Evaluation(
            metrics={
                **_figures(lists, quality, exam),
                **gain_figures(quality.ndcg, reference.ndcg, name="ndcg"),
            },
            groups=groups,
        )

    def publish(self, *, version: ModelVersion, model: NeighbourModel, as_of: date) -> int:
        return 0

    def parameters(self, model: NeighbourModel) -> Mapping[str, Any]:
        return {**described_settings(model.settings), **model.choice}

    def monitor(
        self, *, version: ModelVersion, model: NeighbourModel, as_of: date
    ) -> DriftMeasurement | None:
        """The version against what returning customers bought since it learned."""
        record = read_shop(as_of=as_of)
        day = max(model.learned_until_day + 1, (as_of - EPOCH).days + 1 - MONITORED_DAYS)
        recent = record.log.since(day).purchases()
        if not len(recent):
            return None
        exam = _examine(record.log, day)
        keys = record.catalogue.product_ids
        lists = np.full((len(exam.returns.customer), LIST_LENGTH), -1, dtype=np.int64)
        starts, products = exam.histories.starts, exam.histories.products
        for row in range(len(lists)):
            history = keys[products[starts[row] : starts[row + 1]]]
            found = record.catalogue.index_of(
                model.candidates(history, most=2 * LIST_LENGTH).product_ids
            )
            # What left the catalogue since is shown to nobody.
            found = found[found >= 0][:LIST_LENGTH]
            lists[row, : len(found)] = found
        return drift(
            promised=float(version.metrics.get("ndcg_at_10", 0.0)),
            live=_figures(lists, discover_quality(lists, exam.returns), exam),
            unknown=float((~np.isin(keys[recent.product], model.product_ids)).mean()),
            rows=len(recent),
        )


@dataclass(frozen=True)
class Examination:
    """Customers who came back from a day on: what they had, in order, and what they bought new."""

    past: ShoppingLog
    returns: Returns
    histories: Sequences


def _examine(log: ShoppingLog, from_day: int) -> Examination:
    past = log.before(from_day)
    returns = returns_of(past, log.since(from_day))
    return Examination(
        past=past,
        returns=returns,
        histories=sequences_of(past.purchases(), people=returns.customer),
    )


def _returning(log: ShoppingLog) -> int:
    bought = log.purchases()
    if not len(bought):
        return 0
    orders = np.unique(np.stack([bought.customer, bought.basket]), axis=1)[0]
    return int((np.unique(orders, return_counts=True)[1] > 1).sum())


def _choose(log: ShoppingLog, graph_of: GraphOf) -> NeighbourChoice:
    exam = _examine(log, cut_day(log, share=VALIDATION_SHARE))
    behaviour = (
        {weight: _held(exam.past, weight) for weight in BEHAVIOUR_WEIGHTS}
        if log.has_behaviour()
        else {}
    )
    return choose_neighbours(
        _held(exam.past, 0.0),
        exam.histories,
        exam.returns.targets,
        limit=LIST_LENGTH,
        sequences=sequences_of(exam.past.purchases()),
        behaviour=behaviour,
        recent=buyers_of_late(exam.past),
        graph_of=graph_of,
    )


def _held(log: ShoppingLog, behaviour_weight: float) -> Any:
    held = unit_matrix(log, unit="customer", behaviour_weight=behaviour_weight)
    return held.astype(np.float32)


def _fit(
    log: ShoppingLog,
    product_ids: IntArray,
    settings: NeighbourSettings,
    *,
    choice: Mapping[str, Any],
    graph_of: GraphOf | None = None,
) -> NeighbourModel:
    return fit_neighbours(
        _held(log, settings.behaviour_weight),
        settings,
        product_ids=product_ids,
        learned_until_day=int(log.day.max()),
        choice=choice,
        sequences=sequences_of(log.purchases()) if settings.is_directed else None,
        recent=buyers_of_late(log),
        graph_of=graph_of,
    )


def _popularity(log: ShoppingLog) -> Popularity:
    """Best sellers of all time or of the last month, whichever foretell the last orders better."""
    day = cut_day(log, share=VALIDATION_SHARE)
    exam = _examine(log, day)
    windows: tuple[int | None, ...] = (None, RECENT_DAYS)
    reached = []
    for days in windows:
        lists = _popular_lists(fit_popularity(exam.past, as_of_day=day, days=days), exam)
        reached.append(float(discover_quality(lists, exam.returns).ndcg.sum()))
    best = windows[int(np.argmax(reached))]
    return fit_popularity(log, as_of_day=int(log.day.max()) + 1, days=best)


def _popular_lists(popular: Popularity, exam: Examination) -> IntArray:
    return unseen_popular_lists(popular.ranked, exam.returns, limit=LIST_LENGTH)


def _lists(model: NeighbourModel, holdout: Log, exam: Examination) -> IntArray:
    """What a model draws for everybody who came back.

    A version in service learned from days that are held out now: it is measured by its settings,
    fitted on the days before, or it would know the answers.
    """
    same = np.array_equal(model.product_ids, holdout.product_ids)
    if model.learned_until_day >= int(holdout.from_day or 0) or not same:
        model = _fit(exam.past, holdout.product_ids, model.settings, choice=model.choice)
    return neighbour_lists(model, exam.histories, limit=LIST_LENGTH)


def _figures(lists: IntArray, quality: ListQuality, exam: Examination) -> dict[str, float]:
    return list_figures(
        lists, quality, held=_held(exam.past.purchases(), 0.0), targets=exam.returns.targets
    )
