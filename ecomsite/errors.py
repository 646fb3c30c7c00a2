"""Turning the shop's own errors into answers; everything else is a bug and reaches the log."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from rest_framework.response import Response
from rest_framework.views import exception_handler

from catalog.errors import CatalogError
from insights.errors import InsightsError
from inventory.errors import InventoryError
from learning.errors import LearningError
from orders.errors import OrdersError
from recommendations.errors import RecommendationsError
from support.errors import SupportError

SHOP_ERRORS = (
    CatalogError,
    InsightsError,
    InventoryError,
    LearningError,
    OrdersError,
    RecommendationsError,
    SupportError,
)


def error_code(error: Exception) -> str:
    """`InsufficientStockError` -> `insufficient_stock`: the code in API answers."""
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """One shape for every refusal: {"code": ..., "message": ..., "fields": {...}}."""
    if isinstance(error, SHOP_ERRORS):
        return Response({"code": error_code(error), "message": str(error)}, status=409)
    response = exception_handler(error, context)
    if response is None:
        return None
    detail = response.data
    message = detail.get("detail", "") if isinstance(detail, dict) else ""
    code = getattr(getattr(error, "detail", None), "code", None) or "invalid"
    body: dict[str, Any] = {"code": code, "message": str(message)}
    if isinstance(detail, dict) and "detail" not in detail:
        body["fields"] = detail
    response.data = body
    return response


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
