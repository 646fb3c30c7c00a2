"""The customer's own pages: parse, call one service, answer."""

from typing import cast

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.errors import CustomersError
from customers.models import Address, User
from customers.services import addresses, consents, profiles
from recommendations.models import PlacementCode
from recommendations.services.histories import Context
from recommendations.services.placing import recommend_products
from storefront import consent, guests
from storefront.forms.people import AddressForm, ConsentForm, ProfileForm
from storefront.pages import account as pages
from storefront.placement_html import row_html
from storefront.visitor import visitor_of


def _customer(request: HttpRequest) -> User:
    """Who is logged in: the views of this module let nobody else in."""
    return cast("User", request.user)


@never_cache
@login_required
@require_safe
def account_detail(request: HttpRequest) -> HttpResponse:
    user = _customer(request)
    page = pages.account_page(user=user, has_second_factor=bool(is_mfa_enabled(user)))
    again = recommend_products(
        placement=PlacementCode.BUY_AGAIN, visitor=visitor_of(request), context=Context()
    )
    shown = {"page": page, "again": row_html(again)}
    return render(request, "storefront/account/overview.html", shown)


@never_cache
@login_required
@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    page = pages.order_list(user=_customer(request), after=request.GET.get("after", ""))
    return render(request, "storefront/account/orders.html", {"page": page})


@never_cache
@login_required
@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    page = pages.reviews_page(user=_customer(request))
    return render(request, "storefront/account/reviews.html", {"page": page})


@never_cache
@login_required
@require_safe
def address_list(request: HttpRequest) -> HttpResponse:
    book = Address.objects.filter(user=_customer(request)).order_by("-is_default", "-pk")
    return render(request, "storefront/account/addresses.html", {"addresses": book})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def address_add(request: HttpRequest) -> HttpResponse:
    user = _customer(request)
    form = AddressForm(
        request.POST if request.method == "POST" else None,
        initial={"recipient": user.get_full_name(), "country": user.country},
    )
    if request.method == "POST" and form.is_valid():
        try:
            addresses.add_address(
                user=user,
                details=form.details(),
                is_default=form.cleaned_data.get("is_default", False),
            )
        except CustomersError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The address is in your book."))
            return redirect("storefront:address-list")
    return _address_form(request, form)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def address_change(request: HttpRequest, pk: int) -> HttpResponse:
    address = _own_address(request, pk)
    form = AddressForm(request.POST if request.method == "POST" else None, instance=address)
    if request.method == "POST" and form.is_valid():
        addresses.change_address(
            address=address,
            details=form.details(),
            is_default=form.cleaned_data.get("is_default", False),
        )
        messages.success(request, _("The address is changed."))
        return redirect("storefront:address-list")
    return _address_form(request, form)


@login_required
@require_POST
def address_delete(request: HttpRequest, pk: int) -> HttpResponse:
    addresses.delete_address(address=_own_address(request, pk))
    messages.success(request, _("The address is removed."))
    return redirect("storefront:address-list")


@login_required
@require_POST
def address_make_default(request: HttpRequest, pk: int) -> HttpResponse:
    addresses.make_default(address=_own_address(request, pk))
    return redirect("storefront:address-list")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent_change(request: HttpRequest) -> HttpResponse:
    user = _customer(request)
    if request.method == "POST":
        form = ConsentForm(request.POST)
        if form.is_valid():
            consents.record_consents(user=user, wanted=form.wanted())
            messages.success(request, _("We keep to it from now on."))
            response = redirect("storefront:consent-change")
            consent.write_answer(request, response, form.wanted())
            return response
    else:
        form = ConsentForm(initial=consents.read_consents(user=user))
    return render(request, "storefront/account/consents.html", {"form": form})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile_change(request: HttpRequest) -> HttpResponse:
    user = _customer(request)
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=user)
    if request.method == "POST" and form.is_valid():
        language = form.cleaned_data["language"]
        profiles.change_profile(
            user=user,
            first_name=form.cleaned_data["first_name"],
            last_name=form.cleaned_data["last_name"],
            language=language,
        )
        with translation.override(language):
            messages.success(request, _("Saved."))
            response = redirect("storefront:profile-change")
        guests.remember_language(response, language=language)
        return response
    return render(request, "storefront/account/profile.html", {"form": form})


def _own_address(request: HttpRequest, pk: int) -> Address:
    return get_object_or_404(Address.objects.select_related("user"), pk=pk, user=_customer(request))


def _address_form(request: HttpRequest, form: AddressForm) -> HttpResponse:
    return render(request, "storefront/account/address_form.html", {"form": form})
