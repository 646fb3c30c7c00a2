"""Long work that one process does at a time, claimed by a row with status "running".

The row says on which host and in which process, so that work whose process died is told from
work that is slow.
"""

import os
import socket
from datetime import timedelta
from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils import timezone

# Work on another machine that gave no sign of life for this long is taken to be dead. The
# longest stage (collecting years of orders from a slow disk) stays well below.
LOST_AFTER = timedelta(hours=2)


class Claim(Protocol):
    pk: Any
    host: str
    process_id: int | None
    heartbeat_at: Any  # a moment, or None before the first sign of life


def claimant() -> dict[str, Any]:
    """The fields of a claim by this process."""
    return {"host": socket.gethostname(), "process_id": os.getpid()}


def give_up_lost(running: QuerySet[Any], *, status: str) -> int:
    """Set the status of those claims whose process is gone; returns how many."""
    given_up = 0
    for claim in running:
        if is_lost(claim):
            given_up += running.filter(pk=claim.pk).update(
                status=status, finished_at=timezone.now()
            )
    return given_up


def is_lost(claim: Claim, silent_for: timedelta = LOST_AFTER) -> bool:
    """Whether the process of a claim is gone, or gave no sign of life for longer than that."""
    if claim.heartbeat_at is None or timezone.now() - claim.heartbeat_at > silent_for:
        return True
    return claim.host == socket.gethostname() and not _is_alive(claim.process_id)


def _is_alive(process_id: int | None) -> bool:
    if process_id is None:
        return False
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
