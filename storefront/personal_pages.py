"""Pages of somebody who is logged in are kept by no browser and no proxy."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers


class PersonalPagesMiddleware:
    """Such pages may show a name, an address or a cart, which the back button must not bring back
    after logging out on a shared machine."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # The cookie says enough; looking into the session would cost everybody a statement.
        is_page = response.get("Content-Type", "").startswith("text/html")
        if (
            is_page
            and settings.SESSION_COOKIE_NAME in request.COOKIES
            and "Cache-Control" not in response
        ):
            add_never_cache_headers(response)
        return response
