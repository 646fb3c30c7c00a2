"""Which cart a browser holds: a signed cookie with its token, and the count beside the cart."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from orders.models import Cart
from storefront.context import MOST_UNITS_SHOWN, cart_units

CART_COOKIE: Final = "cart"
UNITS_COOKIE: Final = "cart_units"
SECONDS: Final = 60 * 24 * 3600


def read_cart_token(request: HttpRequest) -> str:
    """Empty for a cookie that is absent, outdated or not ours."""
    token = request.get_signed_cookie(CART_COOKIE, default="", salt=CART_COOKIE, max_age=SECONDS)
    return token or ""


def write_cart(response: HttpResponseBase, *, cart: Cart, units: int) -> None:
    """After a change: a guest keeps the cart for 60 more days; customers find it by logging in."""
    if cart.customer_id is None:
        write_cart_token(response, cart.token)
    write_cart_units(response, units)


def write_cart_token(response: HttpResponseBase, token: str) -> None:
    response.set_signed_cookie(
        CART_COOKIE,
        token,
        salt=CART_COOKIE,
        max_age=SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def write_cart_units(response: HttpResponseBase, units: int) -> None:
    """The count is no secret and read by the bar on top, so that pages need not ask for it."""
    if not units:
        response.delete_cookie(UNITS_COOKIE, samesite="Lax")
        return
    response.set_cookie(
        UNITS_COOKIE,
        str(min(units, MOST_UNITS_SHOWN)),
        max_age=SECONDS,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def correct_cart_units(request: HttpRequest, response: HttpResponseBase, units: int) -> None:
    """Where another device left an old number behind."""
    if cart_units(request) != min(units, MOST_UNITS_SHOWN):
        write_cart_units(response, units)


def forget_cart(response: HttpResponseBase) -> None:
    response.delete_cookie(CART_COOKIE, samesite="Lax")
    response.delete_cookie(UNITS_COOKIE, samesite="Lax")
