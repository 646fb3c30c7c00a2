"""The steps from the cart to the order: address, delivery, payment.

Each step can be opened again by going back. Whoever goes back to a cart that was ordered already is
led to its order; it is never ordered twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from customers.countries import country_code
from customers.errors import CustomersError
from customers.models import Address, User
from customers.services import addresses
from customers.services.addresses import AddressDetails
from insights.services import risk
from orders.errors import CartShortError, IdempotencyConflictError, NoDeliveryError, OrdersError
from orders.models import Checkout, Order
from orders.services import carts
from orders.services import checkout as service
from orders.services.carts import CartContents
from storefront import cart_cookie
from storefront.device import device_of
from storefront.forms.checkout import (
    ANOTHER,
    BookForm,
    ContactForm,
    DeliveryAddressForm,
    DeliveryForm,
    PaymentForm,
)
from storefront.limits import is_too_often
from storefront.order_proof import prove_order
from storefront.pages import cart as cart_pages
from storefront.pages import checkout as pages
from storefront.reading import reader_of
from storefront.remembered import write_country
from storefront.views.payment import begin_payment

# So long going back from an order leads to it instead of to an empty cart.
GOING_BACK = timedelta(hours=2)
# Each of these sets goods aside: nobody may empty the shop by that.
RESERVE_RATE = "240/hour"
PLACE_RATE = "120/hour"

# Every line that cannot be ordered is marked in the cart besides.
MOST_SENTENCES = 5

Step = Callable[[HttpRequest, CartContents], HttpResponse]


def with_cart(step: Step) -> Callable[[HttpRequest], HttpResponse]:
    """Hand a step the cart, when it can be ordered as it is."""

    @wraps(step)
    def view(request: HttpRequest) -> HttpResponse:
        contents = carts.read_cart(
            customer=reader_of(request), token=cart_cookie.read_cart_token(request)
        )
        if contents is None:
            return _order_or_cart(request)
        if not contents.can_be_ordered:
            _tell(request, cart_pages.obstacles(contents))
            return redirect("storefront:cart-detail")
        return step(request, contents)

    return view


@never_cache
@require_safe
@with_cart
def checkout_start(request: HttpRequest, contents: CartContents) -> HttpResponse:
    """To the first step that has no answer yet."""
    return redirect(_next_step(contents.checkout))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_cart
def checkout_address(request: HttpRequest, contents: CartContents) -> HttpResponse:
    reader = reader_of(request)
    contact, book, typed = _address_forms(request, contents, reader)
    page = pages.checkout_page(contents=contents, customer=reader)
    if request.method == "POST" and _are_valid(contact, book, typed):
        chosen = book.chosen if book else None
        details = _details_of(chosen) if chosen else typed.details()
        if not service.offers_for(contents=contents, country=details.country, quote=page.quote):
            form, field = (book, "book") if book and chosen else (typed, "country")
            form.add_error(field, str(NoDeliveryError(details.country)))
        else:
            service.give_address(
                cart=contents.cart,
                email=contact.cleaned_data["email"],
                language=get_language() or "",
                address=details,
            )
            if reader and not chosen and typed.cleaned_data.get("keeps"):
                _keep_address(request, reader, details)
            response = redirect("storefront:checkout-delivery")
            # Only a country: the promise on the pages of products is for it from now on.
            write_country(response, details.country)
            return response
    forms = {"contact": contact, "book": book, "form": typed, "another": ANOTHER}
    return render(request, "storefront/checkout_address.html", {"page": page, **forms})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_cart
def checkout_delivery(request: HttpRequest, contents: CartContents) -> HttpResponse:
    checkout = contents.checkout
    if checkout is None or not checkout.address:
        return redirect("storefront:checkout-address")
    page = pages.checkout_page(contents=contents, customer=reader_of(request))
    offers = service.offers_for(
        contents=contents, country=checkout.address["country"], quote=page.quote
    )
    form = DeliveryForm(
        request.POST if request.method == "POST" else None,
        offers=offers,
        initial={"method": checkout.shipping_method_id},
    )
    if request.method == "POST" and form.is_valid():
        if is_too_often(request, form="checkout-delivery", rate=RESERVE_RATE):
            return render(request, "429.html", status=429)
        try:
            service.choose_delivery(cart=contents.cart, method=form.chosen.method)
            service.reserve_cart(cart=contents.cart)
        except CartShortError as error:
            return _short(request, error)
        except OrdersError as error:
            messages.error(request, str(error))
            return redirect("storefront:cart-detail")
        return redirect("storefront:checkout-payment")
    return render(request, "storefront/checkout_delivery.html", {"page": page, "form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout_payment(request: HttpRequest) -> HttpResponse:
    # What is sent may be about a cart that has just been ordered: it is found by its key.
    return _place(request) if request.method == "POST" else _review(request)


@with_cart
def _review(request: HttpRequest, contents: CartContents) -> HttpResponse:
    reader, checkout = reader_of(request), contents.checkout
    if checkout is None or _next_step(checkout) != "storefront:checkout-payment":
        return redirect(_next_step(checkout))
    page = pages.review_page(contents=contents, checkout=checkout, customer=reader)
    if page.quote.shipping is None:
        messages.warning(request, _("Please choose a delivery method again."))
        return redirect("storefront:checkout-delivery")
    form = PaymentForm(
        choices=page.choices,
        initial={
            "provider": checkout.payment_provider,
            "note": checkout.note,
            "key": checkout.idempotency_key,
            "seen_total": page.quote.total_minor,
            "seen_codes": " ".join(one.code for one in page.quote.discounts if one.code),
        },
    )
    return render(request, "storefront/checkout_payment.html", {"page": page, "form": form})


def _place(request: HttpRequest) -> HttpResponse:
    """The button that orders. Whatever goes wrong is told on the page that it is about."""
    here = redirect("storefront:checkout-payment")
    checkout = service.find_checkout(
        # No key of ours holds one, and PostgreSQL takes none.
        key=request.POST.get("key", "").replace("\x00", "")[:80],
        customer=reader_of(request),
        token=cart_cookie.read_cart_token(request),
    )
    if checkout is None:
        messages.warning(
            request, _("Your cart has changed in the meantime. Please look at it once more.")
        )
        return here
    form = PaymentForm(request.POST)
    if not form.is_valid():
        for problem in form.errors.values():
            messages.error(request, str(problem[0]))
        return here
    if is_too_often(request, form="checkout-payment", rate=PLACE_RATE):
        return render(request, "429.html", status=429)
    provider, note = form.cleaned_data["provider"], form.cleaned_data["note"]
    service.remember_payment(checkout=checkout, provider=provider, note=note)
    try:
        order = service.place_checkout(
            checkout=checkout,
            key=form.cleaned_data["key"],
            provider=provider,
            note=note,
            seen_total_minor=form.cleaned_data["seen_total"],
            seen_codes=form.cleaned_data["seen_codes"].split(),
            risk=risk.assess_checkout(
                checkout=checkout,
                customer=reader_of(request),
                total_minor=form.cleaned_data["seen_total"],
                device=device_of(request),
            ),
        )
    except CartShortError as error:
        return _short(request, error)
    except IdempotencyConflictError as error:
        messages.warning(request, str(error))
        return _order_or_cart(request)
    except OrdersError as error:
        messages.warning(request, str(error))
        return here
    risk.record_assessment(order=order)
    return _to_payment(request, order, provider)


def _to_payment(request: HttpRequest, order: Order, provider: str) -> HttpResponse:
    """The order stands, and nothing is locked while its payment begins."""
    prove_order(request, order=order)
    response = begin_payment(request, order=order, provider=provider)
    cart_cookie.write_cart_units(response, 0)
    return response


def _next_step(checkout: Checkout | None) -> str:
    if checkout is None or not checkout.address:
        return "storefront:checkout-address"
    if checkout.shipping_method_id is None:
        return "storefront:checkout-delivery"
    return "storefront:checkout-payment"


def _order_or_cart(request: HttpRequest) -> HttpResponse:
    order = service.last_order(
        customer=reader_of(request),
        token=cart_cookie.read_cart_token(request),
        since=timezone.now() - GOING_BACK,
    )
    if order is None:
        return redirect("storefront:cart-detail")
    return redirect("storefront:payment-detail", number=order.number)


def _short(request: HttpRequest, error: CartShortError) -> HttpResponse:
    """Back to the cart, with a sentence for each line."""
    _tell(request, [str(line) for line in error.lines])
    return redirect("storefront:cart-detail")


def _tell(request: HttpRequest, sentences: Sequence[str]) -> None:
    for sentence in sentences[:MOST_SENTENCES]:
        messages.error(request, sentence)


def _address_forms(
    request: HttpRequest, contents: CartContents, reader: User | None
) -> tuple[ContactForm, BookForm | None, DeliveryAddressForm]:
    sent = request.POST if request.method == "POST" else None
    known = contents.checkout.address if contents.checkout else {}
    email = contents.checkout.email if contents.checkout else ""
    own = _book_of(reader)
    book = None
    if own:
        marked = _marked(own, known)
        book = BookForm(sent, addresses=own, initial={"book": marked})
        if marked != ANOTHER:
            known = {}
    start = {"country": settings.SHOP_COUNTRY}
    if reader is not None:
        start = {"country": reader.country or start["country"], "recipient": reader.get_full_name()}
    typed = DeliveryAddressForm(sent, initial={**start, **known}, can_keep=reader is not None)
    contact = ContactForm(sent, initial={"email": email or (reader.email if reader else "") or ""})
    return contact, book, typed


def _are_valid(contact: ContactForm, book: BookForm | None, typed: DeliveryAddressForm) -> bool:
    """What is typed counts only where no address of the book was chosen."""
    is_valid = contact.is_valid()
    if book is not None:
        is_valid = book.is_valid() and is_valid
        if book.is_valid() and book.chosen is not None:
            return is_valid
    return typed.is_valid() and is_valid


def _book_of(reader: User | None) -> list[Address]:
    if reader is None:
        return []
    return list(Address.objects.filter(user=reader).order_by("-is_default", "-pk"))


def _marked(own: list[Address], known: dict[str, Any]) -> str:
    """The address of the checkout, where it is one of the book; else the default."""
    for address in own:
        if known and known == {name: getattr(address, name) for name in known}:
            return str(address.pk)
    return ANOTHER if known else str(own[0].pk)


def _details_of(address: Address) -> AddressDetails:
    details = AddressDetails(**{name: getattr(address, name) for name in AddressDetails.__slots__})
    # Addresses of an imported history name their country in words.
    return replace(details, country=country_code(address.country))


def _keep_address(request: HttpRequest, reader: User, details: AddressDetails) -> None:
    try:
        addresses.add_address(user=reader, details=details)
    except CustomersError as error:
        messages.warning(request, str(error))
