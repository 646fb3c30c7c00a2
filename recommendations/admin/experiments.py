"""Staff pages of experiments: the list, the draft, what is known so far, and the decision."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline

from inventory.admin.exports import csv_file
from learning.staff_pages import EMPTY, StaffAdmin, chip, person
from recommendations.admin.experiment_page import (
    STANDING_TONES,
    STATUS_TONES,
    export_rows,
    placement_title,
    read_draft,
    read_page,
    standing_of,
)
from recommendations.errors import PlacementSettingsError, RecommendationsError
from recommendations.models import Experiment, ExperimentArm, ExperimentDay, PlacementCode
from recommendations.services import experiments_reading, experiments_running
from recommendations.services.placement_settings import checked

RUN = "recommendations.run_experiment"


class ExperimentForm(forms.ModelForm):  # type: ignore[type-arg]  # of the stubs, not at run time
    class Meta:
        model = Experiment
        fields = "__all__"  # noqa: DJ007  # the page names its fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Absent where the page only shows.
        if "placement" in self.fields:
            self.fields["placement"] = forms.ChoiceField(
                label=self.fields["placement"].label,
                choices=PlacementCode.choices,
                widget=forms.Select(attrs={"class": "zg-input"}),
            )
        if "hypothesis" in self.fields:
            self.fields["hypothesis"].widget.attrs["rows"] = 3


class ArmForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ExperimentArm
        fields = ("key", "name", "is_control", "share", "settings")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "settings" in self.fields:
            self.fields["settings"].widget.attrs["rows"] = 4

    def clean_settings(self) -> Any:
        settings = self.cleaned_data["settings"] or {}
        if not isinstance(settings, dict):
            raise forms.ValidationError(_("Names and values in braces are needed."))
        try:
            checked(settings)
        except PlacementSettingsError as error:
            raise forms.ValidationError(str(error)) from None
        return settings


class ArmInline(TabularInline):
    model = ExperimentArm
    form = ArmForm
    extra = 2
    max_num = experiments_running.MOST_ARMS
    fields = ("key", "name", "is_control", "share", "settings")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj is not None else self.extra

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_open(obj) and bool(super().has_change_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_open(obj) and bool(super().has_add_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_open(obj) and bool(super().has_delete_permission(request, obj))


@admin.register(Experiment)
class ExperimentAdmin(StaffAdmin):
    form = ExperimentForm
    inlines = (ArmInline,)
    change_form_outer_before_template = "recommendations/staff/experiment.html"
    list_display = ("title_shown", "place", "method", "status_label", "stands", "since")
    list_filter = ("status", "method", "is_demo")
    search_fields = ("title", "key", "placement", "hypothesis")
    fieldsets = (
        (None, {"fields": ("title", "key", "hypothesis", "placement", "method")}),
        (
            gettext_lazy("What decides"),
            {"fields": ("metric", "smallest_effect_percent", "error_percent", "window_days")},
        ),
        (
            gettext_lazy("Who takes part"),
            {"fields": ("traffic_percent", "planned_visitors", "exploration_percent")},
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        steps = {
            "start": self.start_view,
            "stop": self.stop_view,
            "read": self.read_view,
            "adopt": self.adopt_view,
            "export": self.export_view,
        }
        return [
            *(
                path(
                    f"<int:row_id>/{step}/",
                    wrap(view),
                    name=f"recommendations_experiment_{step}",
                )
                for step, view in steps.items()
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        rows: QuerySet[Experiment] = super().get_queryset(request)
        newest = ExperimentDay.objects.filter(experiment=OuterRef("experiment")).order_by("-day")
        days = ExperimentDay.objects.filter(pk=Subquery(newest.values("pk")[:1]))
        return rows.select_related("adopted").prefetch_related(
            "arms",
            Prefetch(
                "days",
                queryset=days.prefetch_related("readings", "estimates"),
                to_attr="newest_days",
            ),
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What is compared must not change while it is compared.
        return _is_open(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_open(obj) and bool(super().has_delete_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: Experiment, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = person(request)  # type: ignore[assignment]  # staff are users
        super().save_model(request, obj, form, change)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        own: dict[str, Any] = {}
        experiment = self.get_object(request, object_id) if object_id.isdecimal() else None
        if isinstance(experiment, Experiment) and request.method == "GET":
            may_run = request.user.has_perm(RUN)
            if experiment.status == Experiment.Status.DRAFT:
                own["draft"] = read_draft(experiment, may_run=may_run)
            else:
                own["result"] = read_page(experiment, may_run=may_run)
        answer: HttpResponseBase = super().change_view(
            request, object_id, form_url, {**own, **(extra_context or {})}
        )
        return answer

    @admin.display(description=gettext_lazy("title"), ordering="title")
    def title_shown(self, row: Experiment) -> SafeString | str:
        if not row.is_demo:
            return row.title
        return format_html("{} {}", row.title, chip("demo", _("demo"), {"demo": "info"}))

    @admin.display(description=gettext_lazy("placement"), ordering="placement")
    def place(self, row: Experiment) -> str:
        return placement_title(row.placement)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, row: Experiment) -> SafeString:
        return chip(row.status, row.get_status_display(), STATUS_TONES)

    @admin.display(description=gettext_lazy("what is known"))
    def stands(self, row: Experiment) -> SafeString | str:
        if row.status == Experiment.Status.DRAFT:
            return EMPTY
        verdict = standing_of(row)
        return format_html(
            "{} {}",
            chip(verdict.standing, STANDINGS[verdict.standing], STANDING_TONES),
            verdict.short,
        )

    @admin.display(description=gettext_lazy("running since"), ordering="started_at")
    def since(self, row: Experiment) -> str:
        if row.started_at is None:
            return EMPTY
        return date_format(timezone.localtime(row.started_at), "SHORT_DATE_FORMAT")

    def start_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def work(experiment: Experiment) -> str:
            started = experiments_running.start(experiment=experiment, user=person(request))
            planned = number_format(started.planned_visitors or 0, force_grouping=True)
            return _("Running. About %(n)s visitors are planned.") % {"n": planned}

        return self._step(request, row_id, work)

    def stop_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def work(experiment: Experiment) -> str:
            experiments_running.stop(experiment=experiment, user=person(request))
            return _("Stopped. Everybody sees the placement as it is.")

        return self._step(request, row_id, work)

    def read_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def work(experiment: Experiment) -> str:
            yesterday = timezone.localdate() - timedelta(days=1)
            experiments_reading.read_experiment(experiment, as_of=yesterday)
            return _("Read up to last night.")

        return self._step(request, row_id, work)

    def adopt_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def work(experiment: Experiment) -> str:
            typed = request.POST.get("arm", "")
            # The keys of this experiment's own arms are few and known; anything else is no arm.
            arm = next((one for one in experiment.arms.all() if str(one.pk) == typed), None)
            if arm is None:
                raise Http404
            experiments_running.adopt(
                arm=arm, user=person(request), reason=request.POST.get("reason", "")[:500]
            )
            return _("Adopted: “%(arm)s”. The placement is set up like it.") % {"arm": arm}

        return self._step(request, row_id, work)

    def export_view(self, request: HttpRequest, row_id: int) -> HttpResponseBase:
        experiment = Experiment.objects.prefetch_related("arms").filter(pk=row_id).first()
        if experiment is None:
            raise Http404
        if not self.has_view_permission(request, experiment):
            raise PermissionDenied
        heads, rows = export_rows(experiment)
        return csv_file(f"experiment-{experiment.key}", heads, rows)

    def _step(
        self, request: HttpRequest, row_id: int, work: Callable[[Experiment], str]
    ) -> HttpResponse:
        here = HttpResponseRedirect(
            reverse("admin:recommendations_experiment_change", args=[row_id])
        )
        if request.method != "POST":
            return here
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        experiment = Experiment.objects.prefetch_related("arms").filter(pk=row_id).first()
        if experiment is None:
            raise Http404
        try:
            messages.success(request, work(experiment))
        except RecommendationsError as error:
            messages.error(request, str(error))
        return here


STANDINGS = {
    "not_read": gettext_lazy("nothing read yet"),
    "broken": gettext_lazy("not to be believed"),
    "too_few": gettext_lazy("too few visitors"),
    "better": gettext_lazy("better than today"),
    "worse": gettext_lazy("worse than today"),
    "open": gettext_lazy("not known yet"),
    "alike": gettext_lazy("no difference that matters"),
}


def _is_open(experiment: Any) -> bool:
    return experiment is None or experiment.status == Experiment.Status.DRAFT
