"""Names for the catalogue as it stands, which change whenever customers may see it differently.

Whatever was made from the catalogue and kept (parts of pages, counts of facets) is kept under its
name, and so is never shown after a price, a stock state or a publication changed. What shows no
products, such as the bar with its categories, is kept under the name of the frame, which changes
more seldom: a shop that sells has new prices and ratings all day.

The names lie in the shared cache, so all processes learn of a change. With the cache down there
are no names, and nothing is kept.
"""

import time
import uuid
from collections.abc import Sequence
from typing import Final

import structlog
from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

_CATALOGUE: Final = "catalog:version"
_FRAME: Final = "catalog:frame-version"
_ALL: Final = (_CATALOGUE, _FRAME)
# A page needs the names several times; asking the cache each time costs more than the rest of it.
# A page sent this long before a change is as old as one sent that long after it.
KNOWN_SECONDS = 0.1
# A server that does not answer is not asked again for so long: each try may cost a time-out.
QUIET_SECONDS = 5.0

logger = structlog.get_logger(__name__)
# The names that were last heard, and until when they are believed.
_heard: tuple[dict[str, str], float] = ({}, 0.0)


def catalogue_version() -> str:
    """The name of the catalogue as it stands; empty while the cache does not answer.

    Ask before reading what is to be kept under it, never after.
    """
    return _known().get(_CATALOGUE, "")


def frame_version() -> str:
    """The same for categories, static pages and words: what stands around the products."""
    return _known().get(_FRAME, "")


def renew_catalogue_version() -> None:
    """Say that customers may now see other products, once the transaction has been committed."""
    transaction.on_commit(lambda: _renew([_CATALOGUE]), robust=True)


def renew_shop_version() -> None:
    """Say that anything on any page may now be another, once the transaction was committed."""
    transaction.on_commit(lambda: _renew(_ALL), robust=True)


def forget_catalogue_version() -> None:
    """Ask the cache the next time, as after it was emptied."""
    global _heard
    _heard = ({}, 0.0)


def _known() -> dict[str, str]:
    global _heard
    versions, until = _heard
    if time.monotonic() < until:
        return versions
    versions = _ask()
    _heard = (versions, time.monotonic() + (KNOWN_SECONDS if versions else QUIET_SECONDS))
    return versions


def _ask() -> dict[str, str]:
    """All names, or none."""
    try:
        found = cache.get_many(_ALL)
        if len(found) < len(_ALL):
            # Of two processes that find none, both take the one that was first.
            for key in _ALL:
                cache.add(key, uuid.uuid4().hex, None)
            found = cache.get_many(_ALL)
    except RedisError:
        return {}
    return found if len(found) == len(_ALL) else {}


def _renew(keys: Sequence[str]) -> None:
    try:
        cache.set_many({key: uuid.uuid4().hex for key in keys}, None)
    except RedisError:
        # Nothing that is kept outlives its own term, see `storefront.fragments`.
        logger.warning("catalogue_version_not_renewed")
    forget_catalogue_version()
