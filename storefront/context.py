"""What every page of the shop knows."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from catalog.models import Category
from storefront.fragments import kept_frame
from storefront.services.static_pages import footer_links

MOST_UNITS_SHOWN = 999


@dataclass(frozen=True, slots=True)
class Links:
    """Where the bar on top leads; empty where a shop leaves that part out."""

    search: str
    cart: str
    wishes: str
    account: str


@dataclass(frozen=True, slots=True)
class Place:
    pk: int
    name: str
    url: str


def shop(request: HttpRequest) -> dict[str, Any]:
    """Read only where a template asks for it: the back office shows no categories."""
    return {
        "shop_name": settings.SHOP_NAME,
        "shop_currency": settings.CURRENCY,
        "shop_categories": SimpleLazyObject(
            lambda: kept_frame("top categories", make=_top_categories)
        ),
        "shop_pages": SimpleLazyObject(footer_links),
        "shop_links": SimpleLazyObject(_links),
    }


def _categories() -> list[Place]:
    return kept_frame("top categories", make=_top_categories)


def _top_categories() -> list[Place]:
    return [
        Place(category.pk, category.name, category.get_absolute_url())
        for category in Category.objects.top()
    ]


def _links() -> Links:
    return Links(
        search=_address("storefront:search"),
        cart=_address("storefront:cart-detail"),
        wishes=_address("storefront:wish-list"),
        account=_address("storefront:account-detail"),
    )


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def cart_units(request: HttpRequest) -> int:
    """The count beside the cart as the cart wrote it; a cookie that is no number counts as none."""
    cookie = request.COOKIES.get("cart_units", "")
    if not (cookie.isascii() and cookie.isdigit() and len(cookie) <= len(str(MOST_UNITS_SHOWN))):
        return 0
    return int(cookie)
