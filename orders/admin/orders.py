"""Staff pages of orders and shipments: the list, the page with everything on it, its steps."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import RangeDateTimeFilter

from catalog.money import format_money
from learning.staff_pages import ReadOnlyAdmin, chip
from orders.admin import manual, papers
from orders.admin.order_page import (
    build_order_page,
    change_address,
    customer_name,
    payment_label,
    risk_label,
)
from orders.admin.staff import (
    STATUS_TONES,
    ReadOnlyInline,
    done_of,
    staff_member,
    take_step,
    typed,
    typed_amount,
    typed_key,
    typed_units,
)
from orders.models import Invoice, Order, Shipment, ShipmentLine
from orders.services import fulfilment, invoices, payments, repayments, staff_steps
from orders.services.documents import render_pdf

PAPERS_AT_ONCE = 100


class GroupFilter(admin.SimpleListFilter):
    """Orders by what is to be done with them."""

    title = gettext_lazy("to do")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("to_pay", gettext_lazy("to be paid")),
            ("to_ship", gettext_lazy("to ship")),
            ("held", gettext_lazy("held for review")),
            ("open", gettext_lazy("open")),
            ("finished", gettext_lazy("finished")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        orders: Any = queryset
        groups: dict[str, Callable[[], QuerySet[Order]]] = {
            "to_pay": lambda: orders.to_pay(),
            "to_ship": lambda: orders.to_ship(),
            "held": lambda: orders.filter(status=Order.Status.HELD),
            "open": lambda: orders.open(),
            "finished": lambda: orders.finished(),
        }
        chosen = groups.get(self.value() or "")
        return queryset if chosen is None else chosen()


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Nothing is edited in a form: each step of an order is a service, and leaves its trace."""

    change_form_outer_before_template = "orders/staff/order.html"
    list_before_template = "orders/staff/order_list_links.html"
    list_display = (
        "number",
        "placed_at",
        "customer_shown",
        "status_label",
        "payment_shown",
        "total",
        "risk_shown",
        "country",
        "source",
    )
    list_filter = (
        GroupFilter,
        "status",
        ("placed_at", RangeDateTimeFilter),
        "payment_provider",
        "country",
    )
    search_fields = (
        "number",
        "email",
        "customer__username",
        "customer__first_name",
        "customer__last_name",
        "customer__email",
        "customer__external_reference",
        "lines__sku_code",
    )
    search_help_text = gettext_lazy("Number, name, email address or SKU.")
    list_select_related = ("customer", "imported_by")
    actions = (
        "mark_paid_selected",
        "ship_selected",
        "cancel_selected",
        "pick_list_selected",
        "packing_slips_selected",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The page shows everything in its own order, above where the fields would be."""
        return []

    @admin.display(description=gettext_lazy("customer"), ordering="customer")
    def customer_shown(self, order: Order) -> str:
        return customer_name(order)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, order: Order) -> SafeString:
        return chip(order.status, order.get_status_display(), STATUS_TONES)

    @admin.display(description=gettext_lazy("payment"), ordering="paid_at")
    def payment_shown(self, order: Order) -> SafeString:
        return payment_label(order)

    @admin.display(description=gettext_lazy("total"), ordering="total_minor")
    def total(self, order: Order) -> str:
        return format_money(order.total_minor, order.currency)

    @admin.display(description=gettext_lazy("risk"))
    def risk_shown(self, order: Order) -> SafeString | str:
        return risk_label(order)

    @admin.display(description=gettext_lazy("source"))
    def source(self, order: Order) -> str:
        return _("imported") if order.imported_by_id else _("shop")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """As the fields say, and by the name that stands in the address."""
        term = search_term.replace("\x00", "").strip()[:100]
        found, may_repeat = super().get_search_results(request, queryset, term)
        if term:
            named = queryset.filter(shipping_address__recipient__icontains=term)
            found = queryset.filter(
                Q(pk__in=found.order_by().values("pk")) | Q(pk__in=named.order_by().values("pk"))
            )
            may_repeat = False
        return found, may_repeat

    def has_ship_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.ship_order"))

    def has_pay_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.pay_order"))

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.cancel_order"))

    @admin.action(description=gettext_lazy("Mark as paid"), permissions=["pay"])
    def mark_paid_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._on_each(
            request,
            queryset,
            lambda order: payments.book_money(
                order=order,
                amount_minor=repayments.due_minor(order=order),
                user=staff_member(request),
            ),
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

    @admin.action(description=gettext_lazy("Cancel what was not sent"), permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._on_each(
            request,
            queryset,
            lambda order: fulfilment.cancel_order(order=order, user=staff_member(request)),
        )

    @admin.action(description=gettext_lazy("Print a pick list"), permissions=["ship"])
    def pick_list_selected(
        self, request: HttpRequest, queryset: QuerySet[Order]
    ) -> HttpResponseRedirect:
        return self._papers("pick_list", queryset)

    @admin.action(description=gettext_lazy("Print packing slips"), permissions=["ship"])
    def packing_slips_selected(
        self, request: HttpRequest, queryset: QuerySet[Order]
    ) -> HttpResponseRedirect:
        return self._papers("packing_slips", queryset)

    def _papers(self, name: str, orders: QuerySet[Order]) -> HttpResponseRedirect:
        ids = orders.order_by("placed_at").values_list("pk", flat=True)[:PAPERS_AT_ONCE]
        address = reverse(f"admin:orders_order_{name}")
        return HttpResponseRedirect(f"{address}?orders={'-'.join(str(pk) for pk in ids)}")

    def _on_each(
        self, request: HttpRequest, orders: QuerySet[Order], step: Callable[[Order], Any]
    ) -> None:
        if n_done := done_of(request, orders, step):
            done = ngettext("Done for %(n)d order.", "Done for %(n)d orders.", n_done)
            messages.success(request, done % {"n": n_done})

    def get_urls(self) -> list[URLPattern]:
        steps: dict[str, Callable[..., HttpResponse]] = {
            "ship": self.ship_view,
            "cancel": self.cancel_view,
            "hold": self.hold_view,
            "release": self.release_view,
            "pay": self.pay_view,
            "refund": self.refund_view,
            "note": self.note_view,
            "letter": self.letter_view,
            "invoice": self.invoice_view,
        }
        own = [
            path(
                f"<int:order_id>/{step}/",
                self.admin_site.admin_view(view),
                name=f"orders_order_{step}",
            )
            for step, view in steps.items()
        ]
        own.append(
            path(
                "<int:order_id>/documents/<int:invoice_id>/",
                self.admin_site.admin_view(self.document_view),
                name="orders_order_document",
            )
        )
        return [*papers.urls(self), *manual.urls(self), *own, *super().get_urls()]

    def ship_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        def work(order: Order) -> str:
            open_units = {line.pk: line.open_units for line in order.lines.all()}
            units = typed_units(request, "units", open_units)
            if not units:
                raise ValidationError(_("Please say which units are in the parcel."))
            fulfilment.ship_order(
                order=order,
                key=typed_key(request),
                quantities=units,
                carrier=typed(request, "carrier", limit=80),
                tracking_number=typed(request, "tracking_number", limit=80),
                user=staff_member(request),
            )
            return _("The parcel is booked out of stock, and the customer gets a letter.")

        return self._step(request, order_id, "orders.ship_order", work)

    def cancel_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        def work(order: Order) -> str:
            fulfilment.cancel_order(
                order=order,
                user=staff_member(request),
                reason=typed(request, "reason", limit=255),
            )
            return _("Cancelled. What was paid for it goes back.")

        return self._step(request, order_id, "orders.cancel_order", work)

    def hold_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        def work(order: Order) -> str:
            fulfilment.hold_order(
                order=order, user=staff_member(request), note=typed(request, "reason", limit=255)
            )
            return _("The order is held.")

        return self._step(request, order_id, "orders.hold_order", work)

    def release_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        def work(order: Order) -> str:
            fulfilment.release_order(
                order=order, user=staff_member(request), note=typed(request, "reason", limit=255)
            )
            return _("The order goes on.")

        return self._step(request, order_id, "orders.hold_order", work)

    def pay_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        def work(order: Order) -> str:
            payments.book_money(
                order=order,
                amount_minor=typed_amount(request, "amount", currency=order.currency),
                user=staff_member(request),
                note=typed(request, "reason", limit=255),
            )
            return _("Marked as paid.")

        return self._step(request, order_id, "orders.pay_order", work)

    def refund_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        def work(order: Order) -> str:
            amount_minor = typed_amount(request, "amount", currency=order.currency)
            staff_steps.refund_part(
                order=order,
                amount_minor=amount_minor,
                reason=typed(request, "reason", limit=255),
                key=typed_key(request),
                user=staff_member(request),
            )
            amount = format_money(amount_minor, order.currency)
            return _("%(amount)s is on its way back.") % {"amount": amount}

        return self._step(request, order_id, "orders.refund_order", work)

    def note_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        def work(order: Order) -> str:
            staff_steps.write_note(
                order=order,
                text=typed(request, "text", limit=staff_steps.MAX_NOTE),
                user=staff_member(request),
            )
            return _("Noted.")

        return self._step(request, order_id, "orders.view_order", work)

    def letter_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        def work(order: Order) -> str:
            email_id = typed(request, "email", limit=12)
            sent = email_id.isascii() and email_id.isdecimal()
            if not sent or not staff_steps.send_letter_again(
                order=order, email_id=int(email_id), user=staff_member(request)
            ):
                raise Http404
            return _("The letter is sent once more.")

        return self._step(request, order_id, "outbox.send_email", work)

    def invoice_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        def work(order: Order) -> str:
            invoice = invoices.issue_invoice(order=order)
            return _("Invoice %(number)s is issued.") % {"number": invoice.number}

        return self._step(request, order_id, "orders.pay_order", work)

    def document_view(self, request: HttpRequest, order_id: int, invoice_id: int) -> HttpResponse:
        document = Invoice.objects.filter(order=order_id, pk=invoice_id).first()
        if document is None or not self.has_view_permission(request):
            raise Http404
        return HttpResponse(
            render_pdf(document),
            content_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{document.number}.pdf"'},
        )

    def _step(
        self,
        request: HttpRequest,
        order_id: int,
        permission: str,
        work: Callable[[Order], str],
    ) -> HttpResponse:
        order = Order.objects.select_related("customer").filter(pk=order_id).first()
        if order is None:
            raise Http404
        return take_step(
            request,
            allowed=self.has_view_permission(request) and request.user.has_perm(permission),
            back_to=change_address(order),
            work=lambda: work(order),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        order = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": self.opts.verbose_name, **(extra_context or {})}
        if isinstance(order, Order) and self.has_view_permission(request, order):
            context["order_page"] = build_order_page(request, order)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response


class ShipmentLineInline(ReadOnlyInline):
    model = ShipmentLine
    fields = ("line", "quantity")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShipmentLine]:
        lines: QuerySet[ShipmentLine] = super().get_queryset(request)
        return lines.select_related("line", "shipment")


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    list_display = ("shipped_at", "order", "carrier_shown", "tracking_number")
    search_fields = ("order__number", "tracking_number")
    list_filter = ("carrier",)
    list_select_related = ("order",)
    fields = ("order", "carrier_shown", "tracking_number", "shipped_at")
    inlines = (ShipmentLineInline,)

    @admin.display(description=gettext_lazy("carrier"), ordering="carrier")
    def carrier_shown(self, shipment: Shipment) -> str:
        return shipment.carrier_name
