"""The random name of a browser whose visitor allowed statistics or recommendations."""

from typing import Final
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from insights.services.visitors import COOKIE, is_visitor_key

SECONDS: Final = 180 * 24 * 3600


def read_visitor_key(request: HttpRequest) -> str:
    """Empty where there is none, or one that this shop did not give."""
    key = request.COOKIES.get(COOKIE, "")
    return key if is_visitor_key(key) else ""


def name_visitor(request: HttpRequest, response: HttpResponseBase) -> str:
    """The browser's name; one that has none gets one."""
    key = read_visitor_key(request)
    if not key:
        key = uuid4().hex
        response.set_cookie(
            COOKIE,
            key,
            max_age=SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return key


def forget_visitor(response: HttpResponseBase) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
