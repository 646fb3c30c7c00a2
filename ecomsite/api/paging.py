"""Lists by the last row seen: newest first, one statement a page, however deep."""

import base64
import binascii
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ecomsite.api.errors import InvalidCursorError

DEFAULT_SIZE = 50
MAX_SIZE = 200
MAX_KEY = 2**62


class KeysetPagination(BasePagination):
    next_cursor: str | None = None

    def paginate_queryset(  # type: ignore[override]  # lists of rows only
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        size = _read_size(request.query_params.get("size"))
        cursor = request.query_params.get("cursor")
        if cursor is not None:
            queryset = queryset.filter(pk__lt=read_cursor(cursor))
        rows = list(queryset.order_by("-pk")[: size + 1])
        self.next_cursor = write_cursor(rows[size - 1].pk) if len(rows) > size else None
        return rows[:size]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next_cursor": self.next_cursor})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next_cursor"],
            "properties": {
                "results": schema,
                "next_cursor": {
                    "type": "string",
                    "nullable": True,
                    "description": "Send it as `cursor` for what follows; null on the last page.",
                    "example": "NDI",
                },
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[Any]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "`next_cursor` of the page before.",
                "schema": {"type": "string", "maxLength": 30},
            },
            {
                "name": "size",
                "in": "query",
                "required": False,
                "description": "Rows on a page.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_SIZE,
                    "default": DEFAULT_SIZE,
                },
            },
        ]


def write_cursor(key: int) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def read_cursor(text: str) -> int:
    """Raises InvalidCursorError."""
    try:
        read = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        key = int(read) if len(text) <= 30 and read.isdigit() else -1
    except (binascii.Error, ValueError) as error:
        raise InvalidCursorError from error
    if not 0 < key < MAX_KEY:
        raise InvalidCursorError
    return key


def _read_size(text: str | None) -> int:
    if text is None:
        return DEFAULT_SIZE
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_SIZE:
        return int(text)
    message = _("Between 1 and %(most)d rows are possible.") % {"most": MAX_SIZE}
    raise ValidationError({"size": [message]})
