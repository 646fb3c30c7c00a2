"""Staff pages of models: versions, training runs, anomalies, drift and the log of decisions."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateFilter

from learning import registry
from learning.errors import LearningError, UnknownPipelineError
from learning.jobs import send_now
from learning.models import Anomaly, Decision, DriftReport, GateResult, ModelVersion, TrainingRun
from learning.services import publishing
from learning.services.anomalies import mark_seen
from learning.staff_pages import (
    EMPTY,
    ReadOnlyAdmin,
    chip,
    facts_table,
    figure,
    figures_table,
    person,
)
from learning.wording import code_name

VERSION_TONES = {"active": "good", "candidate": "info", "rejected": "bad", "retired": ""}
RUN_TONES = {
    "running": "info",
    "published": "good",
    "rejected": "warn",
    "not_enough_data": "",
    "failed": "bad",
    "lost": "bad",
}
DRIFT_TONES = {"steady": "good", "watch": "warn", "alarm": "bad"}
HANDLING_TONES = {"kept": "", "repaired": "info", "dropped": "warn"}
ACTION_TONES = {
    "accept": "good",
    "approve": "good",
    "publish": "good",
    "correct": "info",
    "reject": "bad",
    "refuse": "bad",
    "cancel": "bad",
    "roll_back": "warn",
}


def pipeline_title(name: str) -> str:
    """What a pipeline is called; its code where no app registers it any more."""
    try:
        return str(registry.get(name).title)
    except UnknownPipelineError:
        return name


def group_name(code: str) -> str:
    """ "language:zh" -> "language: Chinese"."""
    return ": ".join(code_name(part) for part in code.split(":"))


class PipelineFilter(admin.SimpleListFilter):
    title = gettext_lazy("model")
    parameter_name = "pipeline"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(entry.name, str(entry.title)) for entry in registry.registered()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pipeline=self.value()) if self.value() else queryset


class GateInline(TabularInline):
    model = GateResult
    fields = ("metric_shown", "value_shown", "bound_shown", "compared_with", "passed")
    readonly_fields = fields
    extra = 0
    can_delete = False
    hide_title = True
    show_change_link = False
    verbose_name_plural = gettext_lazy("Gate")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("learning.view_modelversion"))

    @admin.display(description=gettext_lazy("figure"))
    def metric_shown(self, gate: GateResult) -> str:
        return code_name(gate.metric)

    @admin.display(description=gettext_lazy("reached"))
    def value_shown(self, gate: GateResult) -> str:
        return figure(gate.value)

    @admin.display(description=gettext_lazy("compared with"))
    def compared_with(self, gate: GateResult) -> str:
        return str(gate.get_reference_display())

    @admin.display(description=gettext_lazy("asked for"))
    def bound_shown(self, gate: GateResult) -> str:
        sign = "≥" if gate.sense == GateResult.Sense.AT_LEAST else "≤"
        return f"{sign} {figure(gate.bound)}"


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = (
        "title",
        "status_label",
        "as_of",
        "origin",
        "headline",
        "published_at",
        "health",
    )
    list_filter = ("status", PipelineFilter, "origin")
    search_fields = ("pipeline",)
    list_select_related = ("run",)
    actions = ("publish_selected", "roll_back_selected", "retrain_selected")
    fieldsets = (
        (None, {"fields": ("title", "status_label", "origin", "as_of", "run", "health")}),
        (gettext_lazy("Quality"), {"fields": ("quality", "groups")}),
        (gettext_lazy("Choices made in training"), {"fields": ("choices",)}),
        (
            gettext_lazy("File"),
            {"fields": ("format", "size", "sha256", "created_at", "published_at", "retired_at")},
        ),
    )

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Versions that came with the program passed their gate elsewhere."""
        return [GateInline] if obj is not None and obj.gates.exists() else []

    @admin.display(description=gettext_lazy("model"), ordering="pipeline")
    def title(self, version: ModelVersion) -> str:
        number = _("version %(number)d") % {"number": version.number}
        return f"{pipeline_title(version.pipeline)}, {number}"

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, version: ModelVersion) -> SafeString:
        return chip(version.status, version.get_status_display(), VERSION_TONES)

    @admin.display(description=gettext_lazy("quality against baseline"))
    def headline(self, version: ModelVersion) -> str:
        """The first figure of the gate that the baseline has too."""
        for metric, value in version.metrics.items():
            if metric in version.baseline_metrics:
                name = code_name(metric)
                return f"{name}: {figure(value)} / {figure(version.baseline_metrics[metric])}"
        return EMPTY

    @admin.display(description=gettext_lazy("file"))
    def health(self, version: ModelVersion) -> SafeString:
        if version.damaged_at is None:
            return chip("sound", _("sound"))
        return chip("damaged", _("damaged, not served"), {"damaged": "bad"})

    @admin.display(description=gettext_lazy("size"))
    def size(self, version: ModelVersion) -> str:
        return _("%(n)s kB") % {"n": figure(round(version.size_bytes / 1000))}

    @admin.display(description=gettext_lazy("on the hold-out"))
    def quality(self, version: ModelVersion) -> SafeString:
        return figures_table(
            (_("this version"), version.metrics),
            (_("baseline"), version.baseline_metrics),
            (_("version before"), version.previous_metrics),
        )

    @admin.display(description=gettext_lazy("by group"))
    def groups(self, version: ModelVersion) -> SafeString:
        return figures_table(
            *((group_name(group), figures) for group, figures in version.group_metrics.items())
        )

    @admin.display(description=gettext_lazy("parameters"))
    def choices(self, version: ModelVersion) -> SafeString:
        return facts_table(version.parameters.items())

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("learning.publish_modelversion"))

    @admin.action(description=gettext_lazy("Publish"), permissions=["publish"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        for version in queryset:
            try:
                publishing.switch_version(version=version, user=person(request))
            except LearningError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("%(version)s serves now.") % {"version": version})

    @admin.action(
        description=gettext_lazy("Roll back to the version before"), permissions=["publish"]
    )
    def roll_back_selected(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        for name in sorted(set(queryset.values_list("pipeline", flat=True))):
            try:
                version = publishing.switch_back(name=name, user=person(request))
            except LearningError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("%(version)s serves again.") % {"version": version})

    @admin.action(description=gettext_lazy("Retrain now"), permissions=["publish"])
    def retrain_selected(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        names = sorted(set(queryset.values_list("pipeline", flat=True)))
        for name in names:
            # No row asks for it, so no sweep would find it later.
            if not send_now(
                "learning.retrain", name, timezone.localdate().isoformat(), request.user.pk
            ):
                refused = _("“%(name)s” is not being retrained: the job queue does not answer.")
                messages.error(request, refused % {"name": pipeline_title(name)})
                return
        said = ngettext(
            "%(n)d model is being retrained; it appears under training runs.",
            "%(n)d models are being retrained; they appear under training runs.",
            len(names),
        )
        messages.success(request, said % {"n": len(names)})


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    list_display = (
        "title",
        "as_of",
        "status_label",
        "trigger",
        "rows_learned",
        "time_taken",
        "started_at",
    )
    list_filter = ("status", PipelineFilter, "trigger")
    search_fields = ("pipeline", "message")
    list_select_related = ("triggered_by",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "title",
                    "status_label",
                    "stage",
                    "message",
                    "as_of",
                    "trigger",
                    "triggered_by",
                    "version_link",
                )
            },
        ),
        (
            gettext_lazy("What it learned from"),
            {"fields": ("rows_learned", "first_day", "last_day", "fingerprint", "anomalies")},
        ),
        (
            gettext_lazy("What it took"),
            {"fields": ("cpu_seconds", "peak_memory_mb", "started_at", "finished_at")},
        ),
    )

    @admin.display(description=gettext_lazy("model"), ordering="pipeline")
    def title(self, run: TrainingRun) -> str:
        return pipeline_title(run.pipeline)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, run: TrainingRun) -> SafeString:
        return chip(run.status, run.get_status_display(), RUN_TONES)

    @admin.display(description=gettext_lazy("rows"), ordering="rows")
    def rows_learned(self, run: TrainingRun) -> str:
        return figure(run.rows)

    @admin.display(description=gettext_lazy("CPU time"), ordering="cpu_seconds")
    def time_taken(self, run: TrainingRun) -> str:
        if run.cpu_seconds is None:
            return EMPTY
        return _("%(n)s s") % {"n": figure(round(run.cpu_seconds, 1))}

    @admin.display(description=gettext_lazy("version"))
    def version_link(self, run: TrainingRun) -> SafeString | str:
        version = ModelVersion.objects.filter(run=run).first()
        return EMPTY if version is None else version_link(version)

    @admin.display(description=gettext_lazy("anomalies"))
    def anomalies(self, run: TrainingRun) -> SafeString:
        found = run.anomalies.all()
        return facts_table(
            (f"{code_name(row.check_name)} ({row.get_handling_display()})", row.rows)
            for row in found
        )


@admin.register(Anomaly)
class AnomalyAdmin(ReadOnlyAdmin):
    list_display = ("check_title", "handling_label", "rows_found", "source", "found_at", "state")
    list_filter = (("seen_at", admin.EmptyFieldListFilter), "handling", "check_name")
    search_fields = ("check_name", "source", "detail")
    list_select_related = ("run", "seen_by")
    actions = ("mark_as_seen",)
    fields = (
        "check_title",
        "handling_label",
        "rows_found",
        "detail",
        "examples_shown",
        "source",
        "run",
        "found_at",
        "seen_at",
        "seen_by",
    )

    @admin.display(description=gettext_lazy("check"), ordering="check_name")
    def check_title(self, anomaly: Anomaly) -> str:
        return code_name(anomaly.check_name)

    @admin.display(description=gettext_lazy("handling"), ordering="handling")
    def handling_label(self, anomaly: Anomaly) -> SafeString:
        return chip(anomaly.handling, anomaly.get_handling_display(), HANDLING_TONES)

    @admin.display(description=gettext_lazy("rows"), ordering="rows")
    def rows_found(self, anomaly: Anomaly) -> str:
        return figure(anomaly.rows)

    @admin.display(description=gettext_lazy("state"), ordering="seen_at")
    def state(self, anomaly: Anomaly) -> SafeString:
        if anomaly.seen_at is None:
            return chip("open", _("not seen yet"), {"open": "warn"})
        return chip("seen", _("seen"))

    @admin.display(description=gettext_lazy("examples"))
    def examples_shown(self, anomaly: Anomaly) -> SafeString:
        return facts_table(
            (position, ", ".join(map(str, row)) if isinstance(row, list) else row)
            for position, row in enumerate(anomaly.examples, start=1)
        )

    def has_see_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("learning.change_anomaly"))

    @admin.action(description=gettext_lazy("Mark as seen"), permissions=["see"])
    def mark_as_seen(self, request: HttpRequest, queryset: QuerySet[Anomaly]) -> None:
        n_seen = mark_seen(anomalies=queryset, user=person(request))
        said = ngettext("%(n)d anomaly marked.", "%(n)d anomalies marked.", n_seen)
        messages.success(request, said % {"n": n_seen})


@admin.register(DriftReport)
class DriftReportAdmin(ReadOnlyAdmin):
    list_display = ("title", "version", "measured_on", "status_label", "rows", "message")
    list_filter = ("status", ("measured_on", RangeDateFilter))
    search_fields = ("version__pipeline", "message")
    list_select_related = ("version",)
    fieldsets = (
        (None, {"fields": ("title", "version", "measured_on", "status_label", "message", "rows")}),
        (gettext_lazy("Promised and live"), {"fields": ("quality",)}),
        (gettext_lazy("Inputs against training"), {"fields": ("distances",)}),
    )

    @admin.display(description=gettext_lazy("model"), ordering="version__pipeline")
    def title(self, report: DriftReport) -> str:
        return pipeline_title(report.version.pipeline)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, report: DriftReport) -> SafeString:
        return chip(report.status, report.get_status_display(), DRIFT_TONES)

    @admin.display(description=gettext_lazy("quality"))
    def quality(self, report: DriftReport) -> SafeString:
        return figures_table((_("promised"), report.promised), (_("live"), report.live))

    @admin.display(description=gettext_lazy("distance"))
    def distances(self, report: DriftReport) -> SafeString:
        return facts_table(report.inputs.items())


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("action_label", "subject_label", "who", "version", "reason", "decided_at")
    list_filter = ("action", ("decided_at", RangeDateFilter), ("user", admin.EmptyFieldListFilter))
    search_fields = ("subject_label", "reason")
    list_select_related = ("user", "version")
    fields = (
        "action_label",
        "subject_label",
        "who",
        "version",
        "proposed_shown",
        "done_shown",
        "reason",
        "decided_at",
    )

    @admin.display(description=gettext_lazy("action"), ordering="action")
    def action_label(self, decision: Decision) -> SafeString:
        return chip(decision.action, decision.get_action_display(), ACTION_TONES)

    @admin.display(description=gettext_lazy("who"), ordering="user")
    def who(self, decision: Decision) -> str:
        return str(decision.user) if decision.user else _("the shop itself")

    @admin.display(description=gettext_lazy("proposed"))
    def proposed_shown(self, decision: Decision) -> SafeString:
        return facts_table(decision.proposed.items())

    @admin.display(description=gettext_lazy("done"))
    def done_shown(self, decision: Decision) -> SafeString:
        return facts_table(decision.done.items())


def version_link(version: ModelVersion) -> SafeString:
    address = reverse("admin:learning_modelversion_change", args=[version.pk])
    return format_html('<a class="zg-link" href="{}">{}</a>', address, version)
