"""Staff pages of payments, refunds and what providers told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import RangeDateTimeFilter

from catalog.money import format_money, plain_amount
from learning.staff_pages import EMPTY, ReadOnlyAdmin, chip, facts_table
from orders.admin.staff import ReadOnlyInline, done_of, staff_member, take_step, typed_amount
from orders.models import Payment, PaymentEvent, Refund
from orders.services import payments

PAYMENT_TONES = {
    "started": "warn",
    "pending": "warn",
    "authorised": "info",
    "captured": "good",
    "failed": "bad",
    "cancelled": "",
}
REFUND_TONES = {"waiting": "warn", "sending": "info", "done": "good", "failed": "bad"}
EVENT_TONES = {"received": "warn", "applied": "good", "ignored": "", "refused": "bad"}


class ProviderFilter(admin.SimpleListFilter):
    title = gettext_lazy("provider")
    parameter_name = "provider"
    # From the row that is listed to its provider.
    column = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        codes = Payment.objects.order_by("provider").values_list("provider", flat=True).distinct()
        return [(code, payments.provider_title(code)) for code in codes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class RefundProviderFilter(ProviderFilter):
    column = "payment__provider"


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ("created_at", "amount", "state", "reason", "reference", "failure", "done_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        refunds: QuerySet[Refund] = super().get_queryset(request)
        return refunds.select_related("payment__order")

    @admin.display(description=gettext_lazy("amount"))
    def amount(self, refund: Refund) -> str:
        return format_money(refund.amount_minor, refund.payment.currency)


class EventInline(ReadOnlyInline):
    model = PaymentEvent
    fields = ("received_at", "kind", "state", "problem")
    readonly_fields = fields


@dataclass(frozen=True, slots=True)
class PaymentSteps:
    """What staff may do with a payment now."""

    payment: Payment
    can_receive: bool
    can_capture: bool
    can_cancel: bool
    can_ask: bool
    due: str

    @property
    def has_any(self) -> bool:
        return self.can_receive or self.can_capture or self.can_cancel or self.can_ask


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Nothing is edited: each step calls a service."""

    change_form_outer_before_template = "orders/staff/payment.html"
    list_display = (
        "order",
        "provider_name",
        "state_label",
        "amount",
        "refunded",
        "created_at",
        "captured_at",
        "reference",
    )
    list_filter = ("state", ProviderFilter, ("created_at", RangeDateTimeFilter))
    search_fields = ("order__number", "order__email", "reference", "movement")
    list_select_related = ("order",)
    actions = ("receive_selected", "capture_selected", "ask_selected")
    inlines = (RefundInline, EventInline)
    fieldsets = (
        (None, {"fields": (("order", "provider_name", "state_label"),)}),
        (gettext_lazy("Money"), {"fields": (("amount", "captured", "refunded"),)}),
        (
            gettext_lazy("At the provider"),
            {"fields": (("reference", "movement"), "failure", "last_asked")},
        ),
        (None, {"fields": (("created_at", "captured_at", "updated_at"),)}),
    )

    @admin.display(description=gettext_lazy("provider"), ordering="provider")
    def provider_name(self, payment: Payment) -> str:
        return payments.provider_title(payment.provider)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, payment: Payment) -> SafeString:
        return chip(payment.state, payment.get_state_display(), PAYMENT_TONES)

    @admin.display(description=gettext_lazy("amount"), ordering="amount_minor")
    def amount(self, payment: Payment) -> str:
        return format_money(payment.amount_minor, payment.currency)

    @admin.display(description=gettext_lazy("captured"), ordering="captured_minor")
    def captured(self, payment: Payment) -> str:
        return format_money(payment.captured_minor, payment.currency)

    @admin.display(description=gettext_lazy("refunded"), ordering="refunded_minor")
    def refunded(self, payment: Payment) -> str:
        if not payment.refunded_minor:
            return EMPTY
        return format_money(payment.refunded_minor, payment.currency)

    @admin.display(description=gettext_lazy("provider last asked"))
    def last_asked(self, payment: Payment) -> Any:
        return payment.asked_at

    def has_pay_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.pay_order"))

    @admin.action(description=gettext_lazy("All of the money is here"), permissions=["pay"])
    def receive_selected(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        user = staff_member(request)
        self._on_each(
            request,
            queryset,
            lambda payment: payments.receive_money(
                payment=payment, amount_minor=payment.amount_minor, user=user
            ),
        )

    @admin.action(description=gettext_lazy("Capture what was authorised"), permissions=["pay"])
    def capture_selected(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        self._on_each(request, queryset, lambda payment: payments.capture_payment(payment=payment))

    @admin.action(description=gettext_lazy("Ask the provider"), permissions=["pay"])
    def ask_selected(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        self._on_each(request, queryset, lambda payment: payments.ask_provider(payment=payment))

    def _on_each(
        self, request: HttpRequest, rows: QuerySet[Payment], step: Callable[[Payment], Any]
    ) -> None:
        if n_done := done_of(request, rows.select_related("order"), step):
            done = ngettext("Done for %(n)d payment.", "Done for %(n)d payments.", n_done)
            messages.success(request, done % {"n": n_done})

    def get_urls(self) -> list[URLPattern]:
        steps = {
            "receive": self.receive_view,
            "capture": self.capture_view,
            "cancel": self.cancel_view,
            "ask": self.ask_view,
        }
        own = [
            path(
                f"<int:payment_id>/{step}/",
                self.admin_site.admin_view(view),
                name=f"orders_payment_{step}",
            )
            for step, view in steps.items()
        ]
        return [*own, *super().get_urls()]

    def receive_view(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        def receive(payment: Payment) -> str:
            amount = typed_amount(request, "amount", currency=payment.currency)
            payments.receive_money(payment=payment, amount_minor=amount, user=staff_member(request))
            return _("The payment is booked.")

        return self._step(request, payment_id, receive)

    def capture_view(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        def capture(payment: Payment) -> str:
            return _standing(payments.capture_payment(payment=payment))

        return self._step(request, payment_id, capture)

    def cancel_view(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        def cancel(payment: Payment) -> str:
            return _standing(payments.cancel_payment(payment=payment))

        return self._step(request, payment_id, cancel)

    def ask_view(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        def ask(payment: Payment) -> str:
            return _standing(payments.ask_provider(payment=payment))

        return self._step(request, payment_id, ask)

    def _step(
        self, request: HttpRequest, payment_id: int, work: Callable[[Payment], str]
    ) -> HttpResponse:
        payment = Payment.objects.select_related("order").filter(pk=payment_id).first()
        if payment is None:
            raise Http404
        return take_step(
            request,
            allowed=self.has_pay_permission(request) and self.has_view_permission(request),
            back_to=reverse("admin:orders_payment_change", args=[payment_id]),
            work=lambda: work(payment),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        payment = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": self.opts.verbose_name, **(extra_context or {})}
        if isinstance(payment, Payment):
            context["payment_steps"] = self._steps(request, payment)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def _steps(self, request: HttpRequest, payment: Payment) -> PaymentSteps:
        state = Payment.State
        may = self.has_pay_permission(request)
        is_open = payment.state in (state.STARTED, state.PENDING, state.AUTHORISED)
        is_manual = payments.is_by_hand(payment.provider)
        return PaymentSteps(
            payment=payment,
            can_receive=may and is_manual and payment.state != state.CAPTURED,
            can_capture=may and payment.state == state.AUTHORISED,
            can_cancel=may and is_open,
            can_ask=may and is_open and not is_manual,
            due=plain_amount(payment.amount_minor, payment.currency),
        )


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "order_number",
        "provider_name",
        "amount",
        "state_label",
        "attempts",
        "reason",
        "failure",
    )
    list_filter = ("state", RefundProviderFilter, ("created_at", RangeDateTimeFilter))
    search_fields = ("payment__order__number", "payment__order__email", "reference", "reason")
    list_select_related = ("payment__order",)
    actions = ("retry_selected", "mark_sent_selected")
    fieldsets = (
        (None, {"fields": (("order_number", "payment", "state_label"),)}),
        (
            gettext_lazy("Money"),
            {"fields": (("amount", "reason"), "is_superfluous", "parts_shown")},
        ),
        (
            gettext_lazy("Sending"),
            {"fields": (("attempts", "round", "next_attempt_at"), "reference", "failure")},
        ),
        (None, {"fields": (("asked_by", "return_request"), ("created_at", "done_at"))}),
    )

    @admin.display(description=gettext_lazy("order"), ordering="payment__order__number")
    def order_number(self, refund: Refund) -> str:
        return refund.payment.order.number

    @admin.display(description=gettext_lazy("provider"), ordering="payment__provider")
    def provider_name(self, refund: Refund) -> str:
        return payments.provider_title(refund.payment.provider)

    @admin.display(description=gettext_lazy("amount"), ordering="amount_minor")
    def amount(self, refund: Refund) -> str:
        return format_money(refund.amount_minor, refund.payment.currency)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, refund: Refund) -> SafeString:
        if refund.state == Refund.State.SENDING and payments.is_by_hand(refund.payment.provider):
            return chip("waiting", _("to be paid back by hand"), REFUND_TONES)
        return chip(refund.state, refund.get_state_display(), REFUND_TONES)

    @admin.display(description=gettext_lazy("parts"))
    def parts_shown(self, refund: Refund) -> SafeString | str:
        currency = refund.payment.currency
        sums = {
            _("goods"): refund.parts.get("goods"),
            _("shipping"): refund.parts.get("shipping"),
        }
        rows = [(name, format_money(sum_, currency)) for name, sum_ in sums.items() if sum_]
        return facts_table(rows) if rows else EMPTY

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.refund_order"))

    @admin.action(description=gettext_lazy("Try again"), permissions=["refund"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        self._on_each(request, queryset, lambda refund: payments.retry_refund(refund=refund))

    @admin.action(
        description=gettext_lazy("The money was sent back by hand"), permissions=["refund"]
    )
    def mark_sent_selected(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        self._on_each(request, queryset, lambda refund: payments.mark_refund_sent(refund=refund))

    def _on_each(
        self, request: HttpRequest, rows: QuerySet[Refund], step: Callable[[Refund], Any]
    ) -> None:
        if n_done := done_of(request, rows.select_related("payment__order"), step):
            done = ngettext("Done for %(n)d refund.", "Done for %(n)d refunds.", n_done)
            messages.success(request, done % {"n": n_done})


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnlyAdmin):
    list_display = (
        "told_at",
        "provider",
        "kind",
        "state_label",
        "order_number",
        "problem",
        "event_id",
    )
    list_filter = (
        "state",
        ("seen_at", admin.EmptyFieldListFilter),
        "provider",
        ("received_at", RangeDateTimeFilter),
    )
    actions = ("mark_seen_selected",)
    search_fields = ("event_id", "kind", "payment__order__number", "payment__reference")
    list_select_related = ("payment__order",)
    fieldsets = (
        (None, {"fields": (("provider", "kind", "state_label"), "event_id", "problem")}),
        (None, {"fields": (("payment", "told_at"), "contents")}),
    )

    def has_pay_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.pay_order"))

    @admin.action(description=gettext_lazy("Mark refusals as seen"), permissions=["pay"])
    def mark_seen_selected(self, request: HttpRequest, queryset: QuerySet[PaymentEvent]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        n_seen = payments.mark_refusals_seen(event_ids=ids)
        done = ngettext("%(n)d refusal was seen.", "%(n)d refusals were seen.", n_seen)
        messages.success(request, done % {"n": n_seen})

    @admin.display(description=gettext_lazy("message came at"), ordering="received_at")
    def told_at(self, event: PaymentEvent) -> Any:
        return event.received_at

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, event: PaymentEvent) -> SafeString:
        return chip(event.state, event.get_state_display(), EVENT_TONES)

    @admin.display(description=gettext_lazy("order"), ordering="payment__order__number")
    def order_number(self, event: PaymentEvent) -> str:
        return event.payment.order.number if event.payment else EMPTY

    @admin.display(description=gettext_lazy("contents"))
    def contents(self, event: PaymentEvent) -> SafeString:
        known = {name: value for name, value in event.payload.items() if value}
        return facts_table(known.items())


def _standing(payment: Payment) -> str:
    payment.refresh_from_db()
    return _("The payment is “%(state)s” now.") % {"state": payment.get_state_display()}
