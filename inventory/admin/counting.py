"""Staff pages of counts: the sheet for those who count, the variances for whoever approves."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from catalog.money import format_money
from inventory.admin.steps import Scan, ScanAdmin, read_scan, reason_of, row_key, whole_number
from inventory.errors import InventoryError
from inventory.models import StockCount, StockCountLine, Warehouse
from inventory.services import counting, scanning
from inventory.services.costs import average_costs
from learning.models import Decision
from learning.proposal_admin import decisions_on
from learning.staff_pages import EMPTY, chip, figure, person

COUNT_TONES = {"open": "info", "counted": "warn", "approved": "good", "cancelled": "bad"}
LINES_PER_PAGE = 50
Status = StockCount.Status


@dataclass(frozen=True, slots=True)
class LineRow:
    """gap, value: of the variance, with their signs; empty while the sheet is open."""

    line: StockCountLine
    gap: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class CountPage:
    """Whoever counts is not told what the books say: they would find it."""

    count: StockCount
    state: SafeString
    n_lines: int
    n_counted: int
    n_variances: int
    value: str
    rows: list[LineRow]
    lines: Page[StockCountLine]
    scan: Scan
    found: list[StockCountLine]
    decisions: list[Decision]
    can_count: bool
    can_approve: bool
    can_cancel: bool
    is_own: bool


class CountForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=StockCount.Kind.choices,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy(
            "A cycle count takes what is due: A weekly, B monthly, C quarterly."
        ),
    )
    warehouse: Any = forms.ModelChoiceField(
        Warehouse.objects.none(), label=gettext_lazy("Warehouse"), widget=UnfoldAdminSelectWidget
    )
    most = forms.IntegerField(
        label=gettext_lazy("SKUs on a cycle count, at most"),
        min_value=1,
        max_value=500,
        initial=counting.LINES_A_DAY,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["warehouse"].queryset = Warehouse.objects.filter(is_active=True)


@admin.register(StockCount)
class StockCountAdmin(ScanAdmin):
    change_form_outer_before_template = "inventory/staff/count.html"
    list_display = (
        "number",
        "kind",
        "warehouse",
        "status_label",
        "progress",
        "variances",
        "created_at",
        "approved_by",
    )
    list_filter = ("status", "kind", "warehouse")
    search_fields = ("number", "note")
    list_select_related = ("warehouse", "approved_by")
    fields = ("created_by", "created_at", "counted_at", "approved_by", "approved_at")
    scan_needs = "change_stockcount"
    steps = {
        "scan": "scan_view",
        "lines": "lines_view",
        "add": "add_line_view",
        "close": "close_view",
        "again": "again_view",
        "approve": "approve_view",
        "cancel": "cancel_view",
    }

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.add_stockcount"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockCount]:
        rows: QuerySet[StockCount] = super().get_queryset(request)
        is_off = Q(lines__quantity_counted__isnull=False) & ~Q(
            lines__quantity_counted=F("lines__quantity_expected")
        )
        return rows.annotate(
            n_lines=Count("lines"),
            n_counted=Count("lines", filter=Q(lines__quantity_counted__isnull=False)),
            n_variances=Count("lines", filter=is_off),
        )

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, count: StockCount) -> SafeString:
        return chip(count.status, count.get_status_display(), COUNT_TONES)

    @admin.display(description=gettext_lazy("counted"))
    def progress(self, count: Any) -> str:
        return f"{figure(count.n_counted)} / {figure(count.n_lines)}"

    @admin.display(description=gettext_lazy("variances"))
    def variances(self, count: Any) -> str:
        return EMPTY if count.status == Status.OPEN else figure(count.n_variances)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CountForm(request.POST or None)
        if form.is_valid():
            wanted = {**form.cleaned_data, "kind": StockCount.Kind(form.cleaned_data["kind"])}
            try:
                made = counting.start_count(**wanted, user=person(request))
            except InventoryError as error:
                messages.error(request, str(error))
            else:
                return HttpResponseRedirect(self.page_of(made.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New count"),
            "form": form,
            "say": _("Start counting"),
        }
        return TemplateResponse(request, "inventory/staff/new_paper.html", context)

    def lines_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Every field that somebody filled; the others stay as they are."""

        def record(count: StockCount) -> None:
            typed = {
                key: whole_number(request.POST[name])
                for name in request.POST
                if name.startswith("units_")
                and (key := row_key(name.removeprefix("units_"))) is not None
                and request.POST[name].strip()
            }
            recorded = [
                counting.record_line(
                    line, units=typed[line.pk], user=person(request), note=reason_of(request)
                )
                for line in count.lines.select_related("count").filter(pk__in=typed).order_by("pk")
            ]
            again = [line for line in recorded if line.quantity_counted is None]
            if again:
                messages.warning(
                    request,
                    _("Far from the books, please count again: %(skus)s.")
                    % {"skus": ", ".join(line.sku.code for line in again[:10])},
                )

        return self.take_step(
            request, row_id, needs="change_stockcount", work=record, said=_("Noted.")
        )

    def add_line_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def add(count: StockCount) -> HttpResponse:
            sku = scanning.find_sku(request.POST.get("sku", ""))
            counting.add_line(count, sku=sku)
            return HttpResponseRedirect(self.page_of(row_id, scan=sku.code))

        return self.take_step(request, row_id, needs="change_stockcount", work=add)

    def close_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        return self.take_step(
            request,
            row_id,
            needs="change_stockcount",
            work=lambda count: counting.close_count(count, user=person(request)),
            said=_("Closed. Somebody else approves it now."),
        )

    def again_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        keys = [row_key(text) for text in request.POST.getlist("line")]
        chosen = [key for key in keys if key is not None]
        return self.take_step(
            request,
            row_id,
            needs="approve_stockcount",
            work=lambda count: counting.count_again(count, line_ids=chosen, user=person(request)),
            said=_("The sheet is open again."),
        )

    def approve_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        return self.take_step(
            request,
            row_id,
            needs="approve_stockcount",
            work=lambda count: counting.approve_count(
                count, user=person(request), reason=reason_of(request)
            ),
            said=_("Approved. The variances are booked."),
        )

    def cancel_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        return self.take_step(
            request,
            row_id,
            needs="change_stockcount",
            work=lambda count: counting.cancel_count(
                count, user=person(request), reason=reason_of(request)
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
        count = self.get_object(request, object_id)
        if count is None:
            raise Http404
        context = {
            "title": self.opts.verbose_name,
            "count_page": self._page(request, count),
            **(extra_context or {}),
        }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def _page(self, request: HttpRequest, count: Any) -> CountPage:
        may = request.user.has_perm
        is_open = count.status == Status.OPEN
        may_count = may("inventory.change_stockcount")
        is_own = count.lines.counted_by(person(request).pk).exists()
        off = list(count.lines.with_variance().values_list("sku_id", "variance", "sku__currency"))
        costs = (
            {} if is_open else average_costs(sku_ids=[row[0] for row in off], until=timezone.now())
        )
        # What is still to be done comes first; then what is off.
        shown = count.lines.select_related("sku__product", "batch")
        if not is_open:
            shown = shown.filter(pk__in=count.lines.with_variance().values("pk"))
        shown = shown.order_by(F("quantity_counted").asc(nulls_first=True), "sku__code", "pk")
        if not is_open:
            shown = shown.order_by("sku__code", "pk")
        lines = Paginator(shown, LINES_PER_PAGE).get_page(request.GET.get("p"))
        scan = read_scan(request)
        found = count.lines.select_related("sku__product", "batch").filter(sku=scan.sku)
        value = sum(costs.get(sku_id, 0) * gap for sku_id, gap, _currency in off)
        return CountPage(
            count=count,
            state=chip(count.status, count.get_status_display(), COUNT_TONES),
            n_lines=count.n_lines,
            n_counted=count.n_counted,
            n_variances=0 if is_open else len(off),
            value=format_money(value, off[0][2]) if off and not is_open else EMPTY,
            rows=[_row(line, costs, is_open=is_open) for line in lines],
            lines=lines,
            scan=scan,
            found=list(found.order_by("pk")) if scan.sku else [],
            decisions=decisions_on(count),
            can_count=is_open and may_count,
            can_approve=count.status == Status.COUNTED and may("inventory.approve_stockcount"),
            can_cancel=count.status in {Status.OPEN, Status.COUNTED} and may_count,
            is_own=is_own,
        )


def _row(line: StockCountLine, costs: dict[int, int], *, is_open: bool) -> LineRow:
    if is_open or line.quantity_counted is None or line.quantity_expected is None:
        return LineRow(line)
    gap = line.quantity_counted - line.quantity_expected
    cost = costs.get(line.sku_id)
    return LineRow(
        line,
        gap=f"{'+' if gap > 0 else ''}{figure(gap)}",
        value=EMPTY if cost is None else format_money(cost * gap, line.sku.currency),
    )
