"""The list in Redis where events wait to be stored, so that no page waits for the database.

Beside it stand the counts of the hour, and how much each client sent in the last minute.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from redis import Redis
from redis.exceptions import LockError, ResponseError

WAITING: Final = "insights:interactions"
BATCHES: Final = "insights:interactions:batches"
FLUSHING: Final = "insights:interactions:flushing"
COUNTS: Final = "insights:counts"
CHANGED_HOURS: Final = "insights:counts:changed"
SENT: Final = "insights:sent"
# An event is 0.2 to 0.5 kB. When nobody takes events out, the oldest are lost rather than the
# memory; as many again may lie in a batch that the database would not take.
MOST_WAITING = 100_000
# Within so many seconds a client may send so many events; several people share an address.
TERM_SECONDS: Final = 60
MOST_OF_VISITOR = 600
MOST_OF_ADDRESS = 3_000
_COUNTS_SECONDS: Final = 3 * 24 * 3600
_FLUSHING_SECONDS: Final = 120

# One step for all that a message of events needs: is it too much, else keep it and count it.
_OFFER: Final = """
local n = tonumber(ARGV[1])
local refused = false
for i = 4, #KEYS do
  local sent = redis.call('INCRBY', KEYS[i], n)
  if sent == n then redis.call('EXPIRE', KEYS[i], ARGV[3]) end
  if sent > tonumber(ARGV[i + 2]) then refused = true end
end
redis.call('HINCRBY', KEYS[2], refused and 'refused|' or 'events|', n)
redis.call('EXPIRE', KEYS[2], ARGV[4])
redis.call('SADD', KEYS[3], ARGV[5])
if refused then return 0 end
for i = #KEYS + 3, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1)
return 1
"""


@dataclass(frozen=True, slots=True)
class Client:
    """Who sends: names that say nothing to anybody who reads them."""

    visitor: str
    address: str


@cache
def _client() -> Redis:
    return Redis.from_url(
        settings.CACHE_URL, decode_responses=True, socket_connect_timeout=1, socket_timeout=2
    )


@cache
def _offer() -> Any:
    return _client().register_script(_OFFER)


def offer(entries: Sequence[str], *, client: Client, hour: str) -> bool:
    """Add entries at the end unless this client sent too much in the last minute.

    hour: under which they are counted. Raises RedisError when there is no server.
    """
    keys = [
        *(WAITING, f"{COUNTS}:{hour}", CHANGED_HOURS),
        *(f"{SENT}:v:{client.visitor}", f"{SENT}:a:{client.address}"),
    ]
    limits = [MOST_OF_VISITOR, MOST_OF_ADDRESS]
    head = [len(entries), MOST_WAITING, TERM_SECONDS, _COUNTS_SECONDS, hour]
    return bool(_offer()(keys=keys, args=[*head, *limits, *entries], client=_client()))


def put(entries: Sequence[str], counts: Mapping[tuple[str, str], int] | None = None) -> None:
    """Add entries at the end, and numbers to counts, named by hour and what is counted.

    Raises RedisError when there is no server.
    """
    pipeline = _client().pipeline(transaction=False)
    if entries:
        pipeline.rpush(WAITING, *entries)
        pipeline.ltrim(WAITING, -MOST_WAITING, -1)
    for (hour, counted), number in (counts or {}).items():
        pipeline.hincrby(f"{COUNTS}:{hour}", counted, number)
    for hour in {hour for hour, _counted in counts or {}}:
        pipeline.expire(f"{COUNTS}:{hour}", _COUNTS_SECONDS)
        pipeline.sadd(CHANGED_HOURS, hour)
    pipeline.execute()


def waiting() -> int:
    """How many entries nobody has taken yet."""
    return int(_client().llen(WAITING))


def newest(most: int) -> list[str]:
    """The entries that came last, for whoever watches; they stay where they are."""
    return [str(entry) for entry in _client().lrange(WAITING, -most, -1)]


def take_changed_hours() -> list[str]:
    """Hours whose counts grew since this was asked last."""
    hours: Any = _client().spop(CHANGED_HOURS, 1_000) or []
    return sorted(str(hour) for hour in hours)


def leave_changed_hours(hours: Sequence[str]) -> None:
    """What could not be stored is asked for again."""
    if hours:
        _client().sadd(CHANGED_HOURS, *hours)


def read_counts(hour: str) -> dict[str, int]:
    """Of a whole hour so far: by what is counted, a bar and the kind of page."""
    counts: Any = _client().hgetall(f"{COUNTS}:{hour}")
    return {str(counted): int(number) for counted, number in counts.items()}


@contextmanager
def taken() -> Iterator[Iterator[list[str]]]:
    """Everything that waits, in lots; a lot is gone when the next one is asked for.

    One process at a time takes, others find nothing. What waits is moved aside under a name of its
    own in one step. A process that dies over such a batch, or a database that does not take it,
    leaves it behind, and it is taken again before anything else: an entry can come twice, never
    not at all, and no more than one batch lies aside.
    """
    client = _client()
    lock = client.lock(FLUSHING, timeout=_FLUSHING_SECONDS, blocking=False)
    if not lock.acquire():
        yield iter(())
        return
    try:
        yield _lots(client, lock)
    finally:
        # It expired while a batch took longer than it lasts.
        _release(lock)


def _release(lock: Any) -> None:
    try:
        lock.release()
    except LockError:
        return


def _lots(client: Redis, lock: Any, size: int = 1_000) -> Iterator[list[str]]:
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
        # Nothing waits: there is no list to rename.
        client.srem(BATCHES, batch)
        return
    yield batch
