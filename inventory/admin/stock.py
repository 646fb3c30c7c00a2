"""Staff pages of warehouses, stock, movements and reservations."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import URLPattern, path, re_path, reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter

from catalog.money import format_money
from inventory.admin.labels import MAX_ROWS, labels_view
from inventory.admin.reports import REPORTS, report_view
from inventory.models import Reservation, StockLevel, StockMovement, Warehouse
from learning.staff_pages import EMPTY, ReadOnlyAdmin, StaffAdmin, chip, figure

MOVEMENT_TONES = {
    "receipt": "good",
    "return": "info",
    "adjustment": "warn",
    "count": "warn",
    "transfer": "info",
    "write_off": "bad",
}
HOLD_TONES = {"held": "warn", "fulfilled": "good"}


class AvailabilityFilter(admin.SimpleListFilter):
    title: str | Promise = gettext_lazy("availability")  # type: ignore[assignment]
    parameter_name = "available"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("out", gettext_lazy("sold out")),
            ("few", gettext_lazy("ten or fewer")),
            ("in", gettext_lazy("more than ten")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {
            "out": Q(on_hand__lte=F("reserved")),
            "few": Q(on_hand__gt=F("reserved"), on_hand__lte=F("reserved") + 10),
            "in": Q(on_hand__gt=F("reserved") + 10),
        }
        condition = conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(Warehouse)
class WarehouseAdmin(StaffAdmin):
    list_display = ("name", "code", "is_default", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    list_display = (
        "sku",
        "product_name",
        "warehouse",
        "units_on_hand",
        "units_reserved",
        "units_available",
        "state",
    )
    list_filter = (AvailabilityFilter, "warehouse")
    search_fields = ("sku__code", "sku__product__name_zh_hans", "sku__product__name_en")
    list_select_related = ("sku__product", "warehouse")
    fields = (
        "sku",
        "product_name",
        "warehouse",
        "units_on_hand",
        "units_reserved",
        "units_available",
        "updated_at",
    )
    ordering = ("-on_hand", "pk")
    actions = ("print_labels",)

    def get_urls(self) -> list[URLPattern]:
        """Reports and labels are about stock, so whoever sees stock may see them."""
        wrap = self.admin_site.admin_view
        names = "|".join(REPORTS)
        return [
            path(
                "reports/",
                wrap(partial(report_view, self, name=next(iter(REPORTS)))),
                name="inventory_reports",
            ),
            re_path(
                rf"^reports/(?P<name>{names})/$",
                wrap(partial(report_view, self)),
                name="inventory_report",
            ),
            path("labels/", wrap(partial(labels_view, self)), name="inventory_labels"),
            *super().get_urls(),
        ]

    @admin.action(description=gettext_lazy("Print labels"), permissions=["view"])
    def print_labels(
        self, request: HttpRequest, queryset: QuerySet[StockLevel]
    ) -> HttpResponseRedirect:
        ids = queryset.order_by("pk").values_list("sku_id", flat=True)[:MAX_ROWS]
        query = urlencode({"sku": list(ids)}, doseq=True)
        return HttpResponseRedirect(f"{reverse('admin:inventory_labels')}?{query}")

    @admin.display(description=gettext_lazy("product"))
    def product_name(self, level: StockLevel) -> str:
        return level.sku.product.name

    @admin.display(description=gettext_lazy("on hand, units"), ordering="on_hand")
    def units_on_hand(self, level: StockLevel) -> str:
        return figure(level.on_hand)

    @admin.display(description=gettext_lazy("reserved, units"), ordering="reserved")
    def units_reserved(self, level: StockLevel) -> str:
        return figure(level.reserved)

    @admin.display(
        description=gettext_lazy("available, units"), ordering=F("on_hand") - F("reserved")
    )
    def units_available(self, level: StockLevel) -> str:
        return figure(level.on_hand - level.reserved)

    @admin.display(description=gettext_lazy("state"))
    def state(self, level: StockLevel) -> SafeString:
        available = level.on_hand - level.reserved
        if available <= 0:
            return chip("out", _("sold out"), {"out": "bad"})
        if available <= 10:
            return chip("few", _("low"), {"few": "warn"})
        return chip("in", _("in stock"), {"in": "good"})


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = (
        "occurred_at",
        "sku",
        "kind_label",
        "units",
        "batch",
        "cost",
        "reference",
        "warehouse",
        "recorded_by",
    )
    list_filter = ("kind", "warehouse", ("occurred_at", RangeDateTimeFilter))
    search_fields = ("sku__code", "reference", "note", "batch__code")
    list_select_related = ("sku", "warehouse", "recorded_by", "batch")
    fields = (
        "sku",
        "kind_label",
        "units",
        "batch",
        "cost",
        "warehouse",
        "reference",
        "note",
        "occurred_at",
        "recorded_at",
        "recorded_by",
    )

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, movement: StockMovement) -> SafeString:
        return chip(movement.kind, movement.get_kind_display(), MOVEMENT_TONES)

    @admin.display(description=gettext_lazy("units"), ordering="quantity")
    def units(self, movement: StockMovement) -> str:
        sign = "+" if movement.quantity > 0 else ""
        return f"{sign}{figure(movement.quantity)}"

    @admin.display(description=gettext_lazy("unit cost"), ordering="unit_cost_minor")
    def cost(self, movement: StockMovement) -> str:
        if movement.unit_cost_minor is None:
            return EMPTY
        return format_money(movement.unit_cost_minor, movement.sku.currency)


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ("sku", "quantity", "owner", "state_label", "expires_at", "created_at")
    list_filter = ("state", "warehouse")
    search_fields = ("sku__code", "owner")
    list_select_related = ("sku", "warehouse")
    fields = (
        "sku",
        "quantity",
        "owner",
        "warehouse",
        "state_label",
        "expires_at",
        "created_at",
    )

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, reservation: Reservation) -> SafeString:
        return chip(reservation.state, reservation.get_state_display(), HOLD_TONES)
