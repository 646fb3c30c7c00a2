"""Sending jobs by name, so that a request never fails because the broker is down."""

from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)


def send_on_commit(task_name: str, *arguments: Any, expires_seconds: float | None = None) -> None:
    """Send a job once the present transaction is committed.

    The row that the job is about must already say that it is to be done: when the broker is
    down, or this process dies here, the sweep finds it.

    expires_seconds: after so long in the queue the message is dropped; for a sweep, which asks
        again for what is still to be done.
    """
    send = partial(_send, task_name, arguments, expires_seconds=expires_seconds)
    transaction.on_commit(send, robust=True)


def send_now(task_name: str, *arguments: Any) -> bool:
    """Send a job that no row asks for; False when the broker does not take it."""
    return _send(task_name, arguments)


def _send(
    task_name: str, arguments: tuple[Any, ...], *, expires_seconds: float | None = None
) -> bool:
    try:
        current_app.send_task(task_name, args=arguments, expires=expires_seconds)
    except OperationalError as error:
        logger.warning("job_not_sent", task=task_name, error=str(error))
        return False
    return True
