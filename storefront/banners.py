"""The banner on top of a page: chosen for each visitor, drawn from what is kept for all.

What runs comes from the shared cache and is kept with the frame of pages, which a campaign that
starts or ends renews: a page asks the database for the words of a banner alone, once. How often a
visitor saw a campaign stands in a cookie of the visitor's own; a campaign for a segment is counted
for the customer too, whatever the browser.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponseBase
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from customers.models import Consent
from recommendations.services.campaigns.banners import (
    Chosen,
    RunningBanner,
    choose_banner,
    creative_of,
    drawn_for,
    running_banners,
    showing_of,
)
from recommendations.services.campaigns.creatives import landing_path
from recommendations.services.campaigns.tokens import Showing, write_showing
from storefront import consent
from storefront.fragments import kept_frame
from storefront.reading import reader_of
from storefront.stencils import stencil

COOKIE: Final = "banners"
COOKIE_SECONDS: Final = 30 * 24 * 3600
DAY_SECONDS: Final = 24 * 3600
# A banner that was closed counts as seen often enough on every day.
CLOSED: Final = 999
MOST_REMEMBERED: Final = 12
_MOST_CHARACTERS: Final = 400
# Stands for the token in an address that is kept for all visitors.
_PLACE: Final = "PLACEFORIT"


@dataclass(frozen=True, slots=True)
class _Words:
    """Of a creative in one language."""

    title: str
    text: str
    button: str
    link: str
    picture: str
    width: int
    height: int


def banner_html(request: HttpRequest, place: str) -> SafeString:
    """Empty where nothing runs, or nothing for this visitor."""
    running = kept_frame("banners", place, make=lambda: running_banners(place))
    if not running:
        return mark_safe("")
    seen = read_seen(request)
    customer_id, drawn = _drawn(request, running)
    for campaign_id in drawn:
        seen[campaign_id] = max(
            seen.get(campaign_id, 0), _seen_by_customer(campaign_id, customer_id)
        )
    chosen = choose_banner(running, seen_today=seen, drawn_for=drawn, now=timezone.now())
    if chosen is None:
        return mark_safe("")
    return _html(chosen, place=place, customer_id=customer_id if chosen.campaign_id in drawn else 0)


def read_seen(request: HttpRequest) -> dict[int, int]:
    """How often the visitor saw each campaign today; what is no such cookie counts as nothing."""
    today = _day_number(timezone.localdate())
    seen = {}
    cookie = request.COOKIES.get(COOKIE, "")[:_MOST_CHARACTERS]
    for part in cookie.split("_")[:MOST_REMEMBERED]:
        numbers = part.split(".")
        if len(numbers) == 3 and all(
            number.isascii() and number.isdigit() and len(number) < 12 for number in numbers
        ):
            campaign_id, count, day = map(int, numbers)
            if count >= CLOSED or day == today:
                seen[campaign_id] = count
    return seen


def remember_seen(
    request: HttpRequest, response: HttpResponseBase, showing: Showing, *, is_closed: bool = False
) -> None:
    seen = read_seen(request)
    count = CLOSED if is_closed else min(seen.pop(showing.campaign_id, 0) + 1, CLOSED)
    # The newest first: the oldest make room.
    entries = [(showing.campaign_id, count), *seen.items()]
    today = _day_number(timezone.localdate())
    response.set_cookie(
        COOKIE,
        "_".join(f"{key}.{number}.{today}" for key, number in entries[:MOST_REMEMBERED]),
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    if showing.customer_id:
        key = _customer_cache_key(showing.campaign_id, showing.customer_id)
        if is_closed:
            cache.set(key, CLOSED, COOKIE_SECONDS)
        elif not cache.add(key, 1, DAY_SECONDS):
            _count_up(key)


def _drawn(request: HttpRequest, running: tuple[RunningBanner, ...]) -> tuple[int, list[int]]:
    """The customer, and the campaigns she was drawn for; asks only where one has an audience."""
    is_asked = any(banner.is_drawn for banner in running)
    if not is_asked or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return 0, []
    reader = reader_of(request)
    if reader is None or not consent.allows(request, Consent.Purpose.PERSONALISATION):
        return 0, []
    return reader.pk, drawn_for(customer_id=reader.pk, running=running)


def _html(chosen: Chosen, *, place: str, customer_id: int) -> SafeString:
    words = kept_frame("banner", chosen.creative_id, make=lambda: _words(chosen.creative_id))
    if not words.title:
        return mark_safe("")
    token = write_showing(
        showing_of(chosen, place=place, language=get_language() or "", customer_id=customer_id)
    )
    form = stencil(
        "storefront/_banner.html",
        has_picture=bool(words.picture),
        has_text=bool(words.text),
        has_button=bool(words.button),
    )
    return form.fill(
        token=token,
        placement=f"banner.{place}",
        source=f"creative:{chosen.creative_id}",
        title=words.title,
        text=words.text,
        button=words.button,
        link=words.link.replace(_PLACE, token),
        picture=words.picture,
        width=words.width,
        height=words.height,
        shown=reverse("banner-shown"),
        closed=reverse("banner-closed"),
        script=static("storefront/js/banner.js"),
    )


def _words(creative_id: int) -> _Words:
    """Without a headline where the creative is gone."""
    creative = creative_of(creative_id)
    if creative is None:
        return _Words("", "", "", "", "", 0, 0)
    link = landing_path(creative, language=get_language() or "", medium="banner", token=_PLACE)
    return _Words(
        title=creative.title,
        text=creative.text,
        button=creative.button,
        link=link,
        picture=default_storage.url(creative.picture.name) if creative.picture else "",
        width=creative.picture_width or 0,
        height=creative.picture_height or 0,
    )


def _seen_by_customer(campaign_id: int, customer_id: int) -> int:
    return int(cache.get(_customer_cache_key(campaign_id, customer_id)) or 0)


def _customer_cache_key(campaign_id: int, customer_id: int) -> str:
    return f"banner:{campaign_id}:{customer_id}"


def _count_up(key: str) -> None:
    try:
        cache.incr(key)
    except ValueError:
        # It expired between the two steps.
        cache.add(key, 1, DAY_SECONDS)


def _day_number(day: date) -> int:
    return day.toordinal()
