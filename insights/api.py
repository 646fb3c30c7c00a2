"""The endpoint that pages report behaviour to."""

import re
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from insights.models import Interaction
from insights.services import InteractionEvent, record_interactions

COOKIE = "visitor"
COOKIE_SECONDS = 180 * 24 * 3600
VISITOR_KEY = re.compile(r"[0-9a-f]{32}")
ROBOT = re.compile(r"bot|crawl|spider|slurp|headless|preview", re.IGNORECASE)


class EventSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Interaction.Kind.choices)
    product = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    placement = serializers.CharField(max_length=60, required=False, default="")
    position = serializers.IntegerField(min_value=0, max_value=32_767, required=False)
    query = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class InteractionsSerializer(serializers.Serializer[Any]):
    events = EventSerializer(many=True, allow_empty=True)


class InteractionsView(APIView):
    """POST {"events": [{"id", "kind", "product", "placement", "position", "query"}, ...]}.

    Answers 202 with how many were taken. Nothing is kept of staff, of robots, of messages from
    other sites, and of browsers that ask not to be followed (Global Privacy Control). The only
    name a visitor gets is a random one, in a cookie of this endpoint's own.
    """

    permission_classes = (AllowAny,)
    throttle_scope = "interactions"

    def post(self, request: Request) -> Response:
        sent = InteractionsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        if _is_unwanted(request):
            return Response({"accepted": 0}, status=202)
        known = request.COOKIES.get(COOKIE, "")
        visitor_key = known if VISITOR_KEY.fullmatch(known) else uuid4().hex
        events = [_event(each, request, visitor_key) for each in sent.validated_data["events"]]
        response = Response({"accepted": record_interactions(events=events)}, status=202)
        if visitor_key != known:
            response.set_cookie(
                COOKIE,
                visitor_key,
                max_age=COOKIE_SECONDS,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response


def _is_unwanted(request: Request) -> bool:
    return (
        request.headers.get("Sec-GPC") == "1"
        or request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site"
        or bool(getattr(request.user, "is_staff", False))
        or ROBOT.search(request.headers.get("User-Agent", "")) is not None
    )


def _event(content: dict[str, Any], request: Request, visitor_key: str) -> InteractionEvent:
    return InteractionEvent(
        event_id=content["id"],
        kind=Interaction.Kind(content["kind"]),
        visitor_key=visitor_key,
        occurred_at=timezone.now(),
        customer_id=request.user.pk if request.user.is_authenticated else None,
        product_id=content.get("product"),
        placement=content["placement"],
        position=content.get("position"),
        query=content["query"],
        language=get_language() or "",
    )
