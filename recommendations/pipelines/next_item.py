"""How the shop learns what comes next: from what was taken up to what was taken up after it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, ClassVar

import numpy as np
from django.utils.translation import gettext as _
from scipy import sparse

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
from recommendations.algorithms.histories import Sequences, held_matrix, sequences_of
from recommendations.algorithms.list_examination import (
    exposure_figures,
    gain_figures,
    group_figures,
    list_figures,
)
from recommendations.algorithms.metrics import ListQuality
from recommendations.algorithms.sequence import NextItemModel, SequenceSettings
from recommendations.algorithms.sequence_training import (
    SequenceChoice,
    choose_sequence,
    fit_next_item,
    next_item_lists,
    next_quality,
)
from recommendations.algorithms.shopping_log import IntArray, ShoppingLog, cut_day
from recommendations.pipelines.record import (
    HOLDOUT_SHARE,
    LIST_LENGTH,
    MONITORED_DAYS,
    Log,
    clean_record,
    drift,
    log_of,
    provenance_of,
)
from recommendations.services.reading import EPOCH, ShopRecord, read_shop

PIPELINE = "recommendations.next_item"
MIN_SEQUENCES = 100


@dataclass(frozen=True)
class TakenUp:
    """The baseline: what most people took up, the same for everybody."""

    ranked: IntArray


@dataclass(frozen=True)
class LastSteps:
    """The last step of everybody who took one from a day on, and what they had before it."""

    past: Sequences
    customer: IntArray
    histories: Sequences
    wanted: IntArray

    def targets(self) -> Any:
        rows = np.arange(len(self.wanted))
        return sparse.csr_matrix(
            (np.ones(len(rows)), (rows, self.wanted)),
            shape=(len(rows), self.histories.n_products),
        )


class NextItemPipeline(Pipeline[ShopRecord, Log, NextItemModel]):
    """The item graph directed by the order of things, for visits that are under way.

    Views, clicks and carts are steps like purchases. Split by time: asked is the last step of
    everybody who took one since the first day of the hold-out; learned is what was taken up before
    that day. The settings are chosen on the last steps of what may be learned from.
    """

    name: ClassVar[str] = PIPELINE
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("ndcg_at_10", reference=GateResult.Reference.BASELINE),
        Criterion("ndcg_gain_low", at_least=0.0),
        Criterion("coverage_at_10", at_least=0.1),
        Criterion("ndcg_at_10", reference=GateResult.Reference.ACTIVE, slack=0.02),
    )

    def __init__(self) -> None:
        self._choice: SequenceChoice | None = None

    def collect(self, as_of: date) -> tuple[ShopRecord, Provenance]:
        record = read_shop(as_of=as_of)
        have = int((sequences_of(record.log).lengths > 1).sum()) if len(record.log) else 0
        if have < MIN_SEQUENCES:
            raise NotEnoughDataError(
                have=have, need=MIN_SEQUENCES, what=_("people who took up two products or more")
            )
        return record, provenance_of(record)

    def clean(self, raw: ShopRecord) -> tuple[ShopRecord, Sequence[AnomalyReport]]:
        return clean_record(raw)

    def build_features(self, raw: ShopRecord) -> Log:
        return log_of(raw)

    def split(self, features: Log) -> tuple[Log, Log]:
        day = cut_day(features.log, share=HOLDOUT_SHARE)
        return features.before(day), replace(features, from_day=day)

    def train(self, features: Log) -> NextItemModel:
        """Choose and fit; fitted again on everything, the choice that passed the gate is kept."""
        sequences = sequences_of(features.log)
        if self._choice is None:
            self._choice = choose_sequence(sequences)
        return fit_next_item(
            sequences,
            self._choice.settings,
            product_ids=features.product_ids,
            learned_until_day=int(features.log.day.max()),
            choice=self._choice.described(),
        )

    def train_baseline(self, features: Log) -> TakenUp:
        return _taken_up(sequences_of(features.log))

    def evaluate(self, model: NextItemModel | TakenUp, holdout: Log) -> Evaluation:
        if holdout.from_day is None:
            raise ValueError("nothing was held out")
        steps = _last_steps(holdout.log, holdout.from_day)
        popular = _popular_lists(_taken_up(steps.past), steps.histories)
        lists = popular if isinstance(model, TakenUp) else _lists(model, holdout, steps)
        quality = next_quality(lists, steps.wanted)
        reference = next_quality(popular, steps.wanted)
        groups = group_figures(quality, holdout.groups(steps.customer), length=LIST_LENGTH)
        small = holdout.small_brands()
        if small.any():
            groups["products: small brands"] = exposure_figures(lists, steps.targets(), small)
        return Evaluation(
            metrics={
                **_figures(lists, quality, steps),
                **gain_figures(quality.ndcg, reference.ndcg, name="ndcg"),
            },
            groups=groups,
        )

    def publish(self, *, version: ModelVersion, model: NextItemModel, as_of: date) -> int:
        return 0

    def parameters(self, model: NextItemModel) -> Mapping[str, Any]:
        return {**asdict(model.settings), **model.choice}

    def monitor(
        self, *, version: ModelVersion, model: NextItemModel, as_of: date
    ) -> DriftMeasurement | None:
        """The version against the last steps taken since it learned."""
        record = read_shop(as_of=as_of)
        day = max(model.learned_until_day + 1, (as_of - EPOCH).days + 1 - MONITORED_DAYS)
        recent = record.log.since(day)
        if not len(recent):
            return None
        steps = _last_steps(record.log, day)
        keys = record.catalogue.product_ids
        lists = np.full((len(steps.wanted), LIST_LENGTH), -1, dtype=np.int64)
        starts, products = steps.histories.starts, steps.histories.products
        for row in range(len(lists)):
            history = keys[products[starts[row] : starts[row + 1]]]
            found = record.catalogue.index_of(
                model.candidates(history, most=2 * LIST_LENGTH).product_ids
            )
            found = found[found >= 0][:LIST_LENGTH]
            lists[row, : len(found)] = found
        return drift(
            promised=float(version.metrics.get("ndcg_at_10", 0.0)),
            live=_figures(lists, next_quality(lists, steps.wanted), steps),
            unknown=float((~np.isin(keys[recent.product], model.product_ids)).mean()),
            rows=len(recent),
        )


def _last_steps(log: ShoppingLog, from_day: int) -> LastSteps:
    people = np.unique(log.since(from_day).customer)
    whole = sequences_of(log, people=people)
    asked = np.flatnonzero(whole.lengths > 1)
    whole = whole.of(asked)
    return LastSteps(
        past=sequences_of(log.before(from_day)),
        customer=people[asked],
        histories=whole.without_last(),
        wanted=whole.last(),
    )


def _taken_up(sequences: Sequences) -> TakenUp:
    counts = np.bincount(sequences.products, minlength=sequences.n_products)
    order = np.lexsort((np.arange(len(counts)), -counts))
    return TakenUp(ranked=order[counts[order] > 0])


def _popular_lists(popular: TakenUp, histories: Sequences) -> IntArray:
    starts = histories.starts
    lists = np.full((len(starts) - 1, LIST_LENGTH), -1, dtype=np.int64)
    for row in range(len(lists)):
        had = histories.products[starts[row] : starts[row + 1]]
        head = popular.ranked[: LIST_LENGTH + len(had)]
        best = head[~np.isin(head, had)][:LIST_LENGTH]
        lists[row, : len(best)] = best
    return lists


def _lists(model: NextItemModel, holdout: Log, steps: LastSteps) -> IntArray:
    """A version in service is measured by its settings, fitted on the days before the hold-out."""
    same = np.array_equal(model.product_ids, holdout.product_ids)
    if model.learned_until_day >= int(holdout.from_day or 0) or not same:
        settings: SequenceSettings = model.settings
        model = fit_next_item(steps.past, settings, product_ids=holdout.product_ids)
    return next_item_lists(model, steps.histories, limit=LIST_LENGTH)


def _figures(lists: IntArray, quality: ListQuality, steps: LastSteps) -> dict[str, float]:
    return list_figures(lists, quality, held=held_matrix(steps.past), targets=steps.targets())
