"""How the shop learns in what order to show what its recommenders suggest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

import numpy as np
from django.utils.translation import gettext as _

from learning import serving
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
from recommendations.algorithms.evaluation import Returns, discover_quality, returns_of
from recommendations.algorithms.histories import sequences_of
from recommendations.algorithms.item_graph_training import unit_matrix
from recommendations.algorithms.list_examination import (
    exposure_figures,
    gain_figures,
    group_figures,
    list_figures,
)
from recommendations.algorithms.metrics import ListQuality
from recommendations.algorithms.neighbours import NeighbourModel, NeighbourSettings
from recommendations.algorithms.neighbours_training import fit_neighbours
from recommendations.algorithms.popularity import RECENT_DAYS, buyers_of_late
from recommendations.algorithms.ranker import FEATURES, RankerModel
from recommendations.algorithms.ranker_training import (
    LIST_LENGTH,
    Rankable,
    Shelf,
    drawn,
    fit_ranker,
    hand_weights,
    orders_of,
    rankable,
    taken,
)
from recommendations.algorithms.sequence import NextItemModel, SequenceSettings
from recommendations.algorithms.sequence_training import fit_next_item
from recommendations.algorithms.shopping_log import IntArray, ShoppingLog, cut_day
from recommendations.pipelines.record import (
    HOLDOUT_SHARE,
    MONITORED_DAYS,
    VALIDATION_SHARE,
    Log,
    clean_record,
    drift,
    log_of,
    provenance_of,
)
from recommendations.services.ranking import PIPELINE
from recommendations.services.reading import EPOCH, Catalogue, ShopRecord, read_shop

MIN_RETURNS = 100


@dataclass(frozen=True)
class RankLog:
    """A log with what is known of its products today; their prices of then are not kept."""

    log: Log
    catalogue: Catalogue


@dataclass(frozen=True)
class HandMix:
    """The baseline: recommenders mixed in equal parts, as placements begin with."""


class RankerPipeline(Pipeline[ShopRecord, RankLog, RankerModel]):
    """Weights for what recommenders, sales, categories and prices say of a product.

    Split by time, twice: the last orders of the history are the hold-out, and the weights are
    learned on the last orders of the rest. For both the recommenders are fitted anew on what came
    before, with the settings of the versions in service: one that had seen the answers would seem
    never to be wrong.
    """

    name: ClassVar[str] = PIPELINE
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("ndcg_at_10", reference=GateResult.Reference.BASELINE),
        # The lower end of the paired 95 % interval: better than mixing by hand, and not by chance.
        Criterion("ndcg_gain_low", at_least=0.0),
        # Whoever ranks by sales alone shows everybody the same.
        Criterion("coverage_at_10", reference=GateResult.Reference.BASELINE, slack=0.1),
        Criterion("ndcg_at_10", reference=GateResult.Reference.ACTIVE, slack=0.02),
    )

    def collect(self, as_of: date) -> tuple[ShopRecord, Provenance]:
        record = read_shop(as_of=as_of)
        have = len(_came_back(record.log, VALIDATION_SHARE).customer) if len(record.log) else 0
        if have < MIN_RETURNS:
            raise NotEnoughDataError(
                have=have,
                need=MIN_RETURNS,
                what=_("customers who lately came back for something new"),
            )
        return record, provenance_of(record)

    def clean(self, raw: ShopRecord) -> tuple[ShopRecord, Sequence[AnomalyReport]]:
        return clean_record(raw)

    def build_features(self, raw: ShopRecord) -> RankLog:
        return RankLog(log_of(raw), raw.catalogue)

    def split(self, features: RankLog) -> tuple[RankLog, RankLog]:
        day = cut_day(features.log.log, share=HOLDOUT_SHARE)
        return (
            replace(features, log=features.log.before(day)),
            replace(features, log=replace(features.log, from_day=day)),
        )

    def train(self, features: RankLog) -> RankerModel:
        log = features.log.log
        asked, returns = _ask(log, cut_day(log, share=VALIDATION_SHARE), features.catalogue)
        try:
            return fit_ranker(asked, returns, learned_until_day=int(log.day.max()))
        except ValueError as error:
            raise NotEnoughDataError(
                have=0, need=1, what=_("first purchases that could have been shown")
            ) from error

    def train_baseline(self, features: RankLog) -> HandMix:
        return HandMix()

    def evaluate(self, model: RankerModel | HandMix, holdout: RankLog) -> Evaluation:
        log = holdout.log
        if log.from_day is None:
            raise ValueError("nothing was held out")
        asked, returns = _ask(log.log, log.from_day, holdout.catalogue)
        by_hand = asked.lists(hand_weights())
        lists = by_hand if isinstance(model, HandMix) else asked.lists(model.weights)
        quality = discover_quality(lists, returns)
        reference = discover_quality(by_hand, returns)
        groups = group_figures(quality, log.groups(returns.customer), length=LIST_LENGTH)
        small = log.small_brands()
        if small.any():
            groups["products: small brands"] = exposure_figures(lists, returns.targets, small)
        return Evaluation(
            metrics={
                **_figures(lists, quality, log.log.before(log.from_day), returns),
                **gain_figures(quality.ndcg, reference.ndcg, name="ndcg"),
            },
            groups=groups,
        )

    def publish(self, *, version: ModelVersion, model: RankerModel, as_of: date) -> int:
        return 0

    def parameters(self, model: RankerModel) -> Mapping[str, Any]:
        weights = dict(zip(FEATURES, np.round(model.weights, 4).tolist(), strict=True))
        return {**model.choice, "weights": weights}

    def monitor(
        self, *, version: ModelVersion, model: RankerModel, as_of: date
    ) -> DriftMeasurement | None:
        """The version against what returning customers bought for the first time since."""
        record = read_shop(as_of=as_of)
        day = max(model.learned_until_day + 1, (as_of - EPOCH).days + 1 - MONITORED_DAYS)
        recent = record.log.since(day).purchases()
        if not len(recent) or not len(record.log.before(day).purchases()):
            return None
        asked, returns = _ask(record.log, day, record.catalogue)
        lists = asked.lists(model.weights)
        live = _figures(lists, discover_quality(lists, returns), record.log.before(day), returns)
        return drift(
            promised=float(version.metrics.get("ndcg_at_10", 0.0)),
            live=live,
            unknown=0.0,
            rows=len(recent),
        )


def _came_back(log: ShoppingLog, share: float) -> Returns:
    day = cut_day(log, share=share)
    return returns_of(log.before(day), log.since(day))


def _ask(log: ShoppingLog, day: int, catalogue: Catalogue) -> tuple[Rankable, Returns]:
    """What those who came back since a day could have been shown then."""
    past = log.before(day)
    returns = returns_of(past, log.since(day))
    returns = taken(returns, drawn(len(returns.customer)))
    bought = past.purchases()
    places = np.arange(log.n_products)
    settings = _settings("recommendations.item_neighbours", NeighbourModel, NeighbourSettings())
    held = unit_matrix(past, unit="customer", behaviour_weight=settings.behaviour_weight)
    together = fit_neighbours(
        held.astype(np.float32),
        settings,
        product_ids=places,
        sequences=sequences_of(bought) if settings.is_directed else None,
        recent=buyers_of_late(past),
    )
    upcoming = fit_next_item(
        sequences_of(past),
        _settings("recommendations.next_item", NextItemModel, SequenceSettings()),
        product_ids=places,
    )
    asked = rankable(
        returns,
        sequences_of(bought, people=returns.customer),
        orders_of(bought.customer, bought.basket, returns.customer),
        _shelf(past, catalogue, day),
        together=together,
        upcoming=upcoming,
    )
    return asked, returns


def _settings(pipeline: str, kind: Any, otherwise: Any) -> Any:
    served: Any = serving.load(pipeline).model
    return served.settings if isinstance(served, kind) else otherwise


def _shelf(past: ShoppingLog, catalogue: Catalogue, day: int) -> Shelf:
    lately = past.since(day - RECENT_DAYS).purchases().product
    return Shelf(
        prices=catalogue.prices.astype(np.float64),
        categories=catalogue.categories,
        sold=np.bincount(lately, minlength=past.n_products).astype(np.float64),
    )


def _figures(
    lists: IntArray, quality: ListQuality, past: ShoppingLog, returns: Returns
) -> dict[str, float]:
    held = unit_matrix(past.purchases(), unit="customer", behaviour_weight=0.0)
    return list_figures(lists, quality, held=held, targets=returns.targets)
