"""The calendar that staff plan in."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from ecomsite.backoffice import roles
from inventory.models import CalendarEvent
from inventory.services.event_effects import LearnedEffects, measured_effect
from inventory.services.events import suggest_events
from tests.backoffice.factories import make_member
from tests.factories import make_category, make_demand_day, make_product, make_sku
from tests.inventory.factories import make_event

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
MONTH = "admin:inventory_calendarevent_month"
LIST = "admin:inventory_calendarevent_changelist"
ADD = "admin:inventory_calendarevent_add"


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(f"{TODAY}T04:00:00Z", tick=False):
        yield


@pytest.fixture
def buyer(client: Client) -> Client:
    """A browser in which a buyer is logged in and reads English."""
    client.force_login(make_member(roles.BUYER))
    client.cookies["django_language"] = "en"
    return client


def typed(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "promotion",
        "name": "Spring sale",
        "starts_on": "2026-03-10",
        "ends_on": "2026-03-12",
        "is_active": "on",
        "note": "",
        **fields,
    }


def days_of(answer: Any) -> dict[int, Any]:
    """The days of the month that is shown, by their number."""
    weeks = answer.context["page"].weeks
    return {day.number: day for week in weeks for day in week if not day.is_outside}


def test_a_buyer_plans_a_promotion_and_sees_it_in_the_month(buyer: Client) -> None:
    answer = buyer.post(reverse(ADD), typed(factor="1.5"), follow=True)
    assert "Forecasts count with it from the next night on." in answer.content.decode()
    event = CalendarEvent.objects.get()
    assert (event.factor, event.is_suggested, event.history.count()) == (1.5, False, 1)
    days = days_of(buyer.get(reverse(MONTH)))
    planned = {number for number, day in days.items() if day.events}
    assert planned == {10, 11, 12}
    assert days[10].events[0].effect == "× 1.5"


@pytest.mark.parametrize(
    "fields",
    [
        {"ends_on": "2026-03-09"},
        {"ends_on": "2027-03-12"},
        {"starts_on": "1990-01-01", "ends_on": "1990-01-02"},
        {"factor": "-1"},
        {"factor": "21"},
        {"factor": "nan"},
        {"factor": "inf"},
        {"kind": "party"},
        {"name": ""},
        {"name": "x" * 121},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_sent_back(buyer: Client, fields: dict[str, str]) -> None:
    answer = buyer.post(reverse(ADD), typed(**fields))
    assert answer.status_code == 200
    assert answer.context["errors"]
    assert not CalendarEvent.objects.exists()


def test_an_editor_plans_nothing(client: Client) -> None:
    event = make_event()
    client.force_login(make_member(roles.CATALOGUE_EDITOR))
    change = reverse("admin:inventory_calendarevent_change", args=[event.pk])
    for address in (reverse(ADD), reverse(LIST), reverse(MONTH), change):
        assert client.get(address).status_code == 403
    assert client.post(reverse(ADD), typed()).status_code == 403
    assert client.post(change, typed(name="Mine")).status_code == 403
    assert CalendarEvent.objects.get().name == event.name


def test_only_managers_delete_and_a_link_deletes_nothing(buyer: Client) -> None:
    event = make_event()
    address = reverse("admin:inventory_calendarevent_delete", args=[event.pk])
    assert buyer.post(address, {"post": "yes"}).status_code == 403
    buyer.force_login(make_member(roles.MANAGER))
    assert buyer.get(address).status_code == 200
    assert CalendarEvent.objects.exists()
    buyer.post(address, {"post": "yes"})
    assert not CalendarEvent.objects.exists()


def test_staff_switch_events_off_from_the_list(buyer: Client) -> None:
    kept, dropped = make_event(), make_event()
    buyer.post(reverse(LIST), {"action": "switch_off", "_selected_action": [dropped.pk]})
    assert list(CalendarEvent.objects.active()) == [kept]


def test_the_month_knows_the_holidays_of_the_country(buyer: Client, settings: Any) -> None:
    settings.HOLIDAY_COUNTRY = "CN"
    days = days_of(buyer.get(reverse(MONTH), {"month": "2026-01"}))
    assert days[1].holiday
    assert days[15].is_empty
    settings.HOLIDAY_COUNTRY = ""
    assert not days_of(buyer.get(reverse(MONTH), {"month": "2026-01"}))[1].holiday


@pytest.mark.parametrize("month", ["", "2026-13", "1066-10", "9999-12", "<script>", "2026-03-01"])
def test_a_month_that_cannot_be_read_is_this_month(buyer: Client, month: str) -> None:
    answer = buyer.get(reverse(MONTH), {"month": month})
    assert answer.context["page"].title == "March 2026"
    assert days_of(answer)[TODAY.day].is_today


def test_names_of_events_are_shown_and_not_run(buyer: Client) -> None:
    make_event(name="<script>alert(1)</script>", starts_on=TODAY, ends_on=TODAY)
    for page in (MONTH, LIST):
        body = buyer.get(reverse(page)).content.decode()
        assert "<script>alert(1)" not in body
        assert "&lt;script&gt;alert(1)" in body


def test_a_day_that_was_clicked_is_filled_in(buyer: Client) -> None:
    form = buyer.get(reverse(ADD), {"day": "2026-03-24"}).context["adminform"].form
    assert form.initial["starts_on"] == form.initial["ends_on"] == date(2026, 3, 24)
    assert buyer.get(reverse(ADD), {"day": "tomorrow"}).status_code == 200


def test_what_an_event_does_comes_from_the_nearest_that_is_known() -> None:
    learned = LearnedEffects(
        {"promotion": 1.4}, {("shopping_day", "11.11 Singles' Day"): 3.0}, holiday=0.8
    )
    for fields, factor, source in (
        ({"kind": "promotion", "factor": 2.0}, 2.0, "typed"),
        ({"kind": "promotion"}, 1.4, "kind"),
        ({"kind": "shopping_day", "name": "11.11 Singles' Day"}, 3.0, "name"),
        ({"kind": "shopping_day", "name": "Another"}, 1.0, "none"),
        ({"kind": "closure"}, 0.0, "closed"),
        ({"kind": "holiday"}, 0.8, "holiday"),
    ):
        effect = learned.of(make_event(**fields))
        assert (effect.factor, effect.source) == (factor, source)


def test_an_event_that_is_over_is_held_against_the_weeks_around_it() -> None:
    lamps = make_category()
    sku = make_sku(product=make_product(category=lamps))
    first = TODAY - timedelta(days=10)
    event = make_event(
        starts_on=first, ends_on=first + timedelta(days=1), categories=[lamps], factor=None
    )
    assert measured_effect(event=event) is None
    for back in range(1, 21):
        day = TODAY - timedelta(days=back)
        within = event.starts_on <= day <= event.ends_on
        make_demand_day(sku=sku, day=day, units=9 if within else 3)
        make_demand_day(day=day, units=100)
    measured = measured_effect(event=event)
    assert measured is not None
    assert (measured.days, measured.daily) == (2, 9.0)
    assert (measured.usual_days, measured.usual_daily) == (18, 3.0)
    assert measured.factor == 3.0


def test_a_run_of_holidays_is_entered_once_though_nights_pass_within_it(settings: Any) -> None:
    settings.HOLIDAY_COUNTRY = "CN"
    for day in range(28, 32):
        suggest_events(as_of=date(2025, 12, day))
    for day in range(1, 4):
        suggest_events(as_of=date(2026, 1, day))
    runs = CalendarEvent.objects.filter(kind="holiday", starts_on__lt=date(2026, 2, 1))
    assert [(run.starts_on, run.ends_on) for run in runs] == [(date(2026, 1, 1), date(2026, 1, 2))]
