"""Sending jobs by name, so that a request never fails because the broker is down."""

from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)


def send_on_commit(task_name: str, *arguments: Any) -> None:
    """Send a job once the present transaction is committed.

    The row that the job is about must already say that it is to be done: when the broker is
    down, or this process dies here, the sweep finds it.
    """
    transaction.on_commit(partial(_send, task_name, arguments), robust=True)


def _send(task_name: str, arguments: tuple[Any, ...]) -> None:
    try:
        current_app.send_task(task_name, args=arguments)
    except OperationalError as error:
        logger.warning("job_not_sent", task=task_name, error=str(error))
