"""Staff pages of markdown plans."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import RangeDateFilter

from inventory.admin.prices import money, units
from inventory.errors import InventoryError
from inventory.models import MarkdownPlan
from inventory.services import markdown_steps, markdowns
from learning.proposal_admin import ProposalAdmin
from learning.staff_pages import EMPTY, chip, person

STATE_TONES = {"planned": "info", "running": "warn", "ended": "good", "stopped": "bad"}
MOST_CUTS = (10, 20, 30, 40, 50)


@admin.register(MarkdownPlan)
class MarkdownPlanAdmin(ProposalAdmin):
    list_display = (
        "sku",
        "product_name",
        "steps_shown",
        "stock",
        "sold",
        "freed",
        "review_label",
        "state_label",
        "as_of",
    )
    list_filter = ("status", "state", ("as_of", RangeDateFilter))
    search_fields = ("sku__code", "sku__product__name_zh_hans", "sku__product__name_en")
    list_select_related = ("sku__product", "model_version", "reviewed_by")
    fields = ("sku", "product_name", "state_label", "as_of", "version_name", "decided_by")
    actions = (*ProposalAdmin.actions, "stop_selected")
    ordering = ("status", "-money_freed_minor", "pk")
    refusals = (*ProposalAdmin.refusals, InventoryError)
    shown_facts = (
        "days_of_cover",
        "last_sold_on",
        "elasticity",
        "units_without_plan",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MarkdownPlan]:
        plans: QuerySet[MarkdownPlan] = super().get_queryset(request)
        return plans.prefetch_related("steps")

    @admin.display(description=gettext_lazy("product"))
    def product_name(self, plan: MarkdownPlan) -> str:
        return plan.sku.product.name

    @admin.display(description=gettext_lazy("price → steps"))
    def steps_shown(self, plan: MarkdownPlan) -> str:
        prices = [plan.price_before_minor, *(step.price_minor for step in plan.steps.all())]
        return " → ".join(money(plan, price) for price in prices)

    @admin.display(description=gettext_lazy("in stock, units"), ordering="units_at_start")
    def stock(self, plan: MarkdownPlan) -> int:
        return plan.units_at_start

    @admin.display(description=gettext_lazy("to be sold, units"), ordering="units_expected")
    def sold(self, plan: MarkdownPlan) -> str:
        return units(plan.units_expected)

    @admin.display(description=gettext_lazy("money freed"), ordering="money_freed_minor")
    def freed(self, plan: MarkdownPlan) -> str:
        return money(plan, plan.money_freed_minor)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, plan: MarkdownPlan) -> SafeString | str:
        if plan.status in {"proposed", "rejected", "superseded"}:
            return EMPTY
        return chip(plan.state, plan.get_state_display(), STATE_TONES)

    def evidence(self, proposal: MarkdownPlan) -> SafeString:
        facts = proposal.explanation.get("facts", {})
        return render_to_string(
            "inventory/staff/markdown_evidence.html",
            {
                "name": self.product_name(proposal),
                "before": money(proposal, proposal.price_before_minor),
                "cost": money(proposal, proposal.unit_cost_minor),
                "floor": money(proposal, proposal.floor_minor),
                "stock": proposal.units_at_start,
                "without": money(proposal, int(facts.get("money_without_plan_minor") or 0)),
                "steps": [
                    {
                        "starts_on": date_format(step.starts_on),
                        "price": money(proposal, step.price_minor),
                        "units": units(step.units_expected),
                        "applied_at": step.applied_at,
                    }
                    for step in proposal.steps.all()
                ],
                "ends_on": date_format(markdown_steps.ends_on(proposal)),
            },
        )

    def verdict(self, proposal: MarkdownPlan) -> SafeString:
        return format_html(
            '<strong>{}</strong> <span class="zg-quiet">{}</span>',
            self.steps_shown(proposal),
            _("%(units)s of %(stock)s units, %(money)s")
            % {
                "units": self.sold(proposal),
                "stock": proposal.units_at_start,
                "money": self.freed(proposal),
            },
        )

    def corrections(self, proposal: MarkdownPlan) -> Sequence[tuple[str, str]]:
        return [
            (str(cut), _("at most %(cut)d %% off") % {"cut": cut})
            for cut in MOST_CUTS
            if round(proposal.price_before_minor * (100 - cut) / 100) >= proposal.floor_minor
        ]

    def accept(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        markdowns.accept_plan(plan=proposal, user=user, today=timezone.localdate(), reason=reason)

    def correct(self, proposal: Any, *, correction: str, user: AbstractUser, reason: str) -> None:
        markdowns.correct_plan(
            plan=proposal,
            most_cut_percent=int(correction),
            user=user,
            today=timezone.localdate(),
            reason=reason,
        )

    def reject(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        markdowns.reject_plan(plan=proposal, user=user, reason=reason)

    @admin.action(
        description=gettext_lazy("Stop, and sell at the old price again"), permissions=["review"]
    )
    def stop_selected(self, request: HttpRequest, queryset: QuerySet[MarkdownPlan]) -> None:
        n_stopped = 0
        for plan in queryset:
            try:
                markdown_steps.stop_plan(plan=plan, user=person(request))
                n_stopped += 1
            except InventoryError as error:
                messages.warning(request, str(error))
        if n_stopped:
            said = ngettext("Stopped %(n)d plan.", "Stopped %(n)d plans.", n_stopped)
            messages.success(request, said % {"n": n_stopped})
