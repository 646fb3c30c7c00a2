"""How often one visitor may send a form."""

import time
from typing import Any

from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.throttling import SimpleRateThrottle


class CountedThrottle(SimpleRateThrottle):
    """Counts in the cache in one step, so that attempts at the same moment are all counted.

    A term begins with the first attempt; those that are refused count too. With the cache down
    nobody is refused.
    """

    num_requests: int
    duration: int

    def allow_request(self, request: Any, view: Any) -> bool:
        key = None if self.rate is None else self.get_cache_key(request, view)
        if key is None:
            return True
        self.key = f"{key}:count"
        return self._count() <= self.num_requests

    def wait(self) -> float:
        """Seconds until the term is over."""
        try:
            until = float(self.cache.get(f"{self.key}:until") or 0)
        except RedisError:
            until = 0.0
        return max(1.0, until - time.time())

    def _count(self) -> int:
        try:
            self.cache.add(self.key, 0, self.duration)
            count = int(self.cache.incr(self.key))
            if count == 1:
                self.cache.set(f"{self.key}:until", time.time() + self.duration, self.duration)
                # What expired between the two steps was made again without a term.
                self.cache.touch(self.key, self.duration)
        except (RedisError, ValueError):
            return 0
        return count


class _Limit(CountedThrottle):
    def __init__(self, *, scope: str, rate: str) -> None:
        self.scope = scope
        self.rate = rate
        super().__init__()

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"form:{self.scope}:{self.get_ident(request)}"


def is_too_often(request: HttpRequest, *, form: str, rate: str) -> bool:
    """Counts this attempt, over all processes. With the cache down nobody is refused.

    rate: such as "10/hour".
    """
    limit: Any = _Limit(scope=form, rate=rate)
    # It reads the address alone, which every request of Django has.
    return not limit.allow_request(request, None)
