"""What stands around every page: written once, then filled in for each visitor.

Bar and foot are the same for everybody but for a few words, which are the holes of a stencil.
"""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from storefront import consent_bar
from storefront.behaviour import page_marks
from storefront.context import cart_units, shop
from storefront.form_tokens import form_token
from storefront.fragments import kept_frame
from storefront.stencils import Holes, Stencil, cut

# A longer one is no page that somebody reads in another language.
LONGEST_ADDRESS = 2_000


def assets(request: HttpRequest) -> SafeString:
    """Style sheets and scripts."""
    return _kept("_assets", request)


def bar(request: HttpRequest, *, category_id: int | None, search_text: str) -> SafeString:
    """category_id: the top category to mark as the present one."""
    return _bar(request, category_id).fill(**of_visitor(request, search_text=search_text))


def bar_with_holes(request: HttpRequest, *, category_id: int | None) -> SafeString:
    """For a page that is kept as a whole: `of_visitor` fills it."""
    return _bar(request, category_id).html()


def of_visitor(request: HttpRequest, *, search_text: str = "") -> dict[str, Any]:
    """What stands in the holes of the bar."""
    units, address = cart_units(request), request.get_full_path()
    return {
        "csrf": form_token(request),
        "here": address if len(address) <= LONGEST_ADDRESS else request.path,
        "search": search_text,
        "page": page_marks(request),
        "consent": consent_bar.html(request),
        "cart": format_html('<span class="bar__count">{}</span>', units) if units else "",
    }


def foot(request: HttpRequest) -> SafeString:
    return _kept("_foot", request)


def _bar(request: HttpRequest, category_id: int | None) -> Stencil:
    return kept_frame("bar", category_id, make=lambda: cut(_render("_bar", request, category_id)))


def _kept(name: str, request: HttpRequest) -> SafeString:
    html = kept_frame(name, make=lambda: str(_render(name, request)))
    return mark_safe(html)  # noqa: S308  # a template's


def _render(name: str, request: HttpRequest, category_id: int | None = None) -> str:
    shown = {**shop(request), "hole": Holes(), "category_id": category_id}
    return render_to_string(f"storefront/{name}.html", shown)
