"""Looking after an order without an account: its number and address, then a code by email."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders.errors import WrongCodeError
from orders.services import access
from storefront.forms.orders import AccessCodeForm, OrderAccessForm
from storefront.limits import is_too_often
from storefront.order_proof import prove_order

_SESSION_KEY = "order_access"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def order_access(request: HttpRequest) -> HttpResponse:
    """The same answer whether such an order exists or not."""
    if request.method == "POST":
        if is_too_often(request, form="order-access", rate="10/hour"):
            return render(request, "429.html", status=429)
        form = OrderAccessForm(request.POST)
        if form.is_valid():
            request.session[_SESSION_KEY] = access.request_access(
                email=form.cleaned_data["email"],
                number=form.cleaned_data["number"].strip(),
                language=translation.get_language() or "",
            )
            return redirect("storefront:order-access-code")
    else:
        form = OrderAccessForm(initial={"number": request.GET.get("number", "")[:40]})
    return render(request, "storefront/order_access.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def order_access_code(request: HttpRequest) -> HttpResponse:
    token = request.session.get(_SESSION_KEY)
    if not token:
        return redirect("storefront:order-access")
    form = AccessCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if is_too_often(request, form="order-access-code", rate="40/hour"):
            return render(request, "429.html", status=429)
        if form.is_valid():
            try:
                order = access.enter_access_code(token=token, code=form.cleaned_data["code"])
            except WrongCodeError as error:
                form.add_error("code", str(error))
            else:
                del request.session[_SESSION_KEY]
                # Who knows the session of before must not see the order.
                request.session.cycle_key()
                prove_order(request, order=order)
                return redirect("storefront:order-detail", number=order.number)
    return render(request, "storefront/order_access_code.html", {"form": form})
