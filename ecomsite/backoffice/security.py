"""The content security policy of the back office.

The theme runs Alpine.js, which evaluates expressions from attributes; customers' pages are spared
that, so the back office has a policy of its own.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

HEADER = "Content-Security-Policy"


class BackofficePolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = "; ".join(
            f"{directive} {' '.join(str(source) for source in sources)}"
            for directive, sources in settings.BACKOFFICE_CONTENT_SECURITY_POLICY.items()
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(self._place):
            response.headers.setdefault(HEADER, self.policy)
        return response

    @cached_property
    def _place(self) -> str:
        """In no language: the same for everybody."""
        return reverse("admin:index")
