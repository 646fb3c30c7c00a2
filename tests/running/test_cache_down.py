"""The shop without its cache."""

import pytest
from structlog.testing import capture_logs

from ecomsite import caches
from ecomsite.caches import TolerantRedisCache


def test_a_cache_that_is_down_is_told_of_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "_silent_until", 0.0)
    cache = TolerantRedisCache("redis://127.0.0.1:1/0", {})
    with capture_logs() as told:
        assert [cache.get("key", 7), cache.get("key", 8)] == [7, 8]
        assert [line["event"] for line in told] == ["cache_does_not_answer"]
        monkeypatch.setattr(caches, "_silent_until", 0.0)
        cache.get("key")
    assert len(told) == 2
