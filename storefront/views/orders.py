"""One order: seen, cancelled and sent back by its customer, or by a guest who proved it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.errors import PhotoRefusedError
from catalog.services.photos import read_upload
from customers.models import User
from orders.errors import OrdersError, TooManyPhotosError
from orders.models import Order
from orders.services import fulfilment, return_photos, returns
from storefront.forms.orders import ReturnForm
from storefront.limits import is_too_often
from storefront.order_proof import ProofMissingError, read_order
from storefront.pages import orders as pages

RETURN_RATE = "20/hour"
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Order, P], HttpResponse]


def of_visitor(view: "View[P]") -> "Callable[Concatenate[HttpRequest, P], HttpResponse]":
    """Hand the view the order of the number in the address, if it is the visitor's own.

    Customers get a 404 for any other; guests are asked to prove it, whether it exists or not.
    """

    @wraps(view)
    def with_order(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        number = str(kwargs.pop("number"))
        try:
            order = read_order(request, number=number)
        except ProofMissingError:
            query = urlencode({"number": number[:40]})
            return HttpResponseRedirect(f"{reverse('storefront:order-access')}?{query}")
        return view(request, order, *args, **kwargs)

    return with_order


@never_cache
@require_safe
@of_visitor
def order_detail(request: HttpRequest, order: Order) -> HttpResponse:
    return render(request, "storefront/order.html", {"page": pages.order_page(order=order)})


@never_cache
@require_POST
@of_visitor
def order_cancel(request: HttpRequest, order: Order) -> HttpResponse:
    if order.status not in pages.CANCELLABLE:
        messages.error(request, _("This order can no longer be cancelled."))
        return _back_to(order)
    try:
        fulfilment.cancel_order(
            order=order, user=_person(request), reason=_("cancelled by the customer")
        )
    except OrdersError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Your order is cancelled."))
    return _back_to(order)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@of_visitor
def order_return(request: HttpRequest, order: Order) -> HttpResponse:
    page = pages.order_page(order=order)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ReturnForm(*sent, lines=page.lines)
    if request.method == "POST" and form.is_valid():
        if is_too_often(request, form="order-return", rate=RETURN_RATE):
            return render(request, "429.html", status=429)
        try:
            # Before the transaction: taking a photo apart takes its time.
            contents = [read_upload(upload) for upload in form.cleaned_data["photos"]]
            photos = return_photos.take_in_all(contents)
            returns.request_return(
                order=order,
                items=form.items(),
                key=f"{order.pk}:{form.cleaned_data['key']}",
                note=form.cleaned_data["note"],
                photos=photos,
                user=_person(request),
            )
        except (PhotoRefusedError, TooManyPhotosError) as error:
            form.add_error("photos", str(error))
        except OrdersError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("We have your request and answer by email."))
            return _back_to(order)
    return render(request, "storefront/order_return.html", {"page": page, "form": form})


def _back_to(order: Order) -> HttpResponse:
    return redirect("storefront:order-detail", number=order.number)


def _person(request: HttpRequest) -> User | None:
    """Who is logged in; nobody for a guest."""
    return request.user if isinstance(request.user, User) else None
