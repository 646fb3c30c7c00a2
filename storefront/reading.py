"""Reading what visitors send with a form: who they are, which product, and where they came from."""

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from catalog.models import Product
from customers.models import User

_MOST_DIGITS = 18


def reader_of(request: HttpRequest) -> User | None:
    """Who is logged in, if anybody."""
    return request.user if isinstance(request.user, User) else None


def read_key(text: str) -> int:
    """A row's key as it stands in a form; 0, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0


def published_product(request: HttpRequest) -> Product:
    """The product a form names. Raises Http404."""
    key = read_key(request.POST.get("product", ""))
    product: Product = get_object_or_404(Product.objects.published(), pk=key)
    return product


def back(request: HttpRequest, *, otherwise: str) -> HttpResponseRedirect:
    """To the page of this shop that the form names, or to the view `otherwise`."""
    address = request.POST.get("next", "")
    if address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return HttpResponseRedirect(address)
    return HttpResponseRedirect(reverse(otherwise))
