"""Pages that were served, handed to the buffer once a second and process.

A page that waited for the buffer would be slower for it; so each process keeps what it served and
a thread hands it over. A process that is killed loses a second of statistics.
"""

import atexit
from collections import Counter
from collections.abc import Sequence
from threading import Lock, Timer
from typing import Final

import structlog
from redis.exceptions import RedisError

from insights import buffer
from insights.services.events import InteractionEvent, encode

logger = structlog.get_logger(__name__)

SECONDS = 1.0
# While the buffer's server is down.
MOST_KEPT: Final = 2_000


class PageLog:
    """What one process served, shared by its threads."""

    def __init__(self) -> None:
        self._events: list[InteractionEvent] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()
        self._timer: Timer | None = None

    def add(
        self, *, events: Sequence[InteractionEvent] = (), counts: Sequence[tuple[str, str]] = ()
    ) -> None:
        """counts: the hour and what is counted in it, see `traffic.counted`."""
        with self._lock:
            if len(self._events) < MOST_KEPT:
                self._events += events
            self._counts.update(counts)
            if self._timer is not None:
                return
            self._timer = Timer(SECONDS, self.hand_over)
            self._timer.daemon = True
            self._timer.start()

    def hand_over(self) -> None:
        """Give the buffer what is there; with its server down the statistics of it are lost."""
        with self._lock:
            events, self._events = self._events, []
            counts, self._counts = self._counts, Counter()
            self._timer = None
        if not events and not counts:
            return
        try:
            buffer.put([encode(event) for event in events], counts)
        except RedisError as error:
            logger.warning("page_log_lost", count=len(events), error=str(error))


page_log = PageLog()
atexit.register(page_log.hand_over)
