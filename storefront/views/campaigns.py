"""What comes back from campaigns: seen, closed, clicked, opened, and no more letters."""

import base64
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import Consent
from insights.services.arrivals import is_robot
from recommendations.models import CreativeEvent
from recommendations.services.campaigns import counting
from recommendations.services.campaigns.counting import Watcher
from recommendations.services.campaigns.leaving import leave_offers
from recommendations.services.campaigns.tokens import Showing, read_showing
from storefront import consent
from storefront.banners import remember_seen
from storefront.limits import is_too_often
from storefront.reading import reader_of
from storefront.visitor_cookie import read_visitor_key

# Nobody reads so many pages in an hour.
RATE: Final = "600/hour"
# One pixel that is not there.
PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


# Without the token of forms: what these take is signed by the shop itself, counts once, and changes
# nothing but numbers and the visitor's own cookie; messages of other sites are turned away.
@csrf_exempt
@require_POST
def banner_shown(request: HttpRequest) -> HttpResponse:
    """A banner was half in sight."""
    showing = _showing(request)
    response = HttpResponse(status=204)
    if showing is not None:
        counting.record_showing(
            showing=showing, kind=CreativeEvent.Kind.SHOWN, watcher=_watcher(request)
        )
        remember_seen(request, response, showing)
    return response


@csrf_exempt
@require_POST
def banner_closed(request: HttpRequest) -> HttpResponse:
    """Also by a plain form, which leads back to where it was pressed."""
    showing = _showing(request)
    response = _back(request)
    if showing is not None:
        counting.record_showing(
            showing=showing, kind=CreativeEvent.Kind.CLOSED, watcher=_watcher(request)
        )
        remember_seen(request, response, showing, is_closed=True)
    return response


@csrf_exempt
@require_POST
def campaign_arrived(request: HttpRequest) -> HttpResponse:
    """Somebody came by a link of a campaign; the page that it led to says so."""
    response = HttpResponse(status=204)
    if _is_unwanted(request):
        return response
    token = request.POST.get("token", "")
    showing = read_showing(token)
    if showing is None:
        counting.record_arrival(token=token)
        return response
    # A banner that somebody clicked was seen, whether or not that was told.
    for kind in (CreativeEvent.Kind.SHOWN, CreativeEvent.Kind.CLICKED):
        counting.record_showing(showing=showing, kind=kind, watcher=_watcher(request))
    return response


@never_cache
@require_safe
def campaign_opened(request: HttpRequest, token: str) -> HttpResponse:
    """The same pixel whatever the token; only a sum is kept, and that not in the database."""
    if request.method == "GET" and not is_too_often(request, form="campaign-opened", rate=RATE):
        counting.record_opening(token=token)
    return HttpResponse(PIXEL, content_type="image/gif")


# Mail programs call off with one click, without having seen the page (RFC 8058); the token in the
# address is the right to do it.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offers_leave(request: HttpRequest, token: str) -> HttpResponse:
    """Works without logging in, and answers alike whatever the token."""
    if request.method == "POST":
        leave_offers(token=token)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            # It follows no redirect (RFC 8058, 3.1).
            return HttpResponse(status=200)
        return redirect(f"{request.path}?done=1")
    return render(
        request, "storefront/offers_leave.html", {"is_done": request.GET.get("done") == "1"}
    )


def _showing(request: HttpRequest) -> Showing | None:
    return None if _is_unwanted(request) else read_showing(request.POST.get("token", ""))


def _is_unwanted(request: HttpRequest) -> bool:
    headers = request.headers
    return (
        headers.get("Sec-Fetch-Site", "same-origin") == "cross-site"
        or is_robot(headers.get("User-Agent", ""))
        or is_too_often(request, form="campaign-events", rate=RATE)
    )


def _watcher(request: HttpRequest) -> Watcher:
    if not consent.allows(request, Consent.Purpose.ANALYTICS):
        return Watcher()
    reader = reader_of(request)
    return Watcher(
        visitor_key=read_visitor_key(request), customer_id=None if reader is None else reader.pk
    )


def _back(request: HttpRequest) -> HttpResponse:
    if request.headers.get("Sec-Fetch-Mode") == "cors" or "HX-Request" in request.headers:
        return HttpResponse(status=204)
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return redirect(referer)
    return redirect("storefront:home")
