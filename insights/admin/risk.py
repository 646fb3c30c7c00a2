"""Staff pages of risky orders: the queue of those that are held, the rules, the threshold."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateFilter

from catalog.money import format_money
from customers.countries import country_name
from customers.models import User
from insights.algorithms.order_risk import read_value
from insights.errors import InsightsError
from insights.models import RiskAssessment, RiskCondition, RiskRule, RiskSettings
from insights.risk_wording import condition_words, reason_words, rule_title, short_reason
from insights.services import risk_decisions
from learning.proposal_admin import CORRECT, FactorRow, ProposalAdmin
from learning.staff_pages import EMPTY, StaffAdmin, bar, chip, figure, percent
from learning.wording import code_name
from orders.errors import OrdersError
from orders.models import Order

OUTCOME_TONES = {
    "chargeback": "bad",
    "confirmed_fraud": "bad",
    "false_alarm": "good",
    "unclear": "info",
}
UNCLEAR = RiskAssessment.Outcome.UNCLEAR.value
ONLY = 1
REASONS_IN_LIST = 2


class HeldFilter(admin.SimpleListFilter):
    """Waiting for a decision, held once, or never."""

    title = gettext_lazy("hold queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("waiting", gettext_lazy("waiting for a decision")),
            ("held", gettext_lazy("held at some time")),
            ("free", gettext_lazy("never held")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[RiskAssessment]
    ) -> QuerySet[RiskAssessment]:
        if self.value() == "waiting":
            waiting: QuerySet[RiskAssessment] = cast("Any", queryset).waiting()
            return waiting
        if self.value() in ("held", "free"):
            return queryset.filter(is_held=self.value() == "held")
        return queryset


@admin.register(RiskAssessment)
class RiskAssessmentAdmin(ProposalAdmin):
    """Accept: it is fraud and is cancelled. Reject: a false alarm that goes on."""

    change_form_outer_before_template = "insights/staff/risk.html"
    list_display = (
        "order_number",
        "placed",
        "amount",
        "score_bar",
        "reasons",
        "state",
        "outcome_label",
    )
    list_filter = (HeldFilter, "outcome", "status", ("created_at", RangeDateFilter))
    search_fields = ("order__number", "order__email")
    list_select_related = ("order", "model_version", "reviewed_by")
    fields = ("order_link", "version_name", "decided_by", "outcome_label", "outcome_at")
    actions = (
        "release_selected",
        "fraud_selected",
        "chargeback_selected",
        "good_selected",
    )
    refusals = (*ProposalAdmin.refusals, InsightsError, OrdersError)

    @admin.display(description=gettext_lazy("order"), ordering="order__number")
    def order_number(self, assessment: RiskAssessment) -> str:
        return assessment.order.number

    @admin.display(description=gettext_lazy("order"))
    def order_link(self, assessment: RiskAssessment) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:orders_order_change", args=[assessment.order_id]),
            assessment.order.number,
        )

    @admin.display(description=gettext_lazy("placed at"), ordering="order__placed_at")
    def placed(self, assessment: RiskAssessment) -> Any:
        return assessment.order.placed_at

    @admin.display(description=gettext_lazy("total"), ordering="order__total_minor")
    def amount(self, assessment: RiskAssessment) -> str:
        return format_money(assessment.order.total_minor, assessment.order.currency)

    @admin.display(description=gettext_lazy("risk"), ordering="score")
    def score_bar(self, assessment: RiskAssessment) -> SafeString:
        tone = "bad" if assessment.is_held else "warn" if assessment.score >= 0.3 else "good"
        return bar(assessment.score, tone=tone)

    @admin.display(description=gettext_lazy("why"))
    def reasons(self, assessment: RiskAssessment) -> str:
        factors = assessment.explanation.get("factors", [])[:REASONS_IN_LIST]
        if not factors:
            return EMPTY
        titles = assessment.explanation.get("facts", {}).get("titles", {})
        return " · ".join(short_reason(one, titles) for one in factors)

    @admin.display(description=gettext_lazy("order is"), ordering="order__status")
    def state(self, assessment: RiskAssessment) -> SafeString:
        order = assessment.order
        return chip(order.status, order.get_status_display(), {"held": "warn", "cancelled": "bad"})

    @admin.display(description=gettext_lazy("outcome"), ordering="outcome")
    def outcome_label(self, assessment: RiskAssessment) -> SafeString | str:
        if not assessment.outcome:
            return EMPTY
        return chip(assessment.outcome, assessment.get_outcome_display(), OUTCOME_TONES)

    def accept(self, proposal: RiskAssessment, *, user: AbstractUser, reason: str) -> None:
        risk_decisions.cancel_as_fraud(assessment=proposal, user=cast("User", user), reason=reason)

    def reject(self, proposal: RiskAssessment, *, user: AbstractUser, reason: str) -> None:
        risk_decisions.release(assessment=proposal, user=cast("User", user), reason=reason)

    def correct(
        self, proposal: RiskAssessment, *, correction: str, user: AbstractUser, reason: str
    ) -> None:
        risk_decisions.cancel_unclear(assessment=proposal, user=cast("User", user), reason=reason)

    def corrections(self, proposal: RiskAssessment) -> Sequence[tuple[str, str]]:
        return [(UNCLEAR, str(RiskAssessment.Outcome.UNCLEAR.label))]

    @admin.action(description=gettext_lazy("Let them go on: false alarm"), permissions=["review"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide_on_all(request, queryset, self.reject)

    @admin.action(description=gettext_lazy("Cancel them: fraud"), permissions=["review"])
    def fraud_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide_on_all(request, queryset, self.accept)

    @admin.action(description=gettext_lazy("A chargeback came"), permissions=["review"])
    def chargeback_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide_on_all(request, queryset, self._outcome("chargeback"))

    @admin.action(description=gettext_lazy("It was a good order"), permissions=["review"])
    def good_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide_on_all(request, queryset, self._outcome("false_alarm"))

    def _outcome(self, outcome: str) -> Callable[..., None]:
        def record(assessment: RiskAssessment, *, user: AbstractUser, reason: str) -> None:
            risk_decisions.record_outcome(
                assessment=assessment, outcome=outcome, user=user, reason=reason
            )

        return record

    def _decide(self, request: HttpRequest, proposal: Any, *, reason: str) -> str | None:
        """What services refuse is told on the page, too."""
        number = {"number": proposal.order.number}
        decision = request.POST.get("decision")
        said = {
            "accept": _("Order %(number)s is cancelled as fraud.") % number,
            "reject": _("Order %(number)s goes on.") % number,
            CORRECT: _("Order %(number)s is cancelled.") % number,
        }
        if decision == CORRECT and request.POST.get("correction") != UNCLEAR:
            return None
        return (
            said.get(str(decision)) if super()._decide(request, proposal, reason=reason) else None
        )

    def decide_view(self, request: HttpRequest, proposal_id: int) -> HttpResponse:
        try:
            return super().decide_view(request, proposal_id)
        except (InsightsError, OrdersError) as error:
            messages.warning(request, str(error))
            return self._here(proposal_id)

    def _here(self, proposal_id: int) -> HttpResponse:
        return HttpResponseRedirect(
            reverse(f"admin:{self._url_name('change')}", args=[proposal_id])
        )

    def evidence(self, proposal: RiskAssessment) -> SafeString:
        """The order as the checkout described it, beside what was known of before."""
        order = proposal.order
        rows = [
            (_("order"), self.order_link(proposal)),
            (_("total"), self.amount(proposal)),
            (_("placed at"), order.placed_at),
            (_("customer"), order.customer or _("without an account")),
            (_("email address"), order.email or EMPTY),
            (_("goes to"), ", ".join(order.address_lines) or country_name(order.country)),
        ]
        facts = [
            (code_name(code), _shown(code, value))
            for code, value in sorted(proposal.facts.items())
            if code not in {"country", "language", "hour"}
        ]
        return render_to_string("insights/staff/risk_evidence.html", {"rows": rows, "facts": facts})

    def verdict(self, proposal: RiskAssessment) -> SafeString:
        words = _("risk %(share)s") % {"share": percent(proposal.score)}
        held = _("held") if proposal.is_held else _("not held")
        return format_html("{} · {}", words, held)

    def _page(self, request: HttpRequest, proposal: Any) -> Any:
        page = super()._page(request, proposal)
        stored = proposal.explanation.get("factors", [])
        strongest = max((float(one["weight"]) for one in stored), default=0.0)
        rows = [
            FactorRow(
                *reason_words(one),
                weight=percent(float(one["weight"])),
                direction="up",
                share=float(one["weight"]) / strongest if strongest else 0.0,
            )
            for one in stored
        ]
        is_open = proposal.is_held and proposal.order.status == Order.Status.HELD
        return replace(page, factors=rows, can_decide=page.can_decide and is_open)

    def _open_proposals(self, request: HttpRequest) -> QuerySet[Any]:
        """The queue: riskiest first."""
        waiting: QuerySet[Any] = cast("Any", self.get_queryset(request)).waiting()
        return waiting.order_by("-score", "pk")


class ConditionForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Fact, comparison and value have to fit."""

    class Meta:
        model = RiskCondition
        fields = ("fact", "operator", "value", "hours")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if {"fact", "operator", "value"} <= cleaned.keys():
            try:
                read_value(cleaned["fact"], cleaned["operator"], cleaned["value"])
            except ValueError:
                self.add_error(
                    "value",
                    _(
                        "That does not fit: numbers are compared with “at least” or “at most”, "
                        "yes and no, countries and languages with “is” or “is not”."
                    ),
                )
        return cleaned


class ConditionInline(TabularInline):
    model = RiskCondition
    form = ConditionForm
    fields = ("fact", "operator", "value", "hours")
    extra = 1
    min_num = 1
    hide_title = True


@admin.register(RiskRule)
class RiskRuleAdmin(StaffAdmin):
    """All conditions of a rule hold for the same order. Its page tells what it would have done."""

    list_display = ("title", "conditions_shown", "weight_bar", "action_label", "is_active")
    list_filter = ("is_active", "action")
    fields = (("note", "is_active"), ("weight", "action"))
    inlines = (ConditionInline,)
    change_form_outer_before_template = "insights/staff/risk_rule.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RiskRule]:
        rules: QuerySet[RiskRule] = super().get_queryset(request)
        return rules.prefetch_related("conditions")

    @admin.display(description=gettext_lazy("rule"), ordering="note")
    def title(self, rule: RiskRule) -> str:
        return rule_title(rule.note) or str(rule)

    @admin.display(description=gettext_lazy("holds when"))
    def conditions_shown(self, rule: RiskRule) -> str:
        return " · ".join(
            condition_words(one.fact, one.operator, one.value, one.hours)
            for one in rule.conditions.all()
        )

    @admin.display(description=pgettext_lazy("of a rule", "weight"), ordering="weight")
    def weight_bar(self, rule: RiskRule) -> SafeString:
        return bar(rule.weight)

    @admin.display(description=gettext_lazy("what it does"), ordering="action")
    def action_label(self, rule: RiskRule) -> SafeString:
        return chip(rule.action, rule.get_action_display(), {"hold": "warn"})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rule = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if rule is not None and request.method == "GET":
            n_orders, n_hit, n_bad = risk_decisions.try_out(rule=rule, as_of=timezone.localdate())
            context["tried_out"] = {
                "orders": n_orders,
                "hit": n_hit,
                "bad": n_bad,
                "days": risk_decisions.TRIED_OUT_DAYS,
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response


@admin.register(RiskSettings)
class RiskSettingsAdmin(StaffAdmin):
    """One row: its list is its form."""

    fields = ("is_active", "hold_from", "usual")
    readonly_fields = ("usual",)

    @admin.display(description=gettext_lazy("usual order"))
    def usual(self, settings: RiskSettings) -> str:
        if settings.usual_amount_minor is None:
            return _("not known yet: too few orders in the last %(days)d days") % {
                "days": risk_decisions.USUAL_DAYS
            }
        return format_money(settings.usual_amount_minor, settings.currency)

    def has_add_permission(self, request: HttpRequest) -> bool:
        may_add: bool = super().has_change_permission(request)
        return may_add and not RiskSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Looking at the page makes no row.
        object_id = str(ONLY) if RiskSettings.objects.exists() else None
        form: HttpResponse = self.changeform_view(request, object_id)
        return form

    def save_model(self, request: HttpRequest, obj: RiskSettings, form: Any, change: bool) -> None:
        obj.pk = ONLY
        super().save_model(request, obj, form, change)


def _shown(code: str, value: Any) -> str:
    """Ages are told by their number within the longest time that counts."""
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return str(len({which for _age, which in value}))
        return str(len(value))
    return figure(value)
