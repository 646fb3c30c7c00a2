"""What a Celery worker tells about itself, and who reads it: alive, and serving which queues."""

import logging
import time
from typing import Any

from celery import bootsteps
from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
BEAT_EVERY_SECONDS = 10.0
# Three beats may be missed.
ALIVE_WITHIN_SECONDS = 30.0


class Heartbeat(bootsteps.StartStopStep):
    """Writes the time for each queue from the worker's own event loop.

    A loop that hangs stops writing; a thread beside it would go on.
    """

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.timer: Any = None

    def start(self, worker: Any) -> None:
        self.timer = worker.timer.call_repeatedly(BEAT_EVERY_SECONDS, self.beat, (worker,))
        self.beat(worker)

    def stop(self, worker: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def beat(self, worker: Any) -> None:
        try:
            write_heartbeat(worker.app.amqp.queues.consume_from)
        except RedisError:
            # The broker is usually the same server; the worker says so itself.
            log.debug("no heartbeat: the cache does not answer")


def write_heartbeat(queues: Any) -> None:
    now = time.time()
    cache.set_many({_key(queue): now for queue in queues}, timeout=int(ALIVE_WITHIN_SECONDS * 2))


def silent_queues(queues: list[str]) -> list[str]:
    """The queues that no living worker serves."""
    last = cache.get_many([_key(queue) for queue in queues])
    oldest = time.time() - ALIVE_WITHIN_SECONDS
    return [queue for queue in queues if last.get(_key(queue), 0.0) < oldest]


def _key(queue: str) -> str:
    return f"worker-heartbeat:{queue}"
