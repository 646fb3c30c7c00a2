"""`inventory.demand`: how the shop learns what it will be asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from django.utils.translation import gettext as _

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.demand_evaluation import (
    DemandFeatures,
    RegressionBaseline,
    evaluate_demand,
    train_demand_model,
)
from inventory.algorithms.demand_model import DemandModel
from inventory.algorithms.demand_training import HORIZON
from inventory.algorithms.events import Event, mark_special
from inventory.algorithms.history import Calendar, clean_history, has_enough_history
from inventory.algorithms.levels import median_sale
from inventory.services import forecasts
from inventory.services.accuracy import record_accuracy
from inventory.services.calendar import calendar_from
from inventory.services.demand import DemandColumns, read_demand
from inventory.services.events import read_events
from inventory.services.forecast_rows import Windows, windows_of
from inventory.services.monitoring import measure_forecasts
from inventory.services.newcomers import SkuTraits, newcomers_of, traits_of
from inventory.services.readiness import SHORTEST_HISTORY_DAYS
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

# Eight weeks of a SKU, four held out, four more to learn the tails from.
FEWEST_SKUS = 5
BULK_MULTIPLE = 6.0
EXAMPLES = 10
WIDENED_NOTICEABLY = 1.02


@dataclass(frozen=True)
class RawDemand:
    """Demand days as read, with the lead times they are to be covered over."""

    demand: DemandColumns
    sku_ids: IntArray
    calendar: Calendar
    windows: Windows
    events: tuple[Event, ...]
    traits: SkuTraits

    @property
    def n_days(self) -> int:
        return (self.demand.last_day - self.demand.first_day).days + 1

    @cached_property
    def rows(self) -> IntArray:
        rows: IntArray = np.searchsorted(self.sku_ids, self.demand.sku_id)
        return rows

    def grid(self, values: FloatArray | IntArray) -> FloatArray:
        """One column as a matrix (n_skus, n_days); the days of several warehouses add up."""
        matrix = np.zeros((len(self.sku_ids), self.n_days), dtype=np.float32)
        if not len(values):
            return matrix
        rows, days = self.rows, self.demand.day
        # Days come in order, those of several warehouses beside each other.
        is_next = (np.diff(rows) != 0) | (np.diff(days) != 0)
        starts = np.concatenate([[0], np.flatnonzero(is_next) + 1])
        matrix[rows[starts], days[starts]] = np.add.reduceat(values, starts)
        return matrix

    def mark(self, values: BoolArray) -> BoolArray:
        """One column of yes and no as a matrix (n_skus, n_days); one warehouse is enough."""
        matrix = np.zeros((len(self.sku_ids), self.n_days), dtype=np.bool_)
        rows, days = self.rows[values], self.demand.day[values]
        matrix[rows, days] = True
        return matrix


class DemandPipeline(Pipeline[RawDemand, DemandFeatures, DemandModel]):
    """Level of each SKU x weekday profile of the shop, with pooled quantiles.

    Split by time: the last 28 days are held out. The baseline is the linear regression of each
    SKU on day and weekday; the seasonal naive is measured beside both.
    """

    name: ClassVar[str] = "inventory.demand"
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion(metric="wrmsse", reference=GateResult.Reference.BASELINE, higher_is_better=False),
        Criterion(metric="gain_on_seasonal_naive", at_least=0.0),
        Criterion(
            metric="wrmsse",
            reference=GateResult.Reference.ACTIVE,
            higher_is_better=False,
            slack=0.02,
        ),
        Criterion(metric="abs_bias", at_most=0.4),
        Criterion(metric="coverage_95_at_best", at_least=0.90),
    )
    retrain_every_days: ClassVar[int] = 1

    def collect(self, as_of: date) -> tuple[RawDemand, Provenance]:
        demand = read_demand(as_of=as_of)
        n_days = (as_of - demand.first_day).days + 1
        if len(demand) == 0 or n_days < SHORTEST_HISTORY_DAYS:
            raise NotEnoughDataError(
                have=n_days if len(demand) else 0,
                need=SHORTEST_HISTORY_DAYS,
                what=_("days of demand"),
            )
        sku_ids = np.union1d(demand.sku_id, newcomers_of(as_of=as_of))
        raw = RawDemand(
            # Days without a sale after the last one are days without demand, up to `as_of`.
            demand=replace(demand, last_day=as_of),
            sku_ids=sku_ids,
            calendar=calendar_from(demand.first_day, n_days + HORIZON),
            windows=windows_of(sku_ids.tolist()),
            events=read_events(
                first_day=demand.first_day,
                last_day=as_of + timedelta(days=HORIZON),
                sku_ids=sku_ids,
            ),
            traits=traits_of(
                sku_ids=sku_ids,
                days_since_sale=_days_since_sale(demand, sku_ids, as_of),
                as_of=as_of,
            ),
        )
        return raw, Provenance(
            rows=len(demand),
            first_day=demand.first_day,
            last_day=demand.last_day,
            fingerprint=fingerprint(
                demand.sku_id,
                demand.day,
                demand.units,
                demand.was_out_of_stock,
                demand.is_promoted,
            ),
        )

    def clean(self, raw: RawDemand) -> tuple[RawDemand, Sequence[AnomalyReport]]:
        """Nothing is dropped: doubtful days are masked or softened when levels are fitted."""
        demand = raw.demand
        units = raw.grid(demand.units)
        unpriced = np.isnan(demand.unit_price_minor) & (demand.units > 0)
        typical = median_sale(units)[raw.rows]
        is_bulk = demand.units > np.maximum(1.0, BULK_MULTIPLE * typical)
        return raw, [
            _report(
                raw,
                "sold out",
                Anomaly.Handling.REPAIRED,
                demand.was_out_of_stock,
                _("Days on which a SKU was sold out; left out of its level, not read as zero."),
            ),
            _report(
                raw,
                "bulk day",
                Anomaly.Handling.REPAIRED,
                is_bulk,
                _("Days above six usual ones; softened for the SKU's level, kept in the total."),
            ),
            _report(
                raw,
                "no price",
                Anomaly.Handling.KEPT,
                unpriced,
                _("Days with demand and no price; they count as demand, not as revenue."),
            ),
        ]

    def build_features(self, raw: RawDemand) -> DemandFeatures:
        demand = raw.demand
        is_promoted = raw.mark(demand.is_promoted)
        history = clean_history(
            raw.grid(demand.units),
            raw.calendar,
            raw.mark(demand.was_out_of_stock),
            is_special=mark_special(len(raw.sku_ids), raw.n_days, raw.events, is_promoted),
            group=raw.traits.category,
        )
        if not (enough := has_enough_history(history)).sum() >= FEWEST_SKUS:
            raise NotEnoughDataError(
                have=int(enough.sum()), need=FEWEST_SKUS, what=_("SKUs with enough sales")
            )
        price = np.nan_to_num(demand.unit_price_minor, nan=0.0)
        return DemandFeatures(
            sku_ids=raw.sku_ids,
            history=history,
            revenue=raw.grid(demand.units * price),
            lead_mean=raw.windows.lead_mean,
            lead_sd=raw.windows.lead_sd,
            review_days=raw.windows.review_days,
            origin=history.n_days,
            events=raw.events,
            is_promoted=is_promoted if is_promoted.any() else None,
            traits=raw.traits.as_features(),
        )

    def split(self, features: DemandFeatures) -> tuple[DemandFeatures, DemandFeatures]:
        """By time: learn from all but the last 28 days, measure on those."""
        holdout = replace(features, origin=features.history.n_days - HORIZON)
        return holdout.known(), holdout

    def train(self, features: DemandFeatures) -> DemandModel:
        return train_demand_model(features)

    def train_baseline(self, features: DemandFeatures) -> RegressionBaseline:
        """It is fitted per hold-out: nothing is kept of it."""
        return RegressionBaseline()

    def evaluate(self, model: Any, holdout: DemandFeatures) -> Evaluation:
        measured = evaluate_demand(model, holdout)
        return Evaluation(metrics=measured.metrics, groups=measured.groups)

    def publish(self, *, version: ModelVersion, model: DemandModel, as_of: date) -> int:
        return forecasts.write_forecasts(version=version, model=model, as_of=as_of)

    def parameters(self, model: DemandModel) -> Mapping[str, Any]:
        settings = model.settings
        return {
            "skus": len(model.sku_ids),
            "bulk_multiple": settings.bulk_multiple,
            "bulk_power": settings.bulk_power,
            "alphas": list(settings.alphas),
            "total_share": settings.total_share,
            "season_share": settings.season_share,
            "trend_share": settings.trend_share,
            "mean_lift": float(model.lift.mean()) if len(model.lift) else 1.0,
            "elasticity": model.elasticity,
            "event_factors": dict(model.event_factors.by_kind),
            "is_challenger_promoted": bool((model.correction != 1.0).any()),
            "challenger": dict(model.evidence),
            "newcomers": int((model.prior_share > 0).sum()),
            "weekday_profile": model.profile.weekday.tolist(),
            "closed_day_factor": model.profile.closed_day,
            "learned_until": model.learned_until.isoformat(),
        }

    def monitor(
        self, *, version: ModelVersion, model: DemandModel, as_of: date
    ) -> DriftMeasurement | None:
        """Forecasts of one to four weeks ago against what was sold since."""
        widened = max((row.widened_by for row in record_accuracy(as_of=as_of)), default=1.0)
        live = measure_forecasts(as_of=as_of)
        if live is None:
            return None
        recent = read_demand(as_of=as_of)
        weekdays = (recent.first_day.weekday() + recent.day) % 7
        lately = recent.day > (as_of - timedelta(days=HORIZON) - recent.first_day).days
        weekday_units = np.bincount(
            weekdays[lately], weights=recent.units[lately], minlength=7
        ).astype(np.float64)
        psi = population_stability_index(
            np.asarray(model.profile.weekday, dtype=np.float64), weekday_units
        )
        promised = {
            "wape": float(version.metrics.get("wape_28", 0.0)),
            "within_90": 0.9,
        }
        # Under four weeks WAPE is larger by chance alone: fewer days average out.
        allowance = np.sqrt(HORIZON / live.days)
        status = DriftReport.Status.STEADY
        if psi > 0.2 or live.wape > 1.3 * allowance * promised["wape"] or live.within_90 < 0.84:
            status = DriftReport.Status.WATCH
        if live.wape > 1.7 * allowance * promised["wape"] or live.within_90 < 0.75:
            status = DriftReport.Status.ALARM
        message = _("Forecast of %(as_of)s over %(days)d days.") % {
            "as_of": live.as_of.isoformat(),
            "days": live.days,
        }
        if widened > WIDENED_NOTICEABLY:
            status = max(status, DriftReport.Status.WATCH, key=list(DriftReport.Status).index)
            message += " " + _(
                "Demand left its bounds more often than promised: they are widened by %(share)d %%."
            ) % {"share": round(100 * (widened - 1.0))}
        return DriftMeasurement(
            status=status,
            inputs={"weekday_psi": psi},
            promised=promised,
            live={
                "wape": live.wape,
                "bias": live.bias,
                "within_90": live.within_90,
                "widened_by": widened,
            },
            rows=live.skus,
            message=message,
        )


def _days_since_sale(demand: DemandColumns, sku_ids: IntArray, as_of: date) -> IntArray:
    """-1 where there was none, shape (n_skus,)."""
    last = np.full(len(sku_ids), -1, dtype=np.int64)
    sold = demand.units > 0
    ago = (as_of - demand.first_day).days - demand.day[sold]
    # Days of a SKU ascend: what is written last stays.
    last[np.searchsorted(sku_ids, demand.sku_id[sold])] = ago
    return last


def _report(
    raw: RawDemand, check: str, handling: Anomaly.Handling, found: Any, detail: str
) -> AnomalyReport:
    places = np.flatnonzero(found)
    return AnomalyReport(
        check=check,
        handling=handling,
        rows=len(places),
        detail=detail,
        examples=[
            {
                "sku_id": int(raw.demand.sku_id[place]),
                "day": raw.calendar.day(int(raw.demand.day[place])).isoformat(),
                "units": float(raw.demand.units[place]),
            }
            for place in places[:EXAMPLES].tolist()
        ],
    )
