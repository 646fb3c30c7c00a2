"""Staff pages of transfers: draft, send, unpack."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from inventory.admin.steps import Scan, ScanAdmin, read_scan, reason_of, row_key, whole_number
from inventory.errors import InventoryError, UnknownSkuError
from inventory.models import (
    StockBatch,
    StockLevel,
    StockTransfer,
    StockTransferLine,
    Warehouse,
)
from inventory.services import scanning, transfers
from learning.models import Decision
from learning.proposal_admin import decisions_on
from learning.staff_pages import chip, figure, person

TRANSFER_TONES = {"draft": "warn", "sent": "info", "received": "good", "cancelled": "bad"}
MAX_LINES = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A SKU that was scanned on a draft: what of it lies in the source."""

    free: int
    batches: list[StockBatch]
    quantity: int


@dataclass(frozen=True, slots=True)
class TransferPage:
    transfer: StockTransfer
    state: SafeString
    lines: list[StockTransferLine]
    units: int
    scan: Scan
    found: Found | None
    decisions: list[Decision]
    can_draft: bool
    can_send: bool
    can_receive: bool
    can_cancel: bool


class TransferForm(forms.Form):
    source: Any = forms.ModelChoiceField(
        Warehouse.objects.none(), label=gettext_lazy("From"), widget=UnfoldAdminSelectWidget
    )
    target: Any = forms.ModelChoiceField(
        Warehouse.objects.none(), label=gettext_lazy("To"), widget=UnfoldAdminSelectWidget
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        for name in ("source", "target"):
            fields[name].queryset = Warehouse.objects.filter(is_active=True)


@admin.register(StockTransfer)
class StockTransferAdmin(ScanAdmin):
    """Nothing is edited in a form: each step is a service, and leaves a decision."""

    change_form_outer_before_template = "inventory/staff/transfer.html"
    list_display = (
        "number",
        "source",
        "target",
        "status_label",
        "lines_count",
        "units_count",
        "sent_at",
        "received_at",
    )
    list_filter = ("status", "source", "target")
    search_fields = ("number", "lines__sku__code", "note")
    list_select_related = ("source", "target")
    fields = ("created_by", "created_at", "sent_at", "received_at", "note")
    scan_needs = "change_stocktransfer"
    steps = {
        "scan": "scan_view",
        "line": "line_view",
        "send": "send_view",
        "receive": "receive_view",
        "cancel": "cancel_view",
    }

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.add_stocktransfer"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockTransfer]:
        rows: QuerySet[StockTransfer] = super().get_queryset(request)
        return rows.annotate(
            n_lines=Count("lines", distinct=True), n_units=Sum("lines__quantity", default=0)
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By number of the transfer or SKU; joined to its lines twice, units would count twice."""
        found, _twice = super().get_search_results(
            request, StockTransfer.objects.all(), search_term
        )
        return queryset.filter(pk__in=found.order_by().values("pk")), False

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, transfer: StockTransfer) -> SafeString:
        return chip(transfer.status, transfer.get_status_display(), TRANSFER_TONES)

    @admin.display(description=gettext_lazy("lines"), ordering="n_lines")
    def lines_count(self, transfer: Any) -> str:
        return figure(transfer.n_lines)

    @admin.display(description=gettext_lazy("units"), ordering="n_units")
    def units_count(self, transfer: Any) -> str:
        return figure(transfer.n_units)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TransferForm(request.POST or None)
        if form.is_valid():
            try:
                made = transfers.draft_transfer(**form.cleaned_data, user=person(request))
            except InventoryError as error:
                messages.error(request, str(error))
            else:
                return HttpResponseRedirect(self.page_of(made.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New transfer"),
            "form": form,
            "say": _("Draft the transfer"),
        }
        return TemplateResponse(request, "inventory/staff/new_paper.html", context)

    def line_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def set_line(transfer: StockTransfer) -> None:
            sku = scanning.find_sku(request.POST.get("sku", ""))
            batch = None
            if typed := request.POST.get("batch", ""):
                batch = StockBatch.objects.filter(
                    pk=row_key(typed) or 0, sku=sku, warehouse=transfer.source_id
                ).first()
                if batch is None:
                    raise UnknownSkuError(typed)
            units = whole_number(request.POST.get("quantity", ""))
            transfers.set_line(transfer, sku=sku, quantity=units, batch=batch)

        return self.take_step(
            request, row_id, needs="change_stocktransfer", work=set_line, said=_("Noted.")
        )

    def send_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        return self.take_step(
            request,
            row_id,
            needs="move_stocktransfer",
            work=lambda row: transfers.send_transfer(row, user=person(request)),
            said=_("On the way. The units have left the source."),
        )

    def receive_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def receive(transfer: StockTransfer) -> None:
            arrived = {
                line_id: whole_number(request.POST[f"arrived_{line_id}"])
                for line_id in transfer.lines.values_list("pk", flat=True)
                if f"arrived_{line_id}" in request.POST
            }
            transfers.receive_transfer(
                transfer, arrived=arrived, user=person(request), reason=reason_of(request)
            )

        return self.take_step(
            request,
            row_id,
            needs="move_stocktransfer",
            work=receive,
            said=_("Received. The units lie in the target now."),
        )

    def cancel_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        return self.take_step(
            request,
            row_id,
            needs="move_stocktransfer",
            work=lambda row: transfers.cancel_transfer(
                row, user=person(request), reason=reason_of(request)
            ),
            said=_("Cancelled."),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        transfer = self.get_object(request, object_id)
        if transfer is None:
            raise Http404
        context = {
            "title": self.opts.verbose_name,
            "transfer_page": self._page(request, transfer),
            **(extra_context or {}),
        }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def _page(self, request: HttpRequest, transfer: StockTransfer) -> TransferPage:
        status, may = StockTransfer.Status, request.user.has_perm
        lines = list(
            transfer.lines.select_related("sku__product", "batch").order_by("sku__code", "pk")[
                :MAX_LINES
            ]
        )
        may_move = may("inventory.move_stocktransfer")
        is_draft = transfer.status == status.DRAFT
        can_draft = is_draft and may("inventory.change_stocktransfer")
        scan = read_scan(request)
        return TransferPage(
            transfer=transfer,
            state=chip(transfer.status, transfer.get_status_display(), TRANSFER_TONES),
            lines=lines,
            units=sum(line.quantity for line in lines),
            scan=scan,
            found=_found(transfer, scan, lines) if can_draft else None,
            decisions=decisions_on(transfer),
            can_draft=can_draft,
            can_send=is_draft and may_move and bool(lines),
            can_receive=transfer.status == status.SENT and may_move,
            can_cancel=transfer.status in {status.DRAFT, status.SENT} and may_move,
        )


def _found(transfer: StockTransfer, scan: Scan, lines: list[StockTransferLine]) -> Found | None:
    if scan.sku is None:
        return None
    level = (
        StockLevel.objects.with_available()
        .filter(sku=scan.sku, warehouse=transfer.source_id)
        .first()
    )
    there = [line for line in lines if line.sku_id == scan.sku.pk and line.batch_id is None]
    batches = StockBatch.objects.filter(sku=scan.sku, warehouse=transfer.source_id)
    return Found(
        free=0 if level is None else level.on_hand - level.reserved,
        batches=list(batches.first_expired_first_out()[:50]),
        # Each scan of the same goods is one more in the box.
        quantity=(there[0].quantity if there else 0) + 1,
    )
