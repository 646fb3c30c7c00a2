"""Who asks for a page, as recommendations, experiments and statistics may know it."""

from django.http import HttpRequest
from django.utils.translation import get_language

from customers.models import Consent
from insights.services.visitors import Visitor, customer_key
from storefront import consent
from storefront.reading import reader_of
from storefront.visitor_cookie import read_visitor_key


def visitor_of(request: HttpRequest) -> Visitor:
    """Of somebody logged in this asks for their consents, once a request."""
    reader = reader_of(request)
    key = read_visitor_key(request)
    if not key and reader is not None:
        key = customer_key(reader.pk)
    return Visitor(
        key=key,
        customer_id=None if reader is None else reader.pk,
        language=get_language() or "",
        may_personalise=consent.allows(request, Consent.Purpose.PERSONALISATION),
    )
