"""Invoices and credit notes, for the customer of their order or a guest who proved it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders.models import Invoice, Order
from orders.services.documents import render_pdf
from storefront.views.orders import of_visitor


@never_cache
@require_safe
@of_visitor
def invoice_detail(request: HttpRequest, order: Order, *, invoice: str) -> HttpResponse:
    """The document as PDF, under the number of its own order alone."""
    document = Invoice.objects.filter(order=order, number=invoice).first()
    if document is None:
        raise Http404
    return HttpResponse(
        render_pdf(document),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{document.number}.pdf"'},
    )
