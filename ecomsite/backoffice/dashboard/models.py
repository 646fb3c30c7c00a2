"""Each model's quality against its promise and its baseline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from learning import registry
from learning.models import DriftReport, GateResult, ModelVersion, TrainingRun
from learning.staff_pages import figure
from learning.wording import code_name

DRIFT_TONES = {"steady": "good", "watch": "warn", "alarm": "bad"}
RUN_TONES = {
    "running": "info",
    "published": "good",
    "rejected": "warn",
    "failed": "bad",
    "lost": "bad",
}


@dataclass(frozen=True, slots=True)
class ModelHealth:
    """One pipeline. Without an active version the baseline answers."""

    title: str
    version: str
    url: str
    since: date | None
    metric: str
    promised: str
    baseline: str
    live: str
    state: str
    state_tone: str
    last_run: str
    last_run_tone: str
    last_run_message: str
    is_damaged: bool


def read_models() -> list[ModelHealth]:
    """Three queries for all pipelines."""
    active = {
        version.pipeline: version
        for version in ModelVersion.objects.active().prefetch_related("gates")
    }
    newest_report = (
        DriftReport.objects.filter(version=OuterRef("version"))
        .order_by("-measured_on", "-pk")
        .values("pk")[:1]
    )
    reports = {
        report.version_id: report
        for report in DriftReport.objects.filter(
            version__status=ModelVersion.Status.ACTIVE, pk=Subquery(newest_report)
        )
    }
    newest_run = (
        TrainingRun.objects.filter(pipeline=OuterRef("pipeline"))
        .order_by("-started_at", "-pk")
        .values("pk")[:1]
    )
    runs = {run.pipeline: run for run in TrainingRun.objects.filter(pk=Subquery(newest_run))}
    return [
        _health(
            registration,
            active.get(registration.name),
            reports=reports,
            run=runs.get(registration.name),
        )
        for registration in registry.registered()
    ]


def _health(
    registration: registry.Registration,
    version: ModelVersion | None,
    *,
    reports: Mapping[int, DriftReport],
    run: TrainingRun | None,
) -> ModelHealth:
    metric = None if version is None else headline_metric(version)
    report = None if version is None else reports.get(version.pk)

    def of(figures: Mapping[str, Any] | None) -> str:
        return figure(figures.get(metric) if figures and metric else None)

    return ModelHealth(
        title=str(registration.title),
        version="" if version is None else f"v{version.number}",
        url=(
            f"{reverse('admin:learning_trainingrun_changelist')}?pipeline={registration.name}"
            if version is None
            else reverse("admin:learning_modelversion_change", args=[version.pk])
        ),
        since=(
            timezone.localdate(version.published_at) if version and version.published_at else None
        ),
        metric="" if metric is None else code_name(metric),
        promised=of(version.metrics if version else None),
        baseline=of(version.baseline_metrics if version else None),
        live=of(report.live if report else None),
        state="" if report is None else str(report.get_status_display()),
        state_tone="" if report is None else DRIFT_TONES[report.status],
        last_run="" if run is None else str(run.get_status_display()),
        last_run_tone="" if run is None else RUN_TONES.get(run.status, ""),
        last_run_message="" if run is None else run.message[:200],
        is_damaged=version is not None and version.damaged_at is not None,
    )


def headline_metric(version: ModelVersion) -> str | None:
    """The figure that the gate compares with the baseline, else the first that both have."""
    for gate in version.gates.all():
        if gate.reference == GateResult.Reference.BASELINE:
            return gate.metric
    shared = (metric for metric in version.metrics if metric in version.baseline_metrics)
    return next(shared, next(iter(version.metrics), None))
