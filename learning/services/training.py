"""Retraining: from collecting data to a published or a rejected version."""

import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from learning import artefacts, registry, serving
from learning.algorithms.gate import meets
from learning.claims import claimant, give_up_lost
from learning.decisions import record_decision
from learning.errors import AlreadyTrainingError, DamagedArtefactError, NotEnoughDataError
from learning.models import Anomaly, Decision, GateResult, ModelVersion, TrainingRun
from learning.pipeline import AnomalyReport, Criterion, Evaluation, Pipeline
from learning.services.publishing import next_number, publish_version

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured on one hold-out."""

    candidate: Evaluation
    baseline: Evaluation
    active: Evaluation | None


def retrain(
    name: str,
    *,
    as_of: date,
    trigger: TrainingRun.Trigger = TrainingRun.Trigger.SCHEDULE,
    user_id: int | None = None,
) -> TrainingRun:
    """Learn a pipeline anew and publish it when it passes its gate.

    A run that dies on the way leaves the active version as it was. Too little data is an
    outcome, not an error.

    Raises UnknownPipelineError, AlreadyTrainingError, and whatever a stage raised, after the
    run was marked as failed.
    """
    pipeline = registry.get(name).load_pipeline()
    run = _begin(name, as_of=as_of, trigger=trigger, user_id=user_id)
    cpu_at_start = time.process_time()
    try:
        version = _learn(pipeline, run)
    except NotEnoughDataError as error:
        _finish(run, TrainingRun.Status.NOT_ENOUGH_DATA, str(error), cpu_at_start)
    except BaseException as error:
        _finish(run, TrainingRun.Status.FAILED, f"{type(error).__name__}: {error}", cpu_at_start)
        raise
    else:
        passed = version.status == ModelVersion.Status.ACTIVE
        status = TrainingRun.Status.PUBLISHED if passed else TrainingRun.Status.REJECTED
        _finish(run, status, "", cpu_at_start)
    return run


def due(name: str, *, as_of: date) -> bool:
    """Whether a pipeline's last finished run is older than its rhythm asks for."""
    pipeline = registry.get(name).load_pipeline()
    last = (
        TrainingRun.objects.of(name)
        .filter(
            status__in=[
                TrainingRun.Status.PUBLISHED,
                TrainingRun.Status.REJECTED,
                TrainingRun.Status.NOT_ENOUGH_DATA,
            ]
        )
        .aggregate(day=Max("as_of"))["day"]
    )
    return last is None or as_of >= last + timedelta(days=pipeline.retrain_every_days)


def _begin(
    name: str, *, as_of: date, trigger: TrainingRun.Trigger, user_id: int | None
) -> TrainingRun:
    give_up_lost(TrainingRun.objects.of(name).running(), status=TrainingRun.Status.LOST)
    try:
        with transaction.atomic():
            return TrainingRun.objects.create(
                pipeline=name,
                as_of=as_of,
                trigger=trigger,
                triggered_by_id=user_id,
                **claimant(),
            )
    except IntegrityError:
        raise AlreadyTrainingError(name) from None


def _finish(
    run: TrainingRun, status: TrainingRun.Status, message: str, cpu_at_start: float
) -> None:
    run.status = status
    run.message = message
    run.cpu_seconds = round(time.process_time() - cpu_at_start, 3)
    run.peak_memory_mb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    run.finished_at = timezone.now()
    run.save()
    logger.info("retrained", run=str(run), status=status, cpu_seconds=run.cpu_seconds)


def _stage(run: TrainingRun, stage: str) -> None:
    run.stage = stage
    run.save(update_fields=["stage", "heartbeat_at"])


def _learn(pipeline: Pipeline[Any, Any, Any], run: TrainingRun) -> ModelVersion:
    _stage(run, "collect")
    raw, provenance = pipeline.collect(run.as_of)
    run.rows = provenance.rows
    run.first_day = provenance.first_day
    run.last_day = provenance.last_day
    run.fingerprint = provenance.fingerprint
    run.save()

    _stage(run, "clean")
    raw, reports = pipeline.clean(raw)
    _keep_anomalies(run, reports)

    _stage(run, "build_features")
    features = pipeline.build_features(raw)
    training, holdout = pipeline.split(features)

    _stage(run, "train")
    model = pipeline.train(training)

    _stage(run, "evaluate")
    figures = Figures(
        candidate=pipeline.evaluate(model, holdout),
        baseline=pipeline.evaluate(pipeline.train_baseline(training), holdout),
        active=_evaluate_active(pipeline, holdout),
    )

    _stage(run, "gate")
    gates = judge(pipeline.criteria, figures)
    passed = all(gate.passed for gate in gates)
    if passed and pipeline.refit_on_everything:
        model = pipeline.train(features)

    _stage(run, "register")
    version = _register(pipeline, run, model, figures, gates, passed=passed)
    if not passed:
        record_decision(
            action=Decision.Action.REFUSE,
            subject=version,
            done={"failed": [gate.metric for gate in gates if not gate.passed]},
            reason="gate",
        )
        return version

    _stage(run, "publish")
    return publish_version(version=version, model=model, as_of=run.as_of, reason="gate")


def _keep_anomalies(run: TrainingRun, reports: Sequence[AnomalyReport]) -> None:
    found = [report.check for report in reports if report.rows]
    # The newest run says it again: one open row for each check, not one for each night.
    Anomaly.objects.open().filter(run__pipeline=run.pipeline, check_name__in=found).update(
        seen_at=timezone.now()
    )
    Anomaly.objects.bulk_create(
        Anomaly(
            source=f"{run.pipeline} #{run.pk}",
            run=run,
            check_name=report.check,
            handling=report.handling,
            rows=report.rows,
            detail=report.detail,
            examples=list(report.examples)[:20],
        )
        for report in reports
        if report.rows
    )


def _evaluate_active(pipeline: Pipeline[Any, Any, Any], holdout: Any) -> Evaluation | None:
    active = ModelVersion.objects.of(pipeline.name).active().first()
    if active is None:
        return None
    try:
        return pipeline.evaluate(serving.load_version(active), holdout)
    except DamagedArtefactError as error:
        # A version that cannot be read cannot hold back a better one.
        logger.error("active_version_unreadable", version=str(active), reason=error.reason)
        return None


def judge(criteria: Sequence[Criterion], figures: Figures) -> list[GateResult]:
    """One unsaved result per criterion that applies."""
    results = []
    for criterion in criteria:
        bound, higher_is_better = _bound(criterion, figures)
        if bound is None:
            continue
        value = figures.candidate.metrics.get(criterion.metric)
        results.append(
            GateResult(
                metric=criterion.metric,
                sense=(GateResult.Sense.AT_LEAST if higher_is_better else GateResult.Sense.AT_MOST),
                value=value,
                bound=bound,
                reference=criterion.reference,
                passed=meets(value, bound, higher_is_better=higher_is_better),
            )
        )
    return results


def _bound(criterion: Criterion, figures: Figures) -> tuple[float | None, bool]:
    if criterion.reference == GateResult.Reference.FIXED:
        if criterion.at_least is not None:
            return criterion.at_least - criterion.slack, True
        if criterion.at_most is not None:
            return criterion.at_most + criterion.slack, False
        raise ValueError(f"the criterion on {criterion.metric} names no bound")
    reference = (
        figures.baseline if criterion.reference == GateResult.Reference.BASELINE else figures.active
    )
    if reference is None or criterion.metric not in reference.metrics:
        return None, criterion.higher_is_better
    value = reference.metrics[criterion.metric]
    allowance = -criterion.slack if criterion.higher_is_better else criterion.slack
    return value + allowance, criterion.higher_is_better


def _register(
    pipeline: Pipeline[Any, Any, Any],
    run: TrainingRun,
    model: Any,
    figures: Figures,
    gates: Sequence[GateResult],
    *,
    passed: bool,
) -> ModelVersion:
    stored = artefacts.store(
        pipeline=pipeline.name, data=model.to_bytes(), file_format=model.format
    )
    with transaction.atomic():
        version = ModelVersion.objects.create(
            pipeline=pipeline.name,
            number=next_number(pipeline.name),
            status=ModelVersion.Status.CANDIDATE if passed else ModelVersion.Status.REJECTED,
            run=run,
            as_of=run.as_of,
            file=stored.name,
            format=model.format,
            sha256=stored.sha256,
            size_bytes=stored.size_bytes,
            metrics=_plain(figures.candidate.metrics),
            baseline_metrics=_plain(figures.baseline.metrics),
            previous_metrics=_plain(figures.active.metrics) if figures.active else {},
            group_metrics={
                group: _plain(metrics) for group, metrics in figures.candidate.groups.items()
            },
            parameters=dict(pipeline.parameters(model)),
        )
        for gate in gates:
            gate.version = version
        GateResult.objects.bulk_create(gates)
    return version


def _plain(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in metrics.items()}
