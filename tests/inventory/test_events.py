from datetime import date, timedelta

import numpy as np
import pytest
from django.conf import LazySettings

from inventory.models import CalendarEvent, DemandForecast
from inventory.services import events, forecasts
from inventory.services.calendar import calendar_from, holidays_between
from tests.factories import make_category, make_sku
from tests.inventory.factories import LAST_DAY, learn_demand, make_demand_history

pytestmark = pytest.mark.django_db
Kind = CalendarEvent.Kind


def make_event(**fields: object) -> CalendarEvent:
    defaults: dict[str, object] = {
        "kind": Kind.PROMOTION,
        "name": "Spring sale",
        "starts_on": LAST_DAY + timedelta(days=3),
        "ends_on": LAST_DAY + timedelta(days=4),
    }
    return CalendarEvent.objects.create(**{**defaults, **fields})


def test_shopping_days_and_holidays_are_entered_once_and_stay_as_staff_left_them(
    settings: LazySettings,
) -> None:
    settings.HOLIDAY_COUNTRY = "CN"
    assert events.suggest_events(as_of=date(2026, 3, 1)) > 0
    shopping = CalendarEvent.objects.filter(kind=Kind.SHOPPING_DAY, starts_on__year=2026)
    assert sorted(shopping.values_list("starts_on", flat=True)) == [
        date(2026, 6, 18),
        date(2026, 11, 11),
        date(2026, 11, 27),
    ]
    golden_week = CalendarEvent.objects.get(kind=Kind.HOLIDAY, starts_on=date(2026, 10, 1))
    assert golden_week.ends_on >= date(2026, 10, 3)
    CalendarEvent.objects.filter(starts_on=date(2026, 6, 18)).delete()
    moved = CalendarEvent.objects.get(starts_on=date(2026, 11, 11))
    moved.starts_on = date(2026, 11, 1)
    moved.save()
    before = CalendarEvent.objects.count()
    assert events.suggest_events(as_of=date(2026, 3, 1)) == 0
    assert CalendarEvent.objects.count() == before


def test_a_holiday_that_staff_switched_off_is_an_ordinary_day(settings: LazySettings) -> None:
    settings.HOLIDAY_COUNTRY = "CN"
    first = date(2026, 10, 1)
    assert calendar_from(first, 3).is_closed.tolist() == [True, True, True]
    make_event(kind=Kind.HOLIDAY, starts_on=first, ends_on=first, is_active=False)
    own = date(2026, 10, 20)
    make_event(kind=Kind.HOLIDAY, starts_on=own, ends_on=own)
    assert calendar_from(first, 3).is_closed.tolist() == [False, True, True]
    assert calendar_from(own, 2).is_closed.tolist() == [True, False]


def test_holidays_of_two_countries_add_up_and_unknown_years_have_few(
    settings: LazySettings,
) -> None:
    settings.HOLIDAY_COUNTRY = "CN, GB-ENG"
    names = holidays_between(date(2026, 12, 20), date(2027, 1, 5)).names
    assert date(2026, 12, 25) in names
    assert date(2027, 1, 1) in names
    # A forecast made in December reaches into a year whose calendar is not out yet.
    calendar = calendar_from(date(2026, 12, 10), 40)
    assert len(calendar.weekdays) == 40
    settings.HOLIDAY_COUNTRY = ""
    assert not calendar_from(date(2026, 12, 10), 40).is_closed.any()


def test_a_weekend_day_worked_for_a_holiday_counts_as_midweek(settings: LazySettings) -> None:
    settings.HOLIDAY_COUNTRY = "CN"
    sunday = date(2026, 9, 20)
    assert sunday.weekday() == 6
    assert calendar_from(sunday, 1).weekdays.tolist() == [2]


def test_a_planned_closure_empties_its_days_and_a_promotion_lifts_its_category() -> None:
    skus = make_demand_history()
    category = make_category()
    below = category.add_child(name_en="Below", name_zh_hans="下级", slug="below")
    skus[0].product.category = below
    skus[0].product.save()
    learn_demand()
    before = DemandForecast.objects.in_force().get(sku=skus[0])
    shut = make_event(
        kind=Kind.CLOSURE,
        starts_on=LAST_DAY + timedelta(days=1),
        ends_on=LAST_DAY + timedelta(days=2),
    )
    make_event(factor=2.0).categories.add(category)
    forecasts.refresh_forecasts(as_of=LAST_DAY)
    after = DemandForecast.objects.in_force().get(sku=skus[0])
    other = DemandForecast.objects.in_force().get(sku=skus[1])
    assert after.daily_units[:2] == other.daily_units[:2] == [0.0, 0.0]
    assert after.daily_units[2:4] == pytest.approx([2 * day for day in before.daily_units[2:4]])
    assert after.daily_units[4:] == pytest.approx(before.daily_units[4:])
    factors = {one["name"]: one["value"] for one in after.explanation["factors"]}
    assert factors["promotion"] > 1.0 > factors["closure"] > 0.0
    assert np.prod(list(factors.values())) == pytest.approx(after.units, abs=1e-6)
    assert "promotion" not in {one["name"] for one in other.explanation["factors"]}
    for day, told in zip(
        after.daily_units, forecasts.factors_by_day(sku_id=skus[0].pk), strict=True
    ):
        assert np.prod(list(told.values())) == pytest.approx(day, abs=1e-6)
    shut.is_active = False
    shut.save()
    forecasts.refresh_forecasts(as_of=LAST_DAY)
    assert DemandForecast.objects.in_force().get(sku=skus[1]).daily_units[0] > 0


def test_events_of_single_skus_concern_only_them() -> None:
    skus = [make_sku() for _ in range(3)]
    make_event().skus.add(skus[1])
    make_event(kind=Kind.HOLIDAY, name="counted by the calendar")
    (read,) = events.read_events(
        first_day=LAST_DAY,
        last_day=LAST_DAY + timedelta(days=28),
        sku_ids=np.array([sku.pk for sku in skus]),
    )
    assert read.rows is not None
    assert read.rows.tolist() == [1]
    assert (read.first, read.last) == (3, 4)
