"""One line of log a request, and an id that every line of it carries."""

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase

logger = structlog.get_logger(__name__)


class RequestLogMiddleware:
    """Leaner than that of django-structlog, which took a third of the time of a kept page: it
    prepares a line for the beginning, too, and loads everybody's user to name them.

    The id is bound as that package does it, which hands it on to jobs. What failed is told with
    its traceback by Django itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        structlog.contextvars.bind_contextvars(request_id=str(uuid.uuid4()))
        try:
            response = self.get_response(request)
            _tell(request, response.status_code)
        finally:
            structlog.contextvars.clear_contextvars()
        return response


def _tell(request: HttpRequest, code: int) -> None:
    told: dict[str, Any] = {"code": code, "request": f"{request.method} {request.get_full_path()}"}
    # Only who was asked for: to look now would cost a page two statements.
    if (key := getattr(getattr(request, "_cached_user", None), "pk", None)) is not None:
        told["user_id"] = key
    if code < HTTPStatus.BAD_REQUEST:
        logger.info("request_finished", **told)
    elif code < HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.warning("request_finished", **told)
    else:
        logger.error("request_failed", **told)
