"""The list in Redis where events wait to be stored, so that no page waits for the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from uuid import uuid4

from django.conf import settings
from redis import Redis
from redis.exceptions import ResponseError

WAITING = "insights:interactions"
BATCHES = "insights:interactions:batches"
# About 30 MB. When nobody takes events out, the oldest are lost rather than the memory.
MOST_WAITING = 100_000


@cache
def _client() -> Redis:
    return Redis.from_url(
        settings.CACHE_URL, decode_responses=True, socket_connect_timeout=1, socket_timeout=2
    )


def put(entries: Sequence[str]) -> None:
    """Add entries at the end. Raises RedisError when there is no server."""
    pipeline = _client().pipeline()
    pipeline.rpush(WAITING, *entries)
    pipeline.ltrim(WAITING, -MOST_WAITING, -1)
    pipeline.execute()


def waiting() -> int:
    """How many entries nobody has taken yet."""
    return int(_client().llen(WAITING))


@contextmanager
def taken() -> Iterator[Iterator[list[str]]]:
    """Everything that waits, in lots; it is gone when the block ends without an error.

    What waits is moved aside under a name of its own in one step. A process that dies over such a
    batch leaves it behind, and the next one takes it again, so an entry can come twice, never not
    at all.
    """
    client = _client()
    batch = f"{BATCHES}:{uuid4().hex}"
    pipeline = client.pipeline()
    pipeline.sadd(BATCHES, batch)
    pipeline.rename(WAITING, batch)
    _, moved = pipeline.execute(raise_on_error=False)
    if isinstance(moved, ResponseError):
        # Nothing waits: there is no list to rename.
        client.srem(BATCHES, batch)
    batches = sorted(str(name) for name in client.smembers(BATCHES))
    yield _lots(client, batches)
    if batches:
        finish = client.pipeline()
        finish.delete(*batches)
        finish.srem(BATCHES, *batches)
        finish.execute()


def _lots(client: Redis, batches: Sequence[str], size: int = 1_000) -> Iterator[list[str]]:
    for batch in batches:
        start = 0
        while lot := client.lrange(batch, start, start + size - 1):
            yield [str(entry) for entry in lot]
            start += size
