"""Staff pages of returns: read, answer, receive, pay back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import RangeDateTimeFilter

from catalog.money import format_money, plain_amount
from learning.staff_pages import ReadOnlyAdmin, chip
from orders.admin.order_page import REFUND_TONES
from orders.admin.staff import (
    RETURN_TONES,
    done_of,
    staff_member,
    take_step,
    typed,
    typed_amount,
)
from orders.models import Refund, ReturnLine, ReturnPhoto, ReturnRequest, ReturnStatusChange
from orders.services import returns

MAX_ANSWER = 500


@dataclass(frozen=True, slots=True)
class ReturnPage:
    request: ReturnRequest
    state: SafeString
    lines: Sequence[ReturnLine]
    photos: Sequence[ReturnPhoto]
    changes: Sequence[ReturnStatusChange]
    refunds: Sequence[tuple[Refund, str, SafeString]]
    suggested: str
    suggested_plain: str
    can_answer: bool
    can_refuse: bool
    can_receive: bool
    can_refund: bool


@admin.register(ReturnRequest)
class ReturnRequestAdmin(ReadOnlyAdmin):
    """Nothing is edited in a form: each step of a return is a service, and leaves its trace."""

    change_form_outer_before_template = "orders/staff/return.html"
    list_display = ("order", "status_label", "units_shown", "reason", "requested_at", "received_at")
    list_filter = ("status", ("requested_at", RangeDateTimeFilter))
    search_fields = ("order__number", "order__email", "reason")
    list_select_related = ("order",)
    actions = ("approve_selected", "receive_selected", "refuse_selected")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The page shows everything in its own order, above where the fields would be."""
        return []

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnRequest]:
        requests: QuerySet[ReturnRequest] = super().get_queryset(request)
        return requests.prefetch_related("lines")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.change_returnrequest"))

    @admin.action(description=gettext_lazy("Approve"), permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        user = staff_member(request)
        self._on_each(request, queryset, lambda one: returns.approve_return(request=one, user=user))

    @admin.action(description=gettext_lazy("Received: put back into stock"), permissions=["decide"])
    def receive_selected(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        user = staff_member(request)
        self._on_each(request, queryset, lambda one: returns.receive_return(request=one, user=user))

    @admin.action(description=gettext_lazy("Refuse"), permissions=["decide"])
    def refuse_selected(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        user = staff_member(request)
        self._on_each(request, queryset, lambda one: returns.refuse_return(request=one, user=user))

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
    def status_label(self, one: ReturnRequest) -> SafeString:
        return chip(one.status, one.get_status_display(), RETURN_TONES)

    @admin.display(description=gettext_lazy("units"))
    def units_shown(self, one: ReturnRequest) -> str:
        return str(sum(line.quantity for line in one.lines.all()))

    def get_urls(self) -> list[URLPattern]:
        steps: dict[str, Callable[..., HttpResponse]] = {
            "answer": self.answer_view,
            "receive": self.receive_view,
            "refund": self.refund_view,
        }
        own = [
            path(
                f"<int:return_id>/{step}/",
                self.admin_site.admin_view(view),
                name=f"orders_returnrequest_{step}",
            )
            for step, view in steps.items()
        ]
        own.append(
            path(
                "<int:return_id>/photos/<int:photo_id>/",
                self.admin_site.admin_view(self.photo_view),
                name="orders_returnrequest_photo",
            )
        )
        return [*own, *super().get_urls()]

    def answer_view(self, request: HttpRequest, return_id: int) -> HttpResponse:
        def work(one: ReturnRequest) -> str:
            answer = typed(request, "answer", limit=MAX_ANSWER)
            if request.POST.get("decision") == "approve":
                returns.approve_return(request=one, user=staff_member(request), answer=answer)
                return _("Approved. The customer gets a letter.")
            if not answer:
                raise ValidationError(_("Please say why; the customer reads it."))
            returns.refuse_return(request=one, user=staff_member(request), answer=answer)
            return _("Refused. The customer gets a letter.")

        return self._step(request, return_id, "orders.change_returnrequest", work)

    def receive_view(self, request: HttpRequest, return_id: int) -> HttpResponse:
        def work(one: ReturnRequest) -> str:
            damaged = [
                line_id
                for line_id in one.lines.values_list("pk", flat=True)
                if request.POST.get(f"state_{line_id}") == "damaged"
            ]
            returns.receive_return(
                request=one,
                damaged_line_ids=damaged,
                user=staff_member(request),
                note=typed(request, "note", limit=MAX_ANSWER),
            )
            return _("Received. What can be sold again is back in stock.")

        return self._step(request, return_id, "orders.change_returnrequest", work)

    def refund_view(self, request: HttpRequest, return_id: int) -> HttpResponse:
        def work(one: ReturnRequest) -> str:
            currency = one.order.currency
            amount_minor = typed_amount(request, "amount", currency=currency)
            returns.refund_return(
                request=one,
                amount_minor=amount_minor,
                user=staff_member(request),
                reason=typed(request, "reason", limit=255),
            )
            amount = format_money(amount_minor, currency)
            return _("%(amount)s is on its way back.") % {"amount": amount}

        return self._step(request, return_id, "orders.refund_order", work)

    def photo_view(self, request: HttpRequest, return_id: int, photo_id: int) -> FileResponse:
        """Photos of customers lie where no address reaches them; staff see them here."""
        photo = ReturnPhoto.objects.ready().filter(request=return_id, pk=photo_id).first()
        if photo is None or not self.has_view_permission(request):
            raise Http404
        size = "small" if request.GET.get("size") == "small" else "large"
        name = photo.renditions.get(size, {}).get("name", photo.file.name)
        return FileResponse(photo.file.storage.open(name), content_type="image/webp")

    def _step(
        self,
        request: HttpRequest,
        return_id: int,
        permission: str,
        work: Callable[[ReturnRequest], str],
    ) -> HttpResponse:
        one = ReturnRequest.objects.select_related("order__customer").filter(pk=return_id).first()
        if one is None:
            raise Http404
        return take_step(
            request,
            allowed=self.has_view_permission(request) and request.user.has_perm(permission),
            back_to=reverse("admin:orders_returnrequest_change", args=[return_id]),
            work=lambda: work(one),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        one = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": self.opts.verbose_name, **(extra_context or {})}
        if isinstance(one, ReturnRequest) and self.has_view_permission(request, one):
            context["return_page"] = _page(request, one)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response


def _page(request: HttpRequest, one: ReturnRequest) -> ReturnPage:
    may_decide = request.user.has_perm("orders.change_returnrequest")
    status, currency = ReturnRequest.Status, one.order.currency
    suggested = returns.suggested_refund(request=one).amount_minor
    refunds = list(one.refunds.order_by("created_at", "pk"))
    is_promised = any(refund.state != Refund.State.FAILED for refund in refunds)
    return ReturnPage(
        request=one,
        state=chip(one.status, one.get_status_display(), RETURN_TONES),
        lines=list(one.lines.select_related("line").order_by("line__position")),
        photos=list(one.photos.all()),
        changes=list(one.status_changes.select_related("changed_by")),
        refunds=[
            (
                refund,
                format_money(refund.amount_minor, currency),
                chip(refund.state, refund.get_state_display(), REFUND_TONES),
            )
            for refund in refunds
        ],
        suggested=format_money(suggested, currency),
        suggested_plain=plain_amount(suggested, currency),
        can_answer=may_decide and one.status == status.REQUESTED,
        can_refuse=may_decide and one.status in {status.REQUESTED, status.APPROVED},
        can_receive=may_decide and one.status == status.APPROVED,
        can_refund=request.user.has_perm("orders.refund_order")
        and one.status == status.RECEIVED
        and not is_promised
        and suggested > 0,
    )
