from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Sku
from customers.services.addresses import AddressDetails
from inventory.models import DemandRecord, Reservation, StockLevel
from inventory.services import stock
from orders.errors import (
    CartChangedError,
    CartShortError,
    EmptyBasketError,
    IdempotencyConflictError,
    NoDeliveryError,
    PriceChangedError,
    UnknownProviderError,
)
from orders.models import Cart, Checkout, Discount, DiscountUse, Order, OrderLine
from orders.services import carts, checkout
from orders.services.placing import RiskVerdict
from outbox.models import Email
from tests.factories import make_product, make_sku, make_stock_level, make_user
from tests.orders.checkouts import make_checkout, only_shipping_method
from tests.orders.selling import default_tax_class, make_discount, make_tax_zone

pytestmark = pytest.mark.django_db
NO_RISK = RiskVerdict(score=0.0)


@pytest.fixture(autouse=True)
def _test_payments(settings: Any) -> None:
    settings.PAYMENT_TEST = True


def make_goods(*, units: int = 10, **fields: Any) -> Sku:
    sku = make_sku(**{"price_minor": 1000, **fields})
    make_stock_level(sku=sku, on_hand=units)
    return sku


def place(made: Checkout, *, seen: int, **changes: Any) -> Order:
    answers = {
        "key": made.idempotency_key,
        "provider": "test",
        "note": "",
        "seen_total_minor": seen,
        "risk": NO_RISK,
        **changes,
    }
    return checkout.place_checkout(checkout=made, **answers)


def test_going_on_sets_the_cart_aside_for_a_while(settings: Any) -> None:
    settings.CART_RESERVATION_MINUTES = 15
    mug = make_goods(units=5)
    cart = make_checkout({mug: 3}, method=only_shipping_method()).cart
    until = checkout.reserve_cart(cart=cart)
    hold = Reservation.objects.get()
    assert (hold.owner, hold.quantity, hold.expires_at) == (f"cart:{cart.pk}", 3, until)
    assert timedelta(minutes=14) < until - timezone.now() <= timedelta(minutes=15)
    assert checkout.reserved_until(cart=cart) == until
    later = checkout.reserve_cart(cart=cart)
    assert later >= until
    assert StockLevel.objects.get().reserved == 3


def test_a_short_cart_holds_nothing_and_is_told_line_by_line() -> None:
    mug, vase = make_goods(units=9), make_goods(product=make_product(name_en="Vase"))
    cart = make_checkout({mug: 2, vase: 4}, method=only_shipping_method()).cart
    StockLevel.objects.filter(sku=vase).update(on_hand=1)
    for _attempt in range(2):
        with pytest.raises(CartShortError) as raised:
            checkout.reserve_cart(cart=cart)
    (line,) = raised.value.lines
    assert (line.sku_id, line.wanted, line.possible) == (vase.pk, 4, 1)
    assert str(line) == "Only 1 of “Vase” is left; you asked for 4."
    assert not Reservation.objects.exists()
    # Trying again asks for nothing more.
    demand = DemandRecord.objects.get()
    assert (demand.sku, demand.units_requested, demand.units_filled) == (vase, 3, 0)
    assert demand.unit_price_minor == 1000


def test_an_order_keeps_what_the_customer_agreed_to() -> None:
    method = only_shipping_method()
    make_tax_zone({default_tax_class(): 1300}, prices_include_tax=True)
    make_discount(code="TENTH", name_en="A tenth", benefit="percent", benefit_value=10)
    customer = make_user(email="li@example.org")
    mug = make_goods(product=make_product(name_en="Blue mug", name_zh_hans="蓝色杯子"))
    made = make_checkout({mug: 3}, method=method, customer=customer)
    carts.set_codes(cart=made.cart, codes=["TENTH"])
    made.refresh_from_db()
    checkout.reserve_cart(cart=made.cart)
    order = place(made, seen=3500, note="Please ring twice")
    assert (order.customer, order.email, order.language) == (customer, "li@example.org", "en")
    amounts = (order.goods_minor, order.discount_minor, order.shipping_minor, order.total_minor)
    assert amounts == (3000, 300, 800, 3500)
    # 2700 at 13 % within, and delivery of the default class too: 3500 × 13 / 113.
    assert (order.tax_minor, order.tax_included_minor) == (0, 403)
    assert (order.note, order.payment_provider, order.country) == (
        "Please ring twice",
        "test",
        "CN",
    )
    assert order.shipping_address["line"] == "Jianguo Road 93"
    assert order.breakdown["discounts"][0]["name"] == "A tenth"
    assert order.breakdown["shipping"]["price_minor"] == 800
    assert order.payment_due_at is not None
    assert not order.ships_before_payment
    line = OrderLine.objects.get()
    assert (line.name, line.discount_minor, line.tax_basis_points) == ("Blue mug", 300, 1300)
    assert DiscountUse.objects.get().order == order
    assert Discount.objects.get().times_used == 1
    assert Reservation.objects.get(state="held").owner == f"order:{order.pk}"
    assert Reservation.objects.get(state="held").expires_at is None
    made.refresh_from_db()
    assert (made.order, made.cart.state) == (order, Cart.State.ORDERED)
    letter = Email.objects.get(kind="order_confirmation")
    assert letter.to == "li@example.org"


def test_the_same_key_is_the_same_order_and_other_answers_are_refused() -> None:
    made = make_checkout({make_goods(): 1}, method=only_shipping_method())
    order = place(made, seen=1800)
    assert place(made, seen=1800) == order
    with pytest.raises(IdempotencyConflictError):
        place(made, seen=1800, note="and a ribbon")
    assert Order.objects.count() == 1
    assert Email.objects.filter(kind="order_confirmation").count() == 1


def test_a_page_from_before_a_change_orders_nothing() -> None:
    mug = make_goods()
    made = make_checkout({mug: 1}, method=only_shipping_method())
    carts.add_to_cart(customer=None, token=made.cart.token, sku_id=mug.pk, quantity=1)
    assert (
        checkout.find_checkout(key=made.idempotency_key, customer=None, token=made.cart.token)
        is None
    )
    with pytest.raises(CartChangedError):
        place(made, seen=1800)
    assert not Order.objects.exists()
    assert Cart.objects.get().state == Cart.State.OPEN


def test_a_checkout_is_found_by_its_own_visitor_alone() -> None:
    mug, customer = make_goods(), make_user()
    guests = make_checkout({mug: 1}, method=only_shipping_method())
    own = make_checkout({mug: 1}, method=only_shipping_method(), customer=customer)

    def find(made: Checkout, **visitor: Any) -> Checkout | None:
        return checkout.find_checkout(key=made.idempotency_key, **visitor)

    assert find(guests, customer=None, token=guests.cart.token) == guests
    assert find(guests, customer=None, token="") is None
    assert find(guests, customer=make_user(), token=guests.cart.token) is None
    assert find(own, customer=customer, token="") == own
    assert find(own, customer=None, token=own.cart.token) is None


@pytest.mark.parametrize("change", ["price", "method", "discount"])
def test_another_total_than_the_one_shown_is_not_charged(change: str) -> None:
    method = only_shipping_method()
    offer = make_discount(benefit="percent", benefit_value=10, includes_reduced=True)
    mug = make_goods()
    made = make_checkout({mug: 1}, method=method)
    if change == "price":
        Sku.objects.update(price_minor=1100)
    elif change == "method":
        method.rates.update(price_minor=900)
    else:
        Discount.objects.filter(pk=offer.pk).update(is_active=False)
    with pytest.raises(PriceChangedError):
        place(made, seen=1700)
    assert not Order.objects.exists()
    assert not Reservation.objects.exists()
    assert Cart.objects.get().state == Cart.State.OPEN


def test_units_gone_before_payment_are_told_and_nothing_is_ordered() -> None:
    mug = make_goods(units=2, product=make_product(name_en="Mug"))
    made = make_checkout({mug: 2}, method=only_shipping_method())
    stock.reserve_stock([stock.StockRequest(mug.pk, 1)], owner="order:99")
    with pytest.raises(CartShortError, match=r"Only 1 of “Mug” is left; you asked for 2\."):
        place(made, seen=2800)
    assert not Order.objects.exists()
    assert Cart.objects.get().state == Cart.State.OPEN
    assert StockLevel.objects.get().reserved == 1
    assert DemandRecord.objects.get().units_requested == 1


def test_a_hold_that_ran_out_still_orders_what_is_there() -> None:
    mug = make_goods(units=2)
    made = make_checkout({mug: 2}, method=only_shipping_method())
    until = checkout.reserve_cart(cart=made.cart)
    stock.release_expired(now=until + timedelta(seconds=1))
    assert checkout.reserved_until(cart=made.cart) is None
    order = place(made, seen=2800)
    assert Reservation.objects.held().get().owner == f"order:{order.pk}"
    assert StockLevel.objects.get().reserved == 2


def test_a_way_to_pay_that_is_not_offered_orders_nothing(settings: Any) -> None:
    made = make_checkout({make_goods(): 1}, method=only_shipping_method())
    for provider in ("", "gold", "nothing_due"):
        with pytest.raises(UnknownProviderError):
            place(made, seen=1800, provider=provider)
    settings.PAYMENT_TEST = False
    with pytest.raises(UnknownProviderError):
        place(made, seen=1800)
    assert not Order.objects.exists()
    assert Cart.objects.get().state == Cart.State.OPEN


def test_nothing_is_ordered_without_a_way_to_deliver() -> None:
    method = only_shipping_method()
    made = make_checkout({make_goods(): 1}, method=method)
    method.delete()
    made.refresh_from_db()
    with pytest.raises(NoDeliveryError):
        place(made, seen=1000)
    assert not Order.objects.exists()


def test_another_country_asks_for_the_delivery_again() -> None:
    made = make_checkout({make_goods(): 1}, method=only_shipping_method())
    address = {**made.address}
    for country, is_kept in (("CN", True), ("DE", False)):
        checkout.give_address(
            cart=made.cart,
            email="li@example.org",
            language="en",
            address=AddressDetails(**{**address, "country": country}),
        )
        known = Checkout.objects.get()
        assert (known.shipping_method is not None) == is_kept
        assert known.idempotency_key != made.idempotency_key


def test_going_back_finds_the_order_of_the_last_cart() -> None:
    mug, customer = make_goods(), make_user()
    since = timezone.now() - timedelta(hours=2)
    method = only_shipping_method()
    guests = make_checkout({mug: 1}, method=method)
    own = make_checkout({mug: 1}, method=method, customer=customer)
    first, second = place(guests, seen=1800), place(own, seen=1800)
    assert checkout.last_order(customer=None, token=guests.cart.token, since=since) == first
    assert checkout.last_order(customer=customer, token="", since=since) == second
    assert checkout.last_order(customer=None, token="", since=since) is None
    assert checkout.last_order(customer=make_user(), token="", since=since) is None
    assert checkout.last_order(customer=customer, token="", since=timezone.now()) is None


def test_an_empty_cart_sets_nothing_aside() -> None:
    mug = make_goods()
    made = make_checkout({mug: 1}, method=only_shipping_method())
    carts.remove_line(cart=made.cart, line_id=made.cart.lines.get().pk)
    with pytest.raises(EmptyBasketError):
        checkout.reserve_cart(cart=made.cart)
    assert not Reservation.objects.exists()
