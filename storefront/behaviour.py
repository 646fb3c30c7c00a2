"""What a page tells statistics of itself: its kind, its id, and what was done on it.

Views add what they know; `PageLogMiddleware` hands it on once the page is made, without asking the
database. A page and the beacon on it count the same view under the same id, so a visitor without
JavaScript is counted too, and nobody twice.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from customers.models import Consent, User
from insights.models import Interaction, Page, TrafficHour
from insights.services.arrivals import is_robot, read_arrival, read_device
from insights.services.events import InteractionEvent, clean_words, hour_of
from insights.services.page_log import page_log
from insights.services.traffic import counted
from storefront import consent
from storefront.visitor_cookie import read_visitor_key

_PAGES: Final = {
    "home": Page.HOME,
    "category-detail": Page.CATEGORY,
    "search": Page.SEARCH,
    "product-detail": Page.PRODUCT,
    "cart-detail": Page.CART,
    "order-thanks": Page.THANKS,
}
_BEGINNINGS: Final = (
    ("checkout-", Page.CHECKOUT),
    ("payment-", Page.CHECKOUT),
    ("account-", Page.ACCOUNT),
    ("address-", Page.ACCOUNT),
    ("consent-", Page.ACCOUNT),
    ("profile-", Page.ACCOUNT),
    ("privacy-", Page.ACCOUNT),
)
# Without it the beacon stays silent; the endpoint looks at the visitor's word itself.
_FOLLOWED: Final = mark_safe(" data-followed")
# Pieces for the search box, and what is shown while there is no connection.
_PARTS: Final = frozenset({"suggestion-list", "offline"})
_NAMESPACE: Final = "storefront"


@dataclass(slots=True)
class _Noted:
    """What views said of the present page. page_id: its last digit numbers its events."""

    page_id: str = field(default_factory=lambda: f"{secrets.token_hex(16)[:-1]}0")
    product_id: int | None = None
    query: str | None = None
    n_results: int | None = None
    done: list[dict[str, Any]] = field(default_factory=list)


def note_product(request: HttpRequest, product_id: int) -> None:
    _noted(request).product_id = product_id


def note_search(request: HttpRequest, query: str, *, n_results: int) -> None:
    noted = _noted(request)
    noted.query, noted.n_results = clean_words(query, most=200), n_results


def note_cart(request: HttpRequest, *, sku_id: int, quantity: int, is_added: bool) -> None:
    """Units were put into the cart, or taken out of it."""
    kind = Interaction.Kind.ADD_TO_CART if is_added else Interaction.Kind.REMOVE_FROM_CART
    _noted(request).done.append({"kind": kind, "sku_id": sku_id, "quantity": quantity})


def page_marks(request: HttpRequest) -> SafeString:
    """Attributes by which the beacon knows its page."""
    noted = _noted(request)
    followed = consent.allows_in_browser(request, Consent.Purpose.ANALYTICS)
    return format_html(
        'data-page="{}" data-page-kind="{}"{}',
        noted.page_id,
        _kind(request) or "",
        _FOLLOWED if followed else "",
    )


class PageLogMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        kind = _kind(request)
        if kind is not None:
            _log(request, response, kind)
        return response


def _kind(request: HttpRequest) -> Page | None:
    """None for what is no page of the shop."""
    match = request.resolver_match
    if match is None or match.namespace != _NAMESPACE:
        return None
    name = match.url_name or ""
    if name in _PARTS:
        return None
    if name in _PAGES:
        return _PAGES[name]
    for beginning, page in _BEGINNINGS:
        if name.startswith(beginning):
            return page
    return Page.OTHER


def _log(request: HttpRequest, response: HttpResponseBase, kind: Page) -> None:
    noted = _noted(request)
    is_page = (
        request.method == "GET"
        and response.status_code == HTTPStatus.OK
        and response.get("Content-Type", "").startswith("text/html")
        # A part of a page, or one that was fetched before somebody asked for it.
        and "HX-Request" not in request.headers
        and "prefetch" not in request.headers.get("Sec-Purpose", "")
    )
    if not is_page and not noted.done:
        return
    agent = request.headers.get("User-Agent", "")
    user = getattr(request, "_cached_user", None)
    if isinstance(user, User) and user.is_staff:
        return
    now = timezone.now()
    hour = hour_of(now)
    if is_robot(agent):
        page_log.add(counts=[(hour, counted(TrafficHour.Counted.ROBOTS, kind))])
        return
    counts = [(hour, counted(TrafficHour.Counted.PAGES, kind))] if is_page else []
    visitor_key = read_visitor_key(request)
    events: list[InteractionEvent] = []
    if visitor_key and consent.allows_in_browser(request, Consent.Purpose.ANALYTICS):
        if is_page:
            counts.append((hour, counted(TrafficHour.Counted.FOLLOWED, kind)))
        arrival = read_arrival(
            query=request.META.get("QUERY_STRING", ""),
            referrer=request.headers.get("Referer", ""),
            own_host=request.get_host(),
        )
        everywhere: dict[str, Any] = {
            "visitor_key": visitor_key,
            "occurred_at": now,
            # Only who was asked for: to look now would cost a page two statements.
            "customer_id": user.pk if isinstance(user, User) else None,
            "language": get_language() or "",
            "came_by": str(arrival.came_by),
            "referrer": arrival.referrer,
            "campaign": arrival.campaign,
            "device": str(read_device(agent)),
        }
        events = [InteractionEvent(event_id=uuid4(), **done, **everywhere) for done in noted.done]
        if is_page:
            events = [*_views(request, noted, kind, everywhere), *events]
    page_log.add(events=events, counts=counts)


def _views(
    request: HttpRequest, noted: _Noted, kind: Page, everywhere: dict[str, Any]
) -> list[InteractionEvent]:
    number = request.resolver_match.kwargs.get("number", "") if request.resolver_match else ""
    views = [
        InteractionEvent(
            event_id=UUID(noted.page_id),
            kind=Interaction.Kind.VIEW,
            page=str(kind),
            product_id=noted.product_id,
            order_number=str(number) if kind == Page.THANKS else "",
            **everywhere,
        )
    ]
    if noted.query is not None:
        views.append(
            InteractionEvent(
                event_id=UUID(f"{noted.page_id[:-1]}1"),
                kind=Interaction.Kind.SEARCH,
                page=str(kind),
                query=noted.query,
                n_results=noted.n_results,
                **everywhere,
            )
        )
    return views


def _noted(request: HttpRequest) -> _Noted:
    noted: _Noted | None = getattr(request, "_behaviour", None)
    if noted is None:
        noted = _Noted()
        request._behaviour = noted  # type: ignore[attr-defined]  # kept for this request
    return noted
