"""Which version serves: publish, roll back, install what ships with the program."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import structlog
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from learning import artefacts, registry, serving
from learning.claims import give_up_lost
from learning.decisions import record_decision
from learning.errors import DamagedArtefactError, LearningError, NotPublishableError
from learning.jobs import send_on_commit
from learning.models import Decision, ModelVersion, TrainingRun

logger = structlog.get_logger(__name__)


def publish_version(
    *,
    version: ModelVersion,
    as_of: date,
    model: Any = None,
    user: AbstractBaseUser | None = None,
    action: Decision.Action = Decision.Action.PUBLISH,
    reason: str = "",
) -> ModelVersion:
    """Make a version the active one, then refresh the rows that pages read.

    The switch is one transaction; the refresh comes after it and is repeated by
    `refresh_stale_rows` when the process dies in between. Publishing the active version again
    only refreshes its rows.

    Raises NotPublishableError for a version that failed its gate or whose file is damaged.
    """
    if model is None:
        model = _load_publishable(version)
    if version.status != ModelVersion.Status.ACTIVE:
        _activate(version, user=user, action=action, reason=reason)
    _refresh(version, model=model, as_of=as_of)
    return version


def switch_version(
    *,
    version: ModelVersion,
    user: AbstractBaseUser,
    action: Decision.Action = Decision.Action.PUBLISH,
    reason: str = "",
) -> ModelVersion:
    """Make a version the active one at once and leave the rows that pages read to a job.

    Raises NotPublishableError.
    """
    _load_publishable(version)
    with transaction.atomic():
        _activate(version, user=user, action=action, reason=reason)
        send_on_commit("learning.sweep_stale_rows")
    return version


def switch_back(*, name: str, user: AbstractBaseUser, reason: str = "") -> ModelVersion:
    """`roll_back` for a person who waits: the rows that pages read follow by a job.

    Raises NotPublishableError when there is no earlier version.
    """
    return switch_version(
        version=_version_before(name), user=user, action=Decision.Action.ROLL_BACK, reason=reason
    )


def _load_publishable(version: ModelVersion) -> Any:
    if version.status == ModelVersion.Status.REJECTED:
        raise NotPublishableError(str(version), reason="it failed its gate")
    try:
        return serving.load_version(version)
    except DamagedArtefactError as error:
        raise NotPublishableError(str(version), reason=error.reason) from error


@transaction.atomic
def _activate(
    version: ModelVersion,
    *,
    user: AbstractBaseUser | None,
    action: Decision.Action,
    reason: str,
) -> None:
    now = timezone.now()
    before = ModelVersion.objects.of(version.pipeline).active().first()
    ModelVersion.objects.of(version.pipeline).active().update(
        status=ModelVersion.Status.RETIRED, retired_at=now
    )
    version.status = ModelVersion.Status.ACTIVE
    version.published_at = now
    version.retired_at = None
    version.refreshed_at = None
    version.damaged_at = None
    version.save()
    record_decision(
        action=action,
        subject=version,
        user=user,
        version=version,
        proposed={"instead_of": str(before) if before else None},
        done={"metrics": version.metrics},
        reason=reason,
    )


def _refresh(version: ModelVersion, *, model: Any, as_of: date) -> None:
    pipeline = registry.get(version.pipeline).load_pipeline()
    rows = pipeline.publish(version=version, model=model, as_of=as_of)
    version.refreshed_at = timezone.now()
    version.save(update_fields=["refreshed_at"])
    logger.info("published", version=str(version), rows=rows)


def roll_back(
    *, name: str, as_of: date, user: AbstractBaseUser | None = None, reason: str = ""
) -> ModelVersion:
    """Publish the version numbered before the active one, of those that were ever published.

    Doing so twice goes two versions back. Raises NotPublishableError when there is none.
    """
    return publish_version(
        version=_version_before(name),
        as_of=as_of,
        user=user,
        action=Decision.Action.ROLL_BACK,
        reason=reason,
    )


def _version_before(name: str) -> ModelVersion:
    previous = (
        ModelVersion.objects.of(name).servable().exclude(status=ModelVersion.Status.ACTIVE).first()
    )
    if previous is None:
        raise NotPublishableError(name, reason="there is no earlier version")
    return previous


def refresh_stale_rows() -> int:
    """Finish what a publication that died after the switch had left to do; returns how many.

    Pipelines that are being trained right now are left alone: their run is about to refresh the
    rows itself. A version that cannot be published does not hold up the others.
    """
    refreshed = 0
    for version in ModelVersion.objects.active().filter(refreshed_at__isnull=True):
        runs = TrainingRun.objects.of(version.pipeline)
        give_up_lost(runs.running(), status=TrainingRun.Status.LOST)
        if runs.running().exists():
            continue
        try:
            publish_version(version=version, as_of=_last_known_day(version))
        except LearningError as error:
            logger.error("rows_not_refreshed", version=str(version), error=str(error))
        else:
            refreshed += 1
    return refreshed


def _last_known_day(version: ModelVersion) -> date:
    """The newest day that the pipeline learned from.

    It is not today where a history was imported that ends long ago.
    """
    last: date | None = TrainingRun.objects.of(version.pipeline).aggregate(day=Max("as_of"))["day"]
    return version.as_of if last is None else max(last, version.as_of)


def next_number(pipeline: str) -> int:
    last = ModelVersion.objects.of(pipeline).aggregate(number=Max("number"))["number"]
    return int(last or 0) + 1


def install_shipped_versions(*, as_of: date) -> list[ModelVersion]:
    """Publish the first versions that come with the program, where nothing ever was published."""
    return list(_install(as_of))


def _install(as_of: date) -> Iterator[ModelVersion]:
    for registration in registry.registered():
        if registration.shipped is None:
            continue
        versions = ModelVersion.objects.of(registration.name)
        if versions.filter(published_at__isnull=False).exists():
            continue
        # There already when a process was killed before it came to publishing.
        version = versions.filter(
            origin=ModelVersion.Origin.SHIPPED, status=ModelVersion.Status.CANDIDATE
        ).first()
        if version is None:
            version = _register_shipped(registration.name, registration.shipped)
        yield publish_version(version=version, as_of=as_of, reason="shipped")


def _register_shipped(name: str, folder: Path) -> ModelVersion:
    manifest = json.loads((folder / "manifest.json").read_text())
    data = (folder / manifest["file"]).read_bytes()
    stored = artefacts.store(pipeline=name, data=data, file_format=manifest["format"])
    if stored.sha256 != manifest["sha256"]:
        raise DamagedArtefactError(name, reason="its hash is another")
    return ModelVersion.objects.create(
        pipeline=name,
        number=next_number(name),
        origin=ModelVersion.Origin.SHIPPED,
        as_of=date.fromisoformat(manifest["trained_on"]),
        file=stored.name,
        format=manifest["format"],
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        metrics=manifest["metrics"],
        baseline_metrics=manifest["baseline_metrics"],
        group_metrics=manifest.get("group_metrics", {}),
        parameters=manifest.get("parameters", {}),
    )
