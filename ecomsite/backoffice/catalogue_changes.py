"""Whatever staff save may show on customers' pages, whichever screen they save it on."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from catalog.services.versions import renew_shop_version

READING = ("GET", "HEAD", "OPTIONS")


class CatalogueChangesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in READING and request.path.startswith(reverse("admin:index")):
            self._renew(request, response)
        return response

    def _renew(self, request: HttpRequest, response: HttpResponse) -> None:
        """Strangers change nothing here, and are not to make every page be written anew."""
        if request.user.is_staff and response.status_code < HTTPStatus.BAD_REQUEST:
            renew_shop_version()
