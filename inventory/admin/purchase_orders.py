"""Staff pages of purchase orders: read the lines with their reasons, decide, approve, receive."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline

from catalog.money import format_money
from inventory.errors import InventoryError, NotAWholeNumberError
from inventory.models import GoodsReceipt, GoodsReceiptLine, PurchaseOrder, PurchaseOrderLine
from inventory.services import purchasing
from inventory.services.purchasing import Arrival
from inventory.wording import line_reason
from learning.errors import LearningError
from learning.models import Decision, Proposal
from learning.proposal_admin import REVIEW_TONES, decisions_on
from learning.staff_pages import ReadOnlyAdmin, chip, figure, person

LINES_PER_PAGE = 50
STATUS_TONES = {
    "draft": "warn",
    "approved": "info",
    "sent": "info",
    "part_received": "info",
    "received": "good",
    "cancelled": "bad",
}
MAX_UNITS = 1_000_000


@dataclass(frozen=True, slots=True)
class LineRow:
    line: PurchaseOrderLine
    name: str
    unit_cost: str
    cost: str
    reason: str
    state: SafeString
    open_units: int


@dataclass(frozen=True, slots=True)
class OrderPage:
    """What the page of a purchase order shows."""

    order: PurchaseOrder
    state: SafeString
    total: str
    units: int
    n_lines: int
    rows: list[LineRow]
    lines: Page[PurchaseOrderLine]
    decisions: list[Decision]
    can_decide: bool
    can_approve: bool
    can_send: bool
    can_cancel: bool
    can_receive: bool
    delivery_key: str

    @property
    def number(self) -> str:
        return self.order.number


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ReadOnlyAdmin):
    """Nothing is edited in a form: each step of an order is a service, and leaves a decision."""

    change_form_outer_before_template = "inventory/staff/purchase_order.html"
    list_display = (
        "number",
        "supplier",
        "status_label",
        "lines_count",
        "units_count",
        "money",
        "drafted_as_of",
        "expected_on",
    )
    list_filter = ("status", "supplier")
    search_fields = ("number", "supplier__name", "lines__sku__code")
    list_select_related = ("supplier",)
    actions = ("approve_selected",)
    fields = ("supplier", "warehouse", "created_at", "approved_by", "approved_at", "sent_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseOrder]:
        orders: Any = super().get_queryset(request)
        totalled: QuerySet[PurchaseOrder] = orders.with_totals()
        return totalled

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, order: PurchaseOrder) -> SafeString:
        return chip(order.status, order.get_status_display(), STATUS_TONES)

    @admin.display(description=gettext_lazy("lines"), ordering="n_lines")
    def lines_count(self, order: Any) -> str:
        return figure(order.n_lines)

    @admin.display(description=gettext_lazy("units"), ordering="n_units")
    def units_count(self, order: Any) -> str:
        return figure(order.n_units)

    @admin.display(description=gettext_lazy("cost"), ordering="cost_minor")
    def money(self, order: Any) -> str:
        return format_money(order.cost_minor, order.currency)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.approve_purchaseorder"))

    def has_receive_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.receive_purchaseorder"))

    @admin.action(description=gettext_lazy("Approve"), permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[PurchaseOrder]) -> None:
        for order in queryset:
            try:
                purchasing.approve_purchase_order(order, user=person(request))
            except (InventoryError, LearningError) as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("%(order)s is approved.") % {"order": order})

    def get_urls(self) -> list[URLPattern]:
        steps: dict[str, Callable[..., HttpResponse]] = {
            "lines/<int:line_id>": self.decide_line_view,
            "approve": self.approve_view,
            "send": self.send_view,
            "cancel": self.cancel_view,
            "receive": self.receive_view,
        }
        own = [
            path(
                f"<int:order_id>/{step}/",
                self.admin_site.admin_view(view),
                name=f"inventory_purchaseorder_{step.split('/')[0]}",
            )
            for step, view in steps.items()
        ]
        return [*own, *super().get_urls()]

    def approve_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return self._step(
            request,
            order_id,
            allowed=self.has_approve_permission(request),
            work=lambda order: purchasing.approve_purchase_order(
                order, user=person(request), reason=_reason(request)
            ),
            said=_("Approved. It can be sent to the supplier now."),
        )

    def send_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return self._step(
            request,
            order_id,
            allowed=self.has_approve_permission(request),
            work=lambda order: purchasing.send_purchase_order(order, user=person(request)),
            said=_("Marked as sent. From now on the lead time runs."),
        )

    def cancel_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return self._step(
            request,
            order_id,
            allowed=self.has_approve_permission(request),
            work=lambda order: purchasing.cancel_purchase_order(
                order, user=person(request), reason=_reason(request)
            ),
            said=_("Cancelled."),
        )

    def receive_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return self._step(
            request,
            order_id,
            allowed=self.has_receive_permission(request),
            work=lambda order: purchasing.receive_goods(
                order,
                arrivals=_arrivals(request, order),
                key=request.POST.get("key", "")[:80] or uuid4().hex,
                reference=request.POST.get("reference", "").strip()[:80],
                user=person(request),
            ),
            said=_("The delivery is booked into stock."),
        )

    def decide_line_view(self, request: HttpRequest, order_id: int, line_id: int) -> HttpResponse:
        def decide(order: PurchaseOrder) -> None:
            line = order.lines.select_related("sku", "offer", "order").filter(pk=line_id).first()
            if line is None:
                raise Http404
            user, reason = person(request), _reason(request)
            if request.POST.get("decision") == "reject":
                purchasing.reject_line(line, user=user, reason=reason)
                return
            quantity = _whole_number(request.POST.get("quantity", ""))
            if quantity == line.quantity_proposed:
                purchasing.accept_line(line, user=user, reason=reason)
            else:
                purchasing.correct_line(line, quantity=quantity, user=user, reason=reason)

        return self._step(
            request,
            order_id,
            allowed=self.has_approve_permission(request),
            work=decide,
            said=_("Noted."),
        )

    def _step(
        self,
        request: HttpRequest,
        order_id: int,
        *,
        allowed: bool,
        work: Callable[[PurchaseOrder], Any],
        said: str,
    ) -> HttpResponse:
        """One step by POST; refusals become a message above the same page."""
        here = reverse("admin:inventory_purchaseorder_change", args=[order_id])
        if request.method != "POST":
            return HttpResponseRedirect(here)
        if not allowed or not self.has_view_permission(request):
            raise PermissionDenied
        order = PurchaseOrder.objects.filter(pk=order_id).first()
        if order is None:
            raise Http404
        try:
            work(order)
        except (InventoryError, LearningError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, said)
        page = request.POST.get("page", "")
        return HttpResponseRedirect(f"{here}?p={page}" if page.isdecimal() else here)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        order = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": self.opts.verbose_name, **(extra_context or {})}
        if isinstance(order, PurchaseOrder):
            context["order_page"] = self._page(request, order)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def _page(self, request: HttpRequest, order: Any) -> OrderPage:
        lines = Paginator(
            order.lines.select_related("sku__product", "model_version").order_by("sku__code"),
            LINES_PER_PAGE,
        ).get_page(request.GET.get("p", "1")[:9])
        may_approve = self.has_approve_permission(request)
        status = PurchaseOrder.Status
        return OrderPage(
            order=order,
            state=chip(order.status, order.get_status_display(), STATUS_TONES),
            total=self.money(order),
            units=order.n_units,
            n_lines=order.n_lines,
            rows=[_row(order, line) for line in lines],
            lines=lines,
            decisions=decisions_on(order),
            can_decide=may_approve and order.status == status.DRAFT,
            can_approve=may_approve and order.status == status.DRAFT,
            can_send=may_approve and order.status == status.APPROVED,
            can_cancel=may_approve and order.status in {status.DRAFT, status.APPROVED, status.SENT},
            can_receive=self.has_receive_permission(request)
            and order.status in {status.SENT, status.PART_RECEIVED},
            # The same form sent twice is the same delivery.
            delivery_key=uuid4().hex,
        )


class GoodsReceiptLineInline(TabularInline):
    model = GoodsReceiptLine
    extra = 0
    can_delete = False
    readonly_fields = ("line", "quantity_accepted", "quantity_damaged", "unit_cost_minor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoodsReceiptLine]:
        lines: QuerySet[GoodsReceiptLine] = super().get_queryset(request)
        return lines.select_related("line__sku", "line__order", "receipt")


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "order", "supplier", "reference", "received_by")
    search_fields = ("order__number", "reference", "order__supplier__name")
    list_filter = ("order__supplier",)
    list_select_related = ("order__supplier", "received_by")
    fields = ("order", "reference", "received_at", "received_by")
    inlines = (GoodsReceiptLineInline,)

    @admin.display(description=gettext_lazy("supplier"))
    def supplier(self, receipt: GoodsReceipt) -> str:
        return receipt.order.supplier.name


def _row(order: PurchaseOrder, line: PurchaseOrderLine) -> LineRow:
    return LineRow(
        line=line,
        name=line.sku.product.name,
        unit_cost=format_money(line.unit_cost_minor, order.currency),
        cost=format_money(line.unit_cost_minor * line.quantity, order.currency),
        reason=line_reason(line.explanation.get("facts", {})),
        state=chip(line.status, line.get_status_display(), REVIEW_TONES),
        open_units=(
            0
            if line.status == Proposal.ReviewStatus.REJECTED
            else line.quantity - line.quantity_received
        ),
    )


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:500]


def _whole_number(text: str) -> int:
    """Units that somebody typed. Raises NotAWholeNumberError: a guess would order or book it."""
    digits = text.strip()
    if digits.isascii() and digits.isdecimal() and len(digits) <= len(str(MAX_UNITS)):
        units = int(digits)
        if units <= MAX_UNITS:
            return units
    raise NotAWholeNumberError(text)


def _arrivals(request: HttpRequest, order: PurchaseOrder) -> list[Arrival]:
    """What was typed; a field left empty, or on another page of the lines, is nothing arrived."""
    arrivals = []
    for line_id in order.lines.values_list("pk", flat=True):
        accepted, damaged = (
            _whole_number(request.POST.get(f"{field}_{line_id}", "").strip() or "0")
            for field in ("accepted", "damaged")
        )
        if accepted or damaged:
            arrivals.append(Arrival(line_id=line_id, accepted=accepted, damaged=damaged))
    return arrivals
