"""How long rows of each arm take to fill: a guardrail that visitors feel before they click.

Counted in classes of milliseconds, in each process, and handed to the shared cache now and then:
what is not handed over when a process ends is lost, and no page waits for it.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from threading import Lock
from typing import Any, Final

from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

# Upper bounds of the classes, in milliseconds; the last class is open.
BOUNDS: Final = (0.5, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987)
HANDED_OVER_EVERY: Final = 20.0
KEPT_SECONDS: Final = 8 * 86_400
# Fewer calls have no believable slowest twentieth.
FEWEST: Final = 200
# Slower by so much at the slowest twentieth is a warning.
SLOWER: Final = 1.25

_counts: Counter[str] = Counter()
_last = 0.0
_lock = Lock()


@contextmanager
def timed(label: str) -> Iterator[None]:
    """label: of the arm. Around what fills a row."""
    start = time.perf_counter()
    try:
        yield
    finally:
        count(label, 1000 * (time.perf_counter() - start))


def count(label: str, milliseconds: float) -> None:
    global _last
    at = next((at for at, bound in enumerate(BOUNDS) if milliseconds <= bound), len(BOUNDS))
    now = time.monotonic()
    with _lock:
        _counts[_name(label, timezone.localdate(), at)] += 1
        if now - _last < HANDED_OVER_EVERY:
            return
        _last = now
        waiting = dict(_counts)
        _counts.clear()
    _hand_over(waiting)


def hand_over() -> None:
    """Now, whatever the time is."""
    with _lock:
        waiting = dict(_counts)
        _counts.clear()
    _hand_over(waiting)


def read_speed(experiment_key: str, arm_keys: Sequence[str], *, day: date) -> dict[str, Any]:
    """By arm: calls of the day, and the bounds that half and 95 of 100 stay below, in ms."""
    names = {
        key: [_name(f"{experiment_key}:{key}", day, at) for at in range(len(BOUNDS) + 1)]
        for key in arm_keys
    }
    try:
        found = cache.get_many([name for each in names.values() for name in each])
    except RedisError:
        return {}
    answer = {}
    for key, classes in names.items():
        counts = [int(found.get(name, 0)) for name in classes]
        if sum(counts):
            answer[key] = {
                "n": sum(counts),
                "p50": _below(counts, 0.5),
                "p95": _below(counts, 0.95),
            }
    return answer


def is_slower(speed: dict[str, Any], *, control: str, arm: str) -> bool:
    """Whether the arm's slowest twentieth is worse than the control's by more than a quarter."""
    one, two = speed.get(control), speed.get(arm)
    if not one or not two or min(one["n"], two["n"]) < FEWEST:
        return False
    return bool(two["p95"] > SLOWER * one["p95"])


def _below(counts: Sequence[int], share: float) -> float:
    """The bound by a straight line inside the class; the open class answers with its start."""
    wanted, passed, low = share * sum(counts), 0, 0.0
    for at, count_of_class in enumerate(counts):
        high = BOUNDS[at] if at < len(BOUNDS) else BOUNDS[-1]
        if count_of_class and passed + count_of_class >= wanted:
            return round(low + (high - low) * (wanted - passed) / count_of_class, 2)
        passed += count_of_class
        low = high
    return float(BOUNDS[-1])


def _hand_over(counts: dict[str, int]) -> None:
    try:
        for name, n in counts.items():
            cache.add(name, 0, KEPT_SECONDS)
            cache.incr(name, n)
    except (RedisError, ValueError):
        # ValueError: it went between the two calls. A few timings are lost, no page is.
        return


def _name(label: str, day: date, at: int) -> str:
    return f"recommendations:speed:{label}:{day}:{at}"
