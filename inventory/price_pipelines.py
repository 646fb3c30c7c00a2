"""`inventory.elasticity` and `inventory.price`: how the shop learns of prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar, Final

import numpy as np
from django.db.models import Min
from django.utils.translation import gettext as _

from catalog.models import Category, Product, Sku
from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.elasticity import ElasticityModel
from inventory.algorithms.elasticity_evaluation import (
    NoReaction,
    PriceFeatures,
    figures,
    fit_unpooled,
)
from inventory.algorithms.elasticity_training import (
    WEEKS_AHEAD,
    estimate_each,
    fit_elasticity,
    is_worth_it,
)
from inventory.algorithms.listing_words import Listing
from inventory.algorithms.price_panel import DAYS_A_WEEK, build_panel
from inventory.algorithms.price_prediction import PricePredictionModel
from inventory.algorithms.price_prediction_evaluation import figures as price_figures
from inventory.algorithms.price_prediction_evaluation import (
    fit_group_median,
    fit_hashed_ridge,
    fit_median,
)
from inventory.algorithms.price_prediction_training import PriceExamples, fit_price_prediction
from inventory.models import DemandDay, PriceSuggestion
from inventory.services import markdowns, price_predictions, prices
from inventory.services.demand import DemandColumns, read_demand
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

FEWEST_WEEKS: Final = 16
FEWEST_SKUS: Final = 5
FEWEST_EXAMPLES: Final = 60
HOLD_OUT_SHARE: Final = 0.15
FEWEST_HELD_OUT: Final = 12
EXAMPLES: Final = 10
FEWEST_SCORED: Final = 10
SCORED_LATELY_DAYS: Final = 91
# A hundred times what it usually costs is a slip of the keyboard.
ODD_PRICE_RATIO: Final = 100.0


@dataclass(frozen=True)
class RawPrices:
    """Demand days with their prices, and the top category of each SKU."""

    demand: DemandColumns
    category: Mapping[int, int]
    as_of: date


class ElasticityPipeline(Pipeline[RawPrices, PriceFeatures, ElasticityModel]):
    """What a change of price does to demand: each SKU's own weeks, pulled to those like it.

    Split by time: the last four weeks are held out. The baseline is that a price changes nothing;
    least squares of each SKU alone are measured beside both. An active version is not measured
    again: it has seen the hold-out, and its recipe fitted anew is the candidate.
    """

    name: ClassVar[str] = "inventory.elasticity"
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion(
            metric="mae_log_moved",
            reference=GateResult.Reference.BASELINE,
            higher_is_better=False,
        ),
        Criterion(metric="gain_on_unpooled", at_least=0.0),
        Criterion(metric="coverage_80", at_least=0.6),
    )
    retrain_every_days: ClassVar[int] = 7

    def collect(self, as_of: date) -> tuple[RawPrices, Provenance]:
        demand = read_demand(as_of=as_of)
        n_weeks = ((as_of - demand.first_day).days + 1) // DAYS_A_WEEK if len(demand) else 0
        if n_weeks < FEWEST_WEEKS:
            raise NotEnoughDataError(have=n_weeks, need=FEWEST_WEEKS, what=_("weeks of demand"))
        tops = _top_categories()
        raw = RawPrices(replace(demand, last_day=as_of), tops, as_of)
        return raw, Provenance(
            rows=len(demand),
            first_day=demand.first_day,
            last_day=demand.last_day,
            fingerprint=fingerprint(
                demand.sku_id, demand.day, demand.units, demand.unit_price_minor
            ),
        )

    def clean(self, raw: RawPrices) -> tuple[RawPrices, Sequence[AnomalyReport]]:
        """Days that say nothing of price and demand are left out, and counted."""
        demand = raw.demand
        sold = demand.units > 0
        unpriced = sold & ~(np.nan_to_num(demand.unit_price_minor) > 0)
        bulk = sold & (demand.bulk_units > 0)
        odd = sold & ~unpriced & _is_odd(demand)
        kept = ~(unpriced | odd)
        cleaned = replace(
            demand,
            **{
                name: getattr(demand, name)[kept]
                for name in (
                    "sku_id",
                    "day",
                    "units",
                    "bulk_units",
                    "unit_price_minor",
                    "was_out_of_stock",
                )
            },
        )
        return replace(raw, demand=cleaned), [
            _report(
                raw,
                "no price",
                Anomaly.Handling.DROPPED,
                unpriced,
                _("Days with demand and no price above zero; they say nothing of prices."),
            ),
            _report(
                raw,
                "odd price",
                Anomaly.Handling.DROPPED,
                odd,
                _("Days a hundred times above or below the SKU's usual price."),
            ),
            _report(
                raw,
                "bulk day",
                Anomaly.Handling.DROPPED,
                bulk,
                _("Days with a bulk order, whose price is an agreement and no answer of demand."),
            ),
        ]

    def build_features(self, raw: RawPrices) -> PriceFeatures:
        demand = raw.demand
        panel = build_panel(
            sku_id=demand.sku_id,
            day=demand.day,
            units=demand.units.astype(np.float64),
            bulk_units=demand.bulk_units.astype(np.float64),
            price=demand.unit_price_minor,
            n_days=(raw.as_of - demand.first_day).days + 1,
        )
        worth = is_worth_it(panel, estimate_each(panel).moved) if len(panel) else np.zeros(0, bool)
        if worth.sum() < FEWEST_SKUS:
            raise NotEnoughDataError(
                have=int(worth.sum()), need=FEWEST_SKUS, what=_("SKUs with enough price variation")
            )
        category = [raw.category.get(sku_id, -1) for sku_id in panel.sku_ids.tolist()]
        return PriceFeatures(
            panel,
            np.array(category, dtype=np.int64),
            origin=panel.n_weeks,
            last_day=raw.as_of,
        )

    def split(self, features: PriceFeatures) -> tuple[PriceFeatures, PriceFeatures]:
        holdout = replace(features, origin=features.panel.n_weeks - WEEKS_AHEAD)
        return holdout.known(), holdout

    def train(self, features: PriceFeatures) -> ElasticityModel:
        return fit_elasticity(
            features.panel, category=features.category, learned_until=features.last_day
        )

    def train_baseline(self, features: PriceFeatures) -> NoReaction:
        return NoReaction()

    def evaluate(self, model: Any, holdout: PriceFeatures) -> Evaluation:
        if isinstance(model, ElasticityModel) and model.learned_until > holdout.known_until:
            # The active version: it has seen these weeks.
            model = self.train(holdout.known())
        found = dict(figures(model, holdout))
        alone = figures(fit_unpooled(holdout.known().panel), holdout)
        found["unpooled_mae_log_moved"] = alone["mae_log_moved"]
        found["gain_on_unpooled"] = 1.0 - found["mae_log_moved"] / alone["mae_log_moved"]
        return Evaluation(metrics=found)

    def publish(self, *, version: ModelVersion, model: ElasticityModel, as_of: date) -> int:
        counts = prices.write_suggestions(version=version, model=model, as_of=as_of)
        return counts["advised"] + markdowns.write_plans(version=version, model=model, as_of=as_of)

    def parameters(self, model: ElasticityModel) -> Mapping[str, Any]:
        enough = sum(model.varies_enough(row) for row in range(len(model.sku_ids)))
        return {
            "skus": len(model.sku_ids),
            "skus_with_enough_price_variation": enough,
            "pooled_elasticity": model.pooled,
            "spread_between_skus": model.pooled_spread,
            "noise_of_a_week": model.noise,
        }

    def monitor(
        self, *, version: ModelVersion, model: ElasticityModel, as_of: date
    ) -> DriftMeasurement | None:
        """Prices changed on advice in the last quarter: did units come within their bounds?"""
        scored = PriceSuggestion.objects.filter(
            scored_at__date__gt=as_of - timedelta(days=SCORED_LATELY_DAYS)
        )
        inside = [
            bool(score["within_bounds"])
            for score in scored.values_list("score", flat=True)
            if "within_bounds" in score
        ]
        if len(inside) < FEWEST_SCORED:
            return None
        share = float(np.mean(inside))
        # One standard error of eight in ten, then two.
        error = float(np.sqrt(0.16 / len(inside)))
        status = DriftReport.Status.STEADY
        if share < 0.8 - 2 * error:
            status = DriftReport.Status.WATCH
        if share < 0.8 - 4 * error:
            status = DriftReport.Status.ALARM
        return DriftMeasurement(
            status=status,
            inputs={},
            promised={"coverage_80": 0.8},
            live={"coverage_80": share},
            rows=len(inside),
        )


class PricePredictionPipeline(Pipeline[PriceExamples, PriceExamples, PricePredictionModel]):
    """What a new product costs, from its words, category and attributes.

    Split by time: the SKUs that came last to the shop are held out. The baseline is ridge
    regression on hashed words; the medians of shop and category are measured beside it.
    """

    name: ClassVar[str] = "inventory.price"
    criteria: ClassVar[Sequence[Criterion]] = (
        # Where names say it all, word by word, counting words cannot be beaten.
        Criterion(
            metric="mae_log",
            reference=GateResult.Reference.BASELINE,
            higher_is_better=False,
            slack=0.01,
        ),
        Criterion(metric="gain_on_category_median", at_least=0.0),
        Criterion(metric="coverage_80", at_least=0.6),
    )
    retrain_every_days: ClassVar[int] = 7

    def collect(self, as_of: date) -> tuple[PriceExamples, Provenance]:
        skus = (
            Sku.objects.active()
            .filter(currency=price_predictions.main_currency())
            .exclude(product__status=Product.Status.DRAFT)
            .order_by("pk")
        )
        first_sold = dict(
            DemandDay.objects.filter(day__lte=as_of, units_requested__gt=0)
            .values("sku_id")
            .annotate(first=Min("day"))
            .values_list("sku_id", "first")
        )
        rows: list[tuple[int, int, int, Listing]] = []
        paths = price_predictions.category_paths()
        for sku in price_predictions.with_words(skus).iterator(chunk_size=500):
            came = min(sku.created_at.date(), first_sold.get(sku.pk, sku.created_at.date()))
            listing = price_predictions.listing_of(sku, paths)
            rows.append((came.toordinal(), sku.pk, sku.price_minor, listing))
        if len(rows) < FEWEST_EXAMPLES:
            raise NotEnoughDataError(
                have=len(rows), need=FEWEST_EXAMPLES, what=_("SKUs with a price")
            )
        rows.sort(key=lambda row: row[:2])
        price = np.array([row[2] for row in rows], dtype=np.float64)
        examples = PriceExamples(
            listings=[row[3] for row in rows],
            sku_ids=np.array([row[1] for row in rows], dtype=np.int64),
            log_price=np.log(np.maximum(price, 1e-9)),
            first_day=np.array([row[0] for row in rows], dtype=np.int64),
            known=len(rows),
        )
        return examples, Provenance(
            rows=len(rows),
            first_day=date.fromordinal(rows[0][0]),
            last_day=date.fromordinal(rows[-1][0]),
            fingerprint=fingerprint(examples.sku_ids, price),
        )

    def clean(self, raw: PriceExamples) -> tuple[PriceExamples, Sequence[AnomalyReport]]:
        """SKUs that cost nothing, or say nothing of themselves, teach nothing."""
        free = raw.log_price < 0
        wordless = np.array([not listing.names for listing in raw.listings], dtype=np.bool_)
        kept = ~(free | wordless)
        if kept.sum() < FEWEST_EXAMPLES:
            raise NotEnoughDataError(
                have=int(kept.sum()), need=FEWEST_EXAMPLES, what=_("SKUs with a price")
            )
        cleaned = raw.of(kept)
        return cleaned, [
            AnomalyReport(
                check=check,
                handling=Anomaly.Handling.DROPPED,
                rows=int(found.sum()),
                detail=detail,
                examples=[{"sku_id": one} for one in raw.sku_ids[found][:EXAMPLES].tolist()],
            )
            for check, found, detail in (
                ("no price", free, _("SKUs that cost nothing.")),
                ("no name", wordless, _("SKUs whose product has no name.")),
            )
        ]

    def build_features(self, raw: PriceExamples) -> PriceExamples:
        return raw

    def split(self, features: PriceExamples) -> tuple[PriceExamples, PriceExamples]:
        n_held_out = max(FEWEST_HELD_OUT, round(HOLD_OUT_SHARE * len(features)))
        known = len(features) - n_held_out
        return features.part(0, known), replace(features, known=known)

    def train(self, features: PriceExamples) -> PricePredictionModel:
        return fit_price_prediction(features)

    def train_baseline(self, features: PriceExamples) -> Any:
        return fit_hashed_ridge(features)

    def evaluate(self, model: Any, holdout: PriceExamples) -> Evaluation:
        known = holdout.part(0, holdout.known)
        first_new = date.fromordinal(int(holdout.first_day[holdout.known]))
        if isinstance(model, PricePredictionModel) and model.learned_until >= first_new:
            # The active version: it has seen these SKUs.
            model = self.train(known)
        found = price_figures(model, holdout)
        found["median_mae_log"] = price_figures(fit_median(known), holdout)["mae_log"]
        category = price_figures(fit_group_median(known), holdout)["mae_log"]
        found["category_median_mae_log"] = category
        found["gain_on_category_median"] = 1.0 - found["mae_log"] / category
        return Evaluation(metrics=found)

    def publish(self, *, version: ModelVersion, model: PricePredictionModel, as_of: date) -> int:
        return price_predictions.write_predictions(version=version, model=model)

    def parameters(self, model: PricePredictionModel) -> Mapping[str, Any]:
        return {
            "skus": model.n_learned,
            "penalty": model.penalty,
            "neighbour_share": model.neighbour_share,
            "plain_share": model.plain_share,
            "typical_price_minor": round(float(np.exp(model.typical))),
        }


def _top_categories() -> dict[int, int]:
    """A number for the top category of each SKU's product, by SKU."""
    pairs = Sku.objects.filter(product__category__isnull=False).values_list(
        "pk", "product__category__path"
    )
    tops: dict[str, int] = {}
    length = Category.steplen
    return {pk: tops.setdefault(path[:length], len(tops)) for pk, path in pairs}


def _is_odd(demand: DemandColumns) -> BoolArray:
    """Prices far from the SKU's median one, shape (n_rows,)."""
    price = np.nan_to_num(demand.unit_price_minor)
    usable = (price > 0) & (demand.units > 0)
    order = np.lexsort((price, demand.sku_id))
    order = order[usable[order]]
    sku, first, count = np.unique(demand.sku_id[order], return_index=True, return_counts=True)
    usual: FloatArray = np.zeros(len(price))
    if len(sku):
        median = price[order][first + count // 2]
        place = np.minimum(np.searchsorted(sku, demand.sku_id), len(sku) - 1)
        usual = np.where(sku[place] == demand.sku_id, median[place], 0.0)
    odd: BoolArray = (usual > 0) & (
        (price > ODD_PRICE_RATIO * usual) | (price * ODD_PRICE_RATIO < usual)
    )
    return odd


def _report(
    raw: RawPrices, check: str, handling: Anomaly.Handling, found: BoolArray, detail: str
) -> AnomalyReport:
    places: IntArray = np.flatnonzero(found)
    demand = raw.demand
    return AnomalyReport(
        check=check,
        handling=handling,
        rows=len(places),
        detail=detail,
        examples=[
            {
                "sku_id": int(demand.sku_id[place]),
                "day": (demand.first_day + timedelta(days=int(demand.day[place]))).isoformat(),
                "price_minor": float(np.nan_to_num(demand.unit_price_minor[place])),
            }
            for place in places[:EXAMPLES].tolist()
        ],
    )
