"""Staff pages of who got a campaign and who did not, of refused addresses, and of the limits."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from learning.staff_pages import EMPTY, ReadOnlyAdmin, StaffAdmin, chip
from recommendations.models import CampaignRecipient, CampaignSettings, SuppressedAddress
from recommendations.services.campaigns.addresses import hash_of

ONLY = 1
STATE_TONES = {
    "waiting": "warn",
    "written": "good",
    "shown": "good",
    "held_out": "info",
    "left_out": "",
}


@admin.register(CampaignRecipient)
class CampaignRecipientAdmin(ReadOnlyAdmin):
    list_display = (
        "who",
        "campaign",
        "state_label",
        "reason_label",
        "creative",
        "due_at",
        "written_at",
        "letter",
        "clicked_at",
        "unsubscribed_at",
    )
    list_display_links = None
    list_filter = ("state", "reason", ("campaign", admin.RelatedOnlyFieldListFilter))
    search_fields = ("customer__username", "customer__email")
    list_select_related = ("customer", "campaign", "creative", "email")
    ordering = ("-campaign", "pk")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # It is a list of customers: whoever may not see those may not see them here.
        may_view = bool(super().has_view_permission(request, obj))
        return may_view and request.user.has_perm("customers.view_user")

    @admin.display(description=gettext_lazy("customer"), ordering="customer__username")
    def who(self, row: CampaignRecipient) -> SafeString:
        return format_html(
            '<a class="zg-link" href="{}">{}</a>',
            reverse("admin:customers_user_change", args=[row.customer_id]),
            row.customer,
        )

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, row: CampaignRecipient) -> SafeString:
        return chip(row.state, row.get_state_display(), STATE_TONES)

    @admin.display(description=gettext_lazy("why nothing came"), ordering="reason")
    def reason_label(self, row: CampaignRecipient) -> str:
        return str(row.get_reason_display()) if row.reason else EMPTY

    @admin.display(description=gettext_lazy("letter"))
    def letter(self, row: CampaignRecipient) -> SafeString | str:
        if row.email is None:
            return EMPTY
        return format_html(
            '<a class="zg-link" href="{}">{}</a>',
            reverse("admin:outbox_email_change", args=[row.email_id]),
            row.email.get_state_display(),
        )


@admin.register(SuppressedAddress)
class SuppressedAddressAdmin(ReadOnlyAdmin):
    """Deleted where an address takes letters again."""

    list_display = ("start", "said", "since")
    list_display_links = None
    search_fields = ("address_hash",)
    search_help_text = gettext_lazy("A whole email address; the table holds hashes alone.")
    actions = ("delete_selected",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("recommendations.delete_suppressedaddress")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SuppressedAddress], search_term: str
    ) -> tuple[QuerySet[SuppressedAddress], bool]:
        if search_term:
            return queryset.filter(address_hash=hash_of(search_term)), False
        return queryset, False

    @admin.display(description=gettext_lazy("hash of the address"), ordering="address_hash")
    def start(self, row: SuppressedAddress) -> str:
        return f"{row.address_hash[:12]}…"


@admin.register(CampaignSettings)
class CampaignSettingsAdmin(StaffAdmin):
    """One row: its list is its form."""

    fieldsets = (
        (
            None,
            {"fields": (("quiet_from", "quiet_until"), "letters_per_week", "letters_per_minute")},
        ),
        (
            gettext_lazy("Before a campaign starts"),
            {"fields": ("second_approval_from", "smallest_audience")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        may_add = bool(super().has_change_permission(request))
        return may_add and not CampaignSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Looking at the page makes no row.
        object_id = str(ONLY) if CampaignSettings.objects.exists() else None
        form: HttpResponse = self.changeform_view(request, object_id)
        return form

    def save_model(
        self, request: HttpRequest, obj: CampaignSettings, form: Any, change: bool
    ) -> None:
        obj.pk = ONLY
        super().save_model(request, obj, form, change)
