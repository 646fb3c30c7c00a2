"""Bodies and parameters of requests, with bounds."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request

from ecomsite.api.errors import TooLargeError

# A cart of a hundred lines is 10 kB.
MAX_BODY_BYTES = 256 * 1024
MAX_FORM_PHOTOS = 5


class BoundedJSONParser(JSONParser):
    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        context = dict(parser_context or {})
        request = context.get("request")
        length = request.META.get("CONTENT_LENGTH") if request is not None else None
        if int(length or 0) > MAX_BODY_BYTES:
            raise TooLargeError(limit=MAX_BODY_BYTES)
        try:
            return super().parse(stream, media_type, context)
        except RecursionError as error:
            raise ParseError(_("This is nested too deeply.")) from error


class BoundedFormParser(MultiPartParser):
    """A form with some photos."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = dict(parser_context or {}).get("request")
        length = request.META.get("CONTENT_LENGTH") if request is not None else None
        limit = MAX_FORM_PHOTOS * settings.UPLOAD_MAX_BYTES + MAX_BODY_BYTES
        if int(length or 0) > limit:
            raise TooLargeError(limit=limit)
        return super().parse(stream, media_type, parser_context)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses what it does not know: a misspelt field must not be passed over in silence."""

    # Fields whose names begin so are taken as they are.
    open_prefix: ClassVar[str] = ""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [
                name
                for name in data
                if name not in self.fields
                and not (self.open_prefix and str(name).startswith(self.open_prefix))
            ]
            if unknown:
                raise serializers.ValidationError(
                    {str(name)[:80]: [_("This field is not known.")] for name in unknown[:20]}
                )
        return super().to_internal_value(data)


class UnitsField(serializers.IntegerField):
    """A whole number of units, as a JSON number: neither "１" nor 1.5 nor true."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class TypedNumberField(serializers.IntegerField):
    """A whole number in an address: plain digits, neither "１" nor "1e9" nor "NaN"."""

    def to_internal_value(self, data: Any) -> int:
        if not (isinstance(data, str) and data.isascii() and data.isdigit() and len(data) <= 9):
            self.fail("invalid")
        return int(super().to_internal_value(data))


def read_query(request: Request, serializer: type[StrictSerializer]) -> dict[str, Any]:
    """The parameters of an address. Raises ValidationError."""
    asked = serializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def read_body(request: Request, serializer: type[StrictSerializer]) -> dict[str, Any]:
    """The body of a request. Raises ValidationError."""
    sent = serializer(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)
