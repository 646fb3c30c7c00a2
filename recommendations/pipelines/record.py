"""What the pipelines share: reading the shop's record, and saying what was odd in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from django.utils.translation import gettext as _

from learning.algorithms.fingerprint import fingerprint
from learning.models import Anomaly, DriftReport
from learning.pipeline import AnomalyReport, DriftMeasurement, Provenance
from recommendations.algorithms.list_examination import small_brands
from recommendations.algorithms.popularity import buyers_by_product
from recommendations.algorithms.shopping_log import BoolArray, IntArray, ShoppingLog
from recommendations.services.reading import (
    EPOCH,
    ShopRecord,
    read_brands,
    read_languages,
)

HOLDOUT_SHARE = 0.15
VALIDATION_SHARE = 0.15
LIST_LENGTH = 10

# Nobody looks at this many products in a day; programs that copy a shop do.
ROBOT_PRODUCTS = 200
LARGE_BASKET = 100

MONITORED_DAYS = 28
MIN_MONITORED_CUSTOMERS = 50
WATCHED_SHARE_OF_PROMISE = 0.8
ALARMING_SHARE_OF_PROMISE = 0.6


@dataclass(frozen=True)
class Log:
    """A log over one catalogue, with what fairness asks of its people and products.

    customers: rising keys; languages: of each, "" for who is unknown.
    brands: key of each product's brand, -1 for none, shape (n_products,).
    from_day: first day of the hold-out; None while nothing is held out.
    """

    log: ShoppingLog
    product_ids: IntArray
    customers: IntArray
    languages: Sequence[str]
    brands: IntArray
    from_day: int | None = None

    def before(self, day: int) -> "Log":
        return replace(self, log=self.log.before(day))

    def groups(self, customers: IntArray) -> dict[str, BoolArray]:
        """Which of these customers speak which language, and who bought once or more before."""
        at = np.searchsorted(self.customers, customers)
        spoken = np.array([self.languages[place] for place in at], dtype=object)
        groups: dict[str, BoolArray] = {
            f"language: {each}": spoken == each for each in sorted(set(spoken.tolist())) if each
        }
        past = self.log.before(self.from_day) if self.from_day is not None else self.log
        bought = past.purchases()
        orders = np.unique(np.stack([bought.customer, bought.basket]), axis=1)[0]
        keys, counts = np.unique(orders, return_counts=True)
        place = np.minimum(np.searchsorted(keys, customers), max(len(keys) - 1, 0))
        known = keys[place] == customers if len(keys) else np.zeros(len(customers), dtype=np.bool_)
        times = np.where(known, counts[place], 0) if len(keys) else np.zeros(len(customers))
        groups["customers: one order or none before"] = times <= 1
        groups["customers: two orders or more before"] = times > 1
        return groups

    def small_brands(self) -> BoolArray:
        past = self.log.before(self.from_day) if self.from_day is not None else self.log
        return small_brands(self.brands, buyers_by_product(past))


def provenance_of(record: ShopRecord) -> Provenance:
    log = record.log
    return Provenance(
        rows=len(log),
        first_day=EPOCH + timedelta(days=int(log.day.min())),
        last_day=EPOCH + timedelta(days=int(log.day.max())),
        fingerprint=fingerprint(
            record.catalogue.product_ids, log.customer, log.basket, log.product, log.day
        ),
    )


def clean_record(raw: ShopRecord) -> tuple[ShopRecord, Sequence[AnomalyReport]]:
    log = raw.log
    pairs = np.unique(log.basket * log.n_products + log.product)
    sizes = np.bincount(pairs // log.n_products)
    by_entry = sizes[log.basket]
    robots = ~log.purchased & (by_entry > ROBOT_PRODUCTS)
    large = log.purchased & (by_entry > LARGE_BASKET)
    repeated = len(log) - len(pairs)
    reports = [
        AnomalyReport(
            check="product not for sale",
            handling=Anomaly.Handling.DROPPED,
            rows=raw.lines_dropped,
            detail=_("Lines of products that are no longer published."),
        ),
        AnomalyReport(
            check="visit of a robot",
            handling=Anomaly.Handling.DROPPED,
            rows=int(robots.sum()),
            detail=_("Visits of more than %(count)d products in a day.")
            % {"count": ROBOT_PRODUCTS},
        ),
        AnomalyReport(
            check="very large order",
            handling=Anomaly.Handling.KEPT,
            rows=int(large.sum()),
            detail=_(
                "Lines of orders of more than %(count)d products; the graph counts each of "
                "their pairs less."
            )
            % {"count": LARGE_BASKET},
        ),
        AnomalyReport(
            check="product repeated in an order",
            handling=Anomaly.Handling.REPAIRED,
            rows=repeated,
            detail=_("The same product several times in one order or visit counts once."),
        ),
    ]
    return replace(raw, log=log.where(~robots)), reports


def log_of(raw: ShopRecord) -> Log:
    """The cleaned record; languages and brands are read beside it, for the groups alone."""
    customers = np.unique(raw.log.customer)
    return Log(
        log=raw.log,
        product_ids=raw.catalogue.product_ids,
        customers=customers,
        languages=read_languages(customers),
        brands=read_brands(raw.catalogue.product_ids),
    )


def drift(
    *, promised: float, live: Mapping[str, float], unknown: float, rows: int
) -> DriftMeasurement | None:
    """Quality on what happened since a version learned, beside what it promised.

    unknown: share of the rows whose product the version does not know.
    """
    if live["customers"] < MIN_MONITORED_CUSTOMERS:
        return None
    share = live["ndcg_at_10"] / promised if promised else 1.0
    return DriftMeasurement(
        status=status_of(share),
        inputs={"share_of_lines_of_unknown_products": unknown},
        promised={"ndcg_at_10": promised},
        live={name: live[name] for name in ("ndcg_at_10", "hit_rate_at_10", "customers")},
        rows=rows,
        message=_("%(share)d %% of the promised quality on orders since the version learned.")
        % {"share": round(100 * share)},
    )


def status_of(share_of_promise: float) -> DriftReport.Status:
    if share_of_promise < ALARMING_SHARE_OF_PROMISE:
        return DriftReport.Status.ALARM
    if share_of_promise < WATCHED_SHARE_OF_PROMISE:
        return DriftReport.Status.WATCH
    return DriftReport.Status.STEADY
