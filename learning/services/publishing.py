"""Which version serves: publish, roll back, install what ships with the program."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import structlog
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from learning import artefacts, registry, serving
from learning.decisions import record_decision
from learning.errors import DamagedArtefactError, NotPublishableError
from learning.jobs import send_on_commit
from learning.models import Decision, ModelVersion

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
    """Publish the version that was active before the present one.

    Raises NotPublishableError when there is none.
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


def refresh_stale_rows(*, as_of: date) -> int:
    """Finish what a publication that died after the switch had left to do."""
    stale = ModelVersion.objects.active().filter(refreshed_at__isnull=True)
    for version in stale:
        publish_version(version=version, as_of=as_of)
    return len(stale)


def install_shipped_versions(*, as_of: date) -> list[ModelVersion]:
    """Register the first versions that come with the program, where nothing is active yet."""
    return list(_install(as_of))


def _install(as_of: date) -> Iterator[ModelVersion]:
    for registration in registry.registered():
        if registration.shipped is None:
            continue
        if ModelVersion.objects.of(registration.name).exists():
            continue
        manifest = json.loads((registration.shipped / "manifest.json").read_text())
        data = (registration.shipped / manifest["file"]).read_bytes()
        stored = artefacts.store(
            pipeline=registration.name, data=data, file_format=manifest["format"]
        )
        if stored.sha256 != manifest["sha256"]:
            raise DamagedArtefactError(registration.name, reason="its hash is another")
        version = ModelVersion.objects.create(
            pipeline=registration.name,
            number=1,
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
        yield publish_version(version=version, as_of=as_of, reason="shipped")
