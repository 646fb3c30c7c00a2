"""The wish list: of a customer in the shop, of a guest in the browser."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from orders.services import wishes
from storefront.pages.wishes import wish_cards
from storefront.reading import back, published_product, read_key, reader_of
from storefront.remembered import WISHED


@require_safe
def wish_list(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    wished = WISHED.read(request) if reader is None else wishes.wished_product_ids(user=reader)
    return render(request, "storefront/wish_list.html", {"wishes": wish_cards(wished)})


@require_POST
def wish_add(request: HttpRequest) -> HttpResponse:
    product = published_product(request)
    reader = reader_of(request)
    response = back(request, otherwise="storefront:wish-list")
    if reader is None:
        WISHED.write(response, (product.pk, *WISHED.read(request)))
    else:
        wishes.add_wish(user=reader, product=product)
    messages.success(request, _("“%(name)s” is on your wish list.") % {"name": product})
    return response


@require_POST
def wish_remove(request: HttpRequest) -> HttpResponse:
    key = read_key(request.POST.get("product", ""))
    response = back(request, otherwise="storefront:wish-list")
    take_away(request, response, product_id=key)
    return response


def take_away(request: HttpRequest, response: HttpResponse, *, product_id: int) -> None:
    """The wish is gone; what was never wished for is no error."""
    reader = reader_of(request)
    if reader is None:
        WISHED.write(response, [pk for pk in WISHED.read(request) if pk != product_id])
    else:
        wishes.remove_wish(user=reader, product_id=product_id)
