"""The page on which managers decide how the shop re-orders."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from inventory.models import ReplenishmentSettings
from learning.staff_pages import StaffAdmin

ONLY = 1


@admin.register(ReplenishmentSettings)
class ReplenishmentSettingsAdmin(SimpleHistoryAdmin, StaffAdmin):
    """One row: its list is its form."""

    fieldsets = (
        (
            _("Who approves orders"),
            {
                "fields": (
                    "second_approval_from_minor",
                    "is_automatic",
                    "automatic_limit_minor",
                    "automatic_daily_budget_minor",
                )
            },
        ),
        (
            _("How much is ordered"),
            {
                "fields": (
                    "service_level_floor",
                    "service_level_cap",
                    "yearly_holding_share",
                    "order_line_cost_minor",
                    "budget_minor",
                    "dead_after_days",
                )
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        may_add: bool = super().has_change_permission(request)
        return may_add and not ReplenishmentSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # A shop that decided nothing yet has no row, and looking at the page makes none.
        if ReplenishmentSettings.objects.exists():
            return self._form(request, str(ONLY))
        if self.has_add_permission(request):
            return self._form(request, None)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def _form(self, request: HttpRequest, object_id: str | None) -> HttpResponse:
        form: HttpResponse = self.changeform_view(request, object_id)
        return form

    def save_model(
        self, request: HttpRequest, obj: ReplenishmentSettings, form: Any, change: bool
    ) -> None:
        obj.pk = ONLY
        super().save_model(request, obj, form, change)
