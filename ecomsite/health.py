"""Whether the shop lives (`/healthz`) and whether it can work (`/readyz`), for machines that ask.

Answered before anything else looks at the request: a load balancer asks by address, over plain
HTTP and without cookies.
"""

import logging
from collections.abc import Callable

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from ecomsite.running.heartbeat import silent_queues

log = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponseBase]
NOT_STORED = {"Cache-Control": "no-store"}


class HealthMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain", headers=NOT_STORED)
        if request.path == "/readyz":
            return readiness()
        return self.get_response(request)


def readiness() -> JsonResponse:
    """200 when every part answers, else 503; the body names each part and what is wrong with it.

    Anybody may ask, so reasons are short and name no host.
    """
    parts = {"database": _database(), "broker": _broker()}
    if parts["database"] == "ok":
        parts["migrations"] = _migrations()
    parts["workers"] = _workers() if parts["broker"] == "ok" else "unknown"
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse(
        {"ready": ready, "parts": parts}, status=200 if ready else 503, headers=NOT_STORED
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("the database does not answer")
        return "does not answer"
    return "ok"


def _migrations() -> str:
    try:
        missing = _missing_migrations()
    except DatabaseError:
        log.exception("the migrations cannot be read")
        return "cannot be read"
    return f"{missing} not applied" if missing else "ok"


_schema = {"is_current": False}


def _missing_migrations() -> int:
    """How many migrations wait; reading them all takes long enough to do it once per process."""
    if _schema["is_current"]:
        return 0
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    _schema["is_current"] = missing == 0
    return missing


def _broker() -> str:
    try:
        with current_app.connection_for_write() as broker:
            broker.channel()
    except (BrokerError, RedisError, OSError):
        log.exception("the broker does not answer")
        return "does not answer"
    return "ok"


def _workers() -> str:
    try:
        silent = silent_queues(queues())
    except RedisError:
        log.exception("the cache does not answer")
        return "unknown"
    return f"nobody works on: {', '.join(silent)}" if silent else "ok"


def queues() -> list[str]:
    """Every queue that a job of the shop can be sent to."""
    routes = settings.CELERY_TASK_ROUTES.values()
    return sorted({settings.CELERY_TASK_DEFAULT_QUEUE, *(route["queue"] for route in routes)})
