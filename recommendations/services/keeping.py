"""What a process remembers of the shop for a short while, so that each page need not ask again.

    best = kept("popular", make=read_best_sellers)           # until the catalogue changes
    rules = kept_settings("placements", make=read_settings)  # until staff change something

As in `storefront.fragments`, what is kept lies under the name of the catalogue or of the frame as
they stand; with the cache down nothing is kept.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final, TypeVar

from catalog.services.versions import catalogue_version, frame_version

T = TypeVar("T")

# Lists of best sellers by category are the most of it: a few kB each.
MOST_KEPT: Final = 500
# A process that dies between its commit and the new name leaves the old one standing that long.
KEPT_SECONDS: Final = 60.0

_entries: OrderedDict[Hashable, tuple[str, float, Any]] = OrderedDict()
_lock = Lock()


def kept(*names: Hashable, make: Callable[[], T]) -> T:
    """What `make` gave under these names; it follows prices, stock and publications."""
    return _kept(catalogue_version(), names, make)


def kept_settings(*names: Hashable, make: Callable[[], T]) -> T:
    """The same for what staff set up, which outlives new prices."""
    return _kept(frame_version(), ("settings", *names), make)


def forget() -> None:
    with _lock:
        _entries.clear()


def _kept(version: str, names: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    if not version:
        return make()
    now = time.monotonic()
    with _lock:
        entry = _entries.get(names)
        if entry is not None and entry[0] == version and entry[1] > now:
            _entries.move_to_end(names)
            known: T = entry[2]
            return known
    value = make()
    with _lock:
        _entries[names] = (version, now + KEPT_SECONDS, value)
        _entries.move_to_end(names)
        while len(_entries) > MOST_KEPT:
            _entries.popitem(last=False)
    return value
