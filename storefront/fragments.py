"""What pages show to everybody alike, kept until the catalogue changes.

    html = kept("categories", make=lambda: render_to_string(...))
    shown = kept("category", slug, ordering, make=lambda: ...)

What is kept holds nothing of the visitor: no token of a form, no name, no cart. It lies in the
memory of the process, under the version of the catalogue (see `catalog.services.versions`), the
language and what the caller names; the least used make room. What shows no products is kept under
the version of the frame instead. With the cache server down everything is made anew.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from django.utils.translation import get_language

from catalog.services.versions import catalogue_version, frame_version

T = TypeVar("T")

# Pages, and words and pieces of them; a list of 24 cards is 40 kB.
MOST_KEPT = 600
# A process that dies between its commit and the new version leaves the old one standing that long.
KEPT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Any
    version: str
    until: float


class Fragments:
    """What one process keeps, shared by its threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, *, version: str) -> Any:
        """None where nothing is kept of this version."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.version != version or kept.until < time.monotonic():
                return None
            self._kept.move_to_end(key)
            return kept.value

    def put(self, key: Hashable, value: Any, *, version: str) -> None:
        with self._lock:
            self._kept[key] = _Entry(value, version, time.monotonic() + KEPT_SECONDS)
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)


_fragments = Fragments(MOST_KEPT)


def kept(*names: Hashable, make: Callable[[], T], version: str | None = None) -> T:
    """What `make` gave under these names in the present language; it is not asked twice.

    `make` may raise: nothing is kept then. It never gives None. version: what `catalogue_version`
    said before the caller read anything that `make` uses; without one it is asked here.
    """
    return _kept(catalogue_version() if version is None else version, names, make)


def kept_frame(*names: Hashable, make: Callable[[], T]) -> T:
    """The same for what shows no products: it outlives new prices."""
    return _kept(frame_version(), ("frame", *names), make)


def _kept(version: str, names: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    if not version:
        return make()
    key = (get_language(), *names)
    value: T | None = _fragments.get(key, version=version)
    if value is None:
        value = make()
        _fragments.put(key, value, version=version)
    return value
