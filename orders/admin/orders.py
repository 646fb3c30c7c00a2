"""Staff pages of orders, shipments and returns."""

from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import uuid4

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateTimeFilter

from catalog.money import format_money
from customers.models import User
from inventory.errors import InventoryError
from learning.staff_pages import EMPTY, ReadOnlyAdmin, chip, facts_table
from orders.errors import OrdersError
from orders.models import (
    Order,
    OrderLine,
    OrderStatusChange,
    ReturnLine,
    ReturnRequest,
    Shipment,
    ShipmentLine,
)
from orders.services import fulfilment, returns

STATUS_TONES = {
    "placed": "warn",
    "held": "bad",
    "paid": "warn",
    "part_shipped": "info",
    "shipped": "good",
    "completed": "good",
    "cancelled": "bad",
}
RETURN_TONES = {"requested": "warn", "approved": "info", "received": "good", "refused": "bad"}
LINES_PER_PAGE = 50
Row = TypeVar("Row", bound=Model)


def staff_member(request: HttpRequest) -> User:
    """Who is at work: the back office lets nobody in without an account."""
    return cast("User", request.user)


def done_of(request: HttpRequest, rows: "QuerySet[Row]", step: Callable[[Row], Any]) -> int:
    """Take a step with each row; says which ones refuse it, returns how many did not."""
    n_done = 0
    for row in rows:
        try:
            step(row)
            n_done += 1
        except (OrdersError, InventoryError) as error:
            messages.error(request, str(error))
    return n_done


class ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False
    per_page = LINES_PER_PAGE

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    fields = (
        "sku_code",
        "name",
        "quantity",
        "quantity_shipped",
        "quantity_cancelled",
        "quantity_returned",
        "unit_price",
        "line_total",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        lines: QuerySet[OrderLine] = super().get_queryset(request)
        return lines.select_related("order")

    @admin.display(description=gettext_lazy("unit price"))
    def unit_price(self, line: OrderLine) -> str:
        return format_money(line.unit_price_minor, line.order.currency)

    @admin.display(description=gettext_lazy("sum"))
    def line_total(self, line: OrderLine) -> str:
        return format_money(line.unit_price_minor * line.quantity, line.order.currency)


class StatusChangeInline(ReadOnlyInline):
    model = OrderStatusChange
    fields = ("changed_at", "from_status", "to_status", "changed_by", "note")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderStatusChange]:
        changes: QuerySet[OrderStatusChange] = super().get_queryset(request)
        return changes.select_related("changed_by", "order")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "placed_at",
        "customer_name",
        "status_label",
        "total",
        "country",
        "source",
    )
    list_filter = ("status", ("placed_at", RangeDateTimeFilter), "country")
    search_fields = ("number", "email", "customer__username", "customer__external_reference")
    list_select_related = ("customer", "imported_by")
    actions = ("mark_paid_selected", "ship_selected", "cancel_selected")
    inlines = (OrderLineInline, StatusChangeInline)
    fieldsets = (
        (None, {"fields": ("number", "status_label", "customer_name", "email", "placed_at")}),
        (
            gettext_lazy("Money"),
            {"fields": ("goods", "shipping", "discount", "tax", "total")},
        ),
        (gettext_lazy("Delivery"), {"fields": ("country", "address", "shipped_at")}),
        (gettext_lazy("Risk"), {"fields": ("risk_shown",)}),
    )

    @admin.display(description=gettext_lazy("customer"), ordering="customer")
    def customer_name(self, order: Order) -> str:
        return str(order.customer) if order.customer else order.email or _("guest")

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, order: Order) -> SafeString:
        return chip(order.status, order.get_status_display(), STATUS_TONES)

    @admin.display(description=gettext_lazy("goods"))
    def goods(self, order: Order) -> str:
        return format_money(order.goods_minor, order.currency)

    @admin.display(description=gettext_lazy("shipping"))
    def shipping(self, order: Order) -> str:
        return format_money(order.shipping_minor, order.currency)

    @admin.display(description=gettext_lazy("discount"))
    def discount(self, order: Order) -> str:
        return format_money(-order.discount_minor, order.currency)

    @admin.display(description=gettext_lazy("tax"))
    def tax(self, order: Order) -> str:
        return format_money(order.tax_minor, order.currency)

    @admin.display(description=gettext_lazy("total"), ordering="total_minor")
    def total(self, order: Order) -> str:
        return format_money(order.total_minor, order.currency)

    @admin.display(description=gettext_lazy("source"))
    def source(self, order: Order) -> str:
        return _("imported") if order.imported_by_id else _("shop")

    @admin.display(description=gettext_lazy("address"))
    def address(self, order: Order) -> SafeString | str:
        return facts_table(order.shipping_address.items()) if order.shipping_address else EMPTY

    @admin.display(description=gettext_lazy("verdict"))
    def risk_shown(self, order: Order) -> SafeString | str:
        return facts_table(order.risk.items()) if order.risk else EMPTY

    def has_ship_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.ship_order"))

    @admin.action(description=gettext_lazy("Mark as paid"), permissions=["ship"])
    def mark_paid_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._on_each(
            request,
            queryset,
            lambda order: fulfilment.mark_paid(order=order, user=staff_member(request)),
        )

    @admin.action(description=gettext_lazy("Ship all that is open"), permissions=["ship"])
    def ship_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._on_each(
            request,
            queryset,
            lambda order: fulfilment.ship_order(
                order=order, key=uuid4().hex, user=staff_member(request)
            ),
        )

    @admin.action(description=gettext_lazy("Cancel what was not sent"), permissions=["ship"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._on_each(
            request,
            queryset,
            lambda order: fulfilment.cancel_order(order=order, user=staff_member(request)),
        )

    def _on_each(
        self, request: HttpRequest, orders: QuerySet[Order], step: Callable[[Order], Any]
    ) -> None:
        if n_done := done_of(request, orders, step):
            done = ngettext("Done for %(n)d order.", "Done for %(n)d orders.", n_done)
            messages.success(request, done % {"n": n_done})


class ShipmentLineInline(ReadOnlyInline):
    model = ShipmentLine
    fields = ("line", "quantity")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShipmentLine]:
        lines: QuerySet[ShipmentLine] = super().get_queryset(request)
        return lines.select_related("line", "shipment")


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    list_display = ("shipped_at", "order", "carrier", "tracking_number")
    search_fields = ("order__number", "tracking_number")
    list_filter = ("carrier",)
    list_select_related = ("order",)
    fields = ("order", "carrier", "tracking_number", "shipped_at")
    inlines = (ShipmentLineInline,)


class ReturnLineInline(ReadOnlyInline):
    model = ReturnLine
    fields = ("line", "quantity", "is_resellable")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnLine]:
        lines: QuerySet[ReturnLine] = super().get_queryset(request)
        return lines.select_related("line", "request__order")


@admin.register(ReturnRequest)
class ReturnRequestAdmin(ReadOnlyAdmin):
    list_display = ("order", "status_label", "reason", "requested_at", "received_at")
    list_filter = ("status", ("requested_at", RangeDateTimeFilter))
    search_fields = ("order__number", "reason")
    list_select_related = ("order",)
    fields = ("order", "status_label", "reason", "requested_at", "received_at")
    actions = ("approve_selected", "receive_selected", "refuse_selected")
    inlines = (ReturnLineInline,)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.change_returnrequest"))

    @admin.action(description=gettext_lazy("Approve"), permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        self._on_each(request, queryset, lambda one: returns.approve_return(request=one))

    @admin.action(description=gettext_lazy("Received: put back into stock"), permissions=["decide"])
    def receive_selected(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        user = staff_member(request)
        self._on_each(request, queryset, lambda one: returns.receive_return(request=one, user=user))

    @admin.action(description=gettext_lazy("Refuse"), permissions=["decide"])
    def refuse_selected(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        self._on_each(request, queryset, lambda one: returns.refuse_return(request=one))

    def _on_each(
        self,
        request: HttpRequest,
        requests: QuerySet[ReturnRequest],
        step: Callable[[ReturnRequest], Any],
    ) -> None:
        if n_done := done_of(request, requests, step):
            done = ngettext("Done for %(n)d return.", "Done for %(n)d returns.", n_done)
            messages.success(request, done % {"n": n_done})

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, request_for_return: ReturnRequest) -> SafeString:
        return chip(
            request_for_return.status, request_for_return.get_status_display(), RETURN_TONES
        )
