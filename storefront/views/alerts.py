"""Asking to be told when something sold out is back, and calling that off."""

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from catalog.models import Product, Sku
from inventory.errors import UnusableAddressError
from inventory.models import StockAlert
from inventory.services import alerts
from storefront.forms.contact import StockAlertForm
from storefront.limits import is_too_often
from storefront.reading import read_key

RATE = "20/hour"


@require_POST
def stock_alert_add(request: HttpRequest) -> HttpResponse:
    """The same answer whether the address had asked before or not."""
    form = StockAlertForm(request.POST)
    sku = get_object_or_404(
        Sku.objects.active()
        .filter(product__status=Product.Status.PUBLISHED)
        .select_related("product"),
        pk=read_key(request.POST.get("sku", "")),
    )
    here = redirect(sku.product)
    if not form.is_valid():
        messages.error(request, _("Please enter an email address that letters can be sent to."))
        return here
    if is_too_often(request, form="stock-alert", rate=RATE):
        messages.error(request, _("That was too often. Please try again in an hour."))
        return here
    try:
        alerts.ask_for_alert(
            sku=sku,
            email=form.cleaned_data["email"],
            language=get_language() or "",
            user=request.user if isinstance(request.user, AbstractBaseUser) else None,
        )
    except UnusableAddressError as error:
        messages.error(request, str(error))
        return here
    messages.success(request, _("We will write to you once, when it is back."))
    return here


# Mail programs call off with one click, without having seen the page (RFC 8058); the token in the
# address is the right to do it.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stock_alert_cancel(request: HttpRequest, token: str) -> HttpResponse:
    alert = get_object_or_404(StockAlert.objects.select_related("sku__product"), token=token)
    if request.method == "POST":
        alerts.cancel_alerts(token=token)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            # It follows no redirect (RFC 8058, 3.1).
            return HttpResponse(status=200)
        return redirect(request.get_full_path())
    n_waiting = StockAlert.objects.waiting().filter(email=alert.email).count()
    context = {"alert": alert, "n_waiting": n_waiting}
    return render(request, "storefront/stock_alert_cancel.html", context)
