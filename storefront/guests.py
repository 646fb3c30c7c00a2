"""What a visitor put aside before logging in, and how it becomes the customer's."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from customers.models import User
from orders.services.carts import count_units, find_cart, merge_carts
from orders.services.wishes import merge_wishes
from storefront.cart_cookie import forget_cart, read_cart_token, write_cart_units
from storefront.remembered import WISHED


@dataclass(frozen=True, slots=True)
class Guest:
    wished: tuple[int, ...] = ()
    cart_token: str = ""


def read_guest(request: HttpRequest) -> Guest:
    return Guest(wished=WISHED.read(request), cart_token=read_cart_token(request))


def join_guest(*, customer: User, guest: Guest) -> None:
    """Give the customer what the guest had; what they have already stays as it is."""
    if guest.wished:
        merge_wishes(user=customer, product_ids=guest.wished)
    if guest.cart_token:
        merge_carts(user=customer, token=guest.cart_token)


def forget_guest(response: HttpResponseBase, *, customer: User) -> None:
    """The browser's own copies have been taken over; the count is that of the joined cart."""
    WISHED.write(response, ())
    forget_cart(response)
    cart = find_cart(customer=customer, token="")
    if cart is not None:
        write_cart_units(response, count_units(cart=cart))


def remember_language(response: HttpResponseBase, *, language: str) -> None:
    """Pages without a language in their address follow the customer's own."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
