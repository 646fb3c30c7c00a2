"""How the shop learns which products go together."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
from recommendations.algorithms.content import ContentNeighbours
from recommendations.algorithms.evaluation import graph_lists
from recommendations.algorithms.examination import (
    LIST_LENGTH,
    Answers,
    Examination,
    choose_popularity,
    figures,
    group_figures,
    page_ndcg_gain,
    popular_answers,
    set_examination,
)
from recommendations.algorithms.item_graph import ItemGraph
from recommendations.algorithms.item_graph_training import fit_item_graph
from recommendations.algorithms.popularity import Popularity
from recommendations.algorithms.shopping_log import IntArray, ShoppingLog, cut_day
from recommendations.algorithms.similar import rank_lists, similar_entries
from recommendations.algorithms.similar_model import SimilarProductsModel
from recommendations.algorithms.tuning import VALIDATION_SHARE, Choice, choose_settings
from recommendations.pipelines.record import (
    HOLDOUT_SHARE,
    MIN_MONITORED_CUSTOMERS,
    MONITORED_DAYS,
    clean_record,
    provenance_of,
    status_of,
)
from recommendations.services.explaining import neighbour_of
from recommendations.services.publishing import replace_similar_products
from recommendations.services.reading import EPOCH, Catalogue, ShopRecord, read_catalogue, read_shop

PIPELINE = "recommendations.similar_products"
PUBLISHED_PER_PRODUCT = 20
MIN_ORDERS = 100


@dataclass(frozen=True)
class SimilarFeatures:
    """A log over one catalogue, with the likeness of its products.

    from_day: first day of the hold-out; None while nothing is held out.
    """

    log: ShoppingLog
    product_ids: IntArray
    content: ContentNeighbours
    basket_country: IntArray
    countries: list[str]
    from_day: int | None = None


class SimilarProductsPipeline(Pipeline[ShopRecord, SimilarFeatures, SimilarProductsModel]):
    """An item graph of orders and visits, settled by likeness of name, category and price.

    Split by time: the last orders of the history are the hold-out, and the settings are chosen on
    the last orders of the rest.
    """

    name: ClassVar[str] = PIPELINE
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("ndcg_at_10", reference=GateResult.Reference.BASELINE),
        # The lower end of the paired 95 % interval: better than popularity, and not by chance.
        Criterion("ndcg_gain_low", at_least=0.0),
        Criterion("coverage_at_10", at_least=0.3),
        Criterion("ndcg_at_10", reference=GateResult.Reference.ACTIVE, slack=0.02),
    )

    def __init__(self) -> None:
        self._choice: Choice | None = None

    def collect(self, as_of: date) -> tuple[ShopRecord, Provenance]:
        record = read_shop(as_of=as_of)
        orders = _orders_with_company(record.log)
        if orders < MIN_ORDERS:
            raise NotEnoughDataError(
                have=orders, need=MIN_ORDERS, what=_("orders of two or more products")
            )
        return record, provenance_of(record)

    def clean(self, raw: ShopRecord) -> tuple[ShopRecord, Sequence[AnomalyReport]]:
        return clean_record(raw)

    def build_features(self, raw: ShopRecord) -> SimilarFeatures:
        return SimilarFeatures(
            log=raw.log,
            product_ids=raw.catalogue.product_ids,
            content=_content(raw.catalogue),
            basket_country=raw.basket_country,
            countries=raw.countries,
        )

    def split(self, features: SimilarFeatures) -> tuple[SimilarFeatures, SimilarFeatures]:
        day = cut_day(features.log, share=HOLDOUT_SHARE)
        return (
            replace(features, log=features.log.before(day)),
            replace(features, from_day=day),
        )

    def train(self, features: SimilarFeatures) -> SimilarProductsModel:
        """Choose and fit; fitted again on everything, the choice that passed the gate is kept."""
        if self._choice is None:
            self._choice = choose_settings(features.log, features.content)
        choice = self._choice
        return SimilarProductsModel(
            graph=fit_item_graph(features.log, choice.settings),
            product_ids=features.product_ids,
            content_weight=choice.content_weight,
            learned_until_day=int(features.log.day.max()),
            choice={
                "tries": choice.tries,
                "validation_ndcg_at_10": round(choice.page_ndcg, 6),
                "validation_discover_ndcg_at_10": round(choice.discover_ndcg, 6),
                "validation_from_day": choice.validation_from_day,
            },
        )

    def train_baseline(self, features: SimilarFeatures) -> Popularity:
        return _baseline(features.log)

    def evaluate(
        self, model: SimilarProductsModel | Popularity, holdout: SimilarFeatures
    ) -> Evaluation:
        if holdout.from_day is None:
            raise ValueError("nothing was held out")
        exam = set_examination(holdout.log, from_day=holdout.from_day)
        popular = popular_answers(_baseline(exam.past), exam)
        if isinstance(model, Popularity):
            answers = popular_answers(model, exam)
        else:
            answers = _answers(model, holdout, exam)
        gain = page_ndcg_gain(answers, popular, exam)
        return Evaluation(
            metrics={
                **figures(answers, exam),
                "ndcg_gain": gain.mean,
                "ndcg_gain_low": gain.low,
                "ndcg_gain_high": gain.high,
            },
            groups=group_figures(
                answers, exam, basket_country=holdout.basket_country, countries=holdout.countries
            ),
        )

    def publish(self, *, version: ModelVersion, model: SimilarProductsModel, as_of: date) -> int:
        catalogue = read_catalogue()
        graph = model.graph_for(catalogue.product_ids)
        entries = similar_entries(
            graph,
            _content(catalogue),
            content_weight=model.content_weight,
            limit=PUBLISHED_PER_PRODUCT,
        )
        product_ids = catalogue.product_ids.tolist()
        return replace_similar_products(
            version=version,
            lists={
                product_id: [
                    neighbour_of(
                        entry, similar_id=product_ids[entry.product], unit=graph.settings.unit
                    )
                    for entry in entries_of_product
                ]
                for product_id, entries_of_product in zip(product_ids, entries, strict=True)
            },
        )

    def parameters(self, model: SimilarProductsModel) -> Mapping[str, Any]:
        return {
            **asdict(model.graph.settings),
            "content_weight": model.content_weight,
            **model.choice,
        }

    def monitor(
        self, *, version: ModelVersion, model: SimilarProductsModel, as_of: date
    ) -> DriftMeasurement | None:
        """The published lists against orders placed since the version learned."""
        record = read_shop(as_of=as_of)
        first_day = max(model.learned_until_day + 1, (as_of - EPOCH).days + 1 - MONITORED_DAYS)
        known = np.isin(record.catalogue.product_ids, model.product_ids)
        recent = record.log.since(first_day).purchases()
        if not len(recent):
            return None
        exam = set_examination(record.log, from_day=first_day)
        graph = model.graph_for(record.catalogue.product_ids)
        live = figures(
            _graph_answers(graph, model.content_weight, _content(record.catalogue), exam), exam
        )
        if live["customers"] < MIN_MONITORED_CUSTOMERS:
            return None
        promised = float(version.metrics.get("ndcg_at_10", 0.0))
        share = live["ndcg_at_10"] / promised if promised else 1.0
        return DriftMeasurement(
            status=status_of(share),
            inputs={"share_of_lines_of_unknown_products": float((~known[recent.product]).mean())},
            promised={"ndcg_at_10": promised},
            live={name: live[name] for name in ("ndcg_at_10", "hit_rate_at_10", "customers")},
            rows=len(recent),
            message=_("%(share)d %% of the promised quality on orders since the version learned.")
            % {"share": round(100 * share)},
        )


def _content(catalogue: Catalogue) -> ContentNeighbours:
    return ContentNeighbours(
        names=catalogue.names, categories=catalogue.categories, prices=catalogue.prices
    ).fit()


def _orders_with_company(log: ShoppingLog) -> int:
    bought = log.purchases()
    if not len(bought):
        return 0
    pairs = np.unique(bought.basket * log.n_products + bought.product)
    return int((np.bincount(pairs // log.n_products) > 1).sum())


def _baseline(log: ShoppingLog) -> Popularity:
    return choose_popularity(
        log,
        validation_from_day=cut_day(log, share=VALIDATION_SHARE),
        as_of_day=int(log.day.max()) + 1,
    )


def _answers(model: SimilarProductsModel, holdout: SimilarFeatures, exam: Examination) -> Answers:
    """What a model says beside every product of the hold-out's catalogue.

    A version in service learned from days that are held out now: it is measured by its settings,
    fitted on the days before, or it would know the answers.
    """
    if model.learned_until_day < exam.from_day:
        graph = model.graph_for(holdout.product_ids)
    else:
        graph = fit_item_graph(exam.past, model.graph.settings)
    return _graph_answers(graph, model.content_weight, holdout.content, exam)


def _graph_answers(
    graph: ItemGraph, content_weight: float, content: ContentNeighbours, exam: Examination
) -> Answers:
    return Answers(
        lists=rank_lists(graph, content, content_weight=content_weight, limit=LIST_LENGTH),
        unseen=graph_lists(graph, exam.returns, limit=LIST_LENGTH),
    )
