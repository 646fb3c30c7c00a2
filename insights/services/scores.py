"""Writing what is expected of customers, for all of them at once."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from insights.algorithms.customer_history import repeat_table
from insights.algorithms.customer_outlook import STEP_DAYS, OutlookModel
from insights.algorithms.probability import strongest
from insights.algorithms.repeat_buying import RepeatBuying
from insights.algorithms.score_arrays import FloatArray, IntArray
from insights.models import (
    ChurnScore,
    CustomerScore,
    CustomerValue,
    PurchasePropensity,
    WritingTime,
)
from insights.services.score_history import ShopHistory, blocks, places, read_shop_history
from learning import serving
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.bulk import insert_columns
from learning.models import ModelVersion
from orders.models import Order

CUSTOMERS_AT_A_TIME: Final = 5_000
TOLD_FACTORS: Final = 4
VALUE_DAYS: Final = 365
# No figure of a customer is larger than this: a float may be, a column may not.
MOST_MINOR: Final = 10**15

MARKED: Final[tuple[type[CustomerScore], ...]] = (
    PurchasePropensity,
    ChurnScore,
    CustomerValue,
    WritingTime,
)


def refresh_orders(*, as_of: date) -> Mapping[str, int | str]:
    """Write purchases, values and churn anew by the versions that are published.

    Safe to run twice. Where nothing is published nothing is written: nobody gets a made-up score.
    """
    counts: dict[str, int | str] = {}
    shop = read_shop_history(as_of=as_of)
    for name, write in (
        ("insights.purchase", write_purchases),
        ("insights.customer_value", write_values),
        # After the values: what is at stake is made of both.
        ("insights.churn", write_churn),
    ):
        served = serving.load(name)
        if served.version is not None:
            counts[name.partition(".")[2]] = write(
                version=served.version, model=served.model, as_of=as_of, shop=shop
            )
    counts["marks_over"] = end_marks()
    return counts


def write_purchases(
    *, version: ModelVersion, model: OutlookModel, as_of: date, shop: ShopHistory | None = None
) -> int:
    """How likely each customer orders within 30 days."""
    shop = shop or read_shop_history(as_of=as_of)
    outlook = model.tell(shop.history, day=as_of.toordinal(), months=1)
    values = 1.0 - outlook.no_order

    def columns(part: slice) -> dict[str, Sequence[Any]]:
        return {
            "value": values[part].round(6).tolist(),
            "horizon_days": [STEP_DAYS] * len(values[part]),
            "confidence": np.maximum(values[part], 1 - values[part]).round(4).tolist(),
            "explanation": _explanations(-outlook.pushes[part], outlook.values[part], months=1),
        }

    return _write(PurchasePropensity, shop, outlook.customer, version, as_of, columns)


def write_churn(
    *, version: ModelVersion, model: OutlookModel, as_of: date, shop: ShopHistory | None = None
) -> int:
    """How likely each customer orders nothing within 90 days, and what is at stake."""
    shop = shop or read_shop_history(as_of=as_of)
    months = int(ChurnScore._meta.get_field("horizon_days").default) // STEP_DAYS
    outlook = model.tell(shop.history, day=as_of.toordinal(), months=months)
    at_stake = outlook.no_order * _expected_spend(shop)[outlook.customer]

    def columns(part: slice) -> dict[str, Sequence[Any]]:
        told = outlook.no_order[part]
        return {
            "value": told.round(6).tolist(),
            "horizon_days": [months * STEP_DAYS] * len(told),
            "at_stake_minor": _whole(at_stake[part]),
            "confidence": np.maximum(told, 1 - told).round(4).tolist(),
            "explanation": _explanations(outlook.pushes[part], outlook.values[part], months=months),
        }

    return _write(ChurnScore, shop, outlook.customer, version, as_of, columns)


def write_values(
    *, version: ModelVersion, model: RepeatBuying, as_of: date, shop: ShopHistory | None = None
) -> int:
    """What each customer is expected to spend within a year."""
    shop = shop or read_shop_history(as_of=as_of)
    table = repeat_table(shop.history, day=as_of.toordinal())
    here = model.still_here(table.repeats, table.last, table.age)
    if_here = model.orders_if_here(table.repeats, table.age, days=VALUE_DAYS)
    each = model.spend_of_an_order(table.spend, table.repeats + 1.0)
    own = model.own_share(table.repeats + 1.0)
    orders, spend = here * if_here, here * if_here * each

    def explanation(place: int) -> str:
        """It is a product, so each factor multiplies."""
        factors = [
            Factor("orders_if_active", round(float(if_here[place]), 2), Direction.UP,
                   round(float(if_here[place]), 4)),
            Factor("spend_of_an_order_minor", round(float(each[place])), Direction.UP, 1.0),
            Factor("still_active", round(float(here[place]), 3), Direction.DOWN,
                   round(float(here[place]), 4)),
        ]  # fmt: skip
        facts = {
            "orders_so_far": int(table.repeats[place]) + 1,
            "spend_so_far_minor": round(float(table.spend[place] * (table.repeats[place] + 1))),
            "days_since_last_order": int(table.age[place] - table.last[place]),
            "days_since_first_order": int(table.age[place]),
            "own_share": round(float(own[place]), 3),
        }
        return json.dumps(Explanation(factors, unit="factor", facts=facts).as_json())

    def columns(part: slice) -> dict[str, Sequence[Any]]:
        count = len(orders[part])
        return {
            "value": _whole(spend[part]),
            "currency": [settings.CURRENCY] * count,
            "horizon_days": [VALUE_DAYS] * count,
            "expected_orders": orders[part].round(4).tolist(),
            "active_probability": here[part].round(6).tolist(),
            "value_if_active_minor": _whole((if_here * each)[part]),
            # How much of it is her own history rather than everybody's.
            "confidence": own[part].clip(0.0, 1.0).round(4).tolist(),
            "explanation": [explanation(at) for at in range(part.start, part.start + count)],
        }

    return _write(CustomerValue, shop, table.customer, version, as_of, columns)


def end_marks() -> int:
    """Lift the marks of people whose customers have ordered since: they are described anew."""
    lifted = 0
    for model in MARKED:
        ordered = Order.objects.filter(
            customer=OuterRef("customer"), placed_at__gt=OuterRef("marked_wrong_at")
        ).exclude(status=Order.Status.CANCELLED)
        keys = list(
            model._default_manager.filter(Exists(ordered), marked_wrong_at__isnull=False)
            .order_by()
            .values_list("pk", flat=True)
        )
        lifted += model._default_manager.filter(pk__in=keys).update(
            marked_wrong_at=None, marked_wrong_by=None
        )
    return lifted


def _write(
    model: type[CustomerScore],
    shop: ShopHistory,
    customer: IntArray,
    version: ModelVersion,
    as_of: date,
    columns: Any,
) -> int:
    """Upsert in lots, each its own short transaction; rows of others than these go."""
    keys = shop.customer_ids[customer]
    for first, last in blocks(len(keys), CUSTOMERS_AT_A_TIME):
        part = slice(first, last)
        with transaction.atomic():
            insert_columns(
                model,
                {
                    "customer_id": keys[part].tolist(),
                    "model_version_id": [version.pk] * (last - first),
                    "as_of": [as_of.isoformat()] * (last - first),
                    **columns(part),
                },
                unique_on=["customer_id"],
            )
    remove_others(model, keys)
    return len(keys)


def remove_others(model: type[CustomerScore], keys: IntArray) -> int:
    """Scores of people who refuse to be profiled, left, or have no order left."""
    held = np.array(
        list(model._default_manager.order_by().values_list("customer_id", flat=True)),
        dtype=np.int64,
    )
    gone = held[places(np.sort(keys), held) < 0].tolist()
    for first, last in blocks(len(gone), 500):
        model._default_manager.filter(customer_id__in=gone[first:last]).delete()
    return len(gone)


def _expected_spend(shop: ShopHistory) -> FloatArray:
    """Minor units in a year by place; 0 where nothing is known."""
    found = np.zeros(shop.history.n_customers)
    rows = np.array(
        list(CustomerValue.objects.order_by().values_list("customer_id", "value")),
        dtype=np.int64,
    ).reshape(-1, 2)
    place = places(shop.customer_ids, rows[:, 0])
    found[place[place >= 0]] = rows[place >= 0, 1]
    return found


def _explanations(pushes: FloatArray, values: FloatArray, *, months: int) -> list[str]:
    """The strongest factors of each row as they are stored."""
    names = OutlookModel.columns
    texts = []
    for row, known in zip(pushes, values, strict=True):
        factors = [
            Factor(
                names[place],
                None if np.isnan(known[place]) else round(float(known[place]), 2),
                Direction.UP if row[place] > 0 else Direction.DOWN,
                round(float(row[place]), 3),
            )
            for place in strongest(row, TOLD_FACTORS)
        ]
        facts = {
            "days_since_last_order": int(known[0]),
            "orders_so_far": int(known[1]),
            "horizon_days": months * STEP_DAYS,
        }
        texts.append(json.dumps(Explanation(factors, unit="logit", facts=facts).as_json()))
    return texts


def _whole(amounts: FloatArray) -> list[int]:
    whole: list[int] = np.clip(amounts, 0, MOST_MINOR).round().astype(np.int64).tolist()
    return whole
