"""A month of the calendar: what is planned on each day, and what the shop expects of it."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from inventory.admin.forecast_tabs import (
    forecast_tabs,
    weekday_text,
)
from inventory.models import CalendarEvent
from inventory.services.calendar import Holidays, holidays_between
from inventory.services.event_effects import LearnedEffects, learned_effects
from inventory.services.shop_outlook import newest_outlook, outlook_of_shop, sales_by_day
from learning.staff_pages import StaffAdmin, figure

HERE: Final = "admin:inventory_calendarevent_month"
EARLIEST, LATEST = 2000, 2100
TONES: Final = {"promotion": "info", "shopping_day": "good", "holiday": "warn", "closure": "bad"}


@dataclass(frozen=True, slots=True)
class EventLink:
    name: str
    kind: str
    url: str
    tone: str
    effect: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class MonthDay:
    """holiday: its name. units: expected, or what was sold; empty where neither is known."""

    number: int
    title: str
    add_url: str
    is_outside: bool
    is_today: bool
    holiday: str
    is_made_up: bool
    units: str
    events: Sequence[EventLink]

    @property
    def is_empty(self) -> bool:
        return not (self.holiday or self.is_made_up or self.events)


@dataclass(frozen=True, slots=True)
class MonthPage:
    title: str
    before: str
    after: str
    this_month: str
    weekdays: Sequence[str]
    weeks: Sequence[Sequence[MonthDay]]
    may_add: bool
    add_url: str
    list_url: str
    learned: Sequence[tuple[str, str]]
    n_events: int


def month_view(page: StaffAdmin, request: HttpRequest) -> HttpResponse:
    if not page.has_view_permission(request):
        raise PermissionDenied
    today = timezone.localdate()
    first = _first_of(request.GET.get("month", ""), today)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("Calendar of events"),
        "tabs": forecast_tabs(request, HERE),
        "page": _read(first, today, may_add=page.has_add_permission(request)),
    }
    return TemplateResponse(request, "inventory/staff/event_month.html", context)


def _first_of(text: str, today: date) -> date:
    """What cannot be read is this month."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return first if EARLIEST <= first.year <= LATEST else today.replace(day=1)


def _read(first: date, today: date, *, may_add: bool) -> MonthPage:
    weeks = calendar.Calendar(calendar.MONDAY).monthdatescalendar(first.year, first.month)
    span = weeks[0][0], weeks[-1][-1]
    events = list(CalendarEvent.objects.between(*span).order_by("starts_on", "pk"))
    learned = learned_effects()
    known = holidays_between(*span)
    units = _units(*span)
    next_month = (first + timedelta(days=32)).replace(day=1)
    return MonthPage(
        title=date_format(first, "YEAR_MONTH_FORMAT"),
        before=_address((first - timedelta(days=1)).replace(day=1)),
        after=_address(next_month),
        this_month="" if first == today.replace(day=1) else _address(today),
        weekdays=[weekday_text(day) for day in weeks[0]],
        weeks=[
            [
                _day(day, first, today, events=events, learned=learned, known=known, units=units)
                for day in week
            ]
            for week in weeks
        ],
        may_add=may_add,
        add_url=reverse("admin:inventory_calendarevent_add"),
        list_url=reverse("admin:inventory_calendarevent_changelist"),
        learned=_learned_rows(learned),
        n_events=len(events),
    )


def _address(month: date) -> str:
    return f"?month={month:%Y-%m}"


def _units(first: date, last: date) -> Mapping[date, str]:
    """Sold before the newest forecast, expected after it."""
    texts = {
        day: _("%(units)s sold") % {"units": figure(units)}
        for day, units in sales_by_day(first_day=first, last_day=last).items()
    }
    as_of = newest_outlook()
    if as_of is not None and as_of < last:
        for one in outlook_of_shop(as_of=as_of):
            texts[one.day] = _("%(units)s expected") % {"units": figure(round(one.units))}
    return texts


def _day(
    day: date,
    first: date,
    today: date,
    *,
    events: Sequence[CalendarEvent],
    learned: LearnedEffects,
    known: Holidays,
    units: Mapping[date, str],
) -> MonthDay:
    here = [event for event in events if event.starts_on <= day <= event.ends_on]
    told = any(event.kind == CalendarEvent.Kind.HOLIDAY for event in here)
    return MonthDay(
        number=day.day,
        title=date_format(day, "DATE_FORMAT"),
        add_url=f"{reverse('admin:inventory_calendarevent_add')}?day={day.isoformat()}",
        is_outside=day.month != first.month,
        is_today=day == today,
        # A holiday that has a row of its own is told by that.
        holiday="" if told else known.names.get(day, ""),
        is_made_up=day in known.made_up,
        units=units.get(day, ""),
        events=[
            EventLink(
                name=event.name,
                kind=event.get_kind_display(),
                url=reverse("admin:inventory_calendarevent_change", args=[event.pk]),
                tone=TONES[event.kind],
                effect=_effect(learned, event),
                is_active=event.is_active,
            )
            for event in here
        ],
    )


def _effect(learned: LearnedEffects, event: CalendarEvent) -> str:
    effect = learned.of(event)
    return "" if effect.source == "none" else f"× {figure(round(effect.factor, 3))}"


def _learned_rows(learned: LearnedEffects) -> list[tuple[str, str]]:
    """What the shop has learned so far, by kind and then by name."""
    kinds: dict[str, Any] = dict(CalendarEvent.Kind.choices)
    rows = [] if learned.holiday is None else [(_("public holidays"), learned.holiday)]
    rows += [(str(kinds.get(kind, kind)), factor) for kind, factor in learned.by_kind.items()]
    rows += [
        (f"{kinds.get(kind, kind)}: {name}", factor)
        for (kind, name), factor in sorted(learned.by_name.items())
    ]
    return [(name, f"× {figure(round(factor, 3))}") for name, factor in rows]
