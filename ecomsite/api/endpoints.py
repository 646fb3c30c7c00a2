"""What all endpoints of the API have in common."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar

from django.http import Http404
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from customers.models import User
from ecomsite.api.access import PUBLIC, Access, ScopedPermission
from ecomsite.api.authentication import TokenAuthentication
from ecomsite.api.errors import IdempotencyKeyRequiredError
from ecomsite.api.paging import KeysetPagination
from ecomsite.api.parsing import BoundedJSONParser
from ecomsite.api.schema import ShopSchema
from ecomsite.api.services import idempotency
from ecomsite.api.sessions import JsonSessionAuthentication

CART_TOKEN_HEADER = "X-Cart-Token"  # noqa: S105  # the name of a header
KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[A-Za-z0-9._:-]{8,80}")
Handler = Callable[..., Response]


class Endpoint(APIView):
    """access: by method; a method that is not in it does not exist."""

    access: ClassVar[Mapping[str, Access]] = {}
    authentication_classes = (TokenAuthentication, JsonSessionAuthentication)
    permission_classes = (ScopedPermission,)
    parser_classes = (BoundedJSONParser,)
    renderer_classes = (JSONRenderer,)
    # A description of itself is what the schema is for.
    metadata_class = None
    schema = ShopSchema()
    throttle_scope = "api"
    write_throttle_scope: ClassVar[str] = "api-writes"

    def get_throttles(self) -> list[BaseThrottle]:
        if self.request.method not in {"GET", "HEAD"}:
            self.throttle_scope = self.write_throttle_scope
        return list(super().get_throttles())


class ListEndpoint(Endpoint, ListAPIView[Any]):
    """Rows newest first, page by page; `filterset_class` narrows them."""

    pagination_class = KeysetPagination


class UnknownAddress(Endpoint):
    """Below the API no page for people is shown."""

    access: ClassVar[Mapping[str, Access]] = dict.fromkeys(("GET", "POST"), PUBLIC)
    permission_classes = (AllowAny,)  # type: ignore[assignment]  # nobody is asked who they are
    schema = None  # type: ignore[assignment]  # no address of its own

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


def person_of(request: Request) -> User | None:
    """Who is asking, if it is somebody with an account."""
    return request.user if isinstance(request.user, User) else None


def account_of(request: Request) -> User:
    """Who is asking, where `access` lets nobody in without an account."""
    if not isinstance(request.user, User):
        raise TypeError("this endpoint is open to guests")
    return request.user


def cart_token_of(request: Request) -> str:
    token = request.headers.get(CART_TOKEN_HEADER, "")
    return token if token.isascii() and token.isprintable() and len(token) <= 64 else ""


def idempotent(*, is_required: bool) -> Callable[[Handler], Handler]:
    """Answer a repeated request as the first one; without a key it is simply done.

    What succeeded is kept for a week. What was refused or failed is not: nothing was done then,
    and the same key may be tried again.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = request.headers.get(KEY_HEADER, "")
            if not key and not is_required:
                return handler(view, request, *args, **kwargs)
            if not _KEY.fullmatch(key):
                raise IdempotencyKeyRequiredError
            begun = idempotency.begin(
                key=key,
                caller=caller_of(request),
                route=f"{request.method} {request.path}"[:255],
                request_hash=_hash(json.dumps(request.data, sort_keys=True, default=str)),
            )
            if isinstance(begun, idempotency.Answer):
                return Response(
                    begun.body,
                    status=begun.status_code,
                    headers={"Idempotency-Replayed": "true"},
                )
            try:
                response = handler(view, request, *args, **kwargs)
            except BaseException:
                idempotency.free(request=begun)
                raise
            body = json.loads(JSONRenderer().render(response.data) or b"null")
            idempotency.finish(request=begun, answer=idempotency.Answer(response.status_code, body))
            return response

        # The schema tells of the header by it.
        answered.idempotency = "required" if is_required else "optional"  # type: ignore[attr-defined]
        return answered

    return decorate


def caller_of(request: Request) -> str:
    """Whose keys they are: two customers may use the same one."""
    person = person_of(request)
    if person is not None:
        return f"user:{person.pk}"
    token = cart_token_of(request)
    return f"cart:{_hash(token)[:40]}" if token else "guest"


def service_key(request: Request) -> str:
    """The key of this request for a service that knows keys itself.

    Should the process die between its commit and the stored answer, the service recognises the
    repetition.
    """
    told = f"{caller_of(request)}|{request.path}|{request.headers.get(KEY_HEADER, '')}"
    return f"api:{_hash(told)[:60]}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
