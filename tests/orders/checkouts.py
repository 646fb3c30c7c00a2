"""Carts on their way to an order, as visitors and their browsers have them."""

from collections.abc import Mapping
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from catalog.models import Sku
from customers.models import User
from customers.services.addresses import AddressDetails
from inventory.models import StockLevel, StockMovement
from orders.models import Cart, Checkout, ShippingMethod
from orders.services import carts, checkout
from storefront.cart_cookie import CART_COOKIE, write_cart_token
from tests.orders.selling import forget_defaults, make_shipping_method, make_shipping_zone

ADDRESS = AddressDetails(recipient="Li Hua", line="Jianguo Road 93", city="Beijing", country="CN")


def only_shipping_method(*, price_minor: int = 800, **fields: Any) -> ShippingMethod:
    """Whatever a new shop says: this is the one way to deliver, and nothing is taxed or reduced."""
    forget_defaults()
    zone = make_shipping_zone(countries=fields.pop("countries", ["CN"]))
    return make_shipping_method([(0, 0, price_minor)], zone=zone, **fields)


def make_cart(quantities: Mapping[Sku, int], *, customer: User | None = None) -> Cart:
    token = ""
    for sku, quantity in quantities.items():
        change = carts.add_to_cart(customer=customer, token=token, sku_id=sku.pk, quantity=quantity)
        token = change.cart.token
    return Cart.objects.get(token=token)


def make_checkout(
    quantities: Mapping[Sku, int],
    *,
    method: ShippingMethod,
    customer: User | None = None,
    email: str = "li@example.org",
) -> Checkout:
    """With every answer but the last: nothing is set aside yet."""
    cart = make_cart(quantities, customer=customer)
    checkout.give_address(cart=cart, email=email, language="en", address=ADDRESS)
    checkout.choose_delivery(cart=cart, method=method)
    return Checkout.objects.get(cart=cart)


def browser_of(cart: Cart) -> Client:
    """A guest's browser that holds the cart."""
    client, response = Client(), HttpResponse()
    write_cart_token(response, cart.token)
    client.cookies[CART_COOKIE] = response.cookies[CART_COOKIE].value
    return client


def pay_form(checkout: Checkout, *, total_minor: int, **fields: str) -> dict[str, str]:
    """What the button of the last step sends."""
    return {
        "key": checkout.idempotency_key,
        "seen_total": str(total_minor),
        "provider": "test",
        "note": "",
        **fields,
    }


def send_order(client: Client, checkout: Checkout, *, total_minor: int, **fields: str) -> Any:
    return client.post(
        reverse("storefront:checkout-payment"),
        pay_form(checkout, total_minor=total_minor, **fields),
    )


def told(response: Any) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def ledger(sku: Sku) -> tuple[int, int]:
    """Sum of the movements, and the units that the level says."""
    moved = sum(StockMovement.objects.filter(sku=sku).values_list("quantity", flat=True))
    return moved, StockLevel.objects.get(sku=sku).on_hand
