"""The one staff screen for everything that a model proposed: accept, correct, reject, and why.

An app derives its page from `ProposalAdmin` and says what its own proposals look like and which
of its services decides on them. Other apps may import this module.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from learning.algorithms.explanation import Direction
from learning.errors import AlreadyReviewedError, LearningError
from learning.models import Decision, Proposal
from learning.staff_pages import ReadOnlyAdmin, bar, chip, figure, percent, person
from learning.wording import code_name

REVIEW_TONES = {"proposed": "warn", "accepted": "good", "corrected": "info", "rejected": "bad"}
ACCEPT, CORRECT, REJECT = "accept", "correct", "reject"


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One reason as a bar. share: its length, 0 to 1 of the strongest one."""

    name: str
    value: str
    weight: str
    direction: str
    share: float

    @property
    def bar(self) -> SafeString:
        return format_html(
            '<span class="zg-bar-track"><span style="width:{}%"></span></span>',
            f"{100 * self.share:.1f}",
        )


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """What the page of one proposal shows above its fields."""

    proposal: Proposal
    evidence: SafeString
    verdict: SafeString
    factors: Sequence[FactorRow]
    corrections: Sequence[tuple[str, str]]
    decisions: Sequence[Decision]
    can_decide: bool
    decide_url: str
    waiting: int
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)

    @property
    def is_open(self) -> bool:
        return self.proposal.status == Proposal.ReviewStatus.PROPOSED


class ProposalAdmin(ReadOnlyAdmin):
    """List and page of a proposal. Nothing is edited in a form: every change is a decision.

    Who may decide: the permission `review_<model>`. Two people who decide at once do no harm:
    the second one is told.
    """

    change_form_outer_before_template = "learning/staff/proposal.html"
    list_disable_select_all = True
    actions: tuple[str, ...] = ("accept_selected", "reject_selected")
    # Facts of the explanation worth showing, by code, and which of them are shares.
    shown_facts: Sequence[str] = ()
    share_facts: Sequence[str] = ()
    # What a service may refuse a decision with; told, and the next row is decided on.
    refusals: tuple[type[Exception], ...] = (LearningError,)

    # What an app fills in.

    def accept(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        raise NotImplementedError

    def correct(self, proposal: Any, *, correction: str, user: AbstractUser, reason: str) -> None:
        raise NotImplementedError

    def reject(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        raise NotImplementedError

    def corrections(self, proposal: Any) -> Sequence[tuple[str, str]]:
        """What it might be instead: value and title. Empty where nothing can be corrected."""
        return ()

    def evidence(self, proposal: Any) -> SafeString:
        """What the machine looked at."""
        return format_html("")

    def verdict(self, proposal: Any) -> SafeString:
        """What the machine says it is."""
        return format_html("{}", proposal)

    def factor_name(self, code: str) -> str:
        """What a factor of the explanation is called."""
        return code_name(code)

    # Columns for lists.

    @admin.display(description=gettext_lazy("decision"), ordering="status")
    def review_label(self, proposal: Proposal) -> SafeString:
        return chip(proposal.status, proposal.get_status_display(), REVIEW_TONES)

    @admin.display(description=gettext_lazy("confidence"), ordering="confidence")
    def confidence_bar(self, proposal: Proposal) -> SafeString:
        return bar(proposal.confidence)

    @admin.display(description=gettext_lazy("version"), ordering="model_version")
    def version_name(self, proposal: Proposal) -> str:
        return str(proposal.model_version or _("baseline"))

    @admin.display(description=gettext_lazy("decided by"))
    def decided_by(self, proposal: Proposal) -> str | None:
        return None if proposal.reviewed_by is None else str(proposal.reviewed_by)

    # Decisions.

    def has_review_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        options = self.model._meta
        return bool(request.user.has_perm(f"{options.app_label}.review_{options.model_name}"))

    @admin.action(description=gettext_lazy("Accept"), permissions=["review"])
    def accept_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide_on_all(request, queryset, self.accept)

    @admin.action(description=gettext_lazy("Reject"), permissions=["review"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide_on_all(request, queryset, self.reject)

    def _decide_on_all(
        self, request: HttpRequest, queryset: QuerySet[Any], decide: Callable[..., None]
    ) -> None:
        n_done = 0
        problems = []
        for proposal in queryset:
            try:
                decide(proposal, user=person(request), reason="")
                n_done += 1
            except self.refusals as error:
                problems.append(str(error))
        if n_done:
            done = ngettext("Decided on %(n)d proposal.", "Decided on %(n)d proposals.", n_done)
            messages.success(request, done % {"n": n_done})
        for problem in problems[:5]:
            messages.warning(request, problem)

    def get_urls(self) -> list[URLPattern]:
        decide = path(
            "<int:proposal_id>/decide/",
            self.admin_site.admin_view(self.decide_view),
            name=self._url_name("decide"),
        )
        return [decide, *super().get_urls()]

    def decide_view(self, request: HttpRequest, proposal_id: int) -> HttpResponse:
        """Take one decision from the page of a proposal and show the next one that waits."""
        here = reverse(f"admin:{self._url_name('change')}", args=[proposal_id])
        if request.method != "POST":
            return HttpResponseRedirect(here)
        if not self.has_review_permission(request) or not self.has_view_permission(request):
            raise PermissionDenied
        proposal = self.get_queryset(request).filter(pk=proposal_id).first()
        if proposal is None:
            raise Http404
        reason = request.POST.get("reason", "").strip()
        try:
            said = self._decide(request, proposal, reason=reason)
        except AlreadyReviewedError as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(here)
        if said is None:
            messages.error(request, _("Choose what it is instead."))
            return HttpResponseRedirect(here)
        messages.success(request, said)
        following = self._open_proposals(request).exclude(pk=proposal_id).first()
        if following is None:
            return HttpResponseRedirect(reverse(f"admin:{self._url_name('changelist')}"))
        return HttpResponseRedirect(
            reverse(f"admin:{self._url_name('change')}", args=[following.pk])
        )

    def _decide(self, request: HttpRequest, proposal: Any, *, reason: str) -> str | None:
        decision = request.POST.get("decision")
        named = {"proposal": str(proposal)}
        if decision == ACCEPT:
            self.accept(proposal, user=person(request), reason=reason)
            return _("Accepted: %(proposal)s.") % named
        if decision == REJECT:
            self.reject(proposal, user=person(request), reason=reason)
            return _("Rejected: %(proposal)s.") % named
        titles = dict(self.corrections(proposal))
        correction = request.POST.get("correction", "")
        if decision != CORRECT or correction not in titles:
            return None
        self.correct(proposal, correction=correction, user=person(request), reason=reason)
        return _("Corrected to “%(correction)s”: %(proposal)s.") % {
            **named,
            "correction": titles[correction],
        }

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        proposal = self.get_object(request, object_id)
        page = None if proposal is None else self._page(request, proposal)
        context = {"proposal_page": page, "title": self.opts.verbose_name, **(extra_context or {})}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def _page(self, request: HttpRequest, proposal: Any) -> ProposalPage:
        facts = proposal.explanation.get("facts", {})
        is_open = proposal.status == Proposal.ReviewStatus.PROPOSED
        can_decide = is_open and self.has_review_permission(request)
        return ProposalPage(
            proposal=proposal,
            evidence=self.evidence(proposal),
            verdict=self.verdict(proposal),
            factors=factor_rows(proposal.explanation, name=self.factor_name),
            corrections=self.corrections(proposal) if can_decide else (),
            decisions=decisions_on(proposal),
            can_decide=can_decide,
            decide_url=reverse(f"admin:{self._url_name('decide')}", args=[proposal.pk]),
            waiting=self._open_proposals(request).count() if can_decide else 0,
            facts=[
                (
                    code_name(code),
                    percent(facts[code]) if code in self.share_facts else figure(facts[code]),
                )
                for code in self.shown_facts
                if facts.get(code) is not None
            ],
        )

    def _open_proposals(self, request: HttpRequest) -> QuerySet[Any]:
        """What waits, least sure first."""
        waiting: QuerySet[Any] = (
            self.get_queryset(request)
            .filter(status=Proposal.ReviewStatus.PROPOSED)
            .order_by("confidence", "pk")
        )
        return waiting

    def _url_name(self, what: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{what}"


def factor_rows(
    explanation: Mapping[str, Any], *, name: Callable[[str], str] = code_name
) -> list[FactorRow]:
    """The factors of a stored explanation, strongest first, as bars."""
    unit = explanation.get("unit", "share")
    factors = explanation.get("factors", [])
    strengths = [_strength(factor["weight"], unit) for factor in factors]
    strongest = max(strengths, default=0.0)
    rows = [
        FactorRow(
            name=name(factor["name"]),
            # A share that is its own value need not be said twice.
            value="" if factor["value"] == factor["weight"] else figure(factor["value"]),
            weight=_weight(factor["weight"], unit),
            direction=str(factor.get("direction") or Direction.NONE),
            share=strength / strongest if strongest else 0.0,
        )
        for factor, strength in zip(factors, strengths, strict=True)
    ]
    return sorted(rows, key=lambda row: -row.share)


def decisions_on(subject: Model) -> list[Decision]:
    """Everything that was decided on a row, newest first."""
    return list(
        Decision.objects.filter(
            subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk
        ).select_related("user", "version")
    )


def _strength(weight: float, unit: str) -> float:
    """A factor of 1/2 pushes as hard as one of 2."""
    if unit == "factor":
        return abs(math.log(weight)) if weight > 0 else 0.0
    return abs(weight)


def _weight(weight: float, unit: str) -> str:
    if unit == "share":
        return f"{number_format(weight * 100, decimal_pos=0)} %"
    if unit == "factor":
        return f"× {number_format(weight, decimal_pos=2)}"
    sign = "+" if weight > 0 else ""
    return f"{sign}{number_format(weight, decimal_pos=2)}"
