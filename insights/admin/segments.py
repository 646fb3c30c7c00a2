"""Staff pages of segments: the list, a segment, its rule, and why a customer is in it."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

import insights.segment_wording  # noqa: F401  # what codes are called
from catalog.money import format_money
from customers.models import User
from insights.admin.segment_editor import EMPTY_RULE, EditorView, read_form
from insights.admin.segment_factors import factors_of
from insights.admin.segment_pages import (
    EditorPage,
    MemberRow,
    SegmentPage,
    WhyPage,
    day_text,
    facts_of,
    rfm_facts,
    signed,
    size_chart,
)
from insights.errors import InsightsError, InvalidRuleError
from insights.models import Segment, SegmentCorrection, SegmentDay
from insights.services import audiences, segments
from insights.services.segment_floor import floor, is_hidden, shown_size
from insights.services.segment_reading import (
    Standing,
    members_of,
    orders_of,
    read_reasons,
    read_standing,
    rule_problem,
    rule_words,
)
from insights.services.segment_rules.reading import read_rule
from insights.services.segment_rules.wording import rule_in_words
from insights.services.segment_titles import segment_title, segment_titles, traits_in_words
from learning.proposal_admin import decisions_on
from learning.staff_pages import EMPTY, StaffAdmin, chip, figure, percent, person

KIND_TONES = {"rules": "info", "rfm": "", "cluster": "good", "look_alike": "warn"}
ROWS_PER_PAGE = 25
LONGEST_NAME = 120
LIST = "admin:insights_segment_changelist"


@admin.register(Segment)
class SegmentAdmin(StaffAdmin):
    list_display = ("title", "kind_label", "size_label", "change_label", "value_label", "counted")
    list_filter = ("kind", "is_active")
    search_fields = ("name_en", "name_zh_hans")
    search_help_text = gettext_lazy("Name")
    actions = ()
    ordering = ("-is_active", "kind", "pk")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Those that the shop keeps would be there again after the next night.
        allowed = bool(super().has_delete_permission(request, obj))
        return allowed and (obj is None or obj.kind in ("rules", "look_alike"))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Several at once are not deleted by a slip.
        return {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        rows: QuerySet[Segment] = super().get_queryset(request)
        days = SegmentDay.objects.filter(segment=OuterRef("pk")).order_by("-day")
        edge = timezone.localdate() - timedelta(days=7)
        return rows.annotate(
            revenue=Subquery(days.values("revenue_90_days_minor")[:1]),
            size_before=Subquery(
                days.filter(day__lte=edge).values("size")[:1], output_field=IntegerField()
            ),
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        titles = segment_titles(found.result_list)
        for one in found.result_list:
            one.shown_title = titles[one.pk]
        return found

    @admin.display(description=gettext_lazy("name"))
    def title(self, segment: Any) -> str:
        return str(segment.shown_title)

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, segment: Segment) -> SafeString:
        if not segment.is_active:
            return chip("off", _("not kept"), {"off": ""})
        return chip(segment.kind, segment.get_kind_display(), KIND_TONES)

    @admin.display(description=gettext_lazy("customers"), ordering="size")
    def size_label(self, segment: Segment) -> str:
        if segment.refreshed_at is None and segment.is_active:
            return _("being counted")
        return shown_size(segment.size)

    @admin.display(description=gettext_lazy("in 7 days"))
    def change_label(self, segment: Any) -> str:
        before = segment.size_before
        if before is None or is_hidden(before) or is_hidden(segment.size):
            return EMPTY
        return signed(segment.size - before)

    @admin.display(description=gettext_lazy("revenue of 90 days"), ordering="revenue")
    def value_label(self, segment: Any) -> str:
        if segment.revenue is None or is_hidden(segment.size):
            return EMPTY
        return format_money(segment.revenue, settings.CURRENCY)

    @admin.display(description=gettext_lazy("last counted"), ordering="refreshed_at")
    def counted(self, segment: Segment) -> str:
        if segment.refreshed_at is None:
            return EMPTY
        return date_format(timezone.localtime(segment.refreshed_at), "SHORT_DATETIME_FORMAT")

    def get_urls(self) -> list[URLPattern]:
        def own(route: str, view: Any, name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"insights_segment_{name}")

        return [
            own("<int:segment_id>/edit/", self.edit_view, "edit"),
            own("<int:segment_id>/export/", require_POST(self.export_view), "export"),
            own("<int:segment_id>/why/<int:customer_id>/", self.why_view, "why"),
            *super().get_urls(),
        ]

    # One segment

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        segment = self._get(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": segment_title(segment),
            "page": self._page(request, segment, read_standing(segment)),
        }
        return TemplateResponse(request, "insights/staff/segment.html", context)

    def _page(self, request: HttpRequest, segment: Segment, standing: Standing) -> SegmentPage:
        can_see = request.user.has_perm("customers.view_user")
        members = Paginator(members_of(segment), ROWS_PER_PAGE).get_page(request.GET.get("p"))
        return SegmentPage(
            segment=segment,
            kind=chip(segment.kind, segment.get_kind_display(), KIND_TONES),
            words=rule_words(segment),
            traits=traits_in_words(segment.traits) if segment.kind == "cluster" else [],
            problem=rule_problem(segment),
            is_waiting=segment.is_active and segment.refreshed_at is None,
            is_hidden=standing.is_hidden,
            floor=floor(),
            facts=facts_of(standing),
            chart=size_chart(standing),
            joined=[
                (str(one.customer), day_text(one.since), self._why(segment, one.customer_id))
                for one in standing.joined
            ],
            left=[
                (str(one.customer), day_text(one.left_at), self._why(segment, one.customer_id))
                for one in standing.left
            ],
            members=members,
            rows=self._rows(segment, members) if can_see else [],
            can_see_customers=can_see,
            can_edit=self.has_change_permission(request, segment),
            can_export=request.user.has_perm("insights.export_segment"),
            edit_url=reverse("admin:insights_segment_edit", args=[segment.pk]),
            export_url=reverse("admin:insights_segment_export", args=[segment.pk]),
            decisions=decisions_on(segment)[:10],
        )

    def _rows(self, segment: Segment, members: Any) -> list[MemberRow]:
        found = list(members)
        bought = orders_of([one.customer_id for one in found])
        rows = []
        for one in found:
            orders, spent = bought.get(one.customer_id, (0, 0))
            rows.append(
                MemberRow(
                    name=str(one.customer),
                    url=reverse("admin:customers_user_change", args=[one.customer_id]),
                    why=self._why(segment, one.customer_id),
                    since=day_text(one.since),
                    orders=figure(orders),
                    spent=format_money(spent, settings.CURRENCY),
                    confidence="" if one.confidence is None else percent(one.confidence),
                )
            )
        return rows

    def _why(self, segment: Segment, customer_id: int) -> str:
        return reverse("admin:insights_segment_why", args=[segment.pk, customer_id])

    # Its rule

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._edit(request, Segment())

    def edit_view(self, request: HttpRequest, segment_id: int) -> HttpResponse:
        segment = self._get(request, segment_id)
        if not self.has_change_permission(request, segment):
            raise PermissionDenied
        return self._edit(request, segment)

    def _edit(self, request: HttpRequest, segment: Segment) -> HttpResponse:
        """One page for making and changing. Nothing is kept before the button that says so."""
        is_by_hand = segment.kind == Segment.Kind.RULES
        is_post = request.method == "POST"
        raw = read_form(request.POST) if is_post else segment.rule or dict(EMPTY_RULE)
        names = _names(request, segment)
        problems: dict[str, str] = {}
        said: list[str] = []
        if is_post and request.POST.get("do") == "save":
            try:
                return self._save(request, segment, raw, names)
            except InvalidRuleError as error:
                problems = error.problems
                said = list(dict.fromkeys(problems.values()))
            except InsightsError as error:
                said = [str(error)]
            except ValueError as error:
                said = [str(error)]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": segment_title(segment) if segment.pk else _("New segment"),
            "page": self._editor(request, segment, raw, names, problems, said, is_by_hand),
        }
        # A script asks for the tree alone, to change the page in place.
        is_part = request.headers.get("X-Fragment") == "rule"
        template = (
            "insights/staff/_rule_editor.html" if is_part else "insights/staff/segment_edit.html"
        )
        return TemplateResponse(request, template, context)

    def _save(
        self, request: HttpRequest, segment: Segment, raw: Any, names: dict[str, str]
    ) -> HttpResponse:
        seeks = request.POST.get("seeks_look_alikes") == "on"
        if segment.kind != Segment.Kind.RULES:
            segments.rename_segment(segment=segment, names=names, seeks_look_alikes=seeks)
        else:
            if not any(names.values()):
                raise ValueError(_("Give the segment a name."))
            segments.save_segment(
                segment=segment,
                names=names,
                note=request.POST.get("note", "").strip()[:500],
                rule=raw,
                is_active=request.POST.get("is_active") == "on",
                seeks_look_alikes=seeks,
                user=person(request),  # type: ignore[arg-type]  # the shop's own user
            )
        messages.success(request, _("Saved; the customers are being counted."))
        return HttpResponseRedirect(reverse("admin:insights_segment_change", args=[segment.pk]))

    def _editor(
        self,
        request: HttpRequest,
        segment: Segment,
        raw: Any,
        names: dict[str, str],
        problems: dict[str, str],
        said: list[str],
        is_by_hand: bool,
    ) -> EditorPage:
        words = size = ""
        sample: list[tuple[str, str]] = []
        if is_by_hand:
            try:
                rule = read_rule(raw)
            except InvalidRuleError as error:
                problems = problems or error.problems
                size = _("The rule is not complete yet.")
            else:
                words = rule_in_words(rule)
                preview = segments.preview(rule, moment=timezone.now())
                size = shown_size(preview.size)
                if request.user.has_perm("customers.view_user"):
                    sample = [
                        (str(one), reverse("admin:customers_user_change", args=[one.pk]))
                        for one in preview.sample
                    ]
        is_post = request.method == "POST"
        back = (
            reverse("admin:insights_segment_change", args=[segment.pk])
            if segment.pk
            else reverse(LIST)
        )
        return EditorPage(
            segment=segment,
            is_by_hand=is_by_hand,
            names=[(f"name_{code}", str(title), names[code]) for code, title in settings.LANGUAGES],
            note=request.POST.get("note", "") if is_post else segment.note,
            is_active=(request.POST.get("is_active") == "on" if is_post else segment.is_active),
            seeks_look_alikes=(
                request.POST.get("seeks_look_alikes") == "on"
                if is_post
                else segment.seeks_look_alikes
            ),
            tree=EditorView(problems if is_post else {}).node(raw) if is_by_hand else None,
            problems=said,
            words=words,
            size=size,
            sample=sample,
            back_url=back,
        )

    # One customer

    def why_view(self, request: HttpRequest, segment_id: int, customer_id: int) -> HttpResponse:
        segment = self._get(request, segment_id)
        if not request.user.has_perm("customers.view_user") or is_hidden(segment.size):
            raise PermissionDenied
        customer = User.objects.customers().filter(pk=customer_id).first()
        if customer is None:
            raise Http404
        if request.method == "POST":
            return self._correct(request, segment, customer)
        reasons = read_reasons(segment, customer)
        explanation = reasons.membership.explanation if reasons.membership else {}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": segment_title(segment),
            "page": WhyPage(
                segment=segment,
                customer=customer,
                customer_url=reverse("admin:customers_user_change", args=[customer.pk]),
                segment_url=reverse("admin:insights_segment_change", args=[segment.pk]),
                facts=rfm_facts(customer),
                reasons=reasons,
                factors=factors_of(explanation),
                can_edit=self.has_change_permission(request, segment),
                decisions=decisions_on(reasons.correction) if reasons.correction else [],
            ),
        }
        return TemplateResponse(request, "insights/staff/segment_why.html", context)

    def _correct(self, request: HttpRequest, segment: Segment, customer: User) -> HttpResponse:
        if not self.has_change_permission(request, segment):
            raise PermissionDenied
        decision = request.POST.get("decision")
        user: Any = person(request)
        if decision == "withdraw":
            correction = SegmentCorrection.objects.filter(
                segment=segment, customer=customer
            ).first()
            if correction is not None:
                segments.withdraw_correction(correction=correction, user=user)
                messages.success(request, _("The segment decides by itself again."))
        elif decision in {"in", "out"}:
            segments.correct_membership(
                segment=segment,
                customer=customer,
                is_member=decision == "in",
                user=user,
                reason=request.POST.get("reason", "").strip(),
            )
            messages.success(request, _("Kept as you said, whatever the rule or model says."))
        segment.refresh_from_db()
        if is_hidden(segment.size):
            return HttpResponseRedirect(reverse("admin:insights_segment_change", args=[segment.pk]))
        return HttpResponseRedirect(request.path)

    # Its hashes

    def export_view(self, request: HttpRequest, segment_id: int) -> HttpResponse:
        segment = self._get(request, segment_id)
        if not request.user.has_perm("insights.export_segment"):
            raise PermissionDenied
        user: Any = person(request)
        try:
            hashes = audiences.export_audience(segment=segment, user=user)
        except InsightsError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:insights_segment_change", args=[segment.pk]))
        answer = HttpResponse(
            "email_sha256\r\n" + "".join(f"{one}\r\n" for one in hashes),
            content_type="text/csv; charset=utf-8",
        )
        answer.headers["Content-Disposition"] = f'attachment; filename="segment-{segment.pk}.csv"'
        return answer

    def _get(self, request: HttpRequest, key: Any) -> Segment:
        if not self.has_view_permission(request):
            raise PermissionDenied
        segment = Segment.objects.filter(pk=key).first() if str(key).isdigit() else None
        if segment is None:
            raise Http404
        return segment


def _names(request: HttpRequest, segment: Segment) -> dict[str, str]:
    if request.method == "POST":
        return {
            code: request.POST.get(f"name_{code}", "").strip()[:LONGEST_NAME]
            for code, _title in settings.LANGUAGES
        }
    return {
        code: getattr(segment, f"name_{code.replace('-', '_')}") or ""
        for code, _title in settings.LANGUAGES
    }
