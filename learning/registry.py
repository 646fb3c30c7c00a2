"""Which pipelines the shop has, by dotted path: nothing heavy is loaded before it is used."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.module_loading import import_string

from learning.errors import UnknownPipelineError
from learning.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Registration:
    """Where the parts of one pipeline live.

    pipeline: class that trains; may import training libraries, loaded in workers only.
    model: class that serves; imports numpy or onnxruntime at most.
    fallback: class made without arguments that answers until something is published.
    shipped: folder with `manifest.json` and the first version, or None.
    """

    name: str
    title: str | Promise
    pipeline: str
    model: str
    fallback: str
    shipped: Path | None = None

    def load_pipeline(self) -> Pipeline[Any, Any, Any]:
        loaded: Pipeline[Any, Any, Any] = import_string(self.pipeline)()
        return loaded

    def load_model_class(self) -> Any:
        return import_string(self.model)

    def load_fallback(self) -> Any:
        return import_string(self.fallback)()


_registrations: dict[str, Registration] = {}


def register(registration: Registration) -> None:
    """Called from `AppConfig.ready()`; a second registration of a name replaces the first."""
    _registrations[registration.name] = registration


def get(name: str) -> Registration:
    """Raises UnknownPipelineError."""
    try:
        return _registrations[name]
    except KeyError:
        raise UnknownPipelineError(name) from None


def registered() -> Iterator[Registration]:
    """Every registration, by name."""
    for name in sorted(_registrations):
        yield _registrations[name]
