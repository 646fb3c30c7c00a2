"""Staff pages of the calendar: what is planned, what the shop knows, and what it does."""

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from inventory.admin.event_month import month_view
from inventory.admin.exports import ExportedList, csv_file
from inventory.admin.forecast_page import span_text
from inventory.admin.forecast_tabs import forecast_tabs
from inventory.models import CalendarEvent
from inventory.services.event_effects import (
    EventEffect,
    learned_effects,
    measured_effect,
)
from inventory.services.events import switch_events
from learning.staff_pages import EMPTY, StaffAdmin, chip, figure

HERE: Final = "admin:inventory_calendarevent_month"
KIND_TONES: Final = {
    "promotion": "info",
    "shopping_day": "good",
    "holiday": "warn",
    "closure": "bad",
}
LONGEST_DAYS: Final = 366
YEARS_AROUND: Final = 10


class EventForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    class Meta:
        model = CalendarEvent
        fields = (
            "kind",
            "name",
            "starts_on",
            "ends_on",
            "factor",
            "categories",
            "skus",
            "is_active",
            "note",
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first is None or last is None:
            return cleaned
        today = timezone.localdate()
        if last < first:
            self.add_error("ends_on", _("The last day is before the first."))
        elif (last - first).days >= LONGEST_DAYS:
            self.add_error("ends_on", _("An event lasts a year at most."))
        elif abs((first - today).days) > 366 * YEARS_AROUND:
            self.add_error("starts_on", _("That is more than ten years away."))
        return cleaned


class WhenFilter(admin.SimpleListFilter):
    title: str | Promise = gettext_lazy("when")  # type: ignore[assignment]
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("ahead", gettext_lazy("today or later")),
            ("soon", gettext_lazy("in the next 28 days")),
            ("past", gettext_lazy("over")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        conditions = {
            "ahead": Q(ends_on__gte=today),
            "soon": Q(ends_on__gte=today, starts_on__lte=today + timedelta(days=28)),
            "past": Q(ends_on__lt=today),
        }
        condition = conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(CalendarEvent)
class CalendarEventAdmin(ExportedList, SimpleHistoryAdmin, StaffAdmin):
    tab = HERE
    form = EventForm
    list_before_template = "inventory/staff/event_list.html"
    change_form_outer_before_template = "inventory/staff/event.html"
    list_display = ("name", "kind_label", "span", "concerns", "effect", "state")
    list_filter = ("kind", WhenFilter, "is_active", "is_suggested")
    search_fields = ("name", "note")
    ordering = ("-starts_on", "pk")
    autocomplete_fields = ("categories", "skus")
    actions = ("switch_on", "switch_off")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("month/", wrap(self.month_view), name="inventory_calendarevent_month"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CalendarEvent]:
        rows: QuerySet[CalendarEvent] = super().get_queryset(request)
        return rows.prefetch_related("categories", "skus")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        usual: Any = super().get_changelist(request, **kwargs)

        class EventList(usual):
            def get_results(self, request: HttpRequest) -> None:
                super().get_results(request)
                learned = learned_effects()
                for event in self.result_list:
                    event.learned = learned.of(event)

        return EventList

    def month_view(self, request: HttpRequest) -> HttpResponse:
        return month_view(self, request)

    def export(self, found: QuerySet[CalendarEvent]) -> StreamingHttpResponse:
        return _export(found)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context: dict[str, Any] = {
            "tabs": forecast_tabs(request, HERE),
            **(extra_context or {}),
        }
        event = self.get_object(request, object_id) if object_id else None
        if event is not None and self.has_view_permission(request, event):
            context["event_page"] = _event_page(event)
        return super().changeform_view(request, object_id, form_url, context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A day that was clicked in the month is the first and the last one."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        if (day := _day(request.GET.get("day", ""))) is not None:
            initial.update(starts_on=day, ends_on=day)
        return initial

    def save_model(self, request: HttpRequest, obj: CalendarEvent, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self.message_user(request, _("Forecasts count with it from the next night on."))

    @admin.action(description=gettext_lazy("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[CalendarEvent]) -> None:
        self._switch(request, queryset, is_active=True)

    @admin.action(description=gettext_lazy("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[CalendarEvent]) -> None:
        self._switch(request, queryset, is_active=False)

    def _switch(
        self, request: HttpRequest, queryset: QuerySet[CalendarEvent], *, is_active: bool
    ) -> None:
        switched = switch_events(
            event_ids=list(queryset.order_by().values_list("pk", flat=True)), is_active=is_active
        )
        self.message_user(
            request,
            _("%(n)s events switched on.") % {"n": switched}
            if is_active
            else _("%(n)s events switched off.") % {"n": switched},
        )

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, event: CalendarEvent) -> SafeString:
        return chip(event.kind, event.get_kind_display(), KIND_TONES)

    @admin.display(description=gettext_lazy("days"), ordering="starts_on")
    def span(self, event: CalendarEvent) -> str:
        return span_text(event.starts_on, event.ends_on)

    @admin.display(description=gettext_lazy("concerns"))
    def concerns(self, event: CalendarEvent) -> str:
        return concerns_text(event)

    @admin.display(description=gettext_lazy("effect on demand"), ordering="factor")
    def effect(self, event: Any) -> str:
        return effect_text(event.learned)

    @admin.display(description=gettext_lazy("state"), ordering="is_active")
    def state(self, event: CalendarEvent) -> SafeString:
        if not event.is_active:
            return chip("off", _("switched off"))
        if event.is_suggested:
            return chip("suggested", _("entered by the shop"), {"suggested": "info"})
        return chip("on", _("entered by staff"), {"on": "good"})


def concerns_text(event: CalendarEvent) -> str:
    names = [category.name for category in event.categories.all()]
    names += [sku.code for sku in event.skus.all()]
    return ", ".join(names) if names else _("the whole shop")


def effect_text(effect: EventEffect) -> str:
    """The factor and who says so."""
    said = {
        "typed": _("typed"),
        "closed": _("closed: nothing is sold"),
        "name": _("learned from days of this name"),
        "kind": _("learned from days of this kind"),
        "holiday": _("learned from public holidays"),
        "none": _("nothing learned yet"),
    }[effect.source]
    if effect.source == "none":
        return said
    return f"× {figure(round(effect.factor, 3))} ({said})"


def _event_page(event: CalendarEvent) -> dict[str, Any]:
    measured = measured_effect(event=event)
    facts = [(_("effect on demand"), effect_text(learned_effects().of(event)))]
    if measured is not None:
        facts += [
            (_("sold a day in its days, units"), figure(round(measured.daily, 1))),
            (
                _("sold a day in the four weeks around, units"),
                figure(round(measured.usual_daily, 1)),
            ),
            (
                _("as it turned out"),
                EMPTY if measured.factor is None else f"× {figure(round(measured.factor, 3))}",
            ),
        ]
    return {"facts": facts, "is_measured": measured is not None}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _export(found: QuerySet[CalendarEvent]) -> StreamingHttpResponse:
    learned = learned_effects()
    heads = [
        _("name"),
        _("kind"),
        _("first day"),
        _("last day"),
        _("concerns"),
        _("factor"),
        _("effect on demand"),
        _("active"),
        _("note"),
    ]
    rows = (
        (
            event.name,
            event.get_kind_display(),
            event.starts_on.isoformat(),
            event.ends_on.isoformat(),
            concerns_text(event),
            round(learned.of(event).factor, 6),
            effect_text(learned.of(event)),
            int(event.is_active),
            event.note,
        )
        for event in found.iterator(chunk_size=500)
    )
    return csv_file("calendar", heads, rows)
