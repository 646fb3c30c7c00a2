"""What a visitor allows: the answer of the consent bar, and of the account.

Who is logged in has said it in the account, where the newest word of each purpose counts; everybody
else has said it in a cookie of the shop's own. No answer is a no, and so is Global Privacy Control.
"""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from customers.models import Consent, User
from customers.services.consents import read_consents
from insights.services import browser_consent
from storefront.visitor_cookie import forget_visitor, name_visitor


def allows(request: HttpRequest, purpose: str) -> bool:
    """Whether the visitor said yes to this purpose, and asks for no privacy in general.

    Of somebody logged in this asks the database, once a request.
    """
    if asks_for_privacy(request):
        return False
    customer = _customer(request)
    if customer is None:
        return allows_in_browser(request, purpose)
    said: dict[str, bool] | None = getattr(request, "_consents", None)
    if said is None:
        said = read_consents(user=customer)
        request._consents = said  # type: ignore[attr-defined]  # kept for this request
    return said.get(purpose, False)


def allows_in_browser(request: HttpRequest, purpose: str) -> bool:
    """What this browser said, whoever is logged in; asks no database."""
    cookie = request.COOKIES.get(browser_consent.COOKIE, "")
    return browser_consent.is_allowed(cookie, purpose) and not asks_for_privacy(request)


def asks_for_privacy(request: HttpRequest) -> bool:
    """Global Privacy Control: a browser's standing no."""
    return browser_consent.is_refused_by_browser(request.headers)


def has_answered(request: HttpRequest) -> bool:
    return browser_consent.has_answered(request.COOKIES.get(browser_consent.COOKIE, ""))


def write_answer(
    request: HttpRequest, response: HttpResponseBase, wanted: Mapping[str, bool]
) -> None:
    """So that pages need not ask the database, nor the visitor again.

    A browser that allows anything gets a random name; one that allows nothing loses it.
    """
    response.set_cookie(
        browser_consent.COOKIE,
        browser_consent.written(wanted),
        max_age=browser_consent.COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    if any(wanted.get(purpose) for purpose in browser_consent.ASKED):
        name_visitor(request, response)
    else:
        forget_visitor(response)


def remember_answer(request: HttpRequest, response: HttpResponseBase, *, customer: User) -> None:
    """After logging in: this browser is told what the account says, if it ever said anything."""
    said = Consent.objects.filter(user=customer).exists()
    if said:
        write_answer(request, response, read_consents(user=customer))


def _customer(request: HttpRequest) -> User | None:
    # Without a session nobody is logged in; to look would be for nothing.
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        user = getattr(request, "_cached_user", None)
    else:
        user = getattr(request, "user", None)
    return user if isinstance(user, User) else None
