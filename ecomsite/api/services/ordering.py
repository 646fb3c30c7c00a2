"""From a cart to its order in one request: address, delivery, order, and its payment begun."""

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from customers.models import User
from customers.services.addresses import AddressDetails
from insights.services import risk
from orders.errors import DeliveryImpossibleError, EmptyBasketError, NoDeliveryError, OrdersError
from orders.models import Checkout, Order, Payment, ShippingMethod
from orders.services import carts, checkout, payments
from orders.services.carts import CartContents
from orders.services.pricing import Quote, QuoteLine, quote_cart

logger = structlog.get_logger(__name__)


def order_cart(
    *,
    customer: User | None,
    token: str,
    key: str,
    email: str,
    language: str,
    address: AddressDetails,
    shipping_method_id: int,
    provider: str,
    note: str,
    seen_total_minor: int,
) -> Order:
    """Order what is in the cart, at the total that was seen; the same key twice is one order.

    Raises EmptyBasketError, NoDeliveryError, DeliveryImpossibleError and whatever
    `place_checkout` raises; nothing is ordered then.
    """
    known = checkout.find_checkout(key=key, customer=customer, token=token)
    if known is not None and known.order is not None:
        return known.order
    contents = carts.read_cart(customer=customer, token=token)
    if contents is None:
        raise EmptyBasketError
    method = _chosen_method(contents, customer, address.country, shipping_method_id)
    cart = contents.cart
    checkout.give_address(cart=cart, email=email, language=language, address=address)
    checkout.choose_delivery(cart=cart, method=method)
    Checkout.objects.filter(cart=cart, order=None).update(idempotency_key=key)
    answered = Checkout.objects.select_related("cart").get(cart=cart)
    order = checkout.place_checkout(
        checkout=answered,
        key=key,
        provider=provider,
        note=note,
        seen_total_minor=seen_total_minor,
        # Whoever asks may be the server of another front end: it is nobody's device.
        risk=risk.assess_checkout(
            checkout=answered, customer=customer, total_minor=seen_total_minor, device=""
        ),
    )
    risk.record_assessment(order=order)
    return order


def begin_payment(*, order: Order, provider: str) -> Payment | None:
    """None where the provider cannot begin now: the order stands, and is paid another way."""
    thanks = reverse("storefront:order-thanks", kwargs={"number": order.number})
    try:
        return payments.start_payment(
            order=order, provider=provider, return_url=f"{settings.SHOP_URL}{thanks}"
        )
    except OrdersError as error:
        logger.warning("payment_not_begun", order=order.number, reason=str(error))
        return None


def quote_contents(
    *,
    contents: CartContents,
    customer: User | None,
    country: str,
    method: ShippingMethod | None,
) -> Quote:
    """What a cart costs, by the rules of this moment."""
    return quote_cart(
        lines=[QuoteLine(item.sku.pk, item.line.quantity) for item in contents.for_sale],
        country=country,
        shipping_method=method,
        codes=contents.cart.codes,
        customer=customer,
        email=contents.checkout.email if contents.checkout else "",
        now=timezone.now(),
    )


def orders_of(*, customer: User | None, token: str) -> QuerySet[Order]:
    """Orders of a customer, or what became of the cart of a guest who holds its token."""
    if customer is not None:
        return Order.objects.for_customer(customer)
    if not token:
        return Order.objects.none()
    became = Checkout.objects.filter(cart__token=token, cart__customer=None, order__isnull=False)
    return Order.objects.filter(Q(customer=None), pk__in=became.values("order"))


def _chosen_method(
    contents: CartContents, customer: User | None, country: str, method_id: int
) -> ShippingMethod:
    quote = quote_contents(contents=contents, customer=customer, country=country, method=None)
    offers = checkout.offers_for(contents=contents, country=country, quote=quote)
    if not offers:
        raise NoDeliveryError(country)
    for offer in offers:
        if offer.method.pk == method_id:
            return offer.method
    raise DeliveryImpossibleError(country, method=f"#{method_id}")
