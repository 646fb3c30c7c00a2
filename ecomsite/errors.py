"""Turning the shop's own errors into answers; everything else is a bug and reaches the log."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from catalog.errors import CatalogError
from customers.errors import CustomersError
from ecomsite.api.errors import ApiError
from insights.errors import InsightsError
from inventory.errors import InventoryError
from learning.errors import LearningError
from orders.errors import OrdersError
from outbox.errors import OutboxError
from recommendations.errors import RecommendationsError
from storefront.errors import StorefrontError
from support.errors import SupportError

logger = structlog.get_logger(__name__)

SHOP_ERRORS = (
    CatalogError,
    CustomersError,
    InsightsError,
    InventoryError,
    LearningError,
    OrdersError,
    OutboxError,
    RecommendationsError,
    StorefrontError,
    SupportError,
)


def error_code(error: Exception) -> str:
    """`InsufficientStockError` -> `insufficient_stock`: the code in API answers."""
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """One shape for every refusal: {"code": ..., "message": ..., "fields": {...}}."""
    if isinstance(error, (*SHOP_ERRORS, ApiError)):
        set_rollback()
        status = getattr(error, "status_code", 409)
        return Response({"code": error_code(error), "message": str(error)}, status=status)
    response = exception_handler(error, context)
    if response is None:
        return _failure(error, context)
    response.data = _refusal(response.data)
    return response


def _refusal(detail: Any) -> dict[str, Any]:
    if isinstance(detail, Mapping) and "detail" in detail:
        told = detail["detail"]
        return {"code": getattr(told, "code", "invalid"), "message": str(told)}
    message = _("Some of this is not valid.")
    fields = detail if isinstance(detail, Mapping) else {"non_field_errors": detail}
    return {"code": "invalid", "message": message, "fields": fields}


def _failure(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """A bug: the log gets it whole, the program that asked learns that there was one."""
    if settings.DEBUG:
        return None
    set_rollback()
    view = type(context.get("view")).__name__
    logger.error("api_failed", view=view, exc_info=error)
    message = _("Something went wrong in the shop. It has been written down.")
    return Response({"code": "internal_error", "message": message}, status=500)


class ShopErrorMiddleware:
    """A shop error that reaches a page becomes a message above the page it came from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, SHOP_ERRORS) or request.method != "POST":
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"code": error_code(error), "message": str(error)}, status=409)
        messages.error(request, str(error))
        return HttpResponseRedirect(request.get_full_path())
