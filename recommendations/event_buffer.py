"""The list in Redis where showings and clicks of creatives wait to be counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from redis import Redis
from redis.exceptions import LockError, ResponseError

WAITING: Final = "campaigns:events"
BATCHES: Final = "campaigns:events:batches"
COUNTING: Final = "campaigns:events:counting"
OPENED: Final = "campaigns:opened"
# When nobody takes them out, the oldest are lost rather than the memory: 0.3 kB each.
MOST_WAITING: Final = 50_000
_COUNTING_SECONDS: Final = 60
_OPENED_SECONDS: Final = 90 * 24 * 3600


@cache
def _client() -> Redis:
    return Redis.from_url(
        settings.CACHE_URL, decode_responses=True, socket_connect_timeout=1, socket_timeout=2
    )


def put(entry: str) -> None:
    """Raises RedisError when there is no server."""
    pipeline = _client().pipeline(transaction=False)
    pipeline.rpush(WAITING, entry)
    pipeline.ltrim(WAITING, -MOST_WAITING, -1)
    pipeline.execute()


def put_opened(creative_id: int, *, once: str) -> None:
    """once: of the letter; opened again, it counts no more. Raises RedisError."""
    client = _client()
    if client.set(f"{OPENED}:{once}", 1, nx=True, ex=_OPENED_SECONDS):
        client.hincrby(OPENED, str(creative_id), 1)


def take_opened() -> dict[int, int]:
    """Counts by creative since they were taken last."""
    client = _client()
    batch = f"{OPENED}:{uuid4().hex}"
    try:
        client.rename(OPENED, batch)
    except ResponseError:
        return {}
    counts: Any = client.hgetall(batch)
    client.delete(batch)
    return {int(creative_id): int(count) for creative_id, count in counts.items()}


@contextmanager
def taken() -> Iterator[Iterator[list[str]]]:
    """Everything that waits, in lots; a lot is gone when the next one is asked for.

    One process at a time takes, others find nothing. A process that dies over a batch leaves it
    behind, and it is taken again: an entry can come twice, never not at all.
    """
    client = _client()
    lock = client.lock(COUNTING, timeout=_COUNTING_SECONDS, blocking=False)
    if not lock.acquire():
        yield iter(())
        return
    try:
        yield _lots(client, lock)
    finally:
        _release(lock)


def _release(lock: Any) -> None:
    try:
        lock.release()
    except LockError:
        # It expired while a batch took longer than it lasts.
        return


def _lots(client: Redis, lock: Any, size: int = 500) -> Iterator[list[str]]:
    for batch in _batches(client):
        while lot := client.lrange(batch, 0, size - 1):
            yield [str(entry) for entry in lot]
            client.ltrim(batch, len(lot), -1)
            lock.reacquire()
        client.srem(BATCHES, batch)


def _batches(client: Redis) -> Iterator[str]:
    """What was left behind, then what waits."""
    yield from sorted(str(name) for name in client.smembers(BATCHES))
    batch = f"{BATCHES}:{uuid4().hex}"
    pipeline = client.pipeline()
    pipeline.sadd(BATCHES, batch)
    pipeline.rename(WAITING, batch)
    _, moved = pipeline.execute(raise_on_error=False)
    if isinstance(moved, ResponseError):
        client.srem(BATCHES, batch)
        return
    yield batch
