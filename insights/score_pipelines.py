"""How the shop learns what customers will do: order, stay away, spend."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Final

import numpy as np
from django.utils.translation import gettext as _

from insights.algorithms.customer_history import (
    RFM,
    CustomerHistory,
    describe_customers,
    repeat_table,
)
from insights.algorithms.customer_outlook import STEP_DAYS, OutlookModel
from insights.algorithms.customer_outlook_training import (
    RfmBaseline,
    fit_outlook_and_tell,
    fit_rfm,
    ordered_nothing,
)
from insights.algorithms.probability_metrics import group_figures, probability_figures
from insights.algorithms.probability_training import Choice
from insights.algorithms.repeat_buying import RepeatBuying
from insights.algorithms.repeat_buying_training import fit_and_level
from insights.algorithms.score_arrays import FloatArray, IntArray
from insights.algorithms.value_baselines import Expected, expect, past_rate, value_figures
from insights.models import ChurnScore, CustomerValue, PurchasePropensity
from insights.services import scores
from insights.services.score_history import ShopHistory, group_labels, read_shop_history
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

FEWEST_CUSTOMERS: Final = 100
FEWEST_ORDERS: Final = 200
# History in front of the first day that is learned from, and one month of outcomes behind it.
FEWEST_DAYS_LEARNED: Final = 2 * STEP_DAYS
PSI_WATCH, PSI_ALARM = 0.1, 0.25
# More days with an order than this, and the account is a till or a program.
MOST_ORDERS_A_DAY: Final = 20


@dataclass(frozen=True)
class CustomersOverTime:
    """known: ordinal of the last day that may be learned from.

    What comes after it, up to the history's own end, is what a hold-out is measured by.
    """

    shop: ShopHistory
    known: int

    @property
    def history(self) -> CustomerHistory:
        return self.shop.history


class _OrdersPipeline(Pipeline[ShopHistory, CustomersOverTime, Any]):
    """What all three have in common: orders over time, and the last horizon held out."""

    horizon: ClassVar[int]
    retrain_every_days: ClassVar[int] = 7

    def collect(self, as_of: date) -> tuple[ShopHistory, Provenance]:
        shop = read_shop_history(as_of=as_of)
        history = shop.history
        n_days = as_of.toordinal() - shop.first_day + 1 if len(history) else 0
        need = self.horizon + FEWEST_DAYS_LEARNED
        for have, least, what in (
            (len(history), FEWEST_ORDERS, _("orders of customers")),
            (len(np.unique(history.customer)), FEWEST_CUSTOMERS, _("customers who ordered")),
            (n_days, need, _("days since the first order")),
        ):
            if have < least:
                raise NotEnoughDataError(have=have, need=least, what=what)
        return shop, Provenance(
            rows=len(history),
            first_day=date.fromordinal(shop.first_day),
            last_day=date.fromordinal(int(history.day.max())),
            fingerprint=fingerprint(
                shop.customer_ids[history.customer], history.day, history.amount
            ),
        )

    def clean(self, raw: ShopHistory) -> tuple[ShopHistory, Sequence[AnomalyReport]]:
        """Accounts that order like a till are left out; orders of no value stay and are told."""
        history = raw.history
        key = history.customer * 10_000_000 + history.day
        _days, place, count = np.unique(key, return_inverse=True, return_counts=True)
        crowded = np.unique(history.customer[count[place] > MOST_ORDERS_A_DAY])
        free = history.amount <= 0
        kept = ~np.isin(history.customer, crowded)
        cleaned = replace(
            history,
            **{
                name: getattr(history, name)[kept]
                for name in ("customer", "day", "amount", "units", "lines", "discount")
            },
        )
        return replace(raw, history=cleaned), [
            AnomalyReport(
                check="account of very many orders",
                handling=Anomaly.Handling.DROPPED,
                rows=int((~kept).sum()),
                detail=_("Orders of accounts with more than %(count)d on one day.")
                % {"count": MOST_ORDERS_A_DAY},
                examples=[{"customer_id": one} for one in raw.customer_ids[crowded][:10].tolist()],
            ),
            AnomalyReport(
                check="order of no value",
                handling=Anomaly.Handling.KEPT,
                rows=int(free.sum()),
                detail=_("Orders whose goods cost nothing; they count as orders."),
            ),
        ]

    def build_features(self, raw: ShopHistory) -> CustomersOverTime:
        return CustomersOverTime(raw, known=raw.as_of.toordinal())

    def split(self, features: CustomersOverTime) -> tuple[CustomersOverTime, CustomersOverTime]:
        held_out = replace(features, known=features.known - self.horizon)
        return held_out, held_out

    def is_of_later(self, model: Any, holdout: CustomersOverTime) -> bool:
        """The active version: it has seen the days that are held out."""
        return bool(model.learned_until.toordinal() > holdout.known)

    @abstractmethod
    def evaluate(self, model: Any, holdout: CustomersOverTime) -> Evaluation: ...


class _OutlookPipeline(_OrdersPipeline):
    """Logistic regression, with boosted trees where folds of people prove them; see the card.

    Split by time: what was known a horizon ago tells the days since. The baseline is logistic
    regression on recency, frequency and money alone.
    """

    is_loss: ClassVar[bool]

    def __init__(self) -> None:
        self._choice: Choice | None = None

    @property
    def months(self) -> int:
        return self.horizon // STEP_DAYS

    def train(self, features: CustomersOverTime) -> OutlookModel:
        model, self._choice = fit_outlook_and_tell(
            features.history, first_day=features.shop.first_day, day=features.known
        )
        return model

    def train_baseline(self, features: CustomersOverTime) -> RfmBaseline | None:
        first, known = features.shop.first_day, features.known
        return fit_rfm(
            features.history, first_day=first, day=known, horizon=self.horizon
        ) or fit_rfm(features.history, first_day=first, day=known, horizon=STEP_DAYS)

    def evaluate(self, model: Any, holdout: CustomersOverTime) -> Evaluation:
        if isinstance(model, OutlookModel) and self.is_of_later(model, holdout):
            model = self.train(holdout)
        if isinstance(model, OutlookModel):
            outlook = model.tell(holdout.history, day=holdout.known, months=self.months)
            customer, values, told = outlook.customer, outlook.values, outlook.no_order
        else:
            customer, values = describe_customers(holdout.history, day=holdout.known)
            told = model.no_order(values)
        happened = ordered_nothing(
            holdout.history, customer, day=holdout.known, horizon=self.horizon
        )
        if not self.is_loss:
            told, happened = 1.0 - told, 1.0 - happened
        several = values[:, OutlookModel.columns.index(RFM[1])] > 1
        groups = {
            **group_labels(holdout.shop, customer),
            "orders_so_far": ["several" if one else "one" for one in several.tolist()],
        }
        return Evaluation(
            metrics=probability_figures(happened, told),
            groups=group_figures(happened, told, groups),
        )

    def parameters(self, model: OutlookModel) -> Mapping[str, Any]:
        return {
            "rows_learned": model.month.n_learned,
            "customers_learned": model.rhythm.n_learned,
            "boosted_share": model.month.boosted_share,
            "base_share": round(model.month.base_share, 4),
            "leaves_at_once": model.rhythm.leaves_at_once,
            **(
                {}
                if self._choice is None
                else {
                    "penalty": self._choice.penalty,
                    "isotonic": self._choice.has_steps,
                    "log_loss_on_folds": {
                        name: round(value, 5) for name, value in self._choice.seen.items()
                    },
                }
            ),
        }

    def monitor(
        self, *, version: ModelVersion, model: OutlookModel, as_of: date
    ) -> DriftMeasurement | None:
        """What this version would have told a horizon ago, against what came since."""
        shop = read_shop_history(as_of=as_of)
        day = as_of.toordinal() - self.horizon
        if not len(shop.history) or day <= shop.first_day or day < version.as_of.toordinal():
            return None
        outlook = model.tell(shop.history, day=day, months=self.months)
        happened = ordered_nothing(shop.history, outlook.customer, day=day, horizon=self.horizon)
        told = outlook.no_order
        if not self.is_loss:
            told, happened = 1.0 - told, 1.0 - happened
        today = model.tell(shop.history, day=as_of.toordinal(), months=self.months)
        moved = _distance(outlook.no_order, today.no_order)
        live = probability_figures(happened, told)
        promised = {
            name: float(version.metrics[name])
            for name in ("auc", "brier", "calibration_error_by_rank")
            if name in version.metrics
        }
        worse = promised.get("auc", 0.0) - live["auc"]
        off = live["calibration_error_by_rank"] - promised.get("calibration_error_by_rank", 0.0)
        status = DriftReport.Status.STEADY
        if worse > 0.03 or off > 0.05 or moved > PSI_WATCH:
            status = DriftReport.Status.WATCH
        if worse > 0.08 or off > 0.12 or moved > PSI_ALARM:
            status = DriftReport.Status.ALARM
        return DriftMeasurement(
            status=status,
            inputs={"psi": moved},
            promised=promised,
            live={name: live[name] for name in promised},
            rows=len(told),
        )


class PurchasePipeline(_OutlookPipeline):
    """Which customers order within 30 days. Split by time; see `_OutlookPipeline`."""

    name: ClassVar[str] = "insights.purchase"
    horizon: ClassVar[int] = PurchasePropensity._meta.get_field("horizon_days").default
    is_loss: ClassVar[bool] = False
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("auc", at_least=0.6),
        Criterion("log_loss", reference=GateResult.Reference.BASELINE, higher_is_better=False),
        Criterion("auc", reference=GateResult.Reference.BASELINE, slack=0.005),
        Criterion("calibration_error_by_rank", at_most=0.06),
    )

    def publish(self, *, version: ModelVersion, model: OutlookModel, as_of: date) -> int:
        return scores.write_purchases(version=version, model=model, as_of=as_of)


class ChurnPipeline(_OutlookPipeline):
    """Which customers order nothing within 90 days. Split by time; see `_OutlookPipeline`."""

    name: ClassVar[str] = "insights.churn"
    horizon: ClassVar[int] = ChurnScore._meta.get_field("horizon_days").default
    is_loss: ClassVar[bool] = True
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("auc", at_least=0.6),
        Criterion("log_loss", reference=GateResult.Reference.BASELINE, higher_is_better=False),
        Criterion("auc", reference=GateResult.Reference.BASELINE, slack=0.005),
        # A quarter of a year has a season of its own, which no shop of one year can know.
        Criterion("calibration_error_by_rank", at_most=0.1),
    )

    def publish(self, *, version: ModelVersion, model: OutlookModel, as_of: date) -> int:
        return scores.write_churn(version=version, model=model, as_of=as_of)


class CustomerValuePipeline(_OrdersPipeline):
    """What customers spend: BG/NBD or its modified form, with gamma-gamma.

    Split by time: the last 90 days are told by what was known before. The baseline is that
    everybody goes on at the rate so far.
    """

    name: ClassVar[str] = "insights.customer_value"
    horizon: ClassVar[int] = 90
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("mae_spend", reference=GateResult.Reference.BASELINE, higher_is_better=False),
        Criterion("mae_orders", reference=GateResult.Reference.BASELINE, higher_is_better=False),
        Criterion("rank_correlation", at_least=0.2),
        Criterion("spend_told_of_came", at_least=0.6),
        Criterion("spend_told_of_came", at_most=1.6),
    )

    def train(self, features: CustomersOverTime) -> RepeatBuying:
        return fit_and_level(
            features.history.until(features.known), day=features.known, horizon=self.horizon
        )

    def train_baseline(self, features: CustomersOverTime) -> str:
        return "past_rate"

    def evaluate(self, model: Any, holdout: CustomersOverTime) -> Evaluation:
        table = repeat_table(holdout.history, day=holdout.known)
        orders, spend = holdout.history.orders_between(holdout.known, holdout.known + self.horizon)
        came = Expected(orders[table.customer].astype(np.float64), spend[table.customer])
        if isinstance(model, RepeatBuying):
            if self.is_of_later(model, holdout):
                model = self.train(holdout)
            told = expect(model, table, horizon=self.horizon)
        else:
            told = past_rate(table, horizon=self.horizon)
        labels = group_labels(holdout.shop, table.customer)
        return Evaluation(
            metrics=value_figures(told, came), groups=_value_groups(told, came, labels)
        )

    def publish(self, *, version: ModelVersion, model: RepeatBuying, as_of: date) -> int:
        return scores.write_values(version=version, model=model, as_of=as_of)

    def parameters(self, model: RepeatBuying) -> Mapping[str, Any]:
        return {
            "customers_learned": model.n_learned,
            "leaves_at_once": model.leaves_at_once,
            **{
                name: round(float(getattr(model, name)), 5)
                for name in ("r", "alpha", "a", "b", "p", "q", "v", "rate_factor", "spend_factor")
            },
            "horizon_days": CustomerValue._meta.get_field("horizon_days").default,
        }

    def monitor(
        self, *, version: ModelVersion, model: RepeatBuying, as_of: date
    ) -> DriftMeasurement | None:
        """Spend of the last 90 days against what this version told of it before."""
        day = as_of.toordinal() - self.horizon
        if day < version.as_of.toordinal():
            return None
        shop = read_shop_history(as_of=as_of)
        table = repeat_table(shop.history, day=day)
        if not len(table):
            return None
        orders, spend = shop.history.orders_between(day, day + self.horizon)
        came = Expected(orders[table.customer].astype(np.float64), spend[table.customer])
        live = value_figures(expect(model, table, horizon=self.horizon), came)
        kept = ("mae_spend", "spend_told_of_came", "rank_correlation")
        off = abs(np.log(max(live["spend_told_of_came"], 1e-6)))
        status = DriftReport.Status.STEADY
        if off > np.log(1.3):
            status = DriftReport.Status.WATCH
        if off > np.log(1.8):
            status = DriftReport.Status.ALARM
        return DriftMeasurement(
            status=status,
            inputs={},
            promised={name: float(version.metrics.get(name, 0.0)) for name in kept},
            live={name: live[name] for name in kept},
            rows=len(table),
        )


def _value_groups(
    told: Expected, came: Expected, groups: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    found = {}
    for division, labels in groups.items():
        column = np.asarray(labels)
        for label in np.unique(column).tolist():
            rows: IntArray = np.flatnonzero(column == label)
            if label and len(rows) >= 50:
                found[f"{division}:{label}"] = value_figures(
                    Expected(told.orders[rows], told.spend[rows]),
                    Expected(came.orders[rows], came.spend[rows]),
                )
    return found


def _distance(before: FloatArray, today: FloatArray) -> float:
    edges = np.linspace(0.0, 1.0, 11)
    return population_stability_index(
        np.histogram(before, edges)[0].astype(np.float64),
        np.histogram(today, edges)[0].astype(np.float64),
    )
