"""The calendar of what staff plan and the shop knows, and what it does to the days ahead."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Sku
from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.demand_model import DemandModel
from inventory.algorithms.events import Event, effects_of
from inventory.algorithms.price_effect import price_effect
from inventory.models import CalendarEvent
from inventory.services.calendar import holidays_between

BACK_DAYS: Final = 730
AHEAD_DAYS: Final = 365
LONGEST_RUN_DAYS: Final = 31
NOVEMBER: Final = 11
FRIDAY: Final = 4
# The level forgets as fast: a price of two months ago is hardly in it any more.
PRICE_DAYS: Final = 84
PRICE_ALPHA: Final = 0.04
# A statement takes only so many numbers.
MAX_NAMED: Final = 2_000


def suggest_events(*, as_of: date) -> int:
    """Enter shopping days, and the holidays of the coming year; returns how many are new.

    A day that staff moved, renamed or switched off is not entered again: the row is theirs.
    """
    wanted = [
        *_shopping_days(as_of - timedelta(days=BACK_DAYS), as_of + timedelta(days=AHEAD_DAYS)),
        *_holidays(as_of, as_of + timedelta(days=AHEAD_DAYS)),
    ]
    known = set(
        CalendarEvent.history.filter(is_suggested=True, history_type="+").values_list(
            "kind", "starts_on"
        )
    )
    fresh = [event for event in wanted if (event.kind, event.starts_on) not in known]
    for event in fresh:
        event.save()
    return len(fresh)


@transaction.atomic
def switch_events(*, event_ids: Iterable[int], is_active: bool) -> int:
    """Let events count, or not; returns how many were otherwise before."""
    events = list(
        CalendarEvent.objects.filter(pk__in=event_ids).exclude(is_active=is_active).order_by("pk")
    )
    for event in events:
        event.is_active = is_active
        event.save(update_fields=["is_active"])
    return len(events)


def read_events(*, first_day: date, last_day: date, sku_ids: IntArray) -> tuple[Event, ...]:
    """Active events with a day in the span, numbered by days from `first_day` and rows of SKUs.

    sku_ids: ascending, shape (n_skus,). Holidays without a factor are the calendar's.
    """
    rows = (
        CalendarEvent.objects.active()
        .between(first_day, last_day)
        .exclude(kind=CalendarEvent.Kind.HOLIDAY, factor=None)
        .prefetch_related("categories", "skus")
    )
    paths = _paths_of(sku_ids) if any(row.categories.all() for row in rows) else {}
    return tuple(_as_event(row, first_day, _rows_of(row, sku_ids, paths)) for row in rows)


def as_events(rows: Iterable[CalendarEvent], *, first_day: date) -> tuple[Event, ...]:
    """Rows that concern all that is looked at, numbered by days from `first_day`."""
    return tuple(
        _as_event(row, first_day, None)
        for row in rows
        if row.kind != CalendarEvent.Kind.HOLIDAY or row.factor is not None
    )


def effects_ahead(
    *, model: DemandModel, as_of: date, n_days: int, events: Sequence[Event] | None = None
) -> Mapping[str, FloatArray]:
    """What is planned for the days after `as_of`, by kind; each (n_days,) or (n_skus, ...).

    events: where they were read already; else those of the model's SKUs are.
    """
    if events is None:
        first_day = as_of + timedelta(days=1)
        events = read_events(
            first_day=first_day, last_day=as_of + timedelta(days=n_days), sku_ids=model.sku_ids
        )
    effects = effects_of(
        events, model.event_factors, n_skus=len(model.sku_ids), n_days=n_days, start=0
    )
    price = _price_effect(model, as_of=as_of)
    if (price != 1.0).any():
        effects["price"] = price[:, None]
    return effects


def _as_event(row: CalendarEvent, first_day: date, rows: IntArray | None) -> Event:
    return Event(
        kind=row.kind,
        name=row.name,
        first=(row.starts_on - first_day).days,
        last=(row.ends_on - first_day).days,
        factor=row.factor,
        rows=rows,
    )


def _rows_of(event: CalendarEvent, sku_ids: IntArray, paths: Mapping[int, str]) -> IntArray | None:
    """Rows that an event concerns; None for the whole shop. paths: of categories, by SKU."""
    categories, skus = list(event.categories.all()), list(event.skus.all())
    if not categories and not skus:
        return None
    wanted = {sku.pk for sku in skus}
    if categories:
        above = tuple(category.path for category in categories)
        wanted.update(sku_id for sku_id, path in paths.items() if path.startswith(above))
    rows: IntArray = np.flatnonzero(np.isin(sku_ids, np.array(sorted(wanted), dtype=np.int64)))
    return rows


def _paths_of(sku_ids: IntArray) -> dict[int, str]:
    """Of the category of each SKU that has one; of many all are read."""
    skus = Sku.objects.filter(product__category__isnull=False).order_by()
    if len(sku_ids) <= MAX_NAMED:
        skus = skus.filter(pk__in=sku_ids.tolist())
    return dict(skus.values_list("pk", "product__category__path"))


def _shopping_days(first: date, last: date) -> list[CalendarEvent]:
    found = []
    for year in range(first.year, last.year + 1):
        days = [
            (date(year, 6, 18), _("6.18 shopping festival")),
            (date(year, 11, 11), _("11.11 Singles' Day")),
            (_black_friday(year), _("Black Friday")),
        ]
        found += [
            CalendarEvent(
                kind=CalendarEvent.Kind.SHOPPING_DAY,
                name=name,
                starts_on=day,
                ends_on=day,
                is_suggested=True,
            )
            for day, name in days
            if first <= day <= last
        ]
    return found


def _black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, NOVEMBER, 1)
    thursday = first + timedelta(days=(FRIDAY - 1 - first.weekday()) % 7 + 21)
    return thursday + timedelta(days=1)


def _holidays(first: date, last: date) -> list[CalendarEvent]:
    """Runs of holidays as one row each, named by their first day."""
    if not settings.HOLIDAY_COUNTRY:
        return []
    # A night within a run would else take its rest for another one.
    around = timedelta(days=LONGEST_RUN_DAYS)
    names = holidays_between(first - around, last + around).names
    found = []
    for _start, run in groupby(
        enumerate(names), key=lambda pair: pair[1] - timedelta(days=pair[0])
    ):
        days = [day for _number, day in run]
        if days[-1] < first or days[0] > last:
            continue
        found.append(
            CalendarEvent(
                kind=CalendarEvent.Kind.HOLIDAY,
                name=names[days[0]][:120],
                starts_on=days[0],
                ends_on=days[-1],
                is_suggested=True,
            )
        )
    return found


def _price_effect(model: DemandModel, *, as_of: date) -> FloatArray:
    """Of SKUs whose list price was changed lately, shape (n_skus,); 1 for all others."""
    effect = np.ones(len(model.sku_ids))
    if not model.elasticity:
        return effect
    evening = datetime.combine(
        as_of + timedelta(days=1), time.min, tzinfo=timezone.get_default_timezone()
    )
    opening = evening - timedelta(days=PRICE_DAYS)
    past = Sku.history.filter(  # type: ignore[attr-defined]  # by simple_history
        history_date__lt=evening
    ).exclude(history_type="-")
    moved = set(past.filter(history_date__gte=opening).values_list("id", flat=True).distinct())
    sku_ids = sorted(moved & set(model.sku_ids.tolist()))
    for start in range(0, len(sku_ids), 500):
        rows = (
            past.filter(id__in=sku_ids[start : start + 500])
            .order_by("id", "history_date", "history_id")
            .values_list("id", "history_date", "price_minor")
        )
        for sku_id, periods in groupby(rows, key=lambda row: row[0]):
            steps = [(moment, price) for _sku, moment, price in periods]
            # What cost what before the first entry nobody knows.
            if steps[0][0] <= opening:
                place = int(model.rows([sku_id])[0])
                effect[place] = _effect_of(steps, evening, model.elasticity)
    return effect


def _effect_of(
    steps: Sequence[tuple[datetime, int]], evening: datetime, elasticity: float
) -> float:
    """From the price now, against the mean of those that the level was learned at."""
    days = np.arange(PRICE_DAYS)
    moments = np.array([(evening - moment).total_seconds() / 86_400 for moment, _price in steps])
    prices = np.array([float(price) for _moment, price in steps])
    in_force = prices[np.array([np.flatnonzero(moments > day)[-1] for day in days])]
    weights = (1.0 - PRICE_ALPHA) ** days
    usual = np.exp(np.average(np.log(np.maximum(in_force, 1.0)), weights=weights))
    return float(price_effect(prices[-1:], np.array([usual]), elasticity)[0])
