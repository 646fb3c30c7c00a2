"""Whole pages that are stencils: the same for everybody but for what stands in their holes.

    return form(request, "storefront/category.html", holes={"listing": ...}, shown=lambda: {...})

Templates get no request, only the path of it, so that nothing of the visitor who came first is
shown to the next one: the token of forms, the count of the cart and messages are holes in every
page, beside those of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from storefront import frame
from storefront.context import shop
from storefront.fragments import kept_frame
from storefront.stencils import Holes, Stencil, cut


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that a kept page may know of the request."""

    path: str


def form(
    request: HttpRequest,
    template: str,
    *,
    holes: Mapping[str, Any],
    shown: Callable[[], Mapping[str, Any]] | None = None,
    is_shared: bool = False,
    **shape: bool,
) -> HttpResponse:
    """A page around whose middle everything is the same for all, and outlives new prices.

    holes: what stands in the middle; shape: all else that its template is told. shown: what
    follows from the address alone, asked for only where nothing is kept. is_shared: nothing does,
    so all addresses of this template share what is kept.
    """
    page = kept_frame(
        "form",
        template,
        "" if is_shared else request.path,
        *shape.items(),
        make=lambda: _cut(request, template, {**shape, **(shown() if shown else {})}),
    )
    return _filled(request, page, holes)


def _filled(request: HttpRequest, page: Stencil, holes: Mapping[str, Any]) -> HttpResponse:
    visitor = frame.of_visitor(request)
    values = {**visitor, "messages": _messages(request), **holes}
    response = HttpResponse(page.fill(**values))
    # The token of forms and the count of the cart are those of the cookies.
    response.headers["Vary"] = "Cookie"
    return response


def _cut(request: HttpRequest, template: str, shown: Mapping[str, Any]) -> Stencil:
    hole = Holes()
    everywhere = {
        **shop(request),
        "request": _Asked(request.path),
        "hole": hole,
        "csrf_token": hole["csrf"],
    }
    return cut(render_to_string(template, {**everywhere, **shown}))


def _messages(request: HttpRequest) -> SafeString | str:
    messages = get_messages(request)
    return render_to_string("storefront/_messages.html", {"messages": messages}) if messages else ""
