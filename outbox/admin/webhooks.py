"""Staff pages of webhooks: who hears what, and whether it arrived."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from learning.staff_pages import EMPTY, ReadOnlyAdmin, StaffAdmin, chip
from outbox.errors import OutboxError
from outbox.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from outbox.services import calling, webhooks

STATE_TONES = {
    "waiting": "warn",
    "sending": "info",
    "delivered": "good",
    "failed": "bad",
    "given_up": "bad",
}
HEARD = [choice for choice in WebhookEvent.choices if choice[0] != WebhookEvent.PING]


class WebhookEndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    events = forms.MultipleChoiceField(
        label=gettext_lazy("events"), choices=HEARD, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("name", "url", "events", "contact_email", "is_active")

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            calling.check_target(url=url)
        except OutboxError as error:
            raise forms.ValidationError(str(error)) from error
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(StaffAdmin):
    form = WebhookEndpointForm
    list_display = ("name", "url", "state_label", "failing_since", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name", "url")
    actions = ("send_test_selected", "switch_on_selected")
    readonly_fields = (
        "key_id",
        "shown_secret",
        "failing_since",
        "disabled_at",
        "disabled_reason",
    )
    fieldsets = (
        (None, {"fields": ("name", "url", "events", "contact_email", "is_active")}),
        (gettext_lazy("Signature"), {"fields": (("key_id", "shown_secret"),)}),
        (
            gettext_lazy("Failures"),
            {"fields": (("failing_since", "disabled_at"), "disabled_reason")},
        ),
    )

    def save_model(
        self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool
    ) -> None:
        if not change:
            for name, value in webhooks.new_keys().items():
                setattr(obj, name, value)
        super().save_model(request, obj, form, change)
        if change and obj.is_active and "is_active" in form.changed_data:
            webhooks.switch_on(endpoint=obj)

    @admin.display(description=gettext_lazy("state"), ordering="is_active")
    def state_label(self, endpoint: WebhookEndpoint) -> SafeString:
        if endpoint.disabled_at is not None and not endpoint.is_active:
            return chip("off", _("switched off by the shop"), {"off": "bad"})
        if not endpoint.is_active:
            return chip("paused", _("paused"))
        if endpoint.failing_since is not None:
            return chip("failing", _("failing"), {"failing": "warn"})
        return chip("on", _("listening"), {"on": "good"})

    @admin.display(description=gettext_lazy("secret"))
    def shown_secret(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.secret or EMPTY

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The page shows the secret: whoever may not change it has no use for it.
        return bool(self.has_change_permission(request, obj))

    @admin.action(description=gettext_lazy("Send a test"), permissions=["change"])
    def send_test_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for endpoint in queryset:
            webhooks.send_test(endpoint=endpoint)
        messages.success(request, _("The test is on its way; see the messages of webhooks."))

    @admin.action(description=gettext_lazy("Switch on"), permissions=["change"])
    def switch_on_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for endpoint in queryset:
            webhooks.switch_on(endpoint=endpoint)
        messages.success(request, _("What waits is on its way."))


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "event",
        "endpoint",
        "state_label",
        "attempts",
        "response_code",
        "delivered_at",
    )
    list_filter = ("state", "event", "endpoint", ("created_at", RangeDateTimeFilter))
    search_fields = ("event_id",)
    list_select_related = ("endpoint",)
    actions = ("redeliver_selected",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("event", "endpoint"),
                    ("state_label", "attempts"),
                    ("created_at", "delivered_at", "next_attempt_at"),
                    ("response_code", "last_error"),
                    "event_id",
                    "shown_payload",
                )
            },
        ),
    )

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, delivery: WebhookDelivery) -> SafeString:
        return chip(delivery.state, delivery.get_state_display(), STATE_TONES)

    @admin.display(description=gettext_lazy("contents"))
    def shown_payload(self, delivery: WebhookDelivery) -> SafeString:
        text = json.dumps(delivery.payload, indent=2, ensure_ascii=False, sort_keys=True)
        return render_to_string("outbox/staff/text.html", {"text": text})

    def has_send_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("outbox.send_webhookdelivery"))

    @admin.action(description=gettext_lazy("Send again"), permissions=["send"])
    def redeliver_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        n_queued = 0
        for delivery in queryset:
            try:
                webhooks.redeliver(delivery=delivery)
                n_queued += 1
            except OutboxError as error:
                messages.error(request, str(error))
        if n_queued:
            done = ngettext(
                "%(n)d message is on its way.", "%(n)d messages are on their way.", n_queued
            )
            messages.success(request, done % {"n": n_queued})
