"""How the shop learns what is bought again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from recommendations.algorithms.item_graph_training import unit_matrix
from recommendations.algorithms.list_examination import (
    exposure_figures,
    gain_figures,
    group_figures,
    list_figures,
)
from recommendations.algorithms.metrics import ListQuality
from recommendations.algorithms.repeat import FEATURES, RepeatModel
from recommendations.algorithms.repeat_training import (
    Baskets,
    PersonalFrequency,
    Questions,
    baskets_of,
    draw_questions,
    fit_personal_frequency,
    fit_repeat,
    index_baskets,
    question_quality,
    repeat_lists,
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

PIPELINE = "recommendations.repeat"
MIN_RETURNS = 100
# One by one, as they are served: so many settle the figures.
MOST_QUESTIONS = 5_000


class RepeatPipeline(Pipeline[ShopRecord, Log, RepeatModel]):
    """Own habits and people alike, weighed by what customers bought next.

    Split by time: asked is the first order since the first day of the hold-out of everybody who
    had ordered before.
    """

    name: ClassVar[str] = PIPELINE
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("ndcg_at_10", reference=GateResult.Reference.BASELINE),
        # The lower end of the paired 95 % interval: better than counting, and not by chance.
        Criterion("ndcg_gain_low", at_least=0.0),
        Criterion("hit_rate_at_10", reference=GateResult.Reference.BASELINE, slack=0.01),
        Criterion("ndcg_at_10", reference=GateResult.Reference.ACTIVE, slack=0.02),
    )

    def collect(self, as_of: date) -> tuple[ShopRecord, Provenance]:
        record = read_shop(as_of=as_of)
        have = sum(len(each) > 1 for each in baskets_of(record.log).orders)
        if have < MIN_RETURNS:
            raise NotEnoughDataError(have=have, need=MIN_RETURNS, what=_("customers who came back"))
        return record, provenance_of(record)

    def clean(self, raw: ShopRecord) -> tuple[ShopRecord, Sequence[AnomalyReport]]:
        return clean_record(raw)

    def build_features(self, raw: ShopRecord) -> Log:
        return log_of(raw)

    def split(self, features: Log) -> tuple[Log, Log]:
        day = cut_day(features.log, share=HOLDOUT_SHARE)
        return features.before(day), replace(features, from_day=day)

    def train(self, features: Log) -> RepeatModel:
        return fit_repeat(baskets_of(features.log), product_ids=features.product_ids)

    def train_baseline(self, features: Log) -> PersonalFrequency:
        return fit_personal_frequency(baskets_of(features.log))

    def evaluate(self, model: RepeatModel | PersonalFrequency, holdout: Log) -> Evaluation:
        if holdout.from_day is None:
            raise ValueError("nothing was held out")
        baskets = baskets_of(holdout.log)
        past = baskets.before(holdout.from_day)
        asked = draw_questions(_next_orders(baskets, holdout.from_day), MOST_QUESTIONS)
        frequent = fit_personal_frequency(past).lists(asked, limit=LIST_LENGTH)
        if isinstance(model, PersonalFrequency):
            lists = frequent
        else:
            lists = _lists(model, holdout, past, asked)
        quality = question_quality(lists, asked)
        reference = question_quality(frequent, asked)
        groups = group_figures(quality, holdout.groups(asked.customer), length=LIST_LENGTH)
        targets = _targets(asked, baskets.n_products)
        small = holdout.small_brands()
        if small.any():
            groups["products: small brands"] = exposure_figures(lists, targets, small)
        return Evaluation(
            metrics={
                **_figures(lists, quality, holdout.log.before(holdout.from_day), targets),
                **gain_figures(quality.ndcg, reference.ndcg, name="ndcg"),
                **gain_figures(quality.hit_rate, reference.hit_rate, name="hit_rate"),
            },
            groups=groups,
        )

    def publish(self, *, version: ModelVersion, model: RepeatModel, as_of: date) -> int:
        return 0

    def parameters(self, model: RepeatModel) -> Mapping[str, Any]:
        weights = dict(zip(FEATURES, np.round(model.weights, 4).tolist(), strict=True))
        return {**model.choice, "weights": weights}

    def monitor(
        self, *, version: ModelVersion, model: RepeatModel, as_of: date
    ) -> DriftMeasurement | None:
        """The version against the first order of everybody who came back since it learned."""
        record = read_shop(as_of=as_of)
        day = max(model.learned_until_day + 1, (as_of - EPOCH).days + 1 - MONITORED_DAYS)
        recent = record.log.since(day).purchases()
        if not len(recent):
            return None
        asked = draw_questions(_next_orders(baskets_of(record.log), day), MOST_QUESTIONS)
        keys = record.catalogue.product_ids
        lists = np.full((len(asked), LIST_LENGTH), -1, dtype=np.int64)
        for row, before in enumerate(asked.before):
            found = model.candidates([keys[each] for each in before], most=2 * LIST_LENGTH)
            places = record.catalogue.index_of(found.product_ids)
            places = places[places >= 0][:LIST_LENGTH]
            lists[row, : len(places)] = places
        quality = question_quality(lists, asked)
        targets = _targets(asked, record.log.n_products)
        return drift(
            promised=float(version.metrics.get("ndcg_at_10", 0.0)),
            live=_figures(lists, quality, record.log.before(day), targets),
            unknown=float((~np.isin(keys[recent.product], model.product_ids)).mean()),
            rows=len(recent),
        )


def _next_orders(baskets: Baskets, day: int) -> Questions:
    """The first order since a day of everybody who ordered before it."""
    before, wanted, customers = [], [], []
    for customer, orders in zip(baskets.customer, baskets.orders, strict=True):
        earlier = [products for on, products in orders if on < day]
        later = [products for on, products in orders if on >= day]
        if earlier and later:
            before.append(earlier)
            wanted.append(later[0])
            customers.append(customer)
    return Questions(before, wanted, np.array(customers, dtype=np.int64))


def _lists(model: RepeatModel, holdout: Log, past: Baskets, asked: Questions) -> IntArray:
    """A version in service keeps its weights and looks at the days before the hold-out alone."""
    same = np.array_equal(model.product_ids, holdout.product_ids)
    if model.learned_until_day >= int(holdout.from_day or 0) or not same:
        index = index_baskets(past, product_ids=holdout.product_ids)
        index.weights = model.weights
        model = index
    return repeat_lists(model, asked, limit=LIST_LENGTH)


def _targets(asked: Questions, n_products: int) -> Any:
    rows = np.repeat(np.arange(len(asked)), [len(each) for each in asked.wanted])
    columns = np.concatenate(asked.wanted) if len(asked) else np.zeros(0, dtype=np.int64)
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(asked), n_products))


def _figures(
    lists: IntArray, quality: ListQuality, past: ShoppingLog, targets: Any
) -> dict[str, float]:
    held = unit_matrix(past.purchases(), unit="customer", behaviour_weight=0.0)
    return list_figures(lists, quality, held=held, targets=targets)
