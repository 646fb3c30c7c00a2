"""The endpoint that pages report behaviour to.

A plain view, not one of the REST framework: it is asked more often than any page, and checks what
it reads with as few steps as that takes.
"""

import hashlib
import hmac
import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework.throttling import SimpleRateThrottle

from customers.models import Consent
from insights.buffer import TERM_SECONDS, Client
from insights.errors import (
    InsightsError,
    PurchaseEventError,
    TooManyEventsError,
    TooOftenError,
    UnreadableEventError,
)
from insights.models import Interaction, Page
from insights.services import browser_consent
from insights.services.arrivals import is_robot, read_arrival, read_device
from insights.services.events import InteractionEvent, clean_text, clean_words, moment_of
from insights.services.recording import MOST_EVENTS, record_interactions
from insights.services.visitors import COOKIE, is_visitor_key

COOKIE_SECONDS: Final = 180 * 24 * 3600
MOST_BYTES: Final = 64 * 1024
_BIGGEST_ID: Final = 2**63 - 1
_BIGGEST_SMALL: Final = 32_767
_BIGGEST: Final = 2**31 - 1
_LATEST: Final = 10**16
_KINDS: Final = {kind.value: kind for kind in Interaction.Kind}
_PAGES: Final = frozenset(Page.values)
_CODES: Final = {
    PurchaseEventError: "purchase_event",
    TooManyEventsError: "too_many_events",
    TooOftenError: "too_often",
    UnreadableEventError: "invalid",
}


# Session cookies do not come along with messages of other sites (SameSite=Lax), which are turned
# away besides; what is left to forge is one's own statistics.
@csrf_exempt
@require_POST
def report_interactions(request: HttpRequest) -> HttpResponse:
    """POST {"page": {...}, "sent": ms, "events": [{"id", "kind", "at", "product", ...}, ...]}.

    Answers 202 with how many were taken. Nothing is kept of visitors who did not allow statistics,
    of staff, of robots, of messages from other sites, and of browsers that ask not to be followed
    (Global Privacy Control). Who is logged in is said by the session alone.
    """
    try:
        content = _read(request)
        events = content["events"]
        if len(events) > MOST_EVENTS:
            raise TooManyEventsError(MOST_EVENTS)
        customer_id = None if _is_unwanted(request) else _customer_id(request)
        if customer_id is None:
            # Read nevertheless: a page that sends nonsense is told so whoever uses it.
            _events(content, request, visitor_key="", customer_id=0)
            return _answer(0)
        known = request.COOKIES.get(COOKIE, "")
        visitor_key = known if is_visitor_key(known) else uuid4().hex
        reported = _events(content, request, visitor_key=visitor_key, customer_id=customer_id)
        n_taken = record_interactions(events=reported, client=_client(request, visitor_key))
    except InsightsError as error:
        return _refusal(error)
    response = _answer(n_taken)
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


def _answer(n_taken: int) -> HttpResponse:
    return HttpResponse(f'{{"accepted": {n_taken}}}', content_type="application/json", status=202)


def _refusal(error: InsightsError) -> HttpResponse:
    told: dict[str, Any] = {"code": _CODES.get(type(error), "invalid"), "message": str(error)}
    if isinstance(error, UnreadableEventError):
        told["fields"] = {error.field: [str(error)]}
    response = JsonResponse(told, status=getattr(error, "status_code", 409))
    if isinstance(error, TooOftenError):
        response.headers["Retry-After"] = str(TERM_SECONDS)
    return response


def _read(request: HttpRequest) -> dict[str, Any]:
    """The message. Raises UnreadableEventError for what is none."""
    if request.content_type != "application/json":
        raise UnreadableEventError("content_type")
    try:
        body = request.body
        if len(body) > MOST_BYTES:
            raise UnreadableEventError("events")
        content = json.loads(body)
    except (ValueError, RecursionError, RequestDataTooBig) as error:
        raise UnreadableEventError("events") from error
    if not isinstance(content, dict) or not isinstance(content.get("events"), list):
        raise UnreadableEventError("events")
    return content


def _is_unwanted(request: HttpRequest) -> bool:
    headers = request.headers
    return (
        browser_consent.is_refused_by_browser(headers)
        or headers.get("Sec-Fetch-Site", "same-origin") == "cross-site"
        or is_robot(headers.get("User-Agent", ""))
    )


def _customer_id(request: HttpRequest) -> int | None:
    """Who is logged in; 0 for nobody; None where nothing may be kept of this visitor.

    What a customer allows is looked up when events are stored; a visitor's word is in the cookie.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return None if request.user.is_staff else int(request.user.pk)
    cookie = request.COOKIES.get(browser_consent.COOKIE, "")
    return 0 if browser_consent.is_allowed(cookie, Consent.Purpose.ANALYTICS) else None


def _client(request: HttpRequest, visitor_key: str) -> Client:
    address = str(_Ident().get_ident(request))  # type: ignore[arg-type]  # reads headers alone
    return Client(visitor=visitor_key, address=_hashed(address, settings.SECRET_KEY))


class _Ident(SimpleRateThrottle):
    """The address of a client, behind as many proxies as the settings say."""

    rate = "1/s"


@lru_cache(maxsize=2_000)
def _hashed(address: str, key: str) -> str:
    """Nobody reads addresses out of the memory of the buffer."""
    return hmac.new(key.encode(), address.encode(), hashlib.sha256).hexdigest()[:32]


def _events(
    content: Mapping[str, Any], request: HttpRequest, *, visitor_key: str, customer_id: int
) -> list[InteractionEvent]:
    """Raises UnreadableEventError with the name of what is wrong."""
    now = timezone.now()
    page = content.get("page", {})
    if not isinstance(page, dict):
        raise UnreadableEventError("page")
    kind = _text(page, "kind", most=12)
    arrival = read_arrival(
        query=_text(page, "query", most=2_000).removeprefix("?"),
        referrer=_text(page, "referrer", most=2_000),
        own_host=request.get_host(),
    )
    everywhere = {
        "visitor_key": visitor_key,
        "customer_id": customer_id or None,
        "page": kind if kind in _PAGES else "",
        "language": get_language() or "",
        "came_by": str(arrival.came_by),
        "referrer": arrival.referrer,
        "campaign": arrival.campaign,
        "device": str(read_device(request.headers.get("User-Agent", ""))),
    }
    sent = _milliseconds(content, "sent")
    return [_event(each, everywhere, sent=sent, now=now) for each in _dicts(content["events"])]


def _dicts(events: Sequence[Any]) -> Sequence[dict[str, Any]]:
    if not all(isinstance(each, dict) for each in events):
        raise UnreadableEventError("events")
    return events


def _event(
    told: Mapping[str, Any], everywhere: Mapping[str, Any], *, sent: float | None, now: datetime
) -> InteractionEvent:
    kind = told.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise UnreadableEventError("kind")
    at = _milliseconds(told, "at")
    return InteractionEvent(
        event_id=_event_id(told.get("id")),
        kind=_KINDS[kind],
        occurred_at=now
        if at is None
        else moment_of(
            told_seconds=at / 1000,
            sent_seconds=now.timestamp() if sent is None else sent / 1000,
            now=now,
        ),
        product_id=_number(told, "product", least=1, most=_BIGGEST_ID),
        placement=_text(told, "placement", most=60),
        position=_number(told, "position", most=_BIGGEST_SMALL),
        source=_text(told, "source", most=60),
        arm=_text(told, "arm", most=60),
        query=clean_words(_text(told, "query", most=200), most=200),
        n_results=_number(told, "results", most=_BIGGEST),
        quantity=_number(told, "quantity", most=_BIGGEST),
        **everywhere,
    )


def _event_id(told: Any) -> UUID:
    try:
        return UUID(told)
    except (TypeError, ValueError, AttributeError) as error:
        raise UnreadableEventError("id") from error


def _text(content: Mapping[str, Any], name: str, *, most: int) -> str:
    text = content.get(name, "")
    if not isinstance(text, str) or len(text) > most:
        raise UnreadableEventError(name)
    return clean_text(text, most=most) if text else ""


def _number(content: Mapping[str, Any], name: str, *, most: int, least: int = 0) -> int | None:
    number = content.get(name)
    if number is None:
        return None
    if type(number) is not int or not least <= number <= most:
        raise UnreadableEventError(name)
    return number


def _milliseconds(content: Mapping[str, Any], name: str) -> float | None:
    """A moment of the visitor's clock; JSON of this language knows NaN and infinity, too."""
    told = content.get(name)
    if told is None:
        return None
    if type(told) not in (int, float) or abs(told) > _LATEST or not math.isfinite(told):
        raise UnreadableEventError(name)
    return float(told)
