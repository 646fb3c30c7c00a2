"""The question what a visitor allows, below every page until it is answered."""

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from storefront import consent
from storefront.form_tokens import form_token
from storefront.stencils import stencil

LONGEST_ADDRESS = 2_000


def html(request: HttpRequest) -> SafeString:
    """Empty where the visitor, or the browser for them, has answered."""
    if consent.has_answered(request) or consent.asks_for_privacy(request):
        return mark_safe("")
    address = request.get_full_path()
    return stencil("storefront/_consent_bar.html").fill(
        csrf=form_token(request),
        here=address if len(address) <= LONGEST_ADDRESS else request.path,
    )
