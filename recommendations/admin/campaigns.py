"""Staff pages of campaigns: the list, the editor, the steps of a campaign, and what it brought."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from insights.services.segment_titles import segment_titles
from inventory.admin.exports import csv_file
from learning.staff_pages import EMPTY, StaffAdmin, chip, figure, person
from outbox.errors import OutboxError
from recommendations.admin.campaign_draft import read_draft
from recommendations.admin.campaign_exports import day_rows, figure_rows
from recommendations.admin.campaign_forms import CampaignForm, CreativeInline
from recommendations.admin.campaign_pages import APPROVE, STOP, read_page
from recommendations.admin.campaign_preview import read_previews
from recommendations.admin.campaign_words import STATUS_TONES, is_draft, percent_text
from recommendations.errors import RecommendationsError
from recommendations.models import Campaign
from recommendations.services.campaigns import drafting, steps
from recommendations.services.campaigns.letters import send_test

CHANGE = "admin:recommendations_campaign_change"
APPROVALS = ("approved_by", "approved_at", "first_approved_by", "created_by")


@admin.register(Campaign)
class CampaignAdmin(StaffAdmin):
    form = CampaignForm
    inlines = (CreativeInline,)
    change_form_outer_before_template = "recommendations/staff/campaign.html"
    list_display = ("named", "channel", "audience", "status_label", "sent", "clicked", "since")
    list_filter = ("status", "channel", "is_demo")
    search_fields = ("name", "code")
    list_select_related = ("segment",)
    fieldsets = (
        (None, {"fields": ("name", ("code", "channel"), "segment")}),
        (
            gettext_lazy("When, and how much"),
            {
                "fields": (
                    "starts_at",
                    "ends_at",
                    ("discount", "most_discount_minor"),
                    ("holdout_percent", "measured_days"),
                    "exploration_percent",
                )
            },
        ),
        (
            gettext_lazy("Of letters"),
            {"fields": ("most_letters", "has_picks", "counts_opens")},
        ),
        (
            gettext_lazy("Of banners"),
            {
                "fields": (
                    ("on_home", "on_category", "on_product", "on_cart"),
                    ("most_impressions", "most_per_day"),
                )
            },
        ),
    )

    class Media:
        css = {"all": ("recommendations/campaigns.css",)}

    def get_urls(self) -> list[URLPattern]:
        def own(route: str, view: Any) -> URLPattern:
            found: URLPattern = path(
                f"<int:row_id>/{route}/",
                self.admin_site.admin_view(view),
                name=f"recommendations_campaign_{route}",
            )
            return found

        return [
            own("preview", self.preview_view),
            own("days", self.days_view),
            own("figures", self.figures_view),
            *(
                own(route, require_POST(view))
                for route, view in {
                    "approve": self.approve_view,
                    "pause": self.pause_view,
                    "resume": self.resume_view,
                    "stop": self.stop_view,
                    "copy": self.copy_view,
                    "test": self.test_view,
                }.items()
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        rows: QuerySet[Campaign] = super().get_queryset(request)
        return rows.annotate(n_shown=Sum("creatives__shown"), n_clicked=Sum("creatives__clicked"))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        titles = segment_titles(one.segment for one in found.result_list if one.segment)
        for one in found.result_list:
            one.shown_audience = titles.get(one.segment_id, "")
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if is_draft(obj):
            return super().get_fieldsets(request, obj)
        # What is of no other use to its channel, and what its page already says, is left away.
        is_email = obj.channel == Campaign.Channel.EMAIL
        limits = (
            ("most_letters", "has_picks", "counts_opens")
            if is_email
            else ("most_impressions", "most_per_day")
        )
        return [
            (
                _("As it was approved"),
                {
                    "fields": (
                        "code",
                        ("starts_at", "ends_at"),
                        ("holdout_percent", "measured_days"),
                        "exploration_percent",
                        *limits,
                        ("approved_by", "approved_at"),
                        ("first_approved_by", "created_by"),
                    )
                },
            )
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if is_draft(obj) else APPROVALS

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if is_draft(obj) else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What somebody agreed to must not change afterwards.
        return is_draft(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Who got what is kept.
        return is_draft(obj) and bool(super().has_delete_permission(request, obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Several at once are not deleted by a slip.
        return {}

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        if change:
            request.seen_before = steps.fingerprint(Campaign.objects.get(pk=obj.pk))  # type: ignore[attr-defined]
        else:
            obj.created_by = person(request)  # type: ignore[assignment]  # staff are users
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change:
            drafting.note_change(
                Campaign.objects.get(pk=form.instance.pk),
                before=getattr(request, "seen_before", ""),
            )

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        # On to whom it reaches, and how it looks.
        if "_addanother" not in request.POST and "_popup" not in request.POST:
            messages.success(request, _("Kept as a draft. Nobody gets it before it is approved."))
            return HttpResponseRedirect(reverse(CHANGE, args=[obj.pk]))
        answer: HttpResponse = super().response_add(request, obj, post_url_continue)
        return answer

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        own: dict[str, Any] = {}
        campaign = self.get_object(request, object_id) if object_id.isdecimal() else None
        if (
            isinstance(campaign, Campaign)
            and request.method == "GET"
            and self.has_view_permission(request, campaign)
        ):
            if campaign.status == Campaign.Status.DRAFT:
                own["draft"] = read_draft(campaign, may_approve=request.user.has_perm(APPROVE))
            else:
                own["result"] = read_page(campaign, request.user)
        answer: HttpResponseBase = super().change_view(
            request, object_id, form_url, {**own, **(extra_context or {})}
        )
        return answer

    # Columns of the list

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def named(self, row: Campaign) -> SafeString | str:
        if not row.is_demo:
            return row.name
        return format_html("{} {}", row.name, chip("demo", _("demo"), {"demo": "info"}))

    @admin.display(description=gettext_lazy("audience"))
    def audience(self, row: Any) -> str:
        return str(row.shown_audience or _("everybody"))

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def status_label(self, row: Campaign) -> SafeString:
        if row.status == Campaign.Status.DRAFT and row.first_approved_by_id is not None:
            return chip("second", _("waits for a second person"), {"second": "warn"})
        return chip(row.status, row.get_status_display(), STATUS_TONES)

    @admin.display(description=gettext_lazy("shown or written"), ordering="n_shown")
    def sent(self, row: Any) -> str:
        return figure(row.n_shown or 0)

    @admin.display(description=gettext_lazy("clicks"), ordering="n_clicked")
    def clicked(self, row: Any) -> str:
        if not row.n_shown:
            return EMPTY
        clicked = row.n_clicked or 0
        return f"{figure(clicked)} ({percent_text(clicked / row.n_shown, 1)})"

    @admin.display(description=gettext_lazy("started at"), ordering="started_at")
    def since(self, row: Campaign) -> str:
        if row.started_at is None:
            return EMPTY
        return date_format(timezone.localtime(row.started_at), "SHORT_DATE_FORMAT")

    # Looking

    def preview_view(self, request: HttpRequest, row_id: int) -> HttpResponseBase:
        campaign = self._get(request, row_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("How it looks: %(campaign)s") % {"campaign": campaign.name},
            "campaign": campaign,
            "previews": read_previews(campaign),
            "is_email": campaign.channel == Campaign.Channel.EMAIL,
            "own_address": person(request).email,
        }
        return TemplateResponse(request, "recommendations/staff/campaign_preview.html", context)

    def days_view(self, request: HttpRequest, row_id: int) -> HttpResponseBase:
        campaign = self._get(request, row_id)
        return csv_file(f"campaign-{campaign.code}-days", *day_rows(campaign))

    def figures_view(self, request: HttpRequest, row_id: int) -> HttpResponseBase:
        campaign = self._get(request, row_id)
        return csv_file(f"campaign-{campaign.code}", *figure_rows(campaign))

    # Steps

    def approve_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def work(campaign: Campaign) -> str:
            people = request.POST.get("people", "")
            approved = steps.approve_campaign(
                campaign,
                user=person(request),
                # What was on the page is what is agreed to; without it, nothing is.
                seen=request.POST.get("seen", "") or "nothing",
                seen_people=int(people) if people.isascii() and people[:9].isdigit() else 0,
                reason=_reason(request),
            )
            if approved.status == Campaign.Status.DRAFT:
                return _("You agreed. It starts once a second person has agreed to the same.")
            return _("Approved. It starts when its time has come.")

        return self._step(request, row_id, APPROVE, work)

    def pause_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def work(campaign: Campaign) -> str:
            steps.pause_campaign(campaign, user=person(request), reason=_reason(request))
            return _("Paused. Nothing more is written or shown until it is resumed.")

        return self._step(request, row_id, STOP, work)

    def resume_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def work(campaign: Campaign) -> str:
            steps.resume_campaign(campaign, user=person(request), reason=_reason(request))
            return _("It goes on.")

        return self._step(request, row_id, APPROVE, work)

    def stop_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def work(campaign: Campaign) -> str:
            n_back = steps.stop_campaign(campaign, user=person(request), reason=_reason(request))
            said = ngettext(
                "Stopped. %(n)d letter was taken back.",
                "Stopped. %(n)d letters were taken back.",
                n_back,
            )
            return said % {"n": n_back}

        return self._step(request, row_id, STOP, work)

    def copy_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        campaign = self._get(request, row_id)
        if not self.has_add_permission(request):
            raise PermissionDenied
        made = drafting.copy_campaign(
            campaign, name=_("Copy of %(name)s") % {"name": campaign.name}, user=person(request)
        )
        messages.success(request, _("Copied as a draft."))
        return HttpResponseRedirect(reverse(CHANGE, args=[made.pk]))

    def test_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """To the person at work alone: a test letter can be sent to nobody else."""
        campaign = self._get(request, row_id)
        if not request.user.has_perm("recommendations.change_campaign"):
            raise PermissionDenied
        typed = request.POST.get("creative", "")
        creative = next((one for one in campaign.creatives.all() if str(one.pk) == typed), None)
        language = request.POST.get("language", "")
        if creative is None or language not in dict(settings.LANGUAGES):
            raise Http404
        try:
            email = send_test(creative=creative, user=person(request), language=language)  # type: ignore[arg-type]
        except OutboxError:
            messages.error(request, _("Your account has no address that takes letters."))
        else:
            messages.success(request, _("On its way to %(address)s.") % {"address": email.to})
        return HttpResponseRedirect(
            reverse("admin:recommendations_campaign_preview", args=[row_id])
        )

    def _get(self, request: HttpRequest, row_id: int) -> Campaign:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = Campaign.objects.select_related("segment", "discount").filter(pk=row_id).first()
        if found is None:
            raise Http404
        return found

    def _step(
        self,
        request: HttpRequest,
        row_id: int,
        permission: str,
        work: Callable[[Campaign], str],
    ) -> HttpResponse:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        try:
            messages.success(request, work(self._get(request, row_id)))
        except RecommendationsError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse(CHANGE, args=[row_id]))


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:255]
