"""Labels to print: which SKUs, how many of each, on which paper."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from catalog.models import Sku
from inventory.admin.steps import row_key
from inventory.algorithms.barcodes import Kind
from inventory.errors import InventoryError
from inventory.models import GoodsReceipt, StockTransfer
from inventory.services import labels, scanning
from inventory.services.labels import LabelRequest, Layout
from learning.staff_pages import StaffAdmin

MAX_ROWS = 200
LAYOUTS = (
    (Layout.A4.value, gettext_lazy("A4, 3 × 8 labels of 70 × 37 mm")),
    (Layout.SINGLE.value, gettext_lazy("roll, single labels of 62 × 29 mm")),
)
SYMBOLS = (
    (Kind.CODE_128.value, gettext_lazy("Code 128, for hand scanners")),
    (Kind.QR.value, gettext_lazy("QR, for cameras")),
)


class LabelForm(forms.Form):
    rows = forms.CharField(
        label=gettext_lazy("SKUs and copies"),
        max_length=20_000,
        help_text=gettext_lazy("A SKU or barcode a row, the number of labels behind it: TEA-1 12"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
    )
    layout = forms.ChoiceField(
        label=gettext_lazy("Paper"), choices=LAYOUTS, widget=UnfoldAdminSelectWidget
    )
    others = forms.ChoiceField(
        label=gettext_lazy("Code of SKUs without an EAN"),
        choices=SYMBOLS,
        widget=UnfoldAdminSelectWidget,
    )

    def clean_rows(self) -> list[LabelRequest]:
        rows = [row.strip() for row in self.cleaned_data["rows"].splitlines() if row.strip()]
        if len(rows) > MAX_ROWS:
            raise forms.ValidationError(_("At most %(most)d rows.") % {"most": MAX_ROWS})
        try:
            return [_request_of(row) for row in rows]
        except InventoryError as error:
            raise forms.ValidationError(str(error)) from error


def _request_of(row: str) -> LabelRequest:
    """ "TEA-1 12", or without a number one of it."""
    code, _space, copies = row.rpartition(" ")
    if code and copies.isascii() and copies.isdigit() and len(copies) <= 3:
        return LabelRequest(scanning.find_sku(code), int(copies))
    return LabelRequest(scanning.find_sku(row), 1)


def labels_view(page: StaffAdmin, request: HttpRequest) -> HttpResponse:
    """The form; sent, the labels as PDF."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    form = LabelForm(request.POST or None, initial={"rows": _proposed_rows(request)})
    if form.is_valid():
        try:
            document = labels.draw_labels(
                form.cleaned_data["rows"],
                layout=Layout(form.cleaned_data["layout"]),
                others=Kind(form.cleaned_data["others"]),
            )
        except InventoryError as error:
            form.add_error("rows", str(error))
        else:
            headers = {"Content-Disposition": 'inline; filename="labels.pdf"'}
            return HttpResponse(document, content_type="application/pdf", headers=headers)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("Labels"),
        "form": form,
        "say": _("Make the labels"),
    }
    return TemplateResponse(request, "inventory/staff/new_paper.html", context)


def _proposed_rows(request: HttpRequest) -> str:
    """What a list, a delivery or a transfer brought along."""
    if receipt_id := row_key(request.GET.get("receipt", "")):
        receipt = GoodsReceipt.objects.filter(pk=receipt_id).first()
        lines: Any = [] if receipt is None else receipt.lines.order_by("pk")[:MAX_ROWS]
        return _text((line.line.sku.code, line.quantity_accepted) for line in lines)
    if transfer_id := row_key(request.GET.get("transfer", "")):
        transfer = StockTransfer.objects.filter(pk=transfer_id).first()
        lines = [] if transfer is None else transfer.lines.order_by("pk")[:MAX_ROWS]
        return _text((line.sku.code, line.quantity) for line in lines)
    keys = [row_key(text) for text in request.GET.getlist("sku")[:MAX_ROWS]]
    ids = [key for key in keys if key is not None]
    return _text(
        (code, 1) for code in Sku.objects.filter(pk__in=ids).values_list("code", flat=True)
    )


def _text(rows: Any) -> str:
    return "\n".join(f"{code} {copies}" for code, copies in rows)
