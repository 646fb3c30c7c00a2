"""What the schema says of every endpoint without being told: errors, keys, languages."""

from typing import Any, Literal, cast

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers


class ErrorSerializer(serializers.Serializer[Any]):
    """The one shape of every refusal."""

    code = serializers.CharField(help_text="For programs; it does not change.")
    message = serializers.CharField(
        help_text="For people, in the language of Accept-Language.", allow_blank=True
    )
    fields = serializers.DictField(  # type: ignore[assignment]  # a field of the answer
        required=False, help_text="By name of the field: what is wrong with it."
    )


ALWAYS = {
    "400": "The request cannot be read, or its contents are not valid.",
    "401": "Nobody known is asking, or the token is not valid.",
    "403": "This person or this token may not do it.",
    "404": "There is no such thing, or it is somebody else's.",
    "405": "This address does not know the method.",
    "406": "Only JSON is answered.",
    "429": "Too many requests; Retry-After says when to ask again.",
    "500": "A fault of the shop, which has been written down.",
}
OF_WRITES = {
    "409": "The rules of the shop refuse it; `code` says why.",
    "413": "The request is too large.",
    "415": "Only JSON is read.",
}
IDEMPOTENCY_KEY = (
    "Names this request: sent again with the same contents it is done once and answered alike, "
    "with other contents it is refused with 409. Kept for 7 days."
)


class ShopSchema(AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = [
            OpenApiParameter(
                name="Accept-Language",
                location=OpenApiParameter.HEADER,
                description="`zh-hans` or `en`.",
                required=False,
                type=str,
            )
        ]
        needed = getattr(self._handler(), "idempotency", "")
        if needed:
            parameters.append(
                OpenApiParameter(
                    name="Idempotency-Key",
                    location=OpenApiParameter.HEADER,
                    description=IDEMPOTENCY_KEY,
                    required=needed == "required",
                    type={
                        "type": "string",
                        "pattern": "^[A-Za-z0-9._:-]{8,80}$",
                        "minLength": 8,
                        "maxLength": 80,
                    },
                )
            )
        return parameters

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Guests are let in where `access` says so; where it names a scope, it is told."""
        access = getattr(self.view, "access", {}).get(self.method)
        if access is None:
            return cast("list[dict[str, list[str]]]", super().get_auth())
        known: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
        return [*known, {}] if access.is_for_guests else known

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        text = str(super().get_description() or "")
        access = getattr(self.view, "access", {}).get(self.method)
        if access is None or not access.scope:
            return text
        told = f"Scope of a token: `{access.scope}`."
        if access.permission:
            told = f"For staff. {told} Permission: `{access.permission}`."
        return f"{text}\n\n{told}".strip()

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        errors = {**ALWAYS, **({} if self.method == "GET" else OF_WRITES)}
        for status, description in errors.items():
            if status not in bodies:
                bodies[status] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    OpenApiResponse(ErrorSerializer, description=description), status
                )
        return dict(sorted(bodies.items()))

    def _handler(self) -> Any:
        return getattr(self.view, self.method.lower(), None)


def only_this_version(endpoints: list[Any], **_kwargs: Any) -> list[Any]:
    """Without what pages of the shop itself ask for, which may change with them."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]
