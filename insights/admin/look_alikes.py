"""Staff page of customers who are like those of a segment: take all, the most alike, or none."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from insights.admin.segment_factors import FactorNames, factors_of
from insights.models import LookAlikeAudience
from insights.services import look_alikes
from insights.services.segment_rules.fields import FAMILY_TITLES, Family
from insights.services.segment_titles import segment_title, segment_titles
from learning.proposal_admin import REVIEW_TONES, ProposalAdmin
from learning.staff_pages import EMPTY, bar, chip, figure, percent
from learning.wording import code_name

SHOWN = 10


@admin.register(LookAlikeAudience)
class LookAlikeAudienceAdmin(ProposalAdmin):
    list_display = ("seed_title", "size_label", "likeness", "status_label", "created_at")
    list_filter = ("status",)
    list_select_related = ("seed", "model_version")
    fields = ("created_at", "reviewed_by", "reviewed_at")
    shown_facts = ("validation_auc", "validation_auc_of_other", "members")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        titles = segment_titles([one.seed for one in found.result_list])
        for one in found.result_list:
            one.shown_title = titles[one.seed_id]
        return found

    def accept(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        look_alikes.accept_audience(audience=proposal, user=_person(user), reason=reason)

    def correct(self, proposal: Any, *, correction: str, user: AbstractUser, reason: str) -> None:
        look_alikes.accept_audience(
            audience=proposal, user=_person(user), size=int(correction), reason=reason
        )

    def reject(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        look_alikes.reject_audience(audience=proposal, user=_person(user), reason=reason)

    def corrections(self, proposal: Any) -> Sequence[tuple[str, str]]:
        return [
            (str(size), _("only the %(n)s most alike") % {"n": figure(size)})
            for size in look_alikes.smaller_sizes(proposal)
        ]

    def verdict(self, proposal: Any) -> SafeString:
        said = _("%(n)s customers are like those of “%(segment)s”.") % {
            "n": figure(proposal.size),
            "segment": segment_title(proposal.seed),
        }
        link = ""
        if proposal.segment_id:
            link = format_html(
                ' <a class="zg-link" href="{}">{}</a>',
                reverse("admin:insights_segment_change", args=[proposal.segment_id]),
                _("To the segment"),
            )
        return format_html("<strong>{}</strong>{}", said, link)

    def evidence(self, proposal: Any) -> SafeString:
        shown = list(proposal.customers.select_related("customer").order_by("rank")[:SHOWN])
        names = FactorNames([one.explanation for one in shown])
        rows = [
            {
                "rank": figure(one.rank),
                "name": str(one.customer),
                "url": reverse("admin:customers_user_change", args=[one.customer_id]),
                "confidence": bar(one.confidence),
                "reasons": [row.name for row in factors_of(one.explanation, names)][:3],
            }
            for one in shown
        ]
        return render_to_string(
            "insights/staff/look_alikes.html",
            {
                "rows": rows,
                "seed": segment_title(proposal.seed),
                "seed_url": reverse("admin:insights_segment_change", args=[proposal.seed_id]),
            },
        )

    def _page(self, request: HttpRequest, proposal: Any) -> Any:
        page = super()._page(request, proposal)
        told = proposal.explanation.get("facts", {})
        left_out = [
            str(FAMILY_TITLES[one]) for one in told.get("left_out", []) if one in set(Family)
        ]
        # The names of categories come from the catalogue, those of methods are codes.
        return replace(
            page,
            factors=factors_of(proposal.explanation),
            facts=[
                (code_name("method"), code_name(str(told.get("method", "")))),
                *page.facts,
                (code_name("left_out"), ", ".join(left_out) or EMPTY),
            ],
        )

    @admin.display(description=gettext_lazy("like those of"))
    def seed_title(self, proposal: Any) -> str:
        return str(proposal.shown_title)

    @admin.display(description=gettext_lazy("customers"), ordering="size")
    def size_label(self, proposal: LookAlikeAudience) -> str:
        return figure(proposal.corrected_size or proposal.size)

    @admin.display(description=gettext_lazy("mean likeness"), ordering="confidence")
    def likeness(self, proposal: LookAlikeAudience) -> str:
        return percent(proposal.confidence)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, proposal: LookAlikeAudience) -> SafeString:
        return chip(proposal.status, proposal.get_status_display(), REVIEW_TONES)


def _person(user: AbstractUser) -> Any:
    """The shop has one table of people."""
    return user
