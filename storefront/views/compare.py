"""Comparing up to four products; which ones, the browser remembers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from storefront.pages.compare import comparison
from storefront.reading import back, published_product, read_key
from storefront.remembered import COMPARED


@require_safe
def compare_detail(request: HttpRequest) -> HttpResponse:
    context = {"comparison": comparison(COMPARED.read(request)), "limit": COMPARED.limit}
    return render(request, "storefront/compare.html", context)


@require_POST
def compare_add(request: HttpRequest) -> HttpResponse:
    product = published_product(request)
    chosen = [pk for pk in COMPARED.read(request) if pk != product.pk]
    response = back(request, otherwise="storefront:compare-detail")
    if len(chosen) >= COMPARED.limit:
        messages.warning(
            request,
            _("At most %(limit)d products can be compared. Take one out first.")
            % {"limit": COMPARED.limit},
        )
        return response
    COMPARED.write(response, (*chosen, product.pk))
    messages.success(request, _("“%(name)s” can be compared now.") % {"name": product})
    return response


@require_POST
def compare_remove(request: HttpRequest) -> HttpResponse:
    key = read_key(request.POST.get("product", ""))
    response = back(request, otherwise="storefront:compare-detail")
    COMPARED.write(response, [pk for pk in COMPARED.read(request) if pk != key])
    return response
