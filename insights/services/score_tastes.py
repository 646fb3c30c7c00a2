"""Which categories customers buy from, and when they are there: reading and writing."""

import json
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import transaction

from customers.models import Consent
from insights.algorithms.profiles import Events, ProfilesModel
from insights.algorithms.score_arrays import IntArray
from insights.models import CategoryAffinity, Visit, WritingTime
from insights.services.customer_features import end_of
from insights.services.score_history import ROWS_AT_A_TIME, blocks, places
from insights.services.scores import CUSTOMERS_AT_A_TIME, end_marks, remove_others
from insights.services.segment_rules import facts
from learning import serving
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.bulk import insert_columns
from learning.models import ModelVersion

# With fewer of her own, what is told of a customer would be everybody's taste.
FEWEST_OWN: Final = 3
TOLD_CATEGORIES: Final = 3
# Of many small ones only the largest: a dense row of each customer stays small.
MOST_CATEGORIES: Final = 60
WEEKDAY, HOUR = 0, 1
DAYS_A_WEEK, HOURS_A_DAY = 7, 24


@dataclass(frozen=True)
class Habits:
    """events: by place of the customer. labels: keys of the kinds of the first part."""

    events: Events
    customer_ids: IntArray
    language: list[str]
    labels: list[int]
    as_of: date


def read_tastes(*, as_of: date) -> Habits:
    """Lines of orders by category, of people who do not refuse to be profiled."""
    keys, language = _people()
    rows = (
        facts.order_lines(end_of(as_of))
        .exclude(sku__product__category=None)
        .order_by("order__placed_at", "pk")
        .values_list("order__customer_id", "order__placed_at", "sku__product__category_id")
    )
    owner, moment, category = _read(rows)
    found, counts = np.unique(category, return_counts=True)
    labels = np.sort(found[np.argsort(-counts, kind="stable")[:MOST_CATEGORIES]])
    place, kind = places(keys, owner), places(labels, category)
    kept = (place >= 0) & (kind >= 0)
    events = Events(
        customer=place[kept],
        day=moment[kept] // HOURS_A_DAY,
        kinds=kind[kept][None, :],
        n_customers=len(keys),
        sizes=(len(labels),),
    )
    return Habits(events, keys, language, labels.tolist(), as_of)


def read_moments(*, as_of: date) -> Habits:
    """When customers order and visit, by the shop's clock. One moment an hour and customer."""
    keys, language = _people()
    until = end_of(as_of)
    orders = facts.orders(until).order_by("placed_at", "pk").values_list("customer_id", "placed_at")
    visits = (
        Visit.objects.filter(customer__isnull=False, started_at__lte=until)
        .order_by("started_at", "pk")
        .values_list("customer_id", "started_at")
    )
    owners, moments = zip(*(_read(rows)[:2] for rows in (orders, visits)), strict=True)
    both = np.unique(
        np.stack([np.concatenate(owners), np.concatenate(moments)], axis=1), axis=0
    ).reshape(-1, 2)
    place = places(keys, both[:, 0])
    kept = place >= 0
    day, hour = both[kept, 1] // HOURS_A_DAY, both[kept, 1] % HOURS_A_DAY
    events = Events(
        customer=place[kept],
        day=day,
        # The first day of all ordinals was a Monday.
        kinds=np.stack([(day - 1) % DAYS_A_WEEK, hour]),
        n_customers=len(keys),
        sizes=(DAYS_A_WEEK, HOURS_A_DAY),
    )
    return Habits(events, keys, language, [], as_of)


def refresh_tastes(*, as_of: date) -> Mapping[str, int | str]:
    counts: dict[str, int | str] = {}
    for name, write in (
        ("insights.affinity", write_affinities),
        ("insights.writing_time", write_times),
    ):
        served = serving.load(name)
        if served.version is not None:
            counts[name.partition(".")[2]] = write(
                version=served.version, model=served.model, as_of=as_of
            )
    end_marks()
    return counts


def write_affinities(*, version: ModelVersion, model: ProfilesModel, as_of: date) -> int:
    """The first categories of every customer with enough purchases of her own."""
    habits = read_tastes(as_of=as_of)
    habits = _relabelled(habits, model)
    day = as_of.toordinal()
    own = np.bincount(habits.events.customer, minlength=habits.events.n_customers)
    n_rows = 0
    keys = habits.customer_ids
    if not len(keys):
        CategoryAffinity.objects.all().delete()
    for first, last in blocks(len(keys), CUSTOMERS_AT_A_TIME):
        # Everybody between two keys, so that those who are no longer described go as well.
        old = CategoryAffinity.objects.all()
        if first:
            old = old.filter(customer_id__gte=int(keys[first]))
        if last < len(keys):
            old = old.filter(customer_id__lt=int(keys[last]))
        with transaction.atomic():
            old.delete()
            part = _block(habits.events, first, last)
            told = model.tell(part, day=day, part=0)
            asked = np.flatnonzero(own[first:last] >= FEWEST_OWN)
            order = np.argsort(-told[asked], axis=1, kind="stable")[:, :TOLD_CATEGORIES]
            columns: dict[str, list[Any]] = {
                name: []
                for name in ("customer_id", "category_id", "value", "lift", "rank", "confidence",
                             "explanation")
            }  # fmt: skip
            for row, chosen in zip(asked.tolist(), order.tolist(), strict=True):
                n_own = int(own[first + row])
                for rank, kind in enumerate(chosen, start=1):
                    share = float(model.shares[0][kind])
                    columns["customer_id"].append(int(habits.customer_ids[first + row]))
                    columns["category_id"].append(int(model.labels[kind]))
                    columns["value"].append(round(float(told[row, kind]), 6))
                    columns["lift"].append(round(float(told[row, kind]) / share, 4))
                    columns["rank"].append(rank)
                    columns["confidence"].append(round(n_own / (n_own + model.pulls[0]), 4))
                    columns["explanation"].append(_told(n_own, share, "own_lines"))
            n_rows += _insert(CategoryAffinity, columns, version, as_of)
    return n_rows


def write_times(*, version: ModelVersion, model: ProfilesModel, as_of: date) -> int:
    """The hour of the week in which each customer with enough moments is most likely there."""
    habits = read_moments(as_of=as_of)
    day = as_of.toordinal()
    own = np.bincount(habits.events.customer, minlength=habits.events.n_customers)
    written = []
    for first, last in blocks(len(habits.customer_ids), CUSTOMERS_AT_A_TIME):
        part = _block(habits.events, first, last)
        asked = np.flatnonzero(own[first:last] >= FEWEST_OWN)
        weekday = model.tell(part, day=day, part=WEEKDAY)[asked]
        hour = model.tell(part, day=day, part=HOUR)[asked]
        best_day, best_hour = weekday.argmax(axis=1), hour.argmax(axis=1)
        everywhere = np.arange(len(asked))
        times = weekday[everywhere, best_day] * hour[everywhere, best_hour]
        shop = model.shares[WEEKDAY][best_day] * model.shares[HOUR][best_hour]
        n_own = own[first:last][asked]
        columns: dict[str, list[Any]] = {
            "customer_id": habits.customer_ids[first:last][asked].tolist(),
            "weekday": best_day.tolist(),
            "hour": best_hour.tolist(),
            "value": (times * DAYS_A_WEEK * HOURS_A_DAY).round(4).tolist(),
            "moments": n_own.tolist(),
            "confidence": (n_own / (n_own + model.pulls[HOUR])).round(4).tolist(),
            "explanation": [
                _told(int(count), float(share), "own_moments")
                for count, share in zip(n_own, shop, strict=True)
            ],
        }
        with transaction.atomic():
            _insert(WritingTime, columns, version, as_of, unique_on=["customer_id"])
        written.append(habits.customer_ids[first:last][asked])
    keys = np.concatenate(written) if written else np.zeros(0, dtype=np.int64)
    remove_others(WritingTime, keys)
    return len(keys)


def _insert(
    model: Any,
    columns: dict[str, list[Any]],
    version: ModelVersion,
    as_of: date,
    unique_on: list[str] | None = None,
) -> int:
    count = len(columns["customer_id"])
    return insert_columns(
        model,
        {
            **columns,
            "model_version_id": [version.pk] * count,
            "as_of": [as_of.isoformat()] * count,
        },
        unique_on=unique_on or [],
    )


def _told(n_own: int, share: float, what: str) -> str:
    return json.dumps(
        Explanation(
            [Factor(what, n_own, Direction.UP, 1.0)],
            facts={what: n_own, "shop_share": round(share, 4)},
        ).as_json()
    )


def _relabelled(habits: Habits, model: ProfilesModel) -> Habits:
    """Kinds as the model numbers them; categories that it does not know are left out."""
    known = places(model.labels, np.array(habits.labels, dtype=np.int64))
    kind = known[habits.events.kinds[0]] if len(habits.labels) else habits.events.kinds[0]
    kept = kind >= 0
    events = habits.events
    return Habits(
        events=Events(
            customer=events.customer[kept],
            day=events.day[kept],
            kinds=kind[kept][None, :],
            n_customers=events.n_customers,
            sizes=(len(model.labels),),
        ),
        customer_ids=habits.customer_ids,
        language=habits.language,
        labels=model.labels.tolist(),
        as_of=habits.as_of,
    )


def _block(events: Events, first: int, last: int) -> Events:
    inside = (events.customer >= first) & (events.customer < last)
    return Events(
        customer=events.customer[inside] - first,
        day=events.day[inside],
        kinds=events.kinds[:, inside],
        n_customers=last - first,
        sizes=events.sizes,
    )


def _people() -> tuple[IntArray, list[str]]:
    rows = list(
        facts.customers()
        .exclude(pk__in=facts.refusing(Consent.Purpose.PERSONALISATION))
        .order_by("pk")
        .values_list("pk", "language")
    )
    return np.array([row[0] for row in rows], dtype=np.int64), [row[1] for row in rows]


def _read(rows: Any) -> tuple[IntArray, IntArray, IntArray]:
    """Customer, hour since the first day by the shop's clock, and a third column if any."""
    zone = ZoneInfo(settings.TIME_ZONE)
    owner, moment, third = array("q"), array("q"), array("q")
    for row in rows.iterator(chunk_size=ROWS_AT_A_TIME):
        local = row[1].astimezone(zone)
        owner.append(row[0])
        moment.append(local.toordinal() * HOURS_A_DAY + local.hour)
        if len(row) > 2:
            third.append(row[2])
    return (
        np.array(owner, dtype=np.int64),
        np.array(moment, dtype=np.int64),
        np.array(third, dtype=np.int64),
    )
