"""What tells one browser from another when an order is judged."""

from typing import Any

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

LONGEST = 400


def device_of(request: HttpRequest) -> str:
    """Address and program. Nothing is stored but a keyed hash of it, with an order.

    It is no name of a person: a family or a company may share it.
    """
    who: Any = BaseThrottle()
    program = request.headers.get("User-Agent", "")
    return f"{who.get_ident(request)} {program}"[:LONGEST]
