"""What a browser remembers for its visitor: products looked at, compared and wished for.

The ids stand in signed cookies, so the shop keeps no row about people it does not know, and nobody
can make a page look up ten thousand ids.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from customers.countries import is_country

YEAR_SECONDS: Final = 365 * 24 * 3600
MONTH_SECONDS: Final = 30 * 24 * 3600
_BIGGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Memory:
    """A cookie of product ids, the newest first."""

    cookie: str
    limit: int
    seconds: int

    def read(self, request: HttpRequest) -> tuple[int, ...]:
        """Empty for a cookie that is absent, outdated or not ours."""
        value = request.get_signed_cookie(
            self.cookie, default="", salt=self.cookie, max_age=self.seconds
        )
        ids = [int(part) for part in (value or "").split(".") if part.isascii() and part.isdigit()]
        return tuple(dict.fromkeys(each for each in ids if each <= _BIGGEST_ID))[: self.limit]

    def write(self, response: HttpResponseBase, product_ids: Iterable[int]) -> None:
        ids = list(dict.fromkeys(product_ids))[: self.limit]
        if not ids:
            response.delete_cookie(self.cookie, samesite="Lax")
            return
        response.set_signed_cookie(
            self.cookie,
            ".".join(map(str, ids)),
            salt=self.cookie,
            max_age=self.seconds,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


VIEWED: Final = Memory("viewed", limit=12, seconds=MONTH_SECONDS)
COMPARED: Final = Memory("compared", limit=4, seconds=MONTH_SECONDS)
WISHED: Final = Memory("wished", limit=60, seconds=YEAR_SECONDS)


# Where the visitor last had something sent; says no more than a country.
COUNTRY_COOKIE: Final = "country"


def read_country(request: HttpRequest) -> str:
    """Two letters; empty where nothing is remembered or it is no country."""
    code = request.COOKIES.get(COUNTRY_COOKIE, "")
    return code if is_country(code) else ""


def write_country(response: HttpResponseBase, code: str) -> None:
    response.set_cookie(
        COUNTRY_COOKIE,
        code,
        max_age=YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
