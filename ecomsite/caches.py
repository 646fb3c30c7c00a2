"""The cache, which the shop can do without."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)
T = TypeVar("T")

TOLD_EVERY_SECONDS = 30.0
_silent_until = 0.0


class TolerantRedisCache(RedisCache):
    """Redis; while it is down nothing is found and nothing is kept, and no page fails over it.

    Limits that are counted here then refuse nobody.
    """

    def add(self, *args: Any, **options: Any) -> bool:
        return self._attempt(lambda: super(TolerantRedisCache, self).add(*args, **options), True)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._attempt(
            lambda: super(TolerantRedisCache, self).get(key, default, version), default
        )

    def set(self, *args: Any, **options: Any) -> None:
        self._attempt(lambda: super(TolerantRedisCache, self).set(*args, **options), None)

    def touch(self, *args: Any, **options: Any) -> bool:
        return self._attempt(lambda: super(TolerantRedisCache, self).touch(*args, **options), False)

    def delete(self, *args: Any, **options: Any) -> bool:
        return self._attempt(
            lambda: super(TolerantRedisCache, self).delete(*args, **options), False
        )

    def get_many(self, *args: Any, **options: Any) -> dict[Any, Any]:
        return self._attempt(lambda: super(TolerantRedisCache, self).get_many(*args, **options), {})

    def has_key(self, *args: Any, **options: Any) -> bool:
        return self._attempt(
            lambda: super(TolerantRedisCache, self).has_key(*args, **options), False
        )

    def incr(self, key: Any, *args: Any, **options: Any) -> int:
        try:
            return super().incr(key, *args, **options)
        except RedisError as error:
            _tell(error)
            # As for a key that is not there.
            raise ValueError(f"Key '{key}' not found.") from error

    def set_many(self, *args: Any, **options: Any) -> list[Any]:
        return self._attempt(lambda: super(TolerantRedisCache, self).set_many(*args, **options), [])

    def delete_many(self, *args: Any, **options: Any) -> None:
        self._attempt(lambda: super(TolerantRedisCache, self).delete_many(*args, **options), None)

    def clear(self) -> None:
        self._attempt(lambda: super(TolerantRedisCache, self).clear(), None)

    @staticmethod
    def _attempt(act: Callable[[], T], otherwise: T) -> T:
        try:
            return act()
        except RedisError as error:
            _tell(error)
            return otherwise


def _tell(error: RedisError) -> None:
    """Each request asks several times; it is said once in a while by each process."""
    global _silent_until
    now = time.monotonic()
    if now < _silent_until:
        return
    _silent_until = now + TOLD_EVERY_SECONDS
    logger.warning("cache_does_not_answer", error=str(error))
