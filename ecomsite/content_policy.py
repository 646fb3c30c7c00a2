"""The content security policy of customers' pages, spelt once."""

from http import HTTPStatus
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class ContentPolicyMiddleware(CSPMiddleware):
    """As django-csp, without spelling the policy anew for every answer.

    An answer with a policy or a nonce of its own is left to django-csp.
    """

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self._policy = build_policy()
        self._excluded = tuple(settings.CONTENT_SECURITY_POLICY["EXCLUDE_URL_PREFIXES"])

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if (
            response.status_code != HTTPStatus.OK
            or getattr(request, "_csp_nonce", None) is not None
            or any(name.startswith("_csp") for name in vars(response))
            or request.path_info.startswith(self._excluded)
        ):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._policy)
        return response
