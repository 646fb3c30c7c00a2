"""The way from a cart to its order: where to, how it comes, what is set aside, and placing it.

What a customer has answered so far is a row beside the cart, under a key that is made anew whenever
the contents change: one key stands for one order. Nothing here is locked while money moves: the
payment is begun by the caller once the order is there.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from customers.models import User
from customers.services.addresses import AddressDetails
from inventory.errors import InsufficientStockError
from inventory.models import Reservation
from inventory.services.availability import free_units
from inventory.services.demand import Demand, record_demand
from inventory.services.stock import StockRequest, reserve_stock
from orders.errors import (
    CartChangedError,
    CartShortError,
    EmptyBasketError,
    NoDeliveryError,
    ShortLine,
    UnknownProviderError,
)
from orders.models import Cart, CartLine, Checkout, Order, ShippingMethod
from orders.services import letters, payments
from orders.services.carts import CartContents, accept_prices, cart_owner, new_key, touch_cart
from orders.services.payments.protocol import PaymentProvider
from orders.services.placing import Delivery, LineRequest, RiskVerdict, Terms, place_order
from orders.services.quotes import Quote
from orders.services.shipping import ShippingOffer, methods_for


def offers_for(*, contents: CartContents, country: str, quote: Quote) -> tuple[ShippingOffer, ...]:
    """How the shop brings this cart to a country; nothing where it does not."""
    return methods_for(
        country=country,
        weight_grams=contents.weight_grams,
        goods_minor=quote.goods_minor,
        currency=quote.currency,
    )


@transaction.atomic
def give_address(*, cart: Cart, email: str, language: str, address: AddressDetails) -> None:
    """Where it goes and whom the shop writes to. How it comes is chosen anew for another country.

    Raises CartChangedError when the cart is no longer open.
    """
    touch_cart(cart=cart)
    written = asdict(address)
    checkout, _is_new = Checkout.objects.get_or_create(
        cart=cart, defaults={"idempotency_key": new_key()}
    )
    method = checkout.shipping_method_id
    if checkout.address.get("country") != address.country:
        method = None
    Checkout.objects.filter(pk=checkout.pk).update(
        email=email,
        language=language,
        address=written,
        shipping_method=method,
        idempotency_key=new_key(),
        updated_at=timezone.now(),
    )
    accept_prices(cart=cart)


@transaction.atomic
def choose_delivery(*, cart: Cart, method: ShippingMethod) -> None:
    """Raises CartChangedError when the cart is no longer open, or has no address yet."""
    touch_cart(cart=cart)
    chosen = Checkout.objects.filter(cart=cart, order=None).exclude(address={})
    if not chosen.update(
        shipping_method=method, idempotency_key=new_key(), updated_at=timezone.now()
    ):
        raise CartChangedError


def reserve_cart(*, cart: Cart) -> datetime:
    """Set aside what is in a cart, all of it or nothing; returns until when.

    What the cart holds already counts, so that asking again only moves the end.
    Raises CartShortError with every line that is short; what was refused is recorded as demand.
    """
    until = timezone.now() + timedelta(minutes=settings.CART_RESERVATION_MINUTES)
    for _attempt in range(2):
        try:
            with transaction.atomic():
                touch_cart(cart=cart)
                lines = _lines(cart)
                owner = cart_owner(cart)
                held = Reservation.objects.held().filter(owner=owner)
                units = dict.fromkeys(held.values_list("sku_id", flat=True), 0)
                units |= {line.sku_id: line.quantity for line in lines}
                reserve_stock(
                    [StockRequest(sku_id, quantity) for sku_id, quantity in units.items()],
                    owner=owner,
                    expires_at=until,
                )
            return until
        except InsufficientStockError as error:
            short = _short_lines(cart)
            if short:
                _record_refused(cart, short)
                raise CartShortError(short) from error
            # Somebody gave units back in this moment: they may do.
    raise CartChangedError


def reserved_until(*, cart: Cart) -> datetime | None:
    """When what is set aside for a cart goes back; None where nothing is, or not any more."""
    held = Reservation.objects.held().filter(owner=cart_owner(cart), expires_at__gt=timezone.now())
    return held.order_by("expires_at").values_list("expires_at", flat=True).first()


def find_checkout(*, key: str, customer: User | None, token: str) -> Checkout | None:
    """The checkout that a form was made for, if it is the visitor's own."""
    found = Checkout.objects.select_related("cart", "order").filter(idempotency_key=key)
    if customer is not None:
        return found.filter(cart__customer=customer).first()
    return found.filter(cart__customer=None, cart__token=token).first() if token else None


def last_order(*, customer: User | None, token: str, since: datetime) -> Order | None:
    """What the visitor's cart became, for those who go back to a cart that was ordered."""
    orders = Checkout.objects.filter(order__placed_at__gte=since).select_related("order")
    if customer is not None:
        orders = orders.filter(cart__customer=customer)
    elif token:
        orders = orders.filter(cart__customer=None, cart__token=token)
    else:
        return None
    newest = orders.order_by("-order__placed_at", "-pk").first()
    return newest.order if newest else None


def place_checkout(
    *,
    checkout: Checkout,
    key: str,
    provider: str,
    note: str,
    seen_total_minor: int,
    seen_codes: Collection[str] | None = None,
    risk: RiskVerdict,
) -> Order:
    """Make the order of a checkout, once: the same key with the same answers is the same order.

    key, seen_total_minor, seen_codes: as they stood on the page that was sent.
    Raises CartChangedError, CartShortError, NoDeliveryError, PriceChangedError,
    CodeNoLongerAppliesError, DiscountUsedUpError, DeliveryImpossibleError, NotForSaleError,
    UnknownProviderError and, for the key of an order with other answers, IdempotencyConflictError.
    """
    chosen = payments.get_provider(provider)
    due_at = payments.payment_due_at(provider)
    now = timezone.now()
    cart = checkout.cart
    try:
        with transaction.atomic():
            # The first one to get here orders; who comes second waits, then finds the order.
            is_first = _close(cart, now)
            known = Checkout.objects.select_related("shipping_method").get(pk=checkout.pk)
            if known.idempotency_key != key or not (is_first or known.order_id):
                raise CartChangedError
            order = place_order(
                customer=cart.customer,
                lines=[LineRequest(line.sku_id, line.quantity) for line in _lines(cart)],
                risk=risk,
                delivery=_delivery(known),
                idempotency_key=key,
                terms=Terms(
                    shipping_method=known.shipping_method,
                    codes=tuple(cart.codes),
                    payment_provider=provider,
                    ships_before_payment=chosen.ships_before_payment,
                    payment_due_at=due_at,
                    note=note,
                ),
                seen_total_minor=seen_total_minor,
                seen_codes=seen_codes,
                held_by=cart_owner(cart),
                placed_at=now,
            )
            if is_first:
                _check_payable(order, chosen)
                _keep(known, order, provider=provider, note=note)
                letters.write_confirmation(order=order)
    except InsufficientStockError as error:
        short = _short_lines(cart)
        _record_refused(cart, short)
        raise (CartShortError(short) if short else CartChangedError()) from error
    return order


def remember_payment(*, checkout: Checkout, provider: str, note: str) -> None:
    """What was chosen on the last step, so that it stands there when the step is shown again."""
    Checkout.objects.filter(pk=checkout.pk, order=None).update(
        payment_provider=provider[:30], note=note
    )


def _close(cart: Cart, now: datetime) -> bool:
    is_first = bool(
        Cart.objects.open().filter(pk=cart.pk).update(state=Cart.State.ORDERED, updated_at=now)
    )
    cart.refresh_from_db()
    return is_first


def _lines(cart: Cart) -> Sequence[CartLine]:
    lines = list(cart.lines.select_related("sku__product").order_by("pk"))
    if not lines:
        raise EmptyBasketError
    return lines


def _delivery(checkout: Checkout) -> Delivery:
    address = checkout.address
    if not address or checkout.shipping_method is None:
        raise NoDeliveryError(str(address.get("country", "")))
    return Delivery(
        email=checkout.email,
        country=address["country"],
        language=checkout.language,
        address=address,
    )


def _check_payable(order: Order, provider: PaymentProvider) -> None:
    if not provider.is_offered(
        country=order.country, currency=order.currency, total_minor=order.total_minor
    ):
        raise UnknownProviderError(provider.code)


def _keep(checkout: Checkout, order: Order, *, provider: str, note: str) -> None:
    Checkout.objects.filter(pk=checkout.pk).update(
        order=order, payment_provider=provider, note=note, updated_at=timezone.now()
    )


def _short_lines(cart: Cart) -> list[ShortLine]:
    lines = list(cart.lines.select_related("sku__product").order_by("pk"))
    possible = free_units(sku_ids=[line.sku_id for line in lines], owner=cart_owner(cart))
    return [
        ShortLine(
            sku_id=line.sku_id,
            name=f"{line.sku.product} {line.sku.name}".strip(),
            wanted=line.quantity,
            possible=max(0, possible.get(line.sku_id, 0)),
        )
        for line in lines
        if possible.get(line.sku_id, 0) < line.quantity
    ]


def _record_refused(cart: Cart, short: Sequence[ShortLine]) -> None:
    """Units that were asked for and not there are demand all the same, once a cart and SKU.

    The units that are there are demand of the order that will take them.
    """
    prices = dict(cart.lines.values_list("sku_id", "sku__price_minor"))
    record_demand(
        Demand(
            sku_id=line.sku_id,
            day=timezone.localdate(),
            units_requested=line.wanted - line.possible,
            units_filled=0,
            unit_price_minor=prices.get(line.sku_id, 0),
            key=f"refused:{cart_owner(cart)}:{line.sku_id}",
        )
        for line in short
    )
