"""Staff pages of purchase orders: read the lines with their reasons, decide, approve, send,
receive."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline

from catalog.errors import CatalogError
from catalog.money import decimals, format_money
from inventory.admin.purchase_order_page import PAPERS_FROM, STATUS_TONES, read_order_page
from inventory.admin.steps import read_photo
from inventory.admin.todays_purchasing import read_today
from inventory.errors import InventoryError, NotADayError, NotAnAmountError, NotAWholeNumberError
from inventory.models import GoodsReceipt, GoodsReceiptLine, PurchaseOrder
from inventory.services import purchasing
from inventory.services.purchase_documents import draw_papers
from inventory.services.purchasing import Arrival
from learning.errors import LearningError
from learning.staff_pages import ReadOnlyAdmin, chip, figure, person

MAX_UNITS = 1_000_000
MAX_BATCH = 60
_AMOUNT = re.compile(r"([0-9]{1,10})(?:[.,]([0-9]{1,2}))?")
PAPERS = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}


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
    list_before_template = "inventory/staff/purchase_order_links.html"
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
                messages.success(request, _said_of_approval(order))

    def get_urls(self) -> list[URLPattern]:
        steps: dict[str, Callable[..., HttpResponse]] = {
            "lines/<int:line_id>": self.decide_line_view,
            "close/<int:line_id>": self.close_line_view,
            "approve": self.approve_view,
            "send": self.send_view,
            "mark-sent": self.mark_sent_view,
            "acknowledge": self.acknowledge_view,
            "cancel": self.cancel_view,
            "receive": self.receive_view,
            "scan": self.scan_view,
            "close-rest": self.close_rest_view,
            "papers/<str:kind>": self.papers_view,
        }
        own = [
            path(
                f"<int:order_id>/{step}/",
                self.admin_site.admin_view(view),
                name=f"inventory_purchaseorder_{step.split('/')[0].replace('-', '_')}",
            )
            for step, view in steps.items()
        ]
        today = path(
            "today/",
            self.admin_site.admin_view(self.today_view),
            name="inventory_purchaseorder_today",
        )
        return [today, *own, *super().get_urls()]

    def today_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = read_today(user=person(request), may_approve=self.has_approve_permission(request))
        return TemplateResponse(
            request,
            "inventory/staff/todays_purchasing.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Today's purchasing"),
                "today": today,
            },
        )

    def approve_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return self._step(
            request,
            order_id,
            allowed=self.has_approve_permission(request),
            work=lambda order: purchasing.approve_purchase_order(
                order,
                user=person(request),
                reason=_reason(request),
                seen_cost_minor=_seen_cost(request),
            ),
            said=_said_of_approval,
        )

    def send_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return self._step(
            request,
            order_id,
            allowed=self.has_approve_permission(request),
            work=lambda order: purchasing.send_by_email(order, user=person(request)),
            said=_("The letter is written. From now on the lead time runs."),
        )

    def mark_sent_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return self._step(
            request,
            order_id,
            allowed=self.has_approve_permission(request),
            work=lambda order: purchasing.send_purchase_order(order, user=person(request)),
            said=_("Marked as sent. From now on the lead time runs."),
        )

    def acknowledge_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return self._step(
            request,
            order_id,
            allowed=self.has_approve_permission(request),
            work=lambda order: purchasing.acknowledge_purchase_order(
                order,
                user=person(request),
                reference=request.POST.get("reference", "").strip()[:80],
                promised_on=_day(request.POST.get("promised_on", "")),
            ),
            said=_("Noted what the supplier confirmed."),
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
                takes_surplus=request.POST.get("takes_surplus") == "1",
                user=person(request),
            ),
            said=_("The delivery is booked into stock."),
        )

    def scan_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """A photo of a label, for those who have no scanner."""
        here = reverse("admin:inventory_purchaseorder_change", args=[order_id])
        if request.method != "POST":
            return HttpResponseRedirect(here)
        if not self.has_receive_permission(request) or not self.has_view_permission(request):
            raise PermissionDenied
        try:
            typed = read_photo(request)
        except (CatalogError, InventoryError) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(here)
        return HttpResponseRedirect(f"{here}?{urlencode({'scan': typed})}")

    def close_line_view(self, request: HttpRequest, order_id: int, line_id: int) -> HttpResponse:
        def close(order: PurchaseOrder) -> None:
            line = order.lines.select_related("order").filter(pk=line_id).first()
            if line is None:
                raise Http404
            purchasing.close_line(line, user=person(request), reason=_reason(request))

        return self._step(
            request,
            order_id,
            allowed=self.has_receive_permission(request),
            work=close,
            said=_("Nobody waits for the rest any more."),
        )

    def close_rest_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return self._step(
            request,
            order_id,
            allowed=self.has_receive_permission(request),
            work=lambda order: purchasing.close_rest(
                order, user=person(request), reason=_reason(request)
            ),
            said=_("Nobody waits for the rest any more."),
        )

    def papers_view(self, request: HttpRequest, order_id: int, kind: str) -> HttpResponse:
        """What a supplier gets, for staff to bring it there themselves."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = (
            PurchaseOrder.objects.filter(pk=order_id, status__in=PAPERS_FROM)
            .select_related("supplier", "warehouse")
            .first()
        )
        if order is None or kind not in PAPERS:
            raise Http404
        papers = draw_papers(order)
        return HttpResponse(
            papers.pdf if kind == "pdf" else papers.csv,
            content_type=PAPERS[kind],
            headers={"Content-Disposition": f'attachment; filename="{papers.stem}.{kind}"'},
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
        said: str | Callable[[PurchaseOrder], str],
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
            messages.success(request, said if isinstance(said, str) else said(order))
        if request.POST.get("back") == "today":
            return HttpResponseRedirect(reverse("admin:inventory_purchaseorder_today"))
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
            context["order_page"] = read_order_page(
                request,
                order,
                may_approve=self.has_approve_permission(request),
                may_receive=self.has_receive_permission(request),
            )
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response


class GoodsReceiptLineInline(TabularInline):
    model = GoodsReceiptLine
    extra = 0
    can_delete = False
    readonly_fields = ("line", "quantity_accepted", "quantity_damaged", "unit_cost_minor", "batch")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoodsReceiptLine]:
        lines: QuerySet[GoodsReceiptLine] = super().get_queryset(request)
        return lines.select_related("line__sku", "line__order", "receipt", "batch")


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(ReadOnlyAdmin):
    change_form_outer_before_template = "inventory/staff/receipt_links.html"
    list_display = ("received_at", "order", "supplier", "reference", "received_by")
    search_fields = ("order__number", "reference", "order__supplier__name")
    list_filter = ("order__supplier",)
    list_select_related = ("order__supplier", "received_by")
    fields = ("order", "reference", "received_at", "received_by")
    inlines = (GoodsReceiptLineInline,)

    @admin.display(description=gettext_lazy("supplier"))
    def supplier(self, receipt: GoodsReceipt) -> str:
        return receipt.order.supplier.name


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


def _day(text: str) -> date | None:
    """A day that somebody chose; None where they chose none. Raises NotADayError."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError as error:
        raise NotADayError(text) from error


def _cost_minor(text: str, currency: str) -> int | None:
    """A price that somebody typed, in minor units; None where they typed none."""
    typed, places = text.strip(), decimals(currency)
    if not typed:
        return None
    found = _AMOUNT.fullmatch(typed)
    if found is None or len(found[2] or "") > places:
        raise NotAnAmountError(text)
    return int(found[1] + (found[2] or "").ljust(places, "0"))


def _seen_cost(request: HttpRequest) -> int | None:
    digits = request.POST.get("seen_cost", "")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 18 else None


def _said_of_approval(order: PurchaseOrder) -> str:
    if order.status == PurchaseOrder.Status.DRAFT:
        return _("%(order)s: noted. A second person has to approve it as well.") % {"order": order}
    if order.supplier.email:
        return _("%(order)s is approved; the letter to %(supplier)s is on its way.") % {
            "order": order,
            "supplier": order.supplier,
        }
    return _("%(order)s is approved. Download it and bring it to %(supplier)s.") % {
        "order": order,
        "supplier": order.supplier,
    }


def _arrivals(request: HttpRequest, order: PurchaseOrder) -> list[Arrival]:
    """What was typed; a field left empty, or on another page of the lines, is nothing arrived."""
    sent = request.POST
    arrivals = []
    for line_id in order.lines.values_list("pk", flat=True):
        accepted, damaged = (
            _whole_number(sent.get(f"{field}_{line_id}", "").strip() or "0")
            for field in ("accepted", "damaged")
        )
        if accepted or damaged:
            arrivals.append(
                Arrival(
                    line_id=line_id,
                    accepted=accepted,
                    damaged=damaged,
                    unit_cost_minor=_cost_minor(sent.get(f"cost_{line_id}", ""), order.currency),
                    batch=sent.get(f"batch_{line_id}", "").strip()[:MAX_BATCH],
                    expires_on=_day(sent.get(f"expires_{line_id}", "")),
                )
            )
    return arrivals
