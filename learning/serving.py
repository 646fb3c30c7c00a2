"""Models ready to answer, one per process and version."""

import zipfile
from dataclasses import dataclass
from typing import Any

import structlog
from django.utils import timezone

from learning import artefacts, registry
from learning.algorithms import arrays
from learning.errors import DamagedArtefactError
from learning.models import ModelVersion

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """A model and the version it came from; no version means that the baseline answers."""

    model: Any
    version: ModelVersion | None

    @property
    def is_baseline(self) -> bool:
        return self.version is None


_loaded: dict[str, Served] = {}


def load(name: str) -> Served:
    """The active version of a pipeline, from this process's cache or from its file.

    A file that is damaged or cannot be read is refused, marked on its version, and the version
    before it answers. With nothing left, the pipeline's fallback does.

    Raises UnknownPipelineError.
    """
    registration = registry.get(name)
    for version in ModelVersion.objects.of(name).servable()[:5]:
        cached = _loaded.get(name)
        if cached is not None and _is_of(cached, version):
            return cached
        try:
            model = load_version(version)
        except DamagedArtefactError as error:
            logger.error("model_refused", version=str(version), reason=error.reason)
            ModelVersion.objects.filter(pk=version.pk).update(damaged_at=timezone.now())
            continue
        served = Served(model=model, version=version)
        _loaded[name] = served
        return served
    return Served(model=registration.load_fallback(), version=None)


def _is_of(served: Served, version: ModelVersion) -> bool:
    # The hash as well: keys come again in a database that was restored or rolled back.
    return served.version == version and served.version.sha256 == version.sha256


def load_version(version: ModelVersion) -> Any:
    """The model of one particular version, not cached. Raises DamagedArtefactError."""
    model_class = registry.get(version.pipeline).load_model_class()
    mapped = model_class.format == arrays.FORMAT
    data = artefacts.read_mapped(version) if mapped else artefacts.read(version)
    try:
        return model_class.from_bytes(data)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        # Whole, but written by a program that knew another layout.
        raise DamagedArtefactError(str(version), reason="this program cannot read it") from error
