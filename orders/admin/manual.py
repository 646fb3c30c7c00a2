"""Staff place an order for somebody: a form of rows, an address, delivery, payment."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.forms import MoneyField
from customers.countries import country_choices
from customers.models import User
from orders.admin.order_page import change_address
from orders.admin.staff import STAFF_ERRORS, staff_member
from orders.errors import NotForSaleError
from orders.models import ShippingMethod
from orders.services import manual, payments
from orders.services.placing import Delivery

_TEXT = UnfoldAdminTextInputWidget


class ManualOrderForm(forms.Form):
    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    rows = forms.CharField(
        label=gettext_lazy("SKUs and units"),
        max_length=5000,
        help_text=gettext_lazy("One SKU a row with its units behind it: TEA-0001 2"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Email address"),
        max_length=254,
        help_text=gettext_lazy("An account under this address gets the order."),
        widget=UnfoldAdminEmailInputWidget,
    )
    recipient = forms.CharField(label=gettext_lazy("Recipient"), max_length=120, widget=_TEXT)
    phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=40, required=False, widget=_TEXT
    )
    line = forms.CharField(label=gettext_lazy("Street and number"), max_length=200, widget=_TEXT)
    city = forms.CharField(label=gettext_lazy("City"), max_length=100, widget=_TEXT)
    region = forms.CharField(
        label=gettext_lazy("Region"), max_length=100, required=False, widget=_TEXT
    )
    postal_code = forms.CharField(
        label=gettext_lazy("Postal code"), max_length=20, required=False, widget=_TEXT
    )
    country = forms.ChoiceField(label=gettext_lazy("Country"), widget=UnfoldAdminSelectWidget)
    shipping_method: Any = forms.ModelChoiceField(
        ShippingMethod.objects.none(),
        label=gettext_lazy("Delivery"),
        widget=UnfoldAdminSelectWidget,
    )
    provider = forms.ChoiceField(label=gettext_lazy("Payment"), widget=UnfoldAdminSelectWidget)
    discount = MoneyField(label=gettext_lazy("Taken off the goods"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the letters"), widget=UnfoldAdminSelectWidget
    )
    note = forms.CharField(
        label=gettext_lazy("Note of the customer"), max_length=500, required=False, widget=_TEXT
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["key"].initial = uuid4().hex
        fields["country"].choices = country_choices()
        fields["country"].initial = settings.SHOP_COUNTRY
        fields["language"].choices = settings.LANGUAGES
        fields["language"].initial = settings.LANGUAGE_CODE
        fields["shipping_method"].queryset = ShippingMethod.objects.filter(
            is_active=True
        ).select_related("zone")
        fields["provider"].choices = [
            (one.code, one.title)
            for one in payments.available_providers(
                country=settings.SHOP_COUNTRY, currency=settings.CURRENCY, total_minor=1
            )
        ]

    def clean_rows(self) -> Any:
        try:
            return manual.read_lines(str(self.cleaned_data["rows"]))
        except NotForSaleError as error:
            raise forms.ValidationError(str(error)) from error
        except ValueError as error:
            raise forms.ValidationError(
                _("“%(row)s” does not end in a number of units.") % {"row": error}
            ) from error

    def delivery(self) -> Delivery:
        data = self.cleaned_data
        parts = ("recipient", "phone", "line", "city", "region", "postal_code", "country")
        return Delivery(
            email=data["email"],
            country=data["country"],
            language=data["language"],
            address={part: data[part] for part in parts if data[part]},
        )


def urls(page: Any) -> list[URLPattern]:
    def view(request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("orders.place_order"):
            raise PermissionDenied
        return place_view(request, page)

    return [path("place/", page.admin_site.admin_view(view), name="orders_order_place")]


def place_view(request: HttpRequest, page: Any) -> HttpResponse:
    form = ManualOrderForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            order = manual.place_manual_order(
                lines=data["rows"],
                delivery=form.delivery(),
                shipping_method=data["shipping_method"],
                provider=data["provider"],
                key=data["key"],
                user=staff_member(request),
                customer=User.objects.filter(email__iexact=data["email"]).first(),
                discount_minor=data["discount"] or 0,
                note=data["note"],
            )
            payments.start_payment(
                order=order,
                provider=data["provider"],
                return_url=request.build_absolute_uri(order.get_absolute_url()),
            )
        except STAFF_ERRORS as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Order %(number)s is placed.") % {"number": order.number})
            return HttpResponseRedirect(change_address(order))
    return TemplateResponse(
        request,
        "orders/staff/manual_order.html",
        {**page.admin_site.each_context(request), "title": _("Place an order"), "form": form},
    )
